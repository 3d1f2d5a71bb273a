//! Transposed convolution, which enlarges.

use nn_core::{
    Activation, Context, ConvAxis, Convolution, DType, EachAxis, Parameter, Result, Rng, Shape,
    Tensor,
};
use serde::{Deserialize, Serialize};

use super::settings::{self, Padding};
use crate::init::Fans;
use crate::{Init, Layer, LayerSpec};

/// Transposed convolution with `D` spatial axes: each input spreads, times the weight, over the places under its
/// filter. It is the map by which the gradients of a [`Conv`](super::Conv) travel, and with a stride it enlarges.
///
/// # Shapes
/// input `[N, C, W…]`, weight `[C, filters/groups, K…]`, bias `[filters]`, output `[N, filters, O…]` with
///
/// O = (W − 1)·S − 2P + K + output padding
///
/// # Defaults
/// As for [`Conv`](super::Conv). As in PyTorch, the first weights are drawn as if the filters were the inputs.
///
/// Zeiler et al. 2010, "Deconvolutional networks".
///
/// ```
/// use nn_core::{Rng, Shape, DType};
/// use nn_layers::{Layer, conv::ConvTransposeSpec};
/// # fn main() -> nn_core::Result<()> {
/// let doubling = ConvTransposeSpec { stride: 2.into(), ..ConvTransposeSpec::<2>::new(8, 2) };
/// let layer = doubling.build(16, DType::F32, &mut Rng::new(1))?;
/// assert_eq!(layer.output_shape(&Shape::from([1, 16, 7, 7]))?.dims(), [1, 8, 14, 14]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ConvTranspose<const D: usize> {
    weight: Parameter,
    bias: Option<Parameter>,
    settings: Convolution,
    spec: ConvTransposeSpec<D>,
}

/// Transposed convolution over sequences `[N, C, L]`.
pub type ConvTranspose1d = ConvTranspose<1>;
/// Transposed convolution over images `[N, C, H, W]`.
pub type ConvTranspose2d = ConvTranspose<2>;

super::parameters!(ConvTranspose);

/// The description of a [`ConvTranspose`]; the number of input channels follows from the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvTransposeSpec<const D: usize> {
    /// The number of output channels.
    #[serde(alias = "out_channels")]
    pub filters: usize,
    /// Taps of the kernel, for all axes or for each.
    #[serde(alias = "kernel_size")]
    pub kernel: EachAxis<usize>,
    /// Places of the output from one input to the next. Default 1.
    #[serde(
        default = "settings::one_each",
        skip_serializing_if = "settings::is_one_each"
    )]
    pub stride: EachAxis<usize>,
    /// Places cut off on both sides of the output. Default 0.
    #[serde(default, skip_serializing_if = "Padding::is_none")]
    pub padding: Padding,
    /// Places added at the end of the output, fewer than the stride. Default 0.
    #[serde(
        default = "settings::none_each",
        skip_serializing_if = "settings::is_none_each"
    )]
    pub output_padding: EachAxis<usize>,
    /// Places of the output from one tap to the next. Default 1.
    #[serde(
        default = "settings::one_each",
        skip_serializing_if = "settings::is_one_each"
    )]
    pub dilation: EachAxis<usize>,
    /// Parts into which channels and filters are divided. Default 1.
    #[serde(default = "settings::one", skip_serializing_if = "settings::is_one")]
    pub groups: usize,
    /// Whether there is a bias. Default `true`.
    #[serde(default = "settings::yes", skip_serializing_if = "settings::is_true")]
    pub bias: bool,
    /// First values of the weight. Default [`Init::FanInUniform`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_init: Option<Init>,
    /// First values of the bias. Default [`Init::FanInUniform`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias_init: Option<Init>,
}

