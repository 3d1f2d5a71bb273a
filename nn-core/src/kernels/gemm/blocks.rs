//! A block of `C` by panels, cut for the caches.

use super::dots::Dots;
use super::family::Family;
use super::pack::pack;
use super::panel::Panel;
use super::product::Product;
use crate::kernels::activation::{Activation, activate_in_place};
use crate::kernels::scratch::Buffer;

/// The most numbers of `k` in a block.
const K_BLOCK: usize = 512;
/// Bytes of a packed block of `B`: half of a second-level cache.
const B_BLOCK_BYTES: usize = 512 * 1024;
/// Up to so many rows of `A`, a row-major `B` is read as it lies: packing would not be paid back.
const DIRECT_ROWS: usize = 160;
/// The most numbers of `k` in a block of dot products.
const DOTS_K_BLOCK: usize = 1024;
/// Bytes of rows of `A` that are used again for each group of columns: a part of a second-level cache.
const DOTS_A_BYTES: usize = 256 * 1024;

/// A block of `C` with the rows of `A` and columns of `B` that it comes from.
pub(super) struct Block<T> {
    pub m: usize,
    pub n: usize,
    pub a: *const T,
    pub b: *const T,
    pub c: *mut T,
    pub bias: *const T,
}

/// # Safety
/// The block lies inside the operands, is not accessed by others meanwhile, and the processor has the instruction set.
pub(super) unsafe fn panels<S: Family>(p: &Product<S::T>, at: &Block<S::T>) {
    let (m, n) = (at.m, at.n);
    let width = 2 * S::LANES;
    let relu = p.activation == Activation::Relu;
    let apply = !relu && p.activation != Activation::Identity;

    let b_direct = p.b_col == 1 && m <= DIRECT_ROWS;
    // Rows a multiple of a page apart fall on the same few lines of the first-level cache.
    let aliased = (p.a_row * size_of::<S::T>()).is_multiple_of(4096) && p.k >= 256 && n >= 128;
    let a_direct = p.a_row == 1 || (p.a_col == 1 && !aliased);
    // Divisions are kept away from small products, where they would be felt.
    let (mut k_blocks, mut k_block) = (1, p.k);
    if p.k > K_BLOCK {
        k_blocks = p.k.div_ceil(K_BLOCK);
        k_block = p.k.div_ceil(k_blocks).next_multiple_of(4);
    }
    let most = B_BLOCK_BYTES / size_of::<S::T>();
    let mut n_block = n.next_multiple_of(width);
    if n_block * k_block > most {
        let most = (most / k_block / width).max(1) * width;
        n_block = n.div_ceil(n.div_ceil(most)).next_multiple_of(width);
    }
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
        a_packed = buffer
            .get_or_insert_with(Buffer::take)
            .room::<S::T>(a_len + b_len);
        b_packed = a_packed.wrapping_add(a_len);
    }

    for kb in 0..k_blocks {
        let k0 = kb * k_block;
        let k = k_block.min(p.k - k0);
        let last = kb + 1 == k_blocks;
        let mut j = 0;
        while j < n {
            let columns = n_block.min(n - j);
            let from = at.b.wrapping_add(k0 * p.b_row + j * p.b_col);
            let (b, b_k_stride, b_tile_stride) = if b_direct {
                (from, p.b_row, width)
            } else {
                // SAFETY: the block lies inside `B`; the buffer was made for it.
                unsafe { pack::<S>(from, (k, columns), (p.b_row, p.b_col), width, b_packed) };
                (b_packed.cast_const(), width, width * k)
            };
            let mut i1 = 0;
            for i in 0..panels {
                let i0 = i1;
                i1 = if i + 1 == panels {
                    m
                } else {
                    m * (i + 1) / panels
                };
                let rows = i1 - i0;
                let from = at.a.wrapping_add(i0 * p.a_row + k0 * p.a_col);
                let (kernels, a, a_row_stride, a_k_stride) = if a_direct && p.a_row == 1 {
                    (S::COLUMNS, from, 1, p.a_col)
                } else if a_direct && p.a_col == 1 {
                    (S::ROWS, from, p.a_row, 1)
                } else {
                    // SAFETY: the panel lies inside `A`; the buffer was made for it.
                    unsafe { pack::<S>(from, (k, rows), (p.a_col, p.a_row), rows, a_packed) };
                    (S::COLUMNS, a_packed.cast_const(), 1, rows)
                };
                let has_bias = last && !at.bias.is_null();
                let panel = Panel {
                    k,
                    n: columns,
                    a,
                    a_row_stride,
                    a_k_stride,
                    b,
                    b_k_stride,
                    b_tile_stride,
                    c: at.c.wrapping_add(i0 * p.c_row + j),
                    c_row_stride: p.c_row,
                    accumulate: p.accumulate || kb > 0,
                    bias: if has_bias {
                        at.bias.wrapping_add(j)
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

/// A block by dot products, cut for the caches.
///
/// # Safety
/// As [`panels`]; the operands are contiguous along `k`.
pub(super) unsafe fn dots<S: Family>(p: &Product<S::T>, at: &Block<S::T>) {
    let k_blocks = p.k.div_ceil(DOTS_K_BLOCK);
    let k_block = p.k.div_ceil(k_blocks).next_multiple_of(S::LANES);
    let rows = (DOTS_A_BYTES / size_of::<S::T>() / k_block / 12).max(1) * 12;
    let mut i = 0;
    while i < at.m {
        let mut k = 0;
        while k < p.k {
            // SAFETY: the block lies inside the operands.
            unsafe {
                S::dots(&Dots {
                    m: rows.min(at.m - i),
                    n: at.n,
                    k: k_block.min(p.k - k),
                    a: at.a.add(i * p.a_row + k),
                    a_row_stride: p.a_row,
                    b: at.b.add(k),
                    b_row_stride: p.b_col,
                    c: at.c.add(i * p.c_row),
                    c_row_stride: p.c_row,
                    accumulate: p.accumulate || k > 0,
                });
            }
            k += k_block;
        }
        i += rows;
    }
}
