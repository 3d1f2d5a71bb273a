//! Errors of real-valued predictions: MSE, RMSE, MAE and the coefficient of determination R².

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{not_empty, same_length};
use crate::error::{Error, Result};

/// Sums over one output.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Output {
    squared: f64,
    absolute: f64,
    /// Mean of the true values and sum of their squared distances from it (Welford).
    mean: f64,
    spread: f64,
}

/// Adds up the errors of predictions with one or more outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressionErrors {
    outputs: Vec<Output>,
    samples: u64,
}

/// The errors of real-valued predictions. With several outputs each is the mean over them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RegressionScores {
    /// Mean squared error, 1/n · Σ (y − ŷ)².
    pub mse: f64,
    /// Root of the mean squared error, in the unit of the target.
    pub rmse: f64,
    /// Mean absolute error, 1/n · Σ |y − ŷ|.
    pub mae: f64,
    /// R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)²: 1 is perfect, 0 is as good as always predicting the mean.
    pub r2: f64,
    /// Whether the true values of some output do not vary, so that its R² is set by convention to 1
    /// where the predictions are perfect and to 0 where they are not.
    pub constant_target: bool,
    /// Number of samples.
    pub samples: u64,
}

impl RegressionErrors {
    /// Nothing added yet.
    ///
    /// # Errors
    /// If there are no outputs.
    pub fn new(outputs: usize) -> Result<Self> {
        match outputs {
            0 => Err(Error::argument(
                "regression errors",
                "there must be at least one output",
            )),
            n => Ok(RegressionErrors {
                outputs: vec![Output::default(); n],
                samples: 0,
            }),
        }
    }

    /// Adds a batch, both `[samples, outputs]` row-major.
    ///
    /// # Errors
    /// If the lengths differ or are not a multiple of the number of outputs.
    pub fn add(&mut self, truth: &[f32], predicted: &[f32]) -> Result<()> {
        self.add_pairs(truth.len(), predicted.len(), |i| {
            (truth[i].into(), predicted[i].into())
        })
    }

    /// Adds a batch of f64.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn add_f64(&mut self, truth: &[f64], predicted: &[f64]) -> Result<()> {
        self.add_pairs(truth.len(), predicted.len(), |i| (truth[i], predicted[i]))
    }

    fn add_pairs(&mut self, n: usize, m: usize, pair: impl Fn(usize) -> (f64, f64)) -> Result<()> {
        same_length("regression errors", n, m)?;
        let width = self.outputs.len();
        if !n.is_multiple_of(width) {
            let problem = format!("{n} values do not divide into samples of {width} outputs");
            return Err(Error::argument("regression errors", problem));
        }
        for row in 0..n / width {
            self.samples += 1;
            for (column, output) in self.outputs.iter_mut().enumerate() {
                let (truth, predicted) = pair(row * width + column);
                let error = truth - predicted;
                output.squared += error * error;
                output.absolute += error.abs();
                let distance = truth - output.mean;
                output.mean += distance / self.samples as f64;
                output.spread += distance * (truth - output.mean);
            }
        }
        Ok(())
    }

    /// The scores so far, or `None` before the first sample.
    pub fn scores(&self) -> Option<RegressionScores> {
        if self.samples == 0 {
            return None;
        }
        let n = self.samples as f64;
        let mean = |f: &dyn Fn(&Output) -> f64| {
            self.outputs.iter().map(f).sum::<f64>() / self.outputs.len() as f64
        };
        Some(RegressionScores {
            mse: mean(&|o| o.squared / n),
            rmse: mean(&|o| (o.squared / n).sqrt()),
            mae: mean(&|o| o.absolute / n),
            r2: mean(&|o| match (o.spread, o.squared) {
                (0.0, 0.0) => 1.0,
                (0.0, _) => 0.0,
                (spread, squared) => 1.0 - squared / spread,
            }),
            constant_target: self.outputs.iter().any(|o| o.spread == 0.0),
            samples: self.samples,
        })
    }
}

fn single(what: &'static str, truth: &[f32], predicted: &[f32]) -> Result<RegressionScores> {
    not_empty(what, truth.len())?;
    let mut errors = RegressionErrors::new(1)?;
    errors.add(truth, predicted)?;
    errors
        .scores()
        .ok_or_else(|| Error::argument(what, "there are no samples"))
}

/// MSE = 1/n · Σ (y − ŷ)²
///
/// # Errors
/// If the lengths differ or are 0.
pub fn mean_squared_error(truth: &[f32], predicted: &[f32]) -> Result<f64> {
    Ok(single("mean squared error", truth, predicted)?.mse)
}

/// RMSE = √(1/n · Σ (y − ŷ)²)
///
/// # Errors
/// If the lengths differ or are 0.
pub fn root_mean_squared_error(truth: &[f32], predicted: &[f32]) -> Result<f64> {
    Ok(single("root mean squared error", truth, predicted)?.rmse)
}

