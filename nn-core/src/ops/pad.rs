//! Places added around images.

use serde::{Deserialize, Serialize};

use super::image::{places, resample, three, with_places};
use crate::kernels::spatial::Axis;
use crate::{Error, Result, Shape, Tensor};

/// What added places hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PadMode {
    /// 0.
    #[default]
    Zeros,
    /// The image mirrored at its outermost places, which are not repeated: `c b | a b c | b a`.
    Reflect,
    /// The outermost place again: `a a | a b c | c c`.
    Replicate,
}

impl PadMode {
    /// The shape of images padded by `(before, after)` places on each axis.
    ///
    /// # Errors
    /// [`Error::Shape`] if there are no such axes of places, or too few places to reflect or repeat. `op` is who asks.
    pub fn output_shape(
        self,
        op: &'static str,
        input: &Shape,
        padding: &[(usize, usize)],
    ) -> Result<Shape> {
        let places = places(op, input)?;
        if padding.len() != places.len() {
            let problem = format!(
                "input is {input} with {} axes of places, {} were given to pad",
                places.len(),
                padding.len()
            );
            return Err(Error::shape(op, problem));
        }
        for (i, (&size, &(before, after))) in places.iter().zip(padding).enumerate() {
            let most = match self {
                PadMode::Zeros => usize::MAX,
                PadMode::Reflect => size.saturating_sub(1),
                PadMode::Replicate if size == 0 => 0,
                PadMode::Replicate => usize::MAX,
            };
            if before > most || after > most {
                let problem = format!(
                    "input is {input}, its axis {} of size {size} can be padded by at most {most} in this mode, not by {before} and {after}",
                    i + 2
                );
                return Err(Error::shape(op, problem));
            }
        }
        let padded = places.iter().zip(padding);
        Ok(with_places(
            input,
            padded
                .map(|(&size, &(before, after))| size.saturating_add(before).saturating_add(after)),
        ))
    }

    /// The place of the input that place `at`, counted from the first added one, is a copy of.
    fn source(self, at: usize, before: usize, size: usize) -> Option<usize> {
        let inside = at >= before && at - before < size;
        match self {
            _ if inside => Some(at - before),
            PadMode::Zeros => None,
            PadMode::Replicate if at < before => Some(0),
            PadMode::Replicate => Some(size - 1),
            PadMode::Reflect if at < before => Some(before - at),
            PadMode::Reflect => Some(2 * (size - 1) - (at - before)),
        }
    }
}

impl Tensor {
    /// Images with `(before, after)` places added on each axis of places.
    ///
    /// # Shapes
    /// x `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]`; samples and channels stay.
    ///
    /// ```
    /// use nn_core::{PadMode, Tensor};
    /// # fn main() -> nn_core::Result<()> {
    /// let x = Tensor::from_vec(vec![1.0f32, 2.0, 3.0], [1, 1, 3])?;
    /// let y = x.pad_spatial(&[(2, 1)], PadMode::Reflect)?;
    /// assert_eq!(y.to_vec::<f32>()?, [3.0, 2.0, 1.0, 2.0, 3.0, 2.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`PadMode::output_shape`]; [`Error::DType`] unless the elements are floats; [`Error::TooLarge`] if
    /// there is not enough memory.
    pub fn pad_spatial(&self, padding: &[(usize, usize)], mode: PadMode) -> Result<Tensor> {
        const NAME: &str = "pad";
        let shape = mode.output_shape(NAME, self.shape(), padding)?;
        let sizes: Vec<_> = (2..shape.rank())
            .map(|i| (self.shape()[i], shape[i], padding[i - 2].0))
            .collect();
        let axes = move || {
            three(sizes.iter().map(|&(inputs, outputs, before)| {
                Axis::new(inputs, outputs, |o| {
                    mode.source(o, before, inputs).map(|place| (place, 1.0))
                })
            }))
        };
        resample(NAME, self, shape, axes)
    }
}
