//! The layers that the models are put together from.

use nn_core::Activation;

use crate::conv::{ConvSpec, ConvTransposeSpec};
use crate::init::{Fan, Nonlinearity};
use crate::linear::LinearSpec;
use crate::norm::BatchNormSpec;
use crate::pool::{AvgPool, GlobalAvgPool, MaxPool};
use crate::{Flatten, Init, LayerSpec, NetworkSpec};

/// A convolution on its way to being described.
pub(super) struct Conv(ConvSpec<2>);

impl Conv {
    /// PyTorch's defaults: no padding, with bias.
    pub(super) fn new(filters: usize, kernel: usize) -> Conv {
        Conv(ConvSpec::new(filters, kernel))
    }

    /// As before batch normalisation: size kept, no bias; He initialisation.
    pub(super) fn he(filters: usize, kernel: usize) -> Conv {
        let weight_init = Some(Init::HeNormal {
            fan: Fan::In,
            nonlinearity: Nonlinearity::Relu,
        });
        let spec = ConvSpec {
            bias: false,
            weight_init,
            ..ConvSpec::new(filters, kernel)
        };
        Conv(spec).padding(kernel / 2)
    }

    pub(super) fn stride(mut self, stride: usize) -> Conv {
        self.0.stride = stride.into();
        self
    }

    pub(super) fn padding(mut self, padding: usize) -> Conv {
        self.0.padding = padding.into();
        self
    }

    pub(super) fn groups(mut self, groups: usize) -> Conv {
        self.0.groups = groups;
        self
    }

    pub(super) fn spec(self) -> LayerSpec {
        self.0.into()
    }
}

/// A transposed convolution that enlarges `factor` times.
pub(super) fn upsample(filters: usize, factor: usize) -> LayerSpec {
    let spec = ConvTransposeSpec::<2> {
        stride: factor.into(),
        ..ConvTransposeSpec::new(filters, factor)
    };
    spec.into()
}

pub(super) fn batch_norm() -> LayerSpec {
    BatchNormSpec::default().into()
}

pub(super) fn relu() -> LayerSpec {
    Activation::Relu.into()
}

pub(super) fn flatten() -> LayerSpec {
    Flatten::default().into()
}

pub(super) fn linear(units: usize) -> LayerSpec {
    LayerSpec::linear(units)
}

/// With a bias of zeros.
pub(super) fn linear_from_zero(units: usize) -> LayerSpec {
    let spec = LinearSpec {
        bias_init: Some(Init::Zeros {}),
        ..LinearSpec::new(units)
    };
    spec.into()
}

pub(super) fn sequence(layers: impl IntoIterator<Item = LayerSpec>) -> LayerSpec {
    let layers = layers.into_iter().collect();
    NetworkSpec { layers }.into()
}

pub(super) fn max_pool(size: usize) -> LayerSpec {
    MaxPool::new(size).into()
}

/// 3×3 in steps of 2, with padding: halves the size.
pub(super) fn max_pool_overlapping() -> LayerSpec {
    let pool = MaxPool {
        stride: Some(2.into()),
        padding: 1.into(),
        ..MaxPool::new(3)
    };
    pool.into()
}

pub(super) fn average_pool(size: usize) -> LayerSpec {
    AvgPool::new(size).into()
}

/// `[N, C, places…]` to `[N, C]`.
pub(super) fn global_average_pool() -> LayerSpec {
    GlobalAvgPool::default().into()
}
