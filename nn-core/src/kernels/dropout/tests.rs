use super::*;
use crate::kernels::math::dispatch::for_each_isa;
use crate::kernels::threads::set_threads;

fn run(len: usize, p: f64, seed: u64) -> (Vec<f32>, Vec<u8>) {
    let x: Vec<f32> = (0..len).map(|i| 1.0 + i as f32).collect();
    let (mut y, mut mask) = (vec![7.0; len], vec![7; len]);
    dropout(&x, p, seed, &mut y, &mut mask);
    for ((&x, &y), &mask) in x.iter().zip(&y).zip(&mask) {
        let scale = (1.0 / (1.0 - p)) as f32;
        assert_eq!(y, if mask == 1 { x * scale } else { 0.0 });
        assert!(mask <= 1);
    }
    (y, mask)
}

fn kept(mask: &[u8]) -> f64 {
    mask.iter().map(|&m| f64::from(m)).sum::<f64>() / mask.len() as f64
}

#[test]
fn the_share_that_stays_is_one_minus_p() {
    for p in [0.1, 0.5, 0.9] {
        let (_, mask) = run(1_000_000, p, 3);
        // Five standard deviations.
        let bound = 5.0 * (p * (1.0 - p) / 1e6_f64).sqrt();
        assert!((kept(&mask) - (1.0 - p)).abs() < bound, "{}", kept(&mask));
        // In every block and at every place of the blocks.
        for block in mask.chunks_exact(BLOCK) {
            assert!((kept(block) - (1.0 - p)).abs() < 6.0 * (p * (1.0 - p) / 4096.0).sqrt());
        }
    }
}

#[test]
fn neighbours_blocks_and_seeds_are_independent() {
    let (_, a) = run(1 << 20, 0.5, 1);
    let (_, b) = run(1 << 20, 0.5, 2);
    let agreement = |a: &[u8], b: &[u8]| {
        let equal = a.iter().zip(b).filter(|(a, b)| a == b).count();
        equal as f64 / a.len().min(b.len()) as f64
    };
    let independent = 0.5 - 0.003..0.5 + 0.003;
    assert!(independent.contains(&agreement(&a, &b)));
    for distance in [1, 2, 3, 4, 8, 16, 17, 64, 256, 4095, 4096, 8192, 65536] {
        assert!(
            independent.contains(&agreement(&a, &a[distance..])),
            "{distance}"
        );
    }
}

#[test]
fn the_mask_depends_on_seed_and_index_alone() {
    let (y, mask) = run(50_001, 0.3, 42);
    for threads in 1..=3 {
        set_threads(threads);
        for_each_isa(|isa| {
            assert_eq!(run(50_001, 0.3, 42), (y.clone(), mask.clone()), "{isa:?}");
        });
    }
    // A longer array begins with the same mask, and so does one of another type.
    assert_eq!(run(60_000, 0.3, 42).1[..50_001], mask);
    let (mut y, mut wide) = (vec![0.0_f64; 50_001], vec![0; 50_001]);
    dropout(&vec![1.0; 50_001], 0.3, 42, &mut y, &mut wide);
    assert_eq!(wide, mask);
}

#[test]
fn edges_of_the_probability() {
    let x = [1.0_f32, f32::NAN, f32::INFINITY];
    let (mut y, mut mask) = ([9.0; 3], [9; 3]);
    dropout(&x, 1.0, 1, &mut y, &mut mask);
    assert_eq!((y, mask), ([0.0; 3], [0; 3]));
    for p in [0.0, -1.0, f64::NAN] {
        dropout(&x, p, 1, &mut y, &mut mask);
        assert_eq!(mask, [1; 3]);
        assert!(y[0] == 1.0 && y[1].is_nan());
    }
    let mut dx = [9.0; 3];
    dropout_backward(&[2.0, f32::NAN, 4.0], &[1, 0, 1], 0.5, &mut dx);
    assert_eq!(dx, [4.0, 0.0, 8.0]);
    dropout_backward(&x, &[0; 3], 1.0, &mut dx);
    assert_eq!(dx, [0.0; 3]);
}
