//! The description of a network, and the network from its description.

mod nearest;
pub(crate) mod read;

use nn_core::{Activation, DType, Purpose, Rng, Shape};
use serde::{Deserialize, Deserializer, Serialize};

pub use nearest::nearest;

use crate::conv::{ConvSpec, ConvTransposeSpec};
use crate::dense_block::DenseBlockSpec;
use crate::linear::LinearSpec;
use crate::norm;
use crate::parallel::ParallelSpec;
use crate::pool;
use crate::prelu::PreluSpec;
use crate::residual::ResidualSpec;
use crate::{
    ActivationLayer, Dropout, Flatten, Layer, LogSoftmax, Pad, PadShortcut, Result, Sequential,
    Softmax, SpatialDropout, Upsample,
};

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

/// The kinds of layers, with their settings; `type` in a recipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum LayerKind {
    /// [`Linear`](crate::Linear): `x·Wᵀ + b`.
    Linear(LinearSpec),
    /// [`Sequential`]: layers in a row, as one.
    Sequential(NetworkSpec),
    /// [`Conv1d`](crate::Conv1d): convolution over sequences.
    Conv1d(ConvSpec<1>),
    /// [`Conv2d`](crate::Conv2d): convolution over images.
    Conv2d(ConvSpec<2>),
    /// [`Conv3d`](crate::Conv3d): convolution over volumes.
    Conv3d(ConvSpec<3>),
    /// [`ConvTranspose1d`](crate::ConvTranspose1d): enlarges sequences.
    #[serde(rename = "conv_transpose1d")]
    ConvTranspose1d(ConvTransposeSpec<1>),
    /// [`ConvTranspose2d`](crate::ConvTranspose2d): enlarges images.
    #[serde(rename = "conv_transpose2d")]
    ConvTranspose2d(ConvTransposeSpec<2>),
    /// [`Residual`](crate::Residual): a branch and a way around it.
    Residual(ResidualSpec),
    /// [`PadShortcut`]: fewer places, more channels.
    PadShortcut(PadShortcut),
    /// [`DenseBlock`](crate::DenseBlock): layers that each see everything before them.
    DenseBlock(DenseBlockSpec),
    /// [`Parallel`](crate::Parallel): branches side by side.
    Parallel(ParallelSpec),
    /// [`Dropout`].
    Dropout(Dropout),
    /// [`Flatten`].
    Flatten(Flatten),
    /// [`Softmax`].
    Softmax(Softmax),
    /// [`LogSoftmax`].
    LogSoftmax(LogSoftmax),
    /// [`Prelu`](crate::Prelu): a ReLU with a learned slope.
    Prelu(PreluSpec),
    /// [`BatchNorm`](crate::BatchNorm).
    #[serde(alias = "batch_norm1d", alias = "batch_norm2d", alias = "batch_norm3d")]
    BatchNorm(norm::BatchNormSpec),
    /// [`GroupNorm`](crate::GroupNorm).
    GroupNorm(norm::GroupNormSpec),
    /// [`InstanceNorm`](crate::InstanceNorm).
    #[serde(
        alias = "instance_norm1d",
        alias = "instance_norm2d",
        alias = "instance_norm3d"
    )]
    InstanceNorm(norm::InstanceNormSpec),
    /// [`LayerNorm`](crate::LayerNorm).
    LayerNorm(norm::LayerNormSpec),
    /// [`RmsNorm`](crate::RmsNorm).
    RmsNorm(norm::RmsNormSpec),
    /// [`LocalResponseNorm`](crate::LocalResponseNorm).
    LocalResponseNorm(norm::LocalResponseNorm),
    /// [`SpatialDropout`](crate::SpatialDropout).
    #[serde(alias = "dropout1d", alias = "dropout2d", alias = "dropout3d")]
    SpatialDropout(SpatialDropout),
    /// [`MaxPool`](crate::MaxPool).
    #[serde(alias = "max_pool1d", alias = "max_pool2d", alias = "max_pool3d")]
    MaxPool(pool::MaxPool),
    /// [`AvgPool`](crate::AvgPool).
    #[serde(alias = "avg_pool1d", alias = "avg_pool2d", alias = "avg_pool3d")]
    AvgPool(pool::AvgPool),
    /// [`AdaptiveMaxPool`](crate::AdaptiveMaxPool).
    #[serde(alias = "adaptive_max_pool1d", alias = "adaptive_max_pool2d")]
    AdaptiveMaxPool(pool::AdaptiveMaxPool),
    /// [`AdaptiveAvgPool`](crate::AdaptiveAvgPool).
    #[serde(alias = "adaptive_avg_pool1d", alias = "adaptive_avg_pool2d")]
    AdaptiveAvgPool(pool::AdaptiveAvgPool),
    /// [`GlobalMaxPool`](crate::GlobalMaxPool).
    GlobalMaxPool(pool::GlobalMaxPool),
    /// [`GlobalAvgPool`](crate::GlobalAvgPool).
    GlobalAvgPool(pool::GlobalAvgPool),
    /// [`Upsample`](crate::Upsample).
    Upsample(Upsample),
    /// [`Pad`](crate::Pad).
    Pad(Pad),
    /// `x`.
    Identity {},
    /// `1/(1 + e⁻ˣ)`.
    Sigmoid {},
    /// `tanh x`.
    Tanh {},
    /// `max(x, 0)`.
    Relu {},
    /// `x` above 0, `slope·x` below.
    LeakyRelu {
        /// Default 0.01.
        #[serde(default = "hundredth", alias = "negative_slope")]
        slope: f64,
    },
    /// `x` above 0, `α(eˣ − 1)` below.
    Elu {
        /// Default 1.
        #[serde(default = "one")]
        alpha: f64,
    },
    /// The self-normalising ELU.
    Selu {},
    /// `x·Φ(x)`.
    Gelu {},
    /// GELU by its tanh approximation.
    GeluTanh {},
    /// `x·sigmoid(x)`.
    #[serde(alias = "swish")]
    Silu {},
    /// `ln(1 + eˣ)`.
    Softplus {},
    /// `x/(1 + |x|)`.
    Softsign {},
    /// `min(max(x + 3, 0), 6)/6`.
    HardSigmoid {},
    /// `min(max(x, −1), 1)`.
    HardTanh {},
    /// `x·hard_sigmoid(x)`.
    HardSwish {},
}

