//! The fully connected layer.

use nn_core::{Activation, Context, DType, Error, Parameter, Result, Rng, Shape, Tensor};
use serde::{Deserialize, Serialize};

use crate::init::Fans;
use crate::{Init, Layer, LayerSpec};

/// The affine map `y = x·Wᵀ + b`, also called dense or fully connected.
///
/// # Shapes
/// input `[…, in]`, weight `W [out, in]`, bias `b [out]`, output `[…, out]`.
///
/// # Defaults
/// Weight and bias start from the uniform distribution on `±1/√in`, as in PyTorch.
///
/// ```
/// use nn_core::{Context, Tensor};
/// use nn_layers::{Layer, Linear};
/// # fn main() -> nn_core::Result<()> {
/// let weight = Tensor::from_vec(vec![1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0], [2, 3])?;
/// let bias = Tensor::from_vec(vec![10.0f32, 20.0], [2])?;
/// let layer = Linear::from_tensors(weight, Some(bias))?;
/// let x = Tensor::from_vec(vec![1.0f32, 0.0, -1.0], [1, 3])?;
/// assert_eq!(layer.forward(&x, &mut Context::evaluate())?.to_vec::<f32>()?, [8.0, 18.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Linear {
    weight: Parameter,
    bias: Option<Parameter>,
    spec: LinearSpec,
}

crate::parameters!(Linear { weight, bias? });

/// The description of a [`Linear`]; the size of its input follows from the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearSpec {
    /// The number of outputs.
    #[serde(alias = "out_features")]
    pub units: usize,
    /// Whether there is a bias. Default `true`.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub bias: bool,
    /// First values of the weight. Default [`Init::FanInUniform`], `U(±1/√in)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_init: Option<Init>,
    /// First values of the bias. Default [`Init::FanInUniform`], `U(±1/√in)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias_init: Option<Init>,
}

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}

impl LinearSpec {
    /// With the defaults.
    pub fn new(units: usize) -> LinearSpec {
        LinearSpec {
            units,
            bias: true,
            weight_init: None,
            bias_init: None,
        }
    }

    /// The layer, with fresh weights.
    ///
    /// # Errors
    /// [`Error::Value`] if a size is 0 or an initialiser's arguments are outside their domain;
    /// [`Error::TooLarge`] if the weights do not fit into memory.
    pub fn build(&self, inputs: usize, dtype: DType, rng: &mut Rng) -> Result<Linear> {
        let outputs = self.units;
        if inputs == 0 || outputs == 0 {
            return Err(Error::value(
                "linear",
                format!(
                    "{inputs} inputs and {outputs} units were asked for; both must be at least 1"
                ),
            ));
        }
        let fans = Fans {
            input: inputs,
            output: outputs,
        };
        let default = Init::FanInUniform {};
        let mut draw = |init: &Option<Init>, shape: Shape| -> Result<Parameter> {
            let init = init.as_ref().unwrap_or(&default);
            Ok(Parameter::new(
                init.draw_with_fans(&shape, fans, dtype, rng)?,
            ))
        };
        let weight = draw(&self.weight_init, Shape::from([outputs, inputs]))?;
        let bias = match self.bias {
            true => Some(draw(&self.bias_init, Shape::from([outputs]))?),
            false => None,
        };
        Ok(Linear {
            weight,
            bias,
            spec: self.clone(),
        })
    }
}

impl Linear {
    /// A layer from `inputs` to `outputs` features, with bias, in `f32`; [`LinearSpec`] offers more choice.
    ///
    /// # Errors
    /// [`Error::Value`] if a size is 0; [`Error::TooLarge`] if the weights do not fit into memory.
    pub fn new(inputs: usize, outputs: usize, rng: &mut Rng) -> Result<Linear> {
        LinearSpec::new(outputs).build(inputs, DType::F32, rng)
    }

    /// A layer with these weights: `weight [out, in]`, `bias [out]`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes are others; [`Error::DType`] if the types differ.
    pub fn from_tensors(weight: Tensor, bias: Option<Tensor>) -> Result<Linear> {
        let &[outputs, _] = weight.dims() else {
            let problem = format!("the weight must be [out, in], not {}", weight.shape());
            return Err(Error::shape("linear", problem));
        };
        if let Some(bias) = &bias {
            if bias.dims() != [outputs] {
                let problem = format!("the bias must be [{outputs}], not {}", bias.shape());
                return Err(Error::shape("linear", problem));
            }
            if bias.dtype() != weight.dtype() {
                return Err(Error::dtype(
                    "linear",
                    weight.dtype().to_string(),
                    bias.dtype(),
                ));
            }
        }
        let spec = LinearSpec {
            bias: bias.is_some(),
            ..LinearSpec::new(outputs)
        };
        Ok(Linear {
            weight: Parameter::new(weight),
            bias: bias.map(Parameter::new),
            spec,
        })
    }

    /// The number of input features.
    pub fn inputs(&self) -> usize {
        self.weight.value().dims()[1]
    }

    /// The number of output features.
    pub fn outputs(&self) -> usize {
        self.weight.value().dims()[0]
    }

