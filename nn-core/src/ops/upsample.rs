//! Other sizes of images: each place anew, from the nearest of the input or from those around it.

use super::image::{EachAxis, places, resample, three, with_places};
use crate::kernels::spatial::Axis;
use crate::{Error, Result, Shape, Tensor};

/// The size an image gets.
#[derive(Debug, Clone, PartialEq)]
pub enum Resize {
    /// This many places on each axis.
    To(EachAxis<usize>),
    /// ⌊W·factor⌋ places on each axis.
    By(EachAxis<f64>),
}

/// How a place of an image is computed from another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// The place at ⌊o·W/O⌋.
    Nearest,
    /// Between the two nearest places on each axis, by distance: linear, bilinear, trilinear.
    Linear {
        /// Whether the outermost places of both images coincide; otherwise the borders of the outermost do.
        align_corners: bool,
    },
}

impl Resize {
    /// The shape of the output.
    ///
    /// # Errors
    /// [`Error::Shape`] if there are no places; [`Error::Value`] if a size or factor is not above 0 or makes an axis
    /// vanish. `op` is who asks.
    pub fn output_shape(&self, op: &'static str, input: &Shape) -> Result<Shape> {
        let places = places(op, input)?;
        if places.contains(&0) {
            return Err(Error::shape(
                op,
                format!("input is {input} and has no places"),
            ));
        }
        let sizes: Vec<usize> = match self {
            Resize::To(size) => {
                size.expect(op, "size", places.len())?;
                (0..places.len()).map(|axis| size.at(axis)).collect()
            }
            Resize::By(factor) => {
                factor.expect(op, "scale_factor", places.len())?;
                let scaled = places
                    .iter()
                    .enumerate()
                    .map(|(axis, &size)| size as f64 * factor.at(axis));
                if !scaled.clone().all(|size| size.is_finite()) {
                    let problem = format!("scale_factor = {factor} must be a number above 0");
                    return Err(Error::value(op, problem));
                }
                scaled.map(|size| size as usize).collect()
            }
        };
        if sizes.contains(&0) {
            let problem = format!(
                "an output of {} places would be empty, from input {input}",
                Shape::from(&sizes[..])
            );
            return Err(Error::value(op, problem));
        }
        Ok(with_places(input, sizes))
    }

    /// The step on an axis of the input for one on the output.
    fn step(&self, axis: usize, inputs: usize, outputs: usize) -> Step {
        match self {
            Resize::To(_) => Step::Ratio(inputs, outputs),
            Resize::By(factor) => Step::Factor(factor.at(axis)),
        }
    }
}

#[derive(Clone, Copy)]
enum Step {
    Ratio(usize, usize),
    Factor(f64),
}

impl Step {
    fn nearest(self, output: usize) -> usize {
        match self {
            Step::Ratio(inputs, outputs) => {
                (output as u128 * inputs as u128 / outputs as u128) as usize
            }
            Step::Factor(factor) => (output as f64 / factor) as usize,
        }
    }

    fn linear(self, output: usize) -> f64 {
        let middle = output as f64 + 0.5;
        let at = match self {
            Step::Ratio(inputs, outputs) => middle * (inputs as f64 / outputs as f64),
            Step::Factor(factor) => middle / factor,
        };
        (at - 0.5).max(0.0)
    }
}

fn axis(inputs: usize, outputs: usize, step: Step, how: Interpolation) -> Axis {
    match how {
        Interpolation::Nearest => Axis::new(inputs, outputs, |o| {
            [(step.nearest(o).min(inputs - 1), 1.0)]
        }),
        Interpolation::Linear { align_corners } => Axis::new(inputs, outputs, |o| {
            let at = match align_corners {
                true => o as f64 * ((inputs - 1) as f64 / (outputs - 1).max(1) as f64),
                false => step.linear(o),
            };
            let low = (at as usize).min(inputs - 1);
            let high = (low + 1).min(inputs - 1);
            let share = (at - low as f64).min(1.0);
            let count = if share > 0.0 { 2 } else { 1 };
            [(low, 1.0 - share), (high, share)].into_iter().take(count)
        }),
    }
}

impl Tensor {
    /// The images in another size.
    ///
    /// Nearest takes place ⌊o·W/O⌋. Linear weighs the two places around (o + ½)·W/O − ½ (at least 0), or, with
    /// `align_corners`, around o·(W − 1)/(O − 1), on each axis. Given a factor, it stands in place of O/W.
    ///
    /// # Shapes
    /// x `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]`; samples and channels stay.
    ///
    /// ```
    /// use nn_core::{Interpolation, Resize, Tensor};
    /// # fn main() -> nn_core::Result<()> {
    /// let x = Tensor::from_vec(vec![1.0f32, 2.0], [1, 1, 2])?;
    /// let twice = x.upsample(&Resize::By(2.0.into()), Interpolation::Nearest)?;
    /// assert_eq!(twice.to_vec::<f32>()?, [1.0, 1.0, 2.0, 2.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`Resize::output_shape`]; [`Error::DType`] unless the elements are floats; [`Error::TooLarge`] if
    /// there is not enough memory.
    pub fn upsample(&self, resize: &Resize, how: Interpolation) -> Result<Tensor> {
        const NAME: &str = "upsample";
        let shape = resize.output_shape(NAME, self.shape())?;
        let sizes: Vec<_> = (2..shape.rank())
            .map(|i| {
                (
                    self.shape()[i],
                    shape[i],
                    resize.step(i - 2, self.shape()[i], shape[i]),
                )
            })
            .collect();
        let axes = move || {
            three(
                sizes
                    .iter()
                    .map(|&(inputs, outputs, step)| axis(inputs, outputs, step, how)),
            )
        };
        resample(NAME, self, shape, axes)
    }
}
