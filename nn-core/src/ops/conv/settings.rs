//! What a convolution needs to know beside its weight, and the shapes that follow.

use crate::kernels::conv::{self, Geometry};
use crate::{Error, Result, Shape};

/// How a kernel moves along one spatial axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvAxis {
    /// S: places of the input from one output to the next. Default 1.
    pub stride: usize,
    /// D: places of the input from one tap of the kernel to the next. Default 1.
    pub dilation: usize,
    /// Zeros before and after the input. Default none.
    pub padding: (usize, usize),
}

impl Default for ConvAxis {
    fn default() -> Self {
        ConvAxis {
            stride: 1,
            dilation: 1,
            padding: (0, 0),
        }
    }
}

impl ConvAxis {
    /// Places of the output for `input` places and a kernel of `kernel` taps:
    /// O = ⌊(W − K + 2P)/S⌋ + 1, where a dilated kernel counts as K = D·(taps − 1) + 1 and 2P are the zeros of both
    /// sides.
    ///
    /// # Errors
    /// [`Error::Shape`] if the kernel is larger than the padded input; [`Error::Value`] if stride, dilation or kernel is 0.
    pub fn output(&self, op: &'static str, input: usize, kernel: usize) -> Result<usize> {
        let axis = self.over(op, input, kernel)?;
        axis.output().ok_or_else(|| {
            let (before, after) = self.padding;
            Error::shape(
                op,
                format!(
                    "an input of {input} places with padding {before} and {after} is smaller than its kernel, which \
                     spans {} (the output has O = ⌊(W − K + 2P)/S⌋ + 1 places)",
                    axis.span()
                ),
            )
        })
    }

    /// Places of the output of the transpose: O = (W − 1)·S − 2P + K + `extra`.
    ///
    /// # Errors
    /// [`Error::Shape`] if nothing would be left; [`Error::Value`] if stride, dilation or kernel is 0 or `extra` is not
    /// below the stride.
    pub fn transposed_output(
        &self,
        op: &'static str,
        input: usize,
        kernel: usize,
        extra: usize,
    ) -> Result<usize> {
        let span = self.over(op, input, kernel)?.span();
        if extra >= self.stride {
            return Err(Error::value(
                op,
                format!(
                    "an output padding of {extra} must be below the stride, which is {}",
                    self.stride
                ),
            ));
        }
        let whole = input
            .saturating_sub(1)
            .checked_mul(self.stride)
            .and_then(|places| places.checked_add(span)?.checked_add(extra));
        whole
            .and_then(|whole| whole.checked_sub(self.padding.0.checked_add(self.padding.1)?))
            .filter(|&output| output > 0 && input > 0)
            .ok_or_else(|| {
                Error::shape(
                    op,
                    format!(
                        "an input of {input} places and a kernel that spans {span} leave no output (it has \
                         O = (W − 1)·S − 2P + K places)"
                    ),
                )
            })
    }

    fn over(&self, op: &'static str, input: usize, kernel: usize) -> Result<conv::Axis> {
        for (what, value) in [
            ("kernel size", kernel),
            ("stride", self.stride),
            ("dilation", self.dilation),
        ] {
            if value == 0 || value > isize::MAX as usize >> 8 {
                return Err(Error::value(
                    op,
                    format!("a {what} of {value} is not possible; it must be at least 1"),
                ));
            }
        }
        Ok(conv::Axis {
            input,
            kernel,
            stride: self.stride,
            dilation: self.dilation,
            before: self.padding.0,
            after: self.padding.1,
        })
    }
}

/// The settings of a convolution that are not in its weight: one [`ConvAxis`] for each spatial axis (one to three), and
/// the number of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Convolution {
    /// From the outermost spatial axis to the innermost.
    pub axes: Vec<ConvAxis>,
    /// Parts into which channels and filters are divided, each seeing only its own. Default 1.
    pub groups: usize,
}

impl Convolution {
    /// With `rank` spatial axes and the defaults.
    pub fn new(rank: usize) -> Convolution {
        Convolution {
            axes: vec![ConvAxis::default(); rank],
            groups: 1,
        }
    }

    /// The shape of the output for an input `[N, C, spatial…]` and a weight `[filters, C/groups, kernel…]`.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] if they do not fit.
    pub fn output_shape(&self, op: &'static str, input: &Shape, weight: &Shape) -> Result<Shape> {
        let filters = self.check(op, input, weight, false)?;
        let mut output = Shape::from([input[0], filters].as_slice());
        for (axis, settings) in self.axes.iter().enumerate() {
            let places = settings.output(op, input[axis + 2], weight[axis + 2])?;
            output = output.iter().copied().chain([places]).collect();
        }
        Ok(output)
    }

    /// The shape of the transpose's output for an input `[N, C, spatial…]`, a weight `[C, filters/groups, kernel…]` and
    /// places added at the end of each axis.
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] if they do not fit.
    pub fn transposed_output_shape(
        &self,
        op: &'static str,
        input: &Shape,
        weight: &Shape,
        extra: &[usize],
    ) -> Result<Shape> {
        let filters = self.check(op, input, weight, true)?;
        let mut output = Shape::from([input[0], filters].as_slice());
        for (axis, settings) in self.axes.iter().enumerate() {
            let extra = extra.get(axis).copied().unwrap_or(0);
            let places =
                settings.transposed_output(op, input[axis + 2], weight[axis + 2], extra)?;
            output = output.iter().copied().chain([places]).collect();
        }
        Ok(output)
    }

    /// Checks ranks and channels; gives the output's channels.
    fn check(
        &self,
        op: &'static str,
        input: &Shape,
        weight: &Shape,
        transposed: bool,
    ) -> Result<usize> {
        let rank = self.axes.len();
        let groups = self.groups;
        if !(1..=3).contains(&rank) || groups == 0 {
            return Err(Error::value(
                op,
                format!(
                    "{rank} spatial axes and {groups} groups are not possible; there are 1 to 3 axes and at least 1 group"
                ),
            ));
        }
        if input.rank() != rank + 2 || weight.rank() != rank + 2 {
            return Err(Error::shape(
                op,
                format!(
                    "input is {input} and weight {weight}; with {rank} spatial axes both have {} axes: batch (or filters), \
                     channels, places",
                    rank + 2
                ),
            ));
        }
        let (channels, filters) = match transposed {
            false => (weight[1].saturating_mul(groups), weight[0]),
            true => (weight[0], weight[1].saturating_mul(groups)),
        };
        if !weight[0].is_multiple_of(groups) || weight[0] == 0 || weight[1] == 0 {
            return Err(Error::value(
                op,
                format!(
                    "{} filters cannot be divided into {groups} groups",
                    weight[0]
                ),
            ));
        }
        if input[1] != channels {
            return Err(Error::shape(
                op,
                format!(
                    "input is {input}, it must have {channels} channels (axis 1), not {}",
                    input[1]
                ),
            ));
        }
        Ok(filters)
    }

    /// For a convolution from `input` to whatever follows; `weight` is `[filters, channels/groups, kernel…]`.
    pub(super) fn geometry(
        &self,
        op: &'static str,
        input: &Shape,
        weight: &Shape,
    ) -> Result<Geometry> {
        let mut axes = [conv::Axis::NONE; 3];
        let absent = 3 - self.axes.len();
        for (axis, settings) in self.axes.iter().enumerate() {
            axes[absent + axis] = settings.over(op, input[axis + 2], weight[axis + 2])?;
        }
        Ok(Geometry {
            batch: input[0],
            groups: self.groups,
            channels: weight[1],
            filters: weight[0] / self.groups,
            axes,
        })
    }
}
