//! Mean squared error.

use nn_core::{Reduction, Result, Tensor};
use serde::{Deserialize, Serialize};

use super::{reduce, targets};

/// `(x − t)²`: the loss of linear regression.
///
/// # Shapes
/// prediction and target alike (or `[N, 1]` and `[N]`); the result `[]`, or the prediction's shape if nothing is
/// reduced. Integer targets are converted.
///
/// ```
/// use nn_core::Tensor;
/// use nn_layers::loss::Mse;
/// # fn main() -> nn_core::Result<()> {
/// let x = Tensor::from_vec(vec![1.0f32, 2.0], [2])?;
/// let t = Tensor::from_vec(vec![0.0f32, 4.0], [2])?;
/// assert_eq!(Mse::default().forward(&x, &t)?.item()?, 2.5);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mse {
    /// Default mean, over all elements.
    pub reduction: Reduction,
}

impl Mse {
    /// The loss of `prediction` against `target`.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] if the shapes differ.
    pub fn forward(&self, prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
        let target = targets::like_prediction("mse", prediction, target)?;
        reduce(prediction.sub(&target)?.square()?, self.reduction)
    }
}
