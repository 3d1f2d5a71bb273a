use super::batched::gemm_batched_with_isa;
use super::*;
use crate::kernels::activation::{Activation, activate_in_place};
use crate::kernels::threads::{set_threads, threads};
use std::sync::{Mutex, PoisonError};

/// Tests that change the number of threads run one at a time.
static SERIAL: Mutex<()> = Mutex::new(());

/// A small generator, so that these tests stand alone.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        self.0 >> 33
    }
    fn below(&mut self, n: usize) -> usize {
        self.next() as usize % n
    }
    fn fill<T: Float>(&mut self, len: usize) -> Vec<T> {
        (0..len)
            .map(|_| T::from_f64((self.next() % 2001) as f64 / 1000.0 - 1.0))
            .collect()
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Layout {
    Rows,
    Columns,
    PaddedRows,
    PaddedColumns,
    Strided,
}

const LAYOUTS: [Layout; 5] = [
    Layout::Rows,
    Layout::Columns,
    Layout::PaddedRows,
    Layout::PaddedColumns,
    Layout::Strided,
];

fn strides(layout: Layout, rows: usize, cols: usize) -> (usize, usize) {
    match layout {
        Layout::Rows => (cols, 1),
        Layout::Columns => (1, rows),
        Layout::PaddedRows => (cols + 5, 1),
        Layout::PaddedColumns => (1, rows + 3),
        Layout::Strided => (2 * cols + 1, 2),
    }
}

#[derive(Clone, Copy, Debug)]
struct Case {
    m: usize,
    n: usize,
    k: usize,
    a: Layout,
    b: Layout,
    c_pad: usize,
    accumulate: bool,
    bias: bool,
    activation: Activation,
}

fn matrix<T: Float>(
    numbers: &mut Numbers,
    layout: Layout,
    rows: usize,
    cols: usize,
) -> (Vec<T>, usize, usize) {
    let (rs, cs) = strides(layout, rows, cols);
    let len = view::span(&[(rows, rs), (cols, cs)]).unwrap();
    (numbers.fill(len), rs, cs)
}

/// The result by the definition, in f64, and the sum of magnitudes that its error is measured by.
fn check<T: GemmElement>(case: Case, isa: Isa, tolerance: f64) {
    let Case { m, n, k, c_pad, .. } = case;
    let mut numbers = Numbers(1 + (m * 31 + n * 17 + k * 7) as u64);
    let (a, ars, acs) = matrix::<T>(&mut numbers, case.a, m, k);
    let (b, brs, bcs) = matrix::<T>(&mut numbers, case.b, k, n);
    let bias: Vec<T> = numbers.fill(n);
    let crs = n + c_pad;
    let len = view::span(&[(m, crs), (n, 1)]).unwrap();
    let before: Vec<T> = numbers.fill(len + 3);
    let mut c = before.clone();
    let epilogue = Epilogue {
        accumulate: case.accumulate,
        bias: case.bias.then_some(&bias[..]),
        activation: case.activation,
    };
    gemm_with_isa(
        isa,
        MatRef::new(&a, m, k, ars, acs).unwrap(),
        MatRef::new(&b, k, n, brs, bcs).unwrap(),
        MatMut::new(&mut c, m, n, crs).unwrap(),
        &epilogue,
    )
    .unwrap();
    let mut touched = vec![false; c.len()];
    for i in 0..m {
        for j in 0..n {
            let (mut want, mut size) = (0.0, 1e-3);
            for kk in 0..k {
                let term = a[i * ars + kk * acs].to_f64() * b[kk * brs + j * bcs].to_f64();
                want += term;
                size += term.abs();
            }
            let at = i * crs + j;
            touched[at] = true;
            if case.accumulate {
                want += before[at].to_f64();
                size += 1.0;
            }
            if case.bias {
                want += bias[j].to_f64();
                size += 1.0;
            }
            let mut cell = [T::from_f64(want)];
            activate_in_place(case.activation, &mut cell);
            let (got, want) = (c[at].to_f64(), cell[0].to_f64());
            assert!(
                (got - want).abs() <= tolerance * size,
                "{case:?} {isa:?} at [{i}, {j}]: {got}, want {want}"
            );
        }
    }
    for (at, touched) in touched.iter().enumerate() {
        assert!(
            *touched || c[at] == before[at],
            "{case:?} {isa:?} wrote outside, at {at}"
        );
    }
}

fn check_all(case: Case) {
    for isa in Isa::available() {
        check::<f32>(case, *isa, 4e-6);
        check::<f64>(case, *isa, 1e-14);
    }
}

const PLAIN: Case = Case {
    m: 0,
    n: 0,
    k: 0,
    a: Layout::Rows,
    b: Layout::Rows,
    c_pad: 0,
    accumulate: false,
    bias: false,
    activation: Activation::Identity,
};

mod batches;
mod concurrent;
mod refusals;
mod values;
