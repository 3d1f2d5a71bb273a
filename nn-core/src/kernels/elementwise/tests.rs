use proptest::prelude::*;

use super::*;
use crate::kernels::float::Float;
use crate::kernels::math::dispatch::for_each_isa;
use crate::kernels::threads::set_threads;

const UNARY: [Unary; 24] = [
    Unary::Neg,
    Unary::Abs,
    Unary::Exp,
    Unary::Ln,
    Unary::Sqrt,
    Unary::Square,
    Unary::Recip,
    Unary::Sin,
    Unary::Cos,
    Unary::Erf,
    Unary::Sign,
    Unary::Floor,
    Unary::Round,
    Unary::Log1p,
    Unary::Expm1,
    Unary::Powf(0.0),
    Unary::Powf(1.0),
    Unary::Powf(2.0),
    Unary::Powf(3.0),
    Unary::Powf(-1.0),
    Unary::Powf(2.5),
    Unary::Clamp(0.6, 2.2),
    Unary::AddScalar(0.75),
    Unary::MulScalar(-1.5),
];

fn naive_unary(op: Unary, x: f64) -> f64 {
    match op {
        Unary::Neg => -x,
        Unary::Abs => x.abs(),
        Unary::Exp => x.exp(),
        Unary::Ln => x.ln(),
        Unary::Sqrt => x.sqrt(),
        Unary::Square => x * x,
        Unary::Recip => 1.0 / x,
        Unary::Sin => x.sin(),
        Unary::Cos => x.cos(),
        Unary::Erf => Float::erf(x),
        Unary::Sign if x == 0.0 => 0.0,
        Unary::Sign => x.signum(),
        Unary::Floor => x.floor(),
        Unary::Round => x.round_ties_even(),
        Unary::Log1p => x.ln_1p(),
        Unary::Expm1 => x.exp_m1(),
        Unary::Powf(p) => x.powf(p),
        Unary::Clamp(low, high) => x.clamp(low, high),
        Unary::AddScalar(c) => x + c,
        Unary::MulScalar(c) => x * c,
    }
}

/// Functions that are defined for negative numbers too.
fn takes_negative(op: Unary) -> bool {
    !matches!(op, Unary::Ln | Unary::Sqrt | Unary::Log1p) && op != Unary::Powf(2.5)
}

fn points(op: Unary, len: usize) -> Vec<f64> {
    let from = if takes_negative(op) { -2.913 } else { 0.087 };
    (0..len)
        .map(|i| from + (2.977 - from) * i as f64 / len.max(2) as f64)
        .collect()
}

#[test]
fn unary_values_agree_with_the_formulas() {
    for op in UNARY {
        for_each_isa(|isa| {
            for len in [0, 1, 7, 16, 17, 33, 255] {
                let x = points(op, len);
                let mut y = vec![0.0; len];
                unary(op, &x, &mut y);
                let single: Vec<f32> = x.iter().map(|&x| x as f32).collect();
                let mut y_single = vec![0.0_f32; len];
                unary(op, &single, &mut y_single);
                for i in 0..len {
                    let truth = naive_unary(op, x[i]);
                    assert!(
                        (y[i] - truth).abs() <= 1e-15 * truth.abs().max(1.0),
                        "{op:?}"
                    );
                    let truth = naive_unary(op, f64::from(single[i]));
                    let error = (f64::from(y_single[i]) - truth).abs();
                    assert!(
                        error <= 3e-7 * truth.abs().max(0.1),
                        "{op:?}({}) {isa:?}",
                        x[i]
                    );
                }
            }
        });
    }
}

#[test]
fn unary_derivatives_agree_with_central_differences() {
    for op in UNARY {
        let x = points(op, 353);
        let dy: Vec<f64> = (0..x.len()).map(|i| 0.5 + (i % 5) as f64).collect();
        let at = |shift: f64| -> Vec<f64> {
            let moved: Vec<f64> = x.iter().map(|x| x + shift).collect();
            let mut y = vec![0.0; x.len()];
            unary(op, &moved, &mut y);
            y
        };
        let h = 1e-6;
        let (y, above, below) = (at(0.0), at(h), at(-h));
        let mut dx = vec![0.0; x.len()];
        unary_backward(op, &x, &y, &dy, &mut dx);
        for i in 0..x.len() {
            let numeric = dy[i] * (above[i] - below[i]) / (2.0 * h);
            let error = (dx[i] - numeric).abs();
            assert!(
                error < 1e-6 * (1.0 + numeric.abs()),
                "{op:?}′({}): {} not {numeric}",
                x[i],
                dx[i]
            );
        }
    }
}

