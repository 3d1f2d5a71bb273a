//! Kullback and Leibler's divergence.

use nn_core::{Reduction, Result, Tensor};
use serde::{Deserialize, Serialize};

use super::targets;

/// `Σᵢ tᵢ·(ln tᵢ − ln pᵢ)` with `0·ln 0 = 0`: how far the predicted distribution `p` is from the target `t`.
///
/// Kullback and Leibler 1951. The mean is over samples (PyTorch's `batchmean`), which is the divergence; PyTorch's
/// `mean` divides by the number of classes too.
///
/// # Shapes
/// prediction `[…, C]`, target alike; the result `[]`, or the terms `[…, C]` if nothing is reduced.
///
/// ```
/// use nn_core::Tensor;
/// use nn_layers::loss::KlDivergence;
/// # fn main() -> nn_core::Result<()> {
/// let logits = Tensor::from_vec(vec![0.0f32, 0.0], [1, 2])?; // p = (½, ½)
/// let target = Tensor::from_vec(vec![1.0f32, 0.0], [1, 2])?;
/// let divergence = KlDivergence::default().forward(&logits, &target)?.item()?;
/// assert!((divergence - 2f64.ln()).abs() < 1e-6);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KlDivergence {
    /// Whether the prediction is logits; otherwise it is `ln p`. Default `true`.
    pub from_logits: bool,
    /// Whether the target is `ln t`; otherwise it is `t`. Default `false`.
    pub log_target: bool,
    /// Default mean, over samples.
    pub reduction: Reduction,
}

impl Default for KlDivergence {
    fn default() -> Self {
        KlDivergence {
            from_logits: true,
            log_target: false,
            reduction: Reduction::Mean,
        }
    }
}

impl KlDivergence {
    /// The divergence of `prediction` from `target`.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] if the shapes differ; [`nn_core::Error::Value`] for a target outside 0 to 1.
    pub fn forward(&self, prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
        const NAME: &str = "kl_divergence";
        let target = targets::like_prediction(NAME, prediction, target)?;
        let (t, log_t) = if self.log_target {
            (target.exp()?, target)
        } else {
            targets::expect_probabilities(NAME, &target)?;
            // 0·ln 0 becomes 0 times the logarithm of a number that f32 still tells from 0.
            let log = target.clamp(f64::from(f32::MIN_POSITIVE), 1.0)?.ln()?;
            (target, log)
        };
        let log_p = match self.from_logits {
            true => prediction.log_softmax(-1)?,
            false => prediction.clone(),
        };
        let terms = t.mul(&log_t.sub(&log_p)?)?;
        let classes = prediction.dims().last().copied().unwrap_or(1);
        match self.reduction {
            Reduction::None => Ok(terms),
            Reduction::Sum => terms.sum(..),
            Reduction::Mean => terms.mean(..)?.mul_scalar(classes as f64),
        }
    }
}
