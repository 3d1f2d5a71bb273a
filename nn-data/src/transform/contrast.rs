//! Local contrast normalisation of pictures: dark corners and bright skies get the same contrast.
//!
//! With G a Gaussian window whose weights sum to 1 over positions and channels, within the picture,
//!
//! v = x − G∗x, s = √(G∗v²), y = v / max(s, mean of s over the picture, ε).
//!
//! Jarrett, Kavukcuoglu, Ranzato and LeCun, "What is the best multi-stage architecture for object recognition?", 2009.

use nn_core::Tensor;
use serde::{Deserialize, Serialize};

use super::Transform;
use super::rows::{each_row, map_rows};
use super::step::{Fitted, Widths};
use crate::error::{Error, Result};

/// Subtractive and divisive normalisation by the neighbourhood. For samples `[height, width]` or `[channels, height, width]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalContrast {
    /// Side of the window in pixels, odd. Its Gaussian has a standard deviation of a quarter of that.
    pub window: usize,
    /// ε, the least that is divided by.
    pub epsilon: f64,
}

/// One picture.
struct Picture {
    channels: usize,
    height: usize,
    width: usize,
    /// One half of the window, from the middle outwards.
    weights: Vec<f64>,
    /// The sum of the weights that lie within the picture, for each pixel.
    inside: Vec<f64>,
}

impl LocalContrast {
    pub(super) fn check(&self) -> Result<()> {
        if self.window < 3 || self.window.is_multiple_of(2) || self.window > 255 {
            let problem = format!("window must be odd, from 3 to 255, not {}", self.window);
            return Err(Error::argument("local_contrast", problem));
        }
        if !(self.epsilon > 0.0 && self.epsilon.is_finite()) {
            let problem = format!("epsilon must be above 0, not {}", self.epsilon);
            return Err(Error::argument("local_contrast", problem));
        }
        Ok(())
    }

    /// Itself, unless samples are no pictures.
    pub(super) fn fitting(self, sample: &[usize]) -> Result<Self> {
        self.picture(sample)?;
        Ok(self)
    }

    fn picture(&self, sample: &[usize]) -> Result<Picture> {
        let (channels, height, width) = match *sample {
            [height, width] => (1, height, width),
            [channels, height, width] => (channels, height, width),
            _ => (0, 0, 0),
        };
        if channels * height * width == 0 {
            let problem = format!(
                "it is for pictures [channels, height, width], samples have the shape {sample:?}"
            );
            return Err(Error::argument("local_contrast", problem));
        }
        let sigma = self.window as f64 / 4.0;
        let weight = |distance: usize| (-0.5 * (distance as f64 / sigma).powi(2)).exp();
        let mut picture = Picture {
            channels,
            height,
            width,
            weights: (0..=self.window / 2).map(weight).collect(),
            inside: Vec::new(),
        };
        picture.inside = picture.spread(&vec![1.0; height * width]);
        Ok(picture)
    }
}

impl Picture {
    /// The weighted sum over the window at each pixel, what lies outside counting 0.
    fn spread(&self, plane: &[f64]) -> Vec<f64> {
        let along = |plane: &[f64], length: usize, step: usize, others: usize, other: usize| {
            let mut out = vec![0.0; plane.len()];
            for line in 0..others {
                for at in 0..length {
                    let place = line * other + at * step;
                    let mut sum = self.weights[0] * plane[place];
                    for (distance, weight) in self.weights.iter().enumerate().skip(1) {
                        if at >= distance {
                            sum += weight * plane[place - distance * step];
                        }
                        if at + distance < length {
                            sum += weight * plane[place + distance * step];
                        }
                    }
                    out[place] = sum;
                }
            }
            out
        };
        let rows = along(plane, self.width, 1, self.height, self.width);
        along(&rows, self.height, self.width, self.width, 1)
    }

    /// The mean over the window and the channels of `f(value)`.
    fn mean(&self, values: &[f64], f: impl Fn(f64) -> f64) -> Vec<f64> {
        let mut plane = vec![0.0; self.height * self.width];
        for channel in values.chunks_exact(plane.len()) {
            plane
                .iter_mut()
                .zip(channel)
                .for_each(|(sum, v)| *sum += f(*v));
        }
        let mut out = self.spread(&plane);
        let channels = self.channels as f64;
        out.iter_mut()
            .zip(&self.inside)
            .for_each(|(v, inside)| *v /= inside * channels);
        out
    }

