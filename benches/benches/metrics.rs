//! Judging a hundred thousand scores: sorting them once, and what follows from the order.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nn_benches::metrics::{samples, suite};
use nn_data::metrics::{BinaryCounts, Bootstrap, RankedScores, ThresholdRule};

fn metrics(c: &mut Criterion) {
    const SAMPLES: usize = 100_000;
    let (truth, scores) = samples(SAMPLES, 10.0);
    let ranked = RankedScores::new(&truth, &scores).unwrap();
    let mut group = c.benchmark_group("metrics");
    group.throughput(Throughput::Elements(SAMPLES as u64));
    group.bench_function("sort", |b| {
        b.iter(|| RankedScores::new(black_box(&truth), black_box(&scores)).unwrap());
    });
    group.bench_function("roc auc", |b| b.iter(|| ranked.roc_auc().unwrap()));
    group.bench_function("roc curve", |b| b.iter(|| ranked.roc().unwrap()));
    group.bench_function("precision recall curve", |b| {
        b.iter(|| ranked.precision_recall());
    });
    group.bench_function("best threshold", |b| {
        b.iter(|| ranked.best_threshold(&ThresholdRule::FBeta(1.0)).unwrap());
    });
    group.bench_function("suite", |b| {
        b.iter(|| suite(black_box(&truth), black_box(&scores)).unwrap());
    });
    group.finish();

    let counts = BinaryCounts::at(&truth, &scores, 0.5).unwrap();
    c.bench_function("bootstrap f1, 1000 resamples", |b| {
        b.iter(|| {
            Bootstrap::default()
                .binary(black_box(&counts), BinaryCounts::f1)
                .unwrap()
        });
    });
}

criterion_group!(benches, metrics);
criterion_main!(benches);
