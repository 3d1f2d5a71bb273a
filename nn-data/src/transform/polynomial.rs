//! Products of features, so that a linear model can draw curves.

use nn_core::Tensor;
use serde::{Deserialize, Serialize};

use super::Transform;
use super::rows::{map_rows, widened};
use super::step::{Fitted, Widths};
use crate::error::{Error, Result};

/// Most features that may come of it.
const MAX_FEATURES: usize = 1 << 20;

/// All products of up to `degree` features: for x, y and degree 2 these are x, y, x², xy, y²; before them a column of ones if
/// there is to be a bias. With `interaction_only` no feature is multiplied with itself: x, y, xy. The order is that of
/// scikit-learn's `PolynomialFeatures`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Polynomial {
    stored: Stored,
    /// Of each product of two or more features: which product before it, and which feature it is multiplied with.
    products: Vec<(usize, usize)>,
}

/// A [`Polynomial`] as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Stored {
    width: usize,
    degree: usize,
    interaction_only: bool,
    bias: bool,
}

impl Polynomial {
    /// For samples of `width` values.
    ///
    /// # Errors
    /// If the degree is 0, there are no values, or there would be more than 1 048 576 features.
    pub fn new(width: usize, degree: usize, interaction_only: bool, bias: bool) -> Result<Self> {
        let wrong = |problem: String| Err(Error::argument("polynomial", problem));
        if degree == 0 || width == 0 {
            return wrong("degree must be at least 1, and a sample have values".into());
        }
        // The first `width` products are the features themselves.
        let mut products: Vec<(usize, usize)> = Vec::new();
        let mut last: Vec<usize> = (0..width).collect();
        let mut start = 0;
        for _ in 1..degree {
            let end = last.len();
            for parent in start..end {
                for feature in last[parent] + usize::from(interaction_only)..width {
                    if last.len() >= MAX_FEATURES {
                        return wrong(format!(
                            "degree {degree} of {width} values gives more than {MAX_FEATURES} features; take a lower degree"
                        ));
                    }
                    products.push((parent, feature));
                    last.push(feature);
                }
            }
            start = end;
            if last.len() == end {
                break;
            }
        }
        Ok(Polynomial {
            stored: Stored {
                width,
                degree,
                interaction_only,
                bias,
            },
            products,
        })
    }

    /// The highest number of factors in a product.
    pub fn degree(&self) -> usize {
        self.stored.degree
    }

    /// Features that come of a sample.
    pub fn outputs(&self) -> usize {
        self.stored.width + self.products.len() + usize::from(self.stored.bias)
    }
}

impl TryFrom<Stored> for Polynomial {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        Self::new(
            stored.width,
            stored.degree,
            stored.interaction_only,
            stored.bias,
        )
    }
}

impl From<Polynomial> for Stored {
    fn from(polynomial: Polynomial) -> Self {
        polynomial.stored
    }
}

impl Transform for Polynomial {
    fn output_shape(&self, sample: &[usize]) -> Result<Vec<usize>> {
        super::check_width("polynomial", sample.iter().product(), self.stored.width)?;
        Ok(vec![self.outputs()])
    }

    fn apply(&self, batch: &mut Tensor) -> Result<()> {
        self.output_shape(batch.dims().get(1..).unwrap_or_default())?;
        let first = usize::from(self.stored.bias);
        *batch = widened("polynomial", batch, self.outputs(), |row, out| {
            out.extend(std::iter::repeat_n(1.0, first));
            out.extend_from_slice(row);
            for &(parent, feature) in &self.products {
                out.push(out[first + parent] * row[feature]);
            }
            Ok(())
        })?;
        Ok(())
    }

    fn apply_inverse(&self, batch: &mut Tensor) -> Result<()> {
        super::check_width(
            "polynomial",
            batch.dims().iter().skip(1).product(),
            self.outputs(),
        )?;
        let first = usize::from(self.stored.bias);
        // The features themselves are among the products.
        *batch = batch.narrow(1, first, self.stored.width)?.contiguous()?;
        Ok(())
    }
}

impl Fitted for Polynomial {
    fn widths(&self) -> Widths {
        Widths::Changes {
            from: self.stored.width,
            to: self.outputs(),
        }
    }

    fn pull_back(&self, input: &Tensor, gradient: &Tensor) -> Result<Tensor> {
        let (first, width) = (usize::from(self.stored.bias), self.stored.width);
        map_rows("polynomial", input, gradient, width, |x, g, out| {
            let mut values = x.to_vec();
            for &(parent, feature) in &self.products {
                values.push(values[parent] * x[feature]);
            }
            let mut left = g[first..].to_vec();
            for (at, &(parent, feature)) in self.products.iter().enumerate().rev() {
                let here = left[width + at];
                left[parent] += here * x[feature];
                out[feature] += here * values[parent];
            }
            out.iter_mut()
                .zip(&left)
                .for_each(|(out, left)| *out += left);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[f64]) -> Tensor {
        Tensor::from_slice(values, [1, values.len()]).unwrap()
    }

    fn of(polynomial: &Polynomial, values: &[f64]) -> Vec<f64> {
        polynomial
            .transform(&row(values))
            .unwrap()
            .to_vec()
            .unwrap()
    }

    #[test]
    fn products_come_in_the_usual_order() {
        let x = [2.0, 3.0, 5.0];
        let p = Polynomial::new(3, 2, false, true).unwrap();
        assert_eq!(
            of(&p, &x),
            [1.0, 2.0, 3.0, 5.0, 4.0, 6.0, 10.0, 9.0, 15.0, 25.0]
        );
        let back = p
            .inverse_transform(&p.transform(&row(&x)).unwrap())
            .unwrap();
        assert_eq!(back.to_vec::<f64>().unwrap(), x);
        let p = Polynomial::new(3, 3, true, false).unwrap();
        assert_eq!(of(&p, &x), [2.0, 3.0, 5.0, 6.0, 10.0, 15.0, 30.0]);
        assert_eq!(Polynomial::new(1, 4, false, false).unwrap().outputs(), 4);
    }

    #[test]
    fn gradients_are_those_of_differences() {
        let p = Polynomial::new(3, 3, false, true).unwrap();
        let x = [0.5, -1.5, 2.0];
        let g: Vec<f64> = (0..p.outputs()).map(|i| (i as f64 * 0.7).sin()).collect();
        let score = |x: &[f64]| -> f64 { of(&p, x).iter().zip(&g).map(|(y, g)| y * g).sum() };
        let found = p
            .pull_back(&row(&x), &row(&g))
            .unwrap()
            .to_vec::<f64>()
            .unwrap();
        for at in 0..3 {
            let (mut up, mut down) = (x, x);
            up[at] += 1e-6;
            down[at] -= 1e-6;
            assert!((found[at] - (score(&up) - score(&down)) / 2e-6).abs() < 1e-6);
        }
    }

    #[test]
    fn too_many_features_are_refused() {
        let error = Polynomial::new(5000, 3, false, false)
            .unwrap_err()
            .to_string();
        assert!(error.contains("take a lower degree"), "{error}");
        assert!(Polynomial::new(3, 0, false, false).is_err());
        // Without a feature twice, nothing is left above degree 3.
        assert_eq!(
            Polynomial::new(3, usize::MAX, true, false)
                .unwrap()
                .outputs(),
            7
        );
    }
}