    /// The gradient for the plane before [`mean`](Self::mean) from the gradient after it.
    fn mean_back(&self, gradient: &[f64]) -> Vec<f64> {
        let channels = self.channels as f64;
        let scaled: Vec<f64> = gradient
            .iter()
            .zip(&self.inside)
            .map(|(g, inside)| g / (inside * channels))
            .collect();
        self.spread(&scaled)
    }

    /// Subtracts the mean of the neighbourhood; gives √ of that of the squares.
    fn center(&self, values: &mut [f64]) -> Vec<f64> {
        let mean = self.mean(values, |v| v);
        for channel in values.chunks_exact_mut(mean.len()) {
            channel
                .iter_mut()
                .zip(&mean)
                .for_each(|(v, mean)| *v -= mean);
        }
        let mut deviation = self.mean(values, |v| v * v);
        deviation.iter_mut().for_each(|v| *v = v.sqrt());
        deviation
    }
}

fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

impl Transform for LocalContrast {
    fn output_shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        self.picture(sample).map(|_| sample.to_vec())
    }

    fn apply(&self, batch: &mut Tensor) -> Result<()> {
        let picture = self.picture(batch.dims().get(1..).unwrap_or_default())?;
        each_row("local_contrast", batch, |values| {
            let deviation = picture.center(values);
            let least = average(&deviation).max(self.epsilon);
            for channel in values.chunks_exact_mut(deviation.len()) {
                channel
                    .iter_mut()
                    .zip(&deviation)
                    .for_each(|(v, s)| *v /= s.max(least));
            }
        })
    }

    fn apply_inverse(&self, _: &mut Tensor) -> Result<()> {
        Err(Error::argument(
            "local_contrast",
            "it cannot be undone: the brightness around a pixel is not kept",
        ))
    }
}

impl Fitted for LocalContrast {
    fn widths(&self) -> Widths {
        Widths::Any
    }

    fn keeps_columns(&self) -> bool {
        true
    }

