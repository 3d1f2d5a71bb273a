//! Convolution over one, two or three spatial axes.

mod settings;
mod transposed;

pub use settings::Padding;
pub use transposed::{ConvTranspose, ConvTranspose1d, ConvTranspose2d, ConvTransposeSpec};

use nn_core::{
    Activation, Context, ConvAxis, ConvFinish, Convolution, DType, EachAxis, PadMode, ParamId,
    Parameter, PreparedConvolution, Result, Rng, Shape, Tensor,
};
use serde::{Deserialize, Serialize};

use crate::init::Fans;
use crate::layer::by_parts;
use crate::memo::Memo;
use crate::{Finish, Init, Layer, LayerSpec};

/// Convolution with `D` spatial axes: `y = x ∗ w + b`, where each filter sums, over the channels and taps of its
/// kernel, what lies under it (cross-correlation: the kernel is not mirrored).
///
/// # Shapes
/// input `[N, C, W…]`, weight `[filters, C/groups, K…]`, bias `[filters]`, output `[N, filters, O…]` with
///
/// O = ⌊(W − K + 2P)/S⌋ + 1
///
/// along each axis, for padding P on either side and stride S; with dilation D, a kernel of k taps counts as
/// K = D·(k − 1) + 1.
///
/// # Defaults
/// Stride 1, no padding, dilation 1, one group. Weight and bias start from the uniform distribution on
/// `±1/√(C/groups·K…)`, as in PyTorch.
///
/// Groups divide channels and filters into parts that do not see each other; with as many groups as channels the
/// convolution is depthwise.
///
/// LeCun et al. 1998, "Gradient-based learning applied to document recognition".
///
/// ```
/// use nn_core::{Context, DType, Rng, Shape, Tensor};
/// use nn_layers::{Conv2d, Layer, conv::ConvSpec};
/// # fn main() -> nn_core::Result<()> {
/// let mut rng = Rng::new(1);
/// let layer = Conv2d::new(3, 16, 3, &mut rng)?;
/// let images = Tensor::zeros([8, 3, 32, 32], DType::F32)?;
/// assert_eq!(layer.forward(&images, &mut Context::evaluate())?.dims(), [8, 16, 30, 30]);
///
/// let halving = ConvSpec { stride: 2.into(), padding: 1.into(), ..ConvSpec::<2>::new(16, 3) };
/// let layer = halving.build(3, DType::F32, &mut rng)?;
/// assert_eq!(layer.output_shape(&Shape::from([8, 3, 32, 32]))?.dims(), [8, 16, 16, 16]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Conv<const D: usize> {
    weight: Parameter,
    bias: Option<Parameter>,
    /// Without the padding that is not of zeros.
    settings: Convolution,
    spec: ConvSpec<D>,
    /// The weight in working order, for its version and the size of an input.
    prepared: Memo<((ParamId, u64), Shape), PreparedConvolution>,
}

/// Convolution over sequences `[N, C, L]`.
pub type Conv1d = Conv<1>;
/// Convolution over images `[N, C, H, W]`.
pub type Conv2d = Conv<2>;
/// Convolution over volumes `[N, C, D, H, W]`.
pub type Conv3d = Conv<3>;

macro_rules! parameters {
    ($layer:ident) => {
        impl<const D: usize> nn_core::Parameters for $layer<D> {
            fn visit<'a>(
                &'a self,
                path: &mut nn_core::Path,
                f: &mut dyn FnMut(&nn_core::Path, &'a Parameter),
            ) {
                crate::parameters!(@each visit as_ref self path f weight, bias?);
            }
            fn visit_mut<'a>(
                &'a mut self,
                path: &mut nn_core::Path,
                f: &mut dyn FnMut(&nn_core::Path, &'a mut Parameter),
            ) {
                crate::parameters!(@each visit_mut as_mut self path f weight, bias?);
            }
        }
    };
}
use parameters;

parameters!(Conv);

