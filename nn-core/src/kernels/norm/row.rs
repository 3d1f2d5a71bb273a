//! Normalisation of rows: each by its own mean and variance, or by its root mean square.

use std::ops::Range;

use crate::kernels::float::Float;
use crate::kernels::math::dispatch::{
    CHEAP, Disjoint, Kernel, is_single, rows_per_task, run_parallel,
};
use crate::kernels::math::map::WIDTH;
use crate::kernels::reduce::{SquaredDeviation, Sum, fold_row};

/// Rows of `cols` elements, and what scales and shifts their columns.
#[derive(Clone, Copy)]
pub struct RowNorm<'a, T> {
    /// Elements of a row.
    pub cols: usize,
    /// Whether the mean is taken off first.
    pub centred: bool,
    /// Added to the variance (or mean square).
    pub eps: f64,
    /// What each column is multiplied by.
    pub weight: &'a [T],
    /// What is then added.
    pub bias: &'a [T],
}

/// The mean (0 where none is taken off) and 1/√(variance + eps) of each row.
pub struct RowStatistics<'a, T> {
    /// The means.
    pub mean: &'a mut [T],
    /// The inverse deviations.
    pub inverse: &'a mut [T],
}

struct Forward<'a, T> {
    x: &'a [T],
    norm: RowNorm<'a, T>,
    y: Disjoint<'a, T>,
    mean: Disjoint<'a, T>,
    inverse: Disjoint<'a, T>,
}

impl<T: Float> Kernel for Forward<'_, T> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let cols = self.norm.cols;
        let (weight, bias) = (&self.norm.weight[..cols], &self.norm.bias[..cols]);
        let count = T::from_f64(cols as f64);
        // SAFETY: item i is row i.
        let means = unsafe { self.mean.range(range.clone()) };
        // SAFETY: as above.
        let inverses = unsafe { self.inverse.range(range.clone()) };
        for ((row, mean_out), inverse_out) in range.zip(means).zip(inverses) {
            let row = row * cols..(row + 1) * cols;
            let x = &self.x[row.clone()];
            // SAFETY: as above.
            let y = unsafe { self.y.range(row) };
            let mean = match self.norm.centred {
                true => fold_row::<FMA, T, Sum>(x, T::ZERO) / count,
                false => T::ZERO,
            };
            let variance = fold_row::<FMA, T, SquaredDeviation>(x, mean) / count;
            let inverse = T::ONE / (variance + T::from_f64(self.norm.eps)).sqrt();
            (*mean_out, *inverse_out) = (mean, inverse);
            for i in 0..cols {
                y[i] = ((x[i] - mean) * inverse).lane_fma::<FMA>(weight[i], bias[i]);
            }
        }
    }
}

/// y = weight·(x − mean)/√(variance + eps) + bias, row by row.
///
/// # Panics
/// If the lengths do not fit; callers in this crate have checked them.
pub fn normalise_rows<T: Float>(
    x: &[T],
    norm: RowNorm<'_, T>,
    y: &mut [T],
    statistics: RowStatistics<'_, T>,
) {
    let RowStatistics { mean, inverse } = statistics;
    assert_eq!(
        [x.len(), norm.weight.len(), norm.bias.len()],
        [y.len(), norm.cols, norm.cols]
    );
    assert_eq!(
        [mean.len() * norm.cols, inverse.len() * norm.cols],
        [x.len(); 2]
    );
    if x.is_empty() {
        return;
    }
    let (rows, grain) = (x.len() / norm.cols, rows_per_task(norm.cols, CHEAP));
    let kernel = Forward {
        x,
        norm,
        y: Disjoint::new(y),
        mean: Disjoint::new(mean),
        inverse: Disjoint::new(inverse),
    };
    run_parallel(&kernel, rows, grain);
}

/// Rows whose column sums are made in one go; part of the result.
fn block_rows(cols: usize) -> usize {
    (64 * 1024 / cols.max(1)).clamp(16, 512)
}

/// Elements of a row whose sums are made in one go.
const BLOCK: usize = 1024;

struct Backward<'a, T> {
    x: &'a [T],
    dy: &'a [T],
    norm: RowNorm<'a, T>,
    mean: &'a [T],
    inverse: &'a [T],
    dx: Disjoint<'a, T>,
    /// `[block][dweight, dbias][column]`
    partial: Disjoint<'a, T>,
}

