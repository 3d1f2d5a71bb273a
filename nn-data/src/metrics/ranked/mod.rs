//! Binary scores, sorted once, and what follows from their order.

mod sort;

use super::counts::BinaryCounts;
use super::curve::{PrecisionRecallCurve, RocCurve};
use super::score::{Score, check_finite};
use super::threshold::{Threshold, ThresholdRule};
use super::{blocks, quotient};
use crate::error::{Error, Result};

/// Samples ranked by their scores, from which curves, areas and thresholds follow without sorting again.
///
/// Sorting takes time O(n) for scores that are spread, on several threads, and memory of about 24 bytes a sample.
/// Equal scores are one threshold: their order does not matter.
///
/// ```
/// use nn_data::metrics::{RankedScores, ThresholdRule};
///
/// let truth = [false, false, true, true];
/// let ranked = RankedScores::new(&truth, &[0.1, 0.4, 0.35, 0.8])?;
/// assert_eq!(ranked.roc_auc()?, 0.75);
/// assert!((ranked.average_precision() - 5.0 / 6.0).abs() < 1e-15);
/// let best = ranked.best_threshold(&ThresholdRule::FBeta(1.0))?;
/// assert_eq!((best.value, best.recall), (0.35, 1.0));
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RankedScores {
    /// Distinct scores, highest first.
    thresholds: Vec<f64>,
    /// Positives at or above each.
    hits: Vec<u32>,
    /// Samples at or above each.
    flagged: Vec<u32>,
    positives: u32,
    samples: u32,
}

impl RankedScores {
    /// Sorts the scores of samples that are positive where `truth` says so.
    ///
    /// # Errors
    /// If the lengths differ or are 0, there are more than 2³² − 1 samples, or a score is not a finite number.
    pub fn new<S: Score>(truth: &[bool], scores: &[S]) -> Result<Self> {
        const WHAT: &str = "ranking by scores";
        check_finite(WHAT, truth, scores)?;
        let Ok(samples) = u32::try_from(truth.len()) else {
            let problem = format!("{} samples, it takes up to {}", truth.len(), u32::MAX);
            return Err(Error::argument(WHAT, problem));
        };
        let sorted = sort::sort(truth, scores);
        Ok(RankedScores {
            positives: sorted.hits.last().copied().unwrap_or(0),
            samples,
            thresholds: sorted.thresholds,
            hits: sorted.hits,
            flagged: sorted.flagged,
        })
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.samples as usize
    }

    /// Number of positive samples.
    pub fn positives(&self) -> usize {
        self.positives as usize
    }

    /// Number of negative samples.
    pub fn negatives(&self) -> usize {
        (self.samples - self.positives) as usize
    }

    /// The distinct scores, highest first.
    pub fn thresholds(&self) -> &[f64] {
        &self.thresholds
    }

    /// The counts when every score of `threshold` or above counts as positive.
    pub fn counts_at(&self, threshold: f64) -> BinaryCounts {
        match self.thresholds.partition_point(|&t| t >= threshold) {
            0 => self.nothing_flagged(),
            n => self.counts(n - 1),
        }
    }

    /// The score of the sample with this rank, counted from 0 at the lowest score.
    pub(super) fn ascending(&self, rank: usize) -> f64 {
        let from_top = self.samples() - 1 - rank.min(self.samples() - 1);
        let at = self
            .flagged
            .partition_point(|&flagged| flagged as usize <= from_top);
        self.thresholds[at]
    }

    /// Every distinct score, with the number of samples and of positives that have it; highest first.
    pub(super) fn groups(&self) -> impl Iterator<Item = (f64, u32, u32)> {
        let mut before = (0, 0);
        let counts = self.flagged.iter().zip(&self.hits);
        self.thresholds
            .iter()
            .zip(counts)
            .map(move |(&score, (&flagged, &hits))| {
                let group = (score, flagged - before.0, hits - before.1);
                before = (flagged, hits);
                group
            })
    }

    fn nothing_flagged(&self) -> BinaryCounts {
        BinaryCounts::from_sums(0, 0, self.positives.into(), self.samples.into())
    }

    fn counts(&self, at: usize) -> BinaryCounts {
        BinaryCounts::from_sums(
            self.hits[at].into(),
            self.flagged[at].into(),
            self.positives.into(),
            self.samples.into(),
        )
    }

    fn both_classes(&self, what: &'static str) -> Result<()> {
        let absent = match (self.positives(), self.negatives()) {
            (0, _) => "positive",
            (_, 0) => "negative",
            _ => return Ok(()),
        };
        Err(Error::argument(
            what,
            format!(
                "none of the {} samples is {absent}, so that there is nothing to tell apart; judge on data with both classes",
                self.samples
            ),
        ))
    }

