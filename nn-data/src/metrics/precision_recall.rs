//! Precision, recall and F1: per class, binary, and averaged (micro, macro, weighted).

use serde::{Deserialize, Serialize};

use super::{ClassIndex, ConfusionMatrix, class, quotient, same_length};
use crate::error::{Error, Result};

/// Precision, recall and F1 of one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    /// The class.
    pub name: String,
    /// tp / (tp + fp): how many of the samples taken for this class are of it.
    pub precision: f64,
    /// tp / (tp + fn): how many of the samples of this class were found.
    pub recall: f64,
    /// 2·tp / (2·tp + fp + fn): the harmonic mean of both.
    pub f1: f64,
    /// Samples of this class.
    pub support: u64,
    /// No sample was taken for this class: the precision is undefined and given as 0.
    pub precision_undefined: bool,
    /// There is no sample of this class: the recall is undefined and given as 0.
    pub recall_undefined: bool,
}

impl ClassScores {
    fn new(name: &str, hits: u64, predicted: u64, support: u64) -> Self {
        let (precision, precision_undefined) = quotient(hits as f64, predicted as f64);
        let (recall, recall_undefined) = quotient(hits as f64, support as f64);
        let (f1, _) = quotient(2.0 * hits as f64, (predicted + support) as f64);
        let name = name.to_string();
        ClassScores {
            name,
            precision,
            recall,
            f1,
            support,
            precision_undefined,
            recall_undefined,
        }
    }

    /// Whether the class occurs among the true labels or the predictions.
    pub fn occurs(&self) -> bool {
        !(self.precision_undefined && self.recall_undefined)
    }
}

/// Precision, recall and F1 averaged over classes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Averages {
    /// Average precision of the classes.
    pub precision: f64,
    /// Average recall of the classes.
    pub recall: f64,
    /// Average F1 of the classes.
    pub f1: f64,
}

impl Averages {
    /// From the counts of all classes together; for one label per sample all three are the accuracy.
    pub fn micro(matrix: &ConfusionMatrix) -> Self {
        let (share, _) = quotient(matrix.correct() as f64, matrix.total() as f64);
        Averages {
            precision: share,
            recall: share,
            f1: share,
        }
    }

    /// The plain mean over the classes that occur among the true labels or the predictions.
    pub fn macro_mean(classes: &[ClassScores]) -> Self {
        Self::mean(classes, |c| if c.occurs() { 1.0 } else { 0.0 })
    }

    /// The mean over classes, each weighted by its number of samples.
    pub fn weighted(classes: &[ClassScores]) -> Self {
        Self::mean(classes, |c| c.support as f64)
    }

    fn mean(classes: &[ClassScores], weight: impl Fn(&ClassScores) -> f64) -> Self {
        let total: f64 = classes.iter().map(&weight).sum();
        let of = |score: fn(&ClassScores) -> f64| {
            quotient(classes.iter().map(|c| weight(c) * score(c)).sum(), total).0
        };
        Averages {
            precision: of(|c| c.precision),
            recall: of(|c| c.recall),
            f1: of(|c| c.f1),
        }
    }
}

/// Precision, recall and F1 of every class of a confusion matrix.
///
/// ```
/// use nn_data::metrics::{Averages, ConfusionMatrix, precision_recall_f1};
///
/// let mut matrix = ConfusionMatrix::with_classes(3)?;
/// matrix.add(&[0u32, 1, 2, 0, 1, 2], &[0, 2, 1, 0, 0, 1])?;
/// let classes = precision_recall_f1(&matrix);
/// assert_eq!(classes[0].recall, 1.0);
/// let mean = Averages::macro_mean(&classes);
/// assert!((mean.f1 - 0.8 / 3.0).abs() < 1e-15);
/// # Ok::<(), nn_data::Error>(())
/// ```
pub fn precision_recall_f1(matrix: &ConfusionMatrix) -> Vec<ClassScores> {
    let (support, predicted) = (matrix.truth_counts(), matrix.predicted_counts());
    let scores = |(c, name): (usize, &String)| {
        ClassScores::new(name, matrix.count(c, c), predicted[c], support[c])
    };
    matrix.names().iter().enumerate().map(scores).collect()
}

