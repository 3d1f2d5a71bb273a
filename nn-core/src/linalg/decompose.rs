//! Cholesky and symmetric eigenvalue decomposition.

use nalgebra::{Cholesky, DMatrix};

use super::{list_result, result, symmetric_operand};
use crate::{Error, Result, Tensor};

/// The lower triangular L with A = L·Lᵀ, for a symmetric positive definite matrix.
///
/// # Shapes
/// `[n, n]` → `[n, n]`
///
/// ```
/// use nn_core::{Tensor, linalg};
/// let a = Tensor::from_vec(vec![4.0f64, 2.0, 2.0, 5.0], [2, 2])?;
/// assert_eq!(linalg::cholesky(&a)?.to_vec::<f64>()?, [2.0, 0.0, 1.0, 2.0]);
/// # Ok::<(), nn_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::Value`] if the matrix is not symmetric or not positive definite (the message names the smallest
/// leading minor that is not positive) or holds NaN or infinity; [`Error::Shape`] unless it is square.
pub fn cholesky(a: &Tensor) -> Result<Tensor> {
    let matrix = symmetric_operand("cholesky", a)?;
    let factor = |k: usize| Cholesky::new(matrix.view((0, 0), (k, k)).clone_owned());
    let n = matrix.nrows();
    if let Some(factor) = factor(n) {
        return result(&factor.l(), a.shape(), a.dtype());
    }
    // If a leading minor is not positive definite, no larger one is: halve until the smallest is found.
    let (mut good, mut bad) = (0, n);
    while bad - good > 1 {
        let middle = good.midpoint(bad);
        match factor(middle) {
            Some(_) => good = middle,
            None => bad = middle,
        }
    }
    Err(Error::value(
        "cholesky",
        format!(
            "the matrix is not positive definite: its leading minor of order {bad} is not positive; a small multiple of the identity added to it may help"
        ),
    ))
}

/// Eigenvalues and eigenvectors of a symmetric matrix, A = V·diag(λ)·Vᵀ.
#[derive(Debug, Clone)]
pub struct SymmetricEigen {
    /// λ, ascending: `[n]`.
    pub values: Tensor,
    /// V, orthogonal; column `i` belongs to value `i`: `[n, n]`.
    pub vectors: Tensor,
}

/// Eigenvalues, ascending, and eigenvectors of a symmetric matrix.
///
/// The element of largest magnitude in each eigenvector is positive (the first such, if several), which makes
/// the result unique where the eigenvalues are distinct.
///
/// # Shapes
/// `[n, n]` → `[n]` and `[n, n]`
///
/// ```
/// use nn_core::{Tensor, linalg};
/// let a = Tensor::from_vec(vec![2.0f64, 0.0, 0.0, 1.0], [2, 2])?;
/// let eigen = linalg::symmetric_eigen(&a)?;
/// assert_eq!(eigen.values.to_vec::<f64>()?, [1.0, 2.0]);
/// assert_eq!(eigen.vectors.to_vec::<f64>()?, [0.0, 1.0, 1.0, 0.0]);
/// # Ok::<(), nn_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::Value`] if the matrix is not symmetric or holds NaN or infinity, or the iteration does not converge;
/// [`Error::Shape`] unless it is square.
pub fn symmetric_eigen(a: &Tensor) -> Result<SymmetricEigen> {
    let matrix = symmetric_operand("symmetric_eigen", a)?;
    let n = matrix.nrows();
    let (values, mut vectors) = match n {
        0 => (Vec::new(), matrix),
        _ => {
            let eigen = nalgebra::SymmetricEigen::try_new(matrix, f64::EPSILON, iterations(n))
                .ok_or_else(|| no_convergence("symmetric_eigen"))?;
            let values = eigen.eigenvalues.as_slice();
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
            let sorted = order.iter().map(|&i| values[i]).collect();
            (sorted, eigen.eigenvectors.select_columns(&order))
        }
    };
    for i in 0..n {
        if sign_of_largest(&vectors, i) < 0.0 {
            vectors.column_mut(i).neg_mut();
        }
    }
    Ok(SymmetricEigen {
        values: list_result(&values, a.dtype())?,
        vectors: result(&vectors, [n, n], a.dtype())?,
    })
}

/// A bound on the sweeps of the iterative methods: they need two or three a row.
pub(super) fn iterations(n: usize) -> usize {
    1000 + 100 * n
}

pub(super) fn no_convergence(op: &'static str) -> Error {
    Error::value(
        op,
        "the iteration does not converge; scale the matrix to moderate numbers",
    )
}

pub(super) fn sign_of_largest(matrix: &DMatrix<f64>, column: usize) -> f64 {
    let column = matrix.column(column);
    // Rounding must not choose between elements that are equal but for it.
    let largest = column.amax() * (1.0 - 1e-9);
    column
        .iter()
        .find(|x| x.abs() >= largest)
        .map_or(1.0, |x| x.signum())
}
