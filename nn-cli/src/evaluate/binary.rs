//! What is to be known of a yes-or-no question beyond the share of right answers.

use nn_data::metrics::{
    BinaryCounts, Binning, Bootstrap, Interval, RankedScores, RankingIntervals, brier_score,
    expected_calibration_error,
};
use serde::Serialize;

use crate::error::Result;
use crate::model::Plan;
use crate::threshold::Decision;

/// Bins of the calibration error.
const BINS: usize = 15;

/// More samples than this are not drawn again and again: it would take longer than a second.
const MAX_RESAMPLED: usize = 50_000;

/// Scores of the positive one of two classes.
#[derive(Clone, Debug, Serialize)]
pub struct BinaryScores {
    /// The number of the class that is looked for.
    pub positive: usize,
    /// How often it was said rightly and wrongly.
    pub counts: BinaryCounts,
    /// tp / (tp + fp)
    pub precision: Scored,
    /// tp / (tp + fn)
    pub recall: Scored,
    /// 2·tp / (2·tp + fp + fn)
    pub f1: Scored,
    /// tn / (tn + fp)
    pub specificity: Scored,
    /// Matthews' correlation.
    pub mcc: Scored,
    /// Of the probabilities, where the loss gives such.
    pub ranking: Option<RankingScores>,
    /// From which probability on the class is said, where that was chosen.
    pub threshold: Option<Decision>,
}

/// A score and the interval that holds it in 95 of 100 resamples.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Scored {
    /// The score.
    pub value: f64,
    /// The interval; nothing where no resample would differ.
    pub interval: Option<Interval>,
}

/// Scores of probabilities, whatever the threshold.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RankingScores {
    /// Area under the ROC curve; nothing where only one class occurs.
    pub roc_auc: Option<f64>,
    /// Area under the precision-recall curve.
    pub average_precision: f64,
    /// Expected calibration error.
    pub calibration_error: f64,
    /// Mean squared error of the probabilities.
    pub brier: f64,
    /// Of what is measured sample by sample; of very many samples none.
    pub intervals: Option<RankingIntervals>,
}

/// Probabilities of the positive class as they come in, batch by batch.
pub(super) struct BinaryMeter {
    positive: usize,
    truth: Vec<bool>,
    scores: Vec<f32>,
}

impl BinaryMeter {
    /// For a plan that tells two classes apart; models of before know of no positive class and take the second.
    pub(super) fn new(plan: &Plan) -> Option<Self> {
        (plan.classes()?.len() == 2).then(|| BinaryMeter {
            positive: plan.positive(),
            truth: Vec::new(),
            scores: Vec::new(),
        })
    }

    pub(super) fn add(&mut self, probabilities: &[f32], labels: &[u32]) {
        let scores = probabilities.chunks_exact(2).map(|row| row[self.positive]);
        // Rounding may leave a probability a little above 1.
        self.scores.extend(scores.map(|p| p.clamp(0.0, 1.0)));
        let is_positive = |&label: &u32| label as usize == self.positive;
        self.truth.extend(labels.iter().map(is_positive));
    }

    pub(super) fn scores(self, plan: &Plan, counts: BinaryCounts) -> Result<BinaryScores> {
        let bootstrap = Bootstrap::default();
        let share = |hits: u64, of: u64| -> Result<Scored> {
            let [hit, all] = [hits, of].map(|count| count as f64);
            Ok(Scored {
                value: if of == 0 { 0.0 } else { hit / all },
                interval: match of {
                    0 => None,
                    _ if hits == 0 || hits == of => Some(Interval::of_share(hits, of)?),
                    _ => Some(bootstrap.counts(&[hits, of - hits], |drawn| drawn[0] as f64 / all)?),
                },
            })
        };
        let scored = |score: fn(&BinaryCounts) -> f64| -> Result<Scored> {
            Ok(Scored {
                value: score(&counts),
                interval: match score(&counts) {
                    // Every resample would be the same.
                    value if value == 0.0 || value == 1.0 => None,
                    _ => Some(bootstrap.binary(&counts, score)?),
                },
            })
        };
        let ranking = match plan.has_probabilities() {
            false => None,
            true => {
                let ranked = RankedScores::new(&self.truth, &self.scores)?;
                let (truth, scores) = (&self.truth, &self.scores);
                Some(RankingScores {
                    roc_auc: ranked.roc_auc().ok(),
                    average_precision: ranked.average_precision(),
                    calibration_error: expected_calibration_error(
                        truth,
                        scores,
                        BINS,
                        Binning::Uniform,
                    )?,
                    brier: brier_score(truth, scores)?,
                    // Where one class is missing from most resamples there are none either.
                    intervals: match truth.len() <= MAX_RESAMPLED {
                        true => bootstrap.ranking(truth, scores).ok(),
                        false => None,
                    },
                })
            }
        };
        Ok(BinaryScores {
            positive: self.positive,
            precision: share(counts.true_positives, counts.flagged())?,
            recall: share(counts.true_positives, counts.positives())?,
            f1: scored(BinaryCounts::f1)?,
            specificity: share(counts.true_negatives, counts.negatives())?,
            mcc: scored(BinaryCounts::mcc)?,
            counts,
            ranking,
            threshold: plan.header.threshold,
        })
    }
}
