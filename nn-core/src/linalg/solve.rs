//! Linear systems: least squares and square systems.

use nalgebra::{ColPivQR, DMatrix, LU};

use super::svd::svd_of;
use super::{epsilon, operand, result, square_operand};
use crate::{Error, Result, Tensor};

/// What [`lstsq`] found.
#[derive(Debug, Clone)]
pub struct LeastSquares {
    /// The x with the least ‖A·x − b‖, and of these the shortest.
    pub solution: Tensor,
    /// The rank of A: how many of its columns are independent. If it is less than their number, infinitely many
    /// solutions are equally good.
    pub rank: usize,
}

/// Solves A·x ≈ b for the least Euclidean norm of A·x − b.
///
/// If the columns of A are independent, the solution is unique and comes from a QR decomposition with column
/// pivoting. If they are not, or there are more columns than rows, the shortest of all solutions is found by a
/// singular value decomposition; [`LeastSquares::rank`] tells the two cases apart. Columns count as dependent when
/// they are so up to `max(m, n)` rounding errors of the input's type.
///
/// # Shapes
/// A `[m, n]`, b `[m]` or `[m, k]` → `[n]` or `[n, k]`
///
/// ```
/// use nn_core::{Tensor, linalg};
/// // The line through (0, 1), (1, 3) and (2, 5): intercept 1, slope 2.
/// let a = Tensor::from_vec(vec![1.0f64, 0.0, 1.0, 1.0, 1.0, 2.0], [3, 2])?;
/// let b = Tensor::from_vec(vec![1.0f64, 3.0, 5.0], [3])?;
/// let line = linalg::lstsq(&a, &b)?.solution.to_vec::<f64>()?;
/// assert!((line[0] - 1.0).abs() < 1e-12 && (line[1] - 2.0).abs() < 1e-12);
/// # Ok::<(), nn_core::Error>(())
/// ```
///
/// Source: Golub and Van Loan, *Matrix Computations*, 4th edition, sections 5.3 to 5.5.
///
/// # Errors
/// [`Error::Shape`] if A is no matrix or b has another number of rows; [`Error::DType`] if the types differ or are
/// not floating-point; [`Error::Value`] if there is NaN or infinity.
pub fn lstsq(a: &Tensor, b: &Tensor) -> Result<LeastSquares> {
    let (matrix, rhs) = (operand("lstsq", a)?, right_hand_side("lstsq", a, b)?);
    let (m, n) = matrix.shape();
    let threshold = m.max(n) as f64 * epsilon(a.dtype());
    let (solution, rank) = match by_qr(&matrix, &rhs, threshold) {
        Some(solution) => (solution, n),
        None => by_svd(matrix, &rhs, threshold)?,
    };
    Ok(LeastSquares {
        solution: like_rhs(&solution, b)?,
        rank,
    })
}

/// The solution if the columns are independent.
fn by_qr(a: &DMatrix<f64>, b: &DMatrix<f64>, threshold: f64) -> Option<DMatrix<f64>> {
    let (m, n) = a.shape();
    if m < n || n == 0 {
        return None;
    }
    let qr = ColPivQR::new(a.clone());
    let r = qr.r();
    let diagonal = r.diagonal().abs();
    // False for NaN, which is what overflow leaves.
    let independent = diagonal.min() > threshold * diagonal.max();
    if !independent {
        return None;
    }
    let mut projected = b.clone();
    qr.q_tr_mul(&mut projected);
    let mut solution = projected.rows(0, n).clone_owned();
    if !r.solve_upper_triangular_mut(&mut solution) {
        return None;
    }
    qr.p().inv_permute_rows(&mut solution);
    Some(solution)
}

