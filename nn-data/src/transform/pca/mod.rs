//! Principal component analysis: the directions in which the data varies most.
//!
//! With C the covariance of the data, C = Σ λᵢ vᵢ vᵢᵀ, λ₁ ≥ λ₂ ≥ …, the components are the vᵢ and
//!
//! y = (x − mean)·Vᵀ, whitened yᵢ / √(λᵢ + ε); the way back: x ≈ y·V + mean.
//!
//! Jolliffe, "Principal Component Analysis", 2002; the randomised way: Halko, Martinsson and Tropp, "Finding structure with
//! randomness", 2011.

mod basis;
mod moments;
mod rows;
mod subspace;
#[cfg(test)]
mod tests;

use nn_core::{DType, Tensor};
use serde::{Deserialize, Serialize};

use super::projection::Projection;
use super::step::{Fitted, Widths};
use super::stream::{Side, Stream};
use super::{Pipeline, Transform};
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use basis::Basis;

/// How many components are kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "components must be a number of components (50) or a share of the variance (0.95)"
)]
pub enum Components {
    /// So many.
    Count(usize),
    /// As few as explain this share of the variance, above 0 and below 1.
    Variance(f64),
}

/// How the components are computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Solver {
    /// Exact where the smaller of samples and columns is at most 2048, or more than a fifth of the components is
    /// wanted; randomised otherwise.
    #[default]
    Auto,
    /// The eigenvectors of the covariance (of the inner products of the samples, where these are fewer than the columns).
    Exact,
    /// The dominant subspace by iteration from random directions; needs a number of components.
    Randomized,
}

/// In which arithmetic the large products are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 32 bits, added up in 64 bits over blocks of 512 samples.
    Single,
    /// 64 bits.
    Double,
}

/// What a [`Pca`] is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PcaOptions {
    /// How many components; by default as many as there are: the smaller of samples and columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub components: Option<Components>,
    /// Whether every component gets variance 1.
    pub whiten: bool,
    /// ε, added to the variances in whitening: it keeps directions of little variance from being blown up. Default 0.
    pub epsilon: f64,
    /// The way to compute them.
    pub solver: Solver,
    /// Iterations of the randomised way; by default 7 where less than a tenth of the components is wanted, else 4, and twice
    /// that where the covariance is at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iterations: Option<usize>,
    /// Directions that the randomised way carries along beside those that are wanted; by default 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oversample: Option<usize>,
    /// Where the random directions start from.
    pub seed: u64,
    /// The arithmetic; by default double up to 2³³ multiplications, single beyond.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
}

impl PcaOptions {
    /// All components, not whitened.
    pub fn new() -> Self {
        Self::default()
    }

    /// The first `count` components.
    pub fn count(count: usize) -> Self {
        PcaOptions {
            components: Some(Components::Count(count)),
            ..Self::default()
        }
    }

    /// Every component to variance 1, with ε added to the variances.
    #[must_use]
    pub fn whitened(mut self, epsilon: f64) -> Self {
        self.whiten = true;
        self.epsilon = epsilon;
        self
    }

    /// Computed this way.
    #[must_use]
    pub fn solver(mut self, solver: Solver) -> Self {
        self.solver = solver;
        self
    }

    /// Refuses settings out of range.
    ///
    /// # Errors
    /// Which one, and what it must be.
    pub fn check(&self) -> Result<()> {
        let wrong = |problem: String| Err(Error::argument("pca", problem));
        match self.components {
            Some(Components::Count(0)) => wrong("components must be at least 1".into()),
            Some(Components::Variance(share)) if !(share > 0.0 && share < 1.0) => wrong(format!(
                "components must be a whole number, or a share of the variance above 0 and below 1, not {share}"
            )),
            Some(Components::Variance(_)) | None if self.solver == Solver::Randomized => {
                wrong("the randomized solver needs a number of components".into())
            }
            _ if !(self.epsilon >= 0.0 && self.epsilon.is_finite()) => {
                wrong(format!("epsilon must be 0 or more, not {}", self.epsilon))
            }
            _ => Ok(()),
        }
    }
}