    fn pull_back(&self, input: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let picture = self.picture(input.dims().get(1..).unwrap_or_default())?;
        let pixels = picture.height * picture.width;
        map_rows(
            "local_contrast",
            input,
            gradient,
            pixels * picture.channels,
            |x, g, out| {
                let mut v = x.to_vec();
                let deviation = picture.center(&mut v);
                let mean = average(&deviation);
                let least = mean.max(self.epsilon);
                // First for what is divided by …
                let mut for_deviation = vec![0.0; pixels];
                let mut for_mean = 0.0;
                for (at, s) in deviation.iter().enumerate() {
                    let divisor = s.max(least);
                    let of_pixel =
                        (0..picture.channels).map(|c| g[c * pixels + at] * v[c * pixels + at]);
                    let slope = -of_pixel.sum::<f64>() / (divisor * divisor);
                    if *s > least {
                        for_deviation[at] = slope;
                    } else if mean > self.epsilon {
                        for_mean += slope;
                    }
                }
                for (slope, s) in for_deviation.iter_mut().zip(&deviation) {
                    *slope = match *s {
                        0.0 => 0.0,
                        s => (*slope + for_mean / pixels as f64) / (2.0 * s),
                    };
                }
                let for_squares = picture.mean_back(&for_deviation);
                // … then for v, and through the mean that was subtracted.
                let mut sum = vec![0.0; pixels];
                for (at, out) in out.iter_mut().enumerate() {
                    let pixel = at % pixels;
                    *out = g[at] / deviation[pixel].max(least) + 2.0 * v[at] * for_squares[pixel];
                    sum[pixel] += *out;
                }
                let for_mean = picture.mean_back(&sum);
                for (at, out) in out.iter_mut().enumerate() {
                    *out -= for_mean[at % pixels];
                }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use nn_core::Rng;

    use super::*;

    fn pictures(shape: [usize; 4]) -> Tensor {
        let mut rng = Rng::new(5);
        let values: Vec<f64> = (0..shape.iter().product())
            .map(|_| rng.normal() * 3.0 + 10.0)
            .collect();
        Tensor::from_vec(values, shape).unwrap()
    }

    /// The formula as it stands above, pixel by pixel.
    fn plainly(
        x: &[f64],
        [channels, height, width]: [usize; 3],
        window: usize,
        epsilon: f64,
    ) -> Vec<f64> {
        let (half, sigma) = ((window / 2) as isize, window as f64 / 4.0);
        let blur = |f: &dyn Fn(usize) -> f64| -> Vec<f64> {
            let mut out = Vec::new();
            for y in 0..height as isize {
                for x in 0..width as isize {
                    let (mut sum, mut weights) = (0.0, 0.0);
                    for dy in -half..=half {
                        for dx in -half..=half {
                            let (y, x) = (y + dy, x + dx);
                            if y < 0 || x < 0 || y >= height as isize || x >= width as isize {
                                continue;
                            }
                            let weight =
                                (-((dx * dx + dy * dy) as f64) / (2.0 * sigma * sigma)).exp();
                            for channel in 0..channels {
                                sum += weight
                                    * f((channel * height + y as usize) * width + x as usize);
                                weights += weight;
                            }
                        }
                    }
                    out.push(sum / weights);
                }
            }
            out
        };
        let pixels = height * width;
        let mean = blur(&|at| x[at]);
        let v: Vec<f64> = (0..x.len()).map(|at| x[at] - mean[at % pixels]).collect();
        let s: Vec<f64> = blur(&|at| v[at] * v[at]).iter().map(|v| v.sqrt()).collect();
        let least = (s.iter().sum::<f64>() / pixels as f64).max(epsilon);
        (0..x.len())
            .map(|at| v[at] / s[at % pixels].max(least))
            .collect()
    }

    #[test]
    fn it_is_the_formula() {
        for (shape, window) in [([2, 1, 9, 7], 5), ([1, 3, 6, 6], 3), ([1, 2, 4, 3], 9)] {
            let x = pictures(shape);
            let step = LocalContrast {
                window,
                epsilon: 1e-4,
            };
            let got = step.transform(&x).unwrap().to_vec::<f64>().unwrap();
            let size = shape[1] * shape[2] * shape[3];
            for (got, x) in got
                .chunks(size)
                .zip(x.to_vec::<f64>().unwrap().chunks(size))
            {
                let expected = plainly(x, [shape[1], shape[2], shape[3]], window, 1e-4);
                for (got, expected) in got.iter().zip(expected) {
                    assert!((got - expected).abs() < 1e-12, "{got} {expected}");
                }
            }
        }
    }

    #[test]
    fn gradients_are_those_of_differences() {
        let (x, g) = (
            pictures([1, 2, 4, 5]),
            pictures([1, 2, 4, 5]).mul_scalar(0.1).unwrap(),
        );
        let step = LocalContrast {
            window: 3,
            epsilon: 1e-4,
        };
        let values = x.to_vec::<f64>().unwrap();
        let weights = g.to_vec::<f64>().unwrap();
        let score = |values: &[f64]| -> f64 {
            let x = Tensor::from_slice(values, [1, 2, 4, 5]).unwrap();
            let y = step.transform(&x).unwrap().to_vec::<f64>().unwrap();
            y.iter().zip(&weights).map(|(y, g)| y * g).sum()
        };
        let found = step.pull_back(&x, &g).unwrap().to_vec::<f64>().unwrap();
        for at in 0..values.len() {
            let (mut up, mut down) = (values.clone(), values.clone());
            up[at] += 1e-5;
            down[at] -= 1e-5;
            let expected = (score(&up) - score(&down)) / 2e-5;
            assert!(
                (found[at] - expected).abs() < 1e-6,
                "{at}: {} {expected}",
                found[at]
            );
        }
    }

    #[test]
    fn flat_pictures_become_black_and_tables_are_refused() {
        let step = LocalContrast {
            window: 9,
            epsilon: 1e-4,
        };
        let flat = Tensor::full([1, 1, 5, 5], 7.0, nn_core::DType::F32).unwrap();
        let out = step.transform(&flat).unwrap().to_vec::<f32>().unwrap();
        assert!(out.iter().all(|v| v.abs() < 1e-6));
        let error = step.output_shape(&[13]).unwrap_err().to_string();
        assert!(error.contains("it is for pictures"), "{error}");
        assert!(
            LocalContrast {
                window: 4,
                epsilon: 1.0
            }
            .check()
            .is_err()
        );
    }
}