impl<const D: usize> ConvTransposeSpec<D> {
    const NAME: &'static str = match D {
        1 => "conv_transpose1d",
        _ => "conv_transpose2d",
    };

    /// With a kernel of `kernel` taps along each axis, and the defaults.
    pub fn new(filters: usize, kernel: usize) -> ConvTransposeSpec<D> {
        ConvTransposeSpec {
            filters,
            kernel: kernel.into(),
            stride: settings::one_each(),
            padding: Padding::default(),
            output_padding: settings::none_each(),
            dilation: settings::one_each(),
            groups: 1,
            bias: true,
            weight_init: None,
            bias_init: None,
        }
    }

    /// The layer for inputs of `channels` channels, with fresh weights.
    ///
    /// # Errors
    /// As [`ConvSpec::build`](super::ConvSpec::build).
    pub fn build(&self, channels: usize, dtype: DType, rng: &mut Rng) -> Result<ConvTranspose<D>> {
        settings::check_channels(Self::NAME, channels, self.filters, self.groups)?;
        let each = [
            ("kernel", &self.kernel),
            ("stride", &self.stride),
            ("output_padding", &self.output_padding),
            ("dilation", &self.dilation),
        ];
        settings::expect_axes::<D>(Self::NAME, &each, &self.padding)?;
        let weight: Shape = [channels, self.filters / self.groups]
            .into_iter()
            .chain((0..D).map(|axis| self.kernel.at(axis)))
            .collect();
        let draws = settings::Draws {
            fans: Fans {
                input: Shape::from(&weight[1..]).numel(),
                output: channels.saturating_mul(Shape::from(&weight[2..]).numel()) / self.groups,
            },
            dtype,
        };
        let padding: [_; D] =
            self.padding
                .sides(Self::NAME, &self.kernel, &self.stride, &self.dilation)?;
        let axes = (0..D).map(|axis| ConvAxis {
            stride: self.stride.at(axis),
            dilation: self.dilation.at(axis),
            padding: padding[axis],
        });
        Ok(ConvTranspose {
            weight: draws.draw(&self.weight_init, &weight, rng)?,
            bias: match self.bias {
                true => Some(draws.draw(&self.bias_init, &Shape::from([self.filters]), rng)?),
                false => None,
            },
            settings: Convolution {
                axes: axes.collect(),
                groups: self.groups,
            },
            spec: self.clone(),
        })
    }
}

impl<const D: usize> ConvTranspose<D> {
    /// The weight, `[C, filters/groups, K…]`.
    pub fn weight(&self) -> &Parameter {
        &self.weight
    }

    /// The bias, `[filters]`.
    pub fn bias(&self) -> Option<&Parameter> {
        self.bias.as_ref()
    }

    fn channels(&self) -> usize {
        self.weight.value().dims()[0]
    }

    /// Places added at the end of each axis.
    fn extra(&self) -> [usize; D] {
        std::array::from_fn(|axis| self.spec.output_padding.at(axis))
    }
}

impl<const D: usize> Layer for ConvTranspose<D>
where
    LayerSpec: From<ConvTransposeSpec<D>>,
{
    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        self.forward_activated(x, Activation::Identity, cx)
    }

    /// Convolution, bias and activation in one node of the tape.
    fn forward_activated(
        &self,
        x: &Tensor,
        activation: Activation,
        cx: &mut Context,
    ) -> Result<Tensor> {
        self.output_shape(x.shape())?;
        let weight = cx.param(&self.weight);
        let bias = self.bias.as_ref().map(|b| cx.param(b));
        let extra = &self.extra();
        x.convolve_transposed(&weight, bias.as_ref(), &self.settings, extra, activation)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let weight = self.weight.value().shape();
        let extra = &self.extra();
        self.settings
            .transposed_output_shape(ConvTransposeSpec::<D>::NAME, input, weight, extra)
    }

    fn describe(&self) -> String {
        let spec = &self.spec;
        let mut words = format!(
            "ConvTranspose{D}d {}→{}, {}",
            self.channels(),
            spec.filters,
            settings::by_axis::<D>(&spec.kernel)
        );
        settings::describe(&mut words, &spec.stride, &spec.padding, &spec.dilation);
        if spec.groups > 1 {
            words += &format!(", {} groups", spec.groups);
        }
        words
    }

    fn spec(&self) -> Option<LayerSpec> {
        Some(self.spec.clone().into())
    }

    fn multiply_adds(&self, input: &Shape) -> u64 {
        let per_input = self.weight.value().len() / self.channels().max(1);
        (input.numel() as u64).saturating_mul(per_input as u64)
    }
}
