//! Blurs: the mean of a square, and the Gaussian.

use nn_core::Tensor;

use super::{Border, MAX_SIDE, correlate, finite, planes::Planes, window};
use crate::error::{Error, Result};

/// A Gaussian without a size ends at so many sigmas, as scipy's does.
const TRUNCATE: f64 = 4.0;

/// The mean of the `size × size` pixels around each (a box blur).
///
/// # Shapes
/// `[H, W]` or `[C, H, W]` to the same.
///
/// # Errors
/// [`Error::Argument`] if `size` is even or too large, or it is not an image of finite `f32`.
pub fn mean(image: &Tensor, size: usize, border: Border) -> Result<Tensor> {
    let size = window("mean", size)?;
    let weights = vec![1.0 / size as f32; size];
    correlate::separable(&Planes::of("mean", image)?, &weights, &weights, border)
}

/// A Gaussian blur: weights `exp(−d²/2σ²)` at distance `d` in pixels, in sum 1.
///
/// `size` is the side of the window; without one it reaches ⌊4σ + ½⌋ pixels to either side, as `scipy.ndimage.gaussian_filter` does.
/// The weights are made along one axis and used along both.
///
/// # Shapes
/// `[H, W]` or `[C, H, W]` to the same.
///
/// # Errors
/// [`Error::Argument`] if `sigma` is not above 0 and finite, the size is even or too large, or it is not an image of finite `f32`.
pub fn gaussian(image: &Tensor, sigma: f64, size: Option<usize>, border: Border) -> Result<Tensor> {
    let weights = gaussian_weights("gaussian", sigma, size)?;
    correlate::separable(&Planes::of("gaussian", image)?, &weights, &weights, border)
}

/// The weights of a Gaussian along one axis.
pub(super) fn gaussian_weights(
    what: &'static str,
    sigma: f64,
    size: Option<usize>,
) -> Result<Vec<f32>> {
    if finite(what, "sigma", sigma)? <= 0.0 {
        return Err(Error::argument(
            what,
            format!("sigma is {sigma}; it must be above 0"),
        ));
    }
    let radius = match size {
        Some(size) => window(what, size)? / 2,
        None => {
            let radius = (TRUNCATE * sigma + 0.5).floor();
            if radius > (MAX_SIDE / 2) as f64 {
                return Err(Error::argument(
                    what,
                    format!(
                        "sigma {sigma} needs a window of {} pixels, the largest is {MAX_SIDE}; make the image smaller first",
                        2.0 * radius + 1.0
                    ),
                ));
            }
            radius as usize
        }
    };
    let weight = |at: usize| (-0.5 * ((at as f64 - radius as f64) / sigma).powi(2)).exp();
    let weights: Vec<f64> = (0..=2 * radius).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    Ok(weights.iter().map(|weight| (weight / sum) as f32).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one_and_wrong_settings_are_refused() {
        for (sigma, size, count) in [
            (1.0, None, 9),
            (0.1, None, 1),
            (1e-200, Some(3), 3),
            (1.5, Some(5), 5),
            (500.0, None, 4001),
        ] {
            let weights = gaussian_weights("gaussian", sigma, size).unwrap();
            assert_eq!(weights.len(), count);
            let sum: f64 = weights.iter().map(|&w| f64::from(w)).sum();
            assert!((sum - 1.0).abs() < 1e-5, "{sigma}: {sum}");
        }
        for sigma in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e9] {
            assert!(
                gaussian_weights("gaussian", sigma, None).is_err(),
                "{sigma}"
            );
        }
        let image = Tensor::from_vec(vec![1.0f32; 6], [2, 3]).unwrap();
        for size in [0, 2, 4097] {
            assert!(mean(&image, size, Border::Zero).is_err(), "{size}");
            assert!(gaussian(&image, 1.0, Some(size), Border::Zero).is_err());
        }
    }
}
