//! Dropout of whole channels.

use nn_core::{Context, Error, Purpose, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use crate::{Layer, LayerSpec};

/// In training, sets whole channels of a sample to 0 with probability `p` and multiplies the others by `1/(1 − p)`;
/// otherwise passes its input on.
///
/// Neighbouring places of an image are much alike, so that dropping single ones takes little away. Tompson et al. 2015,
/// "Efficient object localization using convolutional networks". PyTorch's `Dropout1d`, `2d` and `3d`.
///
/// # Shapes
/// input `[N, C, …]`, output as the input.
///
/// ```
/// use nn_core::{Context, DType, Tensor};
/// use nn_layers::{Layer, SpatialDropout};
/// # fn main() -> nn_core::Result<()> {
/// let x = Tensor::ones([2, 8, 3, 3], DType::F32)?;
/// let y = SpatialDropout::new(0.5)?.forward(&x, &mut Context::train(42, 0))?.to_vec::<f32>()?;
/// assert!(y.chunks(9).all(|channel| channel.iter().all(|y| *y == channel[0])));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "SpatialDropoutSpec", into = "SpatialDropoutSpec")]
pub struct SpatialDropout {
    p: f64,
}

crate::parameters!(SpatialDropout {});

#[derive(Serialize, Deserialize)]
#[serde(rename = "SpatialDropout", deny_unknown_fields)]
struct SpatialDropoutSpec {
    #[serde(default = "half")]
    p: f64,
}

fn half() -> f64 {
    0.5
}

impl TryFrom<SpatialDropoutSpec> for SpatialDropout {
    type Error = Error;
    fn try_from(spec: SpatialDropoutSpec) -> Result<SpatialDropout> {
        SpatialDropout::new(spec.p)
    }
}

impl From<SpatialDropout> for SpatialDropoutSpec {
    fn from(layer: SpatialDropout) -> SpatialDropoutSpec {
        SpatialDropoutSpec { p: layer.p }
    }
}

impl SpatialDropout {
    /// Drops with probability `p`. A recipe may leave it out; it is then 0.5.
    ///
    /// # Errors
    /// [`Error::Value`] unless `0 ≤ p < 1`.
    pub fn new(p: f64) -> Result<SpatialDropout> {
        if !(0.0..1.0).contains(&p) {
            let problem = format!("p = {p} must be at least 0 and less than 1");
            return Err(Error::value("spatial_dropout", problem));
        }
        Ok(SpatialDropout { p })
    }
}

impl Layer for SpatialDropout {
    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        self.output_shape(x.shape())?;
        if !cx.is_training() || self.p == 0.0 {
            return Ok(x.clone());
        }
        x.dropout_channels(self.p, &mut cx.rng(Purpose::Dropout))
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        if input.rank() < 2 {
            let problem = format!("input is {input}, it must be [N, C, …]");
            return Err(Error::shape("spatial_dropout", problem));
        }
        Ok(input.clone())
    }

    fn describe(&self) -> String {
        format!("SpatialDropout {}", self.p)
    }

    fn spec(&self) -> Option<LayerSpec> {
        Some(self.clone().into())
    }
}

#[cfg(test)]
mod tests {
    use nn_core::DType;

    use super::*;
    use crate::testing::check_layer;

    #[test]
    fn it_drops_whole_channels() {
        let x = Tensor::ones([50, 40, 3, 2], DType::F64).unwrap();
        let layer = SpatialDropout::new(0.3).unwrap();
        let draw = |step| {
            let y = layer.forward(&x, &mut Context::train(1, step)).unwrap();
            y.to_vec::<f64>().unwrap()
        };
        let y = draw(0);
        let dropped = y.chunks(6).filter(|channel| channel[0] == 0.0).count();
        assert!((540..660).contains(&dropped), "{dropped} of 2000");
        for channel in y.chunks(6) {
            assert!(
                channel.iter().all(|y| *y == 0.0)
                    || channel.iter().all(|y| (y - 1.0 / 0.7).abs() < 1e-12)
            );
        }
        assert_eq!(y, draw(0));
        assert_ne!(y, draw(1));
        let used = layer.forward(&x, &mut Context::evaluate()).unwrap();
        assert_eq!(used.to_vec::<f64>().unwrap(), x.to_vec::<f64>().unwrap());
    }

    #[test]
    fn shapes_and_gradients() {
        for shape in [
            Shape::from([3, 5]),
            Shape::from([2, 5, 3]),
            Shape::from([2, 5, 2, 3]),
        ] {
            check_layer(&mut SpatialDropout::new(0.4).unwrap(), &shape);
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for p in [-0.1, 1.0, f64::NAN] {
            assert_eq!(
                SpatialDropout::new(p).unwrap_err().to_string(),
                format!("spatial_dropout: p = {p} must be at least 0 and less than 1")
            );
        }
        assert!(
            SpatialDropout::new(0.5)
                .unwrap()
                .output_shape(&Shape::from([3]))
                .is_err()
        );
    }
}
