//! Every way to compute a product against its definition.

use super::*;

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

/// Then the rows of `A` are packed, by columns of fewer than a register holds and of more.
#[test]
fn rows_a_multiple_of_a_page_apart() {
    for (k, n) in [(512, 130), (1024, 150)] {
        for m in [1, 5, 6, 9, 11, 14, 33] {
            check_all(Case { m, n, k, ..PLAIN });
        }
    }
}
