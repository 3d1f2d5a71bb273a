//! Loading mini-batches, scaling them, and judging predictions.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use image::{ExtendedColorType, ImageEncoder, codecs::jpeg::JpegEncoder};
use nn_core::{DType, Rng, Tensor};
use nn_data::dataset::{ImageFolderOptions, Targets};
use nn_data::metrics::{ClassificationMeter, ConfusionMatrix, RegressionErrors};
use nn_data::transform::{Over, Pipeline, Preparation, Transform};
use nn_data::{InMemory, Loader, dataset};

/// The shape of MNIST: `n` images of 28×28 with ten classes.
fn images(n: usize) -> InMemory {
    let pixels: Vec<u8> = (0..n * 784).map(|i| (i * 31 % 251) as u8).collect();
    let labels = (0..n as u32).map(|i| i % 10).collect();
    let inputs = Tensor::from_vec(pixels, [n, 1, 28, 28]).unwrap();
    InMemory::new("images", inputs, Targets::classes(labels, 10)).unwrap()
}

fn loader(c: &mut Criterion) {
    let mut group = c.benchmark_group("loader");
    let data = images(12_800);
    let scaling = [
        Preparation::pixels(),
        Preparation::Standard { over: Over::Global },
    ];
    let scaling = Pipeline::fit(&scaling, &data).unwrap();
    let plain = Loader::new(data)
        .batch_size(128)
        .unwrap()
        .shuffle(1)
        .transform(scaling);
    group.throughput(Throughput::Elements(12_800));
    for (name, loader) in [
        ("mnist epoch", plain.clone()),
        ("mnist epoch, prefetched", plain.prefetch(2)),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                loader
                    .epoch(0)
                    .for_each(|batch| _ = black_box(batch.unwrap()))
            });
        });
    }
    let iris = Loader::new(dataset::iris().unwrap())
        .batch_size(16)
        .unwrap()
        .shuffle(1);
    group.throughput(Throughput::Elements(150));
    group.bench_function("iris epoch, batches of 16", |b| {
        b.iter(|| {
            iris.epoch(0)
                .for_each(|batch| _ = black_box(batch.unwrap()))
        });
    });
    group.finish();
}

/// `n` JPEG files of ten classes, smooth like photographs.
fn jpeg_folder(n: usize, side: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for at in 0..n {
        let class = folder.path().join((at % 10).to_string());
        std::fs::create_dir_all(&class).unwrap();
        let wave = |pixel: usize, channel: usize| {
            let (y, x) = (pixel / side, pixel % side);
            let angle = (y * (at % 7 + 1) + x * (channel + 1)) as f64 * 20.0 / side as f64;
            (128.0 + 100.0 * (0.1 * angle + at as f64).sin() + (x * y % 9) as f64) as u8
        };
        let pixels: Vec<u8> = (0..side * side * 3).map(|i| wave(i / 3, i % 3)).collect();
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 90)
            .write_image(&pixels, side as u32, side as u32, ExtendedColorType::Rgb8)
            .unwrap();
        std::fs::write(class.join(format!("{at}.jpg")), bytes).unwrap();
    }
    folder
}

/// Decoding JPEG files: opening a folder, and an epoch of batches.
fn image_folder(c: &mut Criterion) {
    let mut group = c.benchmark_group("image folder");
    group.sample_size(10);
    for (n, side, resized) in [(2000, 32, None), (100, 256, None), (100, 256, Some(64))] {
        let folder = jpeg_folder(n, side);
        let mut options = ImageFolderOptions::new();
        let mut name = format!("{n} JPEG of {side}×{side}");
        if let Some(small) = resized {
            options = options.size(small, small);
            name += &format!(" to {small}×{small}");
        }
        group.throughput(Throughput::Elements(n as u64));
        let headers = options.clone().cache(false).decode_first(false);
        group.bench_function(format!("headers, {name}"), |b| {
            b.iter(|| headers.open(folder.path()).unwrap());
        });
        let data = headers.open(folder.path()).unwrap().train;
        let loader = Loader::new(data).batch_size(128).unwrap().shuffle(1);
        group.bench_function(format!("epoch, {name}"), |b| {
            b.iter(|| {
                loader
                    .epoch(0)
                    .for_each(|batch| _ = black_box(batch.unwrap()))
            });
        });
        let data = options.cache(true).open(folder.path()).unwrap().train;
        let loader = Loader::new(data).batch_size(128).unwrap().shuffle(1);
        group.bench_function(format!("epoch from the cache, {name}"), |b| {
            b.iter(|| {
                loader
                    .epoch(0)
                    .for_each(|batch| _ = black_box(batch.unwrap()))
            });
        });
    }
    group.finish();
}

fn scaling(c: &mut Criterion) {
    let mut group = c.benchmark_group("scaling");
    let data = images(4096);
    group.throughput(Throughput::Elements(4096 * 784));
    for (name, over) in [("feature", Over::Feature), ("global", Over::Global)] {
        let wanted = [Preparation::pixels(), Preparation::Standard { over }];
        group.bench_function(format!("fit per {name}"), |b| {
            b.iter(|| Pipeline::fit(black_box(&wanted), &data).unwrap());
        });
    }
    group.throughput(Throughput::Elements(128 * 784));
    for (name, over) in [("feature", Over::Feature), ("global", Over::Global)] {
        let wanted = [Preparation::pixels(), Preparation::Standard { over }];
        let pipeline = Pipeline::fit(&wanted, &data).unwrap();
        let mut batch = Tensor::zeros([128, 784], DType::F32).unwrap();
        group.bench_function(format!("apply per {name}, batch of 128"), |b| {
            b.iter(|| pipeline.apply(black_box(&mut batch)).unwrap());
        });
    }
    group.finish();
}

fn metrics(c: &mut Criterion) {
    let mut group = c.benchmark_group("metrics");
    let n = 10_000;
    let mut rng = Rng::new(1);
    let truth: Vec<u32> = (0..n).map(|_| rng.below(10) as u32).collect();
    let predicted: Vec<u32> = (0..n).map(|_| rng.below(10) as u32).collect();
    group.throughput(Throughput::Elements(n as u64));
    group.bench_function("confusion matrix", |b| {
        let mut matrix = ConfusionMatrix::with_classes(10).unwrap();
        b.iter(|| {
            matrix
                .add(black_box(&truth), black_box(&predicted))
                .unwrap()
        });
    });
    let logits = Tensor::rand_normal([n, 10], 0.0, 1.0, DType::F32, &mut rng).unwrap();
    let targets = Tensor::from_slice(&truth, [n]).unwrap();
    group.bench_function("classification meter from logits", |b| {
        let names = (0..10).map(|c| c.to_string()).collect();
        let mut meter = ClassificationMeter::new(names)
            .unwrap()
            .with_top_k(5)
            .unwrap();
        b.iter(|| meter.add_logits(black_box(&logits), &targets).unwrap());
    });
    let (y, z): (Vec<f32>, Vec<f32>) = (0..n)
        .map(|_| (rng.normal() as f32, rng.normal() as f32))
        .unzip();
    group.bench_function("regression errors", |b| {
        let mut errors = RegressionErrors::new(1).unwrap();
        b.iter(|| errors.add(black_box(&y), black_box(&z)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, loader, image_folder, scaling, metrics);
criterion_main!(benches);
