//! Image kernels: blurs, sharpening, edges, and any matrix of one's own.
//!
//! Every filter takes an image `[H, W]` or `[C, H, W]` of `f32`, works on each channel by itself, and gives an image of the same
//! shape. The unit of the pixels is the caller's: 0 to 1 and 0 to 255 are both right, and only the thresholds of [`Canny`] depend on
//! it. Nothing is clipped: a sharpened image may go beyond the range of the original.
//!
//! A matrix is laid over the image as it is written, its middle on the pixel, and the products are summed (a correlation, which is
//! what OpenCV's `filter2D` and `scipy.ndimage.correlate` compute). What stands beyond the border is said by [`Border`].
//!
//! ```
//! use nn_core::Tensor;
//! use nn_data::filter::{self, Border, Gradient, Kernel};
//!
//! // A step from dark to light.
//! let image = Tensor::from_vec(vec![0.0f32, 0.0, 1.0, 1.0].repeat(3), [3, 4])?;
//! let edges = filter::sobel(&image, Gradient::Magnitude, Border::Reflect)?;
//! assert_eq!(edges.to_vec::<f32>()?[4..8], [0.0, 4.0, 4.0, 0.0]);
//!
//! let kernel: Kernel = "0 -1 0; -1 5 -1; 0 -1 0".parse()?;
//! let sharper = kernel.apply(&image, Border::Replicate)?;
//! assert_eq!(sharper.to_vec::<f32>()?[4..8], [0.0, -1.0, 2.0, 1.0]);
//! # Ok::<(), nn_data::Error>(())
//! ```
//!
//! | filter | what it does |
//! |---|---|
//! | [`mean`], [`gaussian`], [`median`] | smooth; the median keeps edges and takes away specks |
//! | [`sharpen`], [`unsharp`] | raise what differs from its neighbourhood |
//! | [`laplacian`], [`sobel`], [`prewitt`], [`scharr`] | derivatives: where and how much brightness changes |
//! | [`Canny`] | thin, connected edges |
//! | [`emboss`] | light from the upper left |
//! | [`Kernel`] | any matrix with a middle |

mod blur;
mod border;
mod canny;
mod correlate;
mod emboss;
mod gradient;
mod kernel;
mod laplacian;
mod median;
mod planes;
mod sharpen;

pub use blur::{gaussian, mean};
pub use border::Border;
pub use canny::Canny;
pub use emboss::emboss;
pub use gradient::{Gradient, prewitt, scharr, sobel};
pub use kernel::Kernel;
pub use laplacian::{Neighbours, laplacian};
pub use median::median;
pub use sharpen::{sharpen, unsharp};

use crate::error::{Error, Result};

/// The longest side of a kernel.
pub const MAX_SIDE: usize = 4095;

/// A side of a window: odd, so that it has a middle.
fn window(what: &'static str, size: usize) -> Result<usize> {
    if size.is_multiple_of(2) {
        return Err(Error::argument(
            what,
            format!("the size is {size}; it must be odd, so that the window has a middle"),
        ));
    }
    if size > MAX_SIDE {
        return Err(Error::argument(
            what,
            format!("the size is {size}; the largest is {MAX_SIDE}"),
        ));
    }
    Ok(size)
}

/// A setting that must be a finite number.
fn finite(what: &'static str, name: &str, value: f64) -> Result<f64> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(Error::argument(
            what,
            format!("{name} is {value}; it must be a finite number"),
        ))
    }
}
