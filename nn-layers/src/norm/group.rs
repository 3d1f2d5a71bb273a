//! Group normalisation.

use nn_core::{Activation, Context, DType, Error, Parameter, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use super::{
    affine, channels_of, expect_channels, expect_eps, is_true, is_usual_eps, usual_eps, yes,
};
use crate::{Layer, LayerSpec};

const NAME: &str = "group_norm";

/// `y = γ·(x − mean)/√(variance + eps) + β`, mean and (biased) variance over groups of neighbouring channels of each
/// sample, γ and β by channel.
///
/// Wu and He 2018, "Group normalization". PyTorch's `GroupNorm`.
///
/// # Shapes
/// input `[N, C, …]`, weight γ and bias β `[C]`, output as the input.
#[derive(Debug, Clone)]
pub struct GroupNorm {
    weight: Option<Parameter>,
    bias: Option<Parameter>,
    channels: usize,
    spec: GroupNormSpec,
}

crate::parameters!(GroupNorm { weight?, bias? });

/// The description of a [`GroupNorm`]; the number of channels follows from the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupNormSpec {
    /// The number of groups, which divides that of channels.
    #[serde(alias = "groups")]
    pub num_groups: usize,
    /// Added to the variance. Default 1e-5.
    #[serde(default = "usual_eps", skip_serializing_if = "is_usual_eps")]
    pub eps: f64,
    /// Whether γ and β are learned. Default `true`.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub affine: bool,
}

impl GroupNormSpec {
    /// With the defaults.
    pub fn new(num_groups: usize) -> GroupNormSpec {
        GroupNormSpec {
            num_groups,
            eps: usual_eps(),
            affine: true,
        }
    }

    /// The layer for inputs of shape `input`, with the batch axis.
    ///
    /// # Errors
    /// [`Error::Shape`] if there is no channel axis; [`Error::Value`] if a setting is outside its domain.
    pub fn build(&self, input: &Shape, dtype: DType) -> Result<GroupNorm> {
        let channels = channels_of(NAME, input)?;
        expect_eps(NAME, self.eps)?;
        if self.num_groups == 0 || !channels.is_multiple_of(self.num_groups) {
            let problem = format!(
                "{channels} channels do not divide into {} groups",
                self.num_groups
            );
            return Err(Error::value(NAME, problem));
        }
        let (weight, bias) = affine(&Shape::from(channels), dtype, self.affine)?;
        Ok(GroupNorm {
            weight,
            bias,
            channels,
            spec: self.clone(),
        })
    }
}

impl GroupNorm {
    /// A layer for `channels` channels in `groups` groups with the defaults, in `f32`.
    ///
    /// # Errors
    /// [`Error::Value`] if the channels do not divide into the groups.
    pub fn new(groups: usize, channels: usize) -> Result<GroupNorm> {
        GroupNormSpec::new(groups).build(&Shape::from([1, channels]), DType::F32)
    }
}

impl Layer for GroupNorm {
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
        let (weight, bias) = (weight.as_ref(), bias.as_ref());
        x.group_norm(
            self.spec.num_groups,
            weight,
            bias,
            self.spec.eps,
            activation,
        )
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        expect_channels(NAME, input, self.channels)?;
        Ok(input.clone())
    }

    fn describe(&self) -> String {
        format!(
            "GroupNorm {} in {} groups",
            self.channels, self.spec.num_groups
        )
    }

    fn spec(&self) -> Option<LayerSpec> {
        Some(self.spec.clone().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check_layer;

    #[test]
    fn shapes_and_gradients() {
        for (num_groups, affine) in [(1, true), (2, true), (3, false), (6, true)] {
            let spec = GroupNormSpec {
                affine,
                ..GroupNormSpec::new(num_groups)
            };
            for shape in [Shape::from([2, 6, 3]), Shape::from([2, 6, 2, 3])] {
                check_layer(&mut spec.build(&shape, DType::F64).unwrap(), &shape);
            }
        }
        assert_eq!(
            GroupNorm::new(2, 6).unwrap().describe(),
            "GroupNorm 6 in 2 groups"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for groups in [0, 4, 7] {
            assert_eq!(
                GroupNorm::new(groups, 6).unwrap_err().to_string(),
                format!("group_norm: 6 channels do not divide into {groups} groups")
            );
        }
        let layer = GroupNorm::new(2, 6).unwrap();
        assert_eq!(
            layer
                .output_shape(&Shape::from([2, 4]))
                .unwrap_err()
                .to_string(),
            "group_norm: input is [2, 4], its axis 1 must have 6 channels"
        );
    }
}
