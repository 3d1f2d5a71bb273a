//! A network of depthwise convolutions.

use super::parts::{Conv, batch_norm, global_average_pool, linear, relu, sequence};
use crate::{LayerSpec, NetworkSpec};

/// Channels and stride of each depthwise-separable step after the first 32 channels.
const STEPS: [(usize, usize); 13] = [
    (64, 1),
    (128, 2),
    (128, 1),
    (256, 2),
    (256, 1),
    (512, 2),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (512, 1),
    (1024, 2),
    (1024, 1),
];

/// A 3×3 convolution of each channel alone, then a 1×1 convolution across channels.
fn separable(inputs: usize, outputs: usize, stride: usize) -> LayerSpec {
    sequence([
        Conv::he(inputs, 3).stride(stride).groups(inputs).spec(),
        batch_norm(),
        relu(),
        Conv::he(outputs, 1).spec(),
        batch_norm(),
        relu(),
    ])
}

fn network(first_stride: usize, steps: &[(usize, usize)], classes: usize) -> NetworkSpec {
    let mut channels = 32;
    let stem = [
        Conv::he(channels, 3).stride(first_stride).spec(),
        batch_norm(),
        relu(),
    ];
    let mut features = vec![sequence(stem)];
    for &(outputs, stride) in steps {
        features.push(separable(channels, outputs, stride));
        channels = outputs;
    }
    let layers = vec![
        sequence(features).named("features"),
        global_average_pool(),
        linear(classes).named("classifier"),
    ];
    NetworkSpec { layers }
}

/// MobileNet (Howard et al. 2017): thirteen steps of depthwise and 1×1 convolutions, eight to nine times less work than with full
/// 3×3 convolutions.
///
/// He initialisation. 4 231 976 parameters for a thousand classes, colour.
///
/// # Shapes
/// input `[N, C, H, W]`, usually 224×224, output `[N, classes]`
///
/// ```
/// use nn_core::{DType, Parameters, Shape};
/// # fn main() -> nn_layers::Result<()> {
/// let network = nn_layers::models::mobilenet(1000).build(&Shape::from([3, 224, 224]), 1, DType::F32)?;
/// assert_eq!(network.parameter_count(), 4_231_976);
/// # Ok(())
/// # }
/// ```
pub fn mobilenet(classes: usize) -> NetworkSpec {
    network(2, &STEPS, classes)
}

/// MobileNet cut for small pictures: stride 1 at the start, and the first seven steps, up to 512 channels at an eighth of the size.
///
/// 543 050 parameters for ten classes, colour.
///
/// # Shapes
/// input `[N, C, H, W]`, output `[N, classes]`
///
/// ```
/// use nn_core::{DType, Parameters, Shape};
/// # fn main() -> nn_layers::Result<()> {
/// let network = nn_layers::models::mobilenet_small(10).build(&Shape::from([3, 32, 32]), 1, DType::F32)?;
/// assert_eq!(network.output_shape(&Shape::from([1, 3, 32, 32]))?.dims(), [1, 10]);
/// # use nn_layers::Layer;
/// # Ok(())
/// # }
/// ```
pub fn mobilenet_small(classes: usize) -> NetworkSpec {
    network(1, &STEPS[..7], classes)
}
