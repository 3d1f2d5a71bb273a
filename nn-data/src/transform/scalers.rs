//! Scalings that need mean, variance or range.

use serde::{Deserialize, Serialize};

use super::affine::Affine;
use super::statistics::Statistics;
use crate::error::{Error, Result};

/// y = x · factor + offset
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FixedScale {
    /// Multiplied with every value; not 0.
    pub factor: f64,
    /// Added afterwards.
    pub offset: f64,
}

impl FixedScale {
    pub(super) fn affine(&self) -> Result<Affine> {
        Affine::uniform(0.0, self.factor, self.offset)
    }
}

/// y = x − mean
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeanRemoval {
    /// The mean of each group of values.
    pub mean: Vec<f64>,
    /// Values in a group.
    pub repeat: usize,
}

impl MeanRemoval {
    /// From the statistics of the training data.
    ///
    /// # Errors
    /// If they hold no samples.
    pub fn fit(statistics: &Statistics) -> Result<Self> {
        some_samples(statistics)?;
        Ok(MeanRemoval {
            mean: statistics.mean().to_vec(),
            repeat: statistics.repeat(),
        })
    }

    pub(super) fn affine(&self) -> Result<Affine> {
        let n = self.mean.len();
        Affine::grouped(self.repeat, self.mean.clone(), vec![1.0; n], vec![0.0; n])
    }
}

/// y = low + (x − min) / (max − min) · (high − low)
///
/// A column that does not vary is only shifted: it becomes `low`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MinMaxScaler {
    /// The smallest value of each group.
    pub min: Vec<f64>,
    /// The largest value of each group.
    pub max: Vec<f64>,
    /// What the smallest value becomes.
    pub low: f64,
    /// What the largest value becomes.
    pub high: f64,
    /// Values in a group.
    pub repeat: usize,
}

impl MinMaxScaler {
    /// From the statistics of the training data.
    ///
    /// # Errors
    /// If they hold no samples, or `low` is not below `high`.
    pub fn fit(statistics: &Statistics, low: f64, high: f64) -> Result<Self> {
        some_samples(statistics)?;
        if low.is_nan() || high.is_nan() || low >= high {
            let problem = format!("the range {low} to {high} is empty; give the lower end first");
            return Err(Error::argument("min–max scaling", problem));
        }
        Ok(MinMaxScaler {
            min: statistics.min().to_vec(),
            max: statistics.max().to_vec(),
            low,
            high,
            repeat: statistics.repeat(),
        })
    }

    pub(super) fn affine(&self) -> Result<Affine> {
        let low = vec![self.low; self.min.len()];
        Affine::grouped(self.repeat, self.min.clone(), self.scales(), low)
    }

    fn scales(&self) -> Vec<f64> {
        let scale = |(&min, &max): (&f64, &f64)| {
            let range = max - min;
            // Below this a range is rounding and no range.
            let range = if range < 10.0 * f64::EPSILON {
                1.0
            } else {
                range
            };
            (self.high - self.low) / range
        };
        self.min.iter().zip(&self.max).map(scale).collect()
    }
}

/// y = (x − mean) / standard deviation, the deviation being √(Σ (x − mean)² / n)
///
/// A column that does not vary is only shifted: it becomes 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StandardScaler {
    /// The mean of each group of values.
    pub mean: Vec<f64>,
    /// The standard deviation of each group; 1 where the values do not vary.
    pub deviation: Vec<f64>,
    /// Values in a group.
    pub repeat: usize,
}

impl StandardScaler {
    /// From the statistics of the training data.
    ///
    /// # Errors
    /// If they hold no samples.
    pub fn fit(statistics: &Statistics) -> Result<Self> {
        some_samples(statistics)?;
        let deviation = |(variance, constant): (f64, bool)| {
            if constant { 1.0 } else { variance.sqrt() }
        };
        let pairs = statistics.variance().into_iter().zip(statistics.constant());
        Ok(StandardScaler {
            mean: statistics.mean().to_vec(),
            deviation: pairs.map(deviation).collect(),
            repeat: statistics.repeat(),
        })
    }

    pub(super) fn affine(&self) -> Result<Affine> {
        let scale = self.deviation.iter().map(|d| 1.0 / d).collect();
        Affine::grouped(
            self.repeat,
            self.mean.clone(),
            scale,
            vec![0.0; self.mean.len()],
        )
    }
}

fn some_samples(statistics: &Statistics) -> Result<()> {
    match statistics.samples() {
        0 => Err(Error::argument(
            "scaling",
            "there are no samples to fit it on",
        )),
        _ => Ok(()),
    }
}
