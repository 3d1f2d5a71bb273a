//! What is asked for ([`Preparation`]), before any data was seen.

use serde::{Deserialize, Serialize};

use super::scalers::{FixedScale, MeanRemoval, MinMaxScaler, StandardScaler};
use super::statistics::{Over, Statistics};
use super::step::Step;
use super::stream::Stream;
use super::{Pca, PcaOptions, Zca};
use crate::error::Result;

/// A step of preparation that is asked for; `type` in a recipe.
///
/// ```
/// use nn_data::transform::{Over, Preparation};
///
/// let step: Preparation = serde_json::from_str(r#"{"type": "standard", "over": "channel"}"#).unwrap();
/// assert_eq!(step, Preparation::Standard { over: Over::Channel });
/// assert!(serde_json::from_str::<Preparation>(r#"{"type": "standard", "ovr": "channel"}"#).is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Preparation {
    /// y = x · factor + offset, the same for all data.
    Fixed {
        /// Multiplied with every value.
        factor: f64,
        /// Added afterwards.
        #[serde(default)]
        offset: f64,
    },
    /// y = x / 255: pixels from 0 … 255 to 0 … 1.
    Pixels {},
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
        /// What the smallest value becomes; default 0.
        #[serde(default)]
        low: f64,
        /// What the largest value becomes; default 1.
        #[serde(default = "one")]
        high: f64,
    },
    /// y = (x − mean) / standard deviation
    Standard {
        /// Which values share mean and deviation.
        #[serde(default)]
        over: Over,
    },
    /// Principal components, whitened or not.
    Pca(PcaOptions),
    /// ZCA whitening.
    Zca {
        /// ε, added to the variance of every direction; default 1e-6.
        #[serde(default = "little")]
        epsilon: f64,
    },
}

fn one() -> f64 {
    1.0
}

fn little() -> f64 {
    1e-6
}

impl Preparation {
    /// Pixels from 0 … 255 to 0 … 1.
    pub fn pixels() -> Self {
        Preparation::Pixels {}
    }

    /// Mean 0 and standard deviation 1 for every feature.
    pub fn standard() -> Self {
        Preparation::Standard {
            over: Over::Feature,
        }
    }

    /// Every feature from 0 to 1.
    pub fn min_max() -> Self {
        Preparation::MinMax {
            over: Over::Feature,
            low: 0.0,
            high: 1.0,
        }
    }

    /// Mean 0 for every feature.
    pub fn mean() -> Self {
        Preparation::Mean {
            over: Over::Feature,
        }
    }

    /// The first `components` principal components.
    pub fn pca(components: usize) -> Self {
        Preparation::Pca(PcaOptions::count(components))
    }

    /// The fitted step.
    pub(super) fn fit(&self, stream: &Stream<'_>) -> Result<Step> {
        let statistics = |over| Statistics::of_stream(stream, over);
        let step = match *self {
            Preparation::Fixed { factor, offset } => Step::Fixed(FixedScale { factor, offset }),
            Preparation::Pixels {} => Step::Fixed(FixedScale {
                factor: 1.0 / 255.0,
                offset: 0.0,
            }),
            Preparation::Mean { over } => Step::Mean(MeanRemoval::fit(&statistics(over)?)?),
            Preparation::MinMax { over, low, high } => {
                Step::MinMax(MinMaxScaler::fit(&statistics(over)?, low, high)?)
            }
            Preparation::Standard { over } => {
                Step::Standard(StandardScaler::fit(&statistics(over)?)?)
            }
            Preparation::Pca(ref options) => Step::Pca(Pca::fit_stream(stream, options)?),
            Preparation::Zca { epsilon } => Step::Zca(Zca::fit_stream(stream, epsilon)?),
        };
        step.act()?;
        Ok(step)
    }
}
