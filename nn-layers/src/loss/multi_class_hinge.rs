//! The margin loss for one of several classes.

use nn_core::{Reduction, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use super::{reduce, targets};

/// How far the other classes' scores come within a margin `m` of the right one's, `m + x_j − x_y` for `j ≠ y`:
///
/// * all of them (Weston and Watkins 1999, PyTorch's `multi_margin_loss`): `Σⱼ max(0, m + x_j − x_y) / C`
/// * the worst (Crammer and Singer 2001, scikit-learn's `hinge_loss`): `max(0, m + maxⱼ x_j − x_y)`
///
/// # Shapes
/// prediction `[…, C]`, labels `[…]` (`u32`, `i64` or `u8`); the result `[]`, or `[…]` if nothing is reduced.
///
/// ```
/// use nn_core::Tensor;
/// use nn_layers::loss::{MultiClassHinge, Rivals};
/// # fn main() -> nn_core::Result<()> {
/// let scores = Tensor::from_vec(vec![2.0f32, 1.5, 1.75, -9.0], [1, 4])?;
/// let labels = Tensor::from_vec(vec![0u32], [1])?;
/// let all = MultiClassHinge::default();
/// assert_eq!(all.forward(&scores, &labels)?.item()?, (0.5 + 0.75) / 4.0);
/// let worst = MultiClassHinge { rivals: Rivals::Worst, ..all };
/// assert_eq!(worst.forward(&scores, &labels)?.item()?, 0.75);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MultiClassHinge {
    /// m. Default 1.
    pub margin: f64,
    /// Which of the other classes count. Default all.
    pub rivals: Rivals,
    /// Default mean, over samples.
    pub reduction: Reduction,
}

/// Which of the wrong classes a [`MultiClassHinge`] counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rivals {
    /// All, divided by the number of classes.
    #[default]
    All,
    /// The one with the highest score.
    Worst,
}

impl Default for MultiClassHinge {
    fn default() -> Self {
        MultiClassHinge {
            margin: 1.0,
            rivals: Rivals::All,
            reduction: Reduction::Mean,
        }
    }
}

impl MultiClassHinge {
    /// The loss of the scores `prediction` against labels.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] if the shapes do not fit; [`nn_core::Error::DType`] unless the labels are
    /// integers; [`nn_core::Error::Value`] for a label that is no class.
    pub fn forward(&self, prediction: &Tensor, target: &Tensor) -> Result<Tensor> {
        let labels: Vec<u32> = targets::classes("multi_class_hinge", prediction, target, None)?
            .into_iter()
            .flatten()
            .collect();
        let classes = prediction.dims().last().copied().unwrap_or(1);
        let mut is_right = vec![0u8; prediction.len()];
        for (row, &label) in is_right.chunks_exact_mut(classes.max(1)).zip(&labels) {
            row[label as usize] = 1;
        }
        let is_right = Tensor::from_vec(is_right, prediction.shape())?;
        let column: Shape = target.dims().iter().copied().chain([1]).collect();
        let right = prediction.gather(-1, &Tensor::from_vec(labels, column)?)?;
        let none = Tensor::full((), f64::NEG_INFINITY, prediction.dtype())?;
        let excess =
            is_right.where_cond(&none, &prediction.sub(&right)?.add_scalar(self.margin)?)?;
        let losses = match self.rivals {
            Rivals::All => excess.relu()?.sum(-1)?.div_scalar(classes as f64)?,
            Rivals::Worst => excess.max(-1)?.relu()?,
        };
        reduce(losses, self.reduction)
    }
}
