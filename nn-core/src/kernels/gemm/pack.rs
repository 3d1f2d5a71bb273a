//! Copies blocks of operands into the order in which the micro-kernel reads them.

use super::family::Family;
use crate::kernels::simd::Simd;

/// Copies a matrix of `k` by `n` (element `(i, j)` at `i * k_stride + j * n_stride`) into panels of `width` columns:
/// panel after panel, in each the rows of `width` numbers one after the other. The last panel may be partly filled:
/// numbers beyond `n` are unspecified, and up to `LANES` numbers after the last are overwritten.
///
/// # Safety
/// `src` is valid for the matrix; `dst` for `n.div_ceil(width) * width * k + LANES` numbers.
pub(super) unsafe fn pack<S: Family>(
    src: *const S::T,
    (k, n): (usize, usize),
    (k_stride, n_stride): (usize, usize),
    width: usize,
    dst: *mut S::T,
) {
    let mut j = 0;
    // SAFETY: indices stay below `k` and `n`; for what is written beyond, see the contract.
    unsafe {
        let mut out = dst;
        while j < n {
            let columns = width.min(n - j);
            let from = src.add(j * n_stride);
            if n_stride == 1 {
                S::copy_rows(from, (k, columns), k_stride, out, width);
            } else if k_stride == 1 {
                transpose::<S>(from, k, columns, n_stride, width, out);
            } else {
                for i in 0..k {
                    for jj in 0..columns {
                        *out.add(i * width + jj) = *from.add(i * k_stride + jj * n_stride);
                    }
                }
            }
            out = out.add(k * width);
            j += columns;
        }
    }
}

/// Columns that are contiguous: transposed block by block in registers.
#[inline(always)]
unsafe fn transpose<S: Family>(
    src: *const S::T,
    k: usize,
    columns: usize,
    n_stride: usize,
    width: usize,
    dst: *mut S::T,
) {
    let whole = k - k % S::LANES;
    let groups = columns.div_ceil(S::LANES);
    // SAFETY: see `pack`. What the last group of columns writes beyond them (where `width` is no multiple of `LANES`)
    // lies in the first columns of the next row. Rows ascend and groups descend, so these are written later.
    unsafe {
        let mut i = 0;
        while i < whole {
            for j in (0..groups).rev().map(|group| group * S::LANES) {
                let rows = S::LANES.min(columns - j);
                S::transpose_block(
                    src.add(j * n_stride + i),
                    n_stride,
                    rows,
                    dst.add(i * width + j),
                    width,
                );
            }
            i += S::LANES;
        }
        for i in whole..k {
            for j in 0..columns {
                *dst.add(i * width + j) = *src.add(j * n_stride + i);
            }
        }
    }
}

/// Copies `k` rows of `columns` numbers to rows `width` apart, in whole registers: up to `LANES` numbers after the
/// columns are overwritten, in each row before the next is written.
///
/// # Safety
/// As for [`pack`]; the features of `S` are enabled in the caller.
#[inline(always)]
pub(super) unsafe fn copy_rows<S: Simd>(
    src: *const S::T,
    (k, columns): (usize, usize),
    k_stride: usize,
    dst: *mut S::T,
    width: usize,
) {
    let whole = columns / S::LANES;
    let rest = columns % S::LANES;
    // SAFETY: reads `columns` numbers of each row; for what is written, see the contract.
    unsafe {
        for i in 0..k {
            let (from, to) = (src.add(i * k_stride), dst.add(i * width));
            for v in 0..whole {
                S::store(to.add(v * S::LANES), S::load(from.add(v * S::LANES)));
            }
            if rest > 0 {
                let v = S::load_first(from.add(whole * S::LANES), rest);
                S::store(to.add(whole * S::LANES), v);
            }
        }
    }
}
