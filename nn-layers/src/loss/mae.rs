//! Mean absolute error.

use nn_core::{Reduction, Result, Tensor};
use serde::{Deserialize, Serialize};

use super::{reduce, targets};

/// `|x − t|`: less moved by outliers than the square. Its derivative at 0 is taken as 0.
///
/// # Shapes
/// prediction and target alike (or `[N, 1]` and `[N]`); the result `[]`, or the prediction's shape if nothing is
/// reduced. Integer targets are converted.
///
/// ```
/// use nn_core::Tensor;
/// use nn_layers::loss::Mae;
/// # fn main() -> nn_core::Result<()> {
/// let x = Tensor::from_vec(vec![1.0f32, 2.0], [2])?;
/// let t = Tensor::from_vec(vec![0.0f32, 4.0], [2])?;
/// assert_eq!(Mae::default().forward(&x, &t)?.item()?, 1.5);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mae {
    /// Default mean, over all elements.
    pub reduction: Reduction,
}

impl Mae {
    /// The loss of `prediction` against `target`.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] if the shapes differ.
    pub fn forward(&self, prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
        let target = targets::like_prediction("mae", prediction, target)?;
        reduce(prediction.sub(&target)?.abs()?, self.reduction)
    }
}
