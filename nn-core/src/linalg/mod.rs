//! Decompositions and linear systems, computed by nalgebra.
//!
//! | function | gives | for |
//! |---|---|---|
//! | [`lstsq`] | x with the least ‖A·x − b‖ | fitting, systems that are not square |
//! | [`solve`], [`inverse`], [`determinant`] | x with A·x = b, A⁻¹, det A | square matrices |
//! | [`cholesky`] | L with A = L·Lᵀ | covariances |
//! | [`symmetric_eigen`] | λ, V with A = V·diag(λ)·Vᵀ | principal components, whitening |
//! | [`svd`] | U, σ, V with A = U·diag(σ)·Vᵀ | rank, condition, compression |
//!
//! Matrices are `f32` or `f64` tensors with two axes. All computing is done in `f64`, and the result has the
//! type of the input. A matrix with NaN or infinity is refused: no decomposition of it means anything. None of
//! these functions records itself for differentiation.

mod decompose;
mod solve;
mod svd;

pub use decompose::{SymmetricEigen, cholesky, symmetric_eigen};
pub use solve::{LeastSquares, determinant, inverse, lstsq, solve};
pub use svd::{Svd, svd};

use nalgebra::{DMatrix, Scalar};

use crate::dtype::for_float;
use crate::kernels::buffer::Plain;
use crate::{DType, Element, Error, Result, Shape, Tensor};

/// A matrix as nalgebra's type, for what this module does not offer.
///
/// ```
/// use nn_core::{Tensor, linalg};
/// let a = Tensor::from_vec(vec![1.0f64, 2.0, 3.0, 4.0], [2, 2])?;
/// let m = linalg::to_dmatrix::<f64>(&a)?;
/// assert_eq!(m[(0, 1)], 2.0);
/// assert_eq!(linalg::from_dmatrix(&m)?.to_vec::<f64>()?, [1.0, 2.0, 3.0, 4.0]);
/// # Ok::<(), nn_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::Shape`] unless there are two axes; [`Error::DType`] if `T` is not the type of the elements.
pub fn to_dmatrix<T: Element + Plain + Scalar>(tensor: &Tensor) -> Result<DMatrix<T>> {
    let [rows, columns] = matrix_dims("to_dmatrix", tensor)?;
    Ok(DMatrix::from_row_slice(
        rows,
        columns,
        &tensor.to_vec::<T>()?,
    ))
}

/// The tensor with the elements of a matrix.
///
/// # Errors
/// [`Error::TooLarge`] if there is not enough memory.
pub fn from_dmatrix<T: Element + Plain + Scalar>(matrix: &DMatrix<T>) -> Result<Tensor> {
    // nalgebra's columns are contiguous, our rows.
    Tensor::from_slice(
        matrix.transpose().as_slice(),
        [matrix.nrows(), matrix.ncols()],
    )
}

fn matrix_dims(op: &'static str, tensor: &Tensor) -> Result<[usize; 2]> {
    tensor.dims().try_into().map_err(|_| {
        Error::shape(
            op,
            format!(
                "a matrix has two axes, shape {} has {}",
                tensor.shape(),
                tensor.rank()
            ),
        )
    })
}

/// An operand in the precision in which everything here is computed.
fn operand(op: &'static str, tensor: &Tensor) -> Result<DMatrix<f64>> {
    let [rows, columns] = matrix_dims(op, tensor)?;
    let values: Vec<f64> = for_float!(op, tensor.dtype(), T => {
        Ok(tensor.to_vec::<T>()?.into_iter().map(Element::to_f64).collect())
    })?;
    if let Some(at) = values.iter().position(|x| !x.is_finite()) {
        return Err(Error::value(
            op,
            format!(
                "element [{}, {}] is {}; remove or replace values that are not finite first",
                at / columns,
                at % columns,
                values[at]
            ),
        ));
    }
    Ok(DMatrix::from_row_iterator(rows, columns, values))
}

/// As [`operand`], for operations on square matrices.
fn square_operand(op: &'static str, tensor: &Tensor) -> Result<DMatrix<f64>> {
    let matrix = operand(op, tensor)?;
    if !matrix.is_square() {
        return Err(Error::shape(
            op,
            format!("the matrix must be square, its shape is {}", tensor.shape()),
        ));
    }
    Ok(matrix)
}

/// As [`square_operand`], for operations on symmetric matrices. What two orders of summation may differ by is
/// evened out; more is an error, because half of the matrix would silently be ignored.
fn symmetric_operand(op: &'static str, tensor: &Tensor) -> Result<DMatrix<f64>> {
    let matrix = square_operand(op, tensor)?;
    let allowed = 16.0 * matrix.nrows() as f64 * epsilon(tensor.dtype()) * matrix.amax();
    for (i, j) in (0..matrix.nrows()).flat_map(|i| (0..i).map(move |j| (i, j))) {
        let (below, above) = (matrix[(i, j)], matrix[(j, i)]);
        if (below - above).abs() > allowed {
            return Err(Error::value(
                op,
                format!(
                    "the matrix must be symmetric: element [{i}, {j}] is {below}, [{j}, {i}] is {above}"
                ),
            ));
        }
    }
    Ok((&matrix + matrix.transpose()) * 0.5)
}

/// The result, in the type of the operands.
fn result(matrix: &DMatrix<f64>, shape: impl Into<Shape>, dtype: DType) -> Result<Tensor> {
    let rows = matrix.transpose();
    for_float!("linalg", dtype, T => Tensor::from_vec(
        rows.iter().map(|&x| <T as Element>::from_f64(x)).collect::<Vec<T>>(),
        shape,
    ))
}

/// As [`result`], for a list of numbers.
fn list_result(values: &[f64], dtype: DType) -> Result<Tensor> {
    for_float!("linalg", dtype, T => Tensor::from_vec(
        values.iter().map(|&x| <T as Element>::from_f64(x)).collect::<Vec<T>>(),
        values.len(),
    ))
}

/// The relative rounding error of the operand's elements.
fn epsilon(dtype: DType) -> f64 {
    match dtype {
        DType::F32 => f64::from(f32::EPSILON),
        _ => f64::EPSILON,
    }
}
