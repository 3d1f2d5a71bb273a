//! Dropout.

use crate::autograd::{Recorder, grads};
use crate::dtype::for_float;
use crate::kernels::dropout as kernel;
use crate::kernels::norm::channel::{Affine, Rows, affine};
use crate::shape::Dims;
use crate::shape::count;
use crate::{DType, Error, Result, Rng, Tensor};

impl Tensor {
    /// Sets each element to 0 with probability `p` and divides the others by `1 − p`, so that the expected
    /// value stays (Srivastava et al. 2014). Which elements go is a function of the stream alone.
    ///
    /// # Errors
    /// [`Error::Value`] unless `0 ≤ p < 1`; [`Error::DType`] unless the elements are floats.
    pub fn dropout(&self, p: f64, rng: &mut Rng) -> Result<Tensor> {
        const NAME: &str = "dropout";
        if !(0.0..1.0).contains(&p) {
            return Err(Error::value(
                NAME,
                format!("the probability of dropping must be at least 0 and below 1, not {p}"),
            ));
        }
        let x = self.dense()?;
        let seed = rng.next_u64();
        let mut mask = Tensor::zeros(self.shape(), DType::U8)?;
        let out = for_float!(NAME, self.dtype(), T => {
            let mask = mask.make_mut::<u8>()?;
            Tensor::build_like::<T>(&x, |y| kernel::dropout(x.memory::<T>(), p, seed, y, mask))
        })?;
        let strides = Dims::from(out.strides());
        Recorder::of(&[self]).record(NAME, out, || {
            Box::new(move |grad, _| {
                let grad = grad.in_order(&strides)?;
                let dx = for_float!(NAME, grad.dtype(), T => {
                    Tensor::build_like::<T>(&grad, |dx| {
                        kernel::dropout_backward(grad.memory::<T>(), mask.data::<u8>(), p, dx);
                    })
                })?;
                Ok(grads![dx])
            })
        })
    }

    /// Sets each channel of each sample to 0 with probability `p` and divides the others by `1 − p` (Tompson et al.
    /// 2015). Which channels go is a function of the stream alone.
    ///
    /// # Shapes
    /// x `[N, C, …]`, output as x.
    ///
    /// # Errors
    /// [`Error::Shape`] if there is no channel axis; otherwise as [`Tensor::dropout`].
    pub fn dropout_channels(&self, p: f64, rng: &mut Rng) -> Result<Tensor> {
        const NAME: &str = "dropout_channels";
        let &[samples, channels, ref places @ ..] = self.dims() else {
            let problem = format!("input is {}, it must be [N, C, …]", self.shape());
            return Err(Error::shape(NAME, problem));
        };
        if self.is_empty() {
            return Ok(self.clone());
        }
        let factors = Tensor::ones([samples, channels], self.dtype())?.dropout(p, rng)?;
        let zeros = factors.zeros_like()?;
        let rows = Rows {
            batches: samples,
            rows: count(places),
            channels,
        };
        let scaled = move |x: &Tensor| -> Result<Tensor> {
            let x = x.to_channels_last()?;
            for_float!(NAME, x.dtype(), T => Tensor::build_like::<T>(&x, |y| {
                let (scale, shift) = (factors.data::<T>(), zeros.data::<T>());
                affine(x.memory::<T>(), rows, &Affine { scale, shift, relu: false }, y);
            }))
        };
        let out = scaled(self)?;
        Recorder::of(&[self]).record(NAME, out, || {
            Box::new(move |grad, _| Ok(grads![scaled(&grad)?]))
        })
    }
}
