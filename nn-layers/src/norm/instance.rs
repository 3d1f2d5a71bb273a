//! Instance normalisation.

use nn_core::{Activation, Context, DType, Parameter, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use super::running::{self, Running, expect_momentum, is_tenth, tenth};
use super::{affine, channels_of, expect_channels, expect_eps, is_false, is_usual_eps, usual_eps};
use crate::{Layer, LayerSpec};

const NAME: &str = "instance_norm";

/// `y = γ·(x − mean)/√(variance + eps) + β`, mean and (biased) variance over the places of each channel of each sample.
///
/// Ulyanov, Vedaldi and Lempitsky 2016, "Instance normalization". PyTorch's `InstanceNorm1d`, `2d` and `3d`: without γ
/// and β, and without running statistics, unless asked for. Running statistics are means over the samples of a batch.
///
/// # Shapes
/// input `[N, C, places…]`, weight γ, bias β, running_mean and running_var `[C]`, output as the input.
#[derive(Debug, Clone)]
pub struct InstanceNorm {
    weight: Option<Parameter>,
    bias: Option<Parameter>,
    running_mean: Option<Parameter>,
    running_var: Option<Parameter>,
    num_batches_tracked: Option<Parameter>,
    channels: usize,
    spec: InstanceNormSpec,
}

crate::parameters!(InstanceNorm { weight?, bias?, running_mean?, running_var?, num_batches_tracked? });

/// The description of an [`InstanceNorm`]; the number of channels follows from the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstanceNormSpec {
    /// Added to the variance. Default 1e-5.
    #[serde(default = "usual_eps", skip_serializing_if = "is_usual_eps")]
    pub eps: f64,
    /// The share of the newest batch in the running statistics. Default 0.1.
    #[serde(default = "tenth", skip_serializing_if = "is_tenth")]
    pub momentum: f64,
    /// Whether γ and β are learned. Default `false`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub affine: bool,
    /// Whether running statistics serve in use. Default `false`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub track_running_stats: bool,
}

impl Default for InstanceNormSpec {
    fn default() -> Self {
        InstanceNormSpec {
            eps: usual_eps(),
            momentum: tenth(),
            affine: false,
            track_running_stats: false,
        }
    }
}

impl InstanceNormSpec {
    /// The layer for inputs of shape `input`, with the batch axis.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] if there is no channel axis; [`nn_core::Error::Value`] if a setting is outside its
    /// domain.
    pub fn build(&self, input: &Shape, dtype: DType) -> Result<InstanceNorm> {
        let channels = channels_of(NAME, input)?;
        expect_eps(NAME, self.eps)?;
        expect_momentum(NAME, self.momentum)?;
        let (weight, bias) = affine(&Shape::from(channels), dtype, self.affine)?;
        let (running_mean, running_var, num_batches_tracked) =
            running::tracked(channels, dtype, self.track_running_stats)?;
        Ok(InstanceNorm {
            weight,
            bias,
            running_mean,
            running_var,
            num_batches_tracked,
            channels,
            spec: self.clone(),
        })
    }
}

impl InstanceNorm {
    /// A layer for `channels` channels with the defaults, in `f32`; [`InstanceNormSpec`] offers more choice.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] if there is no channel.
    pub fn new(channels: usize) -> Result<InstanceNorm> {
        InstanceNormSpec::default().build(&Shape::from([1, channels]), DType::F32)
    }

    fn running(&self) -> Option<Running<'_>> {
        Some(Running {
            mean: self.running_mean.as_ref()?,
            variance: self.running_var.as_ref()?,
            // It is saved, but PyTorch does not count here.
            batches: None,
        })
    }
}

impl Layer for InstanceNorm {
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
        expect_channels(NAME, x.shape(), self.channels)?;
        let weight = self.weight.as_ref().map(|p| cx.param(p));
        let bias = self.bias.as_ref().map(|p| cx.param(p));
        let (weight, bias, eps) = (weight.as_ref(), bias.as_ref(), self.spec.eps);
        match self.running() {
            Some(running) if !cx.is_training() => {
                let by = (running.mean.value(), running.variance.value());
                x.batch_norm_with(by, weight, bias, eps, None, activation)
            }
            running => {
                let (y, batch) = x.instance_norm(weight, bias, eps, activation)?;
                if let Some(running) = running {
                    running.update(&batch, Some(self.spec.momentum), cx)?;
                }
                Ok(y)
            }
        }
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        expect_channels(NAME, input, self.channels)?;
        Ok(input.clone())
    }

    fn describe(&self) -> String {
        format!("InstanceNorm {}", self.channels)
    }

    fn spec(&self) -> Option<LayerSpec> {
        Some(self.spec.clone().into())
    }
}

#[cfg(test)]
mod tests {
    use nn_core::Parameters;

    use super::*;
    use crate::testing::{check_layer, grid};

    #[test]
    fn shapes_and_gradients() {
        for (affine, track_running_stats) in
            [(true, true), (true, false), (false, true), (false, false)]
        {
            let spec = InstanceNormSpec {
                affine,
                track_running_stats,
                ..InstanceNormSpec::default()
            };
            for shape in [Shape::from([2, 3, 5]), Shape::from([2, 3, 2, 3])] {
                check_layer(&mut spec.build(&shape, DType::F64).unwrap(), &shape);
            }
        }
    }

    #[test]
    fn it_has_nothing_to_learn_unless_asked() {
        let layer = InstanceNorm::new(3).unwrap();
        assert!(layer.parameters().is_empty());
        assert_eq!(layer.describe(), "InstanceNorm 3");
        let error = layer.forward(
            &Tensor::zeros([2, 3, 1], DType::F32).unwrap(),
            &mut Context::evaluate(),
        );
        assert_eq!(
            error.unwrap_err().to_string(),
            "instance_norm: input is [2, 3, 1]: each statistic would be of 1 value, it takes at least 2"
        );
        assert!(
            layer
                .forward(&grid([2, 4, 5]), &mut Context::evaluate())
                .is_err()
        );
    }
}
