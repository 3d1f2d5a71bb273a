//! Losses: what training makes small. One file each.
//!
//! Each is a plain struct of settings with `forward(prediction, target)`; [`Loss`] is any of them, as a recipe
//! names it.

mod binary_cross_entropy;
mod cross_entropy;
mod focal;
mod hinge;
mod huber;
mod kl_divergence;
mod mae;
mod mse;
mod multi_class_hinge;
mod nll;
mod targets;
#[cfg(test)]
mod tests;

use nn_core::{Result, Tensor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use binary_cross_entropy::BinaryCrossEntropy;
pub use cross_entropy::CrossEntropy;
pub use focal::{BinaryFocal, Focal};
pub use hinge::Hinge;
pub use huber::Huber;
pub use kl_divergence::KlDivergence;
pub use mae::Mae;
pub use mse::Mse;
pub use multi_class_hinge::{MultiClassHinge, Rivals};
pub use nll::Nll;
pub use nn_core::Reduction;

use crate::spec::read;

/// Any of the losses. In a recipe it is its name, or a table with settings:
/// `"cross_entropy"`, `{ type = "huber", delta = 0.5 }`.
///
/// ```
/// use nn_core::Tensor;
/// use nn_layers::Loss;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let loss: Loss = serde_json::from_str(r#"{"type": "cross_entropy", "label_smoothing": 0.1}"#)?;
/// let logits = Tensor::from_vec(vec![2.0f32, -1.0, 0.5, 0.0], [2, 2])?;
/// let labels = Tensor::from_vec(vec![0u32, 1], [2])?;
/// assert!(loss.forward(&logits, &labels)?.item()? > 0.0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "type", rename_all = "snake_case")]
pub enum Loss {
    /// Mean squared error.
    Mse(Mse),
    /// Mean absolute error.
    #[serde(alias = "l1")]
    Mae(Mae),
    /// Squared near 0, absolute far from it.
    Huber(Huber),
    /// For yes or no, one question or several, from logits.
    #[serde(alias = "bce")]
    BinaryCrossEntropy(BinaryCrossEntropy),
    /// For one of several classes, from logits.
    CrossEntropy(CrossEntropy),
    /// For one of several classes of which some are rare, from logits.
    Focal(Focal),
    /// For yes or no where yes is rare, from logits.
    BinaryFocal(BinaryFocal),
    /// For one of several classes, from log-probabilities.
    Nll(Nll),
    /// For yes or no, with a margin.
    Hinge(Hinge),
    /// For one of several classes, with a margin.
    MultiClassHinge(MultiClassHinge),
    /// Between distributions.
    #[serde(alias = "kl_div")]
    KlDivergence(KlDivergence),
}

impl Serialize for Loss {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Loss::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Loss {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::tagged("loss", deserializer, Loss::deserialize)
    }
}

impl Loss {
    /// The loss of `prediction` against `target`: one number, unless the reduction is none.
    ///
    /// # Errors
    /// Those of the loss at hand: shapes that do not fit, labels that are no class.
    pub fn forward(&self, prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
        match self {
            Loss::Mse(loss) => loss.forward(prediction, target),
            Loss::Mae(loss) => loss.forward(prediction, target),
            Loss::Huber(loss) => loss.forward(prediction, target),
            Loss::BinaryCrossEntropy(loss) => loss.forward(prediction, target),
            Loss::CrossEntropy(loss) => loss.forward(prediction, target),
            Loss::Focal(loss) => loss.forward(prediction, target),
            Loss::BinaryFocal(loss) => loss.forward(prediction, target),
            Loss::Nll(loss) => loss.forward(prediction, target),
            Loss::Hinge(loss) => loss.forward(prediction, target),
            Loss::MultiClassHinge(loss) => loss.forward(prediction, target),
            Loss::KlDivergence(loss) => loss.forward(prediction, target),
        }
    }

    /// By how much the mean over a batch with these targets counts in the mean over several batches: the number of samples, or
    /// the sum of the labels' class weights where the mean divides by that.
    ///
    /// # Errors
    /// [`nn_core::Error::DType`] unless labels are integers; [`nn_core::Error::Value`] for a label without a weight.
    pub fn mean_weight(&self, target: &Tensor) -> Result<f64> {
        let samples = target.dims().first().copied().unwrap_or(1) as f64;
        let (weights, ignored) = match self {
            Loss::CrossEntropy(loss) => (loss.class_weights.as_ref(), loss.ignore_index),
            Loss::Nll(loss) => (loss.class_weights.as_ref(), loss.ignore_index),
            _ => (None, None),
        };
        if (weights.is_none() && ignored.is_none()) || target.dtype().is_float() {
            return Ok(samples);
        }
        let labels = target.to_dtype(nn_core::DType::I64)?.to_vec::<i64>()?;
        let counted = labels.into_iter().filter(|&label| Some(label) != ignored);
        counted
            .map(|label| {
                let Some(weights) = weights else {
                    return Ok(1.0);
                };
                let weight = usize::try_from(label).ok().and_then(|at| weights.get(at));
                weight.copied().ok_or_else(|| {
                    let problem = format!("label {label} is none of {} classes", weights.len());
                    nn_core::Error::value(self.name(), problem)
                })
            })
            .sum()
    }

    /// The name a recipe uses.
    pub fn name(&self) -> &'static str {
        match self {
            Loss::Mse(_) => "mse",
            Loss::Mae(_) => "mae",
            Loss::Huber(_) => "huber",
            Loss::BinaryCrossEntropy(_) => "binary_cross_entropy",
            Loss::CrossEntropy(_) => "cross_entropy",
            Loss::Focal(_) => "focal",
            Loss::BinaryFocal(_) => "binary_focal",
            Loss::Nll(_) => "nll",
            Loss::Hinge(_) => "hinge",
            Loss::MultiClassHinge(_) => "multi_class_hinge",
            Loss::KlDivergence(_) => "kl_divergence",
        }
    }

    /// What a network trained with this loss predicts, from what it puts out: probabilities from logits (softmax
    /// or sigmoid) or log-probabilities, and the output itself where it means what it says.
    ///
    /// # Errors
    /// [`nn_core::Error::Index`] if `output` has no axis of classes; [`nn_core::Error::DType`] unless it holds
    /// floats.
    pub fn response(&self, output: &Tensor) -> Result<Tensor> {
        match self {
            Loss::CrossEntropy(_) | Loss::Focal(_) => output.softmax(-1),
            Loss::KlDivergence(loss) if loss.from_logits => output.softmax(-1),
            Loss::Nll(_) | Loss::KlDivergence(_) => output.exp(),
            Loss::BinaryCrossEntropy(_) | Loss::BinaryFocal(_) => output.sigmoid(),
            Loss::Mse(_)
            | Loss::Mae(_)
            | Loss::Huber(_)
            | Loss::Hinge(_)
            | Loss::MultiClassHinge(_) => Ok(output.clone()),
        }
    }
}

macro_rules! from_settings {
    ($($kind:ident),*) => {$(
        impl From<$kind> for Loss {
            fn from(loss: $kind) -> Loss {
                Loss::$kind(loss)
            }
        }
    )*};
}

from_settings!(
    Mse,
    Mae,
    Huber,
    BinaryCrossEntropy,
    CrossEntropy,
    Focal,
    BinaryFocal,
    Nll,
    Hinge,
    MultiClassHinge,
    KlDivergence
);

/// Many losses to what was asked for.
fn reduce(losses: Tensor, reduction: Reduction) -> Result<Tensor> {
    match reduction {
        Reduction::Mean => losses.mean(..),
        Reduction::Sum => losses.sum(..),
        Reduction::None => Ok(losses),
    }
}
