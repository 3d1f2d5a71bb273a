//! More columns than samples: the eigenvectors of X·Xᵀ, which is smaller than the covariance, give those of the covariance.
//!
//! With X·Xᵀ = U·diag(σ²)·Uᵀ the components are the rows of diag(1/σ)·Uᵀ·X and the variances σ² / (n − 1).

use nn_core::kernels::gemm::GemmElement;
use nn_core::{DType, Tensor};

use super::super::columns::{Columns, Runs};
use super::super::eigen::{self, Eigen};
use super::super::stream::Stream;
use super::Precision;
use crate::error::{Error, Result};

/// Most values that are held at once (2 GiB in f64).
const VALUES: usize = 1 << 28;

/// Mean, sum of the variances, and eigenvectors about all columns.
pub(super) struct Found {
    pub(super) mean: Vec<f64>,
    pub(super) total: f64,
    pub(super) eigen: Eigen,
}

/// The components of a stream that has fewer samples than columns.
pub(super) fn of_stream(stream: &Stream<'_>, precision: Precision) -> Result<Found> {
    let (samples, width) = (stream.len(), stream.width());
    if samples
        .checked_mul(width)
        .is_none_or(|values| values > VALUES)
    {
        let problem = format!(
            "{samples} samples of {width} values are too many to compute all components; ask for a number of components"
        );
        return Err(Error::argument("pca", problem));
    }
    match precision {
        Precision::Single => solve::<f32>(stream, samples, width),
        Precision::Double => solve::<f64>(stream, samples, width),
    }
}

fn solve<T: GemmElement + nn_core::kernels::buffer::Plain + nn_core::Element>(
    stream: &Stream<'_>,
    samples: usize,
    width: usize,
) -> Result<Found> {
    let mut raw: Vec<T> = Vec::with_capacity(samples * width);
    stream.each(|block, first| {
        stream.finite(block, first)?;
        match block.dtype() {
            DType::F64 => raw.extend(
                block
                    .as_slice::<f64>()?
                    .iter()
                    .map(|&v| <T as nn_core::kernels::float::Float>::from_f64(v)),
            ),
            _ => raw.extend(
                block
                    .as_slice::<f32>()?
                    .iter()
                    .map(|&v| <T as nn_core::kernels::float::Float>::from_f64(f64::from(v))),
            ),
        }
        Ok(())
    })?;
    let raw = Tensor::from_vec(raw, [samples, width])?;
    let mean = Columns::of(&raw, width)?.mean;
    let mut centred: Vec<T> = Vec::with_capacity(raw.len());
    Runs::of(0..width).centred(raw.as_slice::<T>()?, &mean, &mut centred);
    drop(raw);
    let x = Tensor::from_vec(centred, [samples, width])?;
    let products = x.matmul(&x.t()?)?.to_dtype(DType::F64)?.to_vec::<f64>()?;
    let divisor = (samples - 1) as f64;
    let mut matrix: Vec<f64> = products.into_iter().map(|v| v / divisor).collect();
    for i in 0..samples {
        for j in 0..i {
            matrix[i * samples + j] = matrix[j * samples + i];
        }
    }
    let total = (0..samples).map(|i| matrix[i * (samples + 1)]).sum();
    let mut eigen = eigen::symmetric(matrix, samples, samples)?;
    let largest = eigen.values.first().copied().unwrap_or(0.0).max(0.0);
    let least = largest
        * samples as f64
        * f64::EPSILON.max(match T::DTYPE {
            DType::F32 => f64::from(f32::EPSILON),
            _ => 0.0,
        });
    // Centring leaves one direction fewer than there are samples.
    let rank = eigen
        .values
        .iter()
        .take_while(|&&value| value > least)
        .count();
    eigen.values.truncate(rank);
    eigen.vectors.truncate(rank * samples);
    let factors: Vec<f64> = eigen
        .values
        .iter()
        .map(|value| 1.0 / (value * divisor).sqrt())
        .collect();
    let scaled = eigen.vectors.chunks_exact(samples).zip(&factors);
    let left: Vec<T> = scaled
        .flat_map(|(row, &factor)| {
            row.iter()
                .map(move |v| <T as nn_core::kernels::float::Float>::from_f64(v * factor))
        })
        .collect();
    let vectors = Tensor::from_vec(left, [rank, samples])?.matmul(&x)?;
    eigen.vectors = vectors.to_dtype(DType::F64)?.to_vec::<f64>()?;
    Ok(Found { mean, total, eigen })
}