/// A fitted principal component analysis, with whitening or without.
///
/// Columns that do not vary take no part: their components are 0. Directions whose variance is 0 as far as rounding lets one
/// tell become 0 in whitening, not noise. The element of largest magnitude in each component is positive.
///
/// # Shapes
/// `[n, …sample]` → `[n, components]`
///
/// ```
/// use nn_data::{dataset, transform::{Pca, PcaOptions}};
///
/// let iris = dataset::iris()?;
/// let pca = Pca::fit(&iris, &PcaOptions::count(2))?;
/// assert!(pca.explained_variance_ratio()[0] > 0.92);
/// let flat = pca.transform(iris.inputs())?;
/// assert_eq!(flat.dims(), [150, 2]);
/// assert_eq!(pca.inverse_transform(&flat)?.dims(), [150, 4]);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Pca {
    stored: Stored,
    map: Projection,
}

/// A [`Pca`] as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stored {
    mean: Vec<f64>,
    components: Tensor,
    variance: Vec<f64>,
    total_variance: f64,
    samples: u64,
    whiten: bool,
    epsilon: f64,
}

impl Pca {
    /// Fits on the inputs of the training data, which is read in blocks and may be larger than memory.
    ///
    /// # Errors
    /// If there are fewer than two samples, a value is NaN or infinite, more components are asked for than there can be, the
    /// covariance would not fit into memory, or the options are out of range.
    pub fn fit(training_data: &dyn Dataset, options: &PcaOptions) -> Result<Self> {
        let nothing = Pipeline::new();
        Self::fit_stream(
            &Stream::new(training_data, &nothing, Side::Inputs)?,
            options,
        )
    }

    pub(super) fn fit_stream(stream: &Stream<'_>, options: &PcaOptions) -> Result<Self> {
        options.check()?;
        let (samples, width) = (stream.len(), stream.width());
        let most = samples.min(width);
        if samples < 2 {
            let problem = "one sample has no variance";
            return Err(Error::data(stream.name(), problem, "give two or more"));
        }
        if let Some(Components::Count(count)) = options.components
            && count > most
        {
            let problem = format!(
                "{count} components are asked for, {samples} samples of {width} values have at most {most}"
            );
            return Err(Error::argument("pca", problem));
        }
        let basis = Basis::fit(stream, options)?;
        let kept = match options.components {
            None => most,
            Some(Components::Count(count)) => count,
            Some(Components::Variance(share)) => basis.count_for(share),
        };
        let (components, variance) = basis.rows(kept, width);
        let dtype = basis.dtype();
        let components = Tensor::from_vec(components, [kept, width])?.to_dtype(dtype)?;
        Stored {
            mean: basis.mean,
            components,
            variance,
            total_variance: basis.total,
            samples: samples as u64,
            whiten: options.whiten,
            epsilon: if options.whiten { options.epsilon } else { 0.0 },
        }
        .try_into()
    }

    /// Samples `[n, …sample]` by their components, `[n, components]`.
    ///
    /// # Errors
    /// If a sample has another number of values than those it was fitted on.
    pub fn transform(&self, batch: &Tensor) -> Result<Tensor> {
        self.map.forward(batch)
    }

    /// Samples `[n, width]` from their components `[n, components]`: exact up to rounding if all components were kept, else
    /// the nearest that these components can tell.
    ///
    /// # Errors
    /// If the number of components differs.
    pub fn inverse_transform(&self, batch: &Tensor) -> Result<Tensor> {
        self.map.backward(batch)
    }

    /// The components, one a row, each of length 1: `[components, width]`, in f64 if they were computed so, else f32.
    pub fn components(&self) -> &Tensor {
        &self.stored.components
    }

    /// The mean of every column.
    pub fn mean(&self) -> &[f64] {
        &self.stored.mean
    }

    /// λ: the variance of the data along each component, Σ … / (n − 1), descending.
    pub fn explained_variance(&self) -> &[f64] {
        &self.stored.variance
    }

    /// The share of the variance of the data that each component explains; all 0 where the data does not vary.
    pub fn explained_variance_ratio(&self) -> Vec<f64> {
        let total = self.stored.total_variance;
        let share = |v: &f64| if total > 0.0 { v / total } else { 0.0 };
        self.stored.variance.iter().map(share).collect()
    }

    /// Samples it was fitted on.
    pub fn samples(&self) -> u64 {
        self.stored.samples
    }

    /// ε, where it whitens.
    pub fn whitening(&self) -> Option<f64> {
        self.stored.whiten.then_some(self.stored.epsilon)
    }

    /// The components as f64, row-major.
    pub(super) fn component_values(&self) -> Result<Vec<f64>> {
        self.stored.values()
    }

