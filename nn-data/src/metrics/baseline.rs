//! The score of doing nothing: what a prediction that never looks at its input reaches.

use serde::{Deserialize, Serialize};

use super::{ClassIndex, RegressionErrors, RegressionScores, class, not_empty, quotient};
use crate::error::{Error, Result};

/// A prediction that is the same for every sample, the best such one, with its scores on the samples it is compared on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Baseline {
    /// Always the most frequent class; its probabilities are the shares of the classes (the prior).
    Majority {
        /// The most frequent class, the lowest number of those equally frequent.
        class: usize,
        /// Share of samples that are of it.
        accuracy: f64,
        /// 1 / (number of classes that occur).
        balanced_accuracy: f64,
        /// Mean over the classes that occur of F₁, which is 0 for all but one.
        macro_f1: f64,
        /// Log loss of the shares as probabilities, −Σ s·ln s: the entropy of the classes.
        log_loss: f64,
    },
    /// Always the mean of the true values.
    Mean {
        /// R² is 0 by definition.
        scores: RegressionScores,
    },
}

impl Baseline {
    /// The majority class of labels below `classes`.
    ///
    /// # Errors
    /// If there are no labels or one is out of range.
    ///
    /// ```
    /// use nn_data::metrics::Baseline;
    ///
    /// let Baseline::Majority { class, accuracy, .. } = Baseline::majority(&[0u32, 0, 0, 1], 2)? else {
    ///     unreachable!()
    /// };
    /// assert_eq!((class, accuracy), (0, 0.75));
    /// # Ok::<(), nn_data::Error>(())
    /// ```
    pub fn majority<L: ClassIndex>(labels: &[L], classes: usize) -> Result<Self> {
        not_empty("baseline", labels.len())?;
        let mut counts = vec![0; classes];
        for (sample, &label) in labels.iter().enumerate() {
            counts[class("baseline", sample, label, classes)?] += 1;
        }
        Self::majority_of(&counts)
    }

    /// The majority class where there are so many samples of each.
    ///
    /// # Errors
    /// If there are no samples.
    pub fn majority_of(counts: &[u64]) -> Result<Self> {
        let total: u64 = counts.iter().sum();
        if total == 0 {
            return Err(Error::argument("baseline", "there are no samples"));
        }
        let largest = counts.iter().copied().max().unwrap_or(0);
        let share = |count: u64| count as f64 / total as f64;
        let occurring = counts.iter().filter(|&&count| count > 0);
        let kinds = occurring.clone().count() as f64;
        let accuracy = share(largest);
        Ok(Baseline::Majority {
            class: counts.iter().position(|&c| c == largest).unwrap_or(0),
            accuracy,
            balanced_accuracy: 1.0 / kinds,
            macro_f1: 2.0 * accuracy / (1.0 + accuracy) / kinds,
            log_loss: -occurring.map(|&c| share(c) * share(c).ln()).sum::<f64>(),
        })
    }

    /// The mean of `values` `[samples, outputs]`.
    ///
    /// # Errors
    /// If there are no values or outputs, or they do not divide into samples.
    pub fn mean(values: &[f32], outputs: usize) -> Result<Self> {
        let mut errors = RegressionErrors::new(outputs)?;
        not_empty("baseline", values.len())?;
        let wide: Vec<f64> = values.iter().map(|&v| v.into()).collect();
        let samples = wide.len() / outputs;
        let mean = |output: usize| {
            let column = wide.iter().skip(output).step_by(outputs);
            quotient(column.sum(), samples as f64).0
        };
        let row: Vec<f64> = (0..outputs).map(mean).collect();
        let said: Vec<f64> = row.iter().copied().cycle().take(wide.len()).collect();
        errors.add_f64(&wide, &said)?;
        match errors.scores() {
            Some(mut scores) => {
                if !scores.constant_target {
                    // By definition; the sums leave a trace of rounding.
                    scores.r2 = 0.0;
                }
                Ok(Baseline::Mean { scores })
            }
            None => Err(Error::argument("baseline", "there are no samples")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_majority_is_scored_as_a_prediction() {
        use crate::metrics::{Averages, ConfusionMatrix, precision_recall_f1};
        let labels = [2u32, 0, 2, 2, 0, 1, 2];
        let mut matrix = ConfusionMatrix::with_classes(4).unwrap();
        matrix.add(&labels, &[2; 7]).unwrap();
        let Baseline::Majority {
            class,
            accuracy,
            macro_f1,
            log_loss,
            balanced_accuracy,
        } = Baseline::majority(&labels, 4).unwrap()
        else {
            panic!()
        };
        assert_eq!((class, Some(accuracy)), (2, matrix.accuracy()));
        let f1 = Averages::macro_mean(&precision_recall_f1(&matrix)).f1;
        assert!((macro_f1 - f1).abs() < 1e-15);
        assert_eq!(balanced_accuracy, 1.0 / 3.0);
        let shares = [4.0 / 7.0, 2.0 / 7.0, 1.0 / 7.0];
        let entropy: f64 = shares.iter().map(|s: &f64| -s * s.ln()).sum();
        assert!((log_loss - entropy).abs() < 1e-15);
        assert!(Baseline::majority::<u32>(&[], 2).is_err());
        assert!(Baseline::majority(&[5u32], 2).is_err());
    }

    #[test]
    fn the_mean_explains_nothing() {
        let Baseline::Mean { scores } = Baseline::mean(&[1.0, 10.0, 3.0, 30.0], 2).unwrap() else {
            panic!()
        };
        assert_eq!((scores.r2, scores.mae), (0.0, 5.5));
        for values in [&[0.1f32, 0.7, 0.3, 0.35, 1e-3][..], &[1e6, 3.3, 7.7]] {
            let Baseline::Mean { scores } = Baseline::mean(values, 1).unwrap() else {
                panic!("numbers have a mean");
            };
            assert_eq!(scores.r2, 0.0);
        }
        assert!(Baseline::mean(&[], 1).is_err());
        assert!(Baseline::mean(&[1.0], 0).is_err());
        assert!(Baseline::mean(&[1.0], 2).is_err());
    }
}
