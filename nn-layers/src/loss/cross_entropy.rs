//! Cross-entropy for one of several classes.

use nn_core::{CrossEntropy as Settings, Reduction, Result, Tensor};
use serde::{Deserialize, Serialize};

use super::targets;

/// `−Σᵢ tᵢ ln softmax(x)ᵢ` from logits `x`; with a label `y` that is `ln Σⱼ e^(xⱼ) − x_y`. One fused pass, which
/// never overflows. The loss of softmax regression and of most classifiers.
///
/// With label smoothing ε (Szegedy et al. 2016) the target is `(1 − ε)·t + ε/C`. With class weights the mean over
/// labels divides by the sum of the labels' weights. All as in PyTorch.
///
/// # Shapes
/// prediction `[…, C]`; target: labels `[…]` (`u32`, `i64` or `u8`) or probabilities `[…, C]`, one-hot or soft; the
/// result `[]`, or `[…]` if nothing is reduced.
///
/// ```
/// use nn_core::Tensor;
/// use nn_layers::loss::CrossEntropy;
/// # fn main() -> nn_core::Result<()> {
/// let logits = Tensor::from_vec(vec![0.0f32, 0.0, 1e4, -1e4], [2, 2])?;
/// let labels = Tensor::from_vec(vec![1u32, 0], [2])?;
/// let loss = CrossEntropy::default().forward(&logits, &labels)?.item()?;
/// assert!((loss - 2f64.ln() / 2.0).abs() < 1e-6);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CrossEntropy {
    /// ε, 0 to 1. Default 0.
    pub label_smoothing: f64,
    /// A weight for each class. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_weights: Option<Vec<f64>>,
    /// Samples with this label do not count. Default none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_index: Option<i64>,
    /// Default mean, over samples.
    pub reduction: Reduction,
}

impl CrossEntropy {
    /// The loss of the logits `prediction` against `target`.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] if the shapes do not fit; [`nn_core::Error::Value`] for a label that is no
    /// class, a negative weight, or smoothing outside 0 to 1.
    pub fn forward(&self, prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
        let weights = self.class_weights.as_ref();
        let settings = Settings {
            label_smoothing: self.label_smoothing,
            class_weights: targets::weights("cross_entropy", "class_weights", weights, prediction)?,
            ignore_index: self.ignore_index,
            reduction: self.reduction,
        };
        let soft = target.dtype().is_float() && target.dtype() != prediction.dtype();
        match soft {
            true => prediction.cross_entropy(&target.to_dtype(prediction.dtype())?, &settings),
            false => prediction.cross_entropy(target, &settings),
        }
    }
}
