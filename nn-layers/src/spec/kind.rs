//! The kinds of layers by name.

use nn_core::Activation;
use serde::{Deserialize, Serialize};

use super::{LayerSpec, NetworkSpec};
use crate::conv::{ConvSpec, ConvTransposeSpec};
use crate::dense_block::DenseBlockSpec;
use crate::linear::LinearSpec;
use crate::norm;
use crate::parallel::ParallelSpec;
use crate::pool;
use crate::prelu::PreluSpec;
use crate::residual::ResidualSpec;
use crate::{Dropout, Flatten, LogSoftmax, Pad, PadShortcut, Softmax, SpatialDropout, Upsample};

/// The kinds of layers, with their settings; `type` in a recipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum LayerKind {
    /// [`Linear`](crate::Linear): `x·Wᵀ + b`.
    Linear(LinearSpec),
    /// [`Sequential`](crate::Sequential): layers in a row, as one.
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
