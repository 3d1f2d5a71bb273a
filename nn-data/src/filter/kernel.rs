//! Filters given by a matrix.

use std::str::FromStr;

use nn_core::Tensor;

use super::{Border, MAX_SIDE, correlate, planes::Planes};
use crate::error::{Error, Result};

/// What errors call a matrix.
const WHAT: &str = "kernel";

/// The matrix of a linear filter, with an odd number of rows and of columns.
///
/// `y[i, j] = Σ weights[r, c] · x[i + r − rows/2, j + c − columns/2]`: the matrix is laid over the image as it is written, not turned
/// round.
///
/// As text, numbers stand between blanks or commas and rows between semicolons or line ends; a number may be a fraction:
///
/// ```
/// use nn_data::filter::Kernel;
/// let kernel: Kernel = "1 2 1; 2 4 2; 1 2 1".parse()?;
/// assert_eq!(kernel.normalized()?, "1/16 1/8 1/16; 1/8 1/4 1/8; 1/16 1/8 1/16".parse()?);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Kernel {
    columns: usize,
    weights: Vec<f32>,
}

impl Kernel {
    /// From its weights, row by row.
    ///
    /// # Errors
    /// [`Error::Argument`] if a side is even or over [`MAX_SIDE`], there are not rows × columns weights, or one is not finite.
    pub fn new(rows: usize, columns: usize, weights: Vec<f32>) -> Result<Kernel> {
        let problem = |problem: String| Err(Error::argument(WHAT, problem));
        if rows.is_multiple_of(2) || columns.is_multiple_of(2) {
            return problem(format!(
                "the matrix is {rows}×{columns}; both sides must be odd, so that it has a middle"
            ));
        }
        if rows > MAX_SIDE || columns > MAX_SIDE {
            return problem(format!(
                "the matrix is {rows}×{columns}; its sides may be up to {MAX_SIDE}"
            ));
        }
        if weights.len() != rows * columns {
            return problem(format!(
                "a matrix of {rows}×{columns} has {} numbers, {} were given",
                rows * columns,
                weights.len()
            ));
        }
        if let Some(weight) = weights.iter().find(|weight| !weight.is_finite()) {
            return problem(format!("it holds {weight}; every number must be finite"));
        }
        Ok(Kernel { columns, weights })
    }

    /// Divided by the sum of the weights, so that even areas keep their brightness.
    ///
    /// # Errors
    /// [`Error::Argument`] if the sum is zero, as it is for derivatives.
    pub fn normalized(mut self) -> Result<Kernel> {
        let sum = self.sum();
        let size: f64 = self.weights.iter().map(|w| f64::from(w.abs())).sum();
        if sum.abs() <= 1e-6 * size {
            return Err(Error::argument(
                WHAT,
                "its numbers sum to 0 and cannot be normalised",
            ));
        }
        for weight in &mut self.weights {
            *weight = (f64::from(*weight) / sum) as f32;
        }
        Ok(self)
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.weights.len() / self.columns
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The weights, row by row.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The sum of the weights: what an even area is multiplied with.
    pub fn sum(&self) -> f64 {
        self.weights.iter().map(|&weight| f64::from(weight)).sum()
    }

    /// The filtered image.
    ///
    /// # Shapes
    /// `[H, W]` or `[C, H, W]` to the same.
    ///
    /// # Errors
    /// [`Error::Argument`] if it is not an image of finite `f32`.
    pub fn apply(&self, image: &Tensor, border: Border) -> Result<Tensor> {
        let planes = Planes::of(WHAT, image)?;
        match self.factors() {
            Some((down, along)) => correlate::separable(&planes, &down, &along, border),
            None => correlate::full(&planes, &self.weights, self.columns, border),
        }
    }

    /// A column and a row whose product the matrix is (to rounding), when two passes are less work than one over all weights.
    fn factors(&self) -> Option<(Vec<f32>, Vec<f32>)> {
        let used = self.weights.iter().filter(|w| **w != 0.0).count();
        if used <= self.rows() + self.columns {
            return None;
        }
        let pivot = (0..self.weights.len())
            .max_by(|&a, &b| self.weights[a].abs().total_cmp(&self.weights[b].abs()))?;
        let (row, column) = (pivot / self.columns, pivot % self.columns);
        let largest = self.weights[pivot];
        let lines = || self.weights.chunks_exact(self.columns);
        let down: Vec<f32> = lines().map(|line| line[column]).collect();
        let along: Vec<f32> = lines().nth(row)?.iter().map(|w| w / largest).collect();
        let fits = |(line, &down): (&[f32], &f32)| {
            let pairs = line.iter().zip(&along);
            pairs
                .into_iter()
                .all(|(weight, along)| (weight - down * along).abs() <= 2e-7 * largest.abs())
        };
        lines().zip(&down).all(fits).then_some((down, along))
    }
}

impl FromStr for Kernel {
    type Err = Error;

