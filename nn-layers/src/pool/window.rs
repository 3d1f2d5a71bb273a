//! Pooling by windows that slide over the places.

use nn_core::{Context, EachAxis, Pooling, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use crate::{Layer, LayerSpec};

fn zero() -> EachAxis<usize> {
    0.into()
}

fn is_zero(places: &EachAxis<usize>) -> bool {
    *places == zero()
}

fn one() -> EachAxis<usize> {
    1.into()
}

fn is_one(places: &EachAxis<usize>) -> bool {
    *places == one()
}

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// The largest element of each window, channel by channel.
///
/// The size of each axis of places becomes O = ⌊(W − K + 2P)/S⌋ + 1, with K = dilation·(kernel − 1) + 1; rounded up
/// in place of down with `ceil_mode`, unless the last window would begin in the padding behind. Padding never is the
/// largest. One layer serves sequences, images and volumes: PyTorch's `MaxPool1d`, `2d` and `3d`.
///
/// # Shapes
/// input `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]`; samples and channels stay.
///
/// ```
/// use nn_core::{Context, DType, Tensor};
/// use nn_layers::{Layer, MaxPool};
/// # fn main() -> nn_core::Result<()> {
/// let images = Tensor::zeros([8, 16, 24, 24], DType::F32)?;
/// let halved = MaxPool::new(2).forward(&images, &mut Context::evaluate())?;
/// assert_eq!(halved.dims(), [8, 16, 12, 12]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaxPool {
    /// The size of a window, for all axes or for each.
    #[serde(alias = "kernel_size")]
    pub kernel: EachAxis<usize>,
    /// The distance from one window to the next. Default: the size of a window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stride: Option<EachAxis<usize>>,
    /// How far before the first place the first window begins; at most half a window. Default 0.
    #[serde(default = "zero", skip_serializing_if = "is_zero")]
    pub padding: EachAxis<usize>,
    /// The distance from one place of a window to its next. Default 1.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub dilation: EachAxis<usize>,
    /// Whether sizes are rounded up. Default `false`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ceil_mode: bool,
}

/// The mean of each window, channel by channel.
///
/// Sizes as in [`MaxPool`]; windows are not dilated. PyTorch's `AvgPool1d`, `2d` and `3d`.
///
/// # Shapes
/// input `[N, C, L]`, `[N, C, H, W]` or `[N, C, D, H, W]`; samples and channels stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AvgPool {
    /// The size of a window, for all axes or for each.
    #[serde(alias = "kernel_size")]
    pub kernel: EachAxis<usize>,
    /// The distance from one window to the next. Default: the size of a window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stride: Option<EachAxis<usize>>,
    /// How far before the first place the first window begins; at most half a window. Default 0.
    #[serde(default = "zero", skip_serializing_if = "is_zero")]
    pub padding: EachAxis<usize>,
    /// Whether sizes are rounded up. Default `false`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ceil_mode: bool,
    /// Whether padding counts as zeros; otherwise it is left out of the mean. Default `true`.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub count_include_pad: bool,
}

crate::parameters!(MaxPool {});
crate::parameters!(AvgPool {});

impl MaxPool {
    /// Windows of this size side by side.
    pub fn new(kernel: impl Into<EachAxis<usize>>) -> MaxPool {
        MaxPool {
            kernel: kernel.into(),
            stride: None,
            padding: zero(),
            dilation: one(),
            ceil_mode: false,
        }
    }

    fn pooling(&self) -> Pooling {
        Pooling {
            kernel: self.kernel.clone(),
            stride: self.stride.as_ref().unwrap_or(&self.kernel).clone(),
            padding: self.padding.clone(),
            dilation: self.dilation.clone(),
            ceil_mode: self.ceil_mode,
        }
    }
}

impl AvgPool {
    /// Windows of this size side by side.
    pub fn new(kernel: impl Into<EachAxis<usize>>) -> AvgPool {
        AvgPool {
            kernel: kernel.into(),
            stride: None,
            padding: zero(),
            ceil_mode: false,
            count_include_pad: true,
        }
    }

    fn pooling(&self) -> Pooling {
        Pooling {
            kernel: self.kernel.clone(),
            stride: self.stride.as_ref().unwrap_or(&self.kernel).clone(),
            padding: self.padding.clone(),
            dilation: one(),
            ceil_mode: self.ceil_mode,
        }
    }
}

/// `MaxPool 3, stride 2, padding 1`: what differs from the defaults.
fn describe(name: &str, pooling: &Pooling) -> String {
    let mut words = format!("{name} {}", pooling.kernel);
    if pooling.stride != pooling.kernel {
        words += &format!(", stride {}", pooling.stride);
    }
    if !is_zero(&pooling.padding) {
        words += &format!(", padding {}", pooling.padding);
    }
    if !is_one(&pooling.dilation) {
        words += &format!(", dilation {}", pooling.dilation);
    }
    if pooling.ceil_mode {
        words += ", rounded up";
    }
    words
}

