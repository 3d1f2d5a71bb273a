//! How good predictions are: one file per metric, each as a function over slices and as an
//! accumulator that is fed batch by batch.
//!
//! Definitions and edge cases follow scikit-learn; where a quotient has the denominator 0 its value
//! is 0 and a flag says so.
//!
//! | question | where |
//! |---|---|
//! | how often is it right, and what is taken for what | [`accuracy`], [`ConfusionMatrix`], [`ClassificationReport`] |
//! | does it find a rare class | [`BinaryCounts`]: precision, recall, F_β, specificity, MCC, κ |
//! | does it rank well, whatever the threshold | [`RankedScores`]: ROC, precision and recall, areas |
//! | from which score on is a sample positive | [`RankedScores::best_threshold`] |
//! | are its probabilities probabilities | [`calibration_curve`], [`brier_score`], [`log_loss`] |
//! | several classes in one number | [`Average`], [`roc_auc_classes`], [`ConfusionMatrix::mcc`] |
//! | several labels a sample | [`MultiLabelScores`] |
//! | predicted numbers | [`RegressionScores`] |
//! | is the difference one, and what does doing nothing reach | [`Bootstrap`], [`Baseline`] |

mod accuracy;
mod agreement;
mod average;
mod baseline;
mod binomial;
mod blocks;
mod bootstrap;
mod brier;
mod calibration;
mod confusion;
mod counts;
mod curve;
mod log_loss;
mod meter;
mod multi_class;
mod multi_label;
mod precision_recall;
mod ranked;
mod ranking_intervals;
mod regression;
mod report;
mod running_mean;
mod score;
mod threshold;
mod top_k;

pub use accuracy::{Accuracy, accuracy, argmax_rows};
pub use agreement::KappaWeights;
pub use average::{Average, one_against_rest};
pub use baseline::Baseline;
pub use bootstrap::{Bootstrap, Interval};
pub use brier::{brier_score, brier_score_classes};
pub use calibration::{
    Binning, CalibrationBin, calibration_curve, calibration_error, expected_calibration_error,
};
pub use confusion::{ConfusionMatrix, Normalize};
pub use counts::BinaryCounts;
pub use curve::{PrecisionRecallCurve, RocCurve};
pub use log_loss::{LogLoss, binary_log_loss, log_loss};
pub use meter::{ClassificationMeter, RegressionMeter};
pub use multi_class::{Against, average_precision_classes, roc_auc_classes};
pub use multi_label::MultiLabelScores;
pub use precision_recall::{Averages, ClassScores, binary_scores, precision_recall_f1};
pub use ranked::RankedScores;
pub use ranking_intervals::RankingIntervals;
pub use regression::{
    RegressionErrors, RegressionScores, mean_absolute_error, mean_squared_error, r2_score,
    root_mean_squared_error,
};
pub use report::ClassificationReport;
pub use running_mean::RunningMean;
pub use score::Score;
pub use threshold::{Threshold, ThresholdRule};
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

/// How far from 1 the probabilities of a sample may add up: single precision over very many classes.
const SUM_TOLERANCE: f64 = 1e-3;

/// Checks that `probabilities` is `[samples, classes]`, that each true class is one of them, and that each row is a
/// distribution: no number below 0, and 1 together.
fn check_distributions<L: ClassIndex, S: Score>(
    what: &'static str,
    truth: &[L],
    probabilities: &[S],
    classes: usize,
) -> Result<()> {
    check_scores(what, truth, probabilities, classes)?;
    for (sample, row) in probabilities.chunks_exact(classes.max(1)).enumerate() {
        let (mut sum, mut lowest) = (0.0, 0.0f64);
        for p in row {
            sum += p.wide();
            lowest = lowest.min(p.wide());
        }
        // Written so that NaN fails.
        if lowest >= -1e-6 && (sum - 1.0).abs() <= SUM_TOLERANCE {
            continue;
        }
        let problem = if lowest < -1e-6 {
            format!("sample {sample} has the probability {lowest}, which is below 0")
        } else if sum.is_nan() {
            format!("sample {sample} has a probability that is not a number")
        } else {
            format!(
                "the probabilities of sample {sample} add up to {sum}, not to 1; give probabilities, not logits"
            )
        };
        return Err(Error::argument(what, problem));
    }
    Ok(())
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
