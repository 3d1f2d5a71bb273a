//! Focal loss: cross-entropy that looks away from what is already right.

use nn_core::{Error, Reduction, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use super::{reduce, targets};

/// Below this 1 − p counts as this, so that its logarithm is finite.
const LEAST: f64 = 1e-30;

/// `−α_y·(1 − p_y)^γ·ln p_y` with p the softmax of the logits and y the label (Lin et al. 2017). With γ = 0 it is the
/// weighted cross-entropy; the greater γ, the less count samples that are told right with ease, as nearly all are where
/// one class is rare.
///
/// # Shapes
/// prediction `[…, C]`; labels `[…]` (`u32`, `i64` or `u8`); the result `[]`, or `[…]` if nothing is reduced.
///
/// ```
/// use nn_core::Tensor;
/// use nn_layers::loss::Focal;
/// # fn main() -> nn_core::Result<()> {
/// let logits = Tensor::from_vec(vec![0.0f32, 0.0], [1, 2])?;
/// let labels = Tensor::from_vec(vec![1u32], [1])?;
/// let loss = Focal::default().forward(&logits, &labels)?.item()?;
/// assert!((loss - 0.25 * 2f64.ln()).abs() < 1e-6);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Focal {
    /// γ, 0 or above. Default 2.
    pub gamma: f64,
    /// α: a weight for each class. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_weights: Option<Vec<f64>>,
    /// Default mean, over samples whatever their weights.
    pub reduction: Reduction,
}

impl Default for Focal {
    fn default() -> Self {
        Focal {
            gamma: 2.0,
            class_weights: None,
            reduction: Reduction::default(),
        }
    }
}

impl Focal {
    /// The loss of the logits `prediction` against labels.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] if the shapes do not fit; [`nn_core::Error::DType`] unless the labels are integers;
    /// [`nn_core::Error::Value`] for a label that is no class, a negative weight or a negative γ.
    pub fn forward(&self, prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
        const NAME: &str = "focal";
        check_gamma(NAME, self.gamma)?;
        let weights = self.class_weights.as_ref();
        targets::weights(NAME, "class_weights", weights, prediction)?;
        let labels: Vec<u32> = targets::classes(NAME, prediction, target, None)?
            .into_iter()
            .flatten()
            .collect();
        let batch = target.shape();
        let weights: Option<Vec<f64>> =
            weights.map(|weights| labels.iter().map(|&y| weights[y as usize]).collect());
        let column: Shape = batch.iter().copied().chain([1]).collect();
        let log_p = prediction
            .log_softmax(-1)?
            .gather(-1, &Tensor::from_vec(labels, column)?)?
            .squeeze(-1)?;
        // As e^(γ·ln(1 − p)): its derivative stays finite where p is 1.
        let rest = log_p.exp()?.neg()?.add_scalar(1.0)?.clamp(LEAST, 1.0)?;
        let focus = rest.ln()?.mul_scalar(self.gamma)?.exp()?;
        let mut losses = focus.mul(&log_p)?.neg()?;
        if let Some(weights) = weights {
            let weights = Tensor::from_vec(weights, batch)?;
            losses = losses.mul(&weights.to_dtype(prediction.dtype())?)?;
        }
        reduce(losses, self.reduction)
    }
}

/// `−α·t·(1 − p)^γ·ln p − (1 − α)·(1 − t)·p^γ·ln(1 − p)` with p = σ(x), from logits x (Lin et al. 2017). Without α both
/// weights are 1.
///
/// # Shapes
/// prediction and target alike (or `[N, 1]` and `[N]`); the result `[]`, or the prediction's shape if nothing is
/// reduced. Targets are labels 0 and 1 of any type, or probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BinaryFocal {
    /// γ, 0 or above. Default 2.
    pub gamma: f64,
    /// α, the weight of a yes, 0 to 1; that of a no is 1 − α. Default none: both are 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// Default mean, over all elements.
    pub reduction: Reduction,
}

impl Default for BinaryFocal {
    fn default() -> Self {
        BinaryFocal {
            gamma: 2.0,
            alpha: None,
            reduction: Reduction::default(),
        }
    }
}

impl BinaryFocal {
    /// The loss of the logits `prediction` against `target`.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] if the shapes differ; [`nn_core::Error::Value`] for a target or an α outside 0 to 1, or a
    /// negative γ.
    pub fn forward(&self, prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
        const NAME: &str = "binary_focal";
        check_gamma(NAME, self.gamma)?;
        if let Some(alpha) = self.alpha.filter(|alpha| !(0.0..=1.0).contains(alpha)) {
            let problem = format!("alpha must be from 0 to 1, {alpha} is not");
            return Err(Error::value(NAME, problem));
        }
        let target = targets::like_prediction(NAME, prediction, target)?;
        targets::expect_probabilities(NAME, &target)?;
        let (of_yes, of_no) = self.alpha.map_or((1.0, 1.0), |alpha| (alpha, 1.0 - alpha));
        let no = target.neg()?.add_scalar(1.0)?.mul_scalar(of_no)?;
        let yes = target.mul_scalar(of_yes)?;
        // −ln p and −ln(1 − p), which neither overflow nor cancel.
        let said_no = prediction.neg()?.softplus()?;
        let said_yes = prediction.softplus()?;
        let power = |minus_log: &Tensor| minus_log.mul_scalar(-self.gamma)?.exp();
        let misses = yes.mul(&power(&said_yes)?)?.mul(&said_no)?;
        let alarms = no.mul(&power(&said_no)?)?.mul(&said_yes)?;
        reduce(misses.add(&alarms)?, self.reduction)
    }
}

fn check_gamma(op: &'static str, gamma: f64) -> Result<()> {
    if gamma >= 0.0 && gamma.is_finite() {
        return Ok(());
    }
    let problem = format!("gamma must be 0 or above, {gamma} is not");
    Err(Error::value(op, problem))
}
