//! Scaling of every sample by what it holds itself: nothing is learnt from the data.

use nn_core::Tensor;
use serde::{Deserialize, Serialize};

use super::Transform;
use super::rows::{each_row, each_row_with};
use super::step::{Fitted, Widths};
use crate::error::{Error, Result};

/// How the length of a sample is measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// Σ |x|
    L1,
    /// √(Σ x²)
    #[default]
    L2,
    /// max |x|
    Max,
}

/// y = x / ‖x‖, each sample by its own length. A sample of zeros stays as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normalizer {
    /// How length is measured.
    pub norm: Norm,
}

/// y = (x − mean) / deviation, with mean and standard deviation of the sample's own values. A sample of equal values becomes 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SampleStandard {}

impl Normalizer {
    fn length(&self, row: &[f64]) -> f64 {
        match self.norm {
            Norm::L1 => row.iter().map(|v| v.abs()).sum(),
            Norm::L2 => {
                // Scaled, so that squares neither overflow nor vanish.
                let most = row.iter().fold(0.0f64, |most, v| most.max(v.abs()));
                match most {
                    0.0 => 0.0,
                    most => most * row.iter().map(|v| (v / most).powi(2)).sum::<f64>().sqrt(),
                }
            }
            Norm::Max => row.iter().fold(0.0f64, |most, v| most.max(v.abs())),
        }
    }
}

fn moments(row: &[f64]) -> (f64, f64) {
    let n = row.len() as f64;
    let mean = row.iter().sum::<f64>() / n;
    let variance = row.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    // What rounding leaves of equal values is no deviation.
    let least = (n * f64::EPSILON * mean).powi(2) + n * f64::EPSILON * variance;
    (
        mean,
        if variance <= least {
            0.0
        } else {
            variance.sqrt()
        },
    )
}

impl Transform for Normalizer {
    fn output_shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        Ok(sample.to_vec())
    }

    fn apply(&self, batch: &mut Tensor) -> Result<()> {
        each_row("normalize", batch, |row| {
            let length = self.length(row);
            if length > 0.0 {
                row.iter_mut().for_each(|v| *v /= length);
            }
        })
    }

    fn apply_inverse(&self, _: &mut Tensor) -> Result<()> {
        Err(Error::argument(
            "normalize",
            "it cannot be undone: the length of a sample is not kept",
        ))
    }
}

impl Fitted for Normalizer {
    fn widths(&self) -> Widths {
        Widths::Any
    }

    fn keeps_columns(&self) -> bool {
        true
    }

    fn pull_back(&self, input: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        each_row_with("normalize", input, gradient, |x, g| {
            let length = self.length(x);
            if length == 0.0 {
                return;
            }
            // y = x/l: ∂/∂x = g/l − (g·x)/l² · ∂l/∂x
            let along = x.iter().zip(g.iter()).map(|(x, g)| x * g).sum::<f64>() / (length * length);
            let largest = x.iter().position(|v| v.abs() == length);
            for (at, (x, g)) in x.iter().zip(g).enumerate() {
                let slope = match self.norm {
                    Norm::L1 => x.signum(),
                    Norm::L2 => x / length,
                    Norm::Max if Some(at) == largest => x.signum(),
                    Norm::Max => 0.0,
                };
                *g = *g / length - along * slope;
            }
        })
    }
}

impl Transform for SampleStandard {
    fn output_shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        Ok(sample.to_vec())
    }

    fn apply(&self, batch: &mut Tensor) -> Result<()> {
        each_row("sample_standard", batch, |row| {
            let (mean, deviation) = moments(row);
            let factor = if deviation > 0.0 {
                1.0 / deviation
            } else {
                0.0
            };
            row.iter_mut().for_each(|v| *v = (*v - mean) * factor);
        })
    }

    fn apply_inverse(&self, _: &mut Tensor) -> Result<()> {
        Err(Error::argument(
            "sample_standard",
            "it cannot be undone: mean and deviation of a sample are not kept",
        ))
    }
}

impl Fitted for SampleStandard {
    fn widths(&self) -> Widths {
        Widths::Any
    }

    fn keeps_columns(&self) -> bool {
        true
    }

    fn pull_back(&self, input: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        each_row_with("sample_standard", input, gradient, |x, g| {
            let (mean, deviation) = moments(x);
            if deviation == 0.0 {
                return g.fill(0.0);
            }
            let n = x.len() as f64;
            let sum = g.iter().sum::<f64>() / n;
            let along = x
                .iter()
                .zip(g.iter())
                .map(|(x, g)| (x - mean) / deviation * g)
                .sum::<f64>()
                / n;
            for (x, g) in x.iter().zip(g) {
                *g = (*g - sum - (x - mean) / deviation * along) / deviation;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(values: &[f64], columns: usize) -> Tensor {
        Tensor::from_slice(values, [values.len() / columns, columns]).unwrap()
    }

    fn values(tensor: &Tensor) -> Vec<f64> {
        tensor.to_vec().unwrap()
    }

    #[test]
    fn samples_get_length_one() {
        let x = batch(&[3.0, -4.0, 0.0, 0.0, 1e200, 1e200], 2);
        let l2 = values(&Normalizer { norm: Norm::L2 }.transform(&x).unwrap());
        assert_eq!(l2[..4], [0.6, -0.8, 0.0, 0.0]);
        assert!((l2[4] - 0.5f64.sqrt()).abs() < 1e-15);
        let l1 = values(&Normalizer { norm: Norm::L1 }.transform(&x).unwrap());
        assert_eq!(l1[..4], [3.0 / 7.0, -4.0 / 7.0, 0.0, 0.0]);
        let max = values(&Normalizer { norm: Norm::Max }.transform(&x).unwrap());
        assert_eq!(max[..4], [0.75, -1.0, 0.0, 0.0]);
        let standard = values(
            &SampleStandard {}
                .transform(&batch(&[1.0, 3.0, 0.1, 0.1], 2))
                .unwrap(),
        );
        assert_eq!(standard, [-1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn they_cannot_be_undone() {
        let mut x = batch(&[1.0, 2.0], 2);
        let error = Normalizer { norm: Norm::L1 }
            .apply_inverse(&mut x)
            .unwrap_err();
        assert!(error.to_string().contains("cannot be undone"), "{error}");
        assert!(SampleStandard {}.apply_inverse(&mut x).is_err());
    }

    #[test]
    fn gradients_are_those_of_differences() {
        let x = [0.3, -1.2, 2.0, 0.7];
        let g = [0.5, -0.1, 0.8, 0.2];
        let steps: [&dyn Fitted; 4] = [
            &Normalizer { norm: Norm::L1 },
            &Normalizer { norm: Norm::L2 },
            &Normalizer { norm: Norm::Max },
            &SampleStandard {},
        ];
        for step in steps {
            let score = |x: &[f64]| -> f64 {
                let y = values(&step.transform(&batch(x, 4)).unwrap());
                y.iter().zip(g).map(|(y, g)| y * g).sum()
            };
            let found = values(&step.pull_back(&batch(&x, 4), &batch(&g, 4)).unwrap());
            for at in 0..4 {
                let (mut up, mut down) = (x, x);
                up[at] += 1e-6;
                down[at] -= 1e-6;
                let expected = (score(&up) - score(&down)) / 2e-6;
                assert!(
                    (found[at] - expected).abs() < 1e-7,
                    "{} {expected}",
                    found[at]
                );
            }
        }
    }
}
