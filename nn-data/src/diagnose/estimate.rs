//! An error rate or a mean, with what a finite number of samples leaves open about it.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The 97.5 % quantile of the standard normal distribution: both sides together leave 5 %.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// A measured error and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// As measured.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Number of samples it was measured on.
    pub samples: usize,
}

/// By how much one estimate lies above another, with the 95 % interval of the difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// The difference.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Estimate {
    /// The share of samples that are wrong, with the score interval of Wilson (1927): with z = 1.96 and p = wrong / n,
    /// `(p + z²/2n ± z·√(p(1 − p)/n + z²/4n²)) / (1 + z²/n)`. It stays within 0 and 1 and is right also where nothing is wrong.
    ///
    /// ```
    /// use nn_data::diagnose::Estimate;
    /// let error = Estimate::rate(3, 150)?;
    /// assert_eq!(error.value, 0.02);
    /// assert!(error.low > 0.006 && error.high < 0.058);
    /// # Ok::<(), nn_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there are no samples, or more are wrong than there are.
    pub fn rate(wrong: usize, samples: usize) -> Result<Estimate> {
        if samples == 0 || wrong > samples {
            let problem = format!("{wrong} wrong of {samples} samples is no share");
            return Err(Error::argument("error rate", problem));
        }
        let n = samples as f64;
        let p = wrong as f64 / n;
        let z2 = Z * Z;
        let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt() / (1.0 + z2 / n);
        Ok(Estimate {
            value: p,
            // Rounding must not put the ends on the wrong side of the value.
            low: (middle - half).clamp(0.0, p),
            high: (middle + half).clamp(p, 1.0),
            samples,
        })
    }

    /// The mean of the samples' losses, with the normal interval `mean ± z·s/√n`, its lower end not below the least loss.
    ///
    /// # Errors
    /// If there are no losses or one is not finite.
    pub fn mean(losses: &[f64]) -> Result<Estimate> {
        if losses.is_empty() {
            return Err(Error::argument("mean loss", "there are no samples"));
        }
        if let Some(at) = losses.iter().position(|loss| !loss.is_finite()) {
            let problem = format!("the loss of sample {at} is {}", losses[at]);
            return Err(Error::argument("mean loss", problem));
        }
        let n = losses.len() as f64;
        let mean = losses.iter().sum::<f64>() / n;
        let squares: f64 = losses.iter().map(|loss| (loss - mean).powi(2)).sum();
        let error = (squares / (n - 1.0).max(1.0) / n).sqrt();
        let least = losses.iter().copied().fold(mean, f64::min);
        Ok(Estimate {
            value: mean,
            low: (mean - Z * error).max(least),
            high: mean + Z * error,
            samples: losses.len(),
        })
    }

    /// The same estimate in another unit: all of it times `factor`, which is positive.
    pub fn scaled(self, factor: f64) -> Estimate {
        Estimate {
            value: self.value * factor,
            low: self.low * factor,
            high: self.high * factor,
            samples: self.samples,
        }
    }

    /// How far this estimate lies above another one of other samples: the interval combines the two (Newcombe 1998, method 10), so
    /// that a difference of rates near 0 is judged as it should be.
    ///
    /// ```
    /// use nn_data::diagnose::Estimate;
    /// let (train, validation) = (Estimate::rate(2, 100)?, Estimate::rate(2, 20)?);
    /// let gap = validation.above(&train);
    /// assert!((gap.value - 0.08).abs() < 1e-12 && gap.low < 0.0, "could be chance");
    /// # Ok::<(), nn_data::Error>(())
    /// ```
    pub fn above(&self, other: &Estimate) -> Gap {
        let value = self.value - other.value;
        let down = (self.value - self.low).hypot(other.high - other.value);
        let up = (self.high - self.value).hypot(other.value - other.low);
        Gap {
            value,
            low: value - down,
            high: value + up,
        }
    }

    /// The standard error that the interval stands for.
    pub fn standard_error(&self) -> f64 {
        (self.high - self.low) / (2.0 * Z)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-4, "{a} is not {b}");
    }

    #[test]
    fn wilsons_interval_has_its_known_values() {
        // Newcombe 1998, table I, and R's prop.test(correct = FALSE).
        let error = Estimate::rate(81, 263).unwrap();
        close(error.low, 0.2553);
        close(error.high, 0.3662);
        let error = Estimate::rate(0, 20).unwrap();
        assert_eq!(error.low, 0.0);
        close(error.high, 0.1611);
        let error = Estimate::rate(29, 29).unwrap();
        assert_eq!(error.high, 1.0);
        close(error.low, 0.8830);
    }

    #[test]
    fn differences_have_newcombes_interval() {
        // Newcombe 1998, "Interval estimation for the difference", table II: 56/70 − 48/80, method 10.
        let gap = (Estimate::rate(56, 70).unwrap()).above(&Estimate::rate(48, 80).unwrap());
        close(gap.value, 0.2);
        close(gap.low, 0.0524);
        close(gap.high, 0.3339);
    }

    #[test]
    fn means_have_the_normal_interval() {
        let error = Estimate::mean(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        close(error.value, 2.5);
        close(error.high - 2.5, Z * (5.0_f64 / 3.0).sqrt() / 2.0);
        let one = Estimate::mean(&[2.0]).unwrap();
        assert_eq!((one.low, one.high), (2.0, 2.0));
        assert!(Estimate::mean(&[]).is_err() && Estimate::mean(&[f64::NAN]).is_err());
        assert!(Estimate::rate(2, 1).is_err() && Estimate::rate(0, 0).is_err());
    }
}
