//! ZCA whitening: no correlations and variance 1, with every value still close to what it was.
//!
//! With C = V·diag(λ)·Vᵀ the covariance of the data,
//!
//! y = (x − mean)·V·diag(1/√(λ + ε))·Vᵀ, and back x = y·V·diag(√(λ + ε))·Vᵀ + mean.
//!
//! Among all whitenings this one changes the data least (Bell and Sejnowski, "The independent components of natural scenes are
//! edge filters", 1997; Krizhevsky 2009 for CIFAR). ε keeps noise in directions of little variance from being blown up.

use nn_core::Tensor;
use serde::{Deserialize, Serialize};

use super::pca::{Pca, PcaOptions, Solver};
use super::projection::Projection;
use super::step::{Fitted, Widths};
use super::stream::{Side, Stream};
use super::{Pipeline, Transform};
use crate::dataset::Dataset;
use crate::error::{Error, Result};

/// A fitted ZCA whitening. Samples keep their shape.
///
/// Directions without variance become 0, as in [`Pca`].
///
/// ```
/// use nn_data::{dataset, transform::{Transform, Zca}};
///
/// let wine = dataset::wine()?;
/// let zca = Zca::fit(&wine, 1e-6)?;
/// assert_eq!(zca.transform(wine.inputs())?.dims(), [178, 13]);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Pca", into = "Pca")]
pub struct Zca {
    basis: Pca,
    map: Projection,
}

impl Zca {
    /// Fits on the inputs of the training data, which is read in blocks and may be larger than memory.
    ///
    /// # Errors
    /// As [`Pca::fit`], or if `epsilon` is negative.
    pub fn fit(training_data: &dyn Dataset, epsilon: f64) -> Result<Self> {
        let nothing = Pipeline::new();
        Self::fit_stream(
            &Stream::new(training_data, &nothing, Side::Inputs)?,
            epsilon,
        )
    }

    pub(super) fn fit_stream(stream: &Stream<'_>, epsilon: f64) -> Result<Self> {
        let options = PcaOptions::new().whitened(epsilon).solver(Solver::Exact);
        Pca::fit_stream(stream, &options)?.try_into()
    }

    /// The principal components that it is built on.
    pub fn basis(&self) -> &Pca {
        &self.basis
    }
}

impl TryFrom<Pca> for Zca {
    type Error = Error;

    fn try_from(basis: Pca) -> Result<Self> {
        let width = basis.mean().len();
        let rows = basis.component_values()?;
        let count = rows.len() / width.max(1);
        // Vᵀ·diag(f)·V for the rows of V.
        let turned = |factors: &[f64]| -> Result<Vec<f64>> {
            let scaled = rows.chunks_exact(width.max(1)).zip(factors);
            let scaled: Vec<f64> = scaled
                .flat_map(|(row, f)| row.iter().map(move |v| v * f))
                .collect();
            let left = Tensor::from_slice(&rows, [count, width])?;
            Ok(left
                .t()?
                .matmul(&Tensor::from_vec(scaled, [count, width])?)?
                .to_vec::<f64>()?)
        };
        let deviations: Vec<Option<f64>> = basis.deviations().collect();
        let forward: Vec<f64> = deviations
            .iter()
            .map(|d| d.map_or(0.0, |d| 1.0 / d))
            .collect();
        let backward: Vec<f64> = deviations.iter().map(|d| d.unwrap_or(0.0)).collect();
        let map = Projection::new(
            "zca",
            (basis.mean(), &basis.spread()?),
            &turned(&forward)?,
            &turned(&backward)?,
            basis.components().dtype(),
        )?;
        Ok(Zca { basis, map })
    }
}

impl From<Zca> for Pca {
    fn from(zca: Zca) -> Self {
        zca.basis
    }
}

impl PartialEq for Zca {
    fn eq(&self, other: &Self) -> bool {
        self.basis == other.basis
    }
}

impl Transform for Zca {
    fn output_shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        super::check_width("zca", sample.iter().product(), self.map.width())?;
        Ok(sample.to_vec())
    }

    fn apply(&self, batch: &mut Tensor) -> Result<()> {
        *batch = self.map.forward(batch)?.reshape(batch.shape().clone())?;
        Ok(())
    }

    fn apply_inverse(&self, batch: &mut Tensor) -> Result<()> {
        *batch = self.map.backward(batch)?.reshape(batch.shape().clone())?;
        Ok(())
    }
}

impl Fitted for Zca {
    fn widths(&self) -> Widths {
        Widths::Keeps(self.map.width())
    }

    fn pull_back(&self, input: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        Ok(self
            .map
            .pull_back(gradient)?
            .reshape(input.shape().clone())?)
    }
}
