//! The small network that PyTorch's examples read digits with.

use super::parts::{Conv, flatten, linear, max_pool, relu};
use crate::{Dropout, NetworkSpec};

/// The network of PyTorch's `examples/mnist`: two 3×3 convolutions of 32 and 64 channels, max pooling, 128 hidden units, dropout
/// before and after them; logits out.
///
/// Parameters have the example's names, `conv1.weight` to `fc2.bias`. 1 199 882 of them for ten classes on 28×28 pictures.
///
/// # Shapes
/// input `[N, C, H, W]` with `H` and `W` from 6, output `[N, classes]`
///
/// ```
/// use nn_core::{DType, Parameters, Shape};
/// # fn main() -> nn_layers::Result<()> {
/// let network = nn_layers::models::mnist_cnn(10).build(&Shape::from([1, 28, 28]), 1, DType::F32)?;
/// assert_eq!(network.parameter_count(), 1_199_882);
/// # Ok(())
/// # }
/// ```
pub fn mnist_cnn(classes: usize) -> NetworkSpec {
    let layers = vec![
        Conv::new(32, 3).spec().named("conv1"),
        relu(),
        Conv::new(64, 3).spec().named("conv2"),
        relu(),
        max_pool(2),
        Dropout::QUARTER.into(),
        flatten(),
        linear(128).named("fc1"),
        relu(),
        Dropout::HALF.into(),
        linear(classes).named("fc2"),
    ];
    NetworkSpec { layers }
}
