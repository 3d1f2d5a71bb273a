//! Scores to judge: the suite that is timed against scikit-learn.

use nn_core::Rng;
use nn_data::Result;
use nn_data::metrics::{
    BinaryCounts, Binning, RankedScores, ThresholdRule, binary_log_loss, brier_score,
    expected_calibration_error,
};

/// Truth and probabilities of so many samples, one in `rarity` positive; scores overlap as those of a middling classifier.
pub fn samples(count: usize, rarity: f64) -> (Vec<bool>, Vec<f64>) {
    let mut rng = Rng::new(1);
    let truth: Vec<bool> = (0..count).map(|_| rng.bernoulli(1.0 / rarity)).collect();
    let score = |&t: &bool| 1.0 / (1.0 + (1.0 - rng.normal() - 1.5 * f64::from(u8::from(t))).exp());
    let scores = truth.iter().map(score).collect();
    (truth, scores)
}

/// Names of what [`suite`] returns.
pub const NAMES: [&str; 10] = [
    "roc_auc",
    "average_precision",
    "roc_points",
    "precision_recall_points",
    "best_f1",
    "log_loss",
    "brier",
    "ece",
    "mcc",
    "balanced_accuracy",
];

/// Areas, both curves, the best threshold, and the scores of probabilities and of decisions at 0.5.
///
/// # Errors
/// If a score is no probability or a class is absent.
pub fn suite(truth: &[bool], scores: &[f64]) -> Result<[f64; 10]> {
    let ranked = RankedScores::new(truth, scores)?;
    let counts = BinaryCounts::at(truth, scores, 0.5)?;
    Ok([
        ranked.roc_auc()?,
        ranked.average_precision(),
        ranked.roc()?.thresholds.len() as f64,
        ranked.precision_recall().recall.len() as f64,
        ranked.best_threshold(&ThresholdRule::FBeta(1.0))?.f_beta,
        binary_log_loss(truth, scores)?,
        brier_score(truth, scores)?,
        expected_calibration_error(truth, scores, 15, Binning::Uniform)?,
        counts.mcc(),
        counts.balanced_accuracy(),
    ])
}
