//! Samples that are unlike the rest: those that a model of the normal ones cannot put together again.
//!
//! The score of a sample is its reconstruction error, the mean of its squared differences from what the model makes of it.
//! [`PcaAnomaly`] models the normal samples by their principal components; any autoencoder can take its place through
//! [`reconstruction_scores`].

mod pca;

use nn_core::{DType, Tensor};

use crate::dataset::Dataset;
use crate::error::{Error, Result};

pub use pca::PcaAnomaly;

/// Samples that are reconstructed at once.
const CHUNK: usize = 256;

/// For each sample the mean of the squared differences of two batches `[n, …sample]`.
///
/// ```
/// use nn_core::Tensor;
/// let original = Tensor::from_vec(vec![1.0f32, 2.0, 3.0, 4.0], [2, 2])?;
/// let again = Tensor::from_vec(vec![1.0f32, 2.0, 3.0, 2.0], [2, 2])?;
/// assert_eq!(nn_data::anomaly::reconstruction_errors(&original, &again)?, [0.0, 2.0]);
/// # Ok::<(), nn_data::Error>(())
/// ```
///
/// # Errors
/// If the batches differ in the number of samples or of values.
pub fn reconstruction_errors(original: &Tensor, reconstructed: &Tensor) -> Result<Vec<f64>> {
    let count = original.dims().first().copied().unwrap_or(0);
    if reconstructed.dims().first() != Some(&count) || original.len() != reconstructed.len() {
        let problem = format!(
            "a batch of shape {:?} was reconstructed as {:?}",
            original.dims(),
            reconstructed.dims()
        );
        return Err(Error::argument("reconstruction error", problem));
    }
    let values = |batch: &Tensor| -> Result<Vec<f64>> { Ok(batch.to_dtype(DType::F64)?.to_vec()?) };
    let (a, b) = (values(original)?, values(reconstructed)?);
    let width = (a.len() / count.max(1)).max(1);
    let rows = a.chunks_exact(width).zip(b.chunks_exact(width));
    Ok(rows
        .map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / width as f64)
        .collect())
}

/// The score of every sample of a data set under any model that reconstructs batches, such as an autoencoder.
///
/// `model` gets raw inputs `[n, …sample]` and gives the pair to compare: what it looked at (its prepared inputs) and what it made of
/// them, so that scores are in the unit in which it was trained.
///
/// # Errors
/// Those of the model, and if its two batches do not fit each other.
pub fn reconstruction_scores<E: From<Error>>(
    data: &dyn Dataset,
    mut model: impl FnMut(&Tensor) -> Result<(Tensor, Tensor), E>,
) -> Result<Vec<f64>, E> {
    let mut scores = Vec::with_capacity(data.len());
    let all: Vec<usize> = (0..data.len()).collect();
    for indices in all.chunks(CHUNK) {
        let (seen, made) = model(&data.batch(indices)?.inputs)?;
        scores.extend(reconstruction_errors(&seen, &made)?);
    }
    Ok(scores)
}

/// The score that a share of normal samples stays below: the quantile of their scores, between two of them by proportion. Scores above
/// it are called anomalies; 1 − `quantile` of the normal ones will be, too.
///
/// ```
/// let threshold = nn_data::anomaly::threshold(&[4.0, 1.0, 2.0, 3.0, 5.0], 0.9)?;
/// assert!((threshold - 4.6).abs() < 1e-12);
/// # Ok::<(), nn_data::Error>(())
/// ```
///
/// # Errors
/// If there are no scores, one is not finite, or the quantile is not a share from 0 to 1.
pub fn threshold(scores: &[f64], quantile: f64) -> Result<f64> {
    if !(0.0..=1.0).contains(&quantile) {
        let problem = format!("{quantile} is not a share from 0 to 1");
        return Err(Error::argument("quantile", problem));
    }
    if scores.is_empty() || scores.iter().any(|score| !score.is_finite()) {
        let problem = "there are no scores, or one is not finite";
        return Err(Error::argument("threshold", problem));
    }
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = quantile * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    Ok(sorted[below] + (sorted[above] - sorted[below]) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{InMemory, Targets};

    #[test]
    fn any_model_can_score() {
        let inputs = Tensor::from_vec((0..600).map(|v| v as f32).collect(), [300, 2]).unwrap();
        let data = InMemory::new("t", inputs, Targets::None).unwrap();
        let scores = reconstruction_scores(&data, |batch| -> Result<_> {
            Ok((batch.clone(), batch.add_scalar(0.5)?))
        })
        .unwrap();
        assert_eq!(scores, vec![0.25; 300]);
        let wrong = reconstruction_scores(&data, |batch| -> Result<_> {
            Ok((batch.clone(), batch.slice(1, 0..1)?))
        });
        assert!(
            wrong
                .unwrap_err()
                .to_string()
                .contains("was reconstructed as")
        );
    }

    #[test]
    fn odd_thresholds_are_refused() {
        assert!(threshold(&[], 0.5).is_err() && threshold(&[1.0], 1.5).is_err());
        assert!(threshold(&[f64::NAN], 0.5).is_err());
        assert_eq!(threshold(&[2.0, 1.0], 1.0).unwrap(), 2.0);
    }
}
