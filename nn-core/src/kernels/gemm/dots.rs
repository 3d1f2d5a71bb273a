//! Products of few rows by a transposed matrix (`X·Wᵀ`): both operands are contiguous along the sums, so each element
//! of `C` is a dot product of two rows, and nothing has to be packed.

use crate::kernels::simd::Simd;

/// `C[i, j] = Σₖ A[i, k] · B[j, k]`
pub(super) struct Dots<T> {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub a: *const T,
    pub a_row_stride: usize,
    pub b: *const T,
    /// From one row of `B` (a column of the product) to the next.
    pub b_row_stride: usize,
    pub c: *mut T,
    pub c_row_stride: usize,
    /// Add to what is in `C`.
    pub accumulate: bool,
}

/// Tiles of up to `MR` rows and four columns. The sum of an element is taken in the same order in every tile.
///
/// # Safety
/// All pointers of `p` are valid for what it describes, the features of `S` are enabled in the caller, and `C` is
/// not accessed by others meanwhile.
#[inline(always)]
pub(super) unsafe fn dots<S: Simd, const MR: usize>(p: &Dots<S::T>) {
    // SAFETY: tiles stay inside `m` and `n`.
    unsafe {
        let mut j = 0;
        if p.m == 1 {
            // Alone, four sums would wait for each other's instructions.
            while j + 8 <= p.n {
                tile::<S, 1, 8>(p, 0, j);
                j += 8;
            }
        }
        while j < p.n {
            match p.n - j {
                1 => column::<S, MR, 1>(p, j),
                2 => column::<S, MR, 2>(p, j),
                3 => column::<S, MR, 3>(p, j),
                _ => column::<S, MR, 4>(p, j),
            }
            j += 4;
        }
    }
}

/// All rows of `NR` columns.
#[inline(always)]
unsafe fn column<S: Simd, const MR: usize, const NR: usize>(p: &Dots<S::T>, j: usize) {
    let mut i = 0;
    // SAFETY: see `dots`.
    unsafe {
        while i + MR <= p.m {
            tile::<S, MR, NR>(p, i, j);
            i += MR;
        }
        // The rest, in halves: tiles of 3, 2 and 1 rows.
        while p.m - i >= 3 && MR > 3 {
            tile::<S, 3, NR>(p, i, j);
            i += 3;
        }
        if p.m - i >= 2 && MR > 2 {
            tile::<S, 2, NR>(p, i, j);
            i += 2;
        }
        while i < p.m {
            tile::<S, 1, NR>(p, i, j);
            i += 1;
        }
    }
}

#[inline(always)]
unsafe fn tile<S: Simd, const MR: usize, const NR: usize>(p: &Dots<S::T>, i: usize, j: usize) {
    // SAFETY: see `dots`.
    unsafe {
        let mut acc = [[S::zero(); NR]; MR];
        let a = p.a.add(i * p.a_row_stride);
        let b = p.b.add(j * p.b_row_stride);
        let whole = p.k - p.k % S::LANES;
        let mut k = 0;
        while k < whole {
            let mut av = [S::zero(); MR];
            for u in 0..MR {
                av[u] = S::load(a.add(u * p.a_row_stride + k));
            }
            for v in 0..NR {
                let bv = S::load(b.add(v * p.b_row_stride + k));
                for u in 0..MR {
                    acc[u][v] = S::fma(av[u], bv, acc[u][v]);
                }
            }
            k += S::LANES;
        }
        if k < p.k {
            let rest = p.k - k;
            let mut av = [S::zero(); MR];
            for u in 0..MR {
                av[u] = S::load_first(a.add(u * p.a_row_stride + k), rest);
            }
            for v in 0..NR {
                let bv = S::load_first(b.add(v * p.b_row_stride + k), rest);
                for u in 0..MR {
                    acc[u][v] = S::fma(av[u], bv, acc[u][v]);
                }
            }
        }
        for u in 0..MR {
            let c = p.c.add((i + u) * p.c_row_stride + j);
            let mut v = 0;
            while v < NR {
                let mut four = [S::zero(); 4];
                let count = if NR - v < 4 { NR - v } else { 4 };
                four[..count].copy_from_slice(&acc[u][v..v + count]);
                let sums = S::sum4(four[0], four[1], four[2], four[3]);
                S::write4(c.add(v), count, sums, p.accumulate);
                v += 4;
            }
        }
    }
}
