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

#[test]
fn every_layout_and_small_shape() {
    for a in LAYOUTS {
        for b in LAYOUTS {
            for m in [1, 2, 5, 13] {
                for n in [1, 3, 10, 16, 33] {
                    for k in [0, 1, 2, 16, 19] {
                        check_all(Case {
                            m,
                            n,
                            k,
                            a,
                            b,
                            c_pad: (m + n) % 2,
                            ..PLAIN
                        });
                    }
                }
            }
        }
    }
}

#[test]
fn every_height_and_width_of_tile() {
    for m in 1..30 {
        check_all(Case {
            m,
            n: 40 + m,
            k: 9,
            ..PLAIN
        });
        check_all(Case {
            m,
            n: 7,
            k: 70,
            b: Layout::Columns,
            ..PLAIN
        });
    }
    for n in 1..70 {
        check_all(Case {
            m: 3,
            n,
            k: 17,
            ..PLAIN
        });
        check_all(Case {
            m: 30,
            n,
            k: 40,
            b: Layout::Columns,
            ..PLAIN
        });
    }
}

#[test]
fn random_shapes() {
    let mut numbers = Numbers(7);
    for round in 0..150 {
        let most = if round % 5 == 0 { 300 } else { 80 };
        let case = Case {
            m: 1 + numbers.below(most),
            n: 1 + numbers.below(most),
            k: numbers.below(most),
            a: LAYOUTS[numbers.below(5)],
            b: LAYOUTS[numbers.below(5)],
            c_pad: numbers.below(3),
            accumulate: numbers.below(2) == 0,
            bias: numbers.below(2) == 0,
            activation: [Activation::Identity, Activation::Relu, Activation::Tanh]
                [numbers.below(3)],
        };
        check_all(case);
    }
}

#[test]
fn long_sums_and_wide_blocks() {
    for a in [Layout::Rows, Layout::Columns, Layout::Strided] {
        for b in [Layout::Rows, Layout::Columns, Layout::Strided] {
            let odd = Case {
                a,
                b,
                bias: true,
                activation: Activation::Tanh,
                ..PLAIN
            };
            check_all(Case {
                m: 14,
                n: 35,
                k: 1301,
                ..odd
            });
            check_all(Case {
                m: 37,
                n: 700,
                k: 600,
                accumulate: true,
                ..odd
            });
            check_all(Case {
                m: 1,
                n: 300,
                k: 1100,
                accumulate: true,
                ..odd
            });
            check_all(Case {
                m: 300,
                n: 1,
                k: 1100,
                accumulate: true,
                ..odd
            });
            check_all(Case {
                m: 150,
                n: 10,
                k: 530,
                accumulate: true,
                ..odd
            });
        }
    }
}

#[test]
fn products_with_vectors() {
    for a in LAYOUTS {
        for b in LAYOUTS {
            for (m, n, k) in [
                (1, 1, 50),
                (1, 75, 37),
                (75, 1, 37),
                (1, 2100, 11),
                (9, 1, 1),
                (1, 9, 1),
            ] {
                for c_pad in [0, 2] {
                    for (accumulate, bias, activation) in [
                        (false, false, Activation::Identity),
                        (true, true, Activation::Relu),
                        (false, true, Activation::Tanh),
                        (true, false, Activation::Tanh),
                    ] {
                        check_all(Case {
                            m,
                            n,
                            k,
                            a,
                            b,
                            c_pad,
                            accumulate,
                            bias,
                            activation,
                        });
                    }
                }
            }
        }
    }
}

#[test]
fn batches_of_products_with_vectors() {
    let mut numbers = Numbers(17);
    let (batch, m, k) = (5, 40, 33);
    let a: Vec<f32> = numbers.fill(batch * m * k);
    let x: Vec<f32> = numbers.fill(batch * k);
    let bias = [0.25f32];
    let epilogue = Epilogue {
        bias: Some(&bias[..]),
        ..Epilogue::default()
    };
    for isa in Isa::available() {
        let mut columns = vec![0.0f32; batch * m];
        gemm_batched_with_isa(
            *isa,
            &Batch {
                dims: &[batch],
                a: &[m * k],
                b: &[k],
                c: &[m],
            },
            MatRef::row_major(&a, m, k).unwrap(),
            MatRef::row_major(&x, k, 1).unwrap(),
            MatMut::row_major(&mut columns, m, 1).unwrap(),
            &epilogue,
        )
        .unwrap();
        for item in 0..batch {
            for i in 0..m {
                let row = &a[(item * m + i) * k..][..k];
                let want: f64 = row
                    .iter()
                    .zip(&x[item * k..])
                    .map(|(a, x)| f64::from(*a) * f64::from(*x))
                    .sum();
                let got = f64::from(columns[item * m + i]);
                assert!(
                    (got - want - 0.25).abs() < 1e-4,
                    "{isa:?} {item} {i}: {got}, {want}"
                );
            }
        }
    }
}

