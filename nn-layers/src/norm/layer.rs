//! Layer normalisation, and normalisation by the root mean square.

use nn_core::{Context, DType, Error, Parameter, Result, Shape, Tensor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{expect_eps, is_true, is_usual_eps, usual_eps, yes};
use crate::{Layer, LayerSpec};

/// `y = γ·(x − mean)/√(variance + eps) + β`, mean and (biased) variance over the last axes of each sample.
///
/// Ba, Kiros and Hinton 2016, "Layer normalization". PyTorch's `LayerNorm`.
///
/// # Shapes
/// input `[…, normalized_shape]`, weight γ and bias β `normalized_shape`, output as the input.
///
/// ```
/// use nn_core::{Context, Tensor};
/// use nn_layers::{Layer, LayerNorm};
/// # fn main() -> nn_core::Result<()> {
/// let layer = LayerNorm::new([2])?;
/// let x = Tensor::from_vec(vec![1.0f32, 3.0], [1, 2])?;
/// let y = layer.forward(&x, &mut Context::evaluate())?.to_vec::<f32>()?;
/// assert!((y[0] + 1.0).abs() < 1e-4 && (y[1] - 1.0).abs() < 1e-4);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct LayerNorm {
    weight: Option<Parameter>,
    bias: Option<Parameter>,
    shape: Shape,
    spec: LayerNormSpec,
}

crate::parameters!(LayerNorm { weight?, bias? });

/// The description of a [`LayerNorm`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerNormSpec {
    /// The sizes of the last axes, a number or a list. Default: the last axis alone.
    #[serde(
        default,
        deserialize_with = "one_or_many",
        skip_serializing_if = "Option::is_none"
    )]
    pub normalized_shape: Option<Shape>,
    /// Added to the variance. Default 1e-5.
    #[serde(default = "usual_eps", skip_serializing_if = "is_usual_eps")]
    pub eps: f64,
    /// Whether γ (and β) are learned. Default `true`.
    #[serde(default = "yes", skip_serializing_if = "is_true", alias = "affine")]
    pub elementwise_affine: bool,
    /// Whether there is a β beside γ. Default `true`.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub bias: bool,
}

impl Default for LayerNormSpec {
    fn default() -> Self {
        LayerNormSpec {
            normalized_shape: None,
            eps: usual_eps(),
            elementwise_affine: true,
            bias: true,
        }
    }
}

/// `y = γ·x/√(mean(x²) + eps)`, the mean over the last axes of each sample.
///
/// Zhang and Sennrich 2019, "Root mean square layer normalization". PyTorch's `RMSNorm`.
///
/// # Shapes
/// input `[…, normalized_shape]`, weight γ `normalized_shape`, output as the input.
#[derive(Debug, Clone)]
pub struct RmsNorm {
    weight: Option<Parameter>,
    shape: Shape,
    eps: f64,
    spec: RmsNormSpec,
}

crate::parameters!(RmsNorm { weight? });

/// The description of an [`RmsNorm`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RmsNormSpec {
    /// The sizes of the last axes, a number or a list. Default: the last axis alone.
    #[serde(
        default,
        deserialize_with = "one_or_many",
        skip_serializing_if = "Option::is_none"
    )]
    pub normalized_shape: Option<Shape>,
    /// Added to the mean square. Default: the distance from 1 to the next number of the elements' type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eps: Option<f64>,
    /// Whether γ is learned. Default `true`.
    #[serde(default = "yes", skip_serializing_if = "is_true", alias = "affine")]
    pub elementwise_affine: bool,
}

impl Default for RmsNormSpec {
    fn default() -> Self {
        RmsNormSpec {
            normalized_shape: None,
            eps: None,
            elementwise_affine: true,
        }
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Shape>, D::Error> {
    #[derive(Deserialize)]
    #[serde(
        untagged,
        expecting = "normalized_shape must be a whole number or a list of them"
    )]
    enum Written {
        One(usize),
        Many(Shape),
    }
    Ok(Some(match Written::deserialize(deserializer)? {
        Written::One(size) => Shape::from(size),
        Written::Many(shape) => shape,
    }))
}

/// The given sizes, or that of the last axis.
fn shape_for(layer: &'static str, given: &Option<Shape>, input: &Shape) -> Result<Shape> {
    let shape = match (given, input.last()) {
        (Some(shape), _) => shape.clone(),
        (None, Some(&last)) => Shape::from(last),
        (None, None) => Shape::default(),
    };
    if shape.rank() == 0 || shape.contains(&0) {
        let problem = format!("normalized_shape = {shape} must have at least one element");
        return Err(Error::value(layer, problem));
    }
    Ok(shape)
}

fn expect_trailing(layer: &'static str, input: &Shape, shape: &Shape) -> Result<Shape> {
    if input.ends_with(shape) {
        return Ok(input.clone());
    }
    let problem = format!("input is {input}, its last axes must be {shape}");
    Err(Error::shape(layer, problem))
}

/// `16`, or `16×5×5`.
fn sizes(shape: &Shape) -> String {
    let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
    sizes.join("×")
}

impl LayerNormSpec {
    /// The layer for inputs of shape `input`.
    ///
    /// # Errors
    /// [`Error::Value`] if a setting is outside its domain.
    pub fn build(&self, input: &Shape, dtype: DType) -> Result<LayerNorm> {
        const NAME: &str = "layer_norm";
        let shape = shape_for(NAME, &self.normalized_shape, input)?;
        expect_eps(NAME, self.eps)?;
        let (weight, bias) = super::affine(&shape, dtype, self.elementwise_affine)?;
        let bias = bias.filter(|_| self.bias);
        Ok(LayerNorm {
            weight,
            bias,
            shape,
            spec: self.clone(),
        })
    }
}

