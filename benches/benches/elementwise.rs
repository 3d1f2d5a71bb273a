//! Elementwise functions, reductions, row functions and copies, in `f32`: 256 elements (a call's
//! overhead), 16 384 (in the nearest caches) and 1 048 576 (from memory).
//!
//! `NN_ISA=avx2` or `scalar` shows what the lesser instruction sets do, `NN_THREADS=1` one thread.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nn_core::kernels::activation::{Activation, activate, activate_backward};
use nn_core::kernels::copy::{convert, copy_strided};
use nn_core::kernels::cross_entropy::{CrossEntropyRows, cross_entropy_rows};
use nn_core::kernels::dropout::dropout;
use nn_core::kernels::elementwise::{Binary, Unary, binary, binary_broadcast, unary};
use nn_core::kernels::reduce::{Reduce, reduce};
use nn_core::kernels::softmax::{log_softmax_rows, softmax_backward_rows, softmax_rows};

const SIZES: [usize; 3] = [256, 16_384, 1_048_576];

fn wave(len: usize) -> Vec<f32> {
    (0..len).map(|i| (i as f32 * 0.37).sin() * 4.0).collect()
}

fn functions(c: &mut Criterion) {
    let mut group = c.benchmark_group("function");
    for n in SIZES {
        let (x, mut y) = (wave(n), vec![0.0; n]);
        group.throughput(Throughput::Elements(n as u64));
        for op in [Unary::Exp, Unary::Ln, Unary::Erf, Unary::Sqrt] {
            group.bench_function(BenchmarkId::new(format!("{op:?}"), n), |b| {
                b.iter(|| unary(op, black_box(&x), &mut y));
            });
        }
        for act in [
            Activation::Relu,
            Activation::Sigmoid,
            Activation::Tanh,
            Activation::Gelu,
            Activation::GeluTanh,
            Activation::Silu,
            Activation::Softplus,
        ] {
            group.bench_function(BenchmarkId::new(format!("{act:?}"), n), |b| {
                b.iter(|| activate(act, black_box(&x), &mut y));
            });
        }
        for act in [Activation::Relu, Activation::Gelu] {
            let dy = wave(n);
            group.bench_function(BenchmarkId::new(format!("{act:?} backward"), n), |b| {
                b.iter(|| activate_backward(act, black_box(&x), &dy, &mut y));
            });
        }
        let mut mask = vec![0; n];
        group.bench_function(BenchmarkId::new("Dropout", n), |b| {
            b.iter(|| dropout(black_box(&x), 0.5, 7, &mut y, &mut mask));
        });
    }
    group.finish();
}

fn pairs_and_copies(c: &mut Criterion) {
    const COLS: usize = 256;
    let mut group = c.benchmark_group("pair");
    for n in SIZES {
        let rows = n / COLS;
        let (a, b, mut out) = (wave(n), wave(n), vec![0.0; n]);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(BenchmarkId::new("add", n), |bench| {
            bench.iter(|| binary(Binary::Add, black_box(&a), &b, &mut out));
        });
        for (name, strides) in [("add row vector", [0, 1]), ("add column vector", [1, 0])] {
            group.bench_function(BenchmarkId::new(name, n), |bench| {
                bench.iter(|| {
                    let a = black_box(&a);
                    let shape = [rows, COLS];
                    binary_broadcast(Binary::Add, &shape, a, &[COLS, 1], &b, &strides, &mut out);
                });
            });
        }
        group.bench_function(BenchmarkId::new("transposed copy", n), |bench| {
            bench.iter(|| copy_strided(&[COLS, rows], black_box(&a), &[1, COLS], &mut out));
        });
        let bytes = vec![7_u8; n];
        group.bench_function(BenchmarkId::new("u8 to f32", n), |bench| {
            bench.iter(|| convert(black_box(&bytes), &mut out));
        });
    }
    group.finish();
}

fn reductions(c: &mut Criterion) {
    let mut group = c.benchmark_group("reduce");
    for n in SIZES {
        let x = wave(n);
        group.throughput(Throughput::Elements(n as u64));
        for op in [Reduce::Sum, Reduce::Max, Reduce::SumSquares] {
            for (layout, [outer, len, inner]) in [
                ("all", [1, n, 1]),
                ("rows of 64", [n / 64, 64, 1]),
                ("64 columns", [1, n / 64, 64]),
            ] {
                let mut out = vec![0.0; outer * inner];
                group.bench_function(BenchmarkId::new(format!("{op:?} {layout}"), n), |b| {
                    b.iter(|| reduce(op, black_box(&x), outer, len, inner, &mut out));
                });
            }
        }
    }
    group.finish();
}

fn rows(c: &mut Criterion) {
    let mut group = c.benchmark_group("rows");
    for (rows, cols) in [(16, 3), (128, 10), (1536, 64), (768, 65), (64, 10_000)] {
        let (x, dy, mut y) = (wave(rows * cols), wave(rows * cols), wave(rows * cols));
        let shape = format!("{rows}x{cols}");
        group.throughput(Throughput::Elements((rows * cols) as u64));
        group.bench_function(BenchmarkId::new("softmax", &shape), |b| {
            b.iter(|| softmax_rows(black_box(&x), cols, &mut y));
        });
        group.bench_function(BenchmarkId::new("log-softmax", &shape), |b| {
            b.iter(|| log_softmax_rows(black_box(&x), cols, &mut y));
        });
        group.bench_function(BenchmarkId::new("softmax backward", &shape), |b| {
            b.iter(|| softmax_backward_rows(black_box(&x), &dy, cols, &mut y));
        });
        let targets: Vec<u32> = (0..rows).map(|r| (r % cols) as u32).collect();
        let (mut losses, mut weights) = (vec![0.0; rows], vec![0.0; rows]);
        let config = CrossEntropyRows::default();
        group.bench_function(
            BenchmarkId::new("cross-entropy with gradient", &shape),
            |b| {
                b.iter(|| {
                    let (x, gradient) = (black_box(&x), Some(&mut y[..]));
                    cross_entropy_rows(
                        x,
                        rows,
                        cols,
                        &targets,
                        &config,
                        &mut losses,
                        &mut weights,
                        gradient,
                    )
                });
            },
        );
    }
    group.finish();
}

criterion_group!(benches, functions, pairs_and_copies, reductions, rows);
criterion_main!(benches);
