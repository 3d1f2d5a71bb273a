//! Log loss (cross-entropy): minus the mean logarithm of the probability of the true class.

use super::score::{Score, check_probabilities};
use super::{ClassIndex, blocks, check_distributions, check_scores, not_empty};
use crate::error::Result;

/// Adds up minus the logarithm of the probability of the true class.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LogLoss {
    sum: f64,
    total: u64,
}

impl LogLoss {
    /// Nothing added yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a batch of `probabilities` `[samples, classes]`, each clipped to [ε, 1−ε] with ε the
    /// machine epsilon of f32, so that a probability of 0 costs 15.9 and not infinity.
    ///
    /// # Errors
    /// If the sizes do not fit, a label is out of range, or a row is not a distribution: a number is below 0 or NaN,
    /// or they do not add up to 1.
    pub fn add<L: ClassIndex>(
        &mut self,
        truth: &[L],
        probabilities: &[f32],
        classes: usize,
    ) -> Result<()> {
        check_distributions("log loss", truth, probabilities, classes)?;
        let epsilon = f64::from(f32::EPSILON);
        self.each(truth, probabilities, classes, |row, label| {
            -f64::from(row[label]).clamp(epsilon, 1.0 - epsilon).ln()
        });
        Ok(())
    }

    /// Adds a batch of `logits` `[samples, classes]`: log Σ exp(z) − z\[true\], which never overflows
    /// and needs no clipping.
    ///
    /// # Errors
    /// If the sizes do not fit or a label is out of range.
    pub fn add_logits<L: ClassIndex>(
        &mut self,
        truth: &[L],
        logits: &[f32],
        classes: usize,
    ) -> Result<()> {
        check_scores("log loss", truth, logits, classes)?;
        self.each(truth, logits, classes, |row, label| {
            let highest = f64::from(row.iter().copied().fold(f32::NEG_INFINITY, f32::max));
            let sum: f64 = row.iter().map(|&z| (f64::from(z) - highest).exp()).sum();
            sum.ln() + highest - f64::from(row[label])
        });
        Ok(())
    }

    fn each<L: ClassIndex>(
        &mut self,
        truth: &[L],
        scores: &[f32],
        classes: usize,
        f: impl Fn(&[f32], usize) -> f64,
    ) {
        for (sample, label) in truth.iter().enumerate() {
            let row = &scores[sample * classes..(sample + 1) * classes];
            if let Some(label) = label.index() {
                self.sum += f(row, label);
                self.total += 1;
            }
        }
    }

    /// The mean so far, or `None` before the first sample.
    pub fn value(&self) -> Option<f64> {
        (self.total > 0).then(|| self.sum / self.total as f64)
    }
}

/// log_loss = −1/n · Σᵢ ln p\[i, truth\[i\]\] for `probabilities` `[samples, classes]`
///
/// # Errors
/// If the sizes do not fit, a label is out of range, a row is not a distribution, or there are no samples.
///
/// ```
/// let loss = nn_data::metrics::log_loss(&[0u32, 1], &[0.9, 0.1, 0.2, 0.8], 2)?;
/// assert!((loss - (0.9f64.ln() + 0.8f64.ln()) / -2.0).abs() < 1e-7);
/// # Ok::<(), nn_data::Error>(())
/// ```
pub fn log_loss<L: ClassIndex>(truth: &[L], probabilities: &[f32], classes: usize) -> Result<f64> {
    let mut loss = LogLoss::new();
    loss.add(truth, probabilities, classes)?;
    not_empty("log loss", truth.len())?;
    Ok(loss.sum / loss.total as f64)
}

/// −1/n · Σ ln p for positive samples with the score p, and ln(1 − p) for others.
///
/// Scores are clipped to \[ε, 1−ε\], ε the machine epsilon of their type.
///
/// # Errors
/// If the lengths differ or are 0, or a score is not from 0 to 1.
///
/// ```
/// let loss = nn_data::metrics::binary_log_loss(&[true, false], &[0.9, 0.2])?;
/// assert!((loss - (0.9f64.ln() + 0.8f64.ln()) / -2.0).abs() < 1e-15);
/// # Ok::<(), nn_data::Error>(())
/// ```
pub fn binary_log_loss<S: Score>(truth: &[bool], scores: &[S]) -> Result<f64> {
    check_probabilities("log loss", truth, scores)?;
    let sum = blocks::sum(scores.len(), |range| {
        let pairs = truth[range.clone()].iter().zip(&scores[range]);
        let losses = pairs.map(|(&truth, score)| {
            let p = score.wide().clamp(S::EPSILON, 1.0 - S::EPSILON);
            if truth { p.ln() } else { (1.0 - p).ln() }
        });
        losses.sum()
    });
    Ok(-sum / scores.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logits_and_their_softmax_agree() {
        let logits = [1.0f32, -2.0, 0.5, 3.0, 0.0, -1.0];
        let probabilities: Vec<f32> = logits
            .chunks(3)
            .flat_map(|row| {
                let sum: f64 = row.iter().map(|&z| f64::from(z).exp()).sum();
                row.iter().map(move |&z| (f64::from(z).exp() / sum) as f32)
            })
            .collect();
        let mut from_logits = LogLoss::new();
        from_logits.add_logits(&[2u32, 0], &logits, 3).unwrap();
        let direct = log_loss(&[2u32, 0], &probabilities, 3).unwrap();
        assert!((from_logits.value().unwrap() - direct).abs() < 1e-6);
    }

    #[test]
    fn extremes_stay_finite() {
        let mut loss = LogLoss::new();
        loss.add_logits(&[1u32], &[1e4, -1e4], 2).unwrap();
        assert_eq!(loss.value(), Some(2e4));
        let clipped = log_loss(&[1u32], &[1.0, 0.0], 2).unwrap();
        assert!((clipped + f64::from(f32::EPSILON).ln()).abs() < 1e-12);
        assert!(log_loss::<u32>(&[], &[], 2).is_err());
        assert!(log_loss(&[2u32], &[0.5, 0.5], 2).is_err());
    }
}
