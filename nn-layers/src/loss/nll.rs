//! Negative log-likelihood.

use nn_core::{Reduction, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use super::targets;

/// `−w_y·x_y` for log-probabilities `x` and the label `y`; the mean divides by the sum of the labels' weights.
///
/// After [`LogSoftmax`](crate::LogSoftmax) it is [`CrossEntropy`](super::CrossEntropy), which takes logits and is
/// faster.
///
/// # Shapes
/// prediction `[…, C]`, labels `[…]` (`u32`, `i64` or `u8`); the result `[]`, or `[…]` if nothing is reduced.
///
/// ```
/// use nn_core::Tensor;
/// use nn_layers::loss::Nll;
/// # fn main() -> nn_core::Result<()> {
/// let log_p = Tensor::from_vec(vec![0.25f32, 0.75], [1, 2])?.ln()?;
/// let labels = Tensor::from_vec(vec![0u32], [1])?;
/// assert!((Nll::default().forward(&log_p, &labels)?.item()? - 4f64.ln()).abs() < 1e-6);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Nll {
    /// A weight for each class. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_weights: Option<Vec<f64>>,
    /// Samples with this label do not count. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_index: Option<i64>,
    /// Default mean, over samples.
    pub reduction: Reduction,
}

impl Nll {
    /// The loss of the log-probabilities `prediction` against labels.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] if the shapes do not fit; [`nn_core::Error::DType`] unless the labels are
    /// integers; [`nn_core::Error::Value`] for a label that is no class, or a negative weight.
    pub fn forward(&self, prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
        const NAME: &str = "nll";
        let labels = targets::classes(NAME, prediction, target, self.ignore_index)?;
        targets::weights(
            NAME,
            "class_weights",
            self.class_weights.as_ref(),
            prediction,
        )?;
        let weight_of = |class: u32| {
            self.class_weights
                .as_ref()
                .map_or(1.0, |w| w[class as usize])
        };
        let weights: Vec<f64> = labels
            .iter()
            .map(|label| label.map_or(0.0, weight_of))
            .collect();
        let total: f64 = weights.iter().sum();
        let counts: Vec<u8> = labels
            .iter()
            .map(|label| u8::from(label.is_some()))
            .collect();
        let classes: Vec<u32> = labels.iter().map(|label| label.unwrap_or(0)).collect();

        let batch = target.shape();
        let column: Shape = batch.iter().copied().chain([1]).collect();
        let likely = prediction
            .gather(-1, &Tensor::from_vec(classes, column)?)?
            .squeeze(-1)?;
        // Selected, not multiplied by 0: what is ignored may be infinite.
        let zero = Tensor::zeros((), prediction.dtype())?;
        let counted = Tensor::from_vec(counts, batch)?.where_cond(&likely, &zero)?;
        let weights = Tensor::from_vec(weights, batch)?.to_dtype(prediction.dtype())?;
        let losses = counted.mul(&weights)?.neg()?;
        match self.reduction {
            Reduction::None => Ok(losses),
            Reduction::Sum => losses.sum(..),
            Reduction::Mean => losses.sum(..)?.div_scalar(total),
        }
    }
}
