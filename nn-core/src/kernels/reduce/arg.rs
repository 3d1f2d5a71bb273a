//! Positions of the largest and the smallest elements.

use std::ops::Range;

use super::{Fold, Max, fold::Min, fold_row};
use crate::kernels::float::Float;
use crate::kernels::math::dispatch::{
    CHEAP, Disjoint, Kernel, is_single, rows_per_task, run_parallel,
};

/// Columns compared at once.
const TILE: usize = 64;

struct ArgRows<'a, T> {
    max: bool,
    x: &'a [T],
    n: usize,
    out: Disjoint<'a, u32>,
}

#[inline(always)]
fn first_extreme<const FMA: bool, T: Float, F: Fold<T>>(x: &[T]) -> usize {
    let extreme = fold_row::<FMA, T, F>(x, T::ZERO);
    let found = if extreme.is_nan() {
        x.iter().position(|x| x.is_nan())
    } else {
        x.iter().position(|&x| x == extreme)
    };
    found.unwrap_or(0)
}

impl<T: Float> Kernel for ArgRows<'_, T> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        // SAFETY: item i writes output i.
        let out = unsafe { self.out.range(range.clone()) };
        let x = &self.x[range.start * self.n..range.end * self.n];
        for (out, x) in out.iter_mut().zip(x.chunks_exact(self.n)) {
            *out = if self.max {
                first_extreme::<FMA, T, Max>(x)
            } else {
                first_extreme::<FMA, T, Min>(x)
            } as u32;
        }
    }
}

struct ArgColumns<'a, T> {
    max: bool,
    x: &'a [T],
    n: usize,
    inner: usize,
    tiles: usize,
    out: Disjoint<'a, u32>,
}

impl<T: Float> Kernel for ArgColumns<'_, T> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        for item in range {
            let (outer, tile) = (item / self.tiles, item % self.tiles);
            let columns = tile * TILE..self.inner.min((tile + 1) * TILE);
            let start = outer * self.inner;
            // SAFETY: item i writes its own tile of its own matrix.
            let out = unsafe { self.out.range(start + columns.start..start + columns.end) };
            let x = &self.x[start * self.n..];
            let mut best = [T::ZERO; TILE];
            best[..out.len()].copy_from_slice(&x[columns.clone()]);
            out.fill(0);
            for row in 1..self.n {
                let x = &x[row * self.inner..][columns.clone()];
                for ((out, best), &x) in out.iter_mut().zip(&mut best).zip(x) {
                    let beyond = if self.max { x > *best } else { x < *best };
                    let better = !best.is_nan() & (beyond | x.is_nan());
                    *best = if better { x } else { *best };
                    *out = if better { row as u32 } else { *out };
                }
            }
        }
    }
}

/// out\[o, i\] = the position along n of the largest (`max`) or smallest of x\[o, :, i\], for x of
/// `outer` × `n` × `inner`: the first of equals; the first NaN if there is one.
///
/// # Panics
/// If a slice's length does not fit, or n is 0 or above 2³² − 1 while there is an output;
/// callers in this crate have checked it.
pub fn arg_reduce<T: Float>(
    max: bool,
    x: &[T],
    outer: usize,
    n: usize,
    inner: usize,
    out: &mut [u32],
) {
    assert_eq!(x.len(), outer * n * inner);
    assert_eq!(out.len(), outer * inner);
    if out.is_empty() {
        return;
    }
    assert!(n > 0 && u32::try_from(n).is_ok());
    let out = Disjoint::new(out);
    if inner == 1 {
        let kernel = ArgRows { max, x, n, out };
        run_parallel(&kernel, outer, rows_per_task(n, CHEAP));
    } else {
        let tiles = inner.div_ceil(TILE);
        let kernel = ArgColumns {
            max,
            x,
            n,
            inner,
            tiles,
            out,
        };
        run_parallel(
            &kernel,
            outer * tiles,
            rows_per_task(n * inner.min(TILE), CHEAP),
        );
    }
}
