//! Convolution and its transpose: kernel, bias and activation in one record.

mod prepared;
mod settings;

pub use prepared::{ConvFinish, PreparedConvolution};
pub use settings::{ConvAxis, Convolution};

use super::activation;
use super::binary::expect_same_type;
use crate::autograd::{Grads, Recorder, grads};
use crate::dtype::for_float;
use crate::kernels::conv::{self, Finish, Geometry, OutOfMemory};
use crate::{Activation, Error, Result, Shape, Tensor};

const NAME: &str = "convolution";

fn out_of_memory(op: &'static str) -> impl Fn(OutOfMemory) -> Error {
    move |_| Error::TooLarge {
        problem: format!("{op}: there is no memory for the working copy of the weights"),
    }
}

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
