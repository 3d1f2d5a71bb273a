#![allow(clippy::excessive_precision)]

use super::*;
use crate::kernels::math::dispatch::for_each_isa;
use crate::kernels::threads::set_threads;

const ALL: [Activation; 17] = [
    Activation::Identity,
    Activation::Relu,
    Activation::LeakyRelu(0.01),
    Activation::LeakyRelu(-0.5),
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Elu(0.7),
    Activation::Elu(-0.7),
    Activation::Selu,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Silu,
    Activation::Softplus,
    Activation::Softsign,
    Activation::HardSigmoid,
    Activation::HardTanh,
    Activation::HardSwish,
];

/// The textbook formula, with no care for extreme arguments.
fn naive(act: Activation, x: f64) -> f64 {
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let elu = |alpha: f64| if x > 0.0 { x } else { alpha * (x.exp() - 1.0) };
    match act {
        Activation::Identity => x,
        Activation::Relu => (x + x.abs()) / 2.0,
        Activation::LeakyRelu(slope) => {
            if x > 0.0 {
                x
            } else {
                slope * x
            }
        }
        Activation::Sigmoid => sigmoid(x),
        Activation::Tanh => (x.exp() - (-x).exp()) / (x.exp() + (-x).exp()),
        Activation::Elu(alpha) => elu(alpha),
        Activation::Selu => 1.0507009873554804934 * elu(1.6732632423543772848),
        Activation::Gelu => 0.5 * x * (1.0 + Float::erf(x / 2f64.sqrt())),
        Activation::GeluTanh => {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
            0.5 * x * (1.0 + inner.tanh())
        }
        Activation::Silu => x * sigmoid(x),
        Activation::Softplus => (1.0 + x.exp()).ln(),
        Activation::Softsign => x / (1.0 + x.abs()),
        Activation::HardSigmoid => (x / 6.0 + 0.5).clamp(0.0, 1.0),
        Activation::HardTanh => x.clamp(-1.0, 1.0),
        Activation::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
    }
}

/// Points that avoid the corners at −3, −1, 0, 1 and 3.
fn points(len: usize) -> Vec<f64> {
    (0..len)
        .map(|i| -7.93 + 15.9 * i as f64 / len.max(2) as f64)
        .collect()
}

#[test]
fn values_agree_with_the_formulas_for_odd_lengths() {
    for act in ALL {
        for_each_isa(|isa| {
            for len in [0, 1, 2, 3, 15, 16, 17, 31, 63, 65, 127, 1001] {
                let x = points(len);
                let mut y = vec![0.0; len];
                activate(act, &x, &mut y);
                let single: Vec<f32> = x.iter().map(|&x| x as f32).collect();
                let mut y_single = vec![0.0_f32; len];
                activate(act, &single, &mut y_single);
                let mut in_place = single.clone();
                activate_in_place(act, &mut in_place);
                assert_eq!(in_place, y_single, "{act:?} {isa:?}");
                for i in 0..len {
                    let truth = naive(act, x[i]);
                    assert!(
                        (y[i] - truth).abs() < 1e-13 * (1.0 + truth.abs()),
                        "{act:?}({})",
                        x[i]
                    );
                    let truth = naive(act, f64::from(single[i]));
                    let error = (f64::from(y_single[i]) - truth).abs();
                    assert!(
                        error < 4e-7 * (0.05 + truth.abs()),
                        "{act:?}({}) {isa:?}",
                        x[i]
                    );
                }
            }
        });
    }
}

