//! Pooling to a given size.

use nn_core::{Context, EachAxis, Pooling, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use crate::{Layer, LayerSpec};

macro_rules! adaptive {
    ($(#[$doc:meta])* $name:ident $op:literal $method:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// The number of windows, for all axes of places or for each.
            #[serde(alias = "size")]
            pub output_size: EachAxis<usize>,
        }

        crate::parameters!($name {});

        impl $name {
            /// As many windows on each axis of places.
            pub fn new(output_size: impl Into<EachAxis<usize>>) -> $name {
                $name { output_size: output_size.into() }
            }
        }

        impl Layer for $name {
            fn forward(&self, x: &Tensor, _: &mut Context) -> Result<Tensor> {
                x.$method(&self.output_size)
            }

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                Pooling::adaptive_output_shape($op, input, &self.output_size)
            }

            fn describe(&self) -> String {
                format!(concat!(stringify!($name), " to {}"), self.output_size)
            }

            fn spec(&self) -> Option<LayerSpec> {
                Some(self.clone().into())
            }
        }
    };
}

adaptive! {
    /// The means of windows that divide the places evenly into a given number, whatever the size of the input.
    ///
    /// Window o reaches from ⌊o·W/O⌋ to ⌈(o + 1)·W/O⌉. PyTorch's `AdaptiveAvgPool1d`, `2d` and `3d`.
    ///
    /// # Shapes
    /// input `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]`; samples and channels stay.
    AdaptiveAvgPool "adaptive_avg_pool" adaptive_avg_pool
}

adaptive! {
    /// The largest elements of windows that divide the places evenly into a given number.
    ///
    /// Windows as in [`AdaptiveAvgPool`]. PyTorch's `AdaptiveMaxPool1d`, `2d` and `3d`.
    ///
    /// # Shapes
    /// input `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]`; samples and channels stay.
    AdaptiveMaxPool "adaptive_max_pool" adaptive_max_pool
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check_layer;

    #[test]
    fn shapes_and_gradients() {
        for size in [1, 3, 5] {
            for shape in [Shape::from([2, 3, 7]), Shape::from([1, 2, 5, 4])] {
                check_layer(&mut AdaptiveAvgPool::new(size), &shape);
                check_layer(&mut AdaptiveMaxPool::new(size), &shape);
            }
        }
        check_layer(
            &mut AdaptiveAvgPool::new([2, 3]),
            &Shape::from([1, 2, 5, 4]),
        );
    }

    #[test]
    fn sizes_that_cannot_be_are_refused() {
        let message = |layer: AdaptiveMaxPool, shape: Shape| {
            layer.output_shape(&shape).unwrap_err().to_string()
        };
        assert_eq!(
            message(AdaptiveMaxPool::new(0), Shape::from([1, 2, 3])),
            "adaptive_max_pool: output_size = 0 must be at least 1"
        );
        assert_eq!(
            message(AdaptiveMaxPool::new([2, 2]), Shape::from([1, 2, 3])),
            "adaptive_max_pool: output_size has 2 numbers for 1 axes"
        );
        assert_eq!(
            message(AdaptiveMaxPool::new(2), Shape::from([1, 2, 0])),
            "adaptive_max_pool: input is [1, 2, 0] and has no places"
        );
        let x = Tensor::zeros([1, 1, 2], nn_core::DType::F32).unwrap();
        let huge = AdaptiveMaxPool::new(usize::MAX / 2);
        let error = huge.forward(&x, &mut Context::evaluate()).unwrap_err();
        assert!(matches!(error, nn_core::Error::TooLarge { .. }), "{error}");
    }
}
