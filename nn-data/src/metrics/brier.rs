//! Brier score: the mean squared error of probabilities.

use super::score::{Score, check_probabilities};
use super::{ClassIndex, blocks, check_distributions, not_empty};
use crate::error::Result;

/// 1/n · Σ (p − y)² with y = 1 for positive samples and 0 for others (Brier 1950): 0 is perfect, always saying the share
/// of positives q gives q·(1 − q).
///
/// # Errors
/// If the lengths differ or are 0, or a score is not from 0 to 1.
///
/// ```
/// let score = nn_data::metrics::brier_score(&[true, false], &[0.5, 0.0])?;
/// assert_eq!(score, 0.125);
/// # Ok::<(), nn_data::Error>(())
/// ```
pub fn brier_score<S: Score>(truth: &[bool], scores: &[S]) -> Result<f64> {
    check_probabilities("Brier score", truth, scores)?;
    let sum = blocks::sum(scores.len(), |range| {
        let pairs = truth[range.clone()].iter().zip(&scores[range]);
        let squares = pairs.map(|(&truth, score)| {
            let error = score.wide() - f64::from(u8::from(truth));
            error * error
        });
        squares.sum()
    });
    Ok(sum / scores.len() as f64)
}

/// 1/n · Σᵢ Σ_c (p\[i, c\] − y\[i, c\])² for `probabilities` `[samples, classes]`, from 0 to 2. With two classes it is
/// twice the [`brier_score`].
///
/// # Errors
/// If the sizes do not fit, a label is out of range, there are no samples, or a row is not a distribution.
pub fn brier_score_classes<L: ClassIndex, S: Score>(
    truth: &[L],
    probabilities: &[S],
    classes: usize,
) -> Result<f64> {
    const WHAT: &str = "Brier score";
    check_distributions(WHAT, truth, probabilities, classes)?;
    not_empty(WHAT, truth.len())?;
    let mut sum = 0.0;
    for (label, row) in truth.iter().zip(probabilities.chunks_exact(classes)) {
        for (class, p) in row.iter().enumerate() {
            let error = p.wide() - f64::from(u8::from(label.index() == Some(class)));
            sum += error * error;
        }
    }
    Ok(sum / truth.len() as f64)
}
