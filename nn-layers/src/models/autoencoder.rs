//! A convolutional autoencoder.

use nn_core::{Activation, Error, Shape};

use super::parts::{Conv, relu, sequence, upsample};
use crate::{NetworkSpec, Result};

/// Pictures through a narrow waist and back: two convolutions of stride 2 make `[16, H/4, W/4]` of them, two transposed
/// convolutions make pictures of it again, with values from 0 to 1.
///
/// To be trained with its input as the target ([`Mse`](crate::loss::Mse), or
/// [`BinaryCrossEntropy`](crate::loss::BinaryCrossEntropy) without the last sigmoid); the parts are called `encoder` and `decoder`.
/// Masci et al. 2011, "Stacked convolutional auto-encoders".
///
/// # Shapes
/// input `[N, C, H, W]`, output the same; `sample` is `[C, H, W]`, `H` and `W` multiples of 4
///
/// ```
/// use nn_core::{DType, Shape};
/// use nn_layers::{Layer, models::autoencoder};
/// # fn main() -> nn_layers::Result<()> {
/// let sample = Shape::from([1, 28, 28]);
/// let network = autoencoder(&sample)?.build(&sample, 1, DType::F32)?;
/// assert_eq!(network.output_shape(&Shape::from([5, 1, 28, 28]))?.dims(), [5, 1, 28, 28]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`nn_core::Error::Shape`] if `sample` is not such a shape.
pub fn autoencoder(sample: &Shape) -> Result<NetworkSpec> {
    let &[channels, height, width] = sample.dims() else {
        return Err(unfit(sample));
    };
    if !height.is_multiple_of(4) || !width.is_multiple_of(4) || sample.numel() == 0 {
        return Err(unfit(sample));
    }
    let encoder = [
        Conv::new(32, 3).stride(2).padding(1).spec(),
        relu(),
        Conv::new(16, 3).stride(2).padding(1).spec(),
        relu(),
    ];
    let decoder = [
        upsample(32, 2),
        relu(),
        upsample(channels, 2),
        Activation::Sigmoid.into(),
    ];
    let layers = vec![
        sequence(encoder).named("encoder"),
        sequence(decoder).named("decoder"),
    ];
    Ok(NetworkSpec { layers })
}

fn unfit(sample: &Shape) -> crate::Error {
    let problem = format!(
        "samples are {sample}; it takes [channels, height, width] with height and width multiples of 4, and not empty"
    );
    Error::shape("autoencoder", problem).into()
}
