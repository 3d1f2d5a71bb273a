//! Scaling by median and quartiles, which outliers do not move.

use serde::{Deserialize, Serialize};

use super::affine::Affine;
use super::quantiles::Quantiles;
use super::statistics::Over;
use super::stream::Stream;
use crate::error::{Error, Result};

/// Refuses quantiles that are not two percentages in order.
pub(super) fn check([low, high]: [f64; 2]) -> Result<()> {
    if 0.0 <= low && low < high && high <= 100.0 {
        return Ok(());
    }
    let problem = format!(
        "quantiles must be two percentages from 0 to 100, the lower one first, not [{low}, {high}]"
    );
    Err(Error::argument("robust", problem))
}

/// y = (x − median) / (upper − lower quantile)
///
/// The quantiles are exact, whatever the number of samples. A column whose quantiles coincide is only shifted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RobustScaler {
    /// The median of each group of values.
    pub median: Vec<f64>,
    /// The distance between the quantiles of each group; 1 where they coincide.
    pub range: Vec<f64>,
    /// Values in a group.
    pub repeat: usize,
}

impl RobustScaler {
    pub(super) fn fit(stream: &Stream<'_>, over: Over, [low, high]: [f64; 2]) -> Result<Self> {
        stream.each(|block, first| stream.finite(block, first))?;
        let found = Quantiles::of(stream, over, &[low / 100.0, 0.5, high / 100.0])?;
        let mut scaler = RobustScaler {
            median: Vec::new(),
            range: Vec::new(),
            repeat: found.repeat,
        };
        for quantiles in found.values.iter().flatten() {
            if let &[low, median, high] = &quantiles[..] {
                let range = high - low;
                scaler.median.push(median);
                scaler.range.push(if range < 10.0 * f64::EPSILON {
                    1.0
                } else {
                    range
                });
            }
        }
        Ok(scaler)
    }

    pub(super) fn affine(&self) -> Result<Affine> {
        let scale = self.range.iter().map(|range| 1.0 / range).collect();
        Affine::grouped(
            self.repeat,
            self.median.clone(),
            scale,
            vec![0.0; self.median.len()],
        )
    }
}
