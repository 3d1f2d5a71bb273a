//! The matrix product.

use super::binary::expect_same_type;
use crate::autograd::{Recorder, grads};
use crate::dtype::{FloatElement, for_float};
use crate::kernels::buffer::Plain;
use crate::kernels::gemm::{Batch, Epilogue, GemmElement, MatMut, MatRef, gemm, gemm_batched};
use crate::{Error, Result, Shape, Tensor};

/// The matrix that the last two axes are, strides and all; in a batch, the first one.
fn last_matrix<T: FloatElement + GemmElement + Plain>(x: &Tensor) -> Result<MatRef<'_, T>> {
    let axes = x.rank() - 2;
    let (dims, strides) = (&x.dims()[axes..], &x.strides()[axes..]);
    MatRef::new(x.raw::<T>(), dims[0], dims[1], strides[0], strides[1])
        .ok_or_else(|| Error::shape("matmul", format!("{} leaves its memory", x.shape())))
}

/// `C = A·B` and what the epilogue adds, for two matrices; `shape` is that of the result.
pub(super) fn matrix_product<T: FloatElement + GemmElement + Plain>(
    a: &Tensor,
    b: &Tensor,
    shape: Shape,
    epilogue: &Epilogue<'_, T>,
) -> Result<Tensor> {
    let (left, right) = (last_matrix::<T>(a)?, last_matrix::<T>(b)?);
    let (rows, cols) = (left.rows(), right.cols());
    let refused = |why: String| Error::shape("matmul", why);
    Tensor::try_build::<T>(shape, |c| {
        let c = MatMut::row_major(c, rows, cols)
            .ok_or_else(|| refused(format!("[{rows}, {cols}] has no room in the result")))?;
        gemm(left, right, c, epilogue).map_err(|e| refused(e.to_string()))
    })
}

fn mismatch(a: &Tensor, b: &Tensor, why: String) -> Error {
    Error::shape("matmul", format!("{} × {}: {why}", a.shape(), b.shape()))
}

/// `C = A·B` for two matrices.
fn product(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (m, k, n) = (a.dims()[0], a.dims()[1], b.dims()[1]);
    if b.dims()[0] != k {
        return Err(mismatch(
            a,
            b,
            format!("the inner sizes {k} and {} differ", b.dims()[0]),
        ));
    }
    for_float!("matmul", a.dtype(), T => {
        matrix_product::<T>(a, b, [m, n].into(), &Epilogue::default())
    })
}

/// `Cᵢ = Aᵢ·Bᵢ` for operands already broadcast to one batch.
fn batched_product(a: &Tensor, b: &Tensor, shape: Shape) -> Result<Tensor> {
    if shape.numel() == 0 {
        return Tensor::zeros(shape, a.dtype());
    }
    let axes = shape.rank() - 2;
    let (m, n) = (shape[axes], shape[axes + 1]);
    let c_strides = shape.contiguous_strides();
    let batch = Batch {
        dims: &shape[..axes],
        a: &a.strides()[..axes],
        b: &b.strides()[..axes],
        c: &c_strides[..axes],
    };
    for_float!("matmul", a.dtype(), T => {
        let (left, right) = (last_matrix::<T>(a)?, last_matrix::<T>(b)?);
        let refused = |why: String| Error::shape("matmul", why);
        Tensor::try_build::<T>(shape.clone(), |c| {
            let c = MatMut::row_major(c, m, n)
                .ok_or_else(|| refused(format!("{shape} has no room in the result")))?;
            gemm_batched(&batch, left, right, c, &Epilogue::default())
                .map_err(|e| refused(e.to_string()))
        })
    })
}

fn compute(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if a.rank() == 2 && b.rank() == 2 {
        return product(a, b);
    }
    let (a_axes, b_axes) = (a.rank() - 2, b.rank() - 2);
    let (a_batch, b_batch) = (
        Shape::from(&a.dims()[..a_axes]),
        Shape::from(&b.dims()[..b_axes]),
    );
    let (m, k, n) = (a.dims()[a_axes], a.dims()[a_axes + 1], b.dims()[b_axes + 1]);
    if b.dims()[b_axes] != k {
        let why = format!("the inner sizes {k} and {} differ", b.dims()[b_axes]);
        return Err(mismatch(a, b, why));
    }
    let batch = Shape::broadcast("matmul", &a_batch, &b_batch)
        .map_err(|_| mismatch(a, b, "the batch axes do not broadcast".into()))?;
    let with =
        |rows: usize, cols: usize| -> Shape { batch.iter().copied().chain([rows, cols]).collect() };
    let (a, b) = (a.broadcast_to(with(m, k))?, b.broadcast_to(with(k, n))?);
    batched_product(&a, &b, with(m, n))
}

impl Tensor {
    /// The matrix product of the last two axes; the axes before them are a batch and are broadcast.
    ///
    /// Transposed and sliced views are taken as they are, without a copy. A vector on the left is a row, on
    /// the right a column, and its extra axis does not appear in the result.
    ///
    /// # Shapes
    /// `[…, m, k] × […, k, n] → […, m, n]`
    ///
    /// ```
    /// # use nn_core::{DType, Tensor};
    /// # fn main() -> nn_core::Result<()> {
    /// let a = Tensor::from_vec(vec![1.0f32, 2.0, 3.0, 4.0], [2, 2])?;
    /// let gram = a.t()?.matmul(&a)?;
    /// assert_eq!(gram.to_vec::<f32>()?, [10.0, 14.0, 14.0, 20.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] if the inner sizes differ or the batches do not broadcast; [`Error::DType`] unless both
    /// are floats of one type.
    pub fn matmul(&self, other: &Tensor) -> Result<Tensor> {
        expect_same_type("matmul", self, other)?;
        match (self.rank(), other.rank()) {
            (0, _) | (_, 0) => Err(mismatch(
                self,
                other,
                "a scalar is no matrix; use mul".into(),
            )),
            (1, _) => self
                .unsqueeze(0)?
                .matmul(other)?
                .squeeze(if other.rank() == 1 { 0 } else { -2 }),
            (_, 1) => self.matmul(&other.unsqueeze(1)?)?.squeeze(-1),
            // One matrix for a whole batch of rows: a single large product.
            (rank, 2) if rank > 2 && self.is_contiguous() && !self.is_empty() => {
                let k = self.dims()[rank - 1];
                let rows = self.reshape([self.len() / k, k])?.matmul(other)?;
                let n = other.dims()[1];
                let shape: Shape = self.dims()[..rank - 1].iter().copied().chain([n]).collect();
                rows.reshape(shape)
            }
            _ => {
                let out = compute(self, other)?;
                Recorder::of(&[self, other]).record("matmul", out, || {
                    let (a, b) = (self.detach(), other.detach());
                    Box::new(move |grad, needed| {
                        let da = || grad.matmul(&b.t()?)?.sum_to(a.shape());
                        let db = || a.t()?.matmul(&grad)?.sum_to(b.shape());
                        Ok(grads![
                            needed[0].then(da).transpose()?,
                            needed[1].then(db).transpose()?,
                        ])
                    })
                })
            }
        }
    }
}
