//! What was learnt from the data ([`Step`]): stored in a model and applied to every batch.

use std::fmt;

use nn_core::Tensor;
use serde::{Deserialize, Serialize};

use super::affine::Affine;
use super::scalers::{FixedScale, MeanRemoval, MinMaxScaler, StandardScaler};
use super::{Pca, Transform, Zca};
use crate::error::Result;

/// How the number of values of a sample changes in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Widths {
    /// Samples of any width keep it.
    Any,
    /// Only samples of this width are taken, and keep it.
    Keeps(usize),
    /// Samples of one width get another.
    Changes { from: usize, to: usize },
}

/// A fitted step that is more than a scaling of each value by itself.
pub(crate) trait Fitted: Transform {
    /// What it takes and gives.
    fn widths(&self) -> Widths;

    /// Whether the first values of what it gives are the columns it took, in their places.
    fn keeps_columns(&self) -> bool {
        false
    }

    /// The gradient for `input` from the gradient for what became of it.
    fn pull_back(&self, input: &Tensor, gradient: &Tensor) -> Result<Tensor>;
}

/// A fitted step, as it is stored in a model.
///
/// In the binary form of a model a step is known by its place in this list: new ones are added at the end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// The same for all data.
    Fixed(FixedScale),
    /// Mean removal.
    Mean(MeanRemoval),
    /// To a range.
    MinMax(MinMaxScaler),
    /// To mean 0 and standard deviation 1.
    Standard(StandardScaler),
    /// By principal components, whitened or not.
    Pca(Pca),
    /// Whitened, but still in the place of the columns.
    Zca(Zca),
}

/// What a step comes down to.
pub(super) enum Act<'a> {
    /// Each value by itself: fused with its neighbours.
    Affine(Affine),
    /// Anything else.
    Other(&'a dyn Fitted),
}

impl Step {
    pub(super) fn act(&self) -> Result<Act<'_>> {
        Ok(match self {
            Step::Fixed(step) => Act::Affine(step.affine()?),
            Step::Mean(step) => Act::Affine(step.affine()?),
            Step::MinMax(step) => Act::Affine(step.affine()?),
            Step::Standard(step) => Act::Affine(step.affine()?),
            Step::Pca(step) => Act::Other(step),
            Step::Zca(step) => Act::Other(step),
        })
    }
}

impl Transform for Step {
    fn output_shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        match self.act()? {
            Act::Affine(affine) => affine
                .check_width(sample.iter().product())
                .map(|()| sample.to_vec()),
            Act::Other(step) => step.output_shape(sample),
        }
    }

    fn apply(&self, batch: &mut Tensor) -> Result<()> {
        match self.act()? {
            Act::Affine(affine) => affine.apply(batch),
            Act::Other(step) => step.apply(batch),
        }
    }

    fn apply_inverse(&self, batch: &mut Tensor) -> Result<()> {
        match self.act()? {
            Act::Affine(affine) => affine.apply_inverse(batch),
            Act::Other(step) => step.apply_inverse(batch),
        }
    }
}

/// What it does, in a few words, for people.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Fixed(step) => {
                write!(f, "x · {}", Short(step.factor))?;
                match step.offset {
                    0.0 => Ok(()),
                    offset => write!(f, " + {}", Short(offset)),
                }
            }
            Step::Mean(_) => f.write_str("minus the mean"),
            Step::MinMax(step) => write!(f, "to the range {} to {}", step.low, step.high),
            Step::Standard(_) => f.write_str("to mean 0, deviation 1"),
            Step::Pca(step) => {
                let (count, width) = (step.components().dims()[0], step.mean().len());
                let explained: f64 = step.explained_variance_ratio().iter().sum();
                let white = if step.whitening().is_some() {
                    ", whitened"
                } else {
                    ""
                };
                write!(
                    f,
                    "{count} principal components of {width} values ({:.1} % of the variance){white}",
                    100.0 * explained
                )
            }
            Step::Zca(_) => f.write_str("ZCA whitening"),
        }
    }
}

/// A setting with at most four significant digits.
struct Short(f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = match self.0.abs() {
            0.0 => 0,
            size => (3.0 - size.log10().floor()).clamp(0.0, 9.0) as usize,
        };
        let text = format!("{:.places$}", self.0);
        match text.contains('.') {
            true => f.write_str(text.trim_end_matches('0').trim_end_matches('.')),
            false => f.write_str(&text),
        }
    }
}
