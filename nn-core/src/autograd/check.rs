//! Derivatives by differences, to check derivatives by rule.

use super::Tape;
use crate::{DType, Error, Result, Tensor};

/// The derivative of `f` at `x` by central differences, `(f(x+h) − f(x−h)) / 2h`; its error is of order h².
///
/// ```
/// let slope = nn_core::autograd::numeric_derivative(f64::sin, 1.0, 1e-5);
/// assert!((slope - 1f64.cos()).abs() < 1e-9);
/// ```
pub fn numeric_derivative(f: impl Fn(f64) -> f64, x: f64, h: f64) -> f64 {
    (f(x + h) - f(x - h)) / (2.0 * h)
}

/// The gradient of a number with respect to each input, by central differences: two evaluations an element.
///
/// # Errors
/// [`Error::DType`] if an input is not `f64` (differences in `f32` say little); errors of `f`.
pub fn numeric_gradient(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    eps: f64,
) -> Result<Vec<Tensor>> {
    let mut inputs: Vec<Tensor> = inputs.iter().map(Tensor::compact).collect::<Result<_>>()?;
    let mut gradients = Vec::new();
    for which in 0..inputs.len() {
        if inputs[which].dtype() != DType::F64 {
            let got = inputs[which].dtype();
            return Err(Error::dtype("numeric_gradient", "f64", got));
        }
        let mut gradient = Vec::with_capacity(inputs[which].len());
        for element in 0..inputs[which].len() {
            let here = inputs[which].as_slice::<f64>()?[element];
            let mut at = |x: f64| -> Result<f64> {
                inputs[which].make_mut::<f64>()?[element] = x;
                f(&inputs)?.item()
            };
            gradient.push((at(here + eps)? - at(here - eps)?) / (2.0 * eps));
            at(here)?;
        }
        gradients.push(Tensor::from_vec(gradient, inputs[which].shape())?);
    }
    Ok(gradients)
}

/// Settings of [`gradient_check`]: a gradient passes where `|rule − difference| ≤ atol + rtol·|difference|`.
#[derive(Debug, Clone, Copy)]
pub struct GradCheck {
    /// Step of the differences. Default 1e-6.
    pub eps: f64,
    /// Relative tolerance. Default 1e-5.
    pub rtol: f64,
    /// Absolute tolerance. Default 1e-7.
    pub atol: f64,
}

impl Default for GradCheck {
    fn default() -> Self {
        GradCheck {
            eps: 1e-6,
            rtol: 1e-5,
            atol: 1e-7,
        }
    }
}

/// What a gradient check that passed has seen.
#[derive(Debug, Clone, Copy)]
pub struct GradCheckReport {
    /// The number of compared derivatives.
    pub compared: usize,
    /// The largest difference between rule and differences.
    pub largest_error: f64,
}

/// Compares the recorded backward of `f` with central differences, in every input and element.
///
/// If `f` returns more than one number, they are first combined with fixed, uneven weights, so that every
/// output takes part.
///
/// ```
/// use nn_core::{DType, Tensor, autograd::{GradCheck, gradient_check}};
/// # fn main() -> nn_core::Result<()> {
/// let x = Tensor::linspace(-2.0, 2.0, 7, DType::F64)?;
/// let report = gradient_check(|x| x[0].tanh(), &[x], &GradCheck::default())?;
/// assert_eq!(report.compared, 7);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Value`] names the first element whose derivatives disagree; errors of `f`.
pub fn gradient_check(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    settings: &GradCheck,
) -> Result<GradCheckReport> {
    let number = |inputs: &[Tensor]| -> Result<Tensor> {
        let out = f(inputs)?;
        let weights: Vec<f64> = (0..out.len())
            .map(|i| (1.7 * i as f64 + 0.6).cos())
            .collect();
        out.mul(&Tensor::from_vec(weights, out.shape())?)?.sum(..)
    };
    let tape = Tape::new();
    let watched: Vec<Tensor> = inputs.iter().map(|t| tape.watch(t)).collect();
    let by_rule = tape.backward(&number(&watched)?)?;
    let by_difference = numeric_gradient(number, inputs, settings.eps)?;

    let mut report = GradCheckReport {
        compared: 0,
        largest_error: 0.0,
    };
    for (which, (watched, difference)) in watched.iter().zip(&by_difference).enumerate() {
        let rule = match by_rule.get(watched) {
            Some(gradient) if gradient.shape() != watched.shape() => {
                return Err(Error::shape(
                    "gradient_check",
                    format!(
                        "input {which} has shape {}, its gradient {}",
                        watched.shape(),
                        gradient.shape()
                    ),
                ));
            }
            Some(gradient) => gradient.clone(),
            None => watched.zeros_like()?,
        };
        let pairs = rule
            .to_vec::<f64>()?
            .into_iter()
            .zip(difference.to_vec::<f64>()?);
        for (element, (rule, difference)) in pairs.enumerate() {
            let error = (rule - difference).abs();
            // NaN is not close to anything.
            let close = error <= settings.atol + settings.rtol * difference.abs();
            if !close {
                return Err(Error::value(
                    "gradient_check",
                    format!(
                        "input {which}, element {element}: the backward says {rule}, differences say {difference}"
                    ),
                ));
            }
            report.compared += 1;
            report.largest_error = report.largest_error.max(error);
        }
    }
    Ok(report)
}
