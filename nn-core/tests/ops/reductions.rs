//! Many numbers to one.

use nn_core::{Axes, DType, Result, Tensor};

use crate::check::{LAYOUTS, check, check_value, tensor, values};
use crate::naive::{Array, reduce};

const CASES: [(&[usize], &[isize]); 18] = [
    (&[1], &[0]),
    (&[9], &[0]),
    (&[33], &[-1]),
    (&[3, 5], &[0]),
    (&[3, 5], &[1]),
    (&[3, 5], &[0, 1]),
    (&[3, 5], &[1, 0]),
    (&[3, 5], &[]),
    (&[2, 3, 4], &[0]),
    (&[2, 3, 4], &[1]),
    (&[2, 3, 4], &[-1]),
    (&[2, 3, 4], &[0, 2]),
    (&[2, 3, 4], &[-2, 0]),
    (&[2, 3, 4], &[1, 2]),
    (&[2, 1, 3, 2], &[1, 3]),
    (&[2, 2, 2, 2, 2], &[0, 2, 4]),
    (&[4, 1], &[1]),
    (&[0, 3], &[1]),
];

type Op = fn(&Tensor, Axes) -> Result<Tensor>;
type Naive = fn(&[f64]) -> f64;

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn squares(x: &[f64]) -> f64 {
    let mean = mean(x);
    x.iter().map(|v| (v - mean).powi(2)).sum()
}

fn log_sum_exp(x: &[f64]) -> f64 {
    x.iter().map(|v| v.exp()).sum::<f64>().ln()
}

const TABLE: [(&str, Op, Op, Naive, usize); 7] = [
    (
        "sum",
        |x, a| x.sum(a),
        |x, a| x.sum_keepdim(a),
        |x| x.iter().sum(),
        0,
    ),
    ("mean", |x, a| x.mean(a), |x, a| x.mean_keepdim(a), mean, 1),
    (
        "max",
        |x, a| x.max(a),
        |x, a| x.max_keepdim(a),
        |x| x.iter().copied().fold(f64::MIN, f64::max),
        1,
    ),
    (
        "min",
        |x, a| x.min(a),
        |x, a| x.min_keepdim(a),
        |x| x.iter().copied().fold(f64::MAX, f64::min),
        1,
    ),
    (
        "variance 0",
        |x, a| x.variance(a, 0.0),
        |x, a| x.variance_keepdim(a, 0.0),
        |x| squares(x) / x.len() as f64,
        1,
    ),
    (
        "variance 1",
        |x, a| x.variance(a, 1.0),
        |x, a| x.variance_keepdim(a, 1.0),
        |x| squares(x) / (x.len() - 1) as f64,
        2,
    ),
    (
        "log_sum_exp",
        |x, a| x.log_sum_exp(a),
        |x, a| x.log_sum_exp_keepdim(a),
        log_sum_exp,
        1,
    ),
];

#[test]
fn along_axes() {
    for (name, op, op_keepdim, f, least) in TABLE {
        for (seed, (shape, axes)) in CASES.iter().enumerate() {
            let resolved: Vec<usize> = axes
                .iter()
                .map(|&a| a.rem_euclid(shape.len() as isize) as usize)
                .collect();
            let count: usize = resolved.iter().map(|&a| shape[a]).product();
            if count < least {
                continue;
            }
            let x = Array::spread(shape, -2.0, 2.0, 500 + seed as u64);
            for (keep, op) in [(false, op), (true, op_keepdim)] {
                let name = format!("{name} {shape:?} over {axes:?}, keep {keep}");
                check(
                    &name,
                    &[x.clone()],
                    |x| op(&x[0], Axes::from(*axes)),
                    |x| reduce(&x[0], &resolved, keep, f),
                );
            }
        }
        for shape in [&[][..], &[4], &[2, 3, 2]] {
            if shape.iter().product::<usize>() < least {
                continue;
            }
            let all: Vec<usize> = (0..shape.len()).collect();
            let x = Array::spread(shape, -2.0, 2.0, 1);
            check(
                name,
                &[x.clone()],
                |x| op(&x[0], Axes::from(..)),
                |x| reduce(&x[0], &all, false, f),
            );
            check(
                name,
                &[x],
                |x| op_keepdim(&x[0], Axes::from(..)),
                |x| reduce(&x[0], &all, true, f),
            );
        }
    }
}

#[test]
fn standard_deviation() {
    let x = Array::spread(&[3, 4], -2.0, 2.0, 8);
    check(
        "std",
        &[x],
        |x| x[0].std(1, 1.0),
        |x| reduce(&x[0], &[1], false, |v| (squares(v) / 3.0).sqrt()),
    );
}

