//! A small VGG.

use super::parts::{Conv, batch_norm, flatten, linear, max_pool, relu, sequence};
use crate::{Dropout, NetworkSpec};

/// A VGG (Simonyan and Zisserman 2015) for small pictures: three times two 3×3 convolutions and a max pooling, with 32, 64 and
/// 128 channels, then 256 hidden units with dropout.
///
/// Batch normalisation after each convolution (Ioffe and Szegedy 2015), He initialisation, names as in torchvision's
/// `vgg_bn`: `features.0.weight`, `classifier.0.weight`. 814 570 parameters for ten classes on 32×32 colour pictures.
///
/// # Shapes
/// input `[N, C, H, W]` with `H` and `W` from 8, output `[N, classes]`
///
/// ```
/// use nn_core::{DType, Parameters, Shape};
/// # fn main() -> nn_layers::Result<()> {
/// let network = nn_layers::models::vgg_small(10).build(&Shape::from([3, 32, 32]), 1, DType::F32)?;
/// assert_eq!(network.parameter_count(), 814_570);
/// # Ok(())
/// # }
/// ```
pub fn vgg_small(classes: usize) -> NetworkSpec {
    let mut features = Vec::new();
    for channels in [32, 64, 128] {
        for _ in 0..2 {
            features.extend([Conv::he(channels, 3).spec(), batch_norm(), relu()]);
        }
        features.push(max_pool(2));
    }
    let classifier = [linear(256), relu(), Dropout::HALF.into(), linear(classes)];
    let layers = vec![
        sequence(features).named("features"),
        flatten(),
        sequence(classifier).named("classifier"),
    ];
    NetworkSpec { layers }
}