/// MAE = 1/n · Σ |y − ŷ|
///
/// # Errors
/// If the lengths differ or are 0.
pub fn mean_absolute_error(truth: &[f32], predicted: &[f32]) -> Result<f64> {
    Ok(single("mean absolute error", truth, predicted)?.mae)
}

/// R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)²
///
/// Where the true values do not vary it is 1 for perfect predictions and 0 for others.
///
/// # Errors
/// If the lengths differ or are 0.
///
/// ```
/// let r2 = nn_data::metrics::r2_score(&[3.0, -0.5, 2.0, 7.0], &[2.5, 0.0, 2.0, 8.0])?;
/// assert!((r2 - 0.948_608_137).abs() < 1e-9);
/// # Ok::<(), nn_data::Error>(())
/// ```
pub fn r2_score(truth: &[f32], predicted: &[f32]) -> Result<f64> {
    Ok(single("R²", truth, predicted)?.r2)
}

impl fmt::Display for RegressionScores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = [
            ("R²", self.r2),
            ("RMSE", self.rmse),
            ("MAE", self.mae),
            ("MSE", self.mse),
        ];
        for (name, value) in rows {
            writeln!(f, "{name:<8}{value:>14.6}")?;
        }
        write!(f, "{:<8}{:>14}", "samples", self.samples)?;
        if self.constant_target {
            write!(f, "\nThe true values do not vary: R² says nothing.")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_two_passes(
            rows in prop::collection::vec((-1e3f32..1e3, -1e3f32..1e3), 2..60),
            cut in 0usize..60,
        ) {
            let (truth, predicted): (Vec<f32>, Vec<f32>) = rows.into_iter().unzip();
            let cut = cut.min(truth.len());
            let mut streamed = RegressionErrors::new(1).unwrap();
            streamed.add(&truth[..cut], &predicted[..cut]).unwrap();
            streamed.add(&truth[cut..], &predicted[cut..]).unwrap();
            let scores = streamed.scores().unwrap();
            let n = truth.len() as f64;
            let errors = || truth.iter().zip(&predicted).map(|(&t, &p)| f64::from(t) - f64::from(p));
            let mean = truth.iter().map(|&t| f64::from(t)).sum::<f64>() / n;
            let spread: f64 = truth.iter().map(|&t| (f64::from(t) - mean).powi(2)).sum();
            let squared: f64 = errors().map(|e| e * e).sum();
            prop_assert!((scores.mse - squared / n).abs() <= 1e-9 * squared / n);
            prop_assert!((scores.mae - errors().map(f64::abs).sum::<f64>() / n).abs() < 1e-9);
            prop_assert!((scores.r2 - (1.0 - squared / spread)).abs() <= 1e-9 * (squared / spread));
        }
    }

    #[test]
    fn constant_targets_follow_the_convention() {
        let scores = |t: &[f32], p: &[f32]| single("t", t, p).unwrap();
        assert_eq!(scores(&[2.0, 2.0], &[2.0, 2.0]).r2, 1.0);
        assert_eq!(scores(&[2.0, 2.0], &[2.0, 3.0]).r2, 0.0);
        assert!(scores(&[2.0, 2.0], &[2.0, 3.0]).constant_target);
        assert!(!scores(&[2.0, 1.0], &[2.0, 3.0]).constant_target);
    }

    #[test]
    fn several_outputs_are_averaged() {
        // Textbook values: two outputs, errors (0.5, 1, 1) and (1, 1, 1).
        let truth = [0.5, 1.0, -1.0, 1.0, 7.0, -6.0];
        let predicted = [0.0, 2.0, -1.0, 2.0, 8.0, -5.0];
        let mut errors = RegressionErrors::new(2).unwrap();
        errors.add_f64(&truth, &predicted).unwrap();
        let scores = errors.scores().unwrap();
        assert!((scores.mse - (1.25 / 3.0 + 1.0) / 2.0).abs() < 1e-15);
        assert!((scores.mae - (1.5 / 3.0 + 1.0) / 2.0).abs() < 1e-15);
        assert!((scores.rmse - ((1.25f64 / 3.0).sqrt() + 1.0) / 2.0).abs() < 1e-15);
    }

    #[test]
    fn misuse_is_refused() {
        assert!(RegressionErrors::new(0).is_err());
        assert!(
            RegressionErrors::new(2)
                .unwrap()
                .add(&[1.0], &[1.0])
                .is_err()
        );
        assert!(mean_squared_error(&[], &[]).is_err());
        assert!(mean_absolute_error(&[1.0], &[]).is_err());
        assert_eq!(RegressionErrors::new(1).unwrap().scores(), None);
    }
}
