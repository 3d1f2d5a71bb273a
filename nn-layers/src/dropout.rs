//! Dropout.

use nn_core::{Context, Error, Purpose, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use crate::{Layer, LayerSpec};

/// In training, sets each element to 0 with probability `p` and multiplies the others by `1/(1 − p)`, so that the
/// mean stays; otherwise passes its input on.
///
/// Srivastava et al. 2014. The draws are a function of the context's seed and step, so a restarted run drops
/// the same elements.
///
/// # Shapes
/// Any; the output's is the input's.
///
/// ```
/// use nn_core::{Context, DType, Tensor};
/// use nn_layers::{Dropout, Layer};
/// # fn main() -> nn_core::Result<()> {
/// let layer = Dropout::new(0.5)?;
/// let x = Tensor::ones([1000], DType::F32)?;
/// let y = layer.forward(&x, &mut Context::train(42, 0))?;
/// assert!(y.to_vec::<f32>()?.iter().all(|&y| y == 0.0 || y == 2.0));
/// let y = layer.forward(&x, &mut Context::evaluate())?;
/// assert!(y.to_vec::<f32>()?.iter().all(|&y| y == 1.0));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "DropoutSpec", into = "DropoutSpec")]
pub struct Dropout {
    p: f64,
}

crate::parameters!(Dropout {});

#[derive(Serialize, Deserialize)]
#[serde(rename = "Dropout", deny_unknown_fields)]
struct DropoutSpec {
    #[serde(default = "half")]
    p: f64,
}

fn half() -> f64 {
    0.5
}

impl TryFrom<DropoutSpec> for Dropout {
    type Error = Error;
    fn try_from(spec: DropoutSpec) -> Result<Dropout> {
        Dropout::new(spec.p)
    }
}

impl From<Dropout> for DropoutSpec {
    fn from(layer: Dropout) -> DropoutSpec {
        DropoutSpec { p: layer.p }
    }
}

impl Dropout {
    /// `p` = ¼.
    pub const QUARTER: Dropout = Dropout { p: 0.25 };
    /// `p` = ½.
    pub const HALF: Dropout = Dropout { p: 0.5 };

    /// Drops with probability `p`. A recipe may leave it out; it is then 0.5.
    ///
    /// # Errors
    /// [`Error::Value`] unless `0 ≤ p < 1`.
    pub fn new(p: f64) -> Result<Dropout> {
        if !(0.0..1.0).contains(&p) {
            return Err(Error::value(
                "dropout",
                format!("p = {p} must be at least 0 and less than 1"),
            ));
        }
        Ok(Dropout { p })
    }

    /// The probability.
    pub fn p(&self) -> f64 {
        self.p
    }
}

impl Layer for Dropout {
    fn forward(&self, x: &Tensor, cx: &mut Context) -> Result<Tensor> {
        if !cx.is_training() || self.p == 0.0 {
            return Ok(x.clone());
        }
        x.dropout(self.p, &mut cx.rng(Purpose::Dropout))
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn describe(&self) -> String {
        format!("Dropout {}", self.p)
    }

    fn spec(&self) -> Option<LayerSpec> {
        Some(self.clone().into())
    }
}

#[cfg(test)]
mod tests {
    use nn_core::{DType, Mode};

    use super::*;
    use crate::testing::check_layer;

    #[test]
    fn it_drops_the_given_share_and_keeps_the_mean() {
        let x = Tensor::ones([100_000], DType::F64).unwrap();
        for p in [0.1, 0.5, 0.9] {
            let y = Dropout::new(p)
                .unwrap()
                .forward(&x, &mut Context::train(1, 0))
                .unwrap();
            let y = y.to_vec::<f64>().unwrap();
            let dropped = y.iter().filter(|&&y| y == 0.0).count() as f64 / 1e5;
            let mean = y.iter().sum::<f64>() / 1e5;
            assert!((dropped - p).abs() < 0.01, "{dropped}");
            assert!((mean - 1.0).abs() < 0.05, "{mean}");
            let kept = 1.0 / (1.0 - p);
            assert!(y.iter().all(|&y| y == 0.0 || (y - kept).abs() < 1e-12));
        }
    }

    #[test]
    fn draws_depend_on_seed_step_and_call_only() {
        let x = Tensor::ones([64], DType::F32).unwrap();
        let layer = Dropout::new(0.5).unwrap();
        let draw = |seed, step, skip| {
            let mut cx = Context::train(seed, step);
            (0..skip).for_each(|_| drop(layer.forward(&x, &mut cx)));
            layer.forward(&x, &mut cx).unwrap().to_vec::<f32>().unwrap()
        };
        assert_eq!(draw(1, 2, 0), draw(1, 2, 0));
        for other in [draw(2, 2, 0), draw(1, 3, 0), draw(1, 2, 1)] {
            assert_ne!(draw(1, 2, 0), other);
        }
    }

    #[test]
    fn the_gradient_passes_where_the_value_did() {
        check_layer(&mut Dropout::new(0.4).unwrap(), &Shape::from([5, 7]));
        let x = Tensor::ones([50], DType::F64).unwrap();
        let mut cx = Context::with_tape(Mode::Train, 3, 0);
        let x = cx.tape().unwrap().watch(&x);
        let y = Dropout::new(0.4).unwrap().forward(&x, &mut cx).unwrap();
        let expected = y.to_vec::<f64>().unwrap();
        let gradients = cx.backward(&y.sum(..).unwrap()).unwrap();
        assert_eq!(
            gradients.get(&x).unwrap().to_vec::<f64>().unwrap(),
            expected
        );
    }

    #[test]
    fn a_probability_outside_is_refused() {
        for p in [-0.1, 1.0, f64::NAN] {
            assert_eq!(
                Dropout::new(p).unwrap_err().to_string(),
                format!("dropout: p = {p} must be at least 0 and less than 1")
            );
        }
    }
}
