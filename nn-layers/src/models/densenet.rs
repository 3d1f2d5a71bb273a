//! Densely connected networks.

use nn_core::Error;

use super::parts::{
    Conv, average_pool, batch_norm, global_average_pool, linear_from_zero, relu, sequence,
};
use crate::dense_block::DenseBlockSpec;
use crate::{NetworkSpec, Result};

/// Channels of the 1×1 convolution before each 3×3 one, in growth rates.
const BOTTLENECK: usize = 4;

/// DenseNet-BC for 32×32 pictures (Huang et al. 2017, "Densely connected convolutional networks"): three dense blocks of
/// `(depth − 4)/6` layers that each add `growth` channels, between them a 1×1 convolution that halves the channels and an
/// average pooling that halves the picture.
///
/// A layer is batch normalisation, ReLU, 1×1 convolution to `4·growth` channels, the same again with a 3×3 convolution to `growth`.
/// He initialisation; names as in torchvision (`features.denseblock1.denselayer1.norm1.weight`).
///
/// | depth | growth | parameters for ten classes, colour |
/// |---|---|---|
/// | 40 | 12 | 176 122 (the paper's table does not have it) |
/// | 100 | 12 | 769 162 (0.8 M in the paper) |
///
/// # Shapes
/// input `[N, C, H, W]` with `H` and `W` from 4, output `[N, classes]`
///
/// ```
/// use nn_core::{DType, Parameters, Shape};
/// # fn main() -> nn_layers::Result<()> {
/// let network = nn_layers::models::densenet_bc(40, 12, 10)?.build(&Shape::from([3, 32, 32]), 1, DType::F32)?;
/// assert_eq!(network.parameter_count(), 176_122);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`nn_core::Error::Value`] unless `depth` is 10, 16, 22, …, and `growth` at least 1.
pub fn densenet_bc(depth: usize, growth: usize, classes: usize) -> Result<NetworkSpec> {
    if depth < 10 || !(depth - 4).is_multiple_of(6) || growth == 0 {
        let problem = format!(
            "depth {depth} and growth {growth} were asked for; the depth is 4 more than a multiple of 6, the growth at least 1"
        );
        return Err(Error::value("densenet", problem).into());
    }
    let layers_of_block = (depth - 4) / 6;
    let conv = |channels, kernel| Conv::he(channels, kernel).spec();
    let layer = [
        batch_norm().named("norm1"),
        relu(),
        conv(BOTTLENECK.saturating_mul(growth), 1).named("conv1"),
        batch_norm().named("norm2"),
        relu(),
        conv(growth, 3).named("conv2"),
    ];
    let block = DenseBlockSpec {
        layers: vec![sequence(layer).named("denselayer")],
        repeat: layers_of_block,
    };

    let mut channels = growth.saturating_mul(2);
    let mut features = vec![conv(channels, 3).named("conv0")];
    for number in 1..=3 {
        features.push(crate::LayerSpec::from(block.clone()).named(format!("denseblock{number}")));
        channels = channels.saturating_add(layers_of_block.saturating_mul(growth));
        if number < 3 {
            channels /= 2;
            let transition = [
                batch_norm().named("norm"),
                relu(),
                conv(channels, 1).named("conv"),
                average_pool(2),
            ];
            features.push(sequence(transition).named(format!("transition{number}")));
        }
    }
    features.push(batch_norm().named("norm5"));
    let layers = vec![
        sequence(features).named("features"),
        relu(),
        global_average_pool(),
        linear_from_zero(classes).named("classifier"),
    ];
    Ok(NetworkSpec { layers })
}
