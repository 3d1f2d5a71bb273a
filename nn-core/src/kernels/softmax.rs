//! Softmax and log-softmax over contiguous rows, with their derivatives.

use std::ops::Range;

use super::float::Float;
use super::math::dispatch::{COSTLY, Disjoint, Kernel, is_single, rows_per_task, run_parallel};
use super::math::map::WIDTH;
use super::reduce::{Max, Sum, fold_row};
use small::MAX_COLS;

pub(super) mod small;

/// y = exp(x − shift); returns Σ y.
#[inline(always)]
pub(super) fn exp_sum<const FMA: bool, T: Float>(x: &[T], shift: T, y: &mut [T]) -> T {
    let rest = if T::WIDTH > 1 { x.len() % WIDTH } else { 0 };
    let split = x.len() - rest;
    for (y, &x) in y[..split].iter_mut().zip(&x[..split]) {
        *y = (x - shift).lane_exp::<FMA>();
    }
    if rest > 0 {
        // The last few as one vector, which may overlap what is done.
        let mut buffer = [shift; WIDTH];
        if let (Some(x), Some(y)) = (x.last_chunk::<WIDTH>(), y.last_chunk_mut::<WIDTH>()) {
            for (y, &x) in y.iter_mut().zip(x) {
                *y = (x - shift).lane_exp::<FMA>();
            }
        } else {
            for (slot, &x) in buffer.iter_mut().zip(x) {
                *slot = x;
            }
            for x in &mut buffer {
                *x = (*x - shift).lane_exp::<FMA>();
            }
            for (y, &e) in y.iter_mut().zip(&buffer) {
                *y = e;
            }
        }
    }
    fold_row::<FMA, T, Sum>(y, T::ZERO)
}

#[inline(always)]
fn softmax_row<const FMA: bool, T: Float>(x: &[T], y: &mut [T]) {
    let shift = fold_row::<FMA, T, Max>(x, T::ZERO);
    let inverse = T::ONE / exp_sum::<FMA, T>(x, shift, y);
    for y in y {
        *y *= inverse;
    }
}

#[inline(always)]
fn log_softmax_row<const FMA: bool, T: Float>(x: &[T], y: &mut [T]) {
    let shift = fold_row::<FMA, T, Max>(x, T::ZERO);
    let log = exp_sum::<FMA, T>(x, shift, y).lane_ln::<FMA>();
    for (y, &x) in y.iter_mut().zip(x) {
        *y = (x - shift) - log;
    }
}

#[inline(always)]
fn softmax_backward_row<const FMA: bool, T: Float>(y: &[T], dy: &[T], dx: &mut [T]) {
    for ((dx, &y), &dy) in dx.iter_mut().zip(y).zip(dy) {
        *dx = y * dy;
    }
    let dot = fold_row::<FMA, T, Sum>(dx, T::ZERO);
    for ((dx, &y), &dy) in dx.iter_mut().zip(y).zip(dy) {
        *dx = y * (dy - dot);
    }
}

#[inline(always)]
fn log_softmax_backward_row<const FMA: bool, T: Float>(y: &[T], dy: &[T], dx: &mut [T]) {
    let total = fold_row::<FMA, T, Sum>(dy, T::ZERO);
    exp_sum::<FMA, T>(y, T::ZERO, dx);
    for (dx, &dy) in dx.iter_mut().zip(dy) {
        *dx = dy - *dx * total;
    }
}

/// Items are rows; the derivatives read `y` and `dy`, the functions read only `y` (as x).
struct Rows<'a, T, const OP: u8> {
    cols: usize,
    x: &'a [T],
    dy: &'a [T],
    out: Disjoint<'a, T>,
}

const SOFTMAX: u8 = 0;
const LOG_SOFTMAX: u8 = 1;
const SOFTMAX_BACKWARD: u8 = 2;
const LOG_SOFTMAX_BACKWARD: u8 = 3;

impl<T: Float, const OP: u8> Rows<'_, T, OP> {
    /// Softmax or log-softmax of short rows.
    #[inline(always)]
    fn run_tiles<const FMA: bool>(&self, range: Range<usize>) {
        let elements = range.start * self.cols..range.end * self.cols;
        // SAFETY: item i is row i.
        let out = unsafe { self.out.range(elements.clone()) };
        let size = WIDTH * self.cols;
        for (x, out) in self.x[elements].chunks(size).zip(out.chunks_mut(size)) {
            if OP == SOFTMAX {
                small::softmax::<FMA, T>(x, self.cols, out);
            } else {
                small::log_softmax::<FMA, T>(x, self.cols, out);
            }
        }
    }
}

impl<T: Float, const OP: u8> Kernel for Rows<'_, T, OP> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        if OP <= LOG_SOFTMAX && self.cols <= MAX_COLS {
            return self.run_tiles::<FMA>(range);
        }
        for row in range {
            let row = row * self.cols..(row + 1) * self.cols;
            // SAFETY: item i is row i.
            let out = unsafe { self.out.range(row.clone()) };
            let x = &self.x[row.clone()];
            match OP {
                SOFTMAX => softmax_row::<FMA, T>(x, out),
                LOG_SOFTMAX => log_softmax_row::<FMA, T>(x, out),
                SOFTMAX_BACKWARD => softmax_backward_row::<FMA, T>(x, &self.dy[row], out),
                _ => log_softmax_backward_row::<FMA, T>(x, &self.dy[row], out),
            }
        }
    }
}

fn run_rows<T: Float, const OP: u8>(x: &[T], dy: &[T], cols: usize, out: &mut [T]) {
    assert_eq!(x.len(), out.len());
    if out.is_empty() {
        return;
    }
    assert!(cols > 0 && x.len().is_multiple_of(cols));
    let rows = x.len() / cols;
    let out = Disjoint::new(out);
    let kernel = Rows::<T, OP> { cols, x, dy, out };
    run_parallel(&kernel, rows, rows_per_task(cols, COSTLY));
}

/// y = eˣ / Σ eˣ over each row of `cols` elements, computed as e^(x − max x) / Σ, which cannot
/// overflow. A row of −∞ only, or with ∞ or NaN, gives NaN.
///
/// # Panics
/// If the lengths differ or are no whole number of rows; callers in this crate have checked them.
pub fn softmax_rows<T: Float>(x: &[T], cols: usize, y: &mut [T]) {
    run_rows::<T, SOFTMAX>(x, &[], cols, y);
}

/// y = x − ln Σ eˣ over each row of `cols` elements.
///
/// # Panics
/// If the lengths differ or are no whole number of rows.
pub fn log_softmax_rows<T: Float>(x: &[T], cols: usize, y: &mut [T]) {
    run_rows::<T, LOG_SOFTMAX>(x, &[], cols, y);
}

/// dx = y (dy − Σ y·dy) over each row, where y = softmax(x).
///
/// # Panics
/// If the lengths differ or are no whole number of rows.
pub fn softmax_backward_rows<T: Float>(y: &[T], dy: &[T], cols: usize, dx: &mut [T]) {
    assert_eq!(y.len(), dy.len());
    run_rows::<T, SOFTMAX_BACKWARD>(y, dy, cols, dx);
}

/// dx = dy − e^y Σ dy over each row, where y = log_softmax(x).
///
/// # Panics
/// If the lengths differ or are no whole number of rows.
pub fn log_softmax_backward_rows<T: Float>(y: &[T], dy: &[T], cols: usize, dx: &mut [T]) {
    assert_eq!(y.len(), dy.len());
    run_rows::<T, LOG_SOFTMAX_BACKWARD>(y, dy, cols, dx);
}

#[cfg(test)]
mod tests;
