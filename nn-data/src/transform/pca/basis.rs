//! The eigenvectors of the covariance, by whichever way suits the sizes.

use nn_core::DType;

use super::super::columns::Runs;
use super::super::eigen::{self, Eigen};
use super::super::stream::Stream;
use super::moments::Covariance;
use super::subspace::{self, Sizes};
use super::{Components, PcaOptions, Precision, Solver, rows};
use crate::error::{Error, Result};

/// Up to which size eigenvectors are computed exactly without being asked for.
const EXACT: usize = 2048;
/// Beyond this, exact eigenvectors take hours.
const MOST: usize = 16_384;
/// Multiplications that take a tenth of a second in double precision.
const DOUBLE_WORK: u128 = 1 << 33;

/// Eigenvectors and eigenvalues of a covariance, descending.
pub(super) struct Basis {
    pub(super) mean: Vec<f64>,
    /// Sum of the variances of all columns.
    pub(super) total: f64,
    /// The columns that the vectors are about.
    columns: Runs,
    eigen: Eigen,
    precision: Precision,
}

impl Basis {
    pub(super) fn fit(stream: &Stream<'_>, options: &PcaOptions) -> Result<Self> {
        let (samples, width) = (stream.len(), stream.width());
        let most = samples.min(width);
        let wanted = match options.components {
            Some(Components::Count(count)) => count,
            _ => most,
        };
        let work = samples as u128 * width as u128 * most as u128;
        let precision = options.precision.unwrap_or(match work <= DOUBLE_WORK {
            true => Precision::Double,
            false => Precision::Single,
        });
        let random = match options.solver {
            Solver::Exact => false,
            Solver::Randomized => true,
            Solver::Auto => most > EXACT && wanted.saturating_mul(5) < most,
        };
        let sizes = Sizes::new(options, wanted, most);
        if !random && most > MOST {
            let problem = format!(
                "all components of {samples} samples of {width} values cannot be computed in reasonable time; ask for a number of components"
            );
            return Err(Error::argument("pca", problem));
        }
        if random && !sizes.covariance_pays(width) {
            let found = subspace::of_stream(stream, &sizes, options.seed, precision)?;
            return Ok(Basis {
                mean: found.mean,
                total: found.total,
                columns: Runs::of(0..width),
                eigen: found.eigen,
                precision,
            });
        }
        if samples < width && !random {
            let found = rows::of_stream(stream, precision)?;
            return Ok(Basis {
                mean: found.mean,
                total: found.total,
                columns: Runs::of(0..width),
                eigen: found.eigen,
                precision,
            });
        }
        let covariance = Covariance::of(stream, precision)?;
        let n = covariance.columns.count();
        let total = (0..n).map(|i| covariance.matrix[i * (n + 1)]).sum();
        // A share of the variance is reached with a number that is not known yet.
        let limit = match options.components {
            Some(Components::Count(count)) => count,
            _ => n,
        };
        let eigen = match random && sizes.directions < n {
            true => subspace::of_matrix(&covariance.matrix, n, &sizes, options.seed)?,
            false => eigen::symmetric(covariance.matrix, n, limit)?,
        };
        Ok(Basis {
            mean: covariance.mean,
            total,
            columns: covariance.columns,
            eigen,
            precision,
        })
    }

    /// The type in which components are stored and applied.
    pub(super) fn dtype(&self) -> DType {
        match self.precision {
            Precision::Single => DType::F32,
            Precision::Double => DType::F64,
        }
    }

    /// How many components explain `share` of the variance.
    pub(super) fn count_for(&self, share: f64) -> usize {
        let mut explained = 0.0;
        let enough = self.eigen.values.iter().position(|value| {
            explained += value.max(0.0);
            explained >= share * self.total
        });
        enough.map_or(self.eigen.values.len(), |at| at + 1).max(1)
    }

    /// The first `count` components, row-major `[count, width]`, and their variances. Where the data has fewer directions,
    /// the last ones are 0.
    pub(super) fn rows(&self, count: usize, width: usize) -> (Vec<f64>, Vec<f64>) {
        let n = self.columns.count();
        let mut components = vec![0.0; count * width];
        let mut variance = vec![0.0; count];
        let found = self
            .eigen
            .values
            .iter()
            .zip(self.eigen.vectors.chunks_exact(n.max(1)));
        for (at, (&value, vector)) in found.take(count).enumerate() {
            variance[at] = value.max(0.0);
            let sign = sign_of_largest(vector);
            let row = &mut components[at * width..(at + 1) * width];
            for (column, v) in self.columns.columns().zip(vector) {
                row[column] = v * sign;
            }
        }
        (components, variance)
    }
}

fn sign_of_largest(vector: &[f64]) -> f64 {
    // Rounding must not choose between elements that are equal but for it.
    let largest = vector.iter().fold(0.0f64, |most, v| most.max(v.abs())) * (1.0 - 1e-6);
    let first = vector.iter().find(|v| v.abs() >= largest);
    first.map_or(1.0, |v| if *v < 0.0 { -1.0 } else { 1.0 })
}
