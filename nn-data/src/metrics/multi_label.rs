//! Several yes-or-no labels on each sample.

use serde::{Deserialize, Serialize};

use super::{Average, Averages, BinaryCounts, not_empty, same_length};
use crate::error::{Error, Result};

/// Scores of predictions that give each sample any number of labels. As scikit-learn's with `zero_division=0`.
///
/// ```
/// use nn_data::metrics::MultiLabelScores;
///
/// // Two samples, three labels.
/// let truth = [true, false, true, false, true, false];
/// let said = [true, false, false, false, true, false];
/// let scores = MultiLabelScores::new(&truth, &said, 3)?;
/// assert_eq!((scores.subset_accuracy, scores.hamming_loss), (0.5, 1.0 / 6.0));
/// assert_eq!(scores.micro.recall, 2.0 / 3.0);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MultiLabelScores {
    /// The counts of every label.
    pub labels: Vec<BinaryCounts>,
    /// From all decisions together.
    pub micro: Averages,
    /// The plain mean over labels.
    #[serde(rename = "macro")]
    pub macro_mean: Averages,
    /// The mean over labels, weighted by how many samples have them.
    pub weighted: Averages,
    /// The mean over samples.
    pub samples: Averages,
    /// Share of samples whose labels are all right.
    pub subset_accuracy: f64,
    /// Share of decisions that are wrong.
    pub hamming_loss: f64,
}

impl MultiLabelScores {
    /// From the truth and what was said, both `[samples, labels]`.
    ///
    /// # Errors
    /// If the lengths differ, are 0, or are not a multiple of `labels`.
    pub fn new(truth: &[bool], said: &[bool], labels: usize) -> Result<Self> {
        const WHAT: &str = "multi-label scores";
        same_length(WHAT, truth.len(), said.len())?;
        not_empty(WHAT, truth.len())?;
        if labels == 0 || !truth.len().is_multiple_of(labels) {
            let problem = format!(
                "{} decisions do not divide into rows of {labels}",
                truth.len()
            );
            return Err(Error::argument(WHAT, problem));
        }
        let mut counts = vec![BinaryCounts::default(); labels];
        let mut rows = Vec::with_capacity(truth.len() / labels);
        for (truth, said) in truth.chunks_exact(labels).zip(said.chunks_exact(labels)) {
            rows.push(BinaryCounts::new(truth, said)?);
            for (count, (&t, &s)) in counts.iter_mut().zip(truth.iter().zip(said)) {
                let (t, s) = (u64::from(t), u64::from(s));
                *count = count.plus(BinaryCounts::from_sums(t & s, s, t, 1));
            }
        }
        let averages = |average: Average, counts: &[BinaryCounts]| Averages {
            precision: average.of(counts, BinaryCounts::precision),
            recall: average.of(counts, BinaryCounts::recall),
            f1: average.of(counts, BinaryCounts::f1),
        };
        let is_right = |row: &&BinaryCounts| row.false_positives + row.false_negatives == 0;
        Ok(MultiLabelScores {
            micro: averages(Average::Micro, &counts),
            macro_mean: averages(Average::Macro, &counts),
            weighted: averages(Average::Weighted, &counts),
            samples: averages(Average::Macro, &rows),
            subset_accuracy: rows.iter().filter(is_right).count() as f64 / rows.len() as f64,
            hamming_loss: Average::Micro.of(&counts, |all| {
                (all.false_positives + all.false_negatives) as f64 / all.total() as f64
            }),
            labels: counts,
        })
    }
}
