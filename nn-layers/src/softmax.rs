//! Softmax and log-softmax as layers.

use nn_core::{Context, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use crate::{Layer, LayerSpec};

macro_rules! softmax_layer {
    ($(#[$doc:meta])* $name:ident, $method:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            /// The axis along which outputs compete; negative numbers count from the end. Default −1.
            pub axis: isize,
        }

        impl Default for $name {
            fn default() -> Self {
                $name { axis: -1 }
            }
        }

        crate::parameters!($name {});

        impl Layer for $name {
            fn forward(&self, x: &Tensor, _: &mut Context) -> Result<Tensor> {
                x.$method(self.axis)
            }

            fn output_shape(&self, input: &Shape) -> Result<Shape> {
                input.axis(stringify!($method), self.axis)?;
                Ok(input.clone())
            }

            fn describe(&self) -> String {
                match self.axis {
                    -1 => stringify!($name).into(),
                    axis => format!(concat!(stringify!($name), " over axis {}"), axis),
                }
            }

            fn spec(&self) -> Option<LayerSpec> {
                Some(self.clone().into())
            }
        }
    };
}

softmax_layer! {
    /// `yᵢ = e^(xᵢ) / Σⱼ e^(xⱼ)` along an axis: probabilities from logits.
    ///
    /// Not for training: [`loss::CrossEntropy`](crate::loss::CrossEntropy) takes logits and does it better.
    ///
    /// # Shapes
    /// Any with the axis; the output's is the input's.
    ///
    /// ```
    /// use nn_core::{Context, Tensor};
    /// use nn_layers::{Layer, Softmax};
    /// # fn main() -> nn_core::Result<()> {
    /// let logits = Tensor::from_vec(vec![1e4f32, 1e4, -1e4], [1, 3])?;
    /// let p = Softmax::default().forward(&logits, &mut Context::evaluate())?;
    /// assert_eq!(p.to_vec::<f32>()?, [0.5, 0.5, 0.0]);
    /// # Ok(())
    /// # }
    /// ```
    Softmax, softmax
}

softmax_layer! {
    /// `yᵢ = xᵢ − ln Σⱼ e^(xⱼ)` along an axis: log-probabilities from logits, as [`loss::Nll`](crate::loss::Nll)
    /// takes them.
    ///
    /// # Shapes
    /// Any with the axis; the output's is the input's.
    ///
    /// ```
    /// use nn_core::{Context, Tensor};
    /// use nn_layers::{Layer, LogSoftmax};
    /// # fn main() -> nn_core::Result<()> {
    /// let logits = Tensor::from_vec(vec![0.0f32, 0.0], [1, 2])?;
    /// let log_p = LogSoftmax::default().forward(&logits, &mut Context::evaluate())?;
    /// assert!((log_p.get(&[0, 0])? + 2f64.ln()).abs() < 1e-6);
    /// # Ok(())
    /// # }
    /// ```
    LogSoftmax, log_softmax
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check_layer, grid};

    #[test]
    fn rows_sum_to_one_and_the_logarithm_agrees() {
        let x = grid([3, 5]);
        let cx = &mut Context::evaluate();
        let p = Softmax::default().forward(&x, cx).unwrap();
        let log_p = LogSoftmax::default().forward(&x, cx).unwrap();
        for sum in p.sum(-1).unwrap().to_vec::<f64>().unwrap() {
            assert!((sum - 1.0).abs() < 1e-14);
        }
        for (p, log_p) in p
            .to_vec::<f64>()
            .unwrap()
            .iter()
            .zip(log_p.to_vec::<f64>().unwrap())
        {
            assert!((p.ln() - log_p).abs() < 1e-13);
        }
    }

    #[test]
    fn shapes_and_gradients() {
        for axis in [-1, 1, 0] {
            check_layer(&mut Softmax { axis }, &Shape::from([2, 3, 4]));
            check_layer(&mut LogSoftmax { axis }, &Shape::from([2, 3, 4]));
        }
        let error = Softmax { axis: 2 }
            .output_shape(&Shape::from([4, 3]))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "softmax: axis 2 does not exist in [4, 3], which has 2 axes"
        );
    }
}
