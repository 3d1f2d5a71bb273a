//! Clipping of gradients.

use nn_core::kernels::optim as kernel;
use nn_core::{DType, Gradients};
use serde::{Deserialize, Serialize};

use crate::error::check;
use crate::{Error, Result};

/// How gradients are kept from being too large.
///
/// ```
/// use nn_optim::Clip;
/// let clip: Clip = serde_json::from_str(r#"{"type": "norm", "max_norm": 1.0}"#)?;
/// assert_eq!(clip, Clip::Norm { max_norm: 1.0 });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum Clip {
    /// All gradients together are shortened to this Euclidean norm, keeping their direction.
    Norm {
        /// The largest norm.
        max_norm: f64,
    },
    /// Each number by itself is put into `[−limit, limit]`.
    Value {
        /// The largest absolute value.
        limit: f64,
    },
}

impl Clip {
    /// Checks the setting.
    ///
    /// # Errors
    /// [`Error::Config`] if it is not a number above 0.
    pub fn validate(&self) -> Result<()> {
        let (setting, value) = match *self {
            Clip::Norm { max_norm } => ("max_norm", max_norm),
            Clip::Value { limit } => ("limit", limit),
        };
        check("clip", setting, value, value > 0.0, "a number above 0")
    }
}

/// The factor by which gradients of a norm must be scaled to have at most the norm `max_norm`:
/// `min(1, max_norm/(norm + 10⁻⁶))`, as PyTorch computes it.
///
/// Given to [`Optimizer::step_scaled`](crate::Optimizer::step_scaled), it clips without a pass of its own.
pub fn clip_factor(norm: f64, max_norm: f64) -> f64 {
    (max_norm / (norm + 1e-6)).min(1.0)
}

/// The norm `√Σg²` of all parameters' gradients taken together, in one pass over all of them.
///
/// # Errors
/// [`Error::Core`] if memory is exhausted.
pub fn global_norm(gradients: &Gradients) -> Result<f64> {
    let mut views = Vec::new();
    let mut single: Vec<&[f32]> = Vec::new();
    let mut double: Vec<&[f64]> = Vec::new();
    for (_, gradient) in gradients.params() {
        match gradient.dtype() {
            _ if !gradient.is_contiguous() => views.push(gradient.contiguous()?),
            DType::F64 => double.push(gradient.as_slice()?),
            _ => single.push(gradient.as_slice()?),
        }
    }
    for gradient in &views {
        match gradient.dtype() {
            DType::F64 => double.push(gradient.as_slice()?),
            _ => single.push(gradient.as_slice()?),
        }
    }
    let mut sum = 0.0;
    if !single.is_empty() {
        sum += kernel::sum_of_squares(&single);
    }
    if !double.is_empty() {
        sum += kernel::sum_of_squares(&double);
    }
    Ok(sum.sqrt())
}

/// Scales the gradients of all parameters so that their common norm `√Σg²` is at most `max_norm`; returns the
/// norm they had.
///
/// PyTorch's `clip_grad_norm_`. Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural
/// networks", 2013.
///
/// ```
/// use nn_core::{Context, Parameter, Tensor};
/// use nn_optim::clip_by_global_norm;
/// let w = Parameter::new(Tensor::from_vec(vec![3.0f32, 4.0], [2])?);
/// let mut cx = Context::train(0, 0);
/// let loss = cx.param(&w).square()?.sum(..)?;
/// let mut gradients = cx.backward(&loss)?; // [6, 8]
/// assert_eq!(clip_by_global_norm(&mut gradients, 1.0)?, 10.0);
/// assert!((gradients.global_norm()? - 1.0).abs() < 1e-5);
/// # Ok::<(), nn_optim::Error>(())
/// ```
///
/// # Errors
/// [`Error::Config`] if `max_norm` is not above 0; [`Error::Core`] with
/// [`NonFinite`](nn_core::Error::NonFinite) if the norm is NaN or infinite: the gradients are then left as they
/// are.
pub fn clip_by_global_norm(gradients: &mut Gradients, max_norm: f64) -> Result<f64> {
    Clip::Norm { max_norm }.validate()?;
    let norm = global_norm(gradients)?;
    if !norm.is_finite() {
        return Err(Error::Core(nn_core::Error::NonFinite {
            problem: format!("the norm of the gradients is {norm}, they cannot be clipped"),
        }));
    }
    let factor = clip_factor(norm, max_norm);
    if factor < 1.0 {
        for (_, gradient) in gradients.params_mut() {
            match gradient.dtype() {
                DType::F64 => kernel::scale_all(&mut [gradient.make_mut::<f64>()?], factor),
                _ => kernel::scale_all(&mut [gradient.make_mut::<f32>()?], factor as f32),
            }
        }
    }
    Ok(norm)
}

/// Puts each number of the parameters' gradients into `[−limit, limit]`; NaN stays NaN.
///
/// PyTorch's `clip_grad_value_`.
///
/// # Errors
/// [`Error::Config`] if `limit` is not above 0; [`Error::Core`] if memory is exhausted.
pub fn clip_by_value(gradients: &mut Gradients, limit: f64) -> Result<()> {
    Clip::Value { limit }.validate()?;
    for (_, gradient) in gradients.params_mut() {
        match gradient.dtype() {
            DType::F64 => kernel::clip_by_value(&mut [gradient.make_mut::<f64>()?], limit),
            _ => kernel::clip_by_value(&mut [gradient.make_mut::<f32>()?], limit as f32),
        }
    }
    Ok(())
}
