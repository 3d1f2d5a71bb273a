//! Relief.

use nn_core::Tensor;

use super::{Border, correlate, finite, planes::Planes};
use crate::error::Result;

/// The image as a relief lit from the upper left: with strength `s` the matrix `−2s −s 0; −s 1 s; 0 s 2s`, whose sum is 1, so that
/// even areas keep their brightness.
///
/// # Shapes
/// `[H, W]` or `[C, H, W]` to the same.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) if `strength` is not finite or it is not an image of finite `f32`.
pub fn emboss(image: &Tensor, strength: f64, border: Border) -> Result<Tensor> {
    let s = finite("emboss", "strength", strength)? as f32;
    let weights = [-2.0 * s, -s, 0.0, -s, 1.0, s, 0.0, s, 2.0 * s];
    correlate::full(&Planes::of("emboss", image)?, &weights, 3, border)
}
