//! The description of a network, and the network from its description.

mod kind;
mod nearest;
pub(crate) mod read;

use nn_core::{Activation, DType, Purpose, Rng, Shape};
use serde::{Deserialize, Deserializer, Serialize};

pub use kind::LayerKind;
pub use nearest::nearest;

use crate::linear::LinearSpec;
use crate::{ActivationLayer, Layer, Result, Sequential};

/// A network in words: what a recipe says and a saved model holds, all but the weights.
///
/// Sizes of inputs are not written; they follow from the data.
///
/// ```
/// use nn_core::{DType, Shape};
/// use nn_layers::NetworkSpec;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let spec: NetworkSpec = toml::from_str(r#"
///     layers = [
///         "flatten",
///         { type = "linear", units = 128, weight_init = "he_normal" },
///         "relu",
///         { type = "dropout", p = 0.2 },
///         { type = "linear", units = 10, name = "logits" },
///     ]
/// "#)?;
/// let network = spec.build(&Shape::from([28, 28]), 42, DType::F32)?;
/// assert_eq!(network.network_spec()?, spec);
///
/// let typo = toml::from_str::<NetworkSpec>("layers = ['flaten']").unwrap_err();
/// assert_eq!(typo.message(), r#"unknown layer "flaten": did you mean "flatten"?"#);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// The layers in order.
    pub layers: Vec<LayerSpec>,
}

/// A layer in words: its kind with the settings of that kind, and a name if it was given one.
///
/// In a recipe it is a table with `type`, or the type alone where everything else is at its default:
/// `{ type = "linear", units = 10 }`, `"relu"`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerSpec {
    /// The layer's name; without one it is called by its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The kind, with its settings.
    #[serde(flatten)]
    pub kind: LayerKind,
}

impl<'de> Deserialize<'de> for LayerSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::tagged("layer", deserializer, |mut value| {
            let name = value.take("name").map(String::deserialize).transpose()?;
            let kind = LayerKind::deserialize(value)?;
            Ok(LayerSpec { name, kind })
        })
    }
}

/// What a layer under construction needs to know beside its settings.
pub(crate) struct Site {
    seed: u64,
    dtype: DType,
    /// The layer's full name.
    path: String,
}

impl Site {
    /// The place of the layer `name` inside this one.
    pub(crate) fn inside(&self, name: &str) -> Site {
        let path = if self.path.is_empty() {
            name.into()
        } else {
            format!("{}.{name}", self.path)
        };
        Site { path, ..*self }
    }

    /// Draws depend on the seed and the layer's name alone, so layers added elsewhere do not change them.
    fn rng(&self) -> Rng {
        // FNV-1a, 64 bits.
        let hash = self
            .path
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
        Rng::addressed(self.seed, Purpose::Init, hash, 0)
    }

    /// The layers for an input of shape `input`, each checked against the output of the one before.
    pub(crate) fn layers(&self, specs: &[LayerSpec], input: &Shape) -> Result<Sequential> {
        let mut network = Sequential::new();
        let mut shape = input.clone();
        for spec in specs {
            shape = self.push(&mut network, spec, &shape)?;
        }
        Ok(network)
    }

    /// Adds a layer for inputs of shape `input` to `network`, and gives the shape of its output.
    pub(crate) fn push(
        &self,
        network: &mut Sequential,
        spec: &LayerSpec,
        input: &Shape,
    ) -> Result<Shape> {
        let place = network.len().to_string();
        let name = spec.name.as_ref().unwrap_or(&place);
        let layer = spec
            .build(input, &self.inside(name))
            .map_err(|e| e.in_layer(name, spec.describe()))?;
        let output = layer
            .output_shape(input)
            .map_err(|e| e.in_layer(name, layer.describe()))?;
        match &spec.name {
            Some(name) => network.push_named(name, layer)?,
            None => network.push(layer),
        }
        Ok(output)
    }
}

impl LayerSpec {
    /// A fully connected layer with the defaults.
    pub fn linear(units: usize) -> LayerSpec {
        LinearSpec::new(units).into()
    }

