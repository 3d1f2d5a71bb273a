//! One number for each channel.

use nn_core::{Context, EachAxis, Pooling, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use crate::{Layer, LayerSpec};

macro_rules! global {
    ($(#[$doc:meta])* $name:ident $op:literal $method:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            /// Whether the axes of places stay, with size 1. Default `false`.
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            pub keep_axes: bool,
        }

        crate::parameters!($name {});

        impl Layer for $name {
            fn forward(&self, x: &Tensor, _: &mut Context) -> Result<Tensor> {
                let shape = self.output_shape(x.shape())?;
                let y = x.$method(&EachAxis::from(1))?;
                if self.keep_axes { Ok(y) } else { y.reshape(shape) }
            }

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                let shape = Pooling::adaptive_output_shape($op, input, &EachAxis::from(1))?;
                Ok(if self.keep_axes { shape } else { Shape::from(&shape[..2]) })
            }

            fn describe(&self) -> String {
                stringify!($name).into()
            }

            fn spec(&self) -> Option<LayerSpec> {
                Some(self.clone().into())
            }
        }
    };
}

global! {
    /// The mean of each channel over all places (Lin et al. 2013, "Network in network").
    ///
    /// # Shapes
    /// input `[N, C, places…]`, output `[N, C]`, or `[N, C, 1…]` with `keep_axes`.
    ///
    /// ```
    /// use nn_core::{Context, DType, Tensor};
    /// use nn_layers::{GlobalAvgPool, Layer};
    /// # fn main() -> nn_core::Result<()> {
    /// let x = Tensor::ones([2, 64, 7, 7], DType::F32)?;
    /// assert_eq!(GlobalAvgPool::default().forward(&x, &mut Context::evaluate())?.dims(), [2, 64]);
    /// # Ok(())
    /// # }
    /// ```
    GlobalAvgPool "global_avg_pool" adaptive_avg_pool
}

global! {
    /// The largest element of each channel over all places.
    ///
    /// # Shapes
    /// input `[N, C, places…]`, output `[N, C]`, or `[N, C, 1…]` with `keep_axes`.
    GlobalMaxPool "global_max_pool" adaptive_max_pool
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check_layer;

    #[test]
    fn shapes_and_gradients() {
        for keep_axes in [false, true] {
            for shape in [Shape::from([2, 3, 7]), Shape::from([1, 5, 5, 4])] {
                check_layer(&mut GlobalAvgPool { keep_axes }, &shape);
                check_layer(&mut GlobalMaxPool { keep_axes }, &shape);
            }
        }
        let rows = Shape::from([2, 3]);
        assert_eq!(
            GlobalAvgPool::default()
                .output_shape(&rows)
                .unwrap_err()
                .to_string(),
            "global_avg_pool: input is [2, 3], it must be [N, C, L], [N, C, H, W] or [N, C, D, H, W]"
        );
    }
}
