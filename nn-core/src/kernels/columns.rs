//! What each column of a table holds, in one pass.

use std::ops::Range;

use super::float::Float;
use super::math::dispatch::{Disjoint, Kernel, is_single, run_parallel};

/// Rows that a column is followed down before the next is looked at.
const DOWN: usize = 8;

/// Sums and limits of the columns of `[rows, width]`.
///
/// ```
/// use nn_core::kernels::columns::Columns;
/// let columns = Columns::of(&[1.0f32, 5.0, 3.0, 5.0], 2);
/// assert_eq!(columns.sum, [4.0, 10.0]);
/// assert_eq!(columns.squares, [10.0, 50.0]);
/// assert_eq!((columns.least, columns.most), (vec![1.0, 5.0], vec![3.0, 5.0]));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Columns<T> {
    /// Σ x, in 64 bits.
    pub sum: Vec<f64>,
    /// Σ x², in 64 bits.
    pub squares: Vec<f64>,
    /// The smallest value that is not NaN; infinity where there is none.
    pub least: Vec<T>,
    /// The largest value that is not NaN; negative infinity where there is none.
    pub most: Vec<T>,
}

impl<T: Float> Columns<T> {
    /// Of `x`, row-major, on the calling thread.
    ///
    /// # Panics
    /// If the length of `x` is not a multiple of `width`.
    pub fn of(x: &[T], width: usize) -> Self {
        assert!(x.len().is_multiple_of(width.max(1)), "rows of {width}");
        let mut columns = Columns {
            sum: vec![0.0; width],
            squares: vec![0.0; width],
            least: vec![T::INFINITY; width],
            most: vec![T::NEG_INFINITY; width],
        };
        let kernel = Pass {
            x,
            width,
            sum: Disjoint::new(&mut columns.sum),
            squares: Disjoint::new(&mut columns.squares),
            least: Disjoint::new(&mut columns.least),
            most: Disjoint::new(&mut columns.most),
        };
        run_parallel(&kernel, 1, 1);
        columns
    }
}

struct Pass<'a, T> {
    x: &'a [T],
    width: usize,
    sum: Disjoint<'a, f64>,
    squares: Disjoint<'a, f64>,
    least: Disjoint<'a, T>,
    most: Disjoint<'a, T>,
}

impl<T: Float> Kernel for Pass<'_, T> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, _: Range<usize>) {
        let width = self.width;
        // SAFETY: there is one item.
        let (sum, squares, least, most) = unsafe {
            let all = 0..width;
            (
                self.sum.range(all.clone()),
                self.squares.range(all.clone()),
                self.least.range(all.clone()),
                self.most.range(all),
            )
        };
        for rows in self.x.chunks(DOWN * width.max(1)) {
            let mut from = 0;
            while from < width {
                let sums = (&mut *sum, &mut *squares, &mut *least, &mut *most);
                from += match width - from {
                    16.. => down::<T, 16>(rows, width, from, sums),
                    4.. => down::<T, 4>(rows, width, from, sums),
                    _ => down::<T, 1>(rows, width, from, sums),
                };
            }
        }
    }
}

/// `N` columns from `from` on, down the rows; returns `N`.
#[inline(always)]
fn down<T: Float, const N: usize>(
    rows: &[T],
    width: usize,
    from: usize,
    (sum, squares, least, most): (&mut [f64], &mut [f64], &mut [T], &mut [T]),
) -> usize {
    let at = from..from + N;
    let (sum, squares) = (&mut sum[at.clone()], &mut squares[at.clone()]);
    let (least, most) = (&mut least[at.clone()], &mut most[at.clone()]);
    let (mut s, mut q) = ([0.0; N], [0.0; N]);
    let (mut l, mut m) = ([T::INFINITY; N], [T::NEG_INFINITY; N]);
    for row in rows.chunks_exact(width) {
        let row = &row[at.clone()];
        for i in 0..N {
            let x = row[i];
            s[i] += x.to_f64();
            q[i] += x.to_f64() * x.to_f64();
            l[i] = if x < l[i] { x } else { l[i] };
            m[i] = if x > m[i] { x } else { m[i] };
        }
    }
    for i in 0..N {
        sum[i] += s[i];
        squares[i] += q[i];
        least[i] = if l[i] < least[i] { l[i] } else { least[i] };
        most[i] = if m[i] > most[i] { m[i] } else { most[i] };
    }
    N
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rng;
    use crate::kernels::math::dispatch::for_each_isa;

    #[test]
    fn as_computed_plainly() {
        for_each_isa(|isa| {
            for (rows, width) in [(1, 1), (7, 3), (8, 16), (30, 39), (17, 20)] {
                let mut rng = Rng::new(3);
                let x: Vec<f32> = (0..rows * width).map(|_| rng.normal() as f32).collect();
                let columns = Columns::of(&x, width);
                for c in 0..width {
                    let column = || x.iter().skip(c).step_by(width).copied();
                    let sum: f64 = column().map(f64::from).sum();
                    let squares: f64 = column().map(|v| f64::from(v).powi(2)).sum();
                    assert!((columns.sum[c] - sum).abs() < 1e-12, "{isa:?}");
                    assert!((columns.squares[c] - squares).abs() < 1e-12, "{isa:?}");
                    assert_eq!(columns.least[c], column().fold(f32::INFINITY, f32::min));
                    assert_eq!(columns.most[c], column().fold(f32::NEG_INFINITY, f32::max));
                }
            }
        });
    }

    #[test]
    fn nan_is_in_the_sums_alone() {
        let columns = Columns::of(&[f64::NAN, 1.0, 2.0, f64::NAN], 2);
        assert!(columns.sum.iter().all(|v| v.is_nan()));
        assert_eq!(
            (columns.least, columns.most),
            (vec![2.0, 1.0], vec![2.0, 1.0])
        );
        assert!(Columns::<f32>::of(&[], 0).sum.is_empty());
    }
}
