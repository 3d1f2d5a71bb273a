//! A row vector times a row-major matrix: the rows of the matrix stream by once, in order.

use crate::kernels::simd::Simd;

/// `c[j] = Σₖ x[k] · B[k, j]`
pub(super) struct RowTimes<T> {
    pub n: usize,
    pub k: usize,
    pub x: *const T,
    pub x_stride: usize,
    pub b: *const T,
    pub b_row_stride: usize,
    pub c: *mut T,
    /// Add to what is in `c`.
    pub accumulate: bool,
}

/// Columns that are worked through together: their sums stay in the first-level cache.
const COLUMNS: usize = 2048;

/// # Safety
/// All pointers of `p` are valid for what it describes, the features of `S` are enabled in the caller, and `c` is not
/// accessed by others meanwhile.
#[inline(always)]
pub(super) unsafe fn row_times<S: Simd>(p: &RowTimes<S::T>) {
    let mut j = 0;
    while j < p.n {
        let columns = COLUMNS.min(p.n - j);
        let mut k = 0;
        // SAFETY: `j + columns` stays within `n`, and `k` within its length.
        unsafe {
            while k < p.k {
                let fresh = k == 0 && !p.accumulate;
                match p.k - k {
                    8.. => {
                        add_rows::<S, 8>(p, j, columns, k, fresh);
                        k += 8;
                    }
                    4..8 => {
                        add_rows::<S, 4>(p, j, columns, k, fresh);
                        k += 4;
                    }
                    _ => {
                        add_rows::<S, 1>(p, j, columns, k, fresh);
                        k += 1;
                    }
                }
            }
        }
        j += columns;
    }
}

/// Adds `R` rows of the matrix, each by its factor, to some columns of the result.
#[inline(always)]
unsafe fn add_rows<S: Simd, const R: usize>(
    p: &RowTimes<S::T>,
    from: usize,
    columns: usize,
    k: usize,
    fresh: bool,
) {
    // SAFETY: see `row_times`.
    unsafe {
        let mut x = [S::zero(); R];
        for r in 0..R {
            x[r] = S::splat(*p.x.add((k + r) * p.x_stride));
        }
        let (b, c) = (p.b.add(k * p.b_row_stride + from), p.c.add(from));
        let whole = columns - columns % S::LANES;
        let mut j = 0;
        while j < whole {
            let mut sum = if fresh { S::zero() } else { S::load(c.add(j)) };
            for r in 0..R {
                sum = S::fma(x[r], S::load(b.add(r * p.b_row_stride + j)), sum);
            }
            S::store(c.add(j), sum);
            j += S::LANES;
        }
        if j < columns {
            let rest = columns - j;
            let mut sum = if fresh {
                S::zero()
            } else {
                S::load_first(c.add(j), rest)
            };
            for r in 0..R {
                sum = S::fma(
                    x[r],
                    S::load_first(b.add(r * p.b_row_stride + j), rest),
                    sum,
                );
            }
            S::store_first(c.add(j), rest, sum);
        }
    }
}

/// What follows a product, as a pass of its own over a row.
pub(super) struct Finish<T> {
    pub n: usize,
    pub c: *mut T,
    /// Added, or null: one number per element, or the same for all.
    pub bias: *const T,
    pub bias_is_one: bool,
    pub relu: bool,
}

/// # Safety
/// As [`row_times`].
#[inline(always)]
pub(super) unsafe fn finish<S: Simd>(p: &Finish<S::T>) {
    // SAFETY: all accesses stay within `n`.
    unsafe {
        let one = if !p.bias.is_null() && p.bias_is_one {
            S::splat(*p.bias)
        } else {
            S::zero()
        };
        let mut j = 0;
        while j < p.n {
            let lanes = S::LANES.min(p.n - j);
            let all = lanes == S::LANES;
            let mut x = if all {
                S::load(p.c.add(j))
            } else {
                S::load_first(p.c.add(j), lanes)
            };
            if !p.bias.is_null() {
                let bias = match (p.bias_is_one, all) {
                    (true, _) => one,
                    (false, true) => S::load(p.bias.add(j)),
                    (false, false) => S::load_first(p.bias.add(j), lanes),
                };
                x = S::add(x, bias);
            }
            if p.relu {
                x = S::relu(x);
            }
            if all {
                S::store(p.c.add(j), x);
            } else {
                S::store_first(p.c.add(j), lanes, x);
            }
            j += lanes;
        }
    }
}
