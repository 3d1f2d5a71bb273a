//! Canny's edge detector.

use nn_core::Tensor;

use super::blur::gaussian_weights;
use super::gradient::sobel_pair;
use super::{Border, correlate, finite, planes::Planes};
use crate::error::{Error, Result};

/// tan 22.5°: the border between upright and slanting directions.
const SLANT: f32 = std::f32::consts::SQRT_2 - 1.0;

/// Thin, connected edges (Canny 1986).
///
/// 1. A Gaussian blur takes away noise.
/// 2. The Sobel derivatives give each pixel the strength `√(x² + y²)` and the direction of its edge.
/// 3. A pixel stays if it is stronger than its two neighbours across the edge.
/// 4. What is stronger than `high` is an edge, and so is what is stronger than `low` and connected to one, corners included.
///
/// Without the blur it finds the same pixels as OpenCV's `Canny` with `L2gradient`.
///
/// ```
/// use nn_core::Tensor;
/// use nn_data::filter::{Border, Canny};
/// let step = Tensor::from_vec(vec![0.0f32, 0.0, 200.0, 200.0].repeat(3), [3, 4])?;
/// let edges = Canny { sigma: 0.0, ..Canny::default() }.apply(&step, Border::Reflect)?;
/// assert_eq!(edges.to_vec::<f32>()?, [0.0, 1.0, 0.0, 0.0].repeat(3));
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Canny {
    /// Deviation of the blur in pixels; 0 for none. Default 1.4.
    pub sigma: f64,
    /// Strength above which a pixel goes on with an edge. Default 50, for pixels from 0 to 255.
    pub low: f32,
    /// Strength above which a pixel is an edge by itself. Default 150, for pixels from 0 to 255.
    pub high: f32,
}

impl Default for Canny {
    fn default() -> Self {
        Canny {
            sigma: 1.4,
            low: 50.0,
            high: 150.0,
        }
    }
}

impl Canny {
    /// 1 on edges, 0 elsewhere.
    ///
    /// # Shapes
    /// `[H, W]` or `[C, H, W]` to the same; channels have edges of their own.
    ///
    /// # Errors
    /// [`Error::Argument`] if a threshold is below 0 or `low` above `high`, `sigma` is below 0, or it is not an image of finite `f32`.
    pub fn apply(&self, image: &Tensor, border: Border) -> Result<Tensor> {
        finite("canny", "the low threshold", self.low.into())?;
        finite("canny", "the high threshold", self.high.into())?;
        if self.low < 0.0 || self.low > self.high {
            return Err(Error::argument(
                "canny",
                format!(
                    "the thresholds are {} and {}; the low one must not be under 0 or over the high one",
                    self.low, self.high
                ),
            ));
        }
        let planes = Planes::of("canny", image)?;
        let (x, y) = if self.sigma == 0.0 {
            sobel_pair(&planes, border)?
        } else {
            let weights = gaussian_weights("canny", self.sigma, None)?;
            let blurred = correlate::separable(&planes, &weights, &weights, border)?;
            sobel_pair(&Planes::of("canny", &blurred)?, border)?
        };
        let strength = planes.combine([&x, &y], |_, [x, y]| x * x + y * y)?;
        let (width, height) = (planes.width, planes.height);
        let (x, y) = (x.as_slice::<f32>()?, y.as_slice::<f32>()?);
        let strength = strength.as_slice::<f32>()?;
        // Strengths are compared as squares.
        let (low, high) = (self.low * self.low, self.high * self.high);
        let mut marks = planes.rows(|first, part| {
            for (at, mark) in part.iter_mut().enumerate() {
                let place = first * width + at;
                let here = strength[place];
                let row = place / width;
                let near = |down: isize, along: isize| {
                    let y = (row % height) as isize + down;
                    let x = (place % width) as isize + along;
                    let inside =
                        (0..height as isize).contains(&y) && (0..width as isize).contains(&x);
                    if inside {
                        let row = (row as isize + down) as usize;
                        strength[row * width + x as usize]
                    } else {
                        0.0
                    }
                };
                let (dx, dy) = (x[place].abs(), y[place].abs());
                let peak = here > low
                    && if dy < dx * SLANT {
                        here > near(0, -1) && here >= near(0, 1)
                    } else if dy > dx * (SLANT + 2.0) {
                        here > near(-1, 0) && here >= near(1, 0)
                    } else {
                        let along = if (x[place] < 0.0) == (y[place] < 0.0) {
                            1
                        } else {
                            -1
                        };
                        here > near(-1, -along) && here > near(1, along)
                    };
                *mark = match (peak, here > high) {
                    (false, _) => NONE,
                    (true, false) => WEAK,
                    (true, true) => EDGE,
                };
            }
        })?;
        for plane in marks.make_mut::<f32>()?.chunks_exact_mut(width * height) {
            connect(plane, width);
        }
        Ok(marks)
    }
}

