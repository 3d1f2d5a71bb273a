//! Reductions of the middle dimension of `[outer, n, inner]`.
//!
//! Long sums are added in blocks, in an order that depends only on the shape: the rounding error
//! of a sum of n numbers grows like log n rather than n, and no thread count changes a bit.

mod arg;
mod fold;

pub use arg::arg_reduce;
pub(super) use fold::{
    Fold, LogSumExp, Max, SquaredDeviation, Sum, SumSquares, fold_row, join_vectors,
};

use super::float::Float;
use fold::{Min, fold};

/// A reduction of many numbers to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduce {
    /// Σ x.
    Sum,
    /// Σ x / n.
    Mean,
    /// The largest; NaN if any is NaN; −∞ of nothing.
    Max,
    /// The smallest; NaN if any is NaN; ∞ of nothing.
    Min,
    /// Σ x².
    SumSquares,
}

/// out\[o, i\] = the reduction of x\[o, :, i\], for x of `outer` × `n` × `inner`.
///
/// ```
/// use nn_core::kernels::reduce::{Reduce, reduce};
/// let mut out = [0.0_f32; 2];
/// reduce(Reduce::Sum, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 3, 1, &mut out);
/// assert_eq!(out, [6.0, 15.0]);
/// ```
///
/// # Panics
/// If a slice's length does not fit; callers in this crate have checked them.
pub fn reduce<T: Float>(op: Reduce, x: &[T], outer: usize, n: usize, inner: usize, out: &mut [T]) {
    let shape = [outer, n, inner];
    match op {
        Reduce::Sum => fold::<T, Sum>(x, shape, None, out),
        Reduce::Mean => {
            fold::<T, Sum>(x, shape, None, out);
            divide(out, n as f64);
        }
        Reduce::Max => fold::<T, Max>(x, shape, None, out),
        Reduce::Min => fold::<T, Min>(x, shape, None, out),
        Reduce::SumSquares => fold::<T, SumSquares>(x, shape, None, out),
    }
}

fn divide<T: Float>(out: &mut [T], divisor: f64) {
    let divisor = T::from_f64(divisor);
    for out in out {
        *out /= divisor;
    }
}

/// mean\[o, i\] = Σ x / n and var\[o, i\] = Σ (x − mean)² / (n − correction) of x\[o, :, i\], in two
/// passes. The correction is 0 for the population's variance and 1 for a sample's (Bessel);
/// with n ≤ correction the variance is NaN or infinite, as in PyTorch.
///
/// # Panics
/// If a slice's length does not fit.
pub fn variance<T: Float>(
    x: &[T],
    outer: usize,
    n: usize,
    inner: usize,
    correction: f64,
    mean_out: &mut [T],
    var_out: &mut [T],
) {
    reduce(Reduce::Mean, x, outer, n, inner, mean_out);
    fold::<T, SquaredDeviation>(x, [outer, n, inner], Some(mean_out), var_out);
    divide(var_out, (n as f64 - correction).max(0.0));
}

/// out\[o, i\] = ln Σ exp x\[o, :, i\], by taking the largest out first, so that nothing overflows.
/// −∞ of nothing or of −∞ only.
///
/// # Panics
/// If a slice's length does not fit.
pub fn log_sum_exp<T: Float>(x: &[T], outer: usize, n: usize, inner: usize, out: &mut [T]) {
    let mut largest = vec![T::ZERO; out.len()];
    fold::<T, Max>(x, [outer, n, inner], None, &mut largest);
    for largest in &mut largest {
        // ±∞ cannot be taken out; the sum is then 0, ∞ or NaN as it should.
        if largest.abs() == T::INFINITY {
            *largest = T::ZERO;
        }
    }
    fold::<T, LogSumExp>(x, [outer, n, inner], Some(&largest), out);
    for (out, &largest) in out.iter_mut().zip(&largest) {
        *out = out.ln() + largest;
    }
}

/// Whether no element is NaN or infinite.
pub fn all_finite<T: Float>(x: &[T]) -> bool {
    // 0·x is 0 for finite x and NaN otherwise, and NaN stays in the sum.
    let mut sum = [T::ZERO];
    fold::<T, fold::Finite>(x, [1, x.len(), 1], None, &mut sum);
    sum[0] == T::ZERO
}

#[cfg(test)]
mod tests;
