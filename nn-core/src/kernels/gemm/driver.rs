//! Cuts products into tasks for the threads and blocks for the caches.

use super::buffer::Buffer;
use super::family::Family;
use super::pack::pack;
use super::panel::Panel;
use super::sealed::Products;
use super::view::{Epilogue, MatMut, MatRef, ShapeMismatch};
use crate::kernels::activation::{Activation, activate_in_place};
use crate::kernels::threads;

/// The most numbers of `k` in a block.
const K_BLOCK: usize = 512;
/// Bytes of a packed block of `B`: half of a second-level cache.
const B_BLOCK_BYTES: usize = 512 * 1024;
/// Multiply-adds below which a second thread does not pay.
const MIN_PARALLEL: usize = 400_000;

/// A product by pointers, its shapes checked.
pub struct Product<T> {
    m: usize,
    n: usize,
    k: usize,
    a: *const T,
    a_row: usize,
    a_col: usize,
    b: *const T,
    b_row: usize,
    b_col: usize,
    c: *mut T,
    c_row: usize,
    accumulate: bool,
    bias: *const T,
    activation: Activation,
}

// SAFETY: the pointers come from slices that outlive the product; tasks write disjoint parts of `C` only.
unsafe impl<T: Sync> Sync for Product<T> {}

impl<T> Product<T> {
    pub(super) fn new(
        a: &MatRef<'_, T>,
        b: &MatRef<'_, T>,
        c: MatMut<'_, T>,
        epilogue: &Epilogue<'_, T>,
    ) -> Result<Product<T>, ShapeMismatch> {
        let bias = epilogue.bias.map(<[T]>::len);
        if a.rows != c.rows
            || b.cols != c.cols
            || a.cols != b.rows
            || bias.is_some_and(|len| len != c.cols)
        {
            let (a, b, c) = ((a.rows, a.cols), (b.rows, b.cols), (c.rows, c.cols));
            return Err(ShapeMismatch { a, b, c, bias });
        }
        Ok(Product {
            m: c.rows,
            n: c.cols,
            k: a.cols,
            a: a.data.as_ptr(),
            a_row: a.row_stride,
            a_col: a.col_stride,
            b: b.data.as_ptr(),
            b_row: b.row_stride,
            b_col: b.col_stride,
            c: c.data.as_mut_ptr(),
            c_row: c.row_stride,
            accumulate: epilogue.accumulate,
            bias: epilogue.bias.map_or(std::ptr::null(), <[T]>::as_ptr),
            activation: epilogue.activation,
        })
    }
}

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
    let threads = if work < MIN_PARALLEL {
        1
    } else {
        threads::threads()
    };
    if threads == 1 {
        for i in 0..products.count {
            // SAFETY: by the contract of this function.
            unsafe { part::<S>(p, (products.offsets)(i), whole) };
        }
    } else if products.count >= threads * 4 || each < MIN_PARALLEL / 4 {
        // Enough items: each is done by one thread.
        let group =
            (MIN_PARALLEL / 4 / each.max(1)).clamp(1, products.count.div_ceil(threads * 4).max(1));
        threads::parallel_for(products.count.div_ceil(group), &|task| {
            for i in task * group..products.count.min(task * group + group) {
                // SAFETY: by the contract of this function; items do not overlap.
                unsafe { part::<S>(p, (products.offsets)(i), whole) };
            }
        });
    } else {
        let (down, across) = grid::<S>(p, threads);
        let tasks = down * across;
        threads::parallel_for(products.count * tasks, &|task| {
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

/// Into how many parts `C` is cut downwards and across: as many as threads, in the shape that makes the slowest part
/// cheapest (what is computed, and what is packed again by each part).
fn grid<S: Family>(p: &Product<S::T>, threads: usize) -> (usize, usize) {
    let mut best = (1, 1);
    let mut best_cost = usize::MAX;
    for across in 1..=threads {
        if threads % across != 0 {
            continue;
        }
        let down = threads / across;
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
    let (m0, m1) = part.m;
    let (n0, n1) = part.n;
    let width = 2 * S::LANES;
    // SAFETY: the item and the part lie inside the slices.
    let (a, b, c) = unsafe {
        (
            p.a.add(a).wrapping_add(m0 * p.a_row),
            p.b.add(b).wrapping_add(n0 * p.b_col),
            p.c.add(c + m0 * p.c_row + n0),
        )
    };
    let (m, n) = (m1 - m0, n1 - n0);
    let relu = p.activation == Activation::Relu;
    let apply = !relu && p.activation != Activation::Identity;

    let b_direct = p.b_col == 1 && m <= 2 * S::MR;
    let a_direct = p.a_col == 1 || p.a_row == 1;
    let k_blocks = p.k.div_ceil(K_BLOCK).max(1);
    let k_block = p.k.div_ceil(k_blocks).next_multiple_of(4).min(p.k);
    let n_block = if b_direct {
        n
    } else {
        let most = (B_BLOCK_BYTES / size_of::<S::T>() / k_block.max(1) / width).max(1) * width;
        n.div_ceil(n.div_ceil(most)).next_multiple_of(width)
    };
    let panels = m.div_ceil(S::MR);

    let mut buffer = None;
    let (mut a_packed, mut b_packed) = (std::ptr::null_mut(), std::ptr::null_mut());
    if !(a_direct && b_direct) {
        let a_len = (S::MR * k_block + S::LANES).next_multiple_of(64);
        let b_len = if b_direct {
            0
        } else {
            n_block * k_block + S::LANES
        };
        let room = buffer
            .get_or_insert_with(Buffer::take)
            .room::<S::T>(a_len + b_len);
        a_packed = room;
        b_packed = room.wrapping_add(a_len);
    }

    for kb in 0..k_blocks {
        let k0 = kb * k_block;
        let k = k_block.min(p.k - k0);
        let last = kb + 1 == k_blocks;
        let mut j = 0;
        while j < n {
            let columns = n_block.min(n - j);
            let (b_at, b_k_stride, b_tile_stride) = if b_direct {
                (b.wrapping_add(k0 * p.b_row + j), p.b_row, width)
            } else {
                let from = b.wrapping_add(k0 * p.b_row + j * p.b_col);
                // SAFETY: the block lies inside `B`; the buffer was made for it.
                unsafe { pack::<S>(from, (k, columns), (p.b_row, p.b_col), width, b_packed) };
                (b_packed.cast_const(), width, width * k)
            };
            for i in 0..panels {
                let (i0, i1) = (m * i / panels, m * (i + 1) / panels);
                let rows = i1 - i0;
                let from = a.wrapping_add(i0 * p.a_row + k0 * p.a_col);
                let (kernels, a_at, a_row_stride, a_k_stride) = if p.a_row == 1 {
                    (S::COLUMNS, from, 1, p.a_col)
                } else if p.a_col == 1 {
                    (S::ROWS, from, p.a_row, 1)
                } else {
                    // SAFETY: the panel lies inside `A`; the buffer was made for it.
                    unsafe { pack::<S>(from, (k, rows), (p.a_col, p.a_row), rows, a_packed) };
                    (S::COLUMNS, a_packed.cast_const(), 1, rows)
                };
                let panel = Panel {
                    k,
                    n: columns,
                    a: a_at,
                    a_row_stride,
                    a_k_stride,
                    b: b_at,
                    b_k_stride,
                    b_tile_stride,
                    c: c.wrapping_add(i0 * p.c_row + j),
                    c_row_stride: p.c_row,
                    accumulate: p.accumulate || kb > 0,
                    bias: if last && !p.bias.is_null() {
                        p.bias.wrapping_add(n0 + j)
                    } else {
                        std::ptr::null()
                    },
                    relu: relu && last,
                };
                // SAFETY: the processor has the instruction set, and the panel lies inside the operands.
                unsafe { kernels[rows - 1](&panel) };
                if apply && last {
                    for row in 0..rows {
                        // SAFETY: a row of the panel just written.
                        let row = unsafe {
                            std::slice::from_raw_parts_mut(panel.c.add(row * p.c_row), columns)
                        };
                        activate_in_place(p.activation, row);
                    }
                }
            }
            j += columns;
        }
    }
}
