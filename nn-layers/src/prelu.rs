//! ReLU with a learned slope.

use nn_core::{Context, DType, Error, Parameter, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use crate::{Layer, LayerSpec};

/// `y = max(x, 0) + a·min(x, 0)` with a learned slope `a`, one for all or one per channel.
///
/// He et al. 2015, "Delving deep into rectifiers".
///
/// # Shapes
/// input `[N, C, …]`, weight `a [1]` or `[C]`, output as the input.
///
/// ```
/// use nn_core::{Context, DType, Tensor};
/// use nn_layers::{Layer, Prelu};
/// # fn main() -> nn_core::Result<()> {
/// let layer = Prelu::new(1, 0.25, DType::F32)?;
/// let x = Tensor::from_vec(vec![-2.0f32, 3.0], [1, 2])?;
/// assert_eq!(layer.forward(&x, &mut Context::evaluate())?.to_vec::<f32>()?, [-0.5, 3.0]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Prelu {
    weight: Parameter,
    spec: PreluSpec,
}

crate::parameters!(Prelu { weight });

/// The description of a [`Prelu`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PreluSpec {
    /// Whether each channel (axis 1) has a slope of its own. Default `false`.
    pub per_channel: bool,
    /// The first slope. Default 0.25.
    pub slope: f64,
}

impl Default for PreluSpec {
    fn default() -> Self {
        PreluSpec {
            per_channel: false,
            slope: 0.25,
        }
    }
}

impl PreluSpec {
    /// The layer for inputs of shape `input`, with the batch axis.
    ///
    /// # Errors
    /// [`Error::Shape`] if there is no channel axis but each channel shall have a slope.
    pub fn build(&self, input: &Shape, dtype: DType) -> Result<Prelu> {
        let channels = match (self.per_channel, input.get(1)) {
            (false, _) => 1,
            (true, Some(&channels)) => channels,
            (true, None) => {
                let problem = format!("input is {input} and has no channel axis 1");
                return Err(Error::shape("prelu", problem));
            }
        };
        let prelu = Prelu::new(channels, self.slope, dtype)?;
        Ok(Prelu {
            spec: self.clone(),
            ..prelu
        })
    }
}

impl Prelu {
    /// A layer with `slopes` slopes: 1, or the number of channels.
    ///
    /// # Errors
    /// [`Error::Value`] if `slopes` is 0 or `slope` is not finite.
    pub fn new(slopes: usize, slope: f64, dtype: DType) -> Result<Prelu> {
        if slopes == 0 || !slope.is_finite() {
            let problem = format!(
                "{slopes} slopes of {slope} were asked for; it takes at least one finite slope"
            );
            return Err(Error::value("prelu", problem));
        }
        Ok(Prelu {
            weight: Parameter::new(Tensor::full([slopes], slope, dtype)?),
            spec: PreluSpec {
                per_channel: slopes > 1,
                slope,
            },
        })
    }

    fn slopes(&self) -> usize {
        self.weight.value().len()
    }
}

impl Layer for Prelu {
    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        self.output_shape(x.shape())?;
        let mut slope = cx.param(&self.weight);
        if self.slopes() > 1 && x.rank() > 2 {
            // [C] → [C, 1, …], so that it is aligned with axis 1.
            let shape: Shape = [self.slopes()]
                .into_iter()
                .chain(x.dims()[2..].iter().map(|_| 1))
                .collect();
            slope = slope.reshape(shape)?;
        }
        x.relu()?
            .add(&x.clamp(f64::NEG_INFINITY, 0.0)?.mul(&slope)?)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let slopes = self.slopes();
        if slopes > 1 && input.get(1) != Some(&slopes) {
            let problem = format!("input is {input}, its axis 1 must have size {slopes}");
            return Err(Error::shape("prelu", problem));
        }
        Ok(input.clone())
    }

    fn describe(&self) -> String {
        match self.slopes() {
            1 => "PReLU".into(),
            channels => format!("PReLU {channels}"),
        }
    }

    fn spec(&self) -> Option<LayerSpec> {
        Some(self.spec.clone().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_layer, grid};

    #[test]
    fn each_channel_has_its_slope() {
        let mut layer = Prelu::new(3, 0.25, DType::F64).unwrap();
        layer
            .weight
            .set_value(&Tensor::from_vec(vec![0.1, 0.2, 0.3], [3]).unwrap())
            .unwrap();
        let x = grid([2, 3, 4]);
        let y = layer.forward(&x, &mut Context::evaluate()).unwrap();
        for (n, c, i) in
            (0..2).flat_map(|n| (0..3).flat_map(move |c| (0..4).map(move |i| (n, c, i))))
        {
            let x = x.get(&[n, c, i]).unwrap();
            let expected = if x > 0.0 { x } else { 0.1 * (c + 1) as f64 * x };
            assert!((y.get(&[n, c, i]).unwrap() - expected).abs() < 1e-15);
        }
    }

    #[test]
    fn shapes_and_gradients() {
        check_layer(
            &mut Prelu::new(1, 0.25, DType::F64).unwrap(),
            &Shape::from([3, 4]),
        );
        check_layer(
            &mut Prelu::new(4, 0.25, DType::F64).unwrap(),
            &Shape::from([3, 4]),
        );
        check_layer(
            &mut Prelu::new(4, -0.5, DType::F64).unwrap(),
            &Shape::from([2, 4, 3]),
        );
    }

    #[test]
    fn a_wrong_channel_axis_is_refused() {
        let layer = Prelu::new(3, 0.25, DType::F32).unwrap();
        assert_eq!(
            layer
                .output_shape(&Shape::from([8, 4]))
                .unwrap_err()
                .to_string(),
            "prelu: input is [8, 4], its axis 1 must have size 3"
        );
    }
}
