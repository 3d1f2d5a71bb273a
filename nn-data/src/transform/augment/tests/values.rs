//! Noise, covers and light.

use super::*;

#[test]
fn noise_has_its_deviation_and_stays_between_black_and_white() {
    let grey = vec![128.0f32; 40 * 3 * 30 * 30];
    let noisy = changed(
        steps(&[r#"{"type": "noise", "std": 0.1}"#]),
        grey,
        [3, 30, 30],
    );
    let n = noisy.len() as f64;
    let mean = noisy.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    let deviation = (noisy
        .iter()
        .map(|&v| (f64::from(v) - mean).powi(2))
        .sum::<f64>()
        / n)
        .sqrt();
    assert!(
        (mean - 128.0).abs() < 0.5 && (deviation - 25.5).abs() < 0.3,
        "{mean} {deviation}"
    );
    // No two values share their noise.
    assert!(noisy[0] != noisy[900] && noisy[0] != noisy[2700]);
    let white = vec![250.0f32; 3 * 30 * 30];
    let noisy = changed(
        steps(&[r#"{"type": "noise", "std": 0.5}"#]),
        white,
        [3, 30, 30],
    );
    assert!(noisy.iter().all(|v| (0.0..=255.0).contains(v)) && noisy.contains(&255.0));
}

#[test]
fn salt_and_pepper_hit_as_many_as_they_should() {
    let grey = vec![100.0f32; 50 * 2 * 40 * 40];
    let words = r#"{"type": "salt_and_pepper", "amount": 0.1, "salt": 0.25}"#;
    let got = changed(steps(&[words]), grey, [2, 40, 40]);
    let share = |value: f32| got.iter().filter(|&&v| v == value).count() as f64 / got.len() as f64;
    assert!((share(255.0) - 0.025).abs() < 0.003, "{}", share(255.0));
    assert!((share(0.0) - 0.075).abs() < 0.005, "{}", share(0.0));
    assert!((share(100.0) - 0.9).abs() < 0.006);
    for picture in got.chunks_exact(3200) {
        assert_eq!(picture[..1600], picture[1600..], "channels are hit alike");
    }
}

#[test]
fn squares_are_covered_and_nothing_else() {
    let shape = [2, 9, 8];
    let pixels: Vec<f32> = pictures(300, shape, 3).iter().map(|v| v + 1.0).collect();
    let got = changed(
        steps(&[r#"{"type": "cutout", "size": [4, 3]}"#]),
        pixels.clone(),
        shape,
    );
    let mut sizes = std::collections::BTreeSet::new();
    for (got, before) in got.chunks_exact(144).zip(pixels.chunks_exact(144)) {
        let covered: Vec<usize> = (0..72).filter(|&at| got[at] == 0.0).collect();
        let (first, last) = (covered[0], covered[covered.len() - 1]);
        let (h, w) = (last / 8 - first / 8 + 1, last % 8 - first % 8 + 1);
        assert_eq!(covered.len(), h * w, "a whole rectangle");
        assert!(h <= 4 && w <= 3);
        sizes.insert((h, w));
        for at in 0..144 {
            let here = covered.contains(&(at % 72));
            assert_eq!(got[at], if here { 0.0 } else { before[at] });
        }
    }
    // A centre in the corner leaves half of each side at least.
    assert!(
        sizes.contains(&(4, 3)) && sizes.contains(&(2, 2)) && !sizes.contains(&(1, 1)),
        "{sizes:?}"
    );
}

#[test]
fn erased_parts_have_the_area_and_cover_asked_for() {
    let shape = [3, 20, 24];
    let pixels: Vec<f32> = pictures(400, shape, 3)
        .iter()
        .map(|v| v * 0.5 + 10.0)
        .collect();
    let words = r#"{"type": "random_erasing", "p": 1, "scale": [0.1, 0.3], "ratio": [0.5, 2], "fill": [0, 0.5, 1]}"#;
    let got = changed(steps(&[words]), pixels.clone(), shape);
    for picture in got.chunks_exact(1440) {
        let covered: Vec<usize> = (0..480).filter(|&at| picture[at] == 0.0).collect();
        let share = covered.len() as f64 / 480.0;
        assert!((0.07..0.36).contains(&share), "{share}");
        for &at in &covered {
            assert_eq!([picture[480 + at], picture[960 + at]], [127.5, 255.0]);
        }
    }
    let half = changed(steps(&[r#"{"type": "erase"}"#]), pixels.clone(), shape);
    let untouched = half
        .chunks_exact(1440)
        .zip(pixels.chunks_exact(1440))
        .filter(|(a, b)| a == b)
        .count();
    assert!((150..250).contains(&untouched), "p is 0.5: {untouched}");
    // The mean of the picture, channel by channel.
    let mean = changed(
        steps(&[r#"{"type": "erase", "p": 1, "fill": "mean"}"#]),
        pixels.clone(),
        shape,
    );
    let changes: Vec<usize> = (0..480).filter(|&at| mean[at] != pixels[at]).collect();
    let expected = pixels[..480].iter().sum::<f32>() / 480.0;
    assert!(changes.iter().all(|&at| (mean[at] - expected).abs() < 1e-3) && !changes.is_empty());
    let noise = changed(
        steps(&[r#"{"type": "erase", "p": 1, "fill": "noise"}"#]),
        pixels,
        shape,
    );
    assert!(noise.iter().all(|v| (0.0..=255.0).contains(v)));
}

#[test]
fn a_number_means_the_range_around_no_change() {
    let pixels = vec![100.0f32; 3000];
    for (words, low, high) in [
        (r#"{"type": "brightness", "factor": 0.2}"#, 80.0, 120.0),
        (r#"{"type": "brightness", "factor": 1.4}"#, 0.0, 240.0),
        (
            r#"{"type": "brightness", "factor": [0.5, 0.6]}"#,
            50.0,
            60.0,
        ),
    ] {
        let got = changed(steps(&[words]), pixels.clone(), [1, 1, 1]);
        let (least, most) = got
            .iter()
            .fold((999.0f32, 0.0f32), |(l, m), &v| (l.min(v), m.max(v)));
        let slack = 0.02 * (high - low);
        assert!(
            low <= least && least < low + slack && most <= high && most > high - slack,
            "{least} {most}"
        );
    }
}

#[test]
fn floats_from_0_to_1_are_changed_like_bytes() {
    let shape = [3, 10, 12];
    let pixels = pictures(8, shape, 6);
    let small: Vec<f32> = pixels.iter().map(|v| v / 255.0).collect();
    let all = one_of_each();
    let large = changed(all.clone(), pixels, shape);
    let augmenter = Augmenter::new(all, &shape, 9).unwrap().white(1.0).unwrap();
    let mut batch = batch_of(small, shape, (0..8).collect());
    augmenter.apply(1, &mut batch, &classes()).unwrap();
    for (small, large) in batch.inputs.to_vec::<f32>().unwrap().iter().zip(&large) {
        assert!((small * 255.0 - large).abs() < 2e-3, "{small} {large}");
    }
}