#[test]
fn places_of_extremes() {
    for (seed, (shape, axes)) in CASES.iter().enumerate() {
        let &&[axis] = axes else { continue };
        let resolved = axis.rem_euclid(shape.len() as isize) as usize;
        // Few different values: the first of equal ones counts.
        let x = Array::spread(shape, 0.0, 4.0, seed as u64).map(f64::floor);
        let first = |better: fn(f64, f64) -> bool| {
            move |list: &[f64]| {
                let mut best = 0;
                for (i, &v) in list.iter().enumerate() {
                    if better(v, list[best]) {
                        best = i;
                    }
                }
                best as f64
            }
        };
        check_value(
            "argmax",
            &[x.clone()],
            |x| x[0].argmax(axis),
            |x| reduce(&x[0], &[resolved], false, first(|a, b| a > b)),
        );
        check_value(
            "argmin",
            &[x.clone()],
            |x| x[0].argmin(axis),
            |x| reduce(&x[0], &[resolved], false, first(|a, b| a < b)),
        );
        let places = tensor(&x, DType::F32, LAYOUTS[0]).argmax(axis).unwrap();
        assert_eq!(places.dtype(), DType::U32);
    }
}

#[test]
fn long_reductions_stay_accurate() {
    // Many blocks, and an offset that a running sum in f32 would lose.
    let n = 100_003;
    let x: Vec<f32> = (0..n)
        .map(|i| 1000.0 + ((i * 37) % 101) as f32 / 101.0)
        .collect();
    let wide: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
    let t = Tensor::from_vec(x, [n]).unwrap();
    let close = |found: f64, expected: f64, tolerance: f64| {
        assert!(
            (found - expected).abs() <= tolerance * expected.abs(),
            "{found} {expected}"
        );
    };
    close(t.sum(..).unwrap().item().unwrap(), wide.iter().sum(), 1e-6);
    close(t.mean(..).unwrap().item().unwrap(), mean(&wide), 1e-6);
    close(
        t.variance(.., 1.0).unwrap().item().unwrap(),
        squares(&wide) / (n - 1) as f64,
        1e-3,
    );
    let column = t.reshape([n, 1]).unwrap();
    close(
        column.sum(0).unwrap().item().unwrap(),
        wide.iter().sum(),
        1e-6,
    );
    close(
        column.variance(0, 1.0).unwrap().item().unwrap(),
        squares(&wide) / (n - 1) as f64,
        1e-3,
    );
}

#[test]
fn extremes_share_and_nan_shows() {
    let tape = nn_core::Tape::new();
    let x = tape.watch(&Tensor::from_vec(vec![1.0f64, 3.0, 3.0, 2.0], [4]).unwrap());
    let gradients = tape.backward(&x.max(..).unwrap()).unwrap();
    assert_eq!(values(gradients.get(&x).unwrap()), [0.0, 0.5, 0.5, 0.0]);

    for at in [0, 5, 40] {
        let mut list = vec![1.0f32; 41];
        list[at] = f32::NAN;
        let x = Tensor::from_vec(list, [41]).unwrap();
        for (name, op, ..) in TABLE {
            assert!(
                op(&x, Axes::from(..)).unwrap().item().unwrap().is_nan(),
                "{name}"
            );
        }
        assert_eq!(x.argmax(0).unwrap().item().unwrap(), at as f64);
        assert_eq!(x.argmin(0).unwrap().item().unwrap(), at as f64);
        assert!(!x.is_all_finite().unwrap());
    }
}

#[test]
fn log_sum_exp_of_huge_and_tiny_numbers() {
    let of = |list: &[f64]| {
        let n = list.len();
        let f = |dtype| {
            let x = Tensor::from_vec(list.to_vec(), [n])
                .unwrap()
                .to_dtype(dtype)
                .unwrap();
            x.log_sum_exp(..).unwrap().item().unwrap()
        };
        [f(DType::F32), f(DType::F64)]
    };
    let ln2 = 2f64.ln();
    for (list, expected) in [
        (&[1e4, 1e4][..], 1e4 + ln2),
        (&[-1e4, -1e4], -1e4 + ln2),
        (&[0.0, f64::NEG_INFINITY], 0.0),
        (&[f64::NEG_INFINITY; 2], f64::NEG_INFINITY),
        (&[f64::INFINITY, 0.0], f64::INFINITY),
    ] {
        for found in of(list) {
            let close = (found - expected).abs() <= 1e-3;
            assert!(found == expected || close, "{list:?}: {found}");
        }
    }
}
