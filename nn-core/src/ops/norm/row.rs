//! Layer normalisation and its relative without mean: by statistics of trailing axes.

use crate::autograd::{Recorder, grads};
use crate::dtype::for_float;
use crate::kernels::norm::row::{RowNorm, RowStatistics, normalise_rows, normalise_rows_backward};
use crate::ops::binary::expect_same_type;
use crate::shape::count;
use crate::{Error, Result, Shape, Tensor};

struct Plan<'a> {
    name: &'static str,
    shape: &'a Shape,
    centred: bool,
    weight: Option<&'a Tensor>,
    bias: Option<&'a Tensor>,
    eps: f64,
}

fn normalise(x: &Tensor, plan: &Plan<'_>) -> Result<Tensor> {
    let Plan {
        name,
        shape,
        centred,
        eps,
        ..
    } = *plan;
    let cols = shape.numel();
    if cols == 0 || shape.rank() == 0 || !x.dims().ends_with(shape) {
        return Err(Error::shape(
            name,
            format!(
                "input is {}, its last axes must be {shape}, which must not be empty",
                x.shape()
            ),
        ));
    }
    if !(eps >= 0.0 && eps.is_finite()) {
        let problem = format!("eps = {eps} must be a number of at least 0");
        return Err(Error::value(name, problem));
    }
    let mut inputs = vec![x];
    for coefficient in [plan.weight, plan.bias].into_iter().flatten() {
        expect_same_type(name, x, coefficient)?;
        if coefficient.shape() != shape {
            let problem = format!(
                "weight and bias must have shape {shape}, not {}",
                coefficient.shape()
            );
            return Err(Error::shape(name, problem));
        }
        inputs.push(coefficient);
    }
    let recorder = Recorder::of(&inputs);
    let or = |coefficient: Option<&Tensor>, value: f64| match coefficient {
        Some(tensor) => tensor.compact(),
        None => Tensor::full(shape, value, x.dtype()),
    };
    let (weight, bias) = (or(plan.weight, 1.0)?, or(plan.bias, 0.0)?);
    let has = (plan.weight.is_some(), plan.bias.is_some());
    let dense = x.compact()?;
    let rows = count(&x.dims()[..x.rank() - shape.rank()]);
    let mut mean = Tensor::zeros([rows], x.dtype())?;
    let mut inverse = mean.zeros_like()?;
    let y = for_float!(name, x.dtype(), T => {
        let (weight, bias) = (weight.data::<T>(), bias.data::<T>());
        let norm = RowNorm { cols, centred, eps, weight, bias };
        let statistics = RowStatistics { mean: mean.make_mut::<T>()?, inverse: inverse.make_mut::<T>()? };
        Tensor::build::<T>(x.shape().clone(), |y| {
            normalise_rows(dense.data::<T>(), norm, y, statistics);
        })
    })?;
    let shape = shape.clone();
    recorder.record(name, y, move || {
        Box::new(move |grad, needed| {
            let grad = grad.compact()?;
            let mut dweight = weight.zeros_like()?;
            let mut dbias = weight.zeros_like()?;
            let dx = for_float!(name, grad.dtype(), T => {
                let (weight, bias) = (weight.data::<T>(), bias.data::<T>());
                let norm = RowNorm { cols, centred, eps, weight, bias };
                let sums = (dweight.make_mut::<T>()?, dbias.make_mut::<T>()?);
                Tensor::build::<T>(grad.shape().clone(), |dx| {
                    let operands = (dense.data::<T>(), grad.data::<T>());
                    let statistics = (mean.data::<T>(), inverse.data::<T>());
                    normalise_rows_backward(operands, norm, statistics, dx, sums);
                })
            })?;
            debug_assert_eq!(dweight.shape(), &shape);
            let mut all = grads![needed[0].then_some(dx)];
            all.extend(has.0.then_some(Some(dweight)));
            all.extend(has.1.then_some(Some(dbias)));
            Ok(all)
        })
    })
}

/// Normalisation over the last axes. `eps` keeps the divisor away from 0; weight and bias are 1 and 0 if absent.
///
/// # Shapes
/// x `[…, shape]`, weight and bias `shape`, output as x.
impl Tensor {
    /// Layer normalisation (Ba et al. 2016): `y = weight·(x − mean)/√(variance + eps) + bias`, mean and (biased)
    /// variance over the last axes, which have the sizes `shape`.
    ///
    /// ```
    /// use nn_core::{Shape, Tensor};
    /// # fn main() -> nn_core::Result<()> {
    /// let x = Tensor::from_vec(vec![1.0f32, 3.0, 10.0, 30.0], [2, 2])?;
    /// let y = x.layer_norm(&Shape::from([2]), None, None, 0.0)?;
    /// assert_eq!(y.to_vec::<f32>()?, [-1.0, 1.0, -1.0, 1.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes do not fit; [`Error::DType`] unless all are floats of one type;
    /// [`Error::Value`] if `eps` is negative.
    pub fn layer_norm(
        &self,
        shape: &Shape,
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        eps: f64,
    ) -> Result<Tensor> {
        normalise(
            self,
            &Plan {
                name: "layer_norm",
                shape,
                centred: true,
                weight,
                bias,
                eps,
            },
        )
    }

    /// Normalisation by the root mean square (Zhang and Sennrich 2019): `y = weight·x/√(mean(x²) + eps)`.
    ///
    /// # Errors
    /// As [`Tensor::layer_norm`].
    pub fn rms_norm(&self, shape: &Shape, weight: Option<&Tensor>, eps: f64) -> Result<Tensor> {
        normalise(
            self,
            &Plan {
                name: "rms_norm",
                shape,
                centred: false,
                weight,
                bias: None,
                eps,
            },
        )
    }
}
