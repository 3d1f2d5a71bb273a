//! Saliency: how much the answer depends on each pixel.

use nn_core::{Error, Purpose, Result, Rng, Tensor};

use super::{Score, gradient, scoring};
use crate::Sequential;

/// Gradients of so many noisy copies are computed at once.
const CHUNK: usize = 16;

/// The gradient of a score with respect to the network's input, `∂S/∂x` (Simonyan, Vedaldi and Zisserman 2014).
///
/// # Shapes
/// `x` is `[N, …sample]`, and so is the gradient; each sample has its own.
///
/// ```
/// use nn_core::{DType, Parameters, Rng, Tensor};
/// use nn_layers::{Linear, Sequential, explain::{self, Score}};
/// # fn main() -> nn_core::Result<()> {
/// // Of a linear layer, the gradient of an output is the row of its weights.
/// let network = Sequential::new().with(Linear::new(3, 2, &mut Rng::new(1))?);
/// let x = Tensor::ones([1, 3], DType::F32)?;
/// let gradient = explain::input_gradient(&network, &x, Score::Output(1))?;
/// let weight = network.parameters()[0].value();
/// assert_eq!(gradient.to_vec::<f32>()?, weight.slice(0, 1..)?.to_vec::<f32>()?);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If the input does not fit the network, or the network has no such output.
pub fn input_gradient(network: &Sequential, x: &Tensor, score: Score) -> Result<Tensor> {
    gradient(&scoring(network), x, score)
}

/// Noise over which gradients are averaged (SmoothGrad; Smilkov et al. 2017): what a single gradient owes to the exact values of
/// the pixels averages out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SmoothGrad {
    /// How many noisy copies. Default 50.
    pub copies: usize,
    /// Standard deviation of the noise as a share of the range of `x`. Default 0.15.
    pub noise: f64,
    /// Seed of the noise. Default 0.
    pub seed: u64,
}

impl Default for SmoothGrad {
    fn default() -> Self {
        SmoothGrad {
            copies: 50,
            noise: 0.15,
            seed: 0,
        }
    }
}

/// The mean of the [gradients](input_gradient) for noisy copies of one sample `x`, `[1, …sample]`.
///
/// # Errors
/// As [`input_gradient`]; [`Error::Value`] if there are no copies or the noise is not a finite number from 0 up, and [`Error::Shape`]
/// if `x` is not one sample.
pub fn smooth_gradient(
    network: &Sequential,
    x: &Tensor,
    score: Score,
    smooth: &SmoothGrad,
) -> Result<Tensor> {
    if x.dims().first() != Some(&1) {
        return Err(Error::shape(
            "smooth_gradient",
            format!("one sample [1, …] is needed, this is {}", x.shape()),
        ));
    }
    if smooth.copies == 0 {
        return Err(Error::value(
            "smooth_gradient",
            "at least one copy is needed",
        ));
    }
    let range = if x.is_empty() {
        0.0
    } else {
        x.max(..)?.item()? - x.min(..)?.item()?
    };
    let layers = scoring(network);
    let mut sum = x.zeros_like()?;
    let mut done = 0;
    while done < smooth.copies {
        let count = CHUNK.min(smooth.copies - done);
        let mut copies = Vec::with_capacity(count);
        for copy in done..done + count {
            let mut rng = Rng::addressed(smooth.seed, Purpose::Other(0), 0, copy as u64);
            let std = smooth.noise * range;
            let noise = Tensor::rand_normal(x.shape(), 0.0, std, x.dtype(), &mut rng)?;
            copies.push(x.add(&noise)?);
        }
        let batch = Tensor::concat(&copies.iter().collect::<Vec<_>>(), 0)?;
        let each = gradient(&layers, &batch, score)?;
        sum = sum.add(&each.sum_keepdim(0)?)?;
        done += count;
    }
    sum.mul_scalar(1.0 / smooth.copies as f64)
}

/// The saliency of each pixel: the largest `|∂S/∂x|` over the channels of a gradient.
///
/// # Shapes
/// `[1, C, H, W]` or `[1, H, W]` to `[H, W]`.
///
/// # Errors
/// [`Error::Shape`] if the gradient is not that of a picture.
pub fn saliency(gradient: &Tensor) -> Result<Tensor> {
    let size = gradient.abs()?;
    match *gradient.dims() {
        [1, _, _, _] => size.squeeze(0)?.max(0),
        [1, _, _] => size.squeeze(0),
        _ => Err(Error::shape(
            "saliency",
            format!(
                "the gradient of a picture is [1, C, H, W] or [1, H, W], this is {}",
                gradient.shape()
            ),
        )),
    }
}
