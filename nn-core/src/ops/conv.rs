//! Convolution and its transpose: kernel, bias and activation in one record.

use super::activation;
use super::binary::expect_same_type;
use crate::autograd::{Grads, Recorder, grads};
use crate::dtype::for_float;
use crate::kernels::conv::{self, Finish, Geometry, OutOfMemory};
use crate::{Activation, DType, Error, Result, Shape, Tensor};

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
        if weight[0] % groups != 0 || weight[0] == 0 || weight[1] == 0 {
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
    fn geometry(&self, op: &'static str, input: &Shape, weight: &Shape) -> Result<Geometry> {
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

fn out_of_memory(op: &'static str) -> impl Fn(OutOfMemory) -> Error {
    move |_| Error::TooLarge {
        problem: format!("{op}: there is no memory for the working copy of the weights"),
    }
}

/// A convolution whose weight is in working order already, for using a network: nothing is recorded.
#[derive(Debug)]
pub struct PreparedConvolution {
    /// Of one input, without its batch.
    input: Shape,
    output: Shape,
    weight: PreparedWeight,
}

#[derive(Debug)]
enum PreparedWeight {
    F32(conv::Prepared<f32>),
    F64(conv::Prepared<f64>),
}

/// What follows the sums of a [`PreparedConvolution`]: `activation(sum·scale + shift + addend)`.
#[derive(Debug, Clone, Copy)]
pub struct ConvFinish<'a> {
    /// A factor per filter, `[filters]`.
    pub scale: Option<&'a Tensor>,
    /// A summand per filter, `[filters]`.
    pub shift: Option<&'a Tensor>,
    /// A tensor of the output's shape.
    pub addend: Option<&'a Tensor>,
    /// Applied last.
    pub activation: Activation,
}

impl Convolution {
    /// Prepares a weight for inputs of the size of `input`, `[N, C, places…]`; N may differ.
    ///
    /// # Errors
    /// As [`Tensor::convolve`].
    pub fn prepare(&self, weight: &Tensor, input: &Shape) -> Result<PreparedConvolution> {
        let output = self.output_shape(NAME, input, weight.shape())?;
        let geometry = self.geometry(NAME, input, weight.shape())?;
        let weight = weight.compact()?;
        let failed = out_of_memory(NAME);
        let prepared = match weight.dtype() {
            DType::F32 => conv::prepare(&geometry, weight.data()).map(PreparedWeight::F32),
            DType::F64 => conv::prepare(&geometry, weight.data()).map(PreparedWeight::F64),
            other => return Err(Error::dtype(NAME, "f32 or f64", other)),
        };
        Ok(PreparedConvolution {
            input: input[1..].into(),
            output: output[1..].into(),
            weight: prepared.map_err(failed)?,
        })
    }
}

impl PreparedConvolution {
    /// Whether inputs of this shape have the size it was prepared for.
    pub fn suits(&self, input: &Shape) -> bool {
        input.rank() > 0 && input[1..] == self.input[..]
    }

    /// The convolution of `x`, and what follows.
    ///
    /// # Errors
    /// [`Error::Shape`] if a size is another; [`Error::DType`] if types differ.
    pub fn forward(&self, x: &Tensor, finish: &ConvFinish<'_>) -> Result<Tensor> {
        let filters = Shape::from(self.output[0]);
        let shape: Shape = x.dims()[..x.rank().min(1)]
            .iter()
            .chain(self.output.iter())
            .copied()
            .collect();
        let parts = [
            (finish.scale, &filters),
            (finish.shift, &filters),
            (finish.addend, &shape),
        ];
        let wrong = parts
            .iter()
            .find(|(part, shape)| part.is_some_and(|t| t.shape() != *shape));
        if !self.suits(x.shape()) || wrong.is_some() {
            return Err(Error::shape(
                NAME,
                format!(
                    "input {} or what follows does not fit one prepared for {}",
                    x.shape(),
                    self.input
                ),
            ));
        }
        for (part, _) in parts {
            part.map_or(Ok(()), |part| expect_same_type(NAME, x, part))?;
        }
        match &self.weight {
            PreparedWeight::F32(weight) => self.run(weight, x, finish, shape),
            PreparedWeight::F64(weight) => self.run(weight, x, finish, shape),
        }
    }

    fn run<T: conv::ConvElement + crate::Element>(
        &self,
        weight: &conv::Prepared<T>,
        x: &Tensor,
        finish: &ConvFinish<'_>,
        shape: Shape,
    ) -> Result<Tensor> {
        if x.dtype() != T::DTYPE {
            return Err(Error::dtype(NAME, T::DTYPE.to_string(), x.dtype()));
        }
        let x = x.to_channels_last()?;
        let compact = |t: Option<&Tensor>| t.map(Tensor::compact).transpose();
        let (scale, shift) = (compact(finish.scale)?, compact(finish.shift)?);
        let addend = finish.addend.map(Tensor::to_channels_last).transpose()?;
        let finish = Finish {
            scale: scale.as_ref().map(|t| t.data::<T>()),
            shift: shift.as_ref().map(|t| t.data::<T>()),
            residual: addend.as_ref().map(|t| t.memory::<T>()),
            activation: finish.activation,
        };
        let batch = x.dims()[0];
        Tensor::build_channels_last::<T>(shape, |y| weight.forward(batch, x.memory(), y, &finish))
    }
}

const NAME: &str = "convolution";

/// The two directions of a convolution: what is forward for one is the gradient of the input for the other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Ahead,
    Transposed,
}

