//! First derivatives: Sobel, Prewitt and Scharr.
//!
//! All three take the difference of the pixels on either side and smooth it across; they differ in how: `1 2 1`, `1 1 1`, `3 10 3`.
//! Scharr's depends least on the direction of an edge.

use nn_core::Tensor;

use super::{Border, correlate, planes::Planes};
use crate::error::Result;

const DIFFERENCE: [f32; 3] = [-1.0, 0.0, 1.0];

/// Which derivative is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Gradient {
    /// Along the rows: above zero where it grows lighter to the right.
    X,
    /// Along the columns: above zero where it grows lighter downwards.
    Y,
    /// The length of both, `√(x² + y²)`. The default.
    #[default]
    Magnitude,
}

/// The Sobel derivative; along the rows `−1 0 1; −2 0 2; −1 0 1`.
///
/// # Shapes
/// `[H, W]` or `[C, H, W]` to the same.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) if it is not an image of finite `f32`.
pub fn sobel(image: &Tensor, gradient: Gradient, border: Border) -> Result<Tensor> {
    derivative("sobel", image, SOBEL, gradient, border)
}

/// The Prewitt derivative; along the rows `−1 0 1; −1 0 1; −1 0 1`.
///
/// # Shapes
/// `[H, W]` or `[C, H, W]` to the same.
///
/// # Errors
/// As [`sobel`].
pub fn prewitt(image: &Tensor, gradient: Gradient, border: Border) -> Result<Tensor> {
    derivative("prewitt", image, [1.0, 1.0, 1.0], gradient, border)
}

/// The Scharr derivative; along the rows `−3 0 3; −10 0 10; −3 0 3`.
///
/// # Shapes
/// `[H, W]` or `[C, H, W]` to the same.
///
/// # Errors
/// As [`sobel`].
pub fn scharr(image: &Tensor, gradient: Gradient, border: Border) -> Result<Tensor> {
    derivative("scharr", image, [3.0, 10.0, 3.0], gradient, border)
}

const SOBEL: [f32; 3] = [1.0, 2.0, 1.0];

/// Both Sobel derivatives.
pub(super) fn sobel_pair(planes: &Planes, border: Border) -> Result<(Tensor, Tensor)> {
    Ok((
        correlate::separable(planes, &SOBEL, &DIFFERENCE, border)?,
        correlate::separable(planes, &DIFFERENCE, &SOBEL, border)?,
    ))
}

fn derivative(
    what: &'static str,
    image: &Tensor,
    smooth: [f32; 3],
    gradient: Gradient,
    border: Border,
) -> Result<Tensor> {
    let planes = Planes::of(what, image)?;
    let x = || correlate::separable(&planes, &smooth, &DIFFERENCE, border);
    let y = || correlate::separable(&planes, &DIFFERENCE, &smooth, border);
    match gradient {
        Gradient::X => x(),
        Gradient::Y => y(),
        Gradient::Magnitude => planes.combine([&x()?, &y()?], |_, [x, y]| (x * x + y * y).sqrt()),
    }
}
