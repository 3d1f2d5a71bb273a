//! The margin loss for yes or no.

use nn_core::{DType, Error, Reduction, Result, Tensor};
use serde::{Deserialize, Serialize};

use super::{reduce, targets};

/// `max(0, m − t·x)` with `t = ±1`, or its square: the loss of the support vector machine.
///
/// Cortes and Vapnik 1995. With margin 0 it is the perceptron's criterion.
///
/// # Shapes
/// prediction and target alike (or `[N, 1]` and `[N]`); the result `[]`, or the prediction's shape if nothing is
/// reduced. Targets are −1 and 1, or labels 0 and 1 of an unsigned type, which are read as −1 and 1.
///
/// ```
/// use nn_core::Tensor;
/// use nn_layers::loss::Hinge;
/// # fn main() -> nn_core::Result<()> {
/// let x = Tensor::from_vec(vec![0.5f32, 3.0], [2])?;
/// let t = Tensor::from_vec(vec![1.0f32, -1.0], [2])?;
/// assert_eq!(Hinge::default().forward(&x, &t)?.item()?, (0.5 + 4.0) / 2.0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hinge {
    /// m. Default 1.
    pub margin: f64,
    /// Whether the loss is squared. Default `false`.
    pub squared: bool,
    /// Default mean, over all elements.
    pub reduction: Reduction,
}

impl Default for Hinge {
    fn default() -> Self {
        Hinge {
            margin: 1.0,
            squared: false,
            reduction: Reduction::Mean,
        }
    }
}

impl Hinge {
    /// The loss of the scores `prediction` against `target`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes differ; [`Error::Value`] for a target that is neither of the two.
    pub fn forward(&self, prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
        const NAME: &str = "hinge";
        let labels = matches!(target.dtype(), DType::U8 | DType::U32);
        let mut signs = targets::like_prediction(NAME, prediction, target)?;
        if labels {
            signs = signs.mul_scalar(2.0)?.sub_scalar(1.0)?;
        }
        let values = signs.to_dtype(DType::F64)?.to_vec::<f64>()?;
        if let Some(sign) = values.into_iter().find(|sign| sign.abs() != 1.0) {
            let problem = match labels {
                true => format!("labels must be 0 or 1, {} is not", (sign + 1.0) / 2.0),
                false => format!("targets must be -1 or 1, {sign} is not"),
            };
            return Err(Error::value(NAME, problem));
        }
        let losses = prediction
            .mul(&signs)?
            .neg()?
            .add_scalar(self.margin)?
            .relu()?;
        reduce(
            if self.squared {
                losses.square()?
            } else {
                losses
            },
            self.reduction,
        )
    }
}
