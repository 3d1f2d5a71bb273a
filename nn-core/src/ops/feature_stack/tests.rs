use super::*;
use crate::autograd::{GradCheck, gradient_check};
use crate::{Activation, ConvAxis, Convolution, DType, Tape};

fn numbers(shape: impl Into<Shape>, seed: u64) -> Tensor {
    let mut rng = crate::Rng::new(seed);
    let shape = shape.into();
    let values: Vec<f64> = (0..shape.numel())
        .map(|_| 2.0 * rng.uniform() - 1.0)
        .collect();
    Tensor::from_vec(values, shape).unwrap()
}

/// x, and of two layers γ, β and the projection.
fn inputs() -> Vec<Tensor> {
    vec![
        numbers([2, 3, 2, 3], 1),
        numbers([3], 2).add_scalar(2.0).unwrap(),
        numbers([3], 3),
        numbers([2, 3, 1, 1], 4),
        numbers([5], 5).add_scalar(2.0).unwrap(),
        numbers([5], 6),
        numbers([4, 5, 1, 1], 7),
    ]
}

fn stacked(x: &[Tensor]) -> Result<Tensor> {
    let mut stack = FeatureStack::new(&x[0], 9)?;
    for layer in x[1..].chunks(3) {
        let h = stack.norm_relu_project(Some(&layer[0]), Some(&layer[1]), 1e-3, &layer[2])?;
        stack.push(&h.h.tanh()?)?;
    }
    stack.finish()
}

fn joined(x: &[Tensor]) -> Result<Tensor> {
    let mut y = x[0].clone();
    let pointwise = Convolution {
        axes: [ConvAxis::default(); 2].into_iter().collect(),
        groups: 1,
    };
    for layer in x[1..].chunks(3) {
        let (gamma, beta) = (Some(&layer[0]), Some(&layer[1]));
        let (a, _) = y.batch_norm(gamma, beta, 1e-3, None, Activation::Relu)?;
        let h = a.convolve(&layer[2], None, &pointwise, Activation::Identity)?;
        y = Tensor::concat(&[&y, &h.tanh()?], 1)?;
    }
    Ok(y)
}

#[test]
fn a_stack_is_what_norm_convolution_and_concat_make() {
    let (a, b) = (stacked(&inputs()).unwrap(), joined(&inputs()).unwrap());
    assert_eq!(a.dims(), [2, 9, 2, 3]);
    let (a, b) = (a.to_vec::<f64>().unwrap(), b.to_vec::<f64>().unwrap());
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-12));
}

#[test]
fn gradients_are_derivatives() {
    gradient_check(|x| stacked(x)?.square(), &inputs(), &GradCheck::default()).unwrap();
}

#[test]
fn moments_of_a_projection_are_those_it_has() {
    let x = inputs();
    let stack = FeatureStack::new(&x[0], 3).unwrap();
    let Projected { h, moments, .. } = stack.norm_relu_project(None, None, 1e-3, &x[3]).unwrap();
    let (own, _) = h
        .batch_norm(None, None, 1e-3, None, Activation::Relu)
        .unwrap();
    let (by, _) = h
        .batch_norm_by(&moments, None, None, 1e-3, Activation::Relu)
        .unwrap();
    let (own, by) = (own.to_vec::<f64>().unwrap(), by.to_vec::<f64>().unwrap());
    assert!(own.iter().zip(&by).all(|(a, b)| (a - b).abs() < 1e-12));
    assert!(
        x[0].batch_norm_by(&moments, None, None, 1e-3, Activation::Relu)
            .is_err()
    );
}

#[test]
fn what_does_not_lead_through_the_end_has_its_gradient_too() {
    let through_h = |x: &[Tensor]| {
        let stack = FeatureStack::new(&x[0], 3)?;
        Ok(stack.norm_relu_project(None, None, 1e-3, &x[1])?.h)
    };
    let all = inputs();
    let inputs = [all[0].clone(), all[3].clone()];
    gradient_check(through_h, &inputs, &GradCheck::default()).unwrap();
}

#[test]
fn singles_agree_with_doubles() {
    let gradients = |dtype: DType, f: fn(&[Tensor]) -> Result<Tensor>| {
        let tape = Tape::new();
        let x: Vec<Tensor> = inputs()
            .iter()
            .map(|x| tape.watch(&x.to_dtype(dtype).unwrap()))
            .collect();
        let loss = f(&x).unwrap().square().unwrap().sum(..).unwrap();
        let gradients = tape.backward(&loss).unwrap();
        x.iter()
            .map(|x| gradients.get(x).unwrap().to_dtype(DType::F64).unwrap())
            .collect::<Vec<_>>()
    };
    let (single, double) = (
        gradients(DType::F32, stacked),
        gradients(DType::F64, joined),
    );
    for (a, b) in single.iter().zip(&double) {
        let (a, b) = (a.to_vec::<f64>().unwrap(), b.to_vec::<f64>().unwrap());
        let size = b.iter().fold(1.0, |m: f64, v| m.max(v.abs()));
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5 * size));
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let x = numbers([2, 3, 2, 2], 1);
    assert!(FeatureStack::new(&x, 2).is_err());
    assert!(FeatureStack::new(&numbers([3], 1), 4).is_err());
    let mut stack = FeatureStack::new(&x, 5).unwrap();
    for part in [[2, 3, 2, 2], [1, 2, 2, 2], [2, 2, 2, 1]] {
        let error = stack.push(&numbers(part, 1)).unwrap_err().to_string();
        assert!(error.contains("3 of the 5 channels"), "{error}");
    }
    let projection = numbers([2, 4, 1, 1], 1);
    assert!(
        stack
            .norm_relu_project(None, None, 1e-5, &projection)
            .is_err()
    );
    let projection = numbers([2, 3, 1, 1], 1);
    assert!(
        stack
            .norm_relu_project(None, None, -1.0, &projection)
            .is_err()
    );
    assert!(
        stack
            .norm_relu_project(Some(&numbers([4], 1)), None, 0.0, &projection)
            .is_err()
    );
    let error = stack.finish().unwrap_err().to_string();
    assert!(error.contains("3 of 5 channels are there"), "{error}");
    let one = FeatureStack::new(&numbers([1, 3, 1, 1], 1), 3).unwrap();
    assert!(
        one.norm_relu_project(None, None, 1e-5, &projection)
            .is_err()
    );
}
