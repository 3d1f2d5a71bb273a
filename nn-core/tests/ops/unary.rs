//! Functions of one number.

use nn_core::{Activation, DType, Result, Tensor};

use crate::check::{check, check_value, values};
use crate::naive::Array;

/// Scalar, vectors around the widths of registers, and more axes.
const SHAPES: [&[usize]; 8] = [
    &[],
    &[1],
    &[7],
    &[17],
    &[3, 5],
    &[2, 1, 3],
    &[2, 3, 2, 2],
    &[0, 4],
];

type Op = fn(&Tensor) -> Result<Tensor>;

/// The error function by its Taylor series, which converges everywhere; good to 1e-13 for |x| ≤ 3.
fn erf(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    for n in 1..200 {
        let n = f64::from(n);
        term *= -x * x / n;
        sum += term / (2.0 * n + 1.0);
    }
    sum * std::f64::consts::FRAC_2_SQRT_PI
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[test]
fn functions() {
    let table: [(&str, Op, fn(f64) -> f64, f64, f64); 20] = [
        ("neg", |x| x.neg(), |x| -x, -2.0, 2.0),
        ("abs", |x| x.abs(), f64::abs, -2.0, 2.0),
        ("exp", |x| x.exp(), f64::exp, -5.0, 3.0),
        ("expm1", |x| x.expm1(), f64::exp_m1, -5.0, 3.0),
        ("ln", |x| x.ln(), f64::ln, 0.1, 9.0),
        ("log1p", |x| x.log1p(), f64::ln_1p, -0.9, 9.0),
        ("sqrt", |x| x.sqrt(), f64::sqrt, 0.1, 9.0),
        ("square", |x| x.square(), |x| x * x, -3.0, 3.0),
        ("recip", |x| x.recip(), f64::recip, 0.3, 4.0),
        ("sin", |x| x.sin(), f64::sin, -9.0, 9.0),
        ("cos", |x| x.cos(), f64::cos, -9.0, 9.0),
        ("erf", |x| x.erf(), erf, -2.5, 2.5),
        ("powf(3)", |x| x.powf(3.0), |x| x.powi(3), -2.0, 2.0),
        (
            "powf(-0.5)",
            |x| x.powf(-0.5),
            |x| x.sqrt().recip(),
            0.2,
            4.0,
        ),
        ("powf(0)", |x| x.powf(0.0), |_| 1.0, 0.2, 4.0),
        (
            "clamp",
            |x| x.clamp(-0.5, 1.0),
            |x| x.clamp(-0.5, 1.0),
            -2.0,
            2.0,
        ),
        (
            "add_scalar",
            |x| x.add_scalar(0.75),
            |x| x + 0.75,
            -2.0,
            2.0,
        ),
        (
            "sub_scalar",
            |x| x.sub_scalar(0.75),
            |x| x - 0.75,
            -2.0,
            2.0,
        ),
        (
            "mul_scalar",
            |x| x.mul_scalar(-1.5),
            |x| x * -1.5,
            -2.0,
            2.0,
        ),
        ("div_scalar", |x| x.div_scalar(4.0), |x| x / 4.0, -2.0, 2.0),
    ];
    for (name, op, f, low, high) in table {
        for (seed, shape) in SHAPES.iter().enumerate() {
            let x = Array::spread(shape, low, high, seed as u64);
            check(
                &format!("{name} {shape:?}"),
                &[x],
                |x| op(&x[0]),
                |x| x[0].map(f),
            );
        }
    }
}

#[test]
fn steps_have_no_slope() {
    let table: [(&str, Op, fn(f64) -> f64); 3] = [
        (
            "sign",
            |x| x.sign(),
            |x| if x == 0.0 { 0.0 } else { x.signum() },
        ),
        ("floor", |x| x.floor(), f64::floor),
        ("round", |x| x.round(), f64::round_ties_even),
    ];
    for (name, op, f) in table {
        for (seed, shape) in SHAPES.iter().enumerate() {
            let x = Array::spread(shape, -3.0, 3.0, seed as u64);
            check(name, &[x], |x| op(&x[0]), |x| x[0].map(f));
        }
        let corners = Array {
            shape: vec![7],
            data: vec![-2.5, -1.5, -0.5, 0.0, 0.5, 1.5, 2.5],
        };
        check_value(name, &[corners], |x| op(&x[0]), |x| x[0].map(f));
    }
}

#[test]
fn activations() {
    fn gelu(x: f64) -> f64 {
        0.5 * x * (1.0 + erf(x / 2f64.sqrt()))
    }
    fn gelu_tanh(x: f64) -> f64 {
        0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
    }
    fn selu(x: f64) -> f64 {
        1.0507009873554805
            * if x > 0.0 {
                x
            } else {
                1.6732632423543772 * x.exp_m1()
            }
    }
    let table: [(Activation, fn(f64) -> f64); 18] = [
        (Activation::Identity, |x| x),
        (Activation::Relu, |x| x.max(0.0)),
        (Activation::LeakyRelu(0.1), |x| {
            if x > 0.0 { x } else { 0.1 * x }
        }),
        (Activation::LeakyRelu(-0.5), |x| {
            if x > 0.0 { x } else { -0.5 * x }
        }),
        (Activation::Sigmoid, sigmoid),
        (Activation::Tanh, f64::tanh),
        (
            Activation::Elu(1.0),
            |x| if x > 0.0 { x } else { x.exp_m1() },
        ),
        (Activation::Elu(0.3), |x| {
            if x > 0.0 { x } else { 0.3 * x.exp_m1() }
        }),
        (Activation::Elu(-0.3), |x| {
            if x > 0.0 { x } else { -0.3 * x.exp_m1() }
        }),
        (Activation::Selu, selu),
        (Activation::Gelu, gelu),
        (Activation::GeluTanh, gelu_tanh),
        (Activation::Silu, |x| x * sigmoid(x)),
        (Activation::Softplus, |x| x.exp().ln_1p()),
        (Activation::Softsign, |x| x / (1.0 + x.abs())),
        (Activation::HardSigmoid, |x| (x / 6.0 + 0.5).clamp(0.0, 1.0)),
        (Activation::HardTanh, |x| x.clamp(-1.0, 1.0)),
        (Activation::HardSwish, |x| {
            x * (x + 3.0).clamp(0.0, 6.0) / 6.0
        }),
    ];
    for (act, f) in table {
        for (seed, shape) in SHAPES.iter().enumerate() {
            let x = Array::spread(shape, -4.0, 4.0, 100 + seed as u64);
            check(
                &format!("{act:?} {shape:?}"),
                &[x],
                |x| x[0].activate(act),
                |x| x[0].map(f),
            );
        }
    }
}

#[test]
fn activations_by_name_are_the_same() {
    let x = Tensor::linspace(-4.0, 4.0, 33, DType::F32).unwrap();
    let table: [(Result<Tensor>, Activation); 14] = [
        (x.relu(), Activation::Relu),
        (x.leaky_relu(0.2), Activation::LeakyRelu(0.2)),
        (x.sigmoid(), Activation::Sigmoid),
        (x.tanh(), Activation::Tanh),
        (x.elu(0.7), Activation::Elu(0.7)),
        (x.selu(), Activation::Selu),
        (x.gelu(), Activation::Gelu),
        (x.gelu_tanh(), Activation::GeluTanh),
        (x.silu(), Activation::Silu),
        (x.softplus(), Activation::Softplus),
        (x.softsign(), Activation::Softsign),
        (x.hard_sigmoid(), Activation::HardSigmoid),
        (x.hard_tanh(), Activation::HardTanh),
        (x.hard_swish(), Activation::HardSwish),
    ];
    for (named, act) in table {
        assert_eq!(
            values(&named.unwrap()),
            values(&x.activate(act).unwrap()),
            "{act:?}"
        );
    }
}

#[test]
fn large_inputs_neither_overflow_nor_turn_to_nan() {
    let x = [-1e4, -100.0, 100.0, 1e4];
    for dtype in [DType::F32, DType::F64] {
        let t = Tensor::from_vec(x.to_vec(), [4])
            .unwrap()
            .to_dtype(dtype)
            .unwrap();
        let eval = |act| values(&t.activate(act).unwrap());
        assert_eq!(eval(Activation::Sigmoid)[2..], [1.0, 1.0]);
        assert!(eval(Activation::Sigmoid)[0] < 1e-40);
        assert_eq!(eval(Activation::Tanh), [-1.0, -1.0, 1.0, 1.0]);
        assert_eq!(eval(Activation::Softplus)[2..], [100.0, 1e4]);
        for act in [Activation::Gelu, Activation::GeluTanh, Activation::Silu] {
            assert_eq!(eval(act)[2..], [100.0, 1e4], "{act:?}");
            assert!(eval(act)[..2].iter().all(|y| y.abs() < 1e-30), "{act:?}");
        }
        for act in [
            Activation::Sigmoid,
            Activation::Tanh,
            Activation::Softplus,
            Activation::Gelu,
            Activation::Silu,
        ] {
            let tape = nn_core::Tape::new();
            let leaf = tape.watch(&t);
            let sum = leaf.activate(act).unwrap().sum(..).unwrap();
            let gradients = tape.backward(&sum).unwrap();
            assert!(
                gradients.get(&leaf).unwrap().is_all_finite().unwrap(),
                "{act:?}"
            );
        }
    }
}

#[test]
fn conversions() {
    let x = Array::spread(&[3, 5], -300.0, 300.0, 1);
    check_value(
        "to f32",
        &[x.rounded()],
        |x| x[0].to_dtype(DType::F32),
        |x| x[0].clone(),
    );
    check(
        "to f64",
        &[x.clone()],
        |x| x[0].to_dtype(DType::F64),
        |x| x[0].clone(),
    );
    check_value(
        "to i64",
        &[x.clone()],
        |x| x[0].to_dtype(DType::I64),
        |x| x[0].map(f64::trunc),
    );
    check_value(
        "to u8",
        &[x.clone()],
        |x| x[0].to_dtype(DType::U8),
        |x| x[0].map(|x| x.trunc().clamp(0.0, 255.0) + 0.0),
    );
    check_value(
        "to u32",
        &[x],
        |x| x[0].to_dtype(DType::U32),
        |x| x[0].map(|x| x.trunc().max(0.0)),
    );
    // Through single precision the gradient passes.
    let tape = nn_core::Tape::new();
    let leaf = tape.watch(&Tensor::from_vec(vec![1.0f64, 2.0], [2]).unwrap());
    let loss = leaf
        .to_dtype(DType::F32)
        .unwrap()
        .square()
        .unwrap()
        .sum(..)
        .unwrap();
    assert_eq!(loss.dtype(), DType::F32);
    let gradients = tape.backward(&loss).unwrap();
    assert_eq!(
        gradients.get(&leaf).unwrap().to_vec::<f64>().unwrap(),
        [2.0, 4.0]
    );
}
