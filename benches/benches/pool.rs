//! Pooling and upsampling, forward and backward, on a batch of 64 images.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nn_core::{DType, EachAxis, Interpolation, Pooling, Resize, Rng, Tape, Tensor};

/// Random places with their channels side by side, as images lie in memory.
fn places([n, c, h, w]: [usize; 4]) -> Tensor {
    let drawn = Tensor::rand_normal([n, h, w, c], 0.0, 1.0, DType::F32, &mut Rng::new(1));
    drawn.expect("they fit into memory")
}

/// The same as images `[N, C, H, W]`.
fn images(places: &Tensor) -> Tensor {
    places.permute(&[0, 3, 1, 2]).expect("four axes")
}

fn pools(c: &mut Criterion) {
    let mut group = c.benchmark_group("pooling forward and backward, 64 x 64 x 24 x 24");
    let x = places([64, 64, 24, 24]);
    group.throughput(Throughput::Bytes(4 * x.len() as u64));
    let mut bench = |name: &str, f: &dyn Fn(&Tensor) -> nn_core::Result<Tensor>| {
        let gradient = f(&images(&x)).expect("the sizes fit");
        group.bench_function(name, |b| {
            b.iter(|| {
                let tape = Tape::new();
                let y = f(&images(&tape.watch(&x))).expect("the sizes fit");
                tape.backward_from(&y, gradient.clone()).expect("one shape")
            });
        });
    };
    let halves = Pooling::new(2);
    let overlapping = Pooling {
        stride: 2.into(),
        padding: 1.into(),
        ..Pooling::new(3)
    };
    bench("max 2x2", &|x| x.max_pool(&halves));
    bench("max 3x3, stride 2", &|x| x.max_pool(&overlapping));
    bench("mean 2x2", &|x| x.avg_pool(&halves, true));
    bench("global mean", &|x| x.adaptive_avg_pool(&EachAxis::from(1)));
    let twice = Resize::By(2.0.into());
    bench("nearest, twice the size", &|x| {
        x.upsample(&twice, Interpolation::Nearest)
    });
    bench("bilinear, twice the size", &|x| {
        let align_corners = false;
        x.upsample(&twice, Interpolation::Linear { align_corners })
    });
    group.finish();
}

criterion_group!(benches, pools);
criterion_main!(benches);
