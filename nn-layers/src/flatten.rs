//! Many axes to one.

use nn_core::{Context, Error, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use crate::{Layer, LayerSpec};

/// Merges the axes from `start` to `end` (both included) into one; by default all but the batch axis.
///
/// # Shapes
/// input `[N, A, B, …]`, output `[N, A·B·…]`. Nothing is copied unless the memory order demands it.
///
/// ```
/// use nn_core::{Context, DType, Tensor};
/// use nn_layers::{Flatten, Layer};
/// # fn main() -> nn_core::Result<()> {
/// let images = Tensor::zeros([32, 1, 28, 28], DType::F32)?;
/// let rows = Flatten::default().forward(&images, &mut Context::evaluate())?;
/// assert_eq!(rows.dims(), [32, 784]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Flatten {
    /// The first merged axis; negative numbers count from the end. Default 1.
    pub start: isize,
    /// The last merged axis. Default −1.
    pub end: isize,
}

impl Default for Flatten {
    fn default() -> Self {
        Flatten { start: 1, end: -1 }
    }
}

crate::parameters!(Flatten {});

impl Layer for Flatten {
    fn forward(&self, x: &Tensor, _: &mut Context) -> Result<Tensor> {
        x.flatten(self.start, self.end)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let (start, end) = (
            input.axis("flatten", self.start)?,
            input.axis("flatten", self.end)?,
        );
        if end < start {
            let problem = format!("the last axis, {end}, comes before the first, {start}");
            return Err(Error::value("flatten", problem));
        }
        let merged = Shape::from(&input.dims()[start..=end]).numel();
        let around = (&input.dims()[..start], &input.dims()[end + 1..]);
        Ok(around
            .0
            .iter()
            .copied()
            .chain([merged])
            .chain(around.1.iter().copied())
            .collect())
    }

    fn describe(&self) -> String {
        match (self.start, self.end) {
            (1, -1) => "Flatten".into(),
            (start, end) => format!("Flatten axes {start} to {end}"),
        }
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
        for (start, end) in [(1, -1), (0, -1), (0, 1), (-2, -1), (2, 2)] {
            check_layer(&mut Flatten { start, end }, &Shape::from([2, 3, 4]));
        }
        check_layer(&mut Flatten::default(), &Shape::from([5, 7]));
    }

    #[test]
    fn axes_that_do_not_exist_or_run_backwards_are_refused() {
        let message = |layer: Flatten, shape: Shape| {
            let error = layer.output_shape(&shape).unwrap_err().to_string();
            assert_eq!(
                error,
                Tensor::zeros(shape, nn_core::DType::F32)
                    .unwrap()
                    .flatten(layer.start, layer.end)
                    .unwrap_err()
                    .to_string()
            );
            error
        };
        assert_eq!(
            message(Flatten::default(), Shape::from([8])),
            "flatten: axis 1 does not exist in [8], which has 1 axes"
        );
        assert_eq!(
            message(Flatten { start: 2, end: 0 }, Shape::from([2, 2, 2])),
            "flatten: the last axis, 0, comes before the first, 2"
        );
    }
}
