//! Local response normalisation.

use crate::autograd::{Recorder, grads};
use crate::dtype::for_float;
use crate::kernels::norm::local_response::{
    LocalResponse, local_response, local_response_backward,
};
use crate::{Error, Result, Tensor};

impl Tensor {
    /// `y = x / (k + α/n · Σ x²)^β`, the sum over the `size` = n channels around each: n/2 (rounded down) before it
    /// and the rest after (Krizhevsky et al. 2012, with α divided by n as PyTorch does).
    ///
    /// # Shapes
    /// x `[N, C, …]`, output as x.
    ///
    /// # Errors
    /// [`Error::Shape`] if there is no channel axis; [`Error::Value`] if `size` is 0; [`Error::DType`] unless the
    /// elements are floats.
    pub fn local_response_norm(
        &self,
        size: usize,
        alpha: f64,
        beta: f64,
        k: f64,
    ) -> Result<Tensor> {
        const NAME: &str = "local_response_norm";
        let &[_, channels, ..] = self.dims() else {
            let problem = format!("input is {}, it must be [N, C, …]", self.shape());
            return Err(Error::shape(NAME, problem));
        };
        if size == 0 {
            return Err(Error::value(NAME, "size must be at least 1"));
        }
        let norm = LocalResponse {
            channels,
            size,
            alpha,
            beta,
            k,
        };
        let x = self.to_channels_last()?;
        let y = for_float!(NAME, x.dtype(), T => {
            Tensor::build_like::<T>(&x, |y| local_response(x.memory::<T>(), norm, y))
        })?;
        Recorder::of(&[self]).record(NAME, y, move || {
            Box::new(move |grad, _| {
                let grad = grad.to_channels_last()?;
                let dx = for_float!(NAME, grad.dtype(), T => {
                    Tensor::build_like::<T>(&x, |dx| {
                        local_response_backward(x.memory::<T>(), grad.memory::<T>(), norm, dx);
                    })
                })?;
                Ok(grads![dx])
            })
        })
    }
}
