//! Normalisation with what follows it, forward and backward, on the images of ResNet-20 at batch 128.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nn_core::{Activation, DType, Rng, Shape, Tape, Tensor};

const SHAPES: [[usize; 4]; 3] = [[128, 16, 32, 32], [128, 32, 16, 16], [128, 64, 8, 8]];

/// Random places with their channels side by side, as images lie in memory.
fn places([n, c, h, w]: [usize; 4]) -> Tensor {
    let drawn = Tensor::rand_normal([n, h, w, c], 0.0, 1.0, DType::F32, &mut Rng::new(1));
    drawn.expect("they fit into memory")
}

/// The same as images `[N, C, H, W]`.
fn images(places: &Tensor) -> Tensor {
    places.permute(&[0, 3, 1, 2]).expect("four axes")
}

/// Forward and backward of `f`, with the gradient `grad` of its output.
fn both_ways(x: &Tensor, grad: &Tensor, f: impl Fn(&Tensor) -> Tensor) {
    let tape = Tape::new();
    let y = f(&tape.watch(x));
    let gradients = tape.backward_from(&y, grad.clone());
    gradients.expect("the shape is that of the output");
}

fn norms(c: &mut Criterion) {
    let mut group = c.benchmark_group("normalisation forward and backward");
    for shape in SHAPES {
        let x = places(shape);
        let grad = images(&x);
        let channels = Shape::from([shape[1]]);
        let weight = Tensor::ones(&channels, DType::F32).expect("a small tensor");
        let (weight, bias) = (Some(&weight), Some(&weight));
        group.throughput(Throughput::Bytes(4 * x.len() as u64));
        let mut bench = |name: &str, f: &dyn Fn(&Tensor) -> Tensor| {
            let id = BenchmarkId::new(name, Shape::from(shape));
            group.bench_function(id, |b| b.iter(|| both_ways(&x, &grad, |x| f(&images(x)))));
        };
        let relu = Activation::Relu;
        bench("batch norm, relu", &|x| {
            let y = x.batch_norm(weight, bias, 1e-5, None, relu);
            y.expect("the shapes fit").0
        });
        bench("batch norm, sum, relu", &|x| {
            let y = x.batch_norm(weight, bias, 1e-5, Some(&grad), relu);
            y.expect("the shapes fit").0
        });
        bench("group norm", &|x| {
            let y = x.group_norm(4, weight, bias, 1e-5, Activation::Identity);
            y.expect("the shapes fit")
        });
    }
    let rows = Tensor::rand_normal([4096, 512], 0.0, 1.0, DType::F32, &mut Rng::new(1));
    let rows = rows.expect("it fits into memory");
    let weight = Tensor::ones([512], DType::F32).expect("a small tensor");
    group.throughput(Throughput::Bytes(4 * rows.len() as u64));
    group.bench_function("layer norm/[4096, 512]", |b| {
        let shape = Shape::from([512]);
        b.iter(|| {
            both_ways(&rows, &rows, |x| {
                let y = x.layer_norm(&shape, Some(&weight), Some(&weight), 1e-5);
                y.expect("the shapes fit")
            });
        });
    });
    group.finish();
}

criterion_group!(benches, norms);
criterion_main!(benches);
