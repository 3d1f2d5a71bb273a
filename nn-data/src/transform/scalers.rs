//! The scalings: what is asked for ([`Scaling`]) and what was learnt from the data ([`Step`]).

use serde::{Deserialize, Serialize};

use super::affine::Affine;
use super::statistics::{Over, Statistics};
use crate::error::{Error, Result};

/// A scaling that is asked for, before any data was seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scaling {
    /// y = x · factor + offset, the same for all data; factor 1/255 for pixels.
    Fixed {
        /// Multiplied with every value.
        factor: f64,
        /// Added afterwards.
        #[serde(default)]
        offset: f64,
    },
    /// y = x − mean
    Mean {
        /// Which values share a mean.
        #[serde(default)]
        over: Over,
    },
    /// y = low + (x − min) / (max − min) · (high − low)
    MinMax {
        /// Which values share a range.
        #[serde(default)]
        over: Over,
        /// What the smallest value becomes.
        low: f64,
        /// What the largest value becomes.
        high: f64,
    },
    /// y = (x − mean) / standard deviation
    Standard {
        /// Which values share mean and deviation.
        #[serde(default)]
        over: Over,
    },
}

impl Scaling {
    /// Pixels from 0 … 255 to 0 … 1.
    pub fn pixels() -> Self {
        Scaling::Fixed {
            factor: 1.0 / 255.0,
            offset: 0.0,
        }
    }

    /// Mean 0 and standard deviation 1 for every feature.
    pub fn standard() -> Self {
        Scaling::Standard {
            over: Over::Feature,
        }
    }

    /// Every feature from 0 to 1.
    pub fn min_max() -> Self {
        Scaling::MinMax {
            over: Over::Feature,
            low: 0.0,
            high: 1.0,
        }
    }

    /// Mean 0 for every feature.
    pub fn mean() -> Self {
        Scaling::Mean {
            over: Over::Feature,
        }
    }

    /// Which statistics are needed to fit it, if any.
    pub(super) fn needs(&self) -> Option<Over> {
        match *self {
            Scaling::Fixed { .. } => None,
            Scaling::Mean { over } | Scaling::MinMax { over, .. } | Scaling::Standard { over } => {
                Some(over)
            }
        }
    }

    /// The fitted step.
    pub(super) fn fit(&self, statistics: Option<&Statistics>) -> Result<Step> {
        let step = match (*self, statistics) {
            (Scaling::Fixed { factor, offset }, _) => Step::Fixed(FixedScale { factor, offset }),
            (Scaling::Mean { .. }, Some(s)) => Step::Mean(MeanRemoval::fit(s)?),
            (Scaling::MinMax { low, high, .. }, Some(s)) => {
                Step::MinMax(MinMaxScaler::fit(s, low, high)?)
            }
            (Scaling::Standard { .. }, Some(s)) => Step::Standard(StandardScaler::fit(s)?),
            (_, None) => return Err(Error::argument("scaling", "there is no data to fit it on")),
        };
        step.affine()?;
        Ok(step)
    }
}

/// A fitted scaling, as it is stored in a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// The same for all data.
    Fixed(FixedScale),
    /// Mean removal.
    Mean(MeanRemoval),
    /// To a range.
    MinMax(MinMaxScaler),
    /// To mean 0 and standard deviation 1.
    Standard(StandardScaler),
}

impl Step {
    pub(super) fn affine(&self) -> Result<Affine> {
        match self {
            Step::Fixed(s) => Affine::uniform(0.0, s.factor, s.offset),
            Step::Mean(s) => {
                let n = s.mean.len();
                Affine::grouped(s.repeat, s.mean.clone(), vec![1.0; n], vec![0.0; n])
            }
            Step::MinMax(s) => {
                let scale = s.scales();
                Affine::grouped(s.repeat, s.min.clone(), scale, vec![s.low; s.min.len()])
            }
            Step::Standard(s) => {
                let scale = s.deviation.iter().map(|d| 1.0 / d).collect();
                Affine::grouped(s.repeat, s.mean.clone(), scale, vec![0.0; s.mean.len()])
            }
        }
    }
}

/// y = x · factor + offset
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FixedScale {
    /// Multiplied with every value; not 0.
    pub factor: f64,
    /// Added afterwards.
    pub offset: f64,
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