    /// The weight, `[out, in]`.
    pub fn weight(&self) -> &Parameter {
        &self.weight
    }

    /// The bias, `[out]`.
    pub fn bias(&self) -> Option<&Parameter> {
        self.bias.as_ref()
    }

    fn check(&self, input: &Shape) -> Result<()> {
        match input.last() {
            Some(&size) if size == self.inputs() => Ok(()),
            _ => Err(Error::shape(
                "linear",
                format!(
                    "input is {input}, its last dimension must be {}",
                    self.inputs()
                ),
            )),
        }
    }
}

impl Layer for Linear {
    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        self.forward_activated(x, Activation::Identity, cx)
    }

    /// Product, bias and activation in one pass over memory and one node of the tape.
    fn forward_activated(
        &self,
        x: &Tensor,
        activation: Activation,
        cx: &mut Context,
    ) -> Result<Tensor> {
        self.check(x.shape())?;
        let weight = cx.param(&self.weight);
        let bias = self.bias.as_ref().map(|b| cx.param(b));
        x.linear(&weight, bias.as_ref(), activation)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.check(input)?;
        let leading = input.dims()[..input.rank() - 1].iter().copied();
        Ok(leading.chain([self.outputs()]).collect())
    }

    fn describe(&self) -> String {
        let without = if self.bias.is_some() { "" } else { ", no bias" };
        format!("Linear {}→{}{without}", self.inputs(), self.outputs())
    }

    fn spec(&self) -> Option<LayerSpec> {
        Some(self.spec.clone().into())
    }

    fn multiply_adds(&self, input: &Shape) -> u64 {
        (input.numel() as u64).saturating_mul(self.outputs() as u64)
    }
}

#[cfg(test)]
mod tests {
    use nn_core::Parameters;

    use super::*;
    use crate::testing::{check_layer, grid};

    #[test]
    fn it_is_the_sum_over_inputs_plus_bias() {
        let (x, w, b) = (grid([2, 2, 3]), grid([4, 3]), grid([4]));
        let layer = Linear::from_tensors(w.clone(), Some(b.clone())).unwrap();
        let y = layer.forward(&x, &mut Context::evaluate()).unwrap();
        for (i, j, o) in
            (0..2).flat_map(|i| (0..2).flat_map(move |j| (0..4).map(move |o| (i, j, o))))
        {
            let dot: f64 = (0..3)
                .map(|k| x.get(&[i, j, k]).unwrap() * w.get(&[o, k]).unwrap())
                .sum();
            let expected = dot + b.get(&[o]).unwrap();
            assert!((y.get(&[i, j, o]).unwrap() - expected).abs() < 1e-14);
        }
    }

    #[test]
    fn shapes_and_gradients() {
        for bias in [true, false] {
            let spec = LinearSpec {
                bias,
                ..LinearSpec::new(3)
            };
            let mut layer = spec.build(5, DType::F64, &mut Rng::new(1)).unwrap();
            for shape in [
                Shape::from([4, 5]),
                Shape::from([2, 3, 5]),
                Shape::from([1, 5]),
            ] {
                check_layer(&mut layer, &shape);
            }
            assert_eq!(layer.parameter_count(), 15 + 3 * usize::from(bias));
        }
    }

    #[test]
    fn it_starts_like_pytorch() {
        let layer = Linear::new(64, 2000, &mut Rng::new(3)).unwrap();
        for parameter in [layer.weight(), layer.bias().unwrap()] {
            let values = parameter.value().to_vec::<f32>().unwrap();
            assert!(values.iter().all(|x| x.abs() <= 0.125));
            assert!(values.iter().any(|x| x.abs() > 0.12));
        }
    }

    #[test]
    fn errors_name_what_would_fit() {
        let layer = Linear::new(784, 128, &mut Rng::new(0)).unwrap();
        assert_eq!(
            layer
                .output_shape(&Shape::from([64, 100]))
                .unwrap_err()
                .to_string(),
            "linear: input is [64, 100], its last dimension must be 784"
        );
        assert_eq!(
            layer
                .output_shape(&Shape::from(()))
                .unwrap_err()
                .to_string(),
            "linear: input is [], its last dimension must be 784"
        );
        assert_eq!(
            Linear::new(0, 3, &mut Rng::new(0)).unwrap_err().to_string(),
            "linear: 0 inputs and 3 units were asked for; both must be at least 1"
        );
        assert_eq!(
            Linear::from_tensors(grid([2, 3]), Some(grid([3])))
                .unwrap_err()
                .to_string(),
            "linear: the bias must be [2], not [3]"
        );
        let doubles = Tensor::zeros([2, 784], DType::F64).unwrap();
        let error = layer
            .forward(&doubles, &mut Context::evaluate())
            .unwrap_err();
        assert!(matches!(error, Error::DType { .. }), "{error}");
        assert_eq!(layer.describe(), "Linear 784→128");
        assert_eq!(layer.multiply_adds(&Shape::from([2, 784])), 2 * 784 * 128);
    }
}