impl RmsNormSpec {
    /// The layer for inputs of shape `input`.
    ///
    /// # Errors
    /// [`Error::Value`] if a setting is outside its domain.
    pub fn build(&self, input: &Shape, dtype: DType) -> Result<RmsNorm> {
        const NAME: &str = "rms_norm";
        let shape = shape_for(NAME, &self.normalized_shape, input)?;
        let eps = self.eps.unwrap_or(match dtype {
            DType::F64 => f64::EPSILON,
            _ => f64::from(f32::EPSILON),
        });
        expect_eps(NAME, eps)?;
        let (weight, _) = super::affine(&shape, dtype, self.elementwise_affine)?;
        Ok(RmsNorm {
            weight,
            shape,
            eps,
            spec: self.clone(),
        })
    }
}

impl LayerNorm {
    /// A layer over last axes of these sizes with the defaults, in `f32`; [`LayerNormSpec`] offers more choice.
    ///
    /// # Errors
    /// [`Error::Value`] if there is no element.
    pub fn new(normalized_shape: impl Into<Shape>) -> Result<LayerNorm> {
        let shape = normalized_shape.into();
        let spec = LayerNormSpec {
            normalized_shape: Some(shape.clone()),
            ..LayerNormSpec::default()
        };
        spec.build(&shape, DType::F32)
    }
}

impl RmsNorm {
    /// A layer over last axes of these sizes with the defaults, in `f32`; [`RmsNormSpec`] offers more choice.
    ///
    /// # Errors
    /// [`Error::Value`] if there is no element.
    pub fn new(normalized_shape: impl Into<Shape>) -> Result<RmsNorm> {
        let shape = normalized_shape.into();
        let spec = RmsNormSpec {
            normalized_shape: Some(shape.clone()),
            ..RmsNormSpec::default()
        };
        spec.build(&shape, DType::F32)
    }
}

impl Layer for LayerNorm {
    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        self.output_shape(x.shape())?;
        let weight = self.weight.as_ref().map(|p| cx.param(p));
        let bias = self.bias.as_ref().map(|p| cx.param(p));
        x.layer_norm(&self.shape, weight.as_ref(), bias.as_ref(), self.spec.eps)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        expect_trailing("layer_norm", input, &self.shape)
    }

    fn describe(&self) -> String {
        format!("LayerNorm {}", sizes(&self.shape))
    }

    fn spec(&self) -> Option<LayerSpec> {
        Some(self.spec.clone().into())
    }
}

impl Layer for RmsNorm {
    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        self.output_shape(x.shape())?;
        let weight = self.weight.as_ref().map(|p| cx.param(p));
        x.rms_norm(&self.shape, weight.as_ref(), self.eps)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        expect_trailing("rms_norm", input, &self.shape)
    }

    fn describe(&self) -> String {
        format!("RMSNorm {}", sizes(&self.shape))
    }

    fn spec(&self) -> Option<LayerSpec> {
        Some(self.spec.clone().into())
    }
}

#[cfg(test)]
mod tests {
    use nn_core::Parameters;

    use super::*;
    use crate::testing::check_layer;

    #[test]
    fn shapes_and_gradients() {
        for (given, shape) in [
            (None, Shape::from([3, 5])),
            (Some(Shape::from([4, 3])), Shape::from([2, 4, 3])),
            (Some(Shape::from([2, 3, 4])), Shape::from([3, 2, 3, 4])),
        ] {
            for (elementwise_affine, bias) in [(true, true), (true, false), (false, true)] {
                let eps = 1e-3;
                let spec = LayerNormSpec {
                    normalized_shape: given.clone(),
                    eps,
                    elementwise_affine,
                    bias,
                };
                check_layer(&mut spec.build(&shape, DType::F64).unwrap(), &shape);
                let spec = RmsNormSpec {
                    normalized_shape: given.clone(),
                    eps: None,
                    elementwise_affine,
                };
                check_layer(&mut spec.build(&shape, DType::F64).unwrap(), &shape);
            }
        }
    }

    #[test]
    fn shapes_are_read_as_number_or_list() {
        let read = |text: &str| {
            toml::from_str::<LayerNormSpec>(text)
                .unwrap()
                .normalized_shape
        };
        assert_eq!(read("normalized_shape = 7"), Some(Shape::from([7])));
        assert_eq!(read("normalized_shape = [2, 7]"), Some(Shape::from([2, 7])));
        assert_eq!(read(""), None);
        assert!(toml::from_str::<LayerNormSpec>("normalized_shape = 'all'").is_err());
        let layer = LayerNorm::new([16, 5, 5]).unwrap();
        assert_eq!(
            (layer.describe().as_str(), layer.parameter_count()),
            ("LayerNorm 16×5×5", 800)
        );
        assert_eq!(RmsNorm::new([8]).unwrap().describe(), "RMSNorm 8");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let layer = LayerNorm::new([7]).unwrap();
        let error = layer.output_shape(&Shape::from([2, 6])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "layer_norm: input is [2, 6], its last axes must be [7]"
        );
        assert!(
            RmsNorm::new([7])
                .unwrap()
                .output_shape(&Shape::from(()))
                .is_err()
        );
        assert!(LayerNorm::new([0]).is_err() && LayerNorm::new(()).is_err());
        let spec = LayerNormSpec {
            eps: -1.0,
            ..LayerNormSpec::default()
        };
        assert!(spec.build(&Shape::from([1, 3]), DType::F32).is_err());
    }
}
