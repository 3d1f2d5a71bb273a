//! Image kernels, on a grey picture of 512×512 and on one of the size of CIFAR.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nn_core::{DType, Rng, Tensor};
use nn_data::filter::{self, Border, Canny, Gradient, Kernel};

/// Pixels from 0 to 255: slopes and noise.
fn picture(side: usize) -> Tensor {
    let mut rng = Rng::new(3);
    let noise = Tensor::rand_normal([side, side], 0.0, 20.0, DType::F32, &mut rng).unwrap();
    let mut image = noise;
    for (at, pixel) in image.make_mut::<f32>().unwrap().iter_mut().enumerate() {
        let wave = ((at % side) as f32 / 17.0).sin() * ((at / side) as f32 / 23.0).cos();
        *pixel = (128.0 + 80.0 * wave + *pixel).round().clamp(0.0, 255.0);
    }
    image
}

fn filters(c: &mut Criterion) {
    let border = Border::Reflect;
    let slanted: Kernel = "1 2 0; -3 4 1; 2 2 -5".parse().unwrap();
    for side in [32, 512] {
        let image = picture(side);
        let mut group = c.benchmark_group(format!("filter {side}x{side}"));
        group.throughput(Throughput::Elements((side * side) as u64));
        let all: [(&str, &dyn Fn() -> nn_data::Result<Tensor>); 9] = [
            ("mean 5", &|| filter::mean(black_box(&image), 5, border)),
            ("gaussian 1.5", &|| {
                filter::gaussian(black_box(&image), 1.5, None, border)
            }),
            ("gaussian 8", &|| {
                filter::gaussian(black_box(&image), 8.0, None, border)
            }),
            ("median 3", &|| filter::median(black_box(&image), 3, border)),
            ("median 5", &|| filter::median(black_box(&image), 5, border)),
            ("median 15", &|| {
                filter::median(black_box(&image), 15, border)
            }),
            ("sobel", &|| {
                filter::sobel(black_box(&image), Gradient::Magnitude, border)
            }),
            ("matrix 3x3", &|| slanted.apply(black_box(&image), border)),
            ("canny", &|| {
                Canny::default().apply(black_box(&image), border)
            }),
        ];
        for (name, filter) in all {
            group.bench_function(name, |b| b.iter(|| filter().unwrap()));
        }
        group.finish();
    }
}

criterion_group!(benches, filters);
criterion_main!(benches);
