//! Residual networks.

use nn_core::Activation;

use super::parts::{
    Conv, batch_norm, global_average_pool, linear, max_pool_overlapping, relu, sequence,
};
use crate::activation::ActivationSpec;
use crate::pad_shortcut::PadShortcut;
use crate::residual::ResidualSpec;
use crate::{LayerSpec, NetworkSpec};

/// What leads around a block that halves the picture and doubles the channels.
#[derive(Clone, Copy)]
enum Shortcut {
    /// Option A of the paper: every second pixel, zeros in the new channels; no parameters.
    Pad,
    /// Option B: a 1×1 convolution and batch normalisation.
    Convolution,
}

/// Two 3×3 convolutions with a way around them.
fn basic_block(channels: usize, stride: usize, shortcut: Option<Shortcut>) -> LayerSpec {
    let branch = vec![
        Conv::he(channels, 3).stride(stride).spec().named("conv1"),
        batch_norm().named("bn1"),
        relu(),
        Conv::he(channels, 3).spec().named("conv2"),
        batch_norm().named("bn2"),
    ];
    let shortcut = match shortcut {
        None => Vec::new(),
        Some(Shortcut::Pad) => vec![PadShortcut { channels, stride }.into()],
        Some(Shortcut::Convolution) => {
            vec![Conv::he(channels, 1).stride(stride).spec(), batch_norm()]
        }
    };
    let activation = Some(ActivationSpec(Activation::Relu));
    let block = ResidualSpec {
        branch,
        shortcut,
        activation,
    };
    block.into()
}

/// `blocks` blocks, the first of which may halve the picture.
fn stage(channels: usize, blocks: usize, halved: Option<Shortcut>) -> LayerSpec {
    let stride = if halved.is_some() { 2 } else { 1 };
    let first = basic_block(channels, stride, halved);
    let others = (1..blocks).map(|_| basic_block(channels, 1, None));
    sequence([first].into_iter().chain(others))
}

/// The residual network for 32×32 pictures with `6·blocks + 2` layers (He et al. 2015, "Deep residual learning", section 4.2): three
/// stages of `blocks` blocks with 16, 32 and 64 channels.
///
/// Where the picture is halved the shortcut is the paper's option A: every second pixel, and zeros in the new channels. He
/// initialisation; names as in torchvision (`layer1.0.conv1.weight`).
///
/// | blocks | network | parameters for ten classes, colour |
/// |---|---|---|
/// | 3 | ResNet-20 | 269 722 |
/// | 5 | ResNet-32 | 464 154 |
/// | 9 | ResNet-56 | 853 018 |
///
/// # Shapes
/// input `[N, C, H, W]`, output `[N, classes]`
///
/// ```
/// use nn_core::{DType, Parameters, Shape};
/// # fn main() -> nn_layers::Result<()> {
/// let network = nn_layers::models::resnet_cifar(3, 10).build(&Shape::from([3, 32, 32]), 1, DType::F32)?;
/// assert_eq!(network.parameter_count(), 269_722);
/// # Ok(())
/// # }
/// ```
pub fn resnet_cifar(blocks: usize, classes: usize) -> NetworkSpec {
    let layers = vec![
        Conv::he(16, 3).spec().named("conv1"),
        batch_norm().named("bn1"),
        relu(),
        stage(16, blocks, None).named("layer1"),
        stage(32, blocks, Some(Shortcut::Pad)).named("layer2"),
        stage(64, blocks, Some(Shortcut::Pad)).named("layer3"),
        global_average_pool(),
        linear(classes).named("fc"),
    ];
    NetworkSpec { layers }
}

/// ResNet-18 for photographs (He et al. 2015): a 7×7 convolution and max pooling, then four stages of two blocks with 64 to
/// 512 channels; option B, a 1×1 convolution, where the picture is halved.
///
/// All names are torchvision's, so that its weights load. 11 689 512 parameters for a thousand classes, colour.
///
/// # Shapes
/// input `[N, C, H, W]`, usually 224×224, output `[N, classes]`
///
/// ```
/// use nn_core::{DType, Parameters, Shape};
/// # fn main() -> nn_layers::Result<()> {
/// let network = nn_layers::models::resnet18(1000).build(&Shape::from([3, 224, 224]), 1, DType::F32)?;
/// assert_eq!(network.parameter_count(), 11_689_512);
/// # Ok(())
/// # }
/// ```
pub fn resnet18(classes: usize) -> NetworkSpec {
    let halved = Some(Shortcut::Convolution);
    let layers = vec![
        Conv::he(64, 7).stride(2).spec().named("conv1"),
        batch_norm().named("bn1"),
        relu(),
        max_pool_overlapping(),
        stage(64, 2, None).named("layer1"),
        stage(128, 2, halved).named("layer2"),
        stage(256, 2, halved).named("layer3"),
        stage(512, 2, halved).named("layer4"),
        global_average_pool(),
        linear(classes).named("fc"),
    ];
    NetworkSpec { layers }
}
