//! Anomalies by principal components: what lies off the plane of the normal samples.

use nn_core::Tensor;
use serde::{Deserialize, Serialize};

use super::{reconstruction_errors, reconstruction_scores, threshold};
use crate::dataset::Dataset;
use crate::error::Result;
use crate::transform::{Pca, PcaOptions};

/// Scores samples by how far they lie from the space of a few principal components of normal ones (Jackson and Mudholkar 1979): the
/// mean of (x − x̂)², with x̂ the nearest point of that space.
///
/// Columns in different units must be scaled first, as for [`Pca`] itself; with all components every error is 0.
///
/// ```
/// use nn_core::Tensor;
/// use nn_data::{InMemory, dataset::Targets, anomaly::PcaAnomaly, transform::PcaOptions};
///
/// // Normal samples lie along a line.
/// let values: Vec<f32> = (0..100).flat_map(|at| [at as f32, 2.0 * at as f32 + (at % 3) as f32 * 0.1]).collect();
/// let normal = InMemory::new("normal", Tensor::from_vec(values, [100, 2])?, Targets::None)?;
/// let anomaly = PcaAnomaly::fit(&normal, &PcaOptions::count(1), 0.99)?;
/// let scores = anomaly.scores(&Tensor::from_vec(vec![50.0f32, 100.0, 50.0, 0.0], [2, 2])?)?;
/// assert!(!anomaly.is_anomaly(scores[0]) && anomaly.is_anomaly(scores[1]));
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PcaAnomaly {
    pca: Pca,
    threshold: f64,
}

impl PcaAnomaly {
    /// Fits components on normal samples, and the threshold as the `quantile` of their own scores (0.99 calls one in a hundred of
    /// them an anomaly).
    ///
    /// # Errors
    /// Those of [`Pca::fit`], and if the quantile is not a share from 0 to 1.
    pub fn fit(normal: &dyn Dataset, options: &PcaOptions, quantile: f64) -> Result<PcaAnomaly> {
        let pca = Pca::fit(normal, options)?;
        let scores = reconstruction_scores(normal, |batch| {
            Ok::<_, crate::error::Error>((batch.clone(), again(&pca, batch)?))
        })?;
        Ok(PcaAnomaly {
            threshold: threshold(&scores, quantile)?,
            pca,
        })
    }

    /// The score of each sample `[n, …sample]`.
    ///
    /// # Errors
    /// If a sample has another number of values than those it was fitted on.
    pub fn scores(&self, samples: &Tensor) -> Result<Vec<f64>> {
        reconstruction_errors(samples, &again(&self.pca, samples)?)
    }

    /// Whether a score is above the threshold.
    pub fn is_anomaly(&self, score: f64) -> bool {
        score > self.threshold
    }

    /// The threshold.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// The components.
    pub fn pca(&self) -> &Pca {
        &self.pca
    }
}

fn again(pca: &Pca, batch: &Tensor) -> Result<Tensor> {
    pca.inverse_transform(&pca.transform(batch)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Subset;
    use crate::dataset::{self, InMemory, Targets};
    use std::sync::Arc;

    #[test]
    fn another_digit_is_an_anomaly_among_ones() {
        let digits = dataset::digits().unwrap();
        let labels = digits.class_labels().unwrap().unwrap();
        let of = |digit: u32, count: usize| -> Subset {
            let places = (0..labels.len())
                .filter(|&at| labels[at] == digit)
                .take(count);
            Subset::new(Arc::new(digits.clone()), places.collect()).unwrap()
        };
        let anomaly = PcaAnomaly::fit(&of(1, 500), &PcaOptions::count(20), 0.95).unwrap();
        let share = |digit| {
            let part = of(digit, 150);
            let batch = part.batch(&(0..150).collect::<Vec<_>>()).unwrap();
            let scores = anomaly.scores(&batch.inputs).unwrap();
            scores
                .iter()
                .filter(|score| anomaly.is_anomaly(**score))
                .count() as f64
                / 150.0
        };
        assert!(
            share(0) > 0.95 && share(8) > 0.9,
            "{} {}",
            share(0),
            share(8)
        );
        assert!((share(1) - 0.05).abs() < 0.06, "{}", share(1));
    }

    #[test]
    fn it_is_stored_and_read_again() {
        let inputs =
            Tensor::from_vec((0..60).map(|v| (v * v % 17) as f32).collect(), [20, 3]).unwrap();
        let data = InMemory::new("t", inputs.clone(), Targets::None).unwrap();
        let anomaly = PcaAnomaly::fit(&data, &PcaOptions::count(2), 0.9).unwrap();
        let text = serde_json::to_string(&anomaly).unwrap();
        let read: PcaAnomaly = serde_json::from_str(&text).unwrap();
        assert_eq!(read.threshold(), anomaly.threshold());
        let (a, b) = (
            read.scores(&inputs).unwrap(),
            anomaly.scores(&inputs).unwrap(),
        );
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-9));
        // Two of twenty lie above the nine tenths.
        assert_eq!(
            b.iter().filter(|score| anomaly.is_anomaly(**score)).count(),
            2
        );
        assert!(anomaly.scores(&inputs.slice(1, 0..2).unwrap()).is_err());
    }
}