/// Precision, recall and F1 of the class `positive`, every other class being negative.
///
/// # Errors
/// If the lengths differ or are 0, or a label is negative.
pub fn binary_scores<L: ClassIndex>(
    truth: &[L],
    predicted: &[L],
    positive: usize,
) -> Result<ClassScores> {
    let what = "precision and recall";
    same_length(what, truth.len(), predicted.len())?;
    if truth.is_empty() {
        return Err(Error::argument(what, "there are no samples"));
    }
    let (mut hits, mut guesses, mut support) = (0, 0, 0);
    for (sample, (&t, &p)) in truth.iter().zip(predicted).enumerate() {
        let t = class(what, sample, t, usize::MAX)? == positive;
        let p = class(what, sample, p, usize::MAX)? == positive;
        hits += u64::from(t && p);
        guesses += u64::from(p);
        support += u64::from(t);
    }
    Ok(ClassScores::new(
        &positive.to_string(),
        hits,
        guesses,
        support,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_counting(pairs in prop::collection::vec((0usize..4, 0usize..4), 1..60)) {
            let (truth, predicted): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
            let mut matrix = ConfusionMatrix::with_classes(4).unwrap();
            matrix.add(&truth, &predicted).unwrap();
            let scores = precision_recall_f1(&matrix);
            let mut f1_sum = 0.0;
            let mut occurring = 0.0;
            for (c, got) in scores.iter().enumerate() {
                let count = |f: &dyn Fn(bool, bool) -> bool| {
                    pairs.iter().filter(|(t, p)| f(*t == c, *p == c)).count() as f64
                };
                let (tp, fp, miss) = (
                    count(&|t, p| t && p),
                    count(&|t, p| !t && p),
                    count(&|t, p| t && !p),
                );
                let safe = |a: f64, b: f64| if b == 0.0 { 0.0 } else { a / b };
                prop_assert_eq!(got.precision, safe(tp, tp + fp));
                prop_assert_eq!(got.recall, safe(tp, tp + miss));
                let harmonic = safe(
                    2.0 * got.precision * got.recall,
                    got.precision + got.recall,
                );
                prop_assert!((got.f1 - harmonic).abs() < 1e-12);
                prop_assert_eq!(got.precision_undefined, tp + fp == 0.0);
                prop_assert_eq!(got.recall_undefined, tp + miss == 0.0);
                let one_against_all = binary_scores(&truth, &predicted, c).unwrap();
                prop_assert_eq!(&one_against_all, got);
                if tp + fp + miss > 0.0 {
                    f1_sum += got.f1;
                    occurring += 1.0;
                }
            }
            prop_assert!((Averages::macro_mean(&scores).f1 - f1_sum / occurring).abs() < 1e-12);
            let accuracy = matrix.accuracy().unwrap();
            prop_assert_eq!(Averages::micro(&matrix).f1, accuracy);
            // Weighted recall is the accuracy, by definition.
            prop_assert!((Averages::weighted(&scores).recall - accuracy).abs() < 1e-12);
        }
    }

    #[test]
    fn undefined_scores_are_zero_and_flagged() {
        let never_predicted = binary_scores(&[1u32, 0], &[0, 0], 1).unwrap();
        assert!(never_predicted.precision_undefined && !never_predicted.recall_undefined);
        assert_eq!((never_predicted.precision, never_predicted.f1), (0.0, 0.0));
        let absent = binary_scores(&[0u32, 0], &[0, 0], 1).unwrap();
        assert!(!absent.occurs());
        assert!(binary_scores::<u32>(&[], &[], 1).is_err());
        assert!(binary_scores(&[-1i64], &[0], 1).is_err());
    }
}
