//! Batch normalisation.

use std::sync::Arc;

use nn_core::{
    Activation, BatchStatistics, Context, DType, FeatureStack, ParamId, Parameter, Projected,
    Result, Shape, Tensor,
};
use serde::{Deserialize, Serialize};

use super::running::{self, Running, expect_momentum, is_tenth, tenth};
use super::{
    affine, channels_of, expect_channels, expect_eps, is_false, is_true, is_usual_eps, usual_eps,
    yes,
};
use crate::memo::Memo;
use crate::{Affine, Finish, Layer, LayerSpec};

const NAME: &str = "batch_norm";

/// `y = γ·(x − mean)/√(variance + eps) + β`, channel by channel.
///
/// In training, mean and (biased) variance are those of the batch, over all samples and places, and running
/// statistics take them up: `running ← (1 − momentum)·running + momentum·batch`, with the unbiased variance. In use,
/// the running statistics take their place, so that a sample's output does not depend on the others.
///
/// Ioffe and Szegedy 2015, "Batch normalization". One layer serves rows, sequences, images and volumes: PyTorch's
/// `BatchNorm1d`, `2d` and `3d`, with their parameter names.
///
/// # Shapes
/// input `[N, C, …]`, weight γ, bias β, running_mean and running_var `[C]`, output as the input.
///
/// ```
/// use nn_core::{Context, DType, Tensor};
/// use nn_layers::{BatchNorm, Layer};
/// # fn main() -> nn_core::Result<()> {
/// let layer = BatchNorm::new(1)?;
/// let x = Tensor::from_vec(vec![1.0f32, 3.0, 5.0, 7.0], [4, 1])?;
/// let y = layer.forward(&x, &mut Context::train(0, 0))?.to_vec::<f32>()?;
/// assert!((y[0] + 1.3416).abs() < 1e-4 && (y[3] - 1.3416).abs() < 1e-4);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct BatchNorm {
    weight: Option<Parameter>,
    bias: Option<Parameter>,
    running_mean: Option<Parameter>,
    running_var: Option<Parameter>,
    num_batches_tracked: Option<Parameter>,
    channels: usize,
    spec: BatchNormSpec,
    /// What the layer does in use, for the versions of running statistics and parameters.
    in_use: Memo<[Option<(ParamId, u64)>; 4], Affine>,
}

crate::parameters!(BatchNorm { weight?, bias?, running_mean?, running_var?, num_batches_tracked? });

/// The description of a [`BatchNorm`]; the number of channels follows from the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchNormSpec {
    /// Added to the variance. Default 1e-5.
    #[serde(default = "usual_eps", skip_serializing_if = "is_usual_eps")]
    pub eps: f64,
    /// The share of the newest batch in the running statistics. Default 0.1.
    #[serde(default = "tenth", skip_serializing_if = "is_tenth")]
    pub momentum: f64,
    /// Whether the running statistics are plain means over all batches instead (PyTorch's momentum `None`). Default
    /// `false`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cumulative: bool,
    /// Whether γ and β are learned. Default `true`.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub affine: bool,
    /// Whether there are running statistics; without them those of the batch serve in use too. Default `true`.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub track_running_stats: bool,
}

impl Default for BatchNormSpec {
    fn default() -> Self {
        BatchNormSpec {
            eps: usual_eps(),
            momentum: tenth(),
            cumulative: false,
            affine: true,
            track_running_stats: true,
        }
    }
}

impl BatchNormSpec {
    /// The layer for inputs of shape `input`, with the batch axis.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] if there is no channel axis; [`nn_core::Error::Value`] if a setting is outside its
    /// domain.
    pub fn build(&self, input: &Shape, dtype: DType) -> Result<BatchNorm> {
        let channels = channels_of(NAME, input)?;
        expect_eps(NAME, self.eps)?;
        expect_momentum(NAME, self.momentum)?;
        let (weight, bias) = affine(&Shape::from(channels), dtype, self.affine)?;
        let (running_mean, running_var, num_batches_tracked) =
            running::tracked(channels, dtype, self.track_running_stats)?;
        Ok(BatchNorm {
            weight,
            bias,
            running_mean,
            running_var,
            num_batches_tracked,
            channels,
            spec: self.clone(),
            in_use: Memo::default(),
        })
    }
}

impl BatchNorm {
    /// A layer for `channels` channels with the defaults, in `f32`; [`BatchNormSpec`] offers more choice.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] if there is no channel.
    pub fn new(channels: usize) -> Result<BatchNorm> {
        BatchNormSpec::default().build(&Shape::from([1, channels]), DType::F32)
    }

    /// The number of channels.
    pub fn channels(&self) -> usize {
        self.channels
    }

    fn run(
        &self,
        x: &Tensor,
        addend: Option<&Tensor>,
        activation: Activation,
        cx: &mut Context,
    ) -> Result<Tensor> {
        expect_channels(NAME, x.shape(), self.channels)?;
        let weight = self.weight.as_ref().map(|p| cx.param(p));
        let bias = self.bias.as_ref().map(|p| cx.param(p));
        let (weight, bias, eps) = (weight.as_ref(), bias.as_ref(), self.spec.eps);
        match self.running() {
            Some(running) if !cx.is_training() => {
                let by = (running.mean.value(), running.variance.value());
                x.batch_norm_with(by, weight, bias, eps, addend, activation)
            }
            _ => {
                let (y, batch) = x.batch_norm(weight, bias, eps, addend, activation)?;
                self.take_up(&batch, cx)?;
                Ok(y)
            }
        }
    }