    /// The same layer under a name.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> LayerSpec {
        LayerSpec {
            name: Some(name.into()),
            ..self
        }
    }

    fn build(&self, input: &Shape, site: &Site) -> Result<Box<dyn Layer>> {
        let activation = |function| Ok(ActivationLayer::new(function).into());
        let channels = input.get(1).copied().unwrap_or(0);
        match &self.kind {
            LayerKind::Linear(spec) => {
                let inputs = input.last().copied().unwrap_or(0);
                Ok(spec.build(inputs, site.dtype, &mut site.rng())?.into())
            }
            LayerKind::Sequential(spec) => Ok(site.layers(&spec.layers, input)?.into()),
            LayerKind::Conv1d(spec) => {
                Ok(spec.build(channels, site.dtype, &mut site.rng())?.into())
            }
            LayerKind::Conv2d(spec) => {
                Ok(spec.build(channels, site.dtype, &mut site.rng())?.into())
            }
            LayerKind::Conv3d(spec) => {
                Ok(spec.build(channels, site.dtype, &mut site.rng())?.into())
            }
            LayerKind::ConvTranspose1d(spec) => {
                Ok(spec.build(channels, site.dtype, &mut site.rng())?.into())
            }
            LayerKind::ConvTranspose2d(spec) => {
                Ok(spec.build(channels, site.dtype, &mut site.rng())?.into())
            }
            LayerKind::Residual(spec) => Ok(spec.build(input, site)?.into()),
            LayerKind::PadShortcut(layer) => Ok(layer.clone().into()),
            LayerKind::DenseBlock(spec) => Ok(spec.build(input, site)?.into()),
            LayerKind::Parallel(spec) => Ok(spec.build(input, site)?.into()),
            LayerKind::Dropout(layer) => Ok(layer.clone().into()),
            LayerKind::Flatten(layer) => Ok(layer.clone().into()),
            LayerKind::Softmax(layer) => Ok(layer.clone().into()),
            LayerKind::LogSoftmax(layer) => Ok(layer.clone().into()),
            LayerKind::Prelu(spec) => Ok(spec.build(input, site.dtype)?.into()),
            LayerKind::BatchNorm(spec) => Ok(spec.build(input, site.dtype)?.into()),
            LayerKind::GroupNorm(spec) => Ok(spec.build(input, site.dtype)?.into()),
            LayerKind::InstanceNorm(spec) => Ok(spec.build(input, site.dtype)?.into()),
            LayerKind::LayerNorm(spec) => Ok(spec.build(input, site.dtype)?.into()),
            LayerKind::RmsNorm(spec) => Ok(spec.build(input, site.dtype)?.into()),
            LayerKind::LocalResponseNorm(layer) => Ok(layer.clone().into()),
            LayerKind::SpatialDropout(layer) => Ok(layer.clone().into()),
            LayerKind::MaxPool(layer) => Ok(layer.clone().into()),
            LayerKind::AvgPool(layer) => Ok(layer.clone().into()),
            LayerKind::AdaptiveMaxPool(layer) => Ok(layer.clone().into()),
            LayerKind::AdaptiveAvgPool(layer) => Ok(layer.clone().into()),
            LayerKind::GlobalMaxPool(layer) => Ok(layer.clone().into()),
            LayerKind::GlobalAvgPool(layer) => Ok(layer.clone().into()),
            LayerKind::Upsample(layer) => Ok(layer.clone().into()),
            LayerKind::Pad(layer) => Ok(layer.clone().into()),
            LayerKind::Identity {} => activation(Activation::Identity),
            LayerKind::Sigmoid {} => activation(Activation::Sigmoid),
            LayerKind::Tanh {} => activation(Activation::Tanh),
            LayerKind::Relu {} => activation(Activation::Relu),
            LayerKind::LeakyRelu { slope } => activation(Activation::LeakyRelu(*slope)),
            LayerKind::Elu { alpha } => activation(Activation::Elu(*alpha)),
            LayerKind::Selu {} => activation(Activation::Selu),
            LayerKind::Gelu {} => activation(Activation::Gelu),
            LayerKind::GeluTanh {} => activation(Activation::GeluTanh),
            LayerKind::Silu {} => activation(Activation::Silu),
            LayerKind::Softplus {} => activation(Activation::Softplus),
            LayerKind::Softsign {} => activation(Activation::Softsign),
            LayerKind::HardSigmoid {} => activation(Activation::HardSigmoid),
            LayerKind::HardTanh {} => activation(Activation::HardTanh),
            LayerKind::HardSwish {} => activation(Activation::HardSwish),
        }
    }

    /// The pointwise function, if the layer is one.
    pub(crate) fn as_activation(&self) -> Option<Activation> {
        let site = Site {
            seed: 0,
            dtype: DType::F32,
            path: String::new(),
        };
        // Such a layer is built for any input; what is not built for this one is none.
        let layer = self.build(&Shape::from(()), &site).ok()?;
        layer.as_activation()
    }

    /// Names the kind in errors about a layer that could not be built.
    fn describe(&self) -> String {
        match &self.kind {
            LayerKind::Linear(spec) => format!("Linear →{}", spec.units),
            LayerKind::Conv1d(spec) => format!("Conv1d →{}", spec.filters),
            LayerKind::Conv2d(spec) => format!("Conv2d →{}", spec.filters),
            LayerKind::Conv3d(spec) => format!("Conv3d →{}", spec.filters),
            LayerKind::ConvTranspose1d(spec) => format!("ConvTranspose1d →{}", spec.filters),
            LayerKind::ConvTranspose2d(spec) => format!("ConvTranspose2d →{}", spec.filters),
            LayerKind::Prelu(_) => "PReLU".into(),
            LayerKind::BatchNorm(_) => "BatchNorm".into(),
            LayerKind::GroupNorm(_) => "GroupNorm".into(),
            LayerKind::InstanceNorm(_) => "InstanceNorm".into(),
            LayerKind::LayerNorm(_) => "LayerNorm".into(),
            LayerKind::RmsNorm(_) => "RMSNorm".into(),
            // The others cannot fail to be built, only fail to fit, and then describe themselves.
            _ => String::new(),
        }
    }
}

impl NetworkSpec {
    /// The network with fresh weights, checked layer by layer against samples of shape `sample` (which has no
    /// batch axis).
    ///
    /// The weights of a layer are a function of `seed` and the layer's name.
    ///
    /// # Errors
    /// [`Error::Core`](crate::Error::Core) names the first layer that cannot be built or does not fit;
    /// [`Error::Name`](crate::Error::Name) a name that cannot be used.
    pub fn build(&self, sample: &Shape, seed: u64, dtype: DType) -> Result<Sequential> {
        let input = [1].into_iter().chain(sample.iter().copied()).collect();
        let site = Site {
            seed,
            dtype,
            path: String::new(),
        };
        site.layers(&self.layers, &input)
    }
}

#[cfg(test)]
mod tests;
