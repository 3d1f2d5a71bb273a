//! Products that pass over zeros, against dense ones, and the sums of columns that come before them; one thread.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nn_core::Rng;
use nn_core::kernels::columns::Columns;
use nn_core::kernels::gemm::{Epilogue, MatMut, MatRef, gemm};
use nn_core::kernels::sparse::{GROUP, Groups, Strips, add_product, product};
use nn_core::kernels::threads::set_threads;

const ROWS: usize = 256;
const WIDTH: usize = 784;
const OUTPUTS: usize = 512;

/// `[ROWS, WIDTH]`: runs of eight neighbours are zero or not, as in pictures.
fn samples(share: f64) -> Vec<f32> {
    let mut rng = Rng::new(1);
    let mut keep = false;
    let value = |at: usize| {
        if at.is_multiple_of(8) {
            keep = rng.uniform() < share;
        }
        if keep { rng.normal() as f32 } else { 0.0 }
    };
    (0..ROWS * WIDTH).map(value).collect()
}

fn sparse(c: &mut Criterion) {
    set_threads(1);
    let w = samples(1.0);
    let w: Vec<f32> = (0..WIDTH * OUTPUTS).map(|at| w[at % w.len()]).collect();
    let origin = [0.0; WIDTH];
    let starts = |width: usize| (0..width).step_by(GROUP).collect::<Vec<_>>();
    let groups = Groups::of(&w, &[0.0; OUTPUTS], &starts(OUTPUTS));
    let bias = vec![0.0f32; OUTPUTS];
    let mut y = vec![0.0f32; ROWS * OUTPUTS];

    let mut group = c.benchmark_group("product of 256x784 and 784x512");
    group.throughput(Throughput::Elements((ROWS * WIDTH * OUTPUTS) as u64));
    let x = samples(1.0);
    group.bench_function("gemm", |b| {
        b.iter(|| {
            let a = MatRef::row_major(black_box(&x), ROWS, WIDTH).unwrap();
            let b = MatRef::row_major(&w, WIDTH, OUTPUTS).unwrap();
            let c = MatMut::row_major(&mut y, ROWS, OUTPUTS).unwrap();
            gemm(a, b, c, &Epilogue::default()).unwrap();
        });
    });
    for share in [1.0, 0.5, 0.2, 0.05] {
        let x = samples(share);
        group.bench_function(format!("{share} not zero"), |b| {
            b.iter(|| {
                let strips = Strips::of_rows(black_box(&x), &origin);
                product(&strips, &groups, &bias, &mut y, OUTPUTS);
            });
        });
    }
    group.finish();

    let mut group = c.benchmark_group("scatter of 256x784");
    for share in [1.0, 0.2] {
        let x = samples(share);
        let mut sums = vec![0.0; WIDTH * WIDTH];
        let all = starts(WIDTH);
        group.bench_function(format!("{share} not zero"), |b| {
            b.iter(|| {
                let (strips, groups) = Groups::<f32>::with_strips(black_box(&x), &origin, &all);
                let (rows, columns) = (0..strips.count(), 0..groups.count());
                add_product((&strips, rows), (&groups, columns), &mut sums, WIDTH);
            });
        });
    }
    group.finish();

    c.bench_function("columns of 256x784", |b| {
        b.iter(|| black_box(Columns::of(black_box(&x), WIDTH)));
    });
}

criterion_group!(benches, sparse);
criterion_main!(benches);
