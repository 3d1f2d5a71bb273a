//! Networks by name.

use nn_core::{Error, Shape};
use serde::{Deserialize, Serialize};

use super::{
    autoencoder, densenet_bc, lenet5, mnist_cnn, mobilenet, mobilenet_small, resnet_cifar,
    resnet18, vgg_small,
};
use crate::{NetworkSpec, Result};

/// A ready network for pictures; the name in a recipe is the one in lower case.
///
/// ```
/// use nn_core::{DType, Shape};
/// use nn_layers::models::Preset;
/// # fn main() -> nn_layers::Result<()> {
/// let sample = Shape::from([3, 32, 32]);
/// let network = Preset::Resnet20.spec(&sample, 10)?.build(&sample, 1, DType::F32)?;
/// assert!(network.get("layer3").is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Preset {
    /// [`lenet5`]
    #[serde(rename = "lenet5")]
    Lenet5,
    /// [`mnist_cnn`]
    #[serde(rename = "mnist-cnn")]
    MnistCnn,
    /// [`vgg_small`]
    #[serde(rename = "vgg-small")]
    VggSmall,
    /// [`resnet_cifar`] of 3 blocks
    #[serde(rename = "resnet20")]
    Resnet20,
    /// [`resnet_cifar`] of 5 blocks
    #[serde(rename = "resnet32")]
    Resnet32,
    /// [`resnet_cifar`] of 9 blocks
    #[serde(rename = "resnet56")]
    Resnet56,
    /// [`resnet18`]
    #[serde(rename = "resnet18")]
    Resnet18,
    /// [`densenet_bc`] of depth 40, growth 12
    #[serde(rename = "densenet40")]
    Densenet40,
    /// [`densenet_bc`] of depth 100, growth 12
    #[serde(rename = "densenet100")]
    Densenet100,
    /// [`mobilenet`]
    #[serde(rename = "mobilenet")]
    Mobilenet,
    /// [`mobilenet_small`]
    #[serde(rename = "mobilenet-small")]
    MobilenetSmall,
    /// [`autoencoder`]
    #[serde(rename = "autoencoder")]
    Autoencoder,
}

impl Preset {
    /// All of them.
    pub const ALL: [Preset; 12] = [
        Preset::Lenet5,
        Preset::MnistCnn,
        Preset::VggSmall,
        Preset::Resnet20,
        Preset::Resnet32,
        Preset::Resnet56,
        Preset::Resnet18,
        Preset::Densenet40,
        Preset::Densenet100,
        Preset::Mobilenet,
        Preset::MobilenetSmall,
        Preset::Autoencoder,
    ];

    /// The name in a recipe.
    pub fn name(self) -> &'static str {
        match self {
            Preset::Lenet5 => "lenet5",
            Preset::MnistCnn => "mnist-cnn",
            Preset::VggSmall => "vgg-small",
            Preset::Resnet20 => "resnet20",
            Preset::Resnet32 => "resnet32",
            Preset::Resnet56 => "resnet56",
            Preset::Resnet18 => "resnet18",
            Preset::Densenet40 => "densenet40",
            Preset::Densenet100 => "densenet100",
            Preset::Mobilenet => "mobilenet",
            Preset::MobilenetSmall => "mobilenet-small",
            Preset::Autoencoder => "autoencoder",
        }
    }

    /// The layers for pictures of shape `sample` (`[channels, height, width]`) and `outputs` classes or values; an autoencoder
    /// puts out the picture instead.
    ///
    /// # Errors
    /// [`nn_core::Error::Shape`] if the samples are not pictures, or of a size that the network cannot take.
    pub fn spec(self, sample: &Shape, outputs: usize) -> Result<NetworkSpec> {
        if sample.rank() != 3 {
            let problem = format!(
                "{} is for pictures [channels, height, width], the samples are {sample}",
                self.name()
            );
            return Err(Error::shape("preset", problem).into());
        }
        Ok(match self {
            Preset::Lenet5 => lenet5(outputs),
            Preset::MnistCnn => mnist_cnn(outputs),
            Preset::VggSmall => vgg_small(outputs),
            Preset::Resnet20 => resnet_cifar(3, outputs),
            Preset::Resnet32 => resnet_cifar(5, outputs),
            Preset::Resnet56 => resnet_cifar(9, outputs),
            Preset::Resnet18 => resnet18(outputs),
            Preset::Densenet40 => densenet_bc(40, 12, outputs)?,
            Preset::Densenet100 => densenet_bc(100, 12, outputs)?,
            Preset::Mobilenet => mobilenet(outputs),
            Preset::MobilenetSmall => mobilenet_small(outputs),
            Preset::Autoencoder => autoencoder(sample)?,
        })
    }
}