/// What both directions have in common.
struct Pass {
    name: &'static str,
    direction: Direction,
    geometry: Geometry,
    output: Shape,
}

impl Pass {
    /// From data to data, along the direction or against it.
    fn data(
        &self,
        along: bool,
        from: &Tensor,
        weight: &Tensor,
        to: &Shape,
        bias: Option<&Tensor>,
        act: Activation,
    ) -> Result<Tensor> {
        let mut done = Ok(());
        let out = for_float!(self.name, from.dtype(), T => Tensor::build_channels_last::<T>(to.clone(), |out| {
            let finish = Finish {
                shift: bias.map(|bias| bias.data::<T>()),
                activation: act,
                ..Finish::default()
            };
            let pass = match (self.direction == Direction::Ahead) == along {
                true => conv::forward::<T>,
                false => conv::input_gradient::<T>,
            };
            done = pass(&self.geometry, from.memory::<T>(), weight.data::<T>(), out, &finish);
        }))?;
        done.map_err(out_of_memory(self.name))?;
        Ok(out)
    }

    fn weight_gradient(&self, x: &Tensor, dy: &Tensor, weight: &Shape) -> Result<Tensor> {
        let (x, dy) = match self.direction {
            Direction::Ahead => (x, dy),
            Direction::Transposed => (dy, x),
        };
        let mut done = Ok(());
        let dw = for_float!(self.name, x.dtype(), T => Tensor::build::<T>(weight.clone(), |dw| {
            done = conv::weight_gradient(&self.geometry, x.memory::<T>(), dy.memory::<T>(), dw);
        }))?;
        done.map_err(out_of_memory(self.name))?;
        Ok(dw)
    }

    fn run(
        self,
        x: &Tensor,
        weight: &Tensor,
        bias: Option<&Tensor>,
        act: Activation,
    ) -> Result<Tensor> {
        let name = self.name;
        expect_same_type(name, x, weight)?;
        if let Some(bias) = bias {
            expect_same_type(name, x, bias)?;
            if bias.dims() != [self.output[1]] {
                return Err(Error::shape(
                    name,
                    format!(
                        "the bias must have shape [{}], it has {}",
                        self.output[1],
                        bias.shape()
                    ),
                ));
            }
        }
        let recorder = match bias {
            Some(bias) => Recorder::of(&[x, weight, bias]),
            None => Recorder::of(&[x, weight]),
        };
        let (x, weight) = (x.to_channels_last()?, weight.compact()?);
        let bias = bias.map(Tensor::compact).transpose()?;
        // An activation whose slope needs its input keeps that input, if there will be a way back.
        let apart = recorder.is_active() && act.needs_input();
        let first = if apart { Activation::Identity } else { act };
        let z = self.data(true, &x, &weight, &self.output, bias.as_ref(), first)?;
        let y = if apart { z.activate(act)? } else { z.clone() };
        recorder.record(name, y.clone(), || {
            let saved = if apart { z } else { y };
            Box::new(move |grad, needed| self.backward(&x, &weight, act, &saved, &grad, needed))
        })
    }