#[test]
fn unary_special_values() {
    let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0];
    let mut y = [0.0; 5];
    for op in UNARY {
        unary(op, &special, &mut y);
        assert!(y[0].is_nan() || op == Unary::Powf(0.0), "{op:?} drops NaN");
    }
    unary(Unary::Sign, &special, &mut y);
    assert_eq!(y[1..], [1.0, -1.0, 0.0, 0.0]);
    unary(Unary::Clamp(-1.0, 1.0), &special, &mut y);
    assert_eq!(y[1..], [1.0, -1.0, 0.0, 0.0]);
}

const BINARY: [Binary; 7] = [
    Binary::Add,
    Binary::Sub,
    Binary::Mul,
    Binary::Div,
    Binary::Maximum,
    Binary::Minimum,
    Binary::Pow,
];

fn naive_binary(op: Binary, a: f64, b: f64) -> f64 {
    match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Maximum => a.max(b),
        Binary::Minimum => a.min(b),
        Binary::Pow => a.powf(b),
    }
}

/// Positive numbers, different at each index.
fn ramp(len: usize, phase: f64) -> Vec<f64> {
    (0..len)
        .map(|i| 1.5 + (i as f64 * 0.7 + phase).sin())
        .collect()
}

/// Index of every element of the shape into an operand, by the definition of a stride.
fn offsets(shape: &[usize], strides: &[usize]) -> Vec<usize> {
    let mut all = vec![0];
    for (&size, &stride) in shape.iter().zip(strides) {
        all = all
            .iter()
            .flat_map(|&o| (0..size).map(move |i| o + i * stride))
            .collect();
    }
    all
}

fn extent(shape: &[usize], strides: &[usize]) -> usize {
    offsets(shape, strides)
        .into_iter()
        .max()
        .map_or(0, |o| o + 1)
}