fn one() -> f64 {
    1.0
}

fn hundredth() -> f64 {
    0.01
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

impl From<Activation> for LayerSpec {
    fn from(activation: Activation) -> Self {
        LayerSpec::from(match activation {
            Activation::Identity => LayerKind::Identity {},
            Activation::Relu => LayerKind::Relu {},
            Activation::LeakyRelu(slope) => LayerKind::LeakyRelu { slope },
            Activation::Sigmoid => LayerKind::Sigmoid {},
            Activation::Tanh => LayerKind::Tanh {},
            Activation::Elu(alpha) => LayerKind::Elu { alpha },
            Activation::Selu => LayerKind::Selu {},
            Activation::Gelu => LayerKind::Gelu {},
            Activation::GeluTanh => LayerKind::GeluTanh {},
            Activation::Silu => LayerKind::Silu {},
            Activation::Softplus => LayerKind::Softplus {},
            Activation::Softsign => LayerKind::Softsign {},
            Activation::HardSigmoid => LayerKind::HardSigmoid {},
            Activation::HardTanh => LayerKind::HardTanh {},
            Activation::HardSwish => LayerKind::HardSwish {},
        })
    }
}

impl From<LayerKind> for LayerSpec {
    fn from(kind: LayerKind) -> Self {
        LayerSpec { name: None, kind }
    }
}

macro_rules! from_settings {
    ($($settings:ty => $kind:ident),* $(,)?) => {$(
        impl From<$settings> for LayerSpec {
            fn from(settings: $settings) -> Self {
                LayerKind::$kind(settings).into()
            }
        }
    )*};
}

from_settings! {
    LinearSpec => Linear,
    NetworkSpec => Sequential,
    ConvSpec<1> => Conv1d,
    ConvSpec<2> => Conv2d,
    ConvSpec<3> => Conv3d,
    ConvTransposeSpec<1> => ConvTranspose1d,
    ConvTransposeSpec<2> => ConvTranspose2d,
    ResidualSpec => Residual,
    PadShortcut => PadShortcut,
    DenseBlockSpec => DenseBlock,
    ParallelSpec => Parallel,
    Dropout => Dropout,
    Flatten => Flatten,
    Softmax => Softmax,
    LogSoftmax => LogSoftmax,
    PreluSpec => Prelu,
    norm::BatchNormSpec => BatchNorm,
    norm::GroupNormSpec => GroupNorm,
    norm::InstanceNormSpec => InstanceNorm,
    norm::LayerNormSpec => LayerNorm,
    norm::RmsNormSpec => RmsNorm,
    norm::LocalResponseNorm => LocalResponseNorm,
    SpatialDropout => SpatialDropout,
    pool::MaxPool => MaxPool,
    pool::AvgPool => AvgPool,
    pool::AdaptiveMaxPool => AdaptiveMaxPool,
    pool::AdaptiveAvgPool => AdaptiveAvgPool,
    pool::GlobalMaxPool => GlobalMaxPool,
    pool::GlobalAvgPool => GlobalAvgPool,
    Upsample => Upsample,
    Pad => Pad,
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
