//! What is asked for ([`Preparation`]), before any data was seen.

use serde::{Deserialize, Serialize};

use super::statistics::{Over, Statistics};
use super::step::Step;
use super::stream::Stream;
use super::{
    Encoder, FixedScale, Imputer, LocalContrast, MaxAbsScaler, MeanRemoval, MinMaxScaler, Norm,
    Normalizer, Pca, PcaOptions, Polynomial, RobustScaler, SampleStandard, StandardScaler,
    Strategy, Typical, Zca,
};
use crate::dataset::Encoding;
use crate::error::{Error, Result};

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
    /// y = (x − median) / (upper − lower quantile)
    Robust {
        /// Which values share median and quantiles.
        #[serde(default)]
        over: Over,
        /// The lower and the upper quantile in percent; default the quartiles, 25 and 75.
        #[serde(default = "quartiles")]
        quantiles: [f64; 2],
    },
    /// y = x / max |x|
    MaxAbs {
        /// Which values share a largest magnitude.
        #[serde(default)]
        over: Over,
    },
    /// y = x / ‖x‖ for each sample by itself.
    Normalize {
        /// How the length of a sample is measured; default `l2`.
        #[serde(default)]
        norm: Norm,
    },
    /// y = (x − mean) / standard deviation for each sample by itself.
    SampleStandard {},
    /// Local contrast normalisation of pictures.
    LocalContrast {
        /// Side of the window in pixels, odd; default 9.
        #[serde(default = "nine")]
        window: usize,
        /// The least that is divided by; default 1e-4.
        #[serde(default = "small")]
        epsilon: f64,
    },
    /// Missing values (NaN) filled in.
    Impute {
        /// By what; default the median of the column.
        #[serde(default = "median")]
        strategy: Strategy,
        /// Whether further columns say where values were missing.
        #[serde(default)]
        indicator: bool,
    },
    /// Products of features.
    Polynomial {
        /// The most factors of a product; default 2.
        #[serde(default = "two")]
        degree: usize,
        /// Whether no feature is multiplied with itself.
        #[serde(default)]
        interaction_only: bool,
        /// Whether a column of ones comes first.
        #[serde(default)]
        bias: bool,
    },
    /// Columns of codes, one column for each code.
    OneHot {
        /// The columns, counted from 0.
        columns: Vec<usize>,
    },
    /// Columns of codes, by their place in ascending order.
    Ordinal {
        /// The columns, counted from 0.
        columns: Vec<usize>,
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

fn small() -> f64 {
    1e-4
}

fn two() -> usize {
    2
}

fn nine() -> usize {
    9
}

fn quartiles() -> [f64; 2] {
    [25.0, 75.0]
}

fn median() -> Strategy {
    Strategy::Of(Typical::Median)
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

    /// Median 0 and a distance of 1 between the quartiles for every feature.
    pub fn robust() -> Self {
        Preparation::Robust {
            over: Over::Feature,
            quantiles: quartiles(),
        }
    }

    /// Missing values replaced.
    pub fn impute(strategy: Strategy) -> Self {
        Preparation::Impute {
            strategy,
            indicator: false,
        }
    }

    /// The `type` of a step.
    pub fn name(&self) -> &'static str {
        match self {
            Preparation::Fixed { .. } => "fixed",
            Preparation::Pixels {} => "pixels",
            Preparation::Mean { .. } => "mean",
            Preparation::MinMax { .. } => "min_max",
            Preparation::Standard { .. } => "standard",
            Preparation::Robust { .. } => "robust",
            Preparation::MaxAbs { .. } => "max_abs",
            Preparation::Normalize { .. } => "normalize",
            Preparation::SampleStandard {} => "sample_standard",
            Preparation::LocalContrast { .. } => "local_contrast",
            Preparation::Impute { .. } => "impute",
            Preparation::Polynomial { .. } => "polynomial",
            Preparation::OneHot { .. } => "one_hot",
            Preparation::Ordinal { .. } => "ordinal",
            Preparation::Pca(_) => "pca",
            Preparation::Zca { .. } => "zca",
        }
    }

    /// The key of the settings of type `name` that may go without being named, as in `"pca 50"`.
    pub fn main_key(name: &str) -> Option<&'static str> {
        match name {
            "fixed" => Some("factor"),
            "mean" | "min_max" | "standard" | "robust" | "max_abs" => Some("over"),
            "normalize" => Some("norm"),
            "local_contrast" => Some("window"),
            "impute" => Some("strategy"),
            "polynomial" => Some("degree"),
            "pca" => Some("components"),
            "zca" => Some("epsilon"),
            _ => None,
        }
    }

    /// The settings of type `name` that are switched on by their word alone, as in `"pca 50 whiten"`.
    pub fn switches(name: &str) -> &'static [&'static str] {
        match name {
            "pca" => &["whiten"],
            "impute" => &["indicator"],
            "polynomial" => &["interaction_only", "bias"],
            _ => &[],
        }
    }

    /// Whether NaN may come in: it fills missing values, or leaves them as they are.
    pub fn fills_missing(&self) -> bool {
        matches!(self, Preparation::Impute { .. })
    }

    /// Refuses settings that no data makes good.
    ///
    /// # Errors
    /// Which one, and what it must be.
    pub fn check(&self) -> Result<()> {
        let wrong = |what, problem: String| Err(Error::argument(what, problem));
        match *self {
            Preparation::Fixed { factor, offset } => {
                FixedScale { factor, offset }.affine().map(drop)
            }
            Preparation::MinMax { low, high, .. }
                if low.is_nan() || high.is_nan() || low >= high =>
            {
                wrong(
                    "min_max",
                    format!("low must be below high, not {low} and {high}"),
                )
            }
            Preparation::Robust { quantiles, .. } => super::robust::check(quantiles),
            Preparation::LocalContrast { window, epsilon } => {
                LocalContrast { window, epsilon }.check()
            }
            Preparation::Impute { strategy, .. } => super::impute::check(strategy),
            Preparation::Polynomial { degree: 0, .. } => {
                wrong("polynomial", "degree must be at least 1, not 0".into())
            }
            Preparation::OneHot { ref columns } | Preparation::Ordinal { ref columns }
                if columns.is_empty() =>
            {
                wrong(self.name(), "columns must name at least one column".into())
            }
            Preparation::Pca(ref options) => options.check(),
            Preparation::Zca { epsilon } => PcaOptions::new().whitened(epsilon).check(),
            _ => Ok(()),
        }
    }

    /// The fitted step.
    pub(super) fn fit(&self, stream: &Stream<'_>) -> Result<Step> {
        self.check()?;
        let statistics = |over| Statistics::of_stream(stream, over);
        Ok(match *self {
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
            Preparation::Robust { over, quantiles } => {
                Step::Robust(RobustScaler::fit(stream, over, quantiles)?)
            }
            Preparation::MaxAbs { over } => Step::MaxAbs(MaxAbsScaler::fit(&statistics(over)?)?),
            Preparation::Normalize { norm } => Step::Normalize(Normalizer { norm }),
            Preparation::SampleStandard {} => Step::SampleStandard(SampleStandard {}),
            Preparation::LocalContrast { window, epsilon } => {
                Step::LocalContrast(LocalContrast { window, epsilon }.fitting(stream.shape())?)
            }
            Preparation::Impute {
                strategy,
                indicator,
            } => Step::Impute(Imputer::fit(stream, strategy, indicator)?),
            Preparation::Polynomial {
                degree,
                interaction_only,
                bias,
            } => Step::Polynomial(Polynomial::new(
                stream.width(),
                degree,
                interaction_only,
                bias,
            )?),
            Preparation::OneHot { ref columns } => {
                Step::Encode(Encoder::fit(stream, columns, Encoding::OneHot)?)
            }
            Preparation::Ordinal { ref columns } => {
                Step::Encode(Encoder::fit(stream, columns, Encoding::Ordinal)?)
            }
            Preparation::Pca(ref options) => Step::Pca(Pca::fit_stream(stream, options)?),
            Preparation::Zca { epsilon } => Step::Zca(Zca::fit_stream(stream, epsilon)?),
        })
    }
}
