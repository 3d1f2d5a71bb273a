//! Singular value decomposition.

use nalgebra::{DMatrix, SVD};

use super::decompose::{iterations, no_convergence, sign_of_largest};
use super::{list_result, operand, result};
use crate::{Result, Tensor};

/// The thin singular value decomposition A = U·diag(σ)·Vᵀ of an m × n matrix, with k = min(m, n).
#[derive(Debug, Clone)]
pub struct Svd {
    /// U, with orthonormal columns: `[m, k]`.
    pub u: Tensor,
    /// σ, descending and not negative: `[k]`.
    pub singular_values: Tensor,
    /// Vᵀ, with orthonormal rows: `[k, n]`.
    pub vt: Tensor,
}

/// Singular values, descending, and singular vectors.
///
/// The element of largest magnitude in each column of U is positive (the first such, if several), which makes
/// the result unique where the singular values are distinct and not zero.
///
/// # Shapes
/// `[m, n]` → `[m, k]`, `[k]` and `[k, n]`, with k = min(m, n)
///
/// ```
/// use nn_core::{Tensor, linalg};
/// let a = Tensor::from_vec(vec![0.0f64, 3.0, 4.0, 0.0, 0.0, 0.0], [3, 2])?;
/// let svd = linalg::svd(&a)?;
/// let sigma = svd.singular_values.to_vec::<f64>()?;
/// assert!((sigma[0] - 4.0).abs() < 1e-12 && (sigma[1] - 3.0).abs() < 1e-12);
/// # Ok::<(), nn_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::Value`](crate::Error::Value) if the matrix holds NaN or infinity or the iteration does not converge;
/// [`Error::Shape`](crate::Error::Shape) unless there are two axes.
pub fn svd(a: &Tensor) -> Result<Svd> {
    let (mut u, values, mut vt) = svd_of("svd", operand("svd", a)?)?;
    for i in 0..values.len() {
        if sign_of_largest(&u, i) < 0.0 {
            u.column_mut(i).neg_mut();
            vt.row_mut(i).neg_mut();
        }
    }
    Ok(Svd {
        u: result(&u, [u.nrows(), u.ncols()], a.dtype())?,
        singular_values: list_result(&values, a.dtype())?,
        vt: result(&vt, [vt.nrows(), vt.ncols()], a.dtype())?,
    })
}

/// U, σ and Vᵀ, with σ descending and the signs as they come.
pub(super) fn svd_of(
    op: &'static str,
    matrix: DMatrix<f64>,
) -> Result<(DMatrix<f64>, Vec<f64>, DMatrix<f64>)> {
    let (m, n) = matrix.shape();
    let scale = if matrix.is_empty() {
        0.0
    } else {
        matrix.amax()
    };
    if scale == 0.0 {
        let k = m.min(n);
        return Ok((
            DMatrix::identity(m, k),
            vec![0.0; k],
            DMatrix::identity(k, n),
        ));
    }
    let matrix = matrix / scale;
    // nalgebra's iteration is fast, but for a few matrices, mostly of deficient rank, it gives factors that are
    // orthogonal and yet belong to another matrix (seen in 0.35). Their product tells.
    let (u, mut values, vt) = match by_nalgebra(&matrix).filter(|parts| is_product(parts, &matrix))
    {
        Some(parts) => parts,
        None => by_jacobi(&matrix).ok_or_else(|| no_convergence(op))?,
    };
    values *= scale;
    Ok((u, values.as_slice().to_vec(), vt))
}

type Parts = (DMatrix<f64>, nalgebra::DVector<f64>, DMatrix<f64>);

fn by_nalgebra(matrix: &DMatrix<f64>) -> Option<Parts> {
    let (m, n) = matrix.shape();
    let svd = SVD::try_new(matrix.clone(), true, true, 1e-14, iterations(m.max(n)))?;
    Some((svd.u?, svd.singular_values, svd.v_t?))
}

fn is_product((u, values, vt): &Parts, matrix: &DMatrix<f64>) -> bool {
    let product = u * DMatrix::from_diagonal(values) * vt;
    let (m, n) = matrix.shape();
    (product - matrix).norm() <= 16.0 * f64::EPSILON * m.max(n) as f64 * matrix.norm()
}

