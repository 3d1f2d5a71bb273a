//! Augmentation of pictures of 3×32×32: a batch of 128 of floats, each step by itself and what training uses together.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nn_benches::augment::{loader, pictures, steps};
use nn_data::transform::augment::{Augment, Augmenter};
use nn_data::{Dataset, Loader};

const ONE_BY_ONE: &[(&str, &str)] = &[
    ("flip", r#"{"type": "flip"}"#),
    ("crop", r#"{"type": "crop", "padding": 4}"#),
    ("rotate, bilinear", r#"{"type": "rotate", "degrees": 15}"#),
    (
        "rotate, nearest",
        r#"{"type": "rotate", "degrees": 15, "interpolation": "nearest"}"#,
    ),
    ("resized crop", r#"{"type": "resized_crop"}"#),
    ("elastic", r#"{"type": "elastic"}"#),
    ("brightness", r#"{"type": "brightness", "factor": 0.2}"#),
    ("contrast", r#"{"type": "contrast", "factor": 0.2}"#),
    ("saturation", r#"{"type": "saturation", "factor": 0.2}"#),
    ("hue", r#"{"type": "hue", "shift": 0.1}"#),
    ("gaussian noise", r#"{"type": "gaussian_noise"}"#),
    ("salt and pepper", r#"{"type": "salt_and_pepper"}"#),
    ("blur", r#"{"type": "blur", "sigma": 1}"#),
    ("cutout", r#"{"type": "cutout", "size": 8}"#),
    ("mixup", r#"{"type": "mixup"}"#),
    ("cutmix", r#"{"type": "cutmix"}"#),
];

fn augment(c: &mut Criterion) {
    let mut group = c.benchmark_group("augment");
    group.throughput(Throughput::Elements(128));
    let data = pictures().unwrap();
    let indices: Vec<usize> = (0..128).collect();
    let one_by_one = ONE_BY_ONE
        .iter()
        .map(|&(name, json)| (name, vec![serde_json::from_str::<Augment>(json).unwrap()]));
    for (name, steps) in one_by_one.chain([("crop, flip, rotate", steps())]) {
        let augmenter = Augmenter::new(steps, data.input_shape(), 1).unwrap();
        let mut batch = data.batch(&indices).unwrap();
        let targets = batch.targets.clone();
        let mut epoch = 0;
        group.bench_function(name, |b| {
            b.iter(|| {
                epoch += 1;
                batch.targets = targets.clone();
                augmenter
                    .apply(epoch, black_box(&mut batch), data.target_kind())
                    .unwrap();
            });
        });
    }
    group.finish();

    let mut group = c.benchmark_group("augmented epoch");
    group.throughput(Throughput::Elements(data.len() as u64));
    let plain = Loader::new(data.clone()).batch_size(128).unwrap();
    let augmented = loader(steps()).unwrap();
    for (name, loader) in [
        ("not augmented", plain),
        ("crop, flip, rotate, normalise", augmented.clone()),
        ("the same, prefetched", augmented.prefetch(2)),
    ] {
        group.bench_function(name, |b| {
            b.iter(|| {
                loader
                    .epoch(0)
                    .for_each(|batch| _ = black_box(batch.unwrap()))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, augment);
criterion_main!(benches);
