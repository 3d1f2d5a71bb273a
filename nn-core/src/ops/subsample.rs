//! Fewer places, more channels: the way around a block of a residual network that has no weights.

use crate::autograd::{Recorder, grads};
use crate::dtype::for_any;
use crate::kernels::threads::for_each_chunk;
use crate::shape::count;
use crate::{Error, Result, Shape, Tensor};

/// The name in errors and on the tape.
const NAME: &str = "subsample";

impl Tensor {
    /// Every `stride`-th place along each spatial axis, from the first on; then zeros as new channels behind the others until there
    /// are `channels`.
    ///
    /// Option A of He et al. 2015, "Deep residual learning", section 3.3.
    ///
    /// # Shapes
    /// `[N, C, W…]` → `[N, channels, ⌈W/stride⌉…]`
    ///
    /// # Errors
    /// [`Error::Shape`] without spatial axes or with more than `channels` channels; [`Error::Value`] if `stride` is 0.
    pub fn subsample(&self, stride: usize, channels: usize) -> Result<Tensor> {
        let shape = subsampled(self.shape(), stride, channels)?;
        let places = taken_places(&self.dims()[2..], stride);
        let (from, inputs) = (self.dims()[1], count(&self.dims()[2..]));
        let x = self.to_channels_last()?;
        let out = for_any!(self.dtype(), T => {
            let zero = T::default();
            Tensor::build_channels_last::<T>(shape, |out| {
                let x = x.memory::<T>();
                for_each_chunk(out, places.len().saturating_mul(channels), |n, out| {
                    let x = &x[n * inputs * from..];
                    for (to, &place) in out.chunks_exact_mut(channels.max(1)).zip(&places) {
                        let (copied, new) = to.split_at_mut(from);
                        copied.copy_from_slice(&x[place * from..][..from]);
                        new.fill(zero);
                    }
                });
            })
        })?;
        let input = self.shape().clone();
        Recorder::of(&[self]).record(NAME, out, || {
            Box::new(move |grad, _| Ok(grads![spread(&grad, input, &places, channels)?]))
        })
    }
}

/// The shape of [`Tensor::subsample`]'s result.
///
/// # Errors
/// As [`Tensor::subsample`].
pub fn subsampled(input: &Shape, stride: usize, channels: usize) -> Result<Shape> {
    if stride == 0 {
        return Err(Error::value(NAME, "the stride must be at least 1"));
    }
    match input.dims() {
        &[batch, from, ref places @ ..] if !places.is_empty() && from <= channels => {
            let places = places.iter().map(|places| places.div_ceil(stride));
            Ok([batch, channels].into_iter().chain(places).collect())
        }
        _ => Err(Error::shape(
            NAME,
            format!(
                "input is {input}, it must be [N, C, places…] with at most {channels} channels"
            ),
        )),
    }
}

/// The places of a sample that are kept, in order, as numbers of its places in row-major order.
fn taken_places(places: &[usize], stride: usize) -> Vec<usize> {
    let first = if places.is_empty() {
        Vec::new()
    } else {
        vec![0]
    };
    places.iter().fold(first, |taken, &size| {
        let step = |outer: usize| (0..size).step_by(stride).map(move |i| outer * size + i);
        taken.into_iter().flat_map(step).collect()
    })
}

/// The gradient: what was kept gets its own, what was not gets 0.
fn spread(grad: &Tensor, input: Shape, places: &[usize], channels: usize) -> Result<Tensor> {
    let grad = grad.to_channels_last()?;
    let (to, sample) = (input[1], count(&input[1..]));
    for_any!(grad.dtype(), T => {
        let zero = T::default();
        Tensor::build_channels_last::<T>(input, |dx| {
            let grad = grad.memory::<T>();
            for_each_chunk(dx, sample, |n, dx| {
                dx.fill(zero);
                let grad = grad[n * places.len() * channels..].chunks_exact(channels.max(1));
                for (&place, grad) in places.iter().zip(grad) {
                    dx[place * to..][..to].copy_from_slice(&grad[..to]);
                }
            });
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;
    use crate::autograd::{GradCheck, gradient_check};

    fn counting(shape: &[usize]) -> Tensor {
        let x = Tensor::arange(0.0, count(shape) as f64, 1.0, DType::F64).unwrap();
        x.reshape(shape).unwrap()
    }

    #[test]
    fn it_is_a_slice_followed_by_zeros() {
        for (shape, stride, channels) in [
            (&[2, 3, 5, 4][..], 2, 7),
            (&[2, 3, 6], 3, 3),
            (&[1, 2, 3, 4, 5], 2, 4),
            (&[0, 2, 4, 4], 2, 4),
            (&[2, 1, 4, 4], 1, 2),
        ] {
            for x in [counting(shape), counting(shape).to_channels_last().unwrap()] {
                let y = x.subsample(stride, channels).unwrap();
                let mut slice = x.clone();
                for axis in 2..shape.len() {
                    slice = slice.slice_step(axis as isize, .., stride).unwrap();
                }
                let mut zeros = slice.dims().to_vec();
                zeros[1] = channels - shape[1];
                let zeros = Tensor::zeros(zeros, DType::F64).unwrap();
                let expected = Tensor::concat(&[&slice, &zeros], 1).unwrap();
                assert_eq!(y.shape(), expected.shape());
                assert!(y.is_channels_last());
                assert_eq!(
                    y.to_vec::<f64>().unwrap(),
                    expected.to_vec::<f64>().unwrap()
                );
            }
        }
    }

    #[test]
    fn its_gradient_is_its_derivative() {
        for shape in [&[2, 3, 5, 4][..], &[2, 2, 5]] {
            let x = counting(shape);
            let square = |x: &[Tensor]| x[0].subsample(2, 4)?.square();
            gradient_check(square, &[x], &GradCheck::default()).unwrap();
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let message = |shape: &[usize], stride| {
            let error = counting(shape).subsample(stride, 4).unwrap_err();
            error.to_string()
        };
        assert_eq!(
            message(&[1, 5, 2, 2], 2),
            "subsample: input is [1, 5, 2, 2], it must be [N, C, places…] with at most 4 channels"
        );
        assert_eq!(
            message(&[1, 4], 2),
            "subsample: input is [1, 4], it must be [N, C, places…] with at most 4 channels"
        );
        assert_eq!(
            message(&[1, 4, 2], 0),
            "subsample: the stride must be at least 1"
        );
    }
}
