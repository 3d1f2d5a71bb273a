//! Cross-entropy for yes or no.

use nn_core::{Reduction, Result, Tensor};
use serde::{Deserialize, Serialize};

use super::{reduce, targets};

/// `−(w·t·ln σ(x) + (1 − t)·ln(1 − σ(x)))` from logits `x`, computed as `w·t·softplus(−x) + (1 − t)·softplus(x)`,
/// which neither overflows nor cancels.
///
/// The loss of logistic regression. With several outputs each is a question of its own (multi-label).
///
/// # Shapes
/// prediction and target alike (or `[N, 1]` and `[N]`); the result `[]`, or the prediction's shape if nothing is
/// reduced. Targets are labels 0 and 1 of any type, or probabilities.
///
/// ```
/// use nn_core::Tensor;
/// use nn_layers::loss::BinaryCrossEntropy;
/// # fn main() -> nn_core::Result<()> {
/// let logits = Tensor::from_vec(vec![0.0f32, 1e4], [2, 1])?;
/// let labels = Tensor::from_vec(vec![1u32, 1], [2])?;
/// let loss = BinaryCrossEntropy::default().forward(&logits, &labels)?.item()?;
/// assert!((loss - 2f64.ln() / 2.0).abs() < 1e-6);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BinaryCrossEntropy {
    /// The weight `w` of a yes, for each output: above 1 where yes is rare. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pos_weight: Option<Vec<f64>>,
    /// A weight for each output's loss. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_weights: Option<Vec<f64>>,
    /// Default mean, over all elements.
    pub reduction: Reduction,
}

impl BinaryCrossEntropy {
    /// The loss of the logits `prediction` against `target`.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] if the shapes differ or there are not as many weights as outputs;
    /// [`nn_core::Error::Value`] for a target outside 0 to 1, or a negative weight.
    pub fn forward(&self, prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
        const NAME: &str = "binary_cross_entropy";
        let target = targets::like_prediction(NAME, prediction, target)?;
        targets::expect_probabilities(NAME, &target)?;
        let mut yes = target.clone();
        if let Some(weight) =
            targets::weights(NAME, "pos_weight", self.pos_weight.as_ref(), prediction)?
        {
            yes = yes.mul(&weight)?;
        }
        let no = target.neg()?.add_scalar(1.0)?;
        let said_no = prediction.neg()?.softplus()?;
        let said_yes = prediction.softplus()?;
        let mut losses = yes.mul(&said_no)?.add(&no.mul(&said_yes)?)?;
        if let Some(weight) = targets::weights(
            NAME,
            "class_weights",
            self.class_weights.as_ref(),
            prediction,
        )? {
            losses = losses.mul(&weight)?;
        }
        reduce(losses, self.reduction)
    }
}