/// The description of a [`Conv`]; the number of input channels follows from the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConvSpec<const D: usize> {
    /// The number of output channels.
    #[serde(alias = "out_channels")]
    pub filters: usize,
    /// Taps of the kernel, for all axes or for each.
    #[serde(alias = "kernel_size")]
    pub kernel: EachAxis<usize>,
    /// Places of the input from one output to the next. Default 1.
    #[serde(
        default = "settings::one_each",
        skip_serializing_if = "settings::is_one_each"
    )]
    pub stride: EachAxis<usize>,
    /// Places added around the input. Default 0.
    #[serde(default, skip_serializing_if = "Padding::is_none")]
    pub padding: Padding,
    /// What is added there. Default zeros.
    #[serde(default, skip_serializing_if = "settings::is_zeros")]
    pub padding_mode: PadMode,
    /// Places of the input from one tap to the next. Default 1.
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

impl<const D: usize> ConvSpec<D> {
    /// With a kernel of `kernel` taps along each axis, and the defaults.
    pub fn new(filters: usize, kernel: usize) -> ConvSpec<D> {
        ConvSpec {
            filters,
            kernel: kernel.into(),
            stride: settings::one_each(),
            padding: Padding::default(),
            padding_mode: PadMode::Zeros,
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
    /// [`nn_core::Error::Value`] if a size is 0, groups do not divide channels and filters, or `same` padding meets a stride;
    /// [`nn_core::Error::TooLarge`] if the weights do not fit into memory.
    pub fn build(&self, channels: usize, dtype: DType, rng: &mut Rng) -> Result<Conv<D>> {
        settings::check_channels(Self::NAME, channels, self.filters, self.groups)?;
        let each = [
            ("kernel", &self.kernel),
            ("stride", &self.stride),
            ("dilation", &self.dilation),
        ];
        settings::expect_axes::<D>(Self::NAME, &each, &self.padding)?;
        let weight: Shape = [self.filters, channels / self.groups]
            .into_iter()
            .chain((0..D).map(|axis| self.kernel.at(axis)))
            .collect();
        let draws = settings::Draws {
            fans: Fans {
                input: Shape::from(&weight[1..]).numel(),
                output: self
                    .filters
                    .saturating_mul(Shape::from(&weight[2..]).numel())
                    / self.groups,
            },
            dtype,
        };
        let settings = self.settings()?;
        Ok(Conv {
            weight: draws.draw(&self.weight_init, &weight, rng)?,
            bias: match self.bias {
                true => Some(draws.draw(&self.bias_init, &Shape::from([self.filters]), rng)?),
                false => None,
            },
            settings,
            spec: self.clone(),
            prepared: Memo::default(),
        })
    }

    const NAME: &'static str = match D {
        1 => "conv1d",
        2 => "conv2d",
        _ => "conv3d",
    };

    /// Places added before and after each axis.
    fn padding(&self) -> Result<[(usize, usize); D]> {
        self.padding
            .sides(Self::NAME, &self.kernel, &self.stride, &self.dilation)
    }

    fn settings(&self) -> Result<Convolution> {
        let padding = match self.padding_mode {
            PadMode::Zeros => self.padding()?,
            _ => [(0, 0); D],
        };
        let axes = (0..D).map(|axis| ConvAxis {
            stride: self.stride.at(axis),
            dilation: self.dilation.at(axis),
            padding: padding[axis],
        });
        Ok(Convolution {
            axes: axes.collect(),
            groups: self.groups,
        })
    }
}

impl<const D: usize> Conv<D> {
    /// A layer from `channels` to `filters` channels with a kernel of `kernel` taps along each axis, with bias, in
    /// `f32`; [`ConvSpec`] offers more choice.
    ///
    /// # Errors
    /// [`nn_core::Error::Value`] if a size is 0; [`nn_core::Error::TooLarge`] if the weights do not fit into memory.
    pub fn new(channels: usize, filters: usize, kernel: usize, rng: &mut Rng) -> Result<Conv<D>> {
        ConvSpec::new(filters, kernel).build(channels, DType::F32, rng)
    }

    /// The number of input channels.
    pub fn channels(&self) -> usize {
        self.weight.value().dims()[1] * self.spec.groups
    }

    /// The weight, `[filters, C/groups, K…]`.
    pub fn weight(&self) -> &Parameter {
        &self.weight
    }

