//! Conversion between element types.

use crate::autograd::{Recorder, grads};
use crate::dtype::for_any;
use crate::kernels::copy;
use crate::{DType, Result, Tensor};

impl Tensor {
    /// The same numbers as another type, converted as Rust's `as` does it: floats to integers towards zero
    /// and saturating. Between floats the gradient passes; integers stop it.
    ///
    /// # Errors
    /// [`Error::TooLarge`](crate::Error::TooLarge) if there is not enough memory.
    pub fn to_dtype(&self, dtype: DType) -> Result<Tensor> {
        let from = self.dtype();
        if dtype == from {
            return Ok(self.clone());
        }
        let x = self.compact()?;
        let out = for_any!(from, A => for_any!(dtype, B => {
            Tensor::build::<B>(self.shape().clone(), |out| copy::convert::<A, B>(x.data::<A>(), out))
        }))?;
        if !dtype.is_float() {
            return Ok(out);
        }
        Recorder::of(&[self]).record("to_dtype", out, || {
            Box::new(move |grad, _| Ok(grads![grad.to_dtype(from)?]))
        })
    }
}