#[test]
fn empty_operands() {
    for (m, n, k) in [(0, 5, 3), (5, 0, 3), (0, 0, 0), (4, 3, 0)] {
        for accumulate in [false, true] {
            check_all(Case {
                m,
                n,
                k,
                accumulate,
                bias: true,
                activation: Activation::Relu,
                ..PLAIN
            });
        }
    }
}

#[test]
fn shapes_that_do_not_fit_are_refused() {
    let data = [1.0f32; 100];
    let mut out = [7.0f32; 100];
    let a = MatRef::row_major(&data, 3, 4).unwrap();
    let b = MatRef::row_major(&data, 5, 6).unwrap();
    let got = gemm(
        a,
        b,
        MatMut::row_major(&mut out, 3, 6).unwrap(),
        &Epilogue::default(),
    );
    assert_eq!(
        got,
        Err(ShapeMismatch {
            a: (3, 4),
            b: (5, 6),
            c: (3, 6),
            bias: None
        })
    );
    assert_eq!(
        got.unwrap_err().to_string(),
        "[3, 4] x [5, 6] does not give [3, 6]"
    );
    let b = MatRef::row_major(&data, 4, 6).unwrap();
    let epilogue = Epilogue {
        bias: Some(&data[..5]),
        ..Epilogue::default()
    };
    assert!(gemm(a, b, MatMut::row_major(&mut out, 3, 6).unwrap(), &epilogue).is_err());
    assert!(
        gemm(
            a,
            b,
            MatMut::row_major(&mut out, 2, 6).unwrap(),
            &Epilogue::default()
        )
        .is_err()
    );
    assert!(out.iter().all(|x| *x == 7.0));
}

#[test]
fn views_are_checked() {
    let data = [0.0f32; 10];
    assert!(MatRef::new(&data, 2, 5, 5, 1).is_some());
    assert!(MatRef::new(&data, 2, 5, 6, 1).is_none());
    assert!(MatRef::new(&data, usize::MAX, 2, usize::MAX, 1).is_none());
    assert!(MatRef::new(&data, 1000, 5, 0, 1).is_some());
    assert!(MatRef::new(&data, 0, 5, usize::MAX, usize::MAX).is_some());
    let mut data = [0.0f32; 10];
    assert!(MatMut::new(&mut data, 2, 5, 4).is_none());
    assert!(MatMut::new(&mut data, 1, 10, 0).is_some());
    assert!(MatMut::new(&mut data, 3, 3, 4).is_none());
}

/// The shapes whose paths differ: narrow, flat, thin, long, batch-like.
const SHAPES: [(usize, usize, usize); 12] = [
    (128, 256, 300),
    (128, 10, 256),
    (10, 256, 128),
    (32, 1024, 512),
    (1, 1000, 900),
    (1000, 1, 900),
    (500, 33, 65),
    (129, 513, 40),
    (64, 64, 700),
    (7, 2000, 100),
    (2000, 7, 100),
    (300, 300, 1),
];

#[test]
fn same_bits_for_every_number_of_threads() {
    let _guard = SERIAL.lock().unwrap_or_else(PoisonError::into_inner);
    let before = threads();
    let mut numbers = Numbers(3);
    for (m, n, k) in SHAPES {
        for (la, lb) in [
            (Layout::Rows, Layout::Rows),
            (Layout::Rows, Layout::Columns),
            (Layout::Columns, Layout::Rows),
            (Layout::Columns, Layout::Columns),
        ] {
            let (a, ars, acs) = matrix::<f32>(&mut numbers, la, m, k);
            let (b, brs, bcs) = matrix::<f32>(&mut numbers, lb, k, n);
            for isa in Isa::available() {
                let mut first: Option<Vec<u32>> = None;
                for count in [1, 2, 3, 5, 8] {
                    set_threads(count);
                    let mut c = vec![0.5f32; m * n];
                    let epilogue = Epilogue {
                        accumulate: true,
                        ..Epilogue::default()
                    };
                    gemm_with_isa(
                        *isa,
                        MatRef::new(&a, m, k, ars, acs).unwrap(),
                        MatRef::new(&b, k, n, brs, bcs).unwrap(),
                        MatMut::row_major(&mut c, m, n).unwrap(),
                        &epilogue,
                    )
                    .unwrap();
                    let bits: Vec<u32> = c.iter().map(|x| x.to_bits()).collect();
                    let want = first.get_or_insert_with(|| bits.clone());
                    assert!(
                        *want == bits,
                        "[{m}, {k}] x [{k}, {n}], {la:?} {lb:?}, {isa:?}, {count} threads"
                    );
                }
            }
        }
    }
    set_threads(before);
}

