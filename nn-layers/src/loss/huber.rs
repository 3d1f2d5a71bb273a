//! Huber's loss.

use nn_core::{Error, Reduction, Result, Tensor};
use serde::{Deserialize, Serialize};

use super::{reduce, targets};

/// `½d²` where `|d| ≤ δ`, `δ(|d| − ½δ)` beyond, with `d = x − t`: squared for small errors, absolute for outliers.
///
/// Huber 1964, "Robust estimation of a location parameter".
///
/// # Shapes
/// prediction and target alike (or `[N, 1]` and `[N]`); the result `[]`, or the prediction's shape if nothing is
/// reduced. Integer targets are converted.
///
/// ```
/// use nn_core::Tensor;
/// use nn_layers::loss::Huber;
/// # fn main() -> nn_core::Result<()> {
/// let x = Tensor::from_vec(vec![1.0f32, 14.0], [2])?;
/// let t = Tensor::from_vec(vec![0.0f32, 4.0], [2])?;
/// assert_eq!(Huber::default().forward(&x, &t)?.item()?, (0.5 + 9.5) / 2.0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Huber {
    /// Where the square ends, above 0. Default 1.
    pub delta: f64,
    /// Default mean, over all elements.
    pub reduction: Reduction,
}

impl Default for Huber {
    fn default() -> Self {
        Huber {
            delta: 1.0,
            reduction: Reduction::Mean,
        }
    }
}

impl Huber {
    /// The loss of `prediction` against `target`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes differ; [`Error::Value`] unless δ is above 0.
    pub fn forward(&self, prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
        if !(self.delta > 0.0 && self.delta.is_finite()) {
            return Err(Error::value(
                "huber",
                format!("delta = {} must be above 0 and finite", self.delta),
            ));
        }
        let target = targets::like_prediction("huber", prediction, target)?;
        let distance = prediction.sub(&target)?.abs()?;
        // With c = min(|d|, δ) both branches are c·(|d| − c/2).
        let near = distance.clamp(0.0, self.delta)?;
        reduce(
            near.mul(&distance.sub(&near.mul_scalar(0.5)?)?)?,
            self.reduction,
        )
    }
}
