//! How good predictions are: one file per metric, each as a function over slices and as an
//! accumulator that is fed batch by batch.
//!
//! Definitions and edge cases follow scikit-learn; where a quotient has the denominator 0 its value
//! is 0 and a flag says so.

mod accuracy;
mod confusion;
mod log_loss;
mod meter;
mod precision_recall;
mod regression;
mod report;
mod running_mean;
mod top_k;

pub use accuracy::{Accuracy, accuracy, argmax_rows};
pub use confusion::{ConfusionMatrix, Normalize};
pub use log_loss::{LogLoss, log_loss};
pub use meter::{ClassificationMeter, RegressionMeter};
pub use precision_recall::{Averages, ClassScores, binary_scores, precision_recall_f1};
pub use regression::{
    RegressionErrors, RegressionScores, mean_absolute_error, mean_squared_error, r2_score,
    root_mean_squared_error,
};
pub use report::ClassificationReport;
pub use running_mean::RunningMean;
pub use top_k::{TopK, top_k_accuracy};

use crate::error::{Error, Result};

/// An integer that numbers a class.
pub trait ClassIndex: Copy {
    /// The class as an index, or `None` if it cannot be one.
    fn index(self) -> Option<usize>;
}

impl ClassIndex for u32 {
    fn index(self) -> Option<usize> {
        usize::try_from(self).ok()
    }
}

impl ClassIndex for usize {
    fn index(self) -> Option<usize> {
        Some(self)
    }
}

impl ClassIndex for u8 {
    fn index(self) -> Option<usize> {
        Some(self.into())
    }
}

impl ClassIndex for i64 {
    fn index(self) -> Option<usize> {
        usize::try_from(self).ok()
    }
}

fn same_length(what: &'static str, truth: usize, predicted: usize) -> Result<()> {
    if truth == predicted {
        return Ok(());
    }
    Err(Error::argument(
        what,
        format!("{truth} true values but {predicted} predictions"),
    ))
}

fn not_empty(what: &'static str, samples: usize) -> Result<()> {
    match samples {
        0 => Err(Error::argument(what, "there are no samples")),
        _ => Ok(()),
    }
}

/// Checks that `scores` is `[samples, classes]` and that each true class is one of them.
fn check_scores<L: ClassIndex, S>(
    what: &'static str,
    truth: &[L],
    scores: &[S],
    classes: usize,
) -> Result<()> {
    if truth.len().checked_mul(classes) != Some(scores.len()) {
        let problem = format!(
            "{} scores for {} samples of {classes} classes",
            scores.len(),
            truth.len()
        );
        return Err(Error::argument(what, problem));
    }
    truth
        .iter()
        .enumerate()
        .try_for_each(|(i, &t)| class(what, i, t, classes).map(|_| ()))
}

fn class<L: ClassIndex>(
    what: &'static str,
    sample: usize,
    label: L,
    classes: usize,
) -> Result<usize> {
    match label.index() {
        Some(index) if index < classes => Ok(index),
        Some(index) => Err(Error::argument(
            what,
            format!("sample {sample} has label {index} but there are {classes} classes"),
        )),
        None => Err(Error::argument(
            what,
            format!("sample {sample} has a negative label"),
        )),
    }
}

/// `numerator / denominator`, or 0 and true where the denominator is 0.
fn quotient(numerator: f64, denominator: f64) -> (f64, bool) {
    if denominator == 0.0 {
        (0.0, true)
    } else {
        (numerator / denominator, false)
    }
}