    /// The variance of each column as far as the components tell.
    pub(super) fn spread(&self) -> Result<Vec<f64>> {
        self.stored.spread()
    }

    /// √(λᵢ + ε) of every component, `None` for those without variance.
    pub(super) fn deviations(&self) -> impl Iterator<Item = Option<f64>> + '_ {
        self.stored.deviations()
    }
}

impl Stored {
    fn values(&self) -> Result<Vec<f64>> {
        Ok(self.components.to_dtype(DType::F64)?.to_vec::<f64>()?)
    }

    /// Σᵢ λᵢ vᵢ² by column.
    fn spread(&self) -> Result<Vec<f64>> {
        let mut spread = vec![0.0; self.mean.len()];
        let components = self.values()?;
        let rows = components.chunks_exact(spread.len().max(1));
        for (row, variance) in rows.zip(&self.variance) {
            let sums = spread.iter_mut().zip(row);
            sums.for_each(|(sum, v)| *sum += variance * v * v);
        }
        Ok(spread)
    }

    fn deviations(&self) -> impl Iterator<Item = Option<f64>> + '_ {
        let epsilon = match self.components.dtype() {
            DType::F64 => f64::EPSILON,
            _ => f64::from(f32::EPSILON),
        };
        let largest = self.variance.first().copied().unwrap_or(0.0);
        // Below this, variance cannot be told from the rounding of the covariance.
        let least = largest * epsilon * (self.mean.len() as f64).sqrt();
        let variances = self.variance.iter();
        variances.map(move |&variance| (variance > least).then(|| (variance + self.epsilon).sqrt()))
    }
}

impl TryFrom<Stored> for Pca {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        let wrong = |problem: &str| Err(Error::argument("pca", problem));
        let width = stored.mean.len();
        let &[count, columns] = stored.components.dims() else {
            return wrong("its components are not a matrix");
        };
        if columns != width
            || stored.variance.len() != count
            || !stored.components.dtype().is_float()
        {
            return wrong("its parameters do not fit each other");
        }
        let sound = |v: &f64| v.is_finite() && *v >= 0.0;
        if !stored.variance.iter().all(sound)
            || !sound(&stored.total_variance)
            || !sound(&stored.epsilon)
        {
            return wrong("a variance is negative or not finite");
        }
        let scales: Vec<(f64, f64)> = match stored.whiten {
            false => vec![(1.0, 1.0); count],
            true => stored
                .deviations()
                .map(|d| d.map_or((0.0, 0.0), |d| (1.0 / d, d)))
                .collect(),
        };
        let mut forward = vec![0.0; width * count];
        let mut backward = stored.values()?;
        for (at, (row, (to, back))) in backward.chunks_exact_mut(width).zip(scales).enumerate() {
            for (column, v) in row.iter_mut().enumerate() {
                forward[column * count + at] = *v * to;
                *v *= back;
            }
        }
        let dtype = stored.components.dtype();
        let moments = (&stored.mean[..], &stored.spread()?[..]);
        let map = Projection::new("pca", moments, &forward, &backward, dtype)?;
        Ok(Pca { stored, map })
    }
}

impl From<Pca> for Stored {
    fn from(pca: Pca) -> Self {
        pca.stored
    }
}

impl PartialEq for Pca {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&self.stored, &other.stored);
        let numbers = |s: &Stored| (s.samples, s.whiten, s.epsilon, s.total_variance);
        numbers(a) == numbers(b)
            && a.mean == b.mean
            && a.variance == b.variance
            && a.components.dims() == b.components.dims()
            && matches!((self.component_values(), other.component_values()), (Ok(a), Ok(b)) if a == b)
    }
}

impl Transform for Pca {
    fn output_shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        super::check_width("pca", sample.iter().product(), self.map.width())?;
        Ok(vec![self.map.outputs()])
    }

    fn apply(&self, batch: &mut Tensor) -> Result<()> {
        *batch = self.map.forward(batch)?;
        Ok(())
    }

    fn apply_inverse(&self, batch: &mut Tensor) -> Result<()> {
        *batch = self.map.backward(batch)?;
        Ok(())
    }
}

impl Fitted for Pca {
    fn widths(&self) -> Widths {
        Widths::Changes {
            from: self.map.width(),
            to: self.map.outputs(),
        }
    }

    fn pull_back(&self, input: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        Ok(self
            .map
            .pull_back(gradient)?
            .reshape(input.shape().clone())?)
    }
}
