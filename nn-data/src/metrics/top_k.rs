//! Top-k accuracy: the share of samples whose true class is among the k highest scores.

use super::{ClassIndex, check_scores, not_empty};
use crate::error::{Error, Result};

/// Counts samples whose true class is among the `k` highest scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopK {
    k: usize,
    correct: u64,
    total: u64,
}

impl TopK {
    /// Nothing counted yet.
    ///
    /// # Errors
    /// If `k` is 0.
    pub fn new(k: usize) -> Result<Self> {
        match k {
            0 => Err(Error::argument(
                "top-k accuracy",
                "k is 0, it must be at least 1",
            )),
            _ => Ok(TopK {
                k,
                correct: 0,
                total: 0,
            }),
        }
    }

    /// The k.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Counts a batch of `scores` `[samples, classes]`: logits or probabilities alike.
    ///
    /// # Errors
    /// If the sizes do not fit or a label is out of range.
    pub fn add<L: ClassIndex>(
        &mut self,
        truth: &[L],
        scores: &[f32],
        classes: usize,
    ) -> Result<()> {
        check_scores("top-k accuracy", truth, scores, classes)?;
        for (sample, label) in truth.iter().enumerate() {
            let row = &scores[sample * classes..(sample + 1) * classes];
            let Some(label) = label.index() else { continue };
            self.correct += u64::from(rank(row, label) < self.k && !row[label].is_nan());
        }
        self.total += truth.len() as u64;
        Ok(())
    }

    /// The share so far, or `None` before the first sample.
    pub fn value(&self) -> Option<f64> {
        (self.total > 0).then(|| self.correct as f64 / self.total as f64)
    }
}

/// How many classes come before `label`: a higher score, or the same score and a lower number.
fn rank(row: &[f32], label: usize) -> usize {
    let own = row[label];
    let before = |&(class, score): &(usize, &f32)| *score > own || (*score == own && class < label);
    row.iter().enumerate().filter(before).count()
}

/// top_k = (number of samples whose true class is among its k highest scores) / n
///
/// Of classes with the same score the lower number counts as higher, so that k = 1 is the accuracy
/// of the argmax. A class whose score is NaN is never among the highest.
///
/// # Errors
/// If the sizes do not fit, a label is out of range, there are no samples, or k is 0.
///
/// ```
/// let scores = [0.5, 0.2, 0.2, 0.3, 0.4, 0.2, 0.2, 0.4, 0.3, 0.7, 0.2, 0.1];
/// let share = nn_data::metrics::top_k_accuracy(&[0u32, 1, 2, 2], &scores, 3, 2)?;
/// assert_eq!(share, 0.75);
/// # Ok::<(), nn_data::Error>(())
/// ```
pub fn top_k_accuracy<L: ClassIndex>(
    truth: &[L],
    scores: &[f32],
    classes: usize,
    k: usize,
) -> Result<f64> {
    let mut top = TopK::new(k)?;
    top.add(truth, scores, classes)?;
    not_empty("top-k accuracy", truth.len())?;
    Ok(top.correct as f64 / top.total as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{accuracy, argmax_rows};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_sorting(
            rows in prop::collection::vec((0usize..5, prop::collection::vec(-3i8..3, 5)), 1..30),
            k in 1usize..7,
        ) {
            let truth: Vec<usize> = rows.iter().map(|r| r.0).collect();
            let scores: Vec<f32> = rows.iter().flat_map(|r| r.1.iter().map(|&v| v.into())).collect();
            let naive = rows.iter().filter(|(label, row)| {
                let mut order: Vec<usize> = (0..5).collect();
                order.sort_by_key(|&c| (-row[c], c));
                order.iter().take(k).any(|c| c == label)
            }).count();
            let value = top_k_accuracy(&truth, &scores, 5, k).unwrap();
            prop_assert_eq!(value, naive as f64 / truth.len() as f64);
            let predicted: Vec<usize> =
                argmax_rows(&scores, 5).unwrap().iter().map(|&p| p as usize).collect();
            prop_assert_eq!(
                top_k_accuracy(&truth, &scores, 5, 1).unwrap(),
                accuracy(&truth, &predicted).unwrap()
            );
        }
    }

    #[test]
    fn misuse_and_nan() {
        assert!(TopK::new(0).is_err());
        assert!(top_k_accuracy(&[3u32], &[0.0; 3], 3, 1).is_err());
        assert!(top_k_accuracy(&[0u32], &[0.0; 4], 3, 1).is_err());
        assert_eq!(
            top_k_accuracy(&[0u32], &[f32::NAN, 0.0], 2, 2).unwrap(),
            0.0
        );
    }
}
