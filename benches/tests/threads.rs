//! The number of threads changes the time a training takes, never its result.

use nn_benches::training::{MLP, Training};
use nn_core::kernels::threads;

#[test]
fn weights_are_identical_for_every_number_of_threads() {
    let weights_with = |width: usize| -> Vec<Vec<u32>> {
        threads::set_threads(width);
        let mut training = Training::new(MLP).unwrap();
        for _ in 0..10 {
            training.step().unwrap();
        }
        let bits = |values: Vec<f32>| values.into_iter().map(f32::to_bits).collect();
        let weights = training.weights().into_iter();
        weights
            .map(|(_, tensor)| bits(tensor.to_vec().unwrap()))
            .collect()
    };
    let alone = weights_with(1);
    let start: usize = alone.iter().map(Vec::len).sum();
    assert_eq!(start, 784 * 512 + 512 + 512 * 256 + 256 + 256 * 10 + 10);
    for width in [2, 3, 5] {
        assert!(weights_with(width) == alone, "{width} threads");
    }
}