#[test]
fn not_a_number_and_infinity_travel() {
    for isa in Isa::available() {
        for (m, n, k) in [
            (5, 40, 20),
            (40, 10, 70),
            (1, 64, 64),
            (64, 1, 64),
            (20, 20, 200),
        ] {
            for (la, lb) in [
                (Layout::Rows, Layout::Rows),
                (Layout::Rows, Layout::Columns),
                (Layout::Columns, Layout::Rows),
            ] {
                let mut numbers = Numbers(5);
                let (mut a, ars, acs) = matrix::<f32>(&mut numbers, la, m, k);
                let (mut b, brs, bcs) = matrix::<f32>(&mut numbers, lb, k, n);
                let (row, column) = (m / 2, n / 3);
                a[row * ars + (k - 1) * acs] = f32::NAN;
                b[column * bcs] = f32::INFINITY;
                let mut c = vec![0.0; m * n];
                let epilogue = Epilogue {
                    activation: Activation::Relu,
                    ..Epilogue::default()
                };
                gemm_with_isa(
                    *isa,
                    MatRef::new(&a, m, k, ars, acs).unwrap(),
                    MatRef::new(&b, k, n, brs, bcs).unwrap(),
                    MatMut::row_major(&mut c, m, n).unwrap(),
                    &epilogue,
                )
                .unwrap();
                for i in 0..m {
                    for j in 0..n {
                        let x = c[i * n + j];
                        if i == row {
                            assert!(x.is_nan(), "{isa:?} [{i}, {j}] of [{m}, {n}]: {x}");
                        } else if j == column {
                            let want = if a[i * ars] > 0.0 { f32::INFINITY } else { 0.0 };
                            assert!(x == want || a[i * ars] == 0.0, "{isa:?} [{i}, {j}]: {x}");
                        } else {
                            assert!(x.is_finite());
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn batches_equal_single_products() {
    let mut numbers = Numbers(11);
    // Heads of attention as they lie: [batch, time, head, width], no copies.
    let (batch, time, heads, width) = (3, 21, 4, 18);
    let row = heads * width;
    let q: Vec<f32> = numbers.fill(batch * time * row);
    let k: Vec<f32> = numbers.fill(batch * time * row);
    let shared: Vec<f32> = numbers.fill(width * time);
    for isa in Isa::available() {
        for count in [1, 3] {
            let _guard = SERIAL.lock().unwrap_or_else(PoisonError::into_inner);
            let before = threads();
            set_threads(count);
            for share in [false, true] {
                let strides = [time * row, width];
                let b = if share {
                    MatRef::row_major(&shared, width, time).unwrap()
                } else {
                    MatRef::new(&k, time, width, row, 1).unwrap().t()
                };
                let b_strides = if share { [0, 0] } else { strides };
                let mut scores = vec![0.0f32; batch * heads * time * time];
                gemm_batched_with_isa(
                    *isa,
                    &Batch {
                        dims: &[batch, heads],
                        a: &strides,
                        b: &b_strides,
                        c: &[heads * time * time, time * time],
                    },
                    MatRef::new(&q, time, width, row, 1).unwrap(),
                    b,
                    MatMut::row_major(&mut scores, time, time).unwrap(),
                    &Epilogue::default(),
                )
                .unwrap();
                let mut mixed = vec![0.0f32; q.len()];
                gemm_batched_with_isa(
                    *isa,
                    &Batch {
                        dims: &[batch, heads],
                        a: &[heads * time * time, time * time],
                        b: &strides,
                        c: &strides,
                    },
                    MatRef::row_major(&scores, time, time).unwrap(),
                    MatRef::new(&k, time, width, row, 1).unwrap(),
                    MatMut::new(&mut mixed, time, width, row).unwrap(),
                    &Epilogue::default(),
                )
                .unwrap();
                for item in 0..batch {
                    for head in 0..heads {
                        let at = item * time * row + head * width;
                        let mut want = vec![0.0f32; time * time];
                        let one = if share {
                            b
                        } else {
                            MatRef::new(&k[at..], time, width, row, 1).unwrap().t()
                        };
                        gemm_with_isa(
                            *isa,
                            MatRef::new(&q[at..], time, width, row, 1).unwrap(),
                            one,
                            MatMut::row_major(&mut want, time, time).unwrap(),
                            &Epilogue::default(),
                        )
                        .unwrap();
                        let from = (item * heads + head) * time * time;
                        assert_eq!(scores[from..from + time * time], want[..]);
                        let mut want = vec![0.0f32; time * width];
                        gemm_with_isa(
                            *isa,
                            MatRef::row_major(&scores[from..], time, time).unwrap(),
                            MatRef::new(&k[at..], time, width, row, 1).unwrap(),
                            MatMut::row_major(&mut want, time, width).unwrap(),
                            &Epilogue::default(),
                        )
                        .unwrap();
                        for i in 0..time {
                            assert_eq!(
                                mixed[at + i * row..at + i * row + width],
                                want[i * width..(i + 1) * width]
                            );
                        }
                    }
                }
            }
            set_threads(before);
        }
    }
}

#[test]
fn batches_that_do_not_fit_are_refused() {
    let data = [1.0f32; 24];
    let run = |batch: &Batch<'_>| {
        let mut out = [0.0f32; 8];
        gemm_batched(
            batch,
            MatRef::row_major(&data, 2, 3).unwrap(),
            MatRef::row_major(&data, 3, 2).unwrap(),
            MatMut::row_major(&mut out, 2, 2).unwrap(),
            &Epilogue::default(),
        )
    };
    assert_eq!(
        run(&Batch {
            dims: &[2],
            a: &[6],
            b: &[6],
            c: &[4]
        }),
        Ok(())
    );
    assert_eq!(
        run(&Batch {
            dims: &[0],
            a: &[6],
            b: &[6],
            c: &[4]
        }),
        Ok(())
    );
    assert_eq!(
        run(&Batch {
            dims: &[2],
            a: &[6],
            b: &[6],
            c: &[2]
        }),
        Err(BatchError::Overlap)
    );
    assert_eq!(
        run(&Batch {
            dims: &[2],
            a: &[6],
            b: &[6],
            c: &[0]
        }),
        Err(BatchError::Overlap)
    );
    assert_eq!(
        run(&Batch {
            dims: &[2],
            a: &[6],
            b: &[6],
            c: &[5]
        }),
        Err(BatchError::OutOfBounds('c'))
    );
    assert_eq!(
        run(&Batch {
            dims: &[2],
            a: &[19],
            b: &[6],
            c: &[4]
        }),
        Err(BatchError::OutOfBounds('a'))
    );
    assert_eq!(
        run(&Batch {
            dims: &[2],
            a: &[6],
            b: &[usize::MAX],
            c: &[4]
        }),
        Err(BatchError::OutOfBounds('b'))
    );
    assert_eq!(
        run(&Batch {
            dims: &[2],
            a: &[6],
            b: &[6],
            c: &[]
        }),
        Err(BatchError::Strides)
    );
}

#[test]
fn concurrent_callers_get_their_own_results() {
    let _guard = SERIAL.lock().unwrap_or_else(PoisonError::into_inner);
    let before = threads();
    set_threads(3);
    let mut numbers = Numbers(13);
    let (m, n, k) = (96, 130, 150);
    let (a, b): (Vec<f32>, Vec<f32>) = (numbers.fill(m * k), numbers.fill(k * n));
    let product = || {
        let mut c = vec![0.0f32; m * n];
        gemm(
            MatRef::row_major(&a, m, k).unwrap(),
            MatRef::row_major(&b, k, n).unwrap(),
            MatMut::row_major(&mut c, m, n).unwrap(),
            &Epilogue::default(),
        )
        .unwrap();
        c
    };
    let want = product();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert!(product() == want);
                }
            });
        }
    });
    set_threads(before);
}
