//! The shortcut without weights.

use nn_core::{Context, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use crate::{Layer, LayerSpec};

/// Every `stride`-th place along each spatial axis; then zeros as new channels until there are `channels`.
///
/// He et al. 2015, "Deep residual learning", section 3.3, option A: the shortcut of a [`Residual`](crate::Residual) block that halves
/// the picture and doubles the channels, without a parameter.
///
/// # Shapes
/// input `[N, C, W…]`, output `[N, channels, ⌈W/stride⌉…]`
///
/// ```
/// use nn_core::{Context, DType, Tensor};
/// use nn_layers::{Layer, PadShortcut};
/// # fn main() -> nn_core::Result<()> {
/// let layer = PadShortcut { channels: 32, stride: 2 };
/// let x = Tensor::ones([8, 16, 32, 32], DType::F32)?;
/// assert_eq!(layer.forward(&x, &mut Context::evaluate())?.dims(), [8, 32, 16, 16]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PadShortcut {
    /// Channels of the output, at least those of the input.
    pub channels: usize,
    /// Places from one that is kept to the next. Default 2.
    #[serde(default = "two")]
    pub stride: usize,
}

fn two() -> usize {
    2
}

crate::parameters!(PadShortcut {});

impl Layer for PadShortcut {
    fn forward(&self, x: &Tensor, _: &mut Context) -> Result<Tensor> {
        x.subsample(self.stride, self.channels)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        nn_core::subsampled(input, self.stride, self.channels)
    }

    fn describe(&self) -> String {
        format!("PadShortcut →{}, stride {}", self.channels, self.stride)
    }

    fn spec(&self) -> Option<LayerSpec> {
        Some(self.clone().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check_layer;

    #[test]
    fn shapes_and_gradients() {
        let mut layer = PadShortcut {
            channels: 5,
            stride: 2,
        };
        for shape in [&[2, 3, 5, 4][..], &[1, 5, 7], &[2, 1, 2, 3, 2]] {
            check_layer(&mut layer, &Shape::from(shape));
        }
    }

    #[test]
    fn a_recipe_says_what_is_missing() {
        let spec: LayerSpec = toml::from_str("type = 'pad_shortcut'\nchannels = 8").unwrap();
        assert_eq!(
            spec,
            PadShortcut {
                channels: 8,
                stride: 2
            }
            .into()
        );
        let error = toml::from_str::<LayerSpec>("type = 'pad_shortcut'").unwrap_err();
        assert_eq!(
            error.message(),
            r#"layer "pad_shortcut": the key "channels" is missing"#
        );
    }
}
