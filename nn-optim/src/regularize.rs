//! Penalties on large weights.

use nn_core::kernels::buffer::Plain;
use nn_core::{DType, FloatElement, Gradients, Parameters, Path, Tensor};
use serde::{Deserialize, Serialize};

use crate::error::check_not_negative;
use crate::group::name_matches;
use crate::{Error, Result};

/// A penalty on the size of parameters, `λ₁·Σ|θ| + λ₂/2·Σθ²`: L1 (lasso), L2 (ridge, weight decay) or both
/// (elastic net).
///
/// The optimizers take the same numbers as `l1` and `weight_decay` and add them within their one pass, which is
/// faster. This form is for the value of the penalty, for an L2 penalty under
/// [`AdamW`](crate::AdamW), whose weight decay is something else, and for loops of one's own.
///
/// ```
/// use nn_core::{Parameter, Tensor};
/// use nn_optim::Penalty;
/// let w = Parameter::new(Tensor::from_vec(vec![3.0f32, -4.0], [2])?);
/// let penalty = Penalty { l1: 0.1, l2: 0.01, ..Penalty::default() };
/// assert!((penalty.value(&w)? - (0.1 * 7.0 + 0.005 * 25.0)).abs() < 1e-12);
/// # Ok::<(), nn_optim::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Penalty {
    /// Weight λ₁ of the sum of absolute values. Default 0.
    pub l1: f64,
    /// Weight λ₂ of half the sum of squares. Default 0.
    pub l2: f64,
    /// Patterns of the names of penalised parameters; `*` stands for any run of characters. Default all.
    pub params: Vec<String>,
    /// Only tensors of at least this many axes are penalised: 2 spares biases. Default 0.
    pub min_rank: usize,
}

impl Penalty {
    /// Checks the settings.
    ///
    /// # Errors
    /// [`Error::Config`] if a weight is negative or not finite.
    pub fn validate(&self) -> Result<()> {
        check_not_negative("penalty", "l1", self.l1)?;
        check_not_negative("penalty", "l2", self.l2)
    }

    fn applies(&self, name: &str, value: &Tensor) -> bool {
        let named = self.params.is_empty() || self.params.iter().any(|p| name_matches(p, name));
        named && value.rank() >= self.min_rank
    }

    /// The value of the penalty, over all parameters that learn.
    ///
    /// # Errors
    /// [`Error::Core`] if memory is exhausted.
    pub fn value(&self, params: &dyn Parameters) -> Result<f64> {
        let mut value = 0.0;
        for (name, param) in params.named_parameters() {
            if !param.requires_grad() || !self.applies(&name, param.value()) {
                continue;
            }
            let values = param.value().to_dtype(DType::F64)?.to_vec::<f64>()?;
            let l1: f64 = values.iter().map(|x| x.abs()).sum();
            let l2: f64 = values.iter().map(|x| x * x).sum();
            value += self.l1 * l1 + self.l2 / 2.0 * l2;
        }
        Ok(value)
    }

    /// Adds the penalty's gradient `λ₁·sign(θ) + λ₂·θ` to the gradients of the parameters that have one.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a gradient does not have the shape and type of its parameter; [`Error::Core`]
    /// if memory is exhausted.
    pub fn add_gradient(&self, params: &dyn Parameters, gradients: &mut Gradients) -> Result<()> {
        if self.l1 == 0.0 && self.l2 == 0.0 {
            return Ok(());
        }
        let mut result = Ok(());
        params.visit(&mut Path::root(), &mut |path, param| {
            let value = param.value();
            if result.is_err() || !param.requires_grad() || !self.applies(path.as_str(), value) {
                return;
            }
            let Some(gradient) = gradients.param_mut(param.id()) else {
                return;
            };
            if gradient.shape() != value.shape() || gradient.dtype() != value.dtype() {
                let problem = "its gradient has another shape or type";
                result = Err(Error::parameter(path.as_str(), problem));
                return;
            }
            result = match value.dtype() {
                DType::F64 => self.add::<f64>(value, gradient),
                _ => self.add::<f32>(value, gradient),
            };
        });
        result
    }

    fn add<T: FloatElement + Plain>(&self, value: &Tensor, gradient: &mut Tensor) -> Result<()> {
        let value = value.contiguous()?;
        let (l1, l2) = (self.l1, self.l2);
        for (g, &x) in gradient
            .make_mut::<T>()?
            .iter_mut()
            .zip(value.as_slice::<T>()?)
        {
            let x = nn_core::Element::to_f64(x);
            let sign = if x == 0.0 { 0.0 } else { x.signum() };
            let sum = nn_core::Element::to_f64(*g) + l1 * sign + l2 * x;
            *g = nn_core::Element::from_f64(sum);
        }
        Ok(())
    }
}
