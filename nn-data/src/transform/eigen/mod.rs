//! Eigenvalues and eigenvectors of a symmetric matrix, fast enough for whitening pictures.
//!
//! A = Q·T·Qᵀ with T tridiagonal ([`tridiagonal`]), T = Z·diag(λ)·Zᵀ by divide and conquer ([`divide`], [`secular`], and [`ql`] for
//! small ones), and the eigenvectors are the columns of Q·Z. Nearly all work is in matrix products. In f64.

mod divide;
mod ql;
mod secular;
#[cfg(test)]
mod tests;
mod tridiagonal;

use nn_core::kernels::gemm::{Epilogue, MatMut, MatRef, gemm};

use crate::error::{Error, Result};

/// Eigenvalues, descending, and the eigenvectors, one a row.
#[derive(Debug, Clone)]
pub(super) struct Eigen {
    pub(super) values: Vec<f64>,
    pub(super) vectors: Vec<f64>,
}

/// The `count` largest eigenvalues of a symmetric matrix, row-major `[n, n]`, and their eigenvectors.
///
/// # Errors
/// If an element is not finite, or the iteration does not converge.
pub(super) fn symmetric(mut matrix: Vec<f64>, n: usize, count: usize) -> Result<Eigen> {
    let largest = matrix.iter().fold(0.0f64, |most, v| most.max(v.abs()));
    if matrix.len() != n * n || !matrix.iter().all(|v| v.is_finite()) {
        return Err(Error::argument(
            "eigenvectors",
            "the matrix is not square or not finite",
        ));
    }
    let count = count.min(n);
    // Moderate numbers, whose squares stay in range; by a power of two, which rounds nothing.
    let scale = match largest {
        0.0 => 1.0,
        largest => (-largest.log2().round()).exp2(),
    };
    matrix.iter_mut().for_each(|v| *v *= scale);
    let reduced = tridiagonal::reduce(&mut matrix, n)?;
    let inner = divide::solve(&reduced.diagonal, &reduced.beside)?;
    let mut values = inner.values;
    values.reverse();
    values.truncate(count);
    values.iter_mut().for_each(|v| *v /= scale);
    let rows = inner.vectors.chunks_exact(n.max(1)).rev().take(count);
    let mut vectors: Vec<f64> = rows.flatten().copied().collect();
    reduced.turn_back(&mut vectors, n)?;
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

/// A matrix to read: data, rows, columns, and the distances between them.
pub(super) type Read<'a> = (&'a [f64], [usize; 2], [usize; 2]);

/// `c = a·b`, or `c += a·b`; `c` has rows `stride` apart.
pub(super) fn product(
    a: Read<'_>,
    b: Read<'_>,
    c: &mut [f64],
    stride: usize,
    add: bool,
) -> Result<()> {
    let wrong = || Error::argument("eigenvectors", "a block leaves its matrix");
    let left = MatRef::new(a.0, a.1[0], a.1[1], a.2[0], a.2[1]).ok_or_else(wrong)?;
    let right = MatRef::new(b.0, b.1[0], b.1[1], b.2[0], b.2[1]).ok_or_else(wrong)?;
    let out = MatMut::new(c, a.1[0], b.1[1], stride).ok_or_else(wrong)?;
    let epilogue = Epilogue {
        accumulate: add,
        ..Epilogue::default()
    };
    gemm(left, right, out, &epilogue).map_err(|e| Error::argument("eigenvectors", e.to_string()))
}
