//! What the columns of a section of a stream hold, and which of them vary: the others cost a product nothing.

use nn_core::Tensor;
use nn_core::kernels::columns;
use nn_core::kernels::float::Float;

use crate::error::Result;

/// Number of samples, and mean, mean of the squares, smallest and largest value of each column.
pub(super) struct Columns {
    pub(super) count: f64,
    pub(super) mean: Vec<f64>,
    squares: Vec<f64>,
    least: Vec<f64>,
    most: Vec<f64>,
}

impl Columns {
    /// Of a block `[rows, …]` of floats, at least one row of `width` values.
    pub(super) fn of(block: &Tensor, width: usize) -> Result<Self> {
        Ok(match block.dtype() {
            nn_core::DType::F64 => Self::of_values(block.as_slice::<f64>()?, width),
            _ => Self::of_values(block.as_slice::<f32>()?, width),
        })
    }

    fn of_values<T: Float>(values: &[T], width: usize) -> Self {
        let columns = columns::Columns::of(values, width);
        let count = (values.len() / width).max(1) as f64;
        let wide = |values: Vec<T>| values.into_iter().map(T::to_f64).collect();
        let mut columns = Columns {
            count,
            mean: columns.sum.into_iter().map(|sum| sum / count).collect(),
            squares: columns.squares.into_iter().map(|sum| sum / count).collect(),
            least: wide(columns.least),
            most: wide(columns.most),
        };
        columns.settle();
        columns
    }

    /// Of both blocks together.
    pub(super) fn joined(mut self, other: &Columns) -> Self {
        let share = other.count / (self.count + other.count);
        let mix = |a: &mut Vec<f64>, b: &[f64]| {
            a.iter_mut()
                .zip(b)
                .for_each(|(a, b)| *a += (b - *a) * share);
        };
        mix(&mut self.mean, &other.mean);
        mix(&mut self.squares, &other.squares);
        let least = self.least.iter_mut().zip(&other.least);
        least.for_each(|(a, b)| *a = a.min(*b));
        let most = self.most.iter_mut().zip(&other.most);
        most.for_each(|(a, b)| *a = a.max(*b));
        self.count += other.count;
        self.settle();
        self
    }

    /// The mean of equal values is that value, whatever their sum was rounded to.
    fn settle(&mut self) {
        for (column, mean) in self.mean.iter_mut().enumerate() {
            if self.least[column] == self.most[column] && mean.is_finite() {
                *mean = self.least[column];
            }
        }
    }

    /// Whether a column has more than one value. One with NaN counts as varying.
    pub(super) fn varies(&self, column: usize) -> bool {
        self.least[column] != self.most[column] || self.mean[column].is_nan()
    }

    /// What is best taken from a column before products: see [`origin`].
    pub(super) fn origin(&self, column: usize) -> f64 {
        let mean = self.mean[column];
        origin(mean, self.squares[column] - mean * mean)
    }
}

/// What is best taken from a column before products of it are added up: nothing where its mean is small against its spread, so
/// that zeros stay zeros and cost nothing; else the mean, as products of large values would lose digits. With
/// mean² ≤ 3·variance a sum of squares is at most four times that about the mean: two bits.
pub(super) fn origin(mean: f64, variance: f64) -> f64 {
    if mean * mean <= 3.0 * variance {
        0.0
    } else {
        mean
    }
}

/// Columns in ascending order as runs of neighbours, so that they are copied run by run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Runs {
    runs: Vec<(usize, usize)>,
    count: usize,
}

impl Runs {
    pub(super) fn of(columns: impl Iterator<Item = usize>) -> Self {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let mut count = 0;
        for column in columns {
            count += 1;
            match runs.last_mut() {
                Some((_, end)) if *end == column => *end += 1,
                _ => runs.push((column, column + 1)),
            }
        }
        Runs { runs, count }
    }

    /// How many columns there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Start and end of each run.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.runs.iter().copied()
    }

    /// Every column.
    pub(super) fn columns(&self) -> impl Iterator<Item = usize> + '_ {
        self.iter().flat_map(|(start, end)| start..end)
    }

    /// Appends value − mean of these columns of every row of `values` `[rows, mean.len()]`.
    pub(super) fn centred<I: Float, T: Float>(&self, values: &[I], mean: &[f64], out: &mut Vec<T>) {
        let rows = values.len() / mean.len().max(1);
        let mut at = out.len();
        out.resize(at + rows * self.count, T::ZERO);
        for row in values.chunks_exact(mean.len()) {
            for (start, end) in self.iter() {
                let to = &mut out[at..at + end - start];
                for ((to, v), mean) in to.iter_mut().zip(&row[start..end]).zip(&mean[start..end]) {
                    *to = T::from_f64(v.to_f64() - mean);
                }
                at += end - start;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_columns_are_left_out() {
        let values = [
            1.0f32, 0.1, 3.0, 4.0, 2.0, 0.1, 5.0, 4.0, 3.0, 0.1, 4.0, 4.0,
        ];
        let block = Tensor::from_slice(&values, [3, 4]).unwrap();
        let columns = Columns::of(&block, 4).unwrap();
        assert_eq!(columns.mean[0], 2.0);
        assert_eq!(columns.mean[1], f64::from(0.1f32));
        let varying: Vec<usize> = (0..4).filter(|&c| columns.varies(c)).collect();
        assert_eq!(varying, [0, 2]);
        let runs = Runs::of(varying.into_iter());
        let mut centred: Vec<f64> = Vec::new();
        runs.centred(&values, &columns.mean, &mut centred);
        assert_eq!(centred, [-1.0, -1.0, 0.0, 1.0, 1.0, 0.0]);
        assert_eq!(
            Runs::of([1, 2, 3, 7].into_iter())
                .iter()
                .collect::<Vec<_>>(),
            [(1, 4), (7, 8)]
        );
    }

    #[test]
    fn blocks_are_joined() {
        let of = |values: &[f64]| {
            let block = Tensor::from_slice(values, [values.len() / 2, 2]).unwrap();
            Columns::of(&block, 2).unwrap()
        };
        let columns = of(&[1.0, 5.0]).joined(&of(&[3.0, 5.0, 8.0, 5.0]));
        assert_eq!((columns.count, &columns.mean[..]), (3.0, &[4.0, 5.0][..]));
        assert!(columns.varies(0) && !columns.varies(1));
        let steps = of(&[2.0, 0.0]).joined(&of(&[3.0, 0.0]));
        assert!(steps.varies(0));
    }

    #[test]
    fn zeros_stay_zeros_where_digits_allow() {
        assert_eq!(origin(1.0, 0.34), 0.0);
        assert_eq!(origin(1.0, 0.33), 1.0);
        assert_eq!(origin(-7.0, 0.0), -7.0);
        let block = Tensor::from_slice(&[0.0, 9.0, 0.0, 8.0, 3.0, 9.0], [3, 2]).unwrap();
        let columns = Columns::of(&block, 2).unwrap();
        assert_eq!(columns.origin(0), 0.0);
        assert_eq!(columns.origin(1), columns.mean[1]);
    }
}