    fn backward(
        &self,
        x: &Tensor,
        weight: &Tensor,
        act: Activation,
        saved: &Tensor,
        grad: &Tensor,
        needed: &[bool],
    ) -> Result<Grads> {
        let dz = activation::backward(act, saved, grad)?;
        let dx = || self.data(false, &dz, weight, x.shape(), None, Activation::Identity);
        let dw = || self.weight_gradient(x, &dz, weight.shape());
        let mut all = grads![
            needed[0].then(dx).transpose()?,
            needed[1].then(dw).transpose()?,
        ];
        if let Some(&needs_bias) = needed.get(2) {
            all.push(needs_bias.then(|| dz.sum_over_places()).transpose()?);
        }
        Ok(all)
    }
}

impl Tensor {
    /// `y = act(x ∗ w + b)`: each output is the sum, over the channels and taps of its filter, of what lies under the
    /// filter (the filter is not mirrored: cross-correlation, as everywhere in the field).
    ///
    /// # Shapes
    /// x `[N, C, places…]` with one to three spatial axes, weight `[filters, C/groups, kernel…]`, bias `[filters]` →
    /// `[N, filters, O…]` with O = ⌊(W − K + 2P)/S⌋ + 1.
    ///
    /// ```
    /// # use nn_core::{Activation, Convolution, Tensor};
    /// # fn main() -> nn_core::Result<()> {
    /// let x = Tensor::from_vec(vec![1.0f32, 2.0, 4.0, 8.0], [1, 1, 4])?;
    /// let difference = Tensor::from_vec(vec![-1.0f32, 1.0], [1, 1, 2])?;
    /// let y = x.convolve(&difference, None, &Convolution::new(1), Activation::Identity)?;
    /// assert_eq!(y.to_vec::<f32>()?, [1.0, 2.0, 4.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] or [`Error::Value`] if sizes do not fit; [`Error::DType`] unless all are floats of one type.
    pub fn convolve(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        settings: &Convolution,
        act: Activation,
    ) -> Result<Tensor> {
        let pass = Pass {
            name: NAME,
            direction: Direction::Ahead,
            output: settings.output_shape(NAME, self.shape(), weight.shape())?,
            geometry: settings.geometry(NAME, self.shape(), weight.shape())?,
        };
        pass.run(self, weight, bias, act)
    }

    /// The transpose of [`Tensor::convolve`], the map of its gradients: each input spreads over the places under its
    /// filter. With a stride it enlarges. `extra` places are added at the end of each axis, to tell apart the inputs that
    /// a convolution with stride takes to the same size.
    ///
    /// # Shapes
    /// x `[N, C, places…]`, weight `[C, filters/groups, kernel…]`, bias `[filters]` → `[N, filters, O…]` with
    /// O = (W − 1)·S − 2P + K + extra.
    ///
    /// # Errors
    /// As [`Tensor::convolve`].
    pub fn convolve_transposed(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        settings: &Convolution,
        extra: &[usize],
        act: Activation,
    ) -> Result<Tensor> {
        const NAME: &str = "transposed convolution";
        let output = settings.transposed_output_shape(NAME, self.shape(), weight.shape(), extra)?;
        let pass = Pass {
            name: NAME,
            direction: Direction::Transposed,
            geometry: settings.geometry(NAME, &output, weight.shape())?,
            output,
        };
        pass.run(self, weight, bias, act)
    }

    /// `[N, C, places…]` summed over all but the channels.
    fn sum_over_places(&self) -> Result<Tensor> {
        let channels = self.dims()[1];
        let rows = self.len() / channels.max(1);
        self.to_channels_last()?.memory_as([rows, channels]).sum(0)
    }
}