    /// The area under the ROC curve: the probability that a positive sample scores higher than a negative one, where a
    /// tie counts one half (Mann–Whitney). Exact: the sum is one of whole numbers.
    ///
    /// # Errors
    /// If a class is absent.
    pub fn roc_auc(&self) -> Result<f64> {
        self.both_classes("ROC AUC")?;
        let parts = blocks::each(self.hits.len(), |range| {
            let mut sum = 0u128;
            let (mut hits, mut alarms) = match range.start {
                0 => (0, 0),
                n => (
                    u64::from(self.hits[n - 1]),
                    u64::from(self.flagged[n - 1] - self.hits[n - 1]),
                ),
            };
            for (&h, &f) in self.hits[range.clone()].iter().zip(&self.flagged[range]) {
                let (h, a) = (u64::from(h), u64::from(f - h));
                // At most (2³²)² and twice that for the whole curve.
                sum += u128::from((a - alarms) * (h + hits));
                (hits, alarms) = (h, a);
            }
            sum
        });
        let twice: u128 = parts.into_iter().sum();
        Ok(twice as f64 / (2.0 * self.positives() as f64 * self.negatives() as f64))
    }

    /// AP = Σ (Rₙ − Rₙ₋₁)·Pₙ over thresholds from the highest to the lowest, with precision P and recall R; no interpolation.
    /// 0 where no sample is positive.
    pub fn average_precision(&self) -> f64 {
        let sum = blocks::sum(self.hits.len(), |range| {
            let mut before = if range.start == 0 {
                0
            } else {
                self.hits[range.start - 1]
            };
            let mut sum = 0.0;
            for (&hits, &flagged) in self.hits[range.clone()].iter().zip(&self.flagged[range]) {
                sum += f64::from(hits - before) * (f64::from(hits) / f64::from(flagged));
                before = hits;
            }
            sum
        });
        quotient(sum, self.positives.into()).0
    }

    /// The receiver operating characteristic, without points in the middle of straight lines.
    ///
    /// # Errors
    /// If a class is absent.
    pub fn roc(&self) -> Result<RocCurve> {
        self.both_classes("ROC curve")?;
        Ok(RocCurve::new(
            &self.thresholds,
            &self.hits,
            &self.flagged,
            self.positives,
            self.samples - self.positives,
        ))
    }

    /// Precision and recall at every threshold. Where no sample is positive the recall is 1 by convention.
    pub fn precision_recall(&self) -> PrecisionRecallCurve {
        PrecisionRecallCurve::new(&self.thresholds, &self.hits, &self.flagged, self.positives)
    }

    /// The threshold that does best by a rule; the highest of those that do equally well.
    ///
    /// # Errors
    /// If the rule's numbers are out of range, no sample is positive, or no threshold does what is wanted.
    pub fn best_threshold(&self, rule: &ThresholdRule) -> Result<Threshold> {
        rule.check()?;
        if self.positives == 0 {
            return Err(Error::argument(
                "threshold",
                format!(
                    "none of the {} samples is positive, so that none can be chosen by them",
                    self.samples
                ),
            ));
        }
        let best = |range: std::ops::Range<usize>| {
            let mut best: Option<(f64, usize)> = None;
            for at in range {
                let Some(worth) = rule.worth(&self.counts(at)) else {
                    continue;
                };
                if best.is_none_or(|(most, _)| worth > most) {
                    best = Some((worth, at));
                }
            }
            best
        };
        let blocks = blocks::each(self.hits.len(), best).into_iter().flatten();
        let best = blocks.reduce(|a, b| if b.0 > a.0 { b } else { a });
        let nothing = rule.worth(&self.nothing_flagged());
        match (best, nothing) {
            (Some((worth, at)), _) if nothing.is_none_or(|none| worth > none) => {
                Ok(Threshold::new(self.thresholds[at], self.counts(at), rule))
            }
            (_, Some(_)) => {
                let above = self.thresholds[0].next_up();
                Ok(Threshold::new(above, self.nothing_flagged(), rule))
            }
            _ => Err(self.out_of_reach(rule)),
        }
    }

    fn out_of_reach(&self, rule: &ThresholdRule) -> Error {
        let highest = (0..self.hits.len())
            .map(|at| self.counts(at).precision())
            .fold(0.0, f64::max);
        Error::argument(
            "threshold",
            format!("no threshold reaches {rule}; the highest precision is {highest:.4}"),
        )
    }
}

#[cfg(test)]
mod tests;
