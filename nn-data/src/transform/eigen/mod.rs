//! Eigenvalues and eigenvectors of a symmetric matrix.

use nn_core::{Tensor, linalg};

use crate::error::Result;

/// Eigenvalues, descending, and the eigenvectors, one a row.
#[derive(Debug, Clone)]
pub(super) struct Eigen {
    pub(super) values: Vec<f64>,
    pub(super) vectors: Vec<f64>,
}

/// All eigenvectors of a symmetric matrix, row-major `[n, n]`.
pub(super) fn symmetric(matrix: Vec<f64>, n: usize) -> Result<Eigen> {
    let found = linalg::symmetric_eigen(&Tensor::from_vec(matrix, [n, n])?)?;
    let mut values = found.values.to_vec::<f64>()?;
    values.reverse();
    let columns = found.vectors.t()?.contiguous()?.to_vec::<f64>()?;
    let vectors = columns
        .chunks_exact(n.max(1))
        .rev()
        .flatten()
        .copied()
        .collect();
    Ok(Eigen { values, vectors })
}

/// Σ aᵢbᵢ in eight interleaved partial sums, whose order does not depend on anything.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (blocks, rest) = a.as_chunks::<8>();
    let (others, last) = b.as_chunks::<8>();
    let mut partial = [0.0f64; 8];
    for (a, b) in blocks.iter().zip(others) {
        for ((sum, a), b) in partial.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let tail: f64 = rest.iter().zip(last).map(|(a, b)| a * b).sum();
    partial.iter().sum::<f64>() + tail
}
