//! Each loss, forward and backward, on a batch of 128.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nn_core::{DType, Rng, Tape, Tensor};
use nn_layers::Loss;

const BATCH: usize = 128;

/// A loss by its name in recipes, with predictions and targets that fit it.
fn case(name: &str) -> (Loss, Tensor, Tensor) {
    let mut rng = Rng::new(1);
    let loss: Loss = serde_json::from_value(serde_json::json!(name)).expect("a loss of nn-layers");
    let mut normal = |shape: &[usize]| {
        Tensor::rand_normal(shape, 0.0, 1.0, DType::F32, &mut rng).expect("a small tensor")
    };
    let matrix = normal(&[BATCH, 10]);
    let labels = normal(&[BATCH, 10]).argmax(1).expect("ten classes");
    let log_probabilities = matrix.log_softmax(1).expect("a matrix");
    match name {
        "cross_entropy" | "multi_class_hinge" => (loss, matrix, labels),
        "nll" => (loss, log_probabilities, labels),
        "kl_divergence" => {
            let target = normal(&[BATCH, 10]).softmax(1).expect("a matrix");
            (loss, log_probabilities, target)
        }
        "binary_cross_entropy" | "hinge" => {
            let zero = Tensor::zeros([BATCH, 10], DType::F32).expect("a small tensor");
            let yes = normal(&[BATCH, 10]).gt(&zero).expect("one shape");
            (loss, matrix, yes.to_dtype(DType::F32).expect("a mask"))
        }
        _ => (loss, matrix, normal(&[BATCH, 10])),
    }
}

fn losses(c: &mut Criterion) {
    let mut group = c.benchmark_group("loss forward and backward, 128 x 10");
    group.throughput(Throughput::Elements(BATCH as u64));
    for name in [
        "cross_entropy",
        "nll",
        "multi_class_hinge",
        "binary_cross_entropy",
        "hinge",
        "kl_divergence",
        "mse",
        "mae",
        "huber",
    ] {
        let (loss, prediction, target) = case(name);
        group.bench_function(name, |b| {
            b.iter(|| {
                let tape = Tape::new();
                let watched = tape.watch(&prediction);
                let value = loss.forward(&watched, &target).expect("they fit");
                tape.backward(&value).expect("one number")
            });
        });
    }
    group.finish();
}

criterion_group!(benches, losses);
criterion_main!(benches);
