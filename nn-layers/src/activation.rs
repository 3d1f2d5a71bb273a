//! The pointwise activation functions as layers.

use nn_core::{Activation, Context, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use crate::{Layer, LayerSpec};

/// Applies one function to each element; nothing is learned.
///
/// | name | formula | |
/// |---|---|---|
/// | identity | `x` | the linear activation |
/// | sigmoid | `1 / (1 + e⁻ˣ)` | |
/// | tanh | `tanh x` | |
/// | ReLU | `max(x, 0)` | Nair and Hinton 2010 |
/// | leaky ReLU | `x` above 0, `slope·x` below | Maas et al. 2013; slope 0.01 |
/// | ELU | `x` above 0, `α(eˣ − 1)` below | Clevert et al. 2016; α = 1 |
/// | SELU | `λ·elu(x, α)`, λ = 1.0507…, α = 1.6733… | Klambauer et al. 2017 |
/// | GELU | `x·Φ(x)` | Hendrycks and Gimpel 2016 |
/// | GELU (tanh) | `½x(1 + tanh(√(2/π)(x + 0.044715x³)))` | the same, approximated |
/// | SiLU | `x·sigmoid(x)` | Elfwing et al. 2018; also swish |
/// | softplus | `ln(1 + eˣ)` | Dugas et al. 2001 |
/// | softsign | `x / (1 + |x|)` | Bergstra et al. 2009 |
/// | hard sigmoid | `min(max(x + 3, 0), 6) / 6` `= (relu(x + 3) − relu(x − 3)) / 6` | Courbariaux et al. 2015 |
/// | hard tanh | `min(max(x, −1), 1)` | Collobert 2004 |
/// | hard swish | `x·hard_sigmoid(x)` | Howard et al. 2019 |
///
/// The learned one is [`Prelu`](crate::Prelu); [`Softmax`](crate::Softmax) and
/// [`LogSoftmax`](crate::LogSoftmax) are not pointwise.
///
/// # Shapes
/// Any; the output's is the input's.
///
/// ```
/// use nn_core::{Activation, Context, Tensor};
/// use nn_layers::{ActivationLayer, Layer};
/// # fn main() -> nn_core::Result<()> {
/// let x = Tensor::from_vec(vec![-6.0f32, 0.0, 3.0], [3])?;
/// let layer = ActivationLayer::new(Activation::HardSigmoid);
/// assert_eq!(layer.forward(&x, &mut Context::evaluate())?.to_vec::<f32>()?, [0.0, 0.5, 1.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ActivationLayer(Activation);

crate::parameters!(ActivationLayer {});

impl ActivationLayer {
    /// The layer that applies `function`.
    pub fn new(function: Activation) -> ActivationLayer {
        ActivationLayer(function)
    }

    /// The function.
    pub fn function(&self) -> Activation {
        self.0
    }
}

impl Layer for ActivationLayer {
    fn forward(&self, x: &Tensor, _: &mut Context) -> Result<Tensor> {
        x.activate(self.0)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn describe(&self) -> String {
        match self.0 {
            Activation::Identity => "Identity".into(),
            Activation::Relu => "ReLU".into(),
            Activation::LeakyRelu(slope) => format!("LeakyReLU {slope}"),
            Activation::Sigmoid => "Sigmoid".into(),
            Activation::Tanh => "Tanh".into(),
            Activation::Elu(alpha) => format!("ELU {alpha}"),
            Activation::Selu => "SELU".into(),
            Activation::Gelu => "GELU".into(),
            Activation::GeluTanh => "GELU (tanh)".into(),
            Activation::Silu => "SiLU".into(),
            Activation::Softplus => "Softplus".into(),
            Activation::Softsign => "Softsign".into(),
            Activation::HardSigmoid => "HardSigmoid".into(),
            Activation::HardTanh => "HardTanh".into(),
            Activation::HardSwish => "HardSwish".into(),
        }
    }

    fn spec(&self) -> Option<LayerSpec> {
        Some(self.0.into())
    }

    fn as_activation(&self) -> Option<Activation> {
        Some(self.0)
    }
}

/// A function in the description of a layer that applies one at its end; written as the activation layer of its
/// name: `"relu"`, `{ type = "elu", alpha = 0.5 }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "LayerSpec", into = "LayerSpec")]
pub struct ActivationSpec(pub Activation);

impl TryFrom<LayerSpec> for ActivationSpec {
    type Error = String;

    fn try_from(spec: LayerSpec) -> Result<ActivationSpec, String> {
        if let Some(name) = spec.name {
            return Err(format!(
                "an activation inside a layer has no name, \"{name}\" was given"
            ));
        }
        let pointwise = spec.as_activation().map(ActivationSpec);
        pointwise.ok_or_else(|| {
            "\"activation\" is a pointwise function, such as \"relu\" or \"gelu\"".into()
        })
    }
}

impl From<ActivationSpec> for LayerSpec {
    fn from(function: ActivationSpec) -> LayerSpec {
        function.0.into()
    }
}

#[cfg(test)]
mod tests {
    use nn_core::DType;

    use super::*;
    use crate::testing::check_layer;

    const ALL: [Activation; 15] = [
        Activation::Identity,
        Activation::Relu,
        Activation::LeakyRelu(0.2),
        Activation::Sigmoid,
        Activation::Tanh,
        Activation::Elu(0.7),
        Activation::Selu,
        Activation::Gelu,
        Activation::GeluTanh,
        Activation::Silu,
        Activation::Softplus,
        Activation::Softsign,
        Activation::HardSigmoid,
        Activation::HardTanh,
        Activation::HardSwish,
    ];

    /// The definitions, from the textbook.
    fn naive(function: Activation, x: f64) -> f64 {
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let elu = |x: f64, a: f64| if x > 0.0 { x } else { a * (x.exp() - 1.0) };
        let hard_sigmoid = |x: f64| ((x + 3.0).max(0.0) - (x - 3.0).max(0.0)) / 6.0;
        // Φ by Simpson's rule on the density.
        let phi = |x: f64| {
            let (n, h) = (2000, x / 2000.0);
            let density = |t: f64| (-t * t / 2.0).exp() / std::f64::consts::TAU.sqrt();
            let sum: f64 = (0..=n)
                .map(|i| {
                    density(i as f64 * h)
                        * if i == 0 || i == n {
                            1.0
                        } else {
                            [2.0, 4.0][i % 2]
                        }
                })
                .sum();
            0.5 + sum * h / 3.0
        };
        match function {
            Activation::Identity => x,
            Activation::Relu => x.max(0.0),
            Activation::LeakyRelu(slope) => x.max(0.0) + slope * x.min(0.0),
            Activation::Sigmoid => sigmoid(x),
            Activation::Tanh => x.sinh() / x.cosh(),
            Activation::Elu(alpha) => elu(x, alpha),
            Activation::Selu => 1.0507009873554805 * elu(x, 1.6732632423543772),
            Activation::Gelu => x * phi(x),
            Activation::GeluTanh => {
                let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
                0.5 * x * (1.0 + inner.tanh())
            }
            Activation::Silu => x * sigmoid(x),
            Activation::Softplus => (1.0 + x.exp()).ln(),
            Activation::Softsign => x / (1.0 + x.abs()),
            Activation::HardSigmoid => hard_sigmoid(x),
            Activation::HardTanh => x.clamp(-1.0, 1.0),
            Activation::HardSwish => x * hard_sigmoid(x),
        }
    }

    #[test]
    fn each_is_its_formula() {
        // No kink among the points, so that they also serve the gradients.
        let xs: Vec<f64> = (0..40).map(|i| -4.37 + 0.211 * f64::from(i)).collect();
        for function in ALL {
            let x = Tensor::from_slice(&xs, [40]).unwrap();
            let y = x.activate(function).unwrap().to_vec::<f64>().unwrap();
            for (&x, &y) in xs.iter().zip(&y) {
                let expected = naive(function, x);
                assert!(
                    (y - expected).abs() < 1e-12 * expected.abs().max(1.0),
                    "{function:?}({x})"
                );
            }
        }
    }

    #[test]
    fn shapes_and_gradients() {
        for function in ALL {
            check_layer(&mut ActivationLayer::new(function), &Shape::from([2, 3, 4]));
        }
    }

    #[test]
    fn hard_sigmoid_is_a_difference_of_two_relus() {
        let x = Tensor::linspace(-5.0, 5.0, 201, DType::F64).unwrap();
        let relu = |shift: f64| x.add_scalar(shift).unwrap().relu().unwrap();
        let difference = relu(3.0).sub(&relu(-3.0)).unwrap().div_scalar(6.0).unwrap();
        let direct = x.hard_sigmoid().unwrap();
        for (a, b) in difference
            .to_vec::<f64>()
            .unwrap()
            .iter()
            .zip(direct.to_vec::<f64>().unwrap())
        {
            assert!((a - b).abs() < 1e-15);
        }
    }
}
