//! Sharpening: what differs from its neighbourhood is raised.

use nn_core::Tensor;

use super::blur::gaussian_weights;
use super::{Border, correlate, finite, planes::Planes};
use crate::error::Result;

/// The image less `amount` times its [Laplacian](super::laplacian()): `0 −a 0; −a 1+4a −a; 0 −a 0`.
///
/// # Shapes
/// `[H, W]` or `[C, H, W]` to the same.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) if `amount` is not finite or it is not an image of finite `f32`.
pub fn sharpen(image: &Tensor, amount: f64, border: Border) -> Result<Tensor> {
    let amount = finite("sharpen", "amount", amount)? as f32;
    let (middle, side) = (1.0 + 4.0 * amount, -amount);
    let weights = [0.0, side, 0.0, side, middle, side, 0.0, side, 0.0];
    correlate::full(&Planes::of("sharpen", image)?, &weights, 3, border)
}

/// An unsharp mask: the image and `amount` times its difference from itself under a [Gaussian blur](super::gaussian),
/// `x + a·(x − G(x))`.
///
/// # Shapes
/// `[H, W]` or `[C, H, W]` to the same.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) if `amount` is not finite, `sigma` not above 0, or it is not an image of finite `f32`.
pub fn unsharp(image: &Tensor, sigma: f64, amount: f64, border: Border) -> Result<Tensor> {
    let amount = finite("unsharp", "amount", amount)? as f32;
    let weights = gaussian_weights("unsharp", sigma, None)?;
    let planes = Planes::of("unsharp", image)?;
    let blurred = correlate::separable(&planes, &weights, &weights, border)?;
    planes.combine([&blurred], |pixel, [blurred]| {
        pixel + amount * (pixel - blurred)
    })
}
