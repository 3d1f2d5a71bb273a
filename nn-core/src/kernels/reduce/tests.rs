use super::*;
use crate::kernels::math::dispatch::for_each_isa;
use crate::kernels::threads::set_threads;

fn data(len: usize) -> Vec<f64> {
    (0..len)
        .map(|i| (i as f64 * 1.37).sin() * 3.0 + 0.1)
        .collect()
}

fn single(x: &[f64]) -> Vec<f32> {
    x.iter().map(|&x| x as f32).collect()
}

/// The elements that make output (o, i).
fn column(x: &[f64], n: usize, inner: usize, o: usize, i: usize) -> Vec<f64> {
    (0..n).map(|j| x[(o * n + j) * inner + i]).collect()
}

const SHAPES: [[usize; 3]; 24] = [
    [1, 1, 1],
    [1, 7, 1],
    [3, 10, 1],
    [5, 15, 1],
    [5, 16, 1],
    [4, 33, 1],
    [2, 2049, 1],
    [1, 100_003, 1],
    [2, 70_000, 1],
    [1, 5, 2],
    [2, 9, 3],
    [1, 1000, 10],
    [3, 129, 31],
    [1, 129, 32],
    [2, 65, 33],
    [2, 3, 64],
    [1, 300, 65],
    [2, 130, 129],
    [1, 5000, 70],
    [1, 20_000, 3],
    [1, 9000, 64],
    [0, 3, 2],
    [2, 3, 0],
    [2, 0, 3],
];

fn naive(op: Reduce, x: &[f64]) -> f64 {
    match op {
        Reduce::Sum => x.iter().sum(),
        Reduce::Mean => x.iter().sum::<f64>() / x.len() as f64,
        Reduce::Max => x.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Reduce::Min => x.iter().copied().fold(f64::INFINITY, f64::min),
        Reduce::SumSquares => x.iter().map(|x| x * x).sum(),
    }
}

const OPS: [Reduce; 5] = [
    Reduce::Sum,
    Reduce::Mean,
    Reduce::Max,
    Reduce::Min,
    Reduce::SumSquares,
];

#[test]
fn reductions_agree_with_plain_loops() {
    for [outer, n, inner] in SHAPES {
        let x = data(outer * n * inner);
        let x32 = single(&x);
        for op in OPS {
            for_each_isa(|isa| {
                let mut out = vec![0.0; outer * inner];
                reduce(op, &x, outer, n, inner, &mut out);
                let mut out32 = vec![0.0_f32; outer * inner];
                reduce(op, &x32, outer, n, inner, &mut out32);
                for o in 0..outer {
                    for i in 0..inner {
                        let truth = naive(op, &column(&x, n, inner, o, i));
                        let [y, y32] = [out[o * inner + i], f64::from(out32[o * inner + i])];
                        if !truth.is_finite() {
                            assert!(y == truth || (y.is_nan() && truth.is_nan()), "{op:?}: {y}");
                            continue;
                        }
                        let label = format!("{op:?} [{outer}, {n}, {inner}] {isa:?}");
                        let size = match op {
                            Reduce::Sum | Reduce::SumSquares => 10.0 * n as f64,
                            _ => 1.0,
                        };
                        assert!(
                            (y - truth).abs() <= 1e-14 * size,
                            "{label}: {y} not {truth}"
                        );
                        assert!(
                            (y32 - truth).abs() <= 1e-6 * size,
                            "{label}: {y32} not {truth}"
                        );
                    }
                }
            });
        }
    }
}

#[test]
fn results_do_not_depend_on_threads() {
    for [outer, n, inner] in SHAPES
        .into_iter()
        .chain([[1, 1_000_001, 1], [3, 30_000, 5]])
    {
        let x = single(&data(outer * n * inner));
        let run = |threads| {
            set_threads(threads);
            OPS.map(|op| {
                let mut out = vec![0.0_f32; outer * inner];
                reduce(op, &x, outer, n, inner, &mut out);
                out.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
            })
        };
        let one = run(1);
        assert!(one == run(2) && one == run(3), "[{outer}, {n}, {inner}]");
    }
}

#[test]
fn a_long_sum_of_small_numbers_is_accurate() {
    // A running f32 sum of 0.1 is off by percents here.
    let n = 4_000_000;
    let x = vec![0.1_f32; n];
    let truth = f64::from(0.1_f32) * n as f64;
    let mut out = [0.0_f32; 5];
    reduce(Reduce::Sum, &x, 1, n, 1, &mut out[..1]);
    reduce(Reduce::Sum, &x, 1, n / 4, 4, &mut out[1..]);
    for (y, share) in out.into_iter().zip([1.0, 4.0, 4.0, 4.0, 4.0]) {
        let error = (f64::from(y) * share / truth - 1.0).abs();
        assert!(error < 1e-6, "{error:e}");
    }
}

