//! Picking elements by index.

use crate::autograd::{Recorder, grads};
use crate::dtype::{for_any, for_float};
use crate::kernels::copy;
use crate::{DType, Error, Result, Tensor};

/// Indices without gaps, of a type that the kernels take.
fn dense(name: &'static str, indices: &Tensor) -> Result<Tensor> {
    match indices.dtype() {
        DType::U32 | DType::I64 => indices.compact(),
        DType::U8 => indices.to_dtype(DType::U32)?.compact(),
        other => Err(Error::dtype(name, "u32, i64 or u8 indices", other)),
    }
}

/// Runs `$body` with `$I` bound to the type of [`dense`] indices.
macro_rules! for_index {
    ($indices:expr, $I:ident => $body:expr) => {
        if $indices.dtype() == DType::I64 {
            type $I = i64;
            $body
        } else {
            type $I = u32;
            $body
        }
    };
}

/// The index at `place`, where a kernel found one that does not exist.
fn outside(name: &'static str, indices: &Tensor, place: usize, size: usize) -> Error {
    let index = match indices.dtype() {
        DType::I64 => indices.data::<i64>()[place],
        _ => i64::from(indices.data::<u32>()[place]),
    };
    Error::index(
        name,
        format!("index {index} at place {place} is outside an axis of size {size}"),
    )
}

impl Tensor {
    /// The slices at the given indices along an axis, in that order; an index may come several times.
    ///
    /// # Shapes
    /// `[…, n, …]`, indices `[k]` (`u32`, `i64` or `u8`) → `[…, k, …]`
    ///
    /// # Errors
    /// [`Error::Index`] if an index or the axis does not exist; [`Error::Shape`] unless the indices have one axis.
    pub fn index_select(&self, axis: isize, indices: &Tensor) -> Result<Tensor> {
        const NAME: &str = "index_select";
        let axis = self.shape().axis(NAME, axis)?;
        if indices.rank() != 1 {
            return Err(Error::shape(
                NAME,
                format!(
                    "the indices must have one axis, they have shape {}",
                    indices.shape()
                ),
            ));
        }
        let (outer, n, inner) = self.shape().around(axis);
        let (indices, count) = (dense(NAME, indices)?, indices.len());
        let mut shape = self.shape().clone();
        shape.dims_mut()[axis] = count;
        let x = self.compact()?;
        let out = for_any!(self.dtype(), T => for_index!(indices, I => {
            Tensor::try_build::<T>(shape, |out| {
                for o in 0..outer {
                    let from = &x.data::<T>()[o * n * inner..][..n * inner];
                    let to = &mut out[o * count * inner..][..count * inner];
                    copy::index_select_rows(from, n, inner, indices.data::<I>(), to)
                        .map_err(|place| outside(NAME, &indices, place, n))?;
                }
                Ok(())
            })
        }))?;
        let from = self.shape().clone();
        Recorder::of(&[self]).record(NAME, out, || {
            Box::new(move |grad, _| {
                let grad = grad.compact()?;
                let mut dx = Tensor::zeros(from, grad.dtype())?;
                for_float!(NAME, grad.dtype(), T => for_index!(indices, I => {
                    let to = dx.make_mut::<T>()?;
                    for o in 0..outer {
                        let from = &grad.data::<T>()[o * count * inner..][..count * inner];
                        let to = &mut to[o * n * inner..][..n * inner];
                        copy::scatter_add_rows(to, n, inner, indices.data::<I>(), from)
                            .map_err(|place| outside(NAME, &indices, place, n))?;
                    }
                    Ok(())
                }))?;
                Ok(grads![dx])
            })
        })
    }

    /// For each place of `indices`, the element of this tensor at that place but for `axis`, where the index
    /// says: `out[i][j] = x[i][index[i][j]]` for axis 1 of two.
    ///
    /// # Shapes
    /// `[…, n, …]`, indices of the same shape but for `axis` → the shape of the indices
    ///
    /// # Errors
    /// [`Error::Index`] if an index or the axis does not exist; [`Error::Shape`] if the shapes do not fit.
    pub fn gather(&self, axis: isize, indices: &Tensor) -> Result<Tensor> {
        const NAME: &str = "gather";
        let axis = self.shape().axis(NAME, axis)?;
        let mut expected = self.shape().clone();
        let count = indices.dims().get(axis).copied().unwrap_or(0);
        expected.dims_mut()[axis] = count;
        if *indices.shape() != expected {
            return Err(Error::shape(
                NAME,
                format!(
                    "the indices have shape {}, they must have that of the tensor, {}, in all axes but {axis}",
                    indices.shape(),
                    self.shape()
                ),
            ));
        }
        let (outer, n, inner) = self.shape().around(axis);
        let sizes = [outer, n, count, inner];
        let indices = dense(NAME, indices)?;
        let x = self.compact()?;
        let out = for_any!(self.dtype(), T => for_index!(indices, I => {
            Tensor::try_build::<T>(expected, |out| {
                copy::gather(x.data::<T>(), sizes, indices.data::<I>(), out)
                    .map_err(|place| outside(NAME, &indices, place, n))
            })
        }))?;
        let from = self.shape().clone();
        Recorder::of(&[self]).record(NAME, out, || {
            Box::new(move |grad, _| {
                let grad = grad.compact()?;
                let mut dx = Tensor::zeros(from, grad.dtype())?;
                for_float!(NAME, grad.dtype(), T => for_index!(indices, I => {
                    let to = dx.make_mut::<T>()?;
                    copy::gather_backward(grad.data::<T>(), sizes, indices.data::<I>(), to)
                        .map_err(|place| outside(NAME, &indices, place, n))
                }))?;
                Ok(grads![dx])
            })
        })
    }
}
