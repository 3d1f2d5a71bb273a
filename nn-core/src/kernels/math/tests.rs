//! Accuracy of the elementary functions against `f64`, over the whole range and on every
//! instruction set.

#![allow(clippy::excessive_precision)]

use super::Lanes;
use super::dispatch::for_each_isa;
use crate::kernels::activation::{Activation, activate};
use crate::kernels::elementwise::{Unary, unary};
use crate::kernels::float::Float;

/// Distance from the true value in units in the last place of `f32` there.
fn ulps(y: f32, truth: f64) -> f64 {
    let rounded = truth as f32;
    if y == rounded || (y.is_nan() && truth.is_nan()) {
        return 0.0;
    }
    if !y.is_finite() || !rounded.is_finite() {
        return f64::INFINITY;
    }
    let exponent = (rounded.abs().to_bits() >> 23).max(1) as i32;
    (f64::from(y) - truth).abs() / 2f64.powi(exponent - 127 - 23)
}

/// Every sign, exponent and many mantissas; the special values; and a dense grid near 0.
fn samples() -> Vec<f32> {
    let mut x: Vec<f32> = (0..=u32::MAX).step_by(8191).map(f32::from_bits).collect();
    x.extend((-200_000..200_000).map(|i| i as f32 * 1e-3 + 1e-5));
    x.extend((-100_000..100_000).map(|i| i as f32 * 2e-5));
    x.extend([0.0, -0.0, 1.0, -1.0, f32::MAX, f32::MIN, f32::MIN_POSITIVE]);
    x.extend([f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1e-45, -1e-45]);
    x.extend([88.722_83, 88.722_84, -87.336_54, -103.972_08, -104.0]);
    x
}

/// The largest error on any instruction set; NaN must come out where the truth is NaN.
fn worst(run: impl Fn(&[f32], &mut [f32]), truth: impl Fn(f64) -> f64, from: f32) -> f64 {
    let x: Vec<f32> = samples()
        .into_iter()
        .filter(|&x| x.is_nan() || x >= from)
        .collect();
    let mut worst_of_all: f64 = 0.0;
    for_each_isa(|isa| {
        let mut worst = 0.0;
        let mut place = 0.0;
        let mut y = vec![0.0; x.len()];
        run(&x, &mut y);
        for (&x, &y) in x.iter().zip(&y) {
            let truth = truth(f64::from(x));
            assert_eq!(
                y.is_nan(),
                truth.is_nan(),
                "{isa:?}: f({x}) = {y}, not {truth}"
            );
            let error = ulps(y, truth);
            if error > worst {
                (worst, place) = (error, x);
            }
        }
        eprintln!("    {isa:?}: {worst:.2} ulp at {place:e}");
        worst_of_all = worst_of_all.max(worst);
    });
    worst_of_all
}

fn assert_unary(op: Unary, truth: impl Fn(f64) -> f64, limit: f64) {
    let error = worst(|x, y| unary(op, x, y), truth, f32::NEG_INFINITY);
    eprintln!("{op:?}: {error:.2} ulp");
    assert!(error <= limit, "{op:?}: {error} ulp");
}

fn assert_activation(act: Activation, truth: impl Fn(f64) -> f64, from: f32, limit: f64) {
    let error = worst(|x, y| activate(act, x, y), truth, from);
    eprintln!("{act:?}: {error:.2} ulp");
    assert!(error <= limit, "{act:?}: {error} ulp");
}

#[test]
fn exponentials_and_logarithms_are_within_two_ulp() {
    assert_unary(Unary::Exp, f64::exp, 1.5);
    assert_unary(Unary::Expm1, f64::exp_m1, 2.0);
    assert_unary(Unary::Ln, f64::ln, 1.5);
    assert_unary(Unary::Log1p, f64::ln_1p, 2.0);
}

#[test]
fn erf_is_within_two_ulp() {
    assert_unary(Unary::Erf, Float::erf, 2.0);
}

#[test]
fn activations_are_within_a_few_ulp() {
    let lowest = f32::NEG_INFINITY;
    let sigmoid = |x: f64| x.lane_sigmoid::<false>();
    assert_activation(Activation::Tanh, f64::tanh, lowest, 3.0);
    assert_activation(Activation::Sigmoid, sigmoid, lowest, 2.5);
    assert_activation(
        Activation::Softplus,
        |x| x.lane_softplus::<false>(),
        lowest,
        2.5,
    );
    // Below these, the factor that multiplies x is a denormal number.
    let silu = |x: f64| {
        if x == f64::NEG_INFINITY {
            0.0
        } else {
            x * sigmoid(x)
        }
    };
    assert_activation(Activation::Silu, silu, -87.0, 3.5);
    let gelu = |x: f64| {
        let x = x.max(-1e3) + if x.is_nan() { x } else { 0.0 };
        x * x.lane_normal::<false>().0
    };
    assert_activation(Activation::Gelu, gelu, -12.8, 8.0);
}

/// Values computed with 50 digits.
const ERF: [(f64, f64); 9] = [
    (1e-300, 1.1283791670955126022e-300),
    (0.1, 0.1124629160182848984),
    (0.5, 0.52049987781304653768),
    (0.99, 0.83850806955536979982),
    (1.0, 0.84270079294971486934),
    (1.5, 0.96610514647531072707),
    (2.0, 0.99532226501895273416),
    (3.0, 0.99997790950300141456),
    (6.5, 1.0),
];

/// Lower tail of the normal distribution, computed with 50 digits.
const NORMAL: [(f64, f64); 8] = [
    (-38.0, 2.8854283600687843e-316),
    (-20.0, 2.7536241186062336951e-89),
    (-8.0, 6.2209605742717841236e-16),
    (-3.0, 0.0013498980316300945267),
    (-1.0, 0.15865525393145705142),
    (-0.1, 0.46017216272297101633),
    (0.3, 0.61791142218895263307),
    (2.5, 0.99379033467422386483),
];

#[test]
fn double_precision_erf_agrees_with_golden_values() {
    for (x, truth) in ERF {
        for (x, truth) in [(x, truth), (-x, -truth)] {
            let y = Float::erf(x);
            let error = ((y - truth) / truth).abs();
            assert!(error <= 4e-16, "erf({x}) = {y}, not {truth}");
        }
    }
    for (x, truth) in NORMAL {
        let y = x.lane_normal::<false>().0;
        // The error of x/√2 counts x² times.
        let limit = if truth < 1e-300 {
            1e-6
        } else {
            4e-16 * (1.0 + x * x)
        };
        assert!(
            ((y - truth) / truth).abs() <= limit,
            "Φ({x}) = {y}, not {truth}"
        );
    }
    assert_eq!(Float::erf(f64::INFINITY), 1.0);
    assert_eq!(Float::erf(f64::NEG_INFINITY), -1.0);
    assert!(Float::erf(f64::NAN).is_nan());
}
