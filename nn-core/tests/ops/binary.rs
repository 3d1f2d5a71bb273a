//! Functions of two numbers, comparisons and choice, under broadcasting.

use nn_core::{DType, Result, Tensor};

use crate::check::{LAYOUTS, assert_close, check, check_value, tensor, values};
use crate::naive::{Array, broadcast, zip};

const PAIRS: [(&[usize], &[usize]); 14] = [
    (&[], &[]),
    (&[5], &[5]),
    (&[17], &[]),
    (&[], &[2, 3]),
    (&[1], &[4]),
    (&[3, 4], &[4]),
    (&[3, 4], &[3, 1]),
    (&[3, 1], &[1, 4]),
    (&[4], &[2, 3, 4]),
    (&[2, 1, 4], &[3, 1]),
    (&[2, 3, 4], &[2, 3, 4]),
    (&[1, 1, 1], &[2, 2]),
    (&[0, 3], &[3]),
    (&[2, 1], &[2, 0]),
];

type Op = fn(&Tensor, &Tensor) -> Result<Tensor>;

#[test]
fn arithmetic() {
    let table: [(&str, Op, fn(f64, f64) -> f64); 7] = [
        ("add", |a, b| a.add(b), |a, b| a + b),
        ("sub", |a, b| a.sub(b), |a, b| a - b),
        ("mul", |a, b| a.mul(b), |a, b| a * b),
        ("div", |a, b| a.div(b), |a, b| a / b),
        ("maximum", |a, b| a.maximum(b), f64::max),
        ("minimum", |a, b| a.minimum(b), f64::min),
        ("pow", |a, b| a.pow(b), f64::powf),
    ];
    for (name, op, f) in table {
        for (seed, (a, b)) in PAIRS.iter().enumerate() {
            let a = Array::spread(a, 0.3, 2.0, 10 + seed as u64);
            let b = Array::spread(b, 0.4, 2.5, 50 + seed as u64);
            let name = format!("{name} {:?} {:?}", a.shape, b.shape);
            check(
                &name,
                &[a, b],
                |x| op(&x[0], &x[1]),
                |x| zip(&x[0], &x[1], f),
            );
        }
    }
}

#[test]
fn operators_are_the_methods() {
    let (a, b) = (
        Array::spread(&[3], 1.0, 2.0, 1),
        Array::spread(&[3], 1.0, 2.0, 2),
    );
    let inputs = [a, b];
    check(
        "+",
        &inputs,
        |x| &x[0] + &x[1],
        |x| zip(&x[0], &x[1], |a, b| a + b),
    );
    check(
        "-",
        &inputs,
        |x| &x[0] - &x[1],
        |x| zip(&x[0], &x[1], |a, b| a - b),
    );
    check(
        "*",
        &inputs,
        |x| &x[0] * &x[1],
        |x| zip(&x[0], &x[1], |a, b| a * b),
    );
    check(
        "/",
        &inputs,
        |x| &x[0] / &x[1],
        |x| zip(&x[0], &x[1], |a, b| a / b),
    );
}

#[test]
fn an_operand_used_twice_gets_both_gradients() {
    let x = Array::spread(&[2, 3], 0.5, 2.0, 3);
    check(
        "x·x",
        &[x.clone()],
        |x| x[0].mul(&x[0]),
        |x| x[0].map(|x| x * x),
    );
    check(
        "x·sin x + x",
        &[x],
        |x| x[0].mul(&x[0].sin()?)?.add(&x[0]),
        |x| x[0].map(|x| x * x.sin() + x),
    );
}

