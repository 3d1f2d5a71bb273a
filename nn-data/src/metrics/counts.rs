//! The four counts of a yes-or-no decision and every score that is made of them.

use serde::{Deserialize, Serialize};

use super::score::{Score, check_finite};
use super::{ConfusionMatrix, blocks, quotient, same_length};
use crate::error::{Error, Result};

/// How many samples were rightly and wrongly taken for positive and for negative.
///
/// A quotient whose denominator is 0 is 0, as in scikit-learn with `zero_division=0`.
///
/// ```
/// use nn_data::metrics::BinaryCounts;
///
/// let truth = [true, true, false, false, false];
/// let counts = BinaryCounts::at(&truth, &[0.9, 0.3, 0.6, 0.2, 0.1], 0.5)?;
/// assert_eq!((counts.precision(), counts.recall()), (0.5, 0.5));
/// assert_eq!(counts.specificity(), 2.0 / 3.0);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BinaryCounts {
    /// Positive and taken for positive, tp.
    pub true_positives: u64,
    /// Negative but taken for positive, fp.
    pub false_positives: u64,
    /// Positive but taken for negative, fn.
    pub false_negatives: u64,
    /// Negative and taken for negative, tn.
    pub true_negatives: u64,
}

impl BinaryCounts {
    /// From the truth and what was said.
    ///
    /// # Errors
    /// If the lengths differ.
    pub fn new(truth: &[bool], said: &[bool]) -> Result<Self> {
        same_length("binary counts", truth.len(), said.len())?;
        Ok(Self::count(truth, |i| said[i]))
    }

    /// A sample counts as said positive where its score is `threshold` or above.
    ///
    /// # Errors
    /// If the lengths differ or are 0, or a score is not finite.
    pub fn at<S: Score>(truth: &[bool], scores: &[S], threshold: f64) -> Result<Self> {
        check_finite("binary counts", truth, scores)?;
        Ok(Self::count(truth, |i| scores[i].wide() >= threshold))
    }

    fn count(truth: &[bool], said: impl Fn(usize) -> bool + Sync) -> Self {
        let parts = blocks::each(truth.len(), |range| {
            let (mut hits, mut flagged, mut positives) = (0u32, 0u32, 0u32);
            for i in range.clone() {
                let (truth, said) = (u32::from(truth[i]), u32::from(said(i)));
                hits += truth & said;
                flagged += said;
                positives += truth;
            }
            Self::from_sums(
                hits.into(),
                flagged.into(),
                positives.into(),
                range.len() as u64,
            )
        });
        parts.into_iter().fold(Self::default(), Self::plus)
    }

    /// From the hits among those flagged, and the positives among all.
    pub(super) fn from_sums(hits: u64, flagged: u64, positives: u64, samples: u64) -> Self {
        BinaryCounts {
            true_positives: hits,
            false_positives: flagged - hits,
            false_negatives: positives - hits,
            true_negatives: samples + hits - flagged - positives,
        }
    }

    /// Of one class of a confusion matrix against all others.
    ///
    /// # Errors
    /// If there is no such class.
    pub fn one_against_rest(matrix: &ConfusionMatrix, positive: usize) -> Result<Self> {
        if positive >= matrix.classes() {
            let problem = format!("there is no class {positive} of {}", matrix.classes());
            return Err(Error::argument("binary counts", problem));
        }
        Ok(Self::from_sums(
            matrix.count(positive, positive),
            matrix.predicted_count(positive),
            matrix.truth_count(positive),
            matrix.total(),
        ))
    }

    /// The counts of both together.
    pub fn plus(self, other: Self) -> Self {
        BinaryCounts {
            true_positives: self.true_positives + other.true_positives,
            false_positives: self.false_positives + other.false_positives,
            false_negatives: self.false_negatives + other.false_negatives,
            true_negatives: self.true_negatives + other.true_negatives,
        }
    }

    /// All samples.
    pub fn total(&self) -> u64 {
        self.positives() + self.negatives()
    }

    /// Samples that are positive, tp + fn.
    pub fn positives(&self) -> u64 {
        self.true_positives + self.false_negatives
    }

    /// Samples that are negative, tn + fp.
    pub fn negatives(&self) -> u64 {
        self.true_negatives + self.false_positives
    }

    /// Samples that were taken for positive, tp + fp.
    pub fn flagged(&self) -> u64 {
        self.true_positives + self.false_positives
    }

    /// (tp + tn) / n
    pub fn accuracy(&self) -> f64 {
        ratio(self.true_positives + self.true_negatives, self.total())
    }

    /// tp / (tp + fp): how many of those taken for positive are.
    pub fn precision(&self) -> f64 {
        ratio(self.true_positives, self.flagged())
    }

    /// tp / (tp + fn), also called sensitivity: how many of the positives were found.
    pub fn recall(&self) -> f64 {
        ratio(self.true_positives, self.positives())
    }

    /// tn / (tn + fp): how many of the negatives were left alone.
    pub fn specificity(&self) -> f64 {
        ratio(self.true_negatives, self.negatives())
    }

    /// F_β = (1 + β²)·tp / ((1 + β²)·tp + β²·fn + fp): recall counts β times as much as precision (van Rijsbergen 1979).
    pub fn f_beta(&self, beta: f64) -> f64 {
        let square = beta * beta;
        let hits = (1.0 + square) * self.true_positives as f64;
        let misses = square * self.false_negatives as f64 + self.false_positives as f64;
        quotient(hits, hits + misses).0
    }

    /// F₁ = 2·tp / (2·tp + fp + fn)
    pub fn f1(&self) -> f64 {
        self.f_beta(1.0)
    }

    /// The mean of recall and specificity; where one class is absent, the one of the other.
    pub fn balanced_accuracy(&self) -> f64 {
        match (self.positives(), self.negatives()) {
            (0, _) => self.specificity(),
            (_, 0) => self.recall(),
            _ => (self.recall() + self.specificity()) / 2.0,
        }
    }

    /// Matthews' correlation, (tp·tn − fp·fn) / √((tp+fp)(tp+fn)(tn+fp)(tn+fn)): 1 is perfect, 0 is no better than chance,
    /// −1 is always wrong. 0 where a row or column of the table is empty.
    pub fn mcc(&self) -> f64 {
        let [tp, fp, miss, tn] = self.floats();
        let sides = (tp + fp).sqrt() * (tp + miss).sqrt() * (tn + fp).sqrt() * (tn + miss).sqrt();
        quotient(tp * tn - fp * miss, sides).0
    }

    /// Cohen's κ = (p − e) / (1 − e) with the accuracy p and the accuracy e that chance alone would give (Cohen 1960).
    /// 0 where truth and predictions are all of one and the same class.
    pub fn cohen_kappa(&self) -> f64 {
        let [tp, fp, miss, tn] = self.floats();
        let by_chance = (tp + fp) * (fp + tn) + (tp + miss) * (miss + tn);
        quotient(2.0 * (tp * tn - fp * miss), by_chance).0
    }

    /// What the mistakes cost together.
    pub fn cost(&self, false_positive: f64, false_negative: f64) -> f64 {
        self.false_positives as f64 * false_positive + self.false_negatives as f64 * false_negative
    }

    fn floats(&self) -> [f64; 4] {
        [
            self.true_positives,
            self.false_positives,
            self.false_negatives,
            self.true_negatives,
        ]
        .map(|n| n as f64)
    }
}

fn ratio(numerator: u64, denominator: u64) -> f64 {
    quotient(numerator as f64, denominator as f64).0
}
