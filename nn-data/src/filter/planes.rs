//! An image as the filters read it: rows of pixels, channel after channel.

use nn_core::kernels::threads::for_each_chunk;
use nn_core::{DType, Tensor};

use super::Border;
use crate::error::{Error, Result};

/// About so many pixels make one task.
const TASK: usize = 1 << 14;

/// A checked image.
pub(super) struct Planes {
    image: Tensor,
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

impl Planes {
    /// Takes an image `[H, W]` or `[C, H, W]` of finite `f32`; `what` names the filter in errors.
    pub(super) fn of(what: &'static str, image: &Tensor) -> Result<Planes> {
        let (channels, height, width) = match *image.dims() {
            [height, width] => (1, height, width),
            [channels, height, width] => (channels, height, width),
            _ => {
                return Err(Error::argument(
                    what,
                    format!("an image is [H, W] or [C, H, W], this is {}", image.shape()),
                ));
            }
        };
        if image.dtype() != DType::F32 {
            return Err(Error::argument(
                what,
                format!(
                    "an image holds f32, this is {}; convert it with to_dtype",
                    image.dtype()
                ),
            ));
        }
        if image.is_empty() {
            return Err(Error::argument(
                what,
                format!("the image {} has no pixels", image.shape()),
            ));
        }
        if !image.is_all_finite()? {
            return Err(Error::argument(what, "the image holds NaN or infinity"));
        }
        Ok(Planes {
            image: image.detach().contiguous()?,
            channels,
            height,
            width,
        })
    }

    /// All pixels, row by row, channel after channel.
    pub(super) fn pixels(&self) -> Result<&[f32]> {
        Ok(self.image.as_slice()?)
    }

    /// A new image of the same shape, of which `fill` writes all rows: it takes the number of the first and the rows.
    pub(super) fn rows(&self, fill: impl Fn(usize, &mut [f32]) + Sync) -> Result<Tensor> {
        let mut out = Tensor::zeros(self.image.shape(), DType::F32)?;
        let rows = (TASK / self.width).max(1);
        for_each_chunk(out.make_mut::<f32>()?, rows * self.width, |task, part| {
            fill(task * rows, part);
        });
        Ok(out)
    }

    /// A new image of the same shape, each pixel a function of those at the same place here and in `others`.
    pub(super) fn combine<const N: usize>(
        &self,
        others: [&Tensor; N],
        f: impl Fn(f32, [f32; N]) -> f32 + Sync,
    ) -> Result<Tensor> {
        let here = self.pixels()?;
        let mut slices: [&[f32]; N] = [&[]; N];
        for (slice, other) in slices.iter_mut().zip(others) {
            *slice = other.as_slice()?;
        }
        let width = self.width;
        self.rows(|first, part| {
            let start = first * width;
            let here = &here[start..start + part.len()];
            let others = slices.map(|slice| &slice[start..start + part.len()]);
            for (at, (out, &pixel)) in part.iter_mut().zip(here).enumerate() {
                *out = f(pixel, others.map(|other| other[at]));
            }
        })
    }

    /// Every row with `radius` pixels more at either end.
    pub(super) fn widened(&self, radius: usize, border: Border) -> Result<Widened> {
        let width = self.width + 2 * radius;
        let pixels = self.pixels()?;
        let mut rows = Tensor::zeros([self.channels * self.height, width], DType::F32)?;
        let each = (TASK / width).max(1);
        for_each_chunk(rows.make_mut::<f32>()?, each * width, |task, part| {
            for (at, out) in part.chunks_exact_mut(width).enumerate() {
                let start = (task * each + at) * self.width;
                border.extend(&pixels[start..start + self.width], radius, out);
            }
        });
        Ok(Widened {
            rows,
            width,
            height: self.height,
            border,
        })
    }

    /// The row `down` rows below row `row` of the whole image, inside its channel; `None` for a row of zeros.
    pub(super) fn neighbour(&self, row: usize, down: isize, border: Border) -> Option<usize> {
        neighbour(row, down, self.height, border)
    }
}

fn neighbour(row: usize, down: isize, height: usize, border: Border) -> Option<usize> {
    let y = row % height;
    let source = border.source(y as isize + down, height)?;
    Some(row - y + source)
}

/// An image whose rows go on beyond the border.
pub(super) struct Widened {
    rows: Tensor,
    width: usize,
    height: usize,
    border: Border,
}

impl Widened {
    /// The rows, one after another.
    pub(super) fn lines(&self) -> Result<Lines<'_>> {
        Ok(Lines {
            pixels: self.rows.as_slice()?,
            of: self,
        })
    }
}

/// The rows of a [`Widened`] image.
#[derive(Clone, Copy)]
pub(super) struct Lines<'a> {
    pixels: &'a [f32],
    of: &'a Widened,
}

impl<'a> Lines<'a> {
    /// The row `down` rows below row `row`; `None` for a row of zeros.
    pub(super) fn at(&self, row: usize, down: isize) -> Option<&'a [f32]> {
        let row = neighbour(row, down, self.of.height, self.of.border)?;
        self.pixels
            .get(row * self.of.width..(row + 1) * self.of.width)
    }
}