    /// In training, on the tape: the normalised features of a stack, ReLU, and a projection, without a pass of their own.
    pub(crate) fn project_stack(
        &self,
        stack: &FeatureStack,
        projection: &Parameter,
        cx: &mut Context,
    ) -> Result<Projected> {
        let weight = self.weight.as_ref().map(|p| cx.param(p));
        let bias = self.bias.as_ref().map(|p| cx.param(p));
        let projection = cx.param(projection);
        let projected =
            stack.norm_relu_project(weight.as_ref(), bias.as_ref(), self.spec.eps, &projection)?;
        self.take_up(&projected.statistics, cx)?;
        Ok(projected)
    }

    /// In training: the normalised projection, and the activation.
    pub(crate) fn normalise_projected(
        &self,
        x: &Projected,
        activation: Activation,
        cx: &mut Context,
    ) -> Result<Tensor> {
        expect_channels(NAME, x.h.shape(), self.channels)?;
        let weight = self.weight.as_ref().map(|p| cx.param(p));
        let bias = self.bias.as_ref().map(|p| cx.param(p));
        let (weight, bias) = (weight.as_ref(), bias.as_ref());
        let (y, batch) =
            x.h.batch_norm_by(&x.moments, weight, bias, self.spec.eps, activation)?;
        self.take_up(&batch, cx)?;
        Ok(y)
    }

    /// Lets the running statistics take up those of a batch, in training.
    fn take_up(&self, batch: &BatchStatistics, cx: &mut Context) -> Result<()> {
        match self.running() {
            Some(running) if cx.is_training() => {
                let momentum = (!self.spec.cumulative).then_some(self.spec.momentum);
                running.update(batch, momentum, cx)
            }
            _ => Ok(()),
        }
    }

    fn running(&self) -> Option<Running<'_>> {
        Some(Running {
            mean: self.running_mean.as_ref()?,
            variance: self.running_var.as_ref()?,
            batches: self.num_batches_tracked.as_ref(),
        })
    }

    /// What the layer does in use, as `y = scale·x + shift` by channel: what a product or convolution before it can
    /// take over. `None` without running statistics.
    ///
    /// # Errors
    /// [`nn_core::Error::TooLarge`] if memory is exhausted.
    pub fn scale_and_shift(&self) -> Result<Option<Affine>> {
        let Some(Running { mean, variance, .. }) = self.running() else {
            return Ok(None);
        };
        let dtype = mean.value().dtype();
        let double = |p: &Parameter| p.value().to_dtype(DType::F64);
        let mut scale = double(variance)?
            .add_scalar(self.spec.eps)?
            .sqrt()?
            .recip()?;
        if let Some(weight) = &self.weight {
            scale = scale.mul(&double(weight)?)?;
        }
        let mut shift = double(mean)?.mul(&scale)?.neg()?;
        if let Some(bias) = &self.bias {
            shift = shift.add(&double(bias)?)?;
        }
        Ok(Some(Affine {
            scale: scale.to_dtype(dtype)?,
            shift: shift.to_dtype(dtype)?,
        }))
    }
}

impl Layer for BatchNorm {
    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        self.forward_activated(x, Activation::Identity, cx)
    }

    /// Normalisation and activation in one pass over memory and one node of the tape.
    fn forward_activated(
        &self,
        x: &Tensor,
        activation: Activation,
        cx: &mut Context,
    ) -> Result<Tensor> {
        self.run(x, None, activation, cx)
    }

    /// Normalisation, sum and activation in one pass over memory and one node of the tape.
    fn forward_finished(&self, x: &Tensor, finish: Finish<'_>, cx: &mut Context) -> Result<Tensor> {
        match finish.affine {
            Some(_) => finish.after(self.forward(x, cx)?),
            None => self.run(x, finish.addend, finish.activation, cx),
        }
    }

    fn as_batch_norm(&self) -> Option<&BatchNorm> {
        Some(self)
    }

    /// With running statistics, in use and off the tape.
    fn as_affine(&self, cx: &Context) -> Result<Option<Arc<Affine>>> {
        if self.running().is_none() || cx.is_training() || cx.tape().is_some() {
            return Ok(None);
        }
        let all = [
            &self.running_mean,
            &self.running_var,
            &self.weight,
            &self.bias,
        ];
        let key = all.map(|p| p.as_ref().map(Parameter::version));
        let map = self.in_use.get(key, || {
            let map = self.scale_and_shift()?;
            map.ok_or_else(|| nn_core::Error::value(NAME, "there are no running statistics"))
        });
        map.map(Some)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        expect_channels(NAME, input, self.channels)?;
        Ok(input.clone())
    }

    fn describe(&self) -> String {
        format!("BatchNorm {}", self.channels)
    }

    fn spec(&self) -> Option<LayerSpec> {
        Some(self.spec.clone().into())
    }
}

#[cfg(test)]
mod tests;