/// Σ dy·weight and Σ dy·weight·(x − mean) of a row.
#[inline(always)]
fn row_sums<const FMA: bool, T: Float>(x: &[T], dy: &[T], weight: &[T], mean: T) -> (f64, f64) {
    let (mut sum, mut dot) = (0.0, 0.0);
    for (x, (dy, weight)) in x
        .chunks(BLOCK)
        .zip(dy.chunks(BLOCK).zip(weight.chunks(BLOCK)))
    {
        let (mut sums, mut dots) = ([T::ZERO; WIDTH], [T::ZERO; WIDTH]);
        let (vectors, rest) = x.as_chunks::<WIDTH>();
        let (dy_vectors, dy_rest) = dy.as_chunks::<WIDTH>();
        let (weight_vectors, weight_rest) = weight.as_chunks::<WIDTH>();
        for (x, (dy, weight)) in vectors.iter().zip(dy_vectors.iter().zip(weight_vectors)) {
            let (mut next_sums, mut next_dots) = (sums, dots);
            for i in 0..WIDTH {
                let g = dy[i] * weight[i];
                next_sums[i] = sums[i] + g;
                next_dots[i] = g.lane_fma::<FMA>(x[i] - mean, dots[i]);
            }
            (sums, dots) = (next_sums, next_dots);
        }
        for (i, (x, (dy, weight))) in rest.iter().zip(dy_rest.iter().zip(weight_rest)).enumerate() {
            let g = *dy * *weight;
            sums[i] += g;
            dots[i] += g * (*x - mean);
        }
        sum += sums.iter().map(|x| x.to_f64()).sum::<f64>();
        dot += dots.iter().map(|x| x.to_f64()).sum::<f64>();
    }
    (sum, dot)
}

impl<T: Float> Kernel for Backward<'_, T> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let cols = self.norm.cols;
        let weight = &self.norm.weight[..cols];
        let rows = self.x.len() / cols;
        for block in range {
            // SAFETY: item i is block i of the rows.
            let partial = unsafe { self.partial.range(block * 2 * cols..(block + 1) * 2 * cols) };
            partial.fill(T::ZERO);
            let (dweight, dbias) = partial.split_at_mut(cols);
            let first = block * block_rows(cols);
            for row in first..rows.min(first + block_rows(cols)) {
                let (mean, inverse) = (self.mean[row], self.inverse[row]);
                let row = row * cols..(row + 1) * cols;
                let (x, dy) = (&self.x[row.clone()], &self.dy[row.clone()]);
                // SAFETY: as above.
                let dx = unsafe { self.dx.range(row) };
                let (sum, dot) = row_sums::<FMA, T>(x, dy, weight, mean);
                let count = cols as f64;
                let sum = if self.norm.centred { sum } else { 0.0 };
                let shift = T::from_f64(sum / count);
                let slope = T::from_f64(dot * inverse.to_f64() / count);
                for i in 0..cols {
                    let normal = (x[i] - mean) * inverse;
                    let g = dy[i].lane_fma::<FMA>(weight[i], -shift);
                    dx[i] = inverse * (g - normal * slope);
                    dweight[i] = dy[i].lane_fma::<FMA>(normal, dweight[i]);
                    dbias[i] += dy[i];
                }
            }
        }
    }
}

