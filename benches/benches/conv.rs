//! Convolutions of the shapes that image networks use: forward, gradient of the input, gradient of the weight.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nn_core::kernels::conv::{
    Axis, Finish, Geometry, forward, input_gradient, prepare, weight_gradient,
};

/// Name, images, groups, channels and filters of a group, side, taps, stride, padding.
const SHAPES: [(&str, [usize; 8]); 10] = [
    ("mnist first", [64, 1, 1, 32, 28, 3, 1, 0]),
    ("mnist second", [64, 1, 32, 64, 26, 3, 1, 0]),
    ("resnet 16", [128, 1, 16, 16, 32, 3, 1, 1]),
    ("resnet 16 to 32", [128, 1, 16, 32, 32, 3, 2, 1]),
    ("resnet 32", [128, 1, 32, 32, 16, 3, 1, 1]),
    ("resnet 64", [128, 1, 64, 64, 8, 3, 1, 1]),
    ("densenet growth", [64, 1, 48, 12, 32, 3, 1, 1]),
    ("densenet bottleneck", [64, 1, 120, 48, 32, 1, 1, 0]),
    ("photograph first", [16, 1, 3, 64, 64, 7, 2, 3]),
    ("depthwise", [64, 64, 1, 1, 16, 3, 1, 1]),
];

fn convolution(c: &mut Criterion) {
    for (
        name,
        [
            batch,
            groups,
            channels,
            filters,
            side,
            kernel,
            stride,
            padding,
        ],
    ) in SHAPES
    {
        let axis = Axis {
            input: side,
            kernel,
            stride,
            dilation: 1,
            before: padding,
            after: padding,
        };
        let geometry = Geometry {
            batch,
            groups,
            channels,
            filters,
            axes: [Axis::NONE, axis, axis],
        };
        let numbers = |len: usize| -> Vec<f32> {
            (0..len)
                .map(|i| (i * 7919 % 1009) as f32 / 504.5 - 1.0)
                .collect()
        };
        let x = numbers(geometry.input_len());
        let weight = numbers(geometry.weight_len());
        let dy = numbers(geometry.output_len());
        let mut y = dy.clone();
        let (mut dx, mut dw) = (x.clone(), weight.clone());
        let mut group = c.benchmark_group(format!("conv/{name}"));
        group
            .sample_size(20)
            .warm_up_time(Duration::from_millis(50))
            .measurement_time(Duration::from_millis(300));
        let per_output = channels * kernel * kernel;
        group.throughput(Throughput::Elements(
            (2 * geometry.output_len() * per_output) as u64,
        ));
        let finish = Finish::default();
        group.bench_function("forward", |b| {
            b.iter(|| forward(&geometry, &x, &weight, &mut y, &finish).expect("memory"));
        });
        group.bench_function("input gradient", |b| {
            b.iter(|| input_gradient(&geometry, &dy, &weight, &mut dx, &finish).expect("memory"));
        });
        group.bench_function("weight gradient", |b| {
            b.iter(|| weight_gradient(&geometry, &x, &dy, &mut dw).expect("memory"));
        });
        let one = Geometry {
            batch: 1,
            ..geometry
        };
        let prepared = prepare(&one, &weight).expect("memory");
        let image = &x[..one.input_len()];
        let mut out = vec![0.0; one.output_len()];
        group.throughput(Throughput::Elements(
            (2 * one.output_len() * per_output) as u64,
        ));
        group.bench_function("one image, prepared", |b| {
            b.iter(|| prepared.forward(1, image, &mut out, &finish));
        });
        group.finish();
    }
}

criterion_group!(benches, convolution);
criterion_main!(benches);
