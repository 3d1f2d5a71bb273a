//! Preparation of a table of 10 000 samples of 256 values: fitting, and a batch of 128 through what was fitted.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use nn_benches::prepare::synthetic;
use nn_data::Dataset;
use nn_data::transform::{PcaOptions, Pipeline, Preparation, Solver, Transform};

fn prepare(c: &mut Criterion) {
    let data = synthetic(10_000, 256).unwrap();
    let batch = data.batch(&(0..128).collect::<Vec<_>>()).unwrap().inputs;
    let randomized = PcaOptions::count(16).solver(Solver::Randomized);
    let steps = [
        ("standard", Preparation::standard()),
        ("robust", Preparation::robust()),
        ("pca, all", Preparation::Pca(PcaOptions::new())),
        ("pca, 16 of 256", Preparation::pca(16)),
        ("pca, 16 of 256, randomised", Preparation::Pca(randomized)),
        ("zca", Preparation::Zca { epsilon: 1e-6 }),
    ];
    for (name, step) in steps {
        let mut group = c.benchmark_group(name);
        group.sample_size(10);
        let step = [step];
        group.bench_function("fit", |b| {
            b.iter(|| black_box(Pipeline::fit(&step, &data).unwrap()));
        });
        let pipeline = Pipeline::fit(&step, &data).unwrap();
        group.bench_function("batch", |b| {
            b.iter(|| black_box(pipeline.transform(&batch).unwrap()));
        });
        group.finish();
    }
}

criterion_group!(benches, prepare);
criterion_main!(benches);