    fn from_str(text: &str) -> Result<Kernel> {
        let number = |word: &str| -> Result<f32> {
            let parsed = match word.split_once('/') {
                Some((over, under)) => over
                    .parse::<f64>()
                    .and_then(|over| Ok(over / under.parse::<f64>()?)),
                None => word.parse::<f64>(),
            };
            parsed.map(|value| value as f32).map_err(|_| {
                Error::argument(WHAT, format!("{word:?} in the matrix is not a number"))
            })
        };
        let rows = text
            .split([';', '\n'])
            .map(str::trim)
            .filter(|row| !row.is_empty())
            .map(|row| {
                let words = row.split([' ', ',', '\t']).filter(|word| !word.is_empty());
                words.map(number).collect::<Result<Vec<f32>>>()
            })
            .collect::<Result<Vec<_>>>()?;
        let Some(first) = rows.first() else {
            return Err(Error::argument(
                WHAT,
                "the matrix is empty; write it like \"0 -1 0; -1 5 -1; 0 -1 0\"",
            ));
        };
        let columns = first.len();
        if let Some(at) = rows.iter().position(|row| row.len() != columns) {
            return Err(Error::argument(
                WHAT,
                format!(
                    "row 1 of the matrix has {columns} numbers, row {} has {}",
                    at + 1,
                    rows[at].len()
                ),
            ));
        }
        Kernel::new(rows.len(), columns, rows.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_matrix_is_refused() {
        for (text, part) in [
            ("", "is empty"),
            (" ; \n", "is empty"),
            ("1 2; 3 4", "2×2; both sides must be odd"),
            (
                "1 2 3; 4 5",
                "row 1 of the matrix has 3 numbers, row 2 has 2",
            ),
            ("1 x 3", "\"x\" in the matrix is not a number"),
            ("1 1/0 3", "it holds inf"),
            ("1 1/ 3", "\"1/\" in the matrix is not a number"),
            ("NaN", "it holds NaN"),
            ("1e300", "it holds inf"),
        ] {
            let error = text.parse::<Kernel>().unwrap_err().to_string();
            assert!(error.contains(part), "{text:?}: {error}");
        }
        assert!(Kernel::new(3, 3, vec![0.0; 8]).is_err());
        assert!(Kernel::new(usize::MAX, usize::MAX, vec![]).is_err());
        assert!(Kernel::new(1, MAX_SIDE + 2, vec![0.0; MAX_SIDE + 2]).is_err());
        let error = "0 1 0; 1 -4 1; 0 1 0".parse::<Kernel>().unwrap();
        assert!(
            error
                .normalized()
                .unwrap_err()
                .to_string()
                .contains("sum to 0")
        );
    }

    #[test]
    fn products_of_a_column_and_a_row_are_found() {
        let kernel = |text: &str| text.parse::<Kernel>().unwrap();
        let (down, along) = kernel("1 2 1; 2 4 2; 1 2 1").factors().unwrap();
        assert_eq!((down, along), (vec![2.0, 4.0, 2.0], vec![0.5, 1.0, 0.5]));
        assert!(
            kernel("-1 0 1; -2 0 2; -1 0 1").factors().is_none(),
            "6 weights are no more than 3 + 3"
        );
        assert!(kernel("1 2 1; 2 4 2; 1 2 1.001").factors().is_none());
        assert!(kernel("0 0 0; 0 0 0; 0 0 0").factors().is_none());
    }

    #[test]
    fn both_ways_of_summing_agree() {
        let image: Vec<f32> = (0..2 * 37 * 41)
            .map(|i| ((i * 7919) % 256) as f32)
            .collect();
        let image = Tensor::from_vec(image, [2, 37, 41]).unwrap();
        let planes = Planes::of("test", &image).unwrap();
        let kernel: Kernel = "1 4 6 4 1; 2 8 12 8 2; 3 12 18 12 3".parse().unwrap();
        let (down, along) = kernel.factors().unwrap();
        for border in [Border::Zero, Border::Replicate, Border::Reflect] {
            let apart = correlate::separable(&planes, &down, &along, border).unwrap();
            let whole = correlate::full(&planes, kernel.weights(), 5, border).unwrap();
            let pairs = apart.to_vec::<f32>().unwrap();
            for (apart, whole) in pairs.iter().zip(whole.to_vec::<f32>().unwrap()) {
                assert!((apart - whole).abs() < 0.02, "{apart} {whole}");
            }
        }
    }
}
