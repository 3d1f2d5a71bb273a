//! Scaling by the largest magnitude: zeros stay zeros.

use serde::{Deserialize, Serialize};

use super::affine::Affine;
use super::statistics::Statistics;
use crate::error::Result;

/// y = x / max |x|, from −1 to 1
///
/// A column of zeros stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MaxAbsScaler {
    /// The largest magnitude of each group of values; 1 where all are 0.
    pub largest: Vec<f64>,
    /// Values in a group.
    pub repeat: usize,
}

impl MaxAbsScaler {
    /// From the statistics of the training data.
    ///
    /// # Errors
    /// If they hold no samples.
    pub fn fit(statistics: &Statistics) -> Result<Self> {
        super::scalers::some_samples(statistics)?;
        let largest = |(min, max): (&f64, &f64)| match min.abs().max(max.abs()) {
            0.0 => 1.0,
            largest => largest,
        };
        Ok(MaxAbsScaler {
            largest: statistics
                .min()
                .iter()
                .zip(statistics.max())
                .map(largest)
                .collect(),
            repeat: statistics.repeat(),
        })
    }

    pub(super) fn affine(&self) -> Result<Affine> {
        let n = self.largest.len();
        let scale = self.largest.iter().map(|largest| 1.0 / largest).collect();
        Affine::grouped(self.repeat, vec![0.0; n], scale, vec![0.0; n])
    }
}
