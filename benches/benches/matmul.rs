//! Matrix products of the shapes that networks use, on the default number of threads.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nn_benches::matmul::{Operands, cases};
use std::time::Duration;

fn matmul(c: &mut Criterion) {
    for case in cases() {
        let mut group = c.benchmark_group(format!("matmul/{}", case.class));
        group
            .sample_size(20)
            .warm_up_time(Duration::from_millis(50))
            .measurement_time(Duration::from_millis(300));
        group.throughput(Throughput::Elements(
            2 * (case.batch * case.m * case.k * case.n) as u64,
        ));
        let name = format!(
            "{} {}x{}x{}x{}",
            case.form.name(),
            case.batch,
            case.m,
            case.k,
            case.n
        );
        let mut operands = Operands::<f32>::new(case);
        group.bench_function(name, |bencher| bencher.iter(|| operands.run()));
        group.finish();
    }
}

criterion_group!(benches, matmul);
criterion_main!(benches);