#[test]
fn derivatives_agree_with_central_differences() {
    for act in ALL {
        let x = points(701);
        let dy: Vec<f64> = (0..x.len()).map(|i| 1.0 + (i % 7) as f64 / 3.0).collect();
        let at = |shift: f64| -> Vec<f64> {
            let moved: Vec<f64> = x.iter().map(|x| x + shift).collect();
            let mut y = vec![0.0; x.len()];
            activate(act, &moved, &mut y);
            y
        };
        let h = 1e-5;
        let (y, above, below) = (at(0.0), at(h), at(-h));
        let saved = if act.needs_input() { &x } else { &y };
        let mut dx = vec![0.0; x.len()];
        activate_backward(act, saved, &dy, &mut dx);
        for i in 0..x.len() {
            let numeric = dy[i] * (above[i] - below[i]) / (2.0 * h);
            assert!(
                (dx[i] - numeric).abs() < 1e-8,
                "{act:?}′({}) = {}, not {numeric}",
                x[i],
                dx[i]
            );
        }
        // Single precision follows double.
        for_each_isa(|isa| {
            let single = |x: &[f64]| -> Vec<f32> { x.iter().map(|&x| x as f32).collect() };
            let mut dx_single = vec![0.0_f32; x.len()];
            activate_backward(act, &single(saved), &single(&dy), &mut dx_single);
            for i in 0..x.len() {
                let error = (f64::from(dx_single[i]) - dx[i]).abs();
                assert!(
                    error < 6e-6,
                    "{act:?}′({}) {isa:?}: {} not {}",
                    x[i],
                    dx_single[i],
                    dx[i]
                );
            }
        });
    }
}

#[test]
fn nan_stays_and_infinities_reach_their_limits() {
    let limits = |act| match act {
        Activation::Sigmoid | Activation::HardSigmoid => (0.0, 1.0),
        Activation::Tanh | Activation::Softsign | Activation::HardTanh => (-1.0, 1.0),
        Activation::Elu(alpha) => (-alpha, f64::INFINITY),
        Activation::Selu => (-1.758_099_340_847_376_5, f64::INFINITY),
        Activation::LeakyRelu(slope) => (-f64::INFINITY * slope.signum(), f64::INFINITY),
        Activation::Identity => (f64::NEG_INFINITY, f64::INFINITY),
        _ => (0.0, f64::INFINITY),
    };
    for act in ALL {
        for_each_isa(|isa| {
            let x = [f32::NAN, f32::NEG_INFINITY, f32::INFINITY, -1e4, 1e4];
            let mut y = [0.0; 5];
            activate(act, &x, &mut y);
            assert!(y[0].is_nan(), "{act:?} drops NaN on {isa:?}");
            let (low, high) = limits(act);
            assert_eq!([y[1], y[2]], [low as f32, high as f32], "{act:?} {isa:?}");
            assert!(y[3].is_finite() && y[4].is_finite(), "{act:?} {isa:?}");
            let saved = if act.needs_input() { x } else { y };
            let mut dx = [0.0; 5];
            activate_backward(act, &saved, &[1.0; 5], &mut dx);
            assert!(
                dx[1..].iter().all(|dx| dx.is_finite()),
                "{act:?}′ {isa:?}: {dx:?}"
            );
        });
    }
}

#[test]
fn relu_has_no_slope_at_zero() {
    let mut dx = [9.0; 2];
    activate_backward(Activation::Relu, &[0.0, 1.0], &[5.0, 5.0], &mut dx);
    assert_eq!(dx, [0.0, 5.0]);
    activate_backward(
        Activation::LeakyRelu(0.1),
        &[0.0, 1.0],
        &[5.0, 5.0],
        &mut dx,
    );
    assert_eq!(dx, [0.5, 5.0]);
}

#[test]
fn results_do_not_depend_on_threads() {
    let x: Vec<f32> = (0..100_003)
        .map(|i| (i as f32 * 0.37).sin() * 6.0)
        .collect();
    for act in ALL {
        let run = |threads| {
            set_threads(threads);
            let mut y = vec![0.0; x.len()];
            activate(act, &x, &mut y);
            let saved = if act.needs_input() { &x } else { &y };
            let mut dx = vec![0.0; x.len()];
            activate_backward(act, saved, &x, &mut dx);
            (y, dx)
        };
        let one = run(1);
        assert!(one == run(2) && one == run(3), "{act:?}");
    }
}
