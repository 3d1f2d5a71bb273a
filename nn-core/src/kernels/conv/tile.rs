//! The micro-kernel of the passes towards data: a tile of a few positions by a few vectors of filters, in registers.

use crate::kernels::simd::Simd;

/// A stretch of the source that one position reads without a gap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// Elements from the position's place.
    pub offset: usize,
    /// Elements read.
    pub len: usize,
}

/// One tile: for each of a fixed number of positions, the sum over all runs, for `NV` vectors of filters.
pub(super) struct Tile<'a, T> {
    /// From here the positions count.
    pub x: *const T,
    /// Where each position reads and writes, in elements.
    pub at: *const (usize, usize),
    pub runs: &'a [Run],
    /// The packed weights: `NV` vectors for each element of the runs.
    pub weight: *const T,
    pub y: *mut T,
    /// Lanes of the last vector that exist.
    pub tail: usize,
    /// Multiplies each filter's sum, or null.
    pub scale: *const T,
    /// Added then, or null.
    pub shift: *const T,
    /// Another output to add before the activation, laid out as `y`, or null.
    pub residual: *const T,
    pub relu: bool,
}

/// A micro-kernel for a fixed number of positions and vectors.
pub(super) type TileFn<T> = unsafe fn(&Tile<'_, T>);

/// # Safety
/// All pointers of `t` are valid for what it describes, the features of `S` are enabled in the caller, and the places
/// written are not accessed by others meanwhile.
#[inline(always)]
pub(super) unsafe fn tile<S: Simd, const MR: usize, const NV: usize>(t: &Tile<'_, S::T>) {
    // SAFETY: by the contract of this function.
    unsafe {
        let mut acc = [[S::zero(); NV]; MR];
        let mut b = t.weight;
        for run in t.runs {
            let mut p = [t.x; MR];
            for i in 0..MR {
                p[i] = t.x.add((*t.at.add(i)).0 + run.offset);
            }
            for k in 0..run.len {
                let mut bv = [S::zero(); NV];
                for v in 0..NV {
                    bv[v] = S::load(b.add(v * S::LANES));
                }
                for i in 0..MR {
                    let x = S::splat(*p[i].add(k));
                    for v in 0..NV {
                        acc[i][v] = S::fma(x, bv[v], acc[i][v]);
                    }
                }
                b = b.add(NV * S::LANES);
            }
        }
        finish::<S, MR, NV>(t, &mut acc);
    }
}

/// The micro-kernel where each channel has one filter of its own: a tile of positions by one vector of channels. The
/// runs are the taps; the weight has one vector for each, `stride` elements apart.
///
/// # Safety
/// As [`tile`]; with `TAIL`, only the first `tail` lanes of source and weight need to exist.
#[inline(always)]
pub(super) unsafe fn depthwise_tile<S: Simd, const MR: usize, const TAIL: bool>(
    t: &Tile<'_, S::T>,
    stride: usize,
) {
    // SAFETY: by the contract of this function.
    unsafe {
        let mut acc = [[S::zero(); 1]; MR];
        let mut b = t.weight;
        for run in t.runs {
            let w = load::<S, TAIL>(b, t.tail);
            for i in 0..MR {
                let x = load::<S, TAIL>(t.x.add((*t.at.add(i)).0 + run.offset), t.tail);
                acc[i][0] = S::fma(x, w, acc[i][0]);
            }
            b = b.add(stride);
        }
        finish::<S, MR, 1>(t, &mut acc);
    }
}

#[inline(always)]
unsafe fn load<S: Simd, const TAIL: bool>(p: *const S::T, tail: usize) -> S::V {
    // SAFETY: by the contract of the caller.
    unsafe {
        if TAIL {
            S::load_first(p, tail)
        } else {
            S::load(p)
        }
    }
}

/// Scale, shift, residual and ReLU, and the way to memory.
#[inline(always)]
unsafe fn finish<S: Simd, const MR: usize, const NV: usize>(
    t: &Tile<'_, S::T>,
    acc: &mut [[S::V; NV]; MR],
) {
    // Every index is a constant, or the sums would not stay in registers.
    // SAFETY: by the contract of the callers.
    unsafe {
        finish_vector::<S, MR, NV>(t, acc, 0);
        if NV > 1 {
            finish_vector::<S, MR, NV>(t, acc, 1);
        }
        if NV > 2 {
            finish_vector::<S, MR, NV>(t, acc, 2);
        }
    }
}

#[inline(always)]
unsafe fn finish_vector<S: Simd, const MR: usize, const NV: usize>(
    t: &Tile<'_, S::T>,
    acc: &mut [[S::V; NV]; MR],
    v: usize,
) {
    let whole = v + 1 < NV || t.tail == S::LANES;
    // SAFETY: by the contract of the callers.
    unsafe {
        let of_filters = |p: *const S::T| {
            let p = p.add(v * S::LANES);
            if whole {
                S::load(p)
            } else {
                S::load_first(p, t.tail)
            }
        };
        if !t.scale.is_null() {
            let (scale, zero) = (of_filters(t.scale), S::zero());
            for i in 0..MR {
                acc[i][v] = S::fma(acc[i][v], scale, zero);
            }
        }
        if !t.shift.is_null() {
            let shift = of_filters(t.shift);
            for i in 0..MR {
                acc[i][v] = S::add(acc[i][v], shift);
            }
        }
        if !t.residual.is_null() {
            for i in 0..MR {
                acc[i][v] = S::add(acc[i][v], of_filters(t.residual.add((*t.at.add(i)).1)));
            }
        }
        if t.relu {
            for i in 0..MR {
                acc[i][v] = S::relu(acc[i][v]);
            }
        }
        let y = t.y.add(v * S::LANES);
        if whole {
            for i in 0..MR {
                S::store(y.add((*t.at.add(i)).1), acc[i][v]);
            }
        } else {
            for i in 0..MR {
                S::store_first(y.add((*t.at.add(i)).1), t.tail, acc[i][v]);
            }
        }
    }
}
