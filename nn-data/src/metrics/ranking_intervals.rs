//! Intervals of the scores that rank samples, all from the same resamples.

use serde::Serialize;

use super::{Bootstrap, Interval};
use crate::error::{Error, Result};

/// Between which values the scores of probabilities lie in resamples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RankingIntervals {
    /// Of the area under the ROC curve.
    pub roc_auc: Interval,
    /// Of the average precision.
    pub average_precision: Interval,
    /// Of the Brier score.
    pub brier: Interval,
}

/// A sample with its score.
#[derive(Clone, Copy)]
struct Sample {
    positive: bool,
    score: f32,
}

impl Bootstrap {
    /// The intervals of ROC AUC, average precision and Brier score of probabilities. The samples are sorted once; a resample then
    /// takes one pass over them.
    ///
    /// ```
    /// use nn_data::metrics::Bootstrap;
    ///
    /// let truth: Vec<bool> = (0..200).map(|i| i % 3 == 0).collect();
    /// let scores: Vec<f32> = (0..200).map(|i| if i % 3 == 0 { 0.6 } else { 0.1 } + (i % 7) as f32 * 0.05).collect();
    /// let intervals = Bootstrap::default().ranking(&truth, &scores)?;
    /// assert!(intervals.roc_auc.low > 0.95 && intervals.brier.high < 0.2);
    /// # Ok::<(), nn_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there are not as many scores as truths, a score is NaN, one class has so few samples that it is missing from most
    /// resamples, or the settings are out of range.
    pub fn ranking(&self, truth: &[bool], scores: &[f32]) -> Result<RankingIntervals> {
        super::not_empty("bootstrap", truth.len())?;
        if truth.len() != scores.len() || scores.iter().any(|score| score.is_nan()) {
            let problem = "there must be one score that is a number for each sample";
            return Err(Error::argument("bootstrap", problem));
        }
        let mut samples: Vec<Sample> = (truth.iter().zip(scores))
            .map(|(&positive, &score)| Sample { positive, score })
            .collect();
        samples.sort_by(|a, b| b.score.total_cmp(&a.score));
        let values = self.draw(|rng| {
            let mut drawn = vec![0_u32; samples.len()];
            for _ in 0..samples.len() {
                drawn[rng.below(samples.len())] += 1;
            }
            scores_of(&samples, &drawn)
        })?;
        let of = |at: usize| self.percentiles(values.iter().map(|values| Some((*values)?[at])));
        Ok(RankingIntervals {
            roc_auc: of(0)?,
            average_precision: of(1)?,
            brier: of(2)?,
        })
    }
}

/// ROC AUC, average precision and Brier score of samples in descending order of their scores, each `drawn` so often; nothing where
/// only one class was drawn.
fn scores_of(samples: &[Sample], drawn: &[u32]) -> Option<[f64; 3]> {
    let (mut hits, mut alarms) = (0.0, 0.0);
    let (mut above, mut precision, mut squares) = (0.0, 0.0, 0.0);
    let mut at = 0;
    while at < samples.len() {
        // Equal scores come in together.
        let score = samples[at].score;
        let (mut new_hits, mut new_alarms) = (0.0, 0.0);
        while let Some(sample) = samples.get(at).filter(|sample| sample.score == score) {
            let count = f64::from(drawn[at]);
            let miss = f64::from(sample.score) - f64::from(u8::from(sample.positive));
            squares += count * miss * miss;
            match sample.positive {
                true => new_hits += count,
                false => new_alarms += count,
            }
            at += 1;
        }
        above += new_alarms * (hits + 0.5 * new_hits);
        hits += new_hits;
        alarms += new_alarms;
        if new_hits > 0.0 {
            precision += new_hits * hits / (hits + alarms);
        }
    }
    let defined = hits > 0.0 && alarms > 0.0;
    defined.then(|| {
        [
            above / (hits * alarms),
            precision / hits,
            squares / (hits + alarms),
        ]
    })
}

#[cfg(test)]
mod tests {
    use nn_core::Rng;

    use super::*;
    use crate::metrics::{RankedScores, brier_score};

    fn sample() -> (Vec<bool>, Vec<f32>) {
        let mut rng = Rng::new(3);
        let truth: Vec<bool> = (0..400).map(|_| rng.uniform() < 0.2).collect();
        // With ties.
        let score = |&positive: &bool| {
            let score = 0.3 * f64::from(u8::from(positive)) + 0.6 * rng.uniform();
            (score * 50.0).round() as f32 / 50.0
        };
        let scores = truth.iter().map(score).collect();
        (truth, scores)
    }

    #[test]
    fn every_sample_drawn_once_gives_the_scores_themselves() {
        let (truth, scores) = sample();
        let mut samples: Vec<Sample> = (truth.iter().zip(&scores))
            .map(|(&positive, &score)| Sample { positive, score })
            .collect();
        samples.sort_by(|a, b| b.score.total_cmp(&a.score));
        let [auc, precision, brier] = scores_of(&samples, &vec![1; samples.len()]).unwrap();
        let ranked = RankedScores::new(&truth, &scores).unwrap();
        assert!((auc - ranked.roc_auc().unwrap()).abs() < 1e-12);
        assert!((precision - ranked.average_precision()).abs() < 1e-12);
        assert!((brier - brier_score(&truth, &scores).unwrap()).abs() < 1e-12);
    }

    #[test]
    fn intervals_are_those_of_the_metrics_on_the_samples_drawn() {
        let (truth, scores) = sample();
        let bootstrap = Bootstrap::default();
        let fast = bootstrap.ranking(&truth, &scores).unwrap();
        let slow = bootstrap
            .interval(truth.len(), |drawn| {
                let truth: Vec<bool> = drawn.iter().map(|&i| truth[i]).collect();
                let scores: Vec<f32> = drawn.iter().map(|&i| scores[i]).collect();
                RankedScores::new(&truth, &scores).ok()?.roc_auc().ok()
            })
            .unwrap();
        // Drawn in another order, so equal up to chance.
        assert!((fast.roc_auc.low - slow.low).abs() < 0.01);
        assert!((fast.roc_auc.high - slow.high).abs() < 0.01);
        let average = RankedScores::new(&truth, &scores)
            .unwrap()
            .average_precision();
        assert!(fast.average_precision.low < average && average < fast.average_precision.high);
    }

    #[test]
    fn what_has_no_intervals() {
        let bootstrap = Bootstrap::default();
        assert!(bootstrap.ranking(&[], &[]).is_err());
        assert!(bootstrap.ranking(&[true], &[]).is_err());
        assert!(bootstrap.ranking(&[true, false], &[f32::NAN, 0.0]).is_err());
        assert!(bootstrap.ranking(&[true; 9], &[0.5; 9]).is_err());
    }
}
