//! Which columns of a block vary: the others cost a product nothing.

use nn_core::kernels::float::Float;

/// Mean, smallest and largest value of each column of a block.
pub(super) struct Columns {
    pub(super) mean: Vec<f64>,
    min: Vec<f64>,
    max: Vec<f64>,
}

impl Columns {
    /// Of `values` `[rows, width]`, at least one row.
    pub(super) fn of<T: Float>(values: &[T], width: usize) -> Self {
        let (mut sum, mut min, mut max) = (
            vec![0.0f64; width],
            vec![T::INFINITY; width],
            vec![T::NEG_INFINITY; width],
        );
        for row in values.chunks_exact(width) {
            for (((sum, min), max), &v) in sum.iter_mut().zip(&mut min).zip(&mut max).zip(row) {
                *sum += v.to_f64();
                *min = if v < *min { v } else { *min };
                *max = if v > *max { v } else { *max };
            }
        }
        let rows = (values.len() / width).max(1) as f64;
        let mut mean: Vec<f64> = sum.into_iter().map(|sum| sum / rows).collect();
        let (min, max): (Vec<f64>, Vec<f64>) = (
            min.iter().map(|v| v.to_f64()).collect(),
            max.iter().map(|v| v.to_f64()).collect(),
        );
        for ((mean, &min), &max) in mean.iter_mut().zip(&min).zip(&max) {
            // The mean of equal values is that value, whatever their sum was rounded to.
            if min == max && mean.is_finite() {
                *mean = min;
            }
        }
        Columns { mean, min, max }
    }

    /// Whether a column has more than one value. One with NaN counts as varying.
    pub(super) fn varies(&self, column: usize) -> bool {
        self.min[column] != self.max[column]
    }

    /// The varying columns, as runs of neighbours.
    pub(super) fn runs(&self) -> Runs {
        Runs::of((0..self.mean.len()).filter(|&column| self.varies(column)))
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
        let columns = Columns::of(&values, 4);
        assert_eq!(columns.mean[0], 2.0);
        assert_eq!(columns.mean[1], f64::from(0.1f32));
        let runs = columns.runs();
        assert_eq!(runs.columns().collect::<Vec<_>>(), [0, 2]);
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
}
