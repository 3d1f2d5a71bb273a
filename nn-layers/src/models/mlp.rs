//! The multi-layer perceptron.

use nn_core::{Activation, DType, Error as CoreError, Shape};

use crate::{LayerSpec, NetworkSpec, Result, Sequential};

/// Linear layers of the given sizes, inputs first, with `activation` between them; in `f32`.
///
/// The weights start as [`Linear`](crate::Linear)'s do and are a function of `seed` and the layer's name.
///
/// # Shapes
/// input `[N, sizes[0]]`, output `[N, sizes[last]]`
///
/// ```
/// use nn_core::{Activation, Parameters};
/// # fn main() -> nn_layers::Result<()> {
/// let network = nn_layers::models::mlp(&[784, 512, 256, 10], Activation::Relu, 42)?;
/// assert_eq!(network.len(), 5);
/// assert_eq!(network.parameter_count(), 535_818);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`nn_core::Error::Value`] if there are fewer than two sizes or one is 0.
pub fn mlp(sizes: &[usize], activation: Activation, seed: u64) -> Result<Sequential> {
    let [inputs, units @ ..] = sizes else {
        return Err(CoreError::value(
            "mlp",
            "the sizes are empty; it takes at least an input and an output",
        )
        .into());
    };
    if units.is_empty() {
        let problem = format!(
            "one size, {inputs}, is not a network; it takes at least an input and an output"
        );
        return Err(CoreError::value("mlp", problem).into());
    }
    let mut layers = Vec::new();
    for (i, &units) in units.iter().enumerate() {
        if i > 0 {
            layers.push(activation.into());
        }
        layers.push(LayerSpec::linear(units));
    }
    NetworkSpec { layers }.build(&Shape::from([*inputs]), seed, DType::F32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_sizes_are_refused() {
        let message = |sizes: &[usize]| mlp(sizes, Activation::Relu, 0).unwrap_err().to_string();
        assert_eq!(
            message(&[3]),
            "mlp: one size, 3, is not a network; it takes at least an input and an output"
        );
        assert_eq!(
            message(&[]),
            "mlp: the sizes are empty; it takes at least an input and an output"
        );
        assert_eq!(
            message(&[3, 0, 2]),
            "0 (Linear →0): linear: 3 inputs and 0 units were asked for; both must be at least 1"
        );
    }
}
