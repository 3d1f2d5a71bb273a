//! Local response normalisation.

use nn_core::{Context, Error, Result, Shape, Tensor};
use serde::{Deserialize, Serialize};

use crate::{Layer, LayerSpec};

const NAME: &str = "local_response_norm";

/// `y = x / (k + α/n · Σ x²)^β`, the sum over the n = `size` channels around each of the same place.
///
/// Krizhevsky, Sutskever and Hinton 2012, with α divided by n, as in PyTorch's `LocalResponseNorm`. The window holds
/// n/2 channels (rounded down) before its own and the rest after it.
///
/// # Shapes
/// input `[N, C, …]`, output as the input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalResponseNorm {
    /// The number n of channels in a window.
    pub size: usize,
    /// The factor α. Default 1e-4.
    #[serde(default = "usual_alpha")]
    pub alpha: f64,
    /// The exponent β. Default 0.75.
    #[serde(default = "usual_beta")]
    pub beta: f64,
    /// The constant k. Default 1.
    #[serde(default = "usual_k")]
    pub k: f64,
}

crate::parameters!(LocalResponseNorm {});

fn usual_alpha() -> f64 {
    1e-4
}

fn usual_beta() -> f64 {
    0.75
}

fn usual_k() -> f64 {
    1.0
}

impl LocalResponseNorm {
    /// Windows of `size` channels, with the other settings at their defaults.
    pub fn new(size: usize) -> LocalResponseNorm {
        LocalResponseNorm {
            size,
            alpha: usual_alpha(),
            beta: usual_beta(),
            k: usual_k(),
        }
    }
}

impl Layer for LocalResponseNorm {
    fn forward(&self, x: &Tensor, _: &mut Context) -> Result<Tensor> {
        self.output_shape(x.shape())?;
        x.local_response_norm(self.size, self.alpha, self.beta, self.k)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        super::channels_of(NAME, input)?;
        let settings = [self.alpha, self.beta, self.k];
        if self.size == 0 || !settings.iter().all(|x| x.is_finite()) {
            let problem = format!(
                "size = {} must be at least 1, alpha = {}, beta = {} and k = {} numbers",
                self.size, self.alpha, self.beta, self.k
            );
            return Err(Error::value(NAME, problem));
        }
        Ok(input.clone())
    }

    fn describe(&self) -> String {
        format!("LocalResponseNorm over {}", self.size)
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
        for size in [1, 2, 5, 40] {
            let mut layer = LocalResponseNorm {
                alpha: 0.5,
                k: 2.0,
                ..LocalResponseNorm::new(size)
            };
            for shape in [
                Shape::from([2, 6]),
                Shape::from([2, 5, 3]),
                Shape::from([1, 3, 2, 2]),
            ] {
                check_layer(&mut layer, &shape);
            }
        }
        let huge = LocalResponseNorm::new(usize::MAX);
        assert!(
            huge.forward(&grid([1, 3, 2]), &mut Context::evaluate())
                .is_ok()
        );
    }

    #[test]
    fn settings_that_cannot_be_are_refused() {
        for layer in [
            LocalResponseNorm::new(0),
            LocalResponseNorm {
                beta: f64::NAN,
                ..LocalResponseNorm::new(3)
            },
        ] {
            assert!(
                layer
                    .forward(&grid([1, 3, 2]), &mut Context::evaluate())
                    .is_err()
            );
        }
        assert!(
            LocalResponseNorm::new(3)
                .output_shape(&Shape::from([3]))
                .is_err()
        );
    }
}
