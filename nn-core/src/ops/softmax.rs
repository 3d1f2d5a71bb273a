//! Softmax and its logarithm.

use crate::autograd::{Recorder, grads};
use crate::dtype::for_float;
use crate::kernels::softmax as kernel;
use crate::{Result, Tensor};

/// Runs `f` on the tensor with `axis` moved last, and moves it back.
fn along_last(x: &Tensor, axis: isize, f: fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let axis = x.shape().axis("softmax", axis)? as isize;
    if axis + 1 == x.rank() as isize {
        return f(x);
    }
    f(&x.transpose(axis, -1)?)?.transpose(axis, -1)
}

macro_rules! softmax_of_rows {
    ($f:ident, $forward:ident, $backward:ident) => {
        fn $f(x: &Tensor) -> Result<Tensor> {
            const NAME: &str = stringify!($f);
            let flat = x.compact()?;
            let cols = x.dims().last().copied().unwrap_or(1);
            let y = for_float!(NAME, x.dtype(), T => {
                Tensor::build::<T>(x.shape().clone(), |y| {
                    kernel::$forward(flat.data::<T>(), cols, y);
                })
            })?;
            let saved = y.detach();
            Recorder::of(&[x]).record(NAME, y, move || {
                Box::new(move |grad, _| {
                    let grad = grad.compact()?;
                    let dx = for_float!(NAME, grad.dtype(), T => {
                        Tensor::build::<T>(grad.shape().clone(), |dx| {
                            let (y, dy) = (saved.data::<T>(), grad.data::<T>());
                            kernel::$backward(y, dy, cols, dx);
                        })
                    })?;
                    Ok(grads![dx])
                })
            })
        }
    };
}

softmax_of_rows!(softmax, softmax_rows, softmax_backward_rows);
softmax_of_rows!(log_softmax, log_softmax_rows, log_softmax_backward_rows);

impl Tensor {
    /// `e^(xᵢ) / Σe^(xⱼ)` along an axis: numbers in `[0, 1]` that sum to 1. The largest element is
    /// subtracted first, so that nothing overflows.
    ///
    /// # Errors
    /// [`Error::Index`](crate::Error::Index) if the axis does not exist; [`Error::DType`](crate::Error::DType)
    /// unless the elements are floats.
    pub fn softmax(&self, axis: isize) -> Result<Tensor> {
        along_last(self, axis, softmax)
    }

    /// `xᵢ − ln Σe^(xⱼ)` along an axis: the logarithm of [`Tensor::softmax`], without rounding it to 0 first.
    ///
    /// # Errors
    /// [`Error::Index`](crate::Error::Index) if the axis does not exist; [`Error::DType`](crate::Error::DType)
    /// unless the elements are floats.
    pub fn log_softmax(&self, axis: isize) -> Result<Tensor> {
        along_last(self, axis, log_softmax)
    }
}
