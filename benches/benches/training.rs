//! Whole training steps: forward, loss, backward, update.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nn_benches::training::{MLP, TINY, Training};

fn steps(c: &mut Criterion) {
    let mut group = c.benchmark_group("training step");
    for (name, widths) in [("tiny MLP 4-16-3", TINY), ("MLP 784-512-256-10", MLP)] {
        let mut training = Training::new(widths).expect("two small networks fit into memory");
        group.throughput(Throughput::Elements(training.batch_size() as u64));
        group.bench_function(name, |b| {
            b.iter(|| training.step().expect("a step on valid data"));
        });
    }
    group.finish();
}

criterion_group!(benches, steps);
criterion_main!(benches);
