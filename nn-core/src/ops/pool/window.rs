//! Windows that slide over the places of an image, and the rule for how many there are.

use crate::kernels::spatial::Axis;
use crate::ops::image::{EachAxis, places, three, with_places};
use crate::{Error, Result, Shape};

/// How windows slide over the places of an image.
///
/// ```
/// use nn_core::{Pooling, Shape};
/// # fn main() -> nn_core::Result<()> {
/// let pooling = Pooling { stride: 2.into(), padding: 1.into(), ..Pooling::new(3) };
/// let output = pooling.output_shape("max_pool", &Shape::from([1, 64, 112, 112]))?;
/// assert_eq!(output.dims(), [1, 64, 56, 56]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pooling {
    /// The size K of a window.
    pub kernel: EachAxis<usize>,
    /// The distance S from one window to the next.
    pub stride: EachAxis<usize>,
    /// How far P the first window begins before the first place; at most half a window.
    pub padding: EachAxis<usize>,
    /// The distance from one place of a window to its next; a window then reaches over dilation·(K − 1) + 1 places.
    pub dilation: EachAxis<usize>,
    /// Whether a last window that reaches beyond the padding counts: sizes are rounded up instead of down.
    pub ceil_mode: bool,
}

/// The settings of one axis.
#[derive(Clone, Copy)]
struct Window {
    inputs: usize,
    outputs: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    dilation: usize,
}

impl Pooling {
    /// Windows of this size side by side: the stride is the size, there is no padding.
    pub fn new(kernel: impl Into<EachAxis<usize>>) -> Pooling {
        let kernel = kernel.into();
        Pooling {
            stride: kernel.clone(),
            kernel,
            padding: 0.into(),
            dilation: 1.into(),
            ceil_mode: false,
        }
    }

    /// The shape of the output of a pooling with such windows, by O = ⌊(W − K + 2P)/S⌋ + 1 on each axis of places.
    ///
    /// # Errors
    /// [`Error::Shape`] if the input has no places or is smaller than a window; [`Error::Value`] if a setting is
    /// outside its domain. `op` is who asks.
    pub fn output_shape(&self, op: &'static str, input: &Shape) -> Result<Shape> {
        let places = places(op, input)?;
        let settings = [
            ("kernel", &self.kernel, 1),
            ("stride", &self.stride, 1),
            ("padding", &self.padding, 0),
            ("dilation", &self.dilation, 1),
        ];
        for (what, setting, least) in settings {
            setting.expect(op, what, places.len())?;
            if (0..places.len()).any(|axis| setting.at(axis) < least) {
                let problem = format!("{what} = {setting} must be at least {least}");
                return Err(Error::value(op, problem));
            }
        }
        let sizes = (0..places.len()).map(|axis| self.output_size(op, input, axis));
        Ok(with_places(input, sizes.collect::<Result<Vec<_>>>()?))
    }

    fn output_size(&self, op: &'static str, input: &Shape, axis: usize) -> Result<usize> {
        let size = input[2 + axis];
        let (kernel, stride) = (self.kernel.at(axis), self.stride.at(axis));
        let (padding, dilation) = (self.padding.at(axis), self.dilation.at(axis));
        let reach = dilation.saturating_mul(kernel - 1).saturating_add(1);
        if padding > reach / 2 {
            let problem =
                format!("padding = {padding} must be at most half of the window, which is {reach}");
            return Err(Error::value(op, problem));
        }
        let padded = size.saturating_add(padding.saturating_mul(2));
        if reach > padded || size == 0 {
            let dilated = match dilation {
                1 => String::new(),
                _ => format!(" (K = {dilation}·({kernel} − 1) + 1)"),
            };
            return Err(Error::shape(
                op,
                format!(
                    "input is {input}, its axis {} has size {size}, too small for a kernel of {kernel}: \
                     O = ⌊(W − K + 2P)/S⌋ + 1 = ⌊({size} − {reach} + 2·{padding})/{stride}⌋ + 1 is below 1{dilated}",
                    axis + 2
                ),
            ));
        }
        let free = padded - reach;
        if !self.ceil_mode {
            return Ok(free / stride + 1);
        }
        let outputs = free.div_ceil(stride) + 1;
        // The last window must begin within the input or the padding before it.
        let begins_outside = (outputs - 1).saturating_mul(stride) >= size + padding;
        Ok(outputs - usize::from(begins_outside))
    }

    pub(super) fn expect_undilated(&self, op: &'static str) -> Result<()> {
        if (0..3).all(|axis| self.dilation.at(axis) == 1) {
            return Ok(());
        }
        Err(Error::value(
            op,
            format!("dilation = {} must be 1", self.dilation),
        ))
    }

    /// The axes of an output of shape `output`, with weights that make means.
    pub(super) fn axes(
        &self,
        input: &Shape,
        output: &Shape,
        count_padding: bool,
    ) -> impl Fn() -> [Axis; 3] + Send + 'static {
        let windows: Vec<Window> = (0..input.rank() - 2)
            .map(|axis| Window {
                inputs: input[2 + axis],
                outputs: output[2 + axis],
                kernel: self.kernel.at(axis),
                stride: self.stride.at(axis),
                padding: self.padding.at(axis),
                dilation: self.dilation.at(axis),
            })
            .collect();
        move || three(windows.iter().map(|window| window.axis(count_padding)))
    }
}

impl Window {
    fn axis(self, count_padding: bool) -> Axis {
        let Window {
            inputs,
            outputs,
            kernel,
            stride,
            padding,
            dilation,
        } = self;
        Axis::new(inputs, outputs, |o| {
            let start = o * stride;
            // Of the window's places start + tap·dilation − padding, those inside the input.
            let first = padding.saturating_sub(start).div_ceil(dilation);
            let last = (inputs + padding)
                .saturating_sub(start)
                .div_ceil(dilation)
                .min(kernel);
            let inside = first..last.max(first);
            // Without dilation, all the window's places up to the end of the padding.
            let counted = match count_padding {
                true => kernel.min(inputs.saturating_add(2 * padding).saturating_sub(start)),
                false => inside.len(),
            };
            let weight = 1.0 / counted as f64;
            inside.map(move |tap| (start + tap * dilation - padding, weight))
        })
    }
}
