//! The Laplacian: the sum of the second derivatives.

use nn_core::Tensor;

use super::{Border, correlate, planes::Planes};
use crate::error::Result;

/// Which neighbours a [`laplacian`] compares a pixel with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Neighbours {
    /// The four beside, above and below. The default, as in scipy and OpenCV.
    #[default]
    Four,
    /// Those and the four across corners.
    Eight,
}

/// The sum of the neighbours less as many times the pixel: `0 1 0; 1 −4 1; 0 1 0`, or `1 1 1; 1 −8 1; 1 1 1` with eight neighbours.
///
/// It is zero on even areas and slopes, and changes sign at edges.
///
/// # Shapes
/// `[H, W]` or `[C, H, W]` to the same.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) if it is not an image of finite `f32`.
pub fn laplacian(image: &Tensor, neighbours: Neighbours, border: Border) -> Result<Tensor> {
    let (side, corner) = match neighbours {
        Neighbours::Four => (1.0, 0.0),
        Neighbours::Eight => (1.0, 1.0),
    };
    let middle = -4.0 * (side + corner);
    let weights = [
        corner, side, corner, side, middle, side, corner, side, corner,
    ];
    correlate::full(&Planes::of("laplacian", image)?, &weights, 3, border)
}
