//! Places added around images.

use nn_core::{Context, PadMode, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use crate::{Layer, LayerSpec};

/// Adds places around images: zeros, the image mirrored, or its outermost places again.
///
/// PyTorch's `ZeroPad`, `ReflectionPad` and `ReplicationPad`, with the amounts in the order of the axes.
///
/// # Shapes
/// input `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]`; each axis of places grows by both its amounts.
///
/// ```
/// use nn_core::{Context, DType, PadMode, Tensor};
/// use nn_layers::{Layer, Pad};
/// # fn main() -> nn_core::Result<()> {
/// let layer = Pad::new([(1, 1), (2, 0)], PadMode::Reflect);
/// let x = Tensor::zeros([1, 3, 4, 4], DType::F32)?;
/// assert_eq!(layer.forward(&x, &mut Context::evaluate())?.dims(), [1, 3, 6, 6]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pad {
    /// Places before and after, for each axis of places; one entry stands for all.
    pub padding: Vec<(usize, usize)>,
    /// What they hold. Default zeros.
    #[serde(default)]
    pub mode: PadMode,
}

crate::parameters!(Pad {});

impl Pad {
    /// So many places before and after on each axis; one entry stands for all.
    pub fn new(padding: impl Into<Vec<(usize, usize)>>, mode: PadMode) -> Pad {
        let padding = padding.into();
        Pad { padding, mode }
    }

    fn amounts(&self, input: &Shape) -> Vec<(usize, usize)> {
        match self.padding.as_slice() {
            &[all] => vec![all; input.rank().saturating_sub(2)],
            each => each.to_vec(),
        }
    }
}

impl Layer for Pad {
    fn forward(&self, x: &Tensor, _: &mut Context) -> Result<Tensor> {
        x.pad_spatial(&self.amounts(x.shape()), self.mode)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.mode.output_shape("pad", input, &self.amounts(input))
    }

    fn describe(&self) -> String {
        let amounts: Vec<String> = self
            .padding
            .iter()
            .map(|(a, b)| format!("{a}+{b}"))
            .collect();
        let mode = match self.mode {
            PadMode::Zeros => "zeros",
            PadMode::Reflect => "reflected",
            PadMode::Replicate => "replicated",
        };
        format!("Pad {}, {mode}", amounts.join("×"))
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
        for mode in [PadMode::Zeros, PadMode::Reflect, PadMode::Replicate] {
            check_layer(&mut Pad::new([(2, 1)], mode), &Shape::from([2, 3, 4]));
            check_layer(&mut Pad::new([(2, 1)], mode), &Shape::from([1, 2, 3, 4]));
            check_layer(
                &mut Pad::new([(0, 3), (1, 0)], mode),
                &Shape::from([1, 2, 4, 3]),
            );
        }
        assert_eq!(
            Pad::new([(2, 1), (0, 3)], PadMode::Reflect).describe(),
            "Pad 2+1×0+3, reflected"
        );
    }

    #[test]
    fn amounts_that_cannot_be_are_refused() {
        let message = |layer: Pad| {
            layer
                .forward(&grid([1, 2, 3, 4]), &mut Context::evaluate())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message(Pad::new([(3, 0), (0, 0)], PadMode::Reflect)),
            "pad: input is [1, 2, 3, 4], its axis 2 of size 3 can be padded by at most 2 in this mode, not by 3 and 0"
        );
        assert_eq!(
            message(Pad::new([(1, 0); 3], PadMode::Zeros)),
            "pad: input is [1, 2, 3, 4] with 2 axes of places, 3 were given to pad"
        );
        assert!(
            message(Pad::new([(usize::MAX, usize::MAX)], PadMode::Replicate))
                .contains("more than there is memory")
        );
        assert!(
            Pad::new([(1, 0)], PadMode::Zeros)
                .output_shape(&Shape::from([3, 4]))
                .is_err()
        );
        let none =
            Pad::new([(1, 0)], PadMode::Zeros).forward(&grid([1, 2, 0]), &mut Context::evaluate());
        assert_eq!(none.unwrap().to_vec::<f64>().unwrap(), [0.0, 0.0]);
    }
}