/// The shortest solution, and the rank.
fn by_svd(a: DMatrix<f64>, b: &DMatrix<f64>, threshold: f64) -> Result<(DMatrix<f64>, usize)> {
    let (u, values, vt) = svd_of("lstsq", a)?;
    let smallest = threshold * values.first().copied().unwrap_or(0.0);
    let rank = values.iter().take_while(|&&s| s > smallest).count();
    let mut projected = u.columns(0, rank).tr_mul(b);
    for (mut row, s) in projected.row_iter_mut().zip(&values) {
        row /= *s;
    }
    Ok((vt.rows(0, rank).tr_mul(&projected), rank))
}

/// Solves A·x = b for a square matrix A, by LU decomposition with row exchanges.
///
/// A matrix that is singular only but for rounding gives a solution of little worth; [`lstsq`] tells its rank.
///
/// # Shapes
/// A `[n, n]`, b `[n]` or `[n, k]` → the shape of b
///
/// ```
/// use nn_core::{Tensor, linalg};
/// let a = Tensor::from_vec(vec![2.0f64, 0.0, 0.0, 4.0], [2, 2])?;
/// let b = Tensor::from_vec(vec![1.0f64, 1.0], [2])?;
/// assert_eq!(linalg::solve(&a, &b)?.to_vec::<f64>()?, [0.5, 0.25]);
/// # Ok::<(), nn_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::Value`] if A is singular or there is NaN or infinity; [`Error::Shape`] if A is not square or b has
/// another number of rows; [`Error::DType`] if the types differ or are not floating-point.
pub fn solve(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let lu = LU::new(square_operand("solve", a)?);
    let rhs = right_hand_side("solve", a, b)?;
    let solution = lu.solve(&rhs).filter(|x| x.iter().all(|x| x.is_finite()));
    like_rhs(&solution.ok_or_else(|| singular("solve"))?, b)
}

/// The inverse A⁻¹ of a square matrix. To solve a system, [`solve`] is faster and more accurate.
///
/// # Shapes
/// `[n, n]` → `[n, n]`
///
/// # Errors
/// [`Error::Value`] if A is singular or holds NaN or infinity; [`Error::Shape`] unless it is square.
pub fn inverse(a: &Tensor) -> Result<Tensor> {
    let inverse = LU::new(square_operand("inverse", a)?).try_inverse();
    let inverse = inverse.filter(|x| x.iter().all(|x| x.is_finite()));
    result(
        &inverse.ok_or_else(|| singular("inverse"))?,
        a.shape(),
        a.dtype(),
    )
}

/// The determinant of a square matrix; that of an empty one is 1.
///
/// # Errors
/// [`Error::Value`] if the matrix holds NaN or infinity; [`Error::Shape`] unless it is square.
pub fn determinant(a: &Tensor) -> Result<f64> {
    Ok(LU::new(square_operand("determinant", a)?).determinant())
}

fn singular(op: &'static str) -> Error {
    Error::value(
        op,
        "the matrix is singular: its columns are not independent; lstsq finds the nearest solution",
    )
}

/// b as a matrix of columns.
fn right_hand_side(op: &'static str, a: &Tensor, b: &Tensor) -> Result<DMatrix<f64>> {
    if a.dtype() != b.dtype() {
        return Err(Error::dtype(op, a.dtype().to_string(), b.dtype()));
    }
    let columns = match b.rank() {
        1 => b.reshape([b.len(), 1])?,
        _ => b.clone(),
    };
    let rhs = operand(op, &columns)?;
    if rhs.nrows() != a.dims()[0] {
        return Err(Error::shape(
            op,
            format!(
                "the matrix {} and the right-hand side {} differ in their rows",
                a.shape(),
                b.shape()
            ),
        ));
    }
    Ok(rhs)
}

/// A solution in the form in which the right-hand side came: one axis or two.
fn like_rhs(solution: &DMatrix<f64>, b: &Tensor) -> Result<Tensor> {
    let rows = solution.nrows();
    match b.rank() {
        1 => result(solution, [rows], b.dtype()),
        _ => result(solution, [rows, solution.ncols()], b.dtype()),
    }
}
