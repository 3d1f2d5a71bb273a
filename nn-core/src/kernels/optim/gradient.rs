//! Clipping: the norm of all gradients together, and bounds on each.

use std::ops::Range;

use crate::kernels::elementwise;
use crate::kernels::float::Float;
use crate::kernels::math::dispatch::{Disjoint, Kernel, is_single, run_parallel};
use crate::kernels::math::map::{map_in_place, maps1};
use crate::kernels::reduce::{SumSquares, fold_row};

/// Elements whose squares are added by one task.
const BLOCK: usize = 32 * 1024;

struct Squares<'a, T> {
    grads: &'a [&'a [T]],
    /// Each gradient's first block among all blocks.
    first: &'a [usize],
    out: Disjoint<'a, f64>,
}

impl<T: Float> Kernel for Squares<'_, T> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        for block in range {
            let k = self.first.partition_point(|&first| first <= block) - 1;
            let start = (block - self.first[k]) * BLOCK;
            let grad = self.grads[k];
            let grad = &grad[start..grad.len().min(start + BLOCK)];
            // SAFETY: item i writes sum i.
            let out = unsafe { self.out.range(block..block + 1) };
            out[0] = fold_row::<FMA, T, SumSquares>(grad, T::ZERO).to_f64();
        }
    }
}

/// Σ g² over all elements of all gradients, in fixed blocks: √ of it is the global norm.
///
/// Each block of 32 768 elements is summed in `T`, the blocks in `f64`.
pub fn sum_of_squares<T: Float>(grads: &[&[T]]) -> f64 {
    let mut blocks = 0;
    let first: Vec<usize> = grads
        .iter()
        .map(|grad| {
            let first = blocks;
            blocks += grad.len().div_ceil(BLOCK);
            first
        })
        .collect();
    let mut sums = vec![0.0; blocks];
    let kernel = Squares {
        grads,
        first: &first,
        out: Disjoint::new(&mut sums),
    };
    let total: usize = grads.iter().map(|grad| grad.len()).sum();
    let grain = if total <= 2 * BLOCK { blocks } else { 1 };
    run_parallel(&kernel, blocks, grain);
    sums.iter().sum()
}

maps1! {
    Clip { low, high } costly false |g| {
        let g = if g < low { low } else { g };
        if g > high { high } else { g }
    };
}

/// Every element of every gradient into \[−limit, limit\]; NaN stays.
pub fn clip_by_value<T: Float>(grads: &mut [&mut [T]], limit: T) {
    for grad in grads {
        map_in_place(Clip::new(-limit, limit), grad);
    }
}

/// Multiplies every element of every gradient.
pub fn scale_all<T: Float>(grads: &mut [&mut [T]], factor: T) {
    for grad in grads {
        elementwise::scale(grad, factor);
    }
}
