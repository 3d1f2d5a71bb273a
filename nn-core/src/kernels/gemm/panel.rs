//! The micro-kernel: a panel of a few rows of `C`, worked through in tiles that fit the registers.
//!
//! Each element of the product is one chain of multiply-adds in the order of `k`, whatever the tile is; so neither the
//! size of tiles nor who computes them can change a bit of the result.

use crate::kernels::simd::Simd;

/// One panel of rows: `C[0..MR, 0..n] = A[0..MR, 0..k] · B[0..k, 0..n]`, with what follows the product.
pub(super) struct Panel<T> {
    pub k: usize,
    pub n: usize,
    /// Element `(i, k)` of `A` is at `i * a_row_stride + k * a_k_stride`; one of the strides is 1.
    pub a: *const T,
    pub a_row_stride: usize,
    pub a_k_stride: usize,
    /// Tile `j` of `B` (of the full tile width) starts at `j * b_tile_stride`; its rows are `b_k_stride` apart.
    pub b: *const T,
    pub b_k_stride: usize,
    pub b_tile_stride: usize,
    pub c: *mut T,
    pub c_row_stride: usize,
    /// Add to what is in `C`.
    pub accumulate: bool,
    /// Added to each row, or null.
    pub bias: *const T,
    pub relu: bool,
}

/// A micro-kernel for a fixed number of rows.
pub(super) type PanelFn<T> = unsafe fn(&Panel<T>);

/// # Safety
/// All pointers of `p` are valid for what it describes, the features of `S` are enabled in the caller, and `C` is
/// not accessed by others meanwhile.
#[inline(always)]
pub(super) unsafe fn panel<S: Simd, const ROWS: bool, const MR: usize>(p: &Panel<S::T>) {
    let width = 2 * S::LANES;
    let mut j = 0;
    // SAFETY: tiles stay inside `0..n`; see above for the rest.
    unsafe {
        let mut b = p.b;
        while j + width <= p.n {
            tile::<S, ROWS, MR, 2, false>(p, b, j, 0);
            j += width;
            b = b.wrapping_add(p.b_tile_stride);
        }
        let rest = p.n - j;
        if rest > S::LANES {
            tile::<S, ROWS, MR, 2, true>(p, b, j, rest - S::LANES);
        } else if rest == S::LANES {
            tile::<S, ROWS, MR, 1, false>(p, b, j, 0);
        } else if rest > 0 {
            tile::<S, ROWS, MR, 1, true>(p, b, j, rest);
        }
    }
}

/// A tile of `MR` rows and `NV` vectors; with `TAIL`, only `tail` lanes of the last vector.
#[inline(always)]
unsafe fn tile<S: Simd, const ROWS: bool, const MR: usize, const NV: usize, const TAIL: bool>(
    p: &Panel<S::T>,
    b: *const S::T,
    j: usize,
    tail: usize,
) {
    // SAFETY: see `panel`.
    unsafe {
        let mut acc = [[S::zero(); NV]; MR];
        let c = p.c.add(j);
        for i in 0..MR {
            S::prefetch(c.wrapping_add(i * p.c_row_stride));
            if NV > 1 {
                S::prefetch(c.wrapping_add(i * p.c_row_stride + S::LANES));
            }
        }
        let (mut a, mut b) = (p.a, b);
        let (rs, ks, bs) = (p.a_row_stride, p.a_k_stride, p.b_k_stride);
        for _ in 0..p.k {
            let mut bv = [S::zero(); NV];
            for v in 0..NV {
                bv[v] = load::<S, TAIL>(b.add(v * S::LANES), v + 1 == NV, tail);
            }
            for i in 0..MR {
                let x = S::splat(*a.add(if ROWS { i * rs } else { i }));
                for v in 0..NV {
                    acc[i][v] = S::fma(x, bv[v], acc[i][v]);
                }
            }
            a = a.wrapping_add(if ROWS { 1 } else { ks });
            b = b.wrapping_add(bs);
        }
        if p.accumulate {
            for i in 0..MR {
                for v in 0..NV {
                    let at = c.add(i * p.c_row_stride + v * S::LANES);
                    acc[i][v] = S::add(load::<S, TAIL>(at, v + 1 == NV, tail), acc[i][v]);
                }
            }
        }
        if !p.bias.is_null() {
            for v in 0..NV {
                let bias = load::<S, TAIL>(p.bias.add(j + v * S::LANES), v + 1 == NV, tail);
                for row in &mut acc {
                    row[v] = S::add(row[v], bias);
                }
            }
        }
        if p.relu {
            for row in &mut acc {
                for x in row {
                    *x = S::relu(*x);
                }
            }
        }
        for i in 0..MR {
            for v in 0..NV {
                let at = c.add(i * p.c_row_stride + v * S::LANES);
                if TAIL && v + 1 == NV {
                    S::store_first(at, tail, acc[i][v]);
                } else {
                    S::store(at, acc[i][v]);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn load<S: Simd, const TAIL: bool>(p: *const S::T, last: bool, tail: usize) -> S::V {
    // SAFETY: see `panel`.
    unsafe {
        if TAIL && last {
            S::load_first(p, tail)
        } else {
            S::load(p)
        }
    }
}