const NONE: f32 = 0.0;
const WEAK: f32 = 0.5;
const EDGE: f32 = 1.0;

/// Makes weak pixels edges where edges lead to them, and drops the others.
fn connect(plane: &mut [f32], width: usize) {
    let mut open: Vec<usize> = (0..plane.len())
        .filter(|&place| plane[place] == EDGE)
        .collect();
    while let Some(place) = open.pop() {
        let (row, column) = (place / width, place % width);
        for y in row.saturating_sub(1)..=row + 1 {
            for x in column.saturating_sub(1)..=(column + 1).min(width - 1) {
                if let Some(mark) = plane.get_mut(y * width + x).filter(|mark| **mark == WEAK) {
                    *mark = EDGE;
                    open.push(y * width + x);
                }
            }
        }
    }
    for mark in plane {
        if *mark == WEAK {
            *mark = NONE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::gaussian;

    #[test]
    fn thresholds_and_sigma_are_checked() {
        let image = Tensor::from_vec(vec![1.0f32; 6], [2, 3]).unwrap();
        for (sigma, low, high) in [
            (-1.0, 1.0, 2.0),
            (f64::NAN, 1.0, 2.0),
            (1.0, -1.0, 2.0),
            (1.0, 3.0, 2.0),
            (1.0, f32::NAN, 2.0),
            (1.0, 1.0, f32::INFINITY),
        ] {
            let canny = Canny { sigma, low, high };
            assert!(canny.apply(&image, Border::Zero).is_err(), "{canny:?}");
        }
    }

    #[test]
    fn it_blurs_before_it_looks_and_keeps_channels_apart() {
        let pixels: Vec<f32> = (0..2 * 30 * 20)
            .map(|i| (128.0 + 100.0 * ((i % 20) as f32 * 0.4 + (i / 100) as f32).sin()).round())
            .collect();
        let image = Tensor::from_vec(pixels, [2, 30, 20]).unwrap();
        let border = Border::Replicate;
        let whole = Canny::default().apply(&image, border).unwrap();
        let blurred = gaussian(&image, 1.4, None, border).unwrap();
        let plain = Canny {
            sigma: 0.0,
            ..Canny::default()
        };
        let apart = plain.apply(&blurred, border).unwrap();
        let whole = whole.to_vec::<f32>().unwrap();
        assert_eq!(whole, apart.to_vec::<f32>().unwrap());
        let second = image.slice(0, 1..).unwrap();
        let second = Canny::default().apply(&second, border).unwrap();
        assert_eq!(whole[600..], second.to_vec::<f32>().unwrap());
        let edges = whole.iter().filter(|mark| **mark == 1.0).count();
        assert!(edges > 20 && edges < 600, "{edges}");
    }

    #[test]
    fn weak_pixels_need_a_strong_one() {
        let mut plane = [
            [WEAK, NONE, NONE, NONE],
            [NONE, WEAK, NONE, WEAK],
            [NONE, NONE, EDGE, NONE],
            [WEAK, NONE, NONE, NONE],
        ]
        .concat();
        connect(&mut plane, 4);
        let edges: Vec<usize> = (0..16).filter(|&at| plane[at] == EDGE).collect();
        assert_eq!(edges, [0, 5, 7, 10]);
        assert!(plane.iter().all(|mark| *mark != WEAK));
    }
}