impl Layer for MaxPool {
    fn forward(&self, x: &Tensor, _: &mut Context) -> Result<Tensor> {
        x.max_pool(&self.pooling())
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.pooling().output_shape("max_pool", input)
    }

    fn describe(&self) -> String {
        describe("MaxPool", &self.pooling())
    }

    fn spec(&self) -> Option<LayerSpec> {
        Some(self.clone().into())
    }
}

impl Layer for AvgPool {
    fn forward(&self, x: &Tensor, _: &mut Context) -> Result<Tensor> {
        x.avg_pool(&self.pooling(), self.count_include_pad)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.pooling().output_shape("avg_pool", input)
    }

    fn describe(&self) -> String {
        describe("AvgPool", &self.pooling())
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
        let shapes = [
            Shape::from([2, 3, 9]),
            Shape::from([2, 3, 6, 7]),
            Shape::from([1, 2, 5, 4, 6]),
        ];
        for shape in &shapes {
            check_layer(&mut MaxPool::new(2), shape);
            check_layer(&mut AvgPool::new(2), shape);
            let padded = MaxPool {
                stride: Some(2.into()),
                padding: 1.into(),
                ceil_mode: true,
                ..MaxPool::new(3)
            };
            check_layer(&mut padded.clone(), shape);
            check_layer(
                &mut MaxPool {
                    dilation: 2.into(),
                    stride: Some(1.into()),
                    ..MaxPool::new(2)
                },
                shape,
            );
            let mean = AvgPool {
                stride: padded.stride,
                padding: 1.into(),
                ceil_mode: true,
                ..AvgPool::new(3)
            };
            check_layer(&mut mean.clone(), shape);
            check_layer(
                &mut AvgPool {
                    count_include_pad: false,
                    ..mean
                },
                shape,
            );
        }
    }

    #[test]
    fn an_input_smaller_than_its_window_is_told_the_rule() {
        let message = |layer: &dyn Layer, shape: [usize; 4]| {
            let error = layer
                .output_shape(&Shape::from(shape))
                .unwrap_err()
                .to_string();
            let of_pass = layer
                .forward(&grid(shape), &mut Context::evaluate())
                .unwrap_err();
            assert_eq!(error, of_pass.to_string());
            error
        };
        assert_eq!(
            message(
                &MaxPool {
                    stride: Some(1.into()),
                    ..MaxPool::new(5)
                },
                [2, 3, 6, 4]
            ),
            "max_pool: input is [2, 3, 6, 4], its axis 3 has size 4, too small for a kernel of 5: \
             O = ⌊(W − K + 2P)/S⌋ + 1 = ⌊(4 − 5 + 2·0)/1⌋ + 1 is below 1"
        );
        assert_eq!(
            message(
                &MaxPool {
                    dilation: 3.into(),
                    padding: 1.into(),
                    ..MaxPool::new(3)
                },
                [1, 1, 4, 9]
            ),
            "max_pool: input is [1, 1, 4, 9], its axis 2 has size 4, too small for a kernel of 3: \
             O = ⌊(W − K + 2P)/S⌋ + 1 = ⌊(4 − 7 + 2·1)/3⌋ + 1 is below 1 (K = 3·(3 − 1) + 1)"
        );
        assert_eq!(
            message(
                &AvgPool {
                    padding: 2.into(),
                    ..AvgPool::new(3)
                },
                [1, 1, 4, 9]
            ),
            "avg_pool: padding = 2 must be at most half of the window, which is 3"
        );
        assert_eq!(
            message(
                &AvgPool {
                    stride: Some(0.into()),
                    ..AvgPool::new(3)
                },
                [1, 1, 4, 9]
            ),
            "avg_pool: stride = 0 must be at least 1"
        );
        assert_eq!(
            message(&MaxPool::new([2, 2, 2]), [1, 1, 4, 9]),
            "max_pool: kernel has 3 numbers for 2 axes"
        );
        let huge = usize::MAX;
        for layer in [
            MaxPool::new(huge),
            MaxPool {
                dilation: huge.into(),
                ..MaxPool::new(3)
            },
            MaxPool::new(0),
        ] {
            message(&layer, [1, 1, 4, 9]);
        }
        let far = MaxPool {
            stride: Some(huge.into()),
            ceil_mode: true,
            ..MaxPool::new(3)
        };
        let y = far
            .forward(&grid([1, 1, 4, 9]), &mut Context::evaluate())
            .unwrap();
        assert_eq!(y.dims(), [1, 1, 1, 1]);
        assert!(MaxPool::new(2).output_shape(&Shape::from([4, 4])).is_err());
    }

    #[test]
    fn it_says_what_is_not_usual() {
        assert_eq!(MaxPool::new(2).describe(), "MaxPool 2");
        let layer = MaxPool {
            stride: Some(2.into()),
            padding: [1, 0].into(),
            ceil_mode: true,
            ..MaxPool::new([3, 2])
        };
        assert_eq!(
            layer.describe(),
            "MaxPool 3×2, stride 2, padding 1×0, rounded up"
        );
    }
}