#[test]
fn nan_is_the_largest_and_the_smallest() {
    for_each_isa(|isa| {
        for (n, inner) in [(5, 1), (100, 1), (5000, 1), (50, 3), (50, 70)] {
            for place in [0, 1, n / 2, n - 1] {
                let mut x = single(&data(n * inner));
                x[place * inner] = f32::NAN;
                for op in OPS {
                    let mut out = vec![0.0; inner];
                    reduce(op, &x, 1, n, inner, &mut out);
                    assert!(out[0].is_nan(), "{op:?} {isa:?}");
                    assert!(out[1..].iter().all(|y| !y.is_nan()), "{op:?} {isa:?}");
                }
                for max in [true, false] {
                    let mut out = vec![0; inner];
                    arg_reduce(max, &x, 1, n, inner, &mut out);
                    assert_eq!(out[0] as usize, place, "{isa:?}");
                }
            }
        }
    });
}

#[test]
fn positions_are_the_first_of_equals() {
    for [outer, n, inner] in SHAPES.into_iter().filter(|s| s[1] > 0) {
        // Few different values, so that there are many equals.
        let x: Vec<f32> = (0..outer * n * inner)
            .map(|i| (i * 7919 % 5) as f32)
            .collect();
        let wide: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
        for_each_isa(|isa| {
            for max in [true, false] {
                let mut out = vec![0; outer * inner];
                arg_reduce(max, &x, outer, n, inner, &mut out);
                for o in 0..outer {
                    for i in 0..inner {
                        let column = column(&wide, n, inner, o, i);
                        let op = if max { Reduce::Max } else { Reduce::Min };
                        let extreme = naive(op, &column);
                        let first = column.iter().position(|&x| x == extreme);
                        assert_eq!(first, Some(out[o * inner + i] as usize), "{isa:?}");
                    }
                }
            }
        });
    }
}

#[test]
fn variance_is_accurate_far_from_zero() {
    for [outer, n, inner] in [[3, 10, 1], [1, 5000, 1], [2, 40, 70], [1, 333, 3]] {
        let x: Vec<f64> = data(outer * n * inner).iter().map(|x| x + 1e4).collect();
        let x32 = single(&x);
        let exact: Vec<f64> = x32.iter().map(|&x| f64::from(x)).collect();
        for correction in [0.0, 1.0] {
            let (mut mean, mut var) = (vec![0.0_f32; outer * inner], vec![0.0_f32; outer * inner]);
            variance(&x32, outer, n, inner, correction, &mut mean, &mut var);
            for o in 0..outer {
                for i in 0..inner {
                    let column = column(&exact, n, inner, o, i);
                    let m = naive(Reduce::Mean, &column);
                    let v: f64 = column.iter().map(|x| (x - m) * (x - m)).sum();
                    let v = v / (n as f64 - correction);
                    let (got_m, got_v) = (mean[o * inner + i], var[o * inner + i]);
                    assert!((f64::from(got_m) / m - 1.0).abs() < 5e-7);
                    assert!((f64::from(got_v) / v - 1.0).abs() < 1e-5, "{got_v} not {v}");
                }
            }
        }
    }
    let (mut mean, mut var) = ([0.0], [0.0]);
    variance(&[3.0], 1, 1, 1, 1.0, &mut mean, &mut var);
    assert!(mean[0] == 3.0 && var[0].is_nan());
}

#[test]
fn log_sum_exp_never_overflows() {
    for [outer, n, inner] in [[3, 10, 1], [1, 5000, 1], [2, 40, 70], [1, 333, 3]] {
        let x: Vec<f64> = data(outer * n * inner)
            .iter()
            .map(|x| x * 3e3 + 1e4)
            .collect();
        let mut out = vec![0.0; outer * inner];
        log_sum_exp(&x, outer, n, inner, &mut out);
        let mut out32 = vec![0.0_f32; outer * inner];
        log_sum_exp(&single(&x), outer, n, inner, &mut out32);
        for o in 0..outer {
            for i in 0..inner {
                let column = column(&x, n, inner, o, i);
                let m = naive(Reduce::Max, &column);
                let truth = m + column.iter().map(|x| (x - m).exp()).sum::<f64>().ln();
                assert!((out[o * inner + i] - truth).abs() < 1e-11);
                assert!((f64::from(out32[o * inner + i]) / truth - 1.0).abs() < 1e-6);
            }
        }
    }
    let infinity = f32::INFINITY;
    let mut out = [0.0; 4];
    let x = [
        -infinity,
        -infinity,
        infinity,
        0.0,
        f32::NAN,
        0.0,
        -infinity,
        2.5,
    ];
    log_sum_exp(&x, 4, 2, 1, &mut out);
    assert!(out[0] == -infinity && out[1] == infinity && out[2].is_nan() && out[3] == 2.5);
}

#[test]
fn finite_means_neither_nan_nor_infinite() {
    for len in [0, 1, 17, 100_000] {
        let mut x = single(&data(len));
        assert!(all_finite(&x));
        if len > 0 {
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                for place in [0, len / 2, len - 1] {
                    let kept = std::mem::replace(&mut x[place], bad);
                    assert!(!all_finite(&x));
                    x[place] = kept;
                }
            }
        }
    }
    assert!(all_finite(&[f64::MAX, f64::MIN, f64::MAX]));
}
