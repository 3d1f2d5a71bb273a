//! Cuts products into tasks for the threads and blocks for the caches.

use super::blocks::{Block, dots, panels};
use super::family::Family;
use super::product::{Path, Product};
use super::row::{Finish, RowTimes};
use super::sealed::Products;
use crate::kernels::activation::{Activation, activate_in_place};
use crate::kernels::threads;

/// Multiply-adds below which a second thread does not pay, while the threads are awake.
const MIN_PARALLEL: usize = 120_000;
/// The same for a product with a vector, which is bound by memory.
const MIN_PARALLEL_VECTOR: usize = 40_000;
/// How many times as much work it must be to wake sleeping threads.
const WAKING: usize = 16;
/// Multiply-adds from which a product is cut into more parts than threads.
const STEALING: usize = 6_000_000;

/// A part of `C`.
#[derive(Clone, Copy)]
struct Part {
    m: (usize, usize),
    n: (usize, usize),
}

/// Runs all products.
///
/// # Safety
/// The processor has the instruction set of `S`; each item lies inside the slices, and items do not overlap in `C`.
pub(super) unsafe fn run<S: Family>(products: &Products<'_, S::T>) {
    let p = &products.first;
    if p.m == 0 || p.n == 0 || products.count == 0 {
        return;
    }
    let whole = Part {
        m: (0, p.m),
        n: (0, p.n),
    };
    let each = p.m.saturating_mul(p.n).saturating_mul(p.k);
    let work = each.saturating_mul(products.count);
    let least = if p.m == 1 {
        MIN_PARALLEL_VECTOR
    } else {
        MIN_PARALLEL
    };
    let threads = if work < least || (work < least * WAKING && !threads::is_hot()) {
        1
    } else {
        threads::threads()
    };
    if threads == 1 {
        for i in 0..products.count {
            // SAFETY: by the contract of this function.
            unsafe { part::<S>(p, (products.offsets)(i), whole) };
        }
    } else if products.count >= threads * 4 || each < least / 4 {
        // Enough items: each is done by one thread.
        let group = (least / 4 / each.max(1)).clamp(1, products.count.div_ceil(threads * 4).max(1));
        threads::parallel_for(products.count.div_ceil(group), &|task| {
            for i in task * group..products.count.min(task * group + group) {
                // SAFETY: by the contract of this function; items do not overlap.
                unsafe { part::<S>(p, (products.offsets)(i), whole) };
            }
        });
    } else {
        // A thread that is held up by other work of the machine leaves what it has not begun to the others.
        let pieces = if each < STEALING { 1 } else { 2 };
        let (down, across) = grid::<S>(p, threads * pieces);
        let tasks = down * across;
        threads::parallel_for_long(products.count * tasks, &|task| {
            let (item, cell) = (task / tasks, task % tasks);
            let m = cut(p.m, down, S::MR, cell / across);
            let n = cut(p.n, across, S::LANES, cell % across);
            if m.0 < m.1 && n.0 < n.1 {
                // SAFETY: by the contract of this function; parts do not overlap.
                unsafe { part::<S>(p, (products.offsets)(item), Part { m, n }) };
            }
        });
    }
}

/// Piece `i` of `pieces` of `0..len`, cut at multiples of `unit`.
fn cut(len: usize, pieces: usize, unit: usize, i: usize) -> (usize, usize) {
    let units = len.div_ceil(unit);
    let at = |i: usize| (units * i / pieces * unit).min(len);
    (at(i), at(i + 1))
}

/// Into how many parts `C` is cut downwards and across: `parts` in all, in the shape that makes the slowest part
/// cheapest (what is computed, and what is packed again by each part).
fn grid<S: Family>(p: &Product<S::T>, parts: usize) -> (usize, usize) {
    let mut best = (1, 1);
    let mut best_cost = usize::MAX;
    for across in 1..=parts {
        if !parts.is_multiple_of(across) {
            continue;
        }
        let down = parts / across;
        let rows = p.m.div_ceil(S::MR).div_ceil(down) * S::MR;
        let columns = p.n.div_ceil(S::LANES).div_ceil(across) * S::LANES;
        let pack_b = if p.b_col == 1 { 3 } else { 6 };
        let cost = rows.min(p.m) * columns + pack_b * columns + 2 * rows;
        if cost < best_cost {
            best_cost = cost;
            best = (down, across);
        }
    }
    best
}

/// Computes a part of an item.
unsafe fn part<S: Family>(p: &Product<S::T>, [a, b, c]: [usize; 3], part: Part) {
    let (a, b) = if p.swapped { (b, a) } else { (a, b) };
    // SAFETY: the item and the part lie inside the slices.
    let at = unsafe {
        Block {
            m: part.m.1 - part.m.0,
            n: part.n.1 - part.n.0,
            a: p.a.add(a).wrapping_add(part.m.0 * p.a_row),
            b: p.b.add(b).wrapping_add(part.n.0 * p.b_col),
            c: p.c.add(c + part.m.0 * p.c_row + part.n.0),
            bias: match (p.bias.is_null(), p.bias_is_one) {
                (true, _) => std::ptr::null(),
                (_, true) => p.bias,
                _ => p.bias.add(part.n.0),
            },
        }
    };
    // SAFETY: by the contract of `run`, and as `path` was chosen for these strides.
    unsafe {
        match p.path {
            Path::Panels => panels::<S>(p, &at),
            Path::Dots => {
                dots::<S>(p, &at);
                finish::<S>(p, &at);
            }
            Path::Row => {
                S::row_times(&RowTimes {
                    n: at.n,
                    k: p.k,
                    x: at.a,
                    x_stride: p.a_col,
                    b: at.b,
                    b_row_stride: p.b_row,
                    c: at.c,
                    accumulate: p.accumulate,
                });
                finish::<S>(p, &at);
            }
        }
    }
}

/// Applies bias and activation to a block as a pass of its own.
unsafe fn finish<S: Family>(p: &Product<S::T>, at: &Block<S::T>) {
    let relu = p.activation == Activation::Relu;
    if at.bias.is_null() && p.activation == Activation::Identity {
        return;
    }
    for i in 0..at.m {
        let c = at.c.wrapping_add(i * p.c_row);
        // SAFETY: a row of the block; the processor has the instruction set.
        unsafe {
            if relu || !at.bias.is_null() {
                S::finish(&Finish {
                    n: at.n,
                    c,
                    bias: at.bias,
                    bias_is_one: p.bias_is_one,
                    relu,
                });
            }
            if !relu {
                activate_in_place(p.activation, std::slice::from_raw_parts_mut(c, at.n));
            }
        }
    }
}
