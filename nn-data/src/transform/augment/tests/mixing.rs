//! Mixed pictures have mixed targets.

use super::*;

const SHAPE: [usize; 3] = [2, 8, 9];
const SIZE: usize = 144;

/// Samples whose every pixel is the label, so that a picture shows its shares.
fn labelled(count: usize) -> Batch {
    let pixels = (0..count)
        .flat_map(|at| vec![(at % 4) as f32; SIZE])
        .collect();
    batch_of(pixels, SHAPE, (100..100 + count).collect())
}

fn mixed(words: &[&str], batch: &mut Batch) -> (Vec<f32>, Vec<f32>) {
    let augmenter = Augmenter::new(steps(words), &SHAPE, 9).unwrap();
    assert!(augmenter.mixes());
    augmenter.apply(1, batch, &classes()).unwrap();
    assert_eq!(batch.targets.dims(), [batch.len(), 4]);
    (
        batch.inputs.to_vec().unwrap(),
        batch.targets.to_vec().unwrap(),
    )
}

#[test]
fn mixup_adds_the_next_sample_and_its_target() {
    let (pixels, targets) = mixed(&[r#"{"type": "mixup", "alpha": 1}"#], &mut labelled(10));
    let mut shares = Vec::new();
    for (at, (picture, row)) in pixels
        .chunks_exact(SIZE)
        .zip(targets.chunks_exact(4))
        .enumerate()
    {
        let (own, partner) = (at % 4, (at + 1) % 10 % 4);
        let share = row[own];
        shares.push(share);
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6 && share >= 0.5);
        if own != partner {
            assert!((row[partner] - (1.0 - share)).abs() < 1e-6, "{row:?}");
        }
        let expected = share * own as f32 + (1.0 - share) * partner as f32;
        assert!(picture.iter().all(|v| (v - expected).abs() < 1e-5), "{at}");
    }
    shares.dedup();
    assert!(
        shares.len() > 5,
        "each sample draws its own share: {shares:?}"
    );
}

#[test]
fn cutmix_puts_a_rectangle_in_and_counts_its_area() {
    let (pixels, targets) = mixed(&[r#"{"type": "cutmix"}"#], &mut labelled(40));
    let mut covered = 0.0;
    for (at, (picture, row)) in pixels
        .chunks_exact(SIZE)
        .zip(targets.chunks_exact(4))
        .enumerate()
    {
        let (own, partner) = (at % 4, (at + 1) % 40 % 4);
        let foreign = picture.iter().filter(|&&v| v == partner as f32).count();
        assert!(
            picture
                .iter()
                .all(|&v| v == partner as f32 || v == own as f32)
        );
        assert!(
            (row[partner] - foreign as f32 / SIZE as f32).abs() < 1e-6,
            "{at}: {row:?}"
        );
        assert!((row[own] + row[partner] - 1.0).abs() < 1e-6);
        assert_eq!(picture[..72], picture[72..], "channels alike");
        covered += foreign as f64 / SIZE as f64;
    }
    assert!((4.0..20.0).contains(&covered), "{covered}");
}

#[test]
fn shares_depend_on_the_sample_alone() {
    let shares = |from: usize, to: usize| {
        let mut batch = labelled(20);
        batch.inputs = batch.inputs.slice(0, from..to).unwrap();
        batch.targets = batch
            .targets
            .slice(0, from..to)
            .unwrap()
            .contiguous()
            .unwrap();
        batch.indices = batch.indices[from..to].to_vec();
        mixed(&[r#"{"type": "mixup", "alpha": 1}"#], &mut batch)
    };
    let (all, targets) = shares(0, 20);
    let (some, some_targets) = shares(3, 9);
    // All but the last, whose partner is another one.
    assert_eq!(some[..5 * SIZE], all[3 * SIZE..8 * SIZE]);
    assert_eq!(some_targets[..20], targets[12..32]);
}

#[test]
fn a_probability_leaves_the_others_alone_and_one_sample_alone_is_not_mixed() {
    let (pixels, targets) = mixed(
        &[r#"{"type": "mixup", "p": 0.3, "alpha": 4}"#],
        &mut labelled(400),
    );
    let whole = targets
        .chunks_exact(4)
        .filter(|row| row.contains(&1.0))
        .count();
    assert!((240..320).contains(&whole), "{whole}");
    assert!(
        pixels
            .chunks_exact(SIZE)
            .zip(targets.chunks_exact(4))
            .enumerate()
            .all(|(at, (p, row))| { !row.contains(&1.0) || p[0] == (at % 4) as f32 })
    );
    let (pixels, targets) = mixed(&[r#"{"type": "cutmix"}"#], &mut labelled(1));
    assert_eq!((pixels[0], targets), (0.0, vec![1.0, 0.0, 0.0, 0.0]));
}

#[test]
fn both_in_a_row_keep_targets_and_pictures_together() {
    let words = [
        r#"{"type": "mixup", "alpha": 1}"#,
        r#"{"type": "cutmix", "p": 0.5}"#,
    ];
    let (pixels, targets) = mixed(&words, &mut labelled(40));
    for (picture, row) in pixels.chunks_exact(SIZE).zip(targets.chunks_exact(4)) {
        let mean = picture.iter().sum::<f32>() / SIZE as f32;
        let expected: f32 = row
            .iter()
            .enumerate()
            .map(|(class, p)| class as f32 * p)
            .sum();
        assert!((mean - expected).abs() < 1e-4, "{mean} {expected}");
    }
}

#[test]
fn numbers_to_predict_are_mixed_as_numbers() {
    let kind = TargetKind::Regression {
        names: vec!["y".into()],
    };
    let mut batch = labelled(8);
    batch.targets = Tensor::from_vec(
        (0..8).map(|at| (at % 4) as f32 * 10.0).collect::<Vec<_>>(),
        [8, 1],
    )
    .unwrap();
    let augmenter =
        Augmenter::new(steps(&[r#"{"type": "mixup", "alpha": 1}"#]), &SHAPE, 9).unwrap();
    augmenter.apply(1, &mut batch, &kind).unwrap();
    let (pixels, targets) = (
        batch.inputs.to_vec::<f32>().unwrap(),
        batch.targets.to_vec::<f32>().unwrap(),
    );
    for (picture, y) in pixels.chunks_exact(SIZE).zip(targets) {
        assert!((picture[0] * 10.0 - y).abs() < 1e-4);
    }
}
