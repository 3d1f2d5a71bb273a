//! LeNet-5.

use nn_core::Activation;

use super::parts::{Conv, average_pool, flatten, linear};
use crate::NetworkSpec;

/// LeNet-5 (LeCun et al. 1998, "Gradient-based learning applied to document recognition"): two convolutions with average
/// pooling, three fully connected layers, tanh in between.
///
/// As it is built today: every map of the second convolution sees all six of the first, and the last layer gives logits
/// instead of distances. 61 706 parameters for ten classes on 28×28 pictures, which are padded to the paper's 32×32.
///
/// # Shapes
/// input `[N, C, H, W]` with `H` and `W` from 12, output `[N, classes]`
///
/// ```
/// use nn_core::{DType, Parameters, Shape};
/// # fn main() -> nn_layers::Result<()> {
/// let network = nn_layers::models::lenet5(10).build(&Shape::from([1, 28, 28]), 1, DType::F32)?;
/// assert_eq!(network.parameter_count(), 61_706);
/// # Ok(())
/// # }
/// ```
pub fn lenet5(classes: usize) -> NetworkSpec {
    let tanh = || Activation::Tanh.into();
    let layers = vec![
        Conv::new(6, 5).padding(2).spec().named("conv1"),
        tanh(),
        average_pool(2),
        Conv::new(16, 5).spec().named("conv2"),
        tanh(),
        average_pool(2),
        flatten(),
        linear(120).named("fc1"),
        tanh(),
        linear(84).named("fc2"),
        tanh(),
        linear(classes).named("fc3"),
    ];
    NetworkSpec { layers }
}