/// One-sided Jacobi: rotates pairs of columns until all are orthogonal. Slower, and accurate for every matrix.
///
/// Source: Golub and Van Loan, *Matrix Computations*, 4th edition, section 8.6.3.
fn by_jacobi(matrix: &DMatrix<f64>) -> Option<Parts> {
    let (m, n) = matrix.shape();
    if m < n {
        let (u, values, vt) = by_jacobi(&matrix.transpose())?;
        return Some((vt.transpose(), values, u.transpose()));
    }
    let (mut columns, mut v) = (matrix.clone(), DMatrix::identity(n, n));
    // Convergence is quadratic after a few sweeps; ten are many.
    (0..60).find(|_| !rotate_pairs(&mut columns, &mut v))?;

    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| {
        columns
            .column(j)
            .norm()
            .total_cmp(&columns.column(i).norm())
    });
    // The columns are U·diag(σ). Where σ vanishes, QR supplies directions orthogonal to the others.
    let qr = columns.select_columns(&order).qr();
    let (mut u, mut values) = (qr.q(), qr.r().diagonal());
    for (value, mut column) in values.iter_mut().zip(u.column_iter_mut()) {
        if *value < 0.0 {
            *value = -*value;
            column.neg_mut();
        }
    }
    Some((u, values, v.select_columns(&order).transpose()))
}

/// One sweep over all pairs; whether any was rotated.
fn rotate_pairs(columns: &mut DMatrix<f64>, v: &mut DMatrix<f64>) -> bool {
    let mut rotated = false;
    for p in 0..columns.ncols() {
        for q in p + 1..columns.ncols() {
            let (x, y) = (columns.column(p), columns.column(q));
            let (xx, yy, xy) = (x.norm_squared(), y.norm_squared(), x.dot(&y));
            // Columns this small are rounding errors of the largest, whose elements are near 1.
            if xy.abs() <= f64::EPSILON * xx.sqrt() * yy.sqrt() || xx.min(yy) < 1e-36 {
                continue;
            }
            rotated = true;
            let zeta = (yy - xx) / (2.0 * xy);
            let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
            let cosine = tangent.hypot(1.0).recip();
            let sine = cosine * tangent;
            for matrix in [&mut *columns, &mut *v] {
                let (mut left, mut right) = matrix.columns_range_pair_mut(p, q);
                for (x, y) in left.iter_mut().zip(right.iter_mut()) {
                    (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
                }
            }
        }
    }
    rotated
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;

    #[test]
    fn both_ways_multiply_back_to_the_matrix() {
        let mut rng = Rng::new(3);
        for (m, n) in [(1, 1), (2, 2), (4, 4), (7, 3), (3, 7), (20, 12)] {
            for rank in 1..=m.min(n) {
                let left = DMatrix::from_fn(m, rank, |_, _| rng.normal());
                let matrix = left * DMatrix::from_fn(rank, n, |_, _| rng.normal());
                let parts = by_jacobi(&matrix).unwrap();
                assert!(is_product(&parts, &matrix), "{m} {n} {rank}");
                let (u, values, vt) = parts;
                let identity = DMatrix::identity(m.min(n), m.min(n));
                assert!((u.tr_mul(&u) - &identity).amax() < 1e-14);
                assert!((&vt * vt.transpose() - &identity).amax() < 1e-14);
                let positive = values.iter().filter(|&&s| s > 1e-12 * values[0]).count();
                assert_eq!(positive, rank);
                // Singular values do not depend on the method.
                if let Some(other) = by_nalgebra(&matrix).filter(|parts| is_product(parts, &matrix))
                {
                    assert!((other.1 - values).amax() < 1e-12 * matrix.norm());
                }
            }
        }
    }

    #[test]
    fn a_false_product_is_noticed() {
        let matrix = DMatrix::from_row_slice(2, 2, &[3.0, 0.0, 0.0, 2.0]);
        let (u, mut values, vt) = by_jacobi(&matrix).unwrap();
        values[1] += 1e-13;
        assert!(!is_product(&(u, values, vt), &matrix));
    }
}
