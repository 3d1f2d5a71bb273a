//! Accuracy: the share of samples whose predicted class is the true one.

use super::{ClassIndex, not_empty, same_length};
use crate::error::{Error, Result};

/// Counts right and wrong predictions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accuracy {
    correct: u64,
    total: u64,
}

impl Accuracy {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a batch.
    ///
    /// # Errors
    /// If the lengths differ.
    pub fn add<L: ClassIndex>(&mut self, truth: &[L], predicted: &[L]) -> Result<()> {
        same_length("accuracy", truth.len(), predicted.len())?;
        let right = truth
            .iter()
            .zip(predicted)
            .filter(|(t, p)| t.index() == p.index())
            .count();
        self.correct += right as u64;
        self.total += truth.len() as u64;
        Ok(())
    }

    /// Right predictions so far.
    pub fn correct(&self) -> u64 {
        self.correct
    }

    /// Samples so far.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// correct / total, or `None` before the first sample.
    pub fn value(&self) -> Option<f64> {
        (self.total > 0).then(|| self.correct as f64 / self.total as f64)
    }
}

/// accuracy = (number of i with predicted\[i\] = truth\[i\]) / n
///
/// # Errors
/// If the lengths differ or are 0.
///
/// ```
/// assert_eq!(nn_data::metrics::accuracy(&[0u32, 1, 2, 2], &[0, 1, 2, 0])?, 0.75);
/// # Ok::<(), nn_data::Error>(())
/// ```
pub fn accuracy<L: ClassIndex>(truth: &[L], predicted: &[L]) -> Result<f64> {
    let mut accuracy = Accuracy::new();
    accuracy.add(truth, predicted)?;
    not_empty("accuracy", truth.len())?;
    Ok(accuracy.correct as f64 / accuracy.total as f64)
}

/// The class with the highest score in each row of `scores` `[samples, classes]`; the lowest number
/// of those that tie. NaN is below everything.
///
/// # Errors
/// If there are no classes or the length is not a multiple of their number.
pub fn argmax_rows(scores: &[f32], classes: usize) -> Result<Vec<u32>> {
    if classes == 0 || !scores.len().is_multiple_of(classes) {
        let problem = format!(
            "{} scores do not divide into rows of {classes}",
            scores.len()
        );
        return Err(Error::argument("argmax", problem));
    }
    Ok(scores
        .chunks_exact(classes)
        .map(|row| argmax(row) as u32)
        .collect())
}

fn argmax(row: &[f32]) -> usize {
    let mut best = 0;
    for (class, &score) in row.iter().enumerate() {
        if score > row[best] || (row[best].is_nan() && !score.is_nan()) {
            best = class;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_add_up() {
        let mut streamed = Accuracy::new();
        assert_eq!(streamed.value(), None);
        streamed.add(&[1u32, 2], &[1, 0]).unwrap();
        streamed.add(&[3u32], &[3]).unwrap();
        assert_eq!(
            streamed.value(),
            Some(accuracy(&[1usize, 2, 3], &[1, 0, 3]).unwrap())
        );
        assert_eq!((streamed.correct(), streamed.total()), (2, 3));
    }

    #[test]
    fn misuse_is_refused() {
        assert!(accuracy::<u32>(&[], &[]).is_err());
        assert!(accuracy(&[1u32], &[]).is_err());
        assert!(argmax_rows(&[1.0, 2.0, 3.0], 2).is_err());
        assert!(argmax_rows(&[], 0).is_err());
    }

    #[test]
    fn argmax_takes_the_first_of_a_tie_and_never_nan() {
        let nan = f32::NAN;
        let scores = [1.0, 3.0, 3.0, nan, -1.0, nan, nan, nan, nan];
        assert_eq!(argmax_rows(&scores, 3).unwrap(), [1, 1, 0]);
    }
}