/// The derivatives of [`normalise_rows`] from those of y: of x, weight and bias.
///
/// # Panics
/// If the lengths do not fit.
pub fn normalise_rows_backward<T: Float>(
    (x, dy): (&[T], &[T]),
    norm: RowNorm<'_, T>,
    (mean, inverse): (&[T], &[T]),
    dx: &mut [T],
    (dweight, dbias): (&mut [T], &mut [T]),
) {
    let cols = norm.cols;
    assert_eq!([dy.len(), dx.len()], [x.len(); 2]);
    assert_eq!([norm.weight.len(), dweight.len(), dbias.len()], [cols; 3]);
    assert_eq!([mean.len() * cols, inverse.len() * cols], [x.len(); 2]);
    dweight.fill(T::ZERO);
    dbias.fill(T::ZERO);
    if x.is_empty() {
        return;
    }
    let blocks = (x.len() / cols).div_ceil(block_rows(cols));
    let mut partial = vec![T::ZERO; blocks * 2 * cols];
    let kernel = Backward {
        x,
        dy,
        norm,
        mean,
        inverse,
        dx: Disjoint::new(dx),
        partial: Disjoint::new(&mut partial),
    };
    run_parallel(&kernel, blocks, 1);
    let mut totals = vec![0.0; 2 * cols];
    for block in partial.chunks_exact(2 * cols) {
        for (total, x) in totals.iter_mut().zip(block) {
            *total += x.to_f64();
        }
    }
    let (weights, biases) = totals.split_at(cols);
    for (out, totals) in [(dweight, weights), (dbias, biases)] {
        for (out, total) in out.iter_mut().zip(totals) {
            *out = T::from_f64(*total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::math::dispatch::for_each_isa;
    use crate::kernels::threads::set_threads;

    fn data(len: usize, salt: f64) -> Vec<f64> {
        (0..len)
            .map(|i| (i as f64 * 1.7 + salt).sin() * 2.0 + 0.5)
            .collect()
    }

    fn single(x: &[f64]) -> Vec<f32> {
        x.iter().map(|&x| x as f32).collect()
    }

    /// Everything forward and backward gives: y, dx, dweight, dbias.
    fn all<T: Float>(x: &[T], dy: &[T], norm: RowNorm<'_, T>) -> [Vec<T>; 4] {
        let (rows, cols) = (x.len() / norm.cols, norm.cols);
        let (mut y, mut dx) = (vec![T::ONE; x.len()], vec![T::ONE; x.len()]);
        let (mut mean, mut inverse) = (vec![T::ONE; rows], vec![T::ONE; rows]);
        let (mut dw, mut db) = (vec![T::ONE; cols], vec![T::ONE; cols]);
        let statistics = RowStatistics {
            mean: &mut mean,
            inverse: &mut inverse,
        };
        normalise_rows(x, norm, &mut y, statistics);
        normalise_rows_backward(
            (x, dy),
            norm,
            (&mean, &inverse),
            &mut dx,
            (&mut dw, &mut db),
        );
        [y, dx, dw, db]
    }

    #[test]
    fn values_and_derivatives_agree_with_the_formula() {
        for ((rows, cols), centred) in [(1, 2), (5, 7), (3, 16), (40, 33), (3, 2500), (700, 40)]
            .into_iter()
            .flat_map(|size| [(size, true), (size, false)])
        {
            let (x, dy) = (data(rows * cols, 0.1), data(rows * cols, 5.0));
            let (weight, bias) = (data(cols, 1.0), data(cols, 2.0));
            let eps = 1e-3;
            let norm = RowNorm {
                cols,
                centred,
                eps,
                weight: &weight,
                bias: &bias,
            };
            let (mut y, mut dx) = (vec![], vec![]);
            let (mut dw, mut db) = (vec![0.0; cols], vec![0.0; cols]);
            for (x, dy) in x.chunks(cols).zip(dy.chunks(cols)) {
                let n = cols as f64;
                let mean = if centred {
                    x.iter().sum::<f64>() / n
                } else {
                    0.0
                };
                let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
                let inverse = 1.0 / (variance + eps).sqrt();
                let normal: Vec<f64> = x.iter().map(|x| (x - mean) * inverse).collect();
                let g: Vec<f64> = dy.iter().zip(&weight).map(|(d, w)| d * w).collect();
                let shift = if centred {
                    g.iter().sum::<f64>() / n
                } else {
                    0.0
                };
                let slope = g.iter().zip(&normal).map(|(g, x)| g * x).sum::<f64>() / n;
                for i in 0..cols {
                    y.push(normal[i] * weight[i] + bias[i]);
                    dx.push(inverse * (g[i] - shift - normal[i] * slope));
                    dw[i] += dy[i] * normal[i];
                    db[i] += dy[i];
                }
            }
            let truth = [y, dx, dw, db];
            for_each_isa(|isa| {
                let what = format!("{rows}×{cols} {centred} {isa:?}");
                let found = all(&x, &dy, norm);
                let (w32, b32) = (single(&weight), single(&bias));
                let norm = RowNorm {
                    cols,
                    centred,
                    eps,
                    weight: &w32,
                    bias: &b32,
                };
                let found32 = all(&single(&x), &single(&dy), norm);
                for (k, truth) in truth.iter().enumerate() {
                    let size = truth.iter().fold(1.0_f64, |m, x| m.max(x.abs()));
                    for (i, t) in truth.iter().enumerate() {
                        assert!((found[k][i] - t).abs() < 1e-12 * size, "{what} {k}");
                        assert!(
                            (f64::from(found32[k][i]) - t).abs() < 2e-5 * size,
                            "{what} {k}"
                        );
                    }
                }
            });
        }
    }

    #[test]
    fn threads_do_not_change_a_bit() {
        let (x, dy) = (single(&data(5000 * 48, 0.1)), single(&data(5000 * 48, 5.0)));
        let (weight, bias) = (single(&data(48, 1.0)), single(&data(48, 2.0)));
        let norm = RowNorm {
            cols: 48,
            centred: true,
            eps: 1e-5,
            weight: &weight,
            bias: &bias,
        };
        set_threads(1);
        let one = all(&x, &dy, norm);
        for count in [2, 3] {
            set_threads(count);
            assert!(one == all(&x, &dy, norm));
        }
    }
}