#[test]
fn ties_and_zeros_have_the_documented_gradients() {
    let gradient = |op: Op, a: f64, b: f64| {
        let tape = nn_core::Tape::new();
        let a = tape.watch(&Tensor::scalar(a).unwrap());
        let b = tape.watch(&Tensor::scalar(b).unwrap());
        let gradients = tape.backward(&op(&a, &b).unwrap()).unwrap();
        [&a, &b].map(|x| gradients.get(x).unwrap().item().unwrap())
    };
    assert_eq!(gradient(|a, b| a.maximum(b), 2.0, 2.0), [0.5, 0.5]);
    assert_eq!(gradient(|a, b| a.minimum(b), 2.0, 2.0), [0.5, 0.5]);
    // 0ᵇ does not move with b, and a⁰ not with a.
    assert_eq!(gradient(|a, b| a.pow(b), 0.0, 2.0), [0.0, 0.0]);
    assert_eq!(gradient(|a, b| a.pow(b), 2.0, 0.0)[0], 0.0);
    assert_eq!(gradient(|a, b| a.pow(b), 0.0, 0.0)[0], 0.0);
    let tape = nn_core::Tape::new();
    let zero = tape.watch(&Tensor::scalar(0.0f64).unwrap());
    let constant = zero.powf(0.0).unwrap();
    assert_eq!(constant.item().unwrap(), 1.0);
    assert_eq!(
        tape.backward(&constant)
            .unwrap()
            .get(&zero)
            .unwrap()
            .item()
            .unwrap(),
        0.0
    );
}

#[test]
fn nan_wins() {
    let nan = Tensor::scalar(f32::NAN).unwrap();
    let one = Tensor::scalar(1.0f32).unwrap();
    for (a, b) in [(&nan, &one), (&one, &nan)] {
        assert!(a.maximum(b).unwrap().item().unwrap().is_nan());
        assert!(a.minimum(b).unwrap().item().unwrap().is_nan());
    }
}

#[test]
fn comparisons() {
    let table: [(&str, Op, fn(&f64, &f64) -> bool); 6] = [
        ("eq", |a, b| a.eq(b), |a, b| a == b),
        ("ne", |a, b| a.ne(b), |a, b| a != b),
        ("lt", |a, b| a.lt(b), |a, b| a < b),
        ("le", |a, b| a.le(b), |a, b| a <= b),
        ("gt", |a, b| a.gt(b), |a, b| a > b),
        ("ge", |a, b| a.ge(b), |a, b| a >= b),
    ];
    for (name, op, f) in table {
        for (seed, (a, b)) in PAIRS.iter().enumerate() {
            // Few different values, so that many are equal.
            let a = Array::spread(a, 0.0, 3.0, seed as u64).map(f64::floor);
            let b = Array::spread(b, 0.0, 3.0, 99 + seed as u64).map(f64::floor);
            let naive = |x: &[Array]| zip(&x[0], &x[1], |a, b| f64::from(u8::from(f(&a, &b))));
            let found = op(
                &tensor(&a, DType::F32, LAYOUTS[0]),
                &tensor(&b, DType::F32, LAYOUTS[0]),
            );
            assert_eq!(found.unwrap().dtype(), DType::U8);
            for dtype in [DType::U8, DType::U32, DType::I64] {
                let (x, y) = (tensor(&a, dtype, LAYOUTS[1]), tensor(&b, dtype, LAYOUTS[0]));
                let expected = naive(&[a.clone(), b.clone()]);
                assert_close(
                    &format!("{name} {dtype}"),
                    &op(&x, &y).unwrap(),
                    &expected,
                    0.0,
                );
            }
            check_value(name, &[a, b], |x| op(&x[0], &x[1]), naive);
        }
        let nan = Tensor::scalar(f64::NAN).unwrap();
        let holds = values(&op(&nan, &nan).unwrap())[0] == 1.0;
        assert_eq!(holds, name == "ne");
    }
}

#[test]
fn choice() {
    for (seed, (a, b)) in PAIRS.iter().enumerate() {
        let shape = broadcast(a, b).unwrap();
        for mask_shape in [shape.clone(), vec![], vec![1]] {
            let mask = Array::spread(&mask_shape, 0.0, 2.0, seed as u64).map(f64::floor);
            let mask_tensor = tensor(&mask, DType::U8, LAYOUTS[seed % 4]);
            let a = Array::spread(a, -1.0, 1.0, 7 + seed as u64);
            let b = Array::spread(b, -1.0, 1.0, 70 + seed as u64);
            let naive = |x: &[Array]| {
                let shape = broadcast(&shape, &mask_shape).unwrap();
                Array::from_fn(&shape, |i| {
                    x[if mask.at_broadcast(i) == 1.0 { 0 } else { 1 }].at_broadcast(i)
                })
            };
            check(
                "where_cond",
                &[a, b],
                |x| mask_tensor.where_cond(&x[0], &x[1]),
                naive,
            );
        }
    }
}
