//! Images in another size.

use nn_core::{Context, EachAxis, Error, Interpolation, Resize, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use crate::{Layer, LayerSpec};

/// Brings images to another size.
///
/// Nearest takes place ⌊o·W/O⌋; linear weighs the two nearest places on each axis. PyTorch's `Upsample` with modes
/// `nearest`, `linear`, `bilinear` and `trilinear`, the last three of which are one here.
///
/// # Shapes
/// input `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]`; samples and channels stay; with a factor, the size of each
/// axis of places becomes ⌊W·factor⌋.
///
/// ```
/// use nn_core::{Context, DType, Resize, Tensor};
/// use nn_layers::{Layer, Upsample};
/// # fn main() -> nn_core::Result<()> {
/// let x = Tensor::ones([1, 16, 7, 7], DType::F32)?;
/// let twice = Upsample::nearest(Resize::By(2.0.into()));
/// assert_eq!(twice.forward(&x, &mut Context::evaluate())?.dims(), [1, 16, 14, 14]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "UpsampleSpec", into = "UpsampleSpec")]
pub struct Upsample {
    resize: Resize,
    interpolation: Interpolation,
}

crate::parameters!(Upsample {});

#[derive(Serialize, Deserialize)]
#[serde(rename = "Upsample", deny_unknown_fields)]
struct UpsampleSpec {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<EachAxis<usize>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scale_factor: Option<EachAxis<f64>>,
    #[serde(default, skip_serializing_if = "UpsampleMode::is_nearest")]
    mode: UpsampleMode,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    align_corners: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum UpsampleMode {
    #[default]
    Nearest,
    #[serde(alias = "bilinear", alias = "trilinear")]
    Linear,
}

impl UpsampleMode {
    fn is_nearest(&self) -> bool {
        *self == UpsampleMode::Nearest
    }
}

impl TryFrom<UpsampleSpec> for Upsample {
    type Error = Error;
    fn try_from(spec: UpsampleSpec) -> Result<Upsample> {
        let refuse = |problem: &str| Err(Error::value("upsample", problem));
        let resize = match (spec.size, spec.scale_factor) {
            (Some(size), None) => Resize::To(size),
            (None, Some(factor)) => Resize::By(factor),
            _ => return refuse("it takes either size or scale_factor"),
        };
        let interpolation = match (spec.mode, spec.align_corners) {
            (UpsampleMode::Nearest, false) => Interpolation::Nearest,
            (UpsampleMode::Nearest, true) => return refuse("align_corners is of mode linear"),
            (UpsampleMode::Linear, align_corners) => Interpolation::Linear { align_corners },
        };
        Ok(Upsample {
            resize,
            interpolation,
        })
    }
}

impl From<Upsample> for UpsampleSpec {
    fn from(layer: Upsample) -> UpsampleSpec {
        let (size, scale_factor) = match layer.resize {
            Resize::To(size) => (Some(size), None),
            Resize::By(factor) => (None, Some(factor)),
        };
        let (mode, align_corners) = match layer.interpolation {
            Interpolation::Nearest => (UpsampleMode::Nearest, false),
            Interpolation::Linear { align_corners } => (UpsampleMode::Linear, align_corners),
        };
        UpsampleSpec {
            size,
            scale_factor,
            mode,
            align_corners,
        }
    }
}

impl Upsample {
    /// Each place from the nearest of the input.
    pub fn nearest(resize: Resize) -> Upsample {
        Upsample {
            resize,
            interpolation: Interpolation::Nearest,
        }
    }

    /// Each place from those around it. With `align_corners` the outermost places of input and output coincide.
    pub fn linear(resize: Resize, align_corners: bool) -> Upsample {
        Upsample {
            resize,
            interpolation: Interpolation::Linear { align_corners },
        }
    }
}

impl Layer for Upsample {
    fn forward(&self, x: &Tensor, _: &mut Context) -> Result<Tensor> {
        x.upsample(&self.resize, self.interpolation)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.resize.output_shape("upsample", input)
    }

    fn describe(&self) -> String {
        let size = match &self.resize {
            Resize::To(size) => format!("to {size}"),
            Resize::By(factor) => format!("by {factor}"),
        };
        let how = match self.interpolation {
            Interpolation::Nearest => "nearest",
            Interpolation::Linear { .. } => "linear",
        };
        format!("Upsample {size}, {how}")
    }

    fn spec(&self) -> Option<LayerSpec> {
        Some(self.clone().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_layer, grid};

    #[test]
    fn shapes_and_gradients() {
        let sizes = [
            Resize::By(2.0.into()),
            Resize::By(0.6.into()),
            Resize::To(5.into()),
        ];
        for (resize, shape) in sizes
            .iter()
            .flat_map(|r| [Shape::from([2, 3, 4]), Shape::from([1, 2, 5, 3])].map(|s| (r, s)))
        {
            check_layer(&mut Upsample::nearest(resize.clone()), &shape);
            check_layer(&mut Upsample::linear(resize.clone(), false), &shape);
            check_layer(&mut Upsample::linear(resize.clone(), true), &shape);
        }
        let layer = Upsample::linear(Resize::By([2.0, 1.5].into()), false);
        assert_eq!(layer.describe(), "Upsample by 2×1.5, linear");
    }

    #[test]
    fn settings_that_cannot_be_are_refused() {
        let read = |text: &str| serde_json::from_str::<Upsample>(text).map_err(|e| e.to_string());
        for text in [
            r#"{}"#,
            r#"{"size": 3, "scale_factor": 2}"#,
            r#"{"size": 3, "align_corners": true}"#,
            r#"{"size": -3}"#,
            r#"{"size": []}"#,
            r#"{"size": [1, 2, 3, 4]}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        let x = grid([1, 2, 3]);
        for resize in [
            Resize::To(0.into()),
            Resize::By(0.1.into()),
            Resize::By((-1.0).into()),
            Resize::By(f64::NAN.into()),
            Resize::By(f64::INFINITY.into()),
            Resize::By([1.0, 2.0].into()),
            Resize::By(1e18.into()),
            Resize::To((usize::MAX / 2).into()),
        ] {
            for layer in [
                Upsample::nearest(resize.clone()),
                Upsample::linear(resize.clone(), true),
            ] {
                assert!(
                    layer.forward(&x, &mut Context::evaluate()).is_err(),
                    "{resize:?}"
                );
            }
        }
    }
}