/// A shape and strides of three operands: broadcast, contiguous, transposed or with gaps.
fn layouts() -> impl Strategy<Value = (Vec<usize>, [Vec<usize>; 3])> {
    let dims = prop::collection::vec(prop_oneof![Just(1), 0..4usize, 5..40usize], 0..5);
    dims.prop_flat_map(|shape| {
        let rank = shape.len();
        let strides = |shape: Vec<usize>| {
            let kinds = prop::collection::vec(0..4u8, rank);
            let order = Just((0..rank).collect::<Vec<_>>()).prop_shuffle();
            (kinds, order, any::<bool>()).prop_map(move |(kinds, order, plain)| {
                let mut strides = vec![0; rank];
                let mut next = 1;
                let natural: Vec<usize> = (0..rank).rev().collect();
                for &axis in if plain { &natural } else { &order } {
                    if kinds[axis] == 0 {
                        continue;
                    }
                    strides[axis] = next;
                    next *= shape[axis].max(1) + usize::from(kinds[axis] == 3 && !plain);
                }
                strides
            })
        };
        let (a, b, c) = (
            strides(shape.clone()),
            strides(shape.clone()),
            strides(shape.clone()),
        );
        (Just(shape), [a.boxed(), b.boxed(), c.boxed()])
    })
    .prop_filter("small", |(shape, _)| {
        shape.iter().product::<usize>() < 30_000
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn broadcasting_agrees_with_the_definition((shape, [sa, sb, sm]) in layouts(), op in 0..7usize) {
        let op = BINARY[op];
        let (a, b) = (ramp(extent(&shape, &sa), 0.0), ramp(extent(&shape, &sb), 1.0));
        let (oa, ob) = (offsets(&shape, &sa), offsets(&shape, &sb));
        let mut out = vec![0.0; oa.len()];
        binary_broadcast(op, &shape, &a, &sa, &b, &sb, &mut out);
        for i in 0..out.len() {
            prop_assert_eq!(out[i], naive_binary(op, a[oa[i]], b[ob[i]]));
        }

        let mut less = vec![7; out.len()];
        compare_broadcast(Compare::Lt, &shape, &a, &sa, &b, &sb, &mut less);
        for i in 0..out.len() {
            prop_assert_eq!(less[i], u8::from(a[oa[i]] < b[ob[i]]));
        }

        let mask: Vec<u8> = (0..extent(&shape, &sm)).map(|i| (i * i % 3) as u8).collect();
        let om = offsets(&shape, &sm);
        select_broadcast(&shape, &mask, &sm, &a, &sa, &b, &sb, &mut out);
        for i in 0..out.len() {
            prop_assert_eq!(out[i], if mask[om[i]] != 0 { a[oa[i]] } else { b[ob[i]] });
        }
    }
}

#[test]
fn binary_values_for_odd_lengths_on_every_isa() {
    for op in BINARY {
        for_each_isa(|isa| {
            for len in [0, 1, 5, 16, 33, 100] {
                let (a, b) = (ramp(len, 0.3), ramp(len, 2.0));
                let mut out = vec![0.0; len];
                binary(op, &a, &b, &mut out);
                for i in 0..len {
                    assert_eq!(out[i], naive_binary(op, a[i], b[i]), "{op:?} {isa:?}");
                }
            }
        });
    }
}

#[test]
fn maximum_and_minimum_keep_nan() {
    let (a, b) = (
        [f32::NAN, 1.0, f32::NAN, -0.0],
        [1.0, f32::NAN, f32::NAN, 3.0],
    );
    for_each_isa(|isa| {
        for op in [Binary::Maximum, Binary::Minimum] {
            let mut out = [0.0; 4];
            binary(op, &a, &b, &mut out);
            assert!(out[..3].iter().all(|x| x.is_nan()), "{op:?} {isa:?}");
        }
    });
}

#[test]
fn comparisons_with_nan() {
    let (a, b) = ([f32::NAN, 1.0, 2.0], [1.0, 1.0, 1.0]);
    let run = |op| {
        let mut out = [9; 3];
        compare_broadcast(op, &[3], &a, &[1], &b, &[1], &mut out);
        out
    };
    assert_eq!(run(Compare::Eq), [0, 1, 0]);
    assert_eq!(run(Compare::Ne), [1, 0, 1]);
    assert_eq!(run(Compare::Lt), [0, 0, 0]);
    assert_eq!(run(Compare::Le), [0, 1, 0]);
    assert_eq!(run(Compare::Gt), [0, 0, 1]);
    assert_eq!(run(Compare::Ge), [0, 1, 1]);
}

#[test]
fn updates_in_place() {
    let x = ramp(101, 0.1);
    let start = ramp(101, 0.9);
    let check = |f: &dyn Fn(&mut [f64]), g: &dyn Fn(f64, f64) -> f64| {
        let mut y = start.clone();
        f(&mut y);
        for i in 0..x.len() {
            assert!((y[i] - g(start[i], x[i])).abs() < 1e-15);
        }
    };
    check(&|y| add_assign(y, &x), &|y, x| y + x);
    check(&|y| mul_assign(y, &x), &|y, x| y * x);
    check(&|y| scale(y, 0.25), &|y, _| y * 0.25);
    check(&|y| axpy(-0.3, &x, y), &|y, x| y - 0.3 * x);
    check(&|y| add_scaled(0.9, y, 0.1, &x), &|y, x| 0.9 * y + 0.1 * x);
}

#[test]
fn results_do_not_depend_on_threads() {
    let len = 300_001;
    let x: Vec<f32> = ramp(len, 0.0).iter().map(|&x| x as f32).collect();
    let run = |threads| {
        set_threads(threads);
        let mut all = Vec::new();
        for op in [Unary::Exp, Unary::Sqrt, Unary::Sin] {
            let mut y = vec![0.0; len];
            unary(op, &x, &mut y);
            all.push(y);
        }
        let mut y = vec![0.0; 1000 * 300];
        binary_broadcast(
            Binary::Mul,
            &[1000, 300],
            &x,
            &[300, 1],
            &x,
            &[0, 1],
            &mut y,
        );
        all.push(y.clone());
        binary_broadcast(
            Binary::Mul,
            &[1000, 300],
            &x,
            &[1, 1000],
            &x,
            &[1, 0],
            &mut y,
        );
        all.push(y.clone());
        axpy(0.1, &x[..y.len()], &mut y);
        all.push(y);
        all
    };
    let one = run(1);
    assert!(one == run(2) && one == run(3));
}