    /// The bias, `[filters]`.
    pub fn bias(&self) -> Option<&Parameter> {
        self.bias.as_ref()
    }
}

impl<const D: usize> Layer for Conv<D>
where
    LayerSpec: From<ConvSpec<D>>,
{
    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        self.forward_activated(x, Activation::Identity, cx)
    }

    /// Convolution, bias and activation in one pass over memory and one node of the tape.
    fn forward_activated(
        &self,
        x: &Tensor,
        activation: Activation,
        cx: &mut Context,
    ) -> Result<Tensor> {
        self.output_shape(x.shape())?;
        let weight = cx.param(&self.weight);
        let bias = self.bias.as_ref().map(|b| cx.param(b));
        let x = match self.spec.padding_mode {
            PadMode::Zeros => x.clone(),
            mode => x.pad_spatial(&self.spec.padding()?, mode)?,
        };
        x.convolve(&weight, bias.as_ref(), &self.settings, activation)
    }

    /// In use, everything that follows happens on the way of the sums to memory, and the weight's working order is kept
    /// for the next time.
    fn forward_finished(&self, x: &Tensor, finish: Finish<'_>, cx: &mut Context) -> Result<Tensor> {
        if !self.folds_affine(cx) || x.is_recorded() {
            return by_parts(self, x, finish, cx);
        }
        self.output_shape(x.shape())?;
        let key = (self.weight.version(), Shape::from(&x.dims()[1..]));
        let prepared = self.prepared.get(key, || {
            self.settings.prepare(self.weight.value(), x.shape())
        })?;
        let bias = self.bias.as_ref().map(Parameter::value);
        let shift = match (finish.affine, bias) {
            (Some(map), Some(bias)) => Some(bias.mul(&map.scale)?.add(&map.shift)?),
            (Some(map), None) => Some(map.shift.clone()),
            (None, bias) => bias.cloned(),
        };
        let finish = ConvFinish {
            scale: finish.affine.map(|map| &map.scale),
            shift: shift.as_ref(),
            addend: finish.addend,
            activation: finish.activation,
        };
        prepared.forward(x, &finish)
    }

    fn folds_affine(&self, cx: &Context) -> bool {
        !cx.is_training() && cx.tape().is_none() && self.spec.padding_mode == PadMode::Zeros
    }

    fn as_projection(&self) -> Option<&Parameter> {
        let each = |of: &EachAxis<usize>| (0..D).all(|axis| of.at(axis) == 1);
        let spec = &self.spec;
        let pointwise = each(&spec.kernel) && each(&spec.stride) && spec.groups == 1;
        let bare = self.bias.is_none() && spec.padding_mode == PadMode::Zeros;
        let unpadded = self.settings.axes.iter().all(|axis| axis.padding == (0, 0));
        (pointwise && bare && unpadded).then_some(&self.weight)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let weight = self.weight.value().shape();
        let name = ConvSpec::<D>::NAME;
        match self.spec.padding_mode {
            PadMode::Zeros => self.settings.output_shape(name, input, weight),
            mode => {
                let padded = mode.output_shape(name, input, &self.spec.padding()?)?;
                self.settings.output_shape(name, &padded, weight)
            }
        }
    }

    fn describe(&self) -> String {
        let spec = &self.spec;
        let mut words = format!(
            "Conv{D}d {}→{}, {}",
            self.channels(),
            spec.filters,
            settings::by_axis::<D>(&spec.kernel)
        );
        settings::describe(&mut words, &spec.stride, &spec.padding, &spec.dilation);
        match spec.groups {
            1 => {}
            groups if groups == self.channels() => words += ", depthwise",
            groups => words += &format!(", {groups} groups"),
        }
        words
    }

    fn spec(&self) -> Option<LayerSpec> {
        Some(self.spec.clone().into())
    }

    fn multiply_adds(&self, input: &Shape) -> u64 {
        let per_output = self.weight.value().len() / self.spec.filters;
        let outputs = self.output_shape(input).map_or(0, |shape| shape.numel());
        (outputs as u64).saturating_mul(per_output as u64)
    }
}

#[cfg(test)]
mod tests;
