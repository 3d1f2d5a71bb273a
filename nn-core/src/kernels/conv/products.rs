//! The micro-kernel of the weight gradient: a few elements of a run by a few vectors of filters, summed over positions.

use crate::kernels::simd::Simd;

/// The sums `to[i, f] = Σ over images, rows and columns of x[place + i] · dy[place, f]`.
pub(super) struct Products<T> {
    pub x: *const T,
    pub dy: *const T,
    /// For images, rows and columns: how many, and the elements from one to the next in `x` and in `dy`.
    pub loops: [(usize, usize, usize); 3],
    pub to: *mut T,
    pub to_stride: usize,
    /// Lanes of the last vector of `dy` that exist; `to` has room for all of them.
    pub tail: usize,
    /// Elements of `x` from one row of the tile to the next.
    pub row_stride: usize,
    /// Depthwise: a row is a vector of channels, multiplied lane by lane.
    pub lanewise: bool,
    /// Add to what is in `to`.
    pub accumulate: bool,
}

/// # Safety
/// All pointers of `p` are valid for what it describes, the features of `S` are enabled in the caller, and `to` is not
/// accessed by others meanwhile.
#[inline(always)]
pub(super) unsafe fn products<S: Simd, const MR: usize, const NV: usize>(p: &Products<S::T>) {
    // SAFETY: by the contract of this function.
    unsafe {
        match (p.lanewise, p.tail < S::LANES, p.row_stride == 1) {
            (false, false, true) => sums::<S, MR, NV, false, false, true>(p),
            (false, true, true) => sums::<S, MR, NV, true, false, true>(p),
            (false, _, false) => sums::<S, MR, NV, true, false, false>(p),
            (true, false, _) => sums::<S, MR, NV, false, true, false>(p),
            (true, true, _) => sums::<S, MR, NV, true, true, false>(p),
        }
    }
}

#[inline(always)]
unsafe fn sums<
    S: Simd,
    const MR: usize,
    const NV: usize,
    const TAIL: bool,
    const LANEWISE: bool,
    const ADJACENT: bool,
>(
    p: &Products<S::T>,
) {
    // SAFETY: by the contract of `products`.
    unsafe {
        let mut acc = [[S::zero(); NV]; MR];
        for i in 0..(if p.accumulate { MR } else { 0 }) {
            for v in 0..NV {
                acc[i][v] = S::load(p.to.add(i * p.to_stride + v * S::LANES));
            }
        }
        let [images, rows, columns] = p.loops;
        let stride = if ADJACENT { 1 } else { p.row_stride };
        for image in 0..images.0 {
            for row in 0..rows.0 {
                let mut x = p.x.add(image * images.1 + row * rows.1);
                let mut dy = p.dy.add(image * images.2 + row * rows.2);
                for _ in 0..columns.0 {
                    let mut dv = [S::zero(); NV];
                    for v in 0..NV {
                        dv[v] = load::<S, TAIL>(dy.add(v * S::LANES), v + 1 == NV, p.tail);
                    }
                    for i in 0..MR {
                        let x = x.add(i * stride);
                        if LANEWISE {
                            let x = load::<S, TAIL>(x, true, p.tail);
                            acc[i][0] = S::fma(x, dv[0], acc[i][0]);
                        } else {
                            let x = S::splat(*x);
                            for v in 0..NV {
                                acc[i][v] = S::fma(x, dv[v], acc[i][v]);
                            }
                        }
                    }
                    x = x.wrapping_add(columns.1);
                    dy = dy.wrapping_add(columns.2);
                }
            }
        }
        for i in 0..MR {
            for v in 0..NV {
                S::store(p.to.add(i * p.to_stride + v * S::LANES), acc[i][v]);
            }
        }
    }
}

#[inline(always)]
unsafe fn load<S: Simd, const TAIL: bool>(p: *const S::T, last: bool, tail: usize) -> S::V {
    // SAFETY: by the contract of the caller.
    unsafe {
        if TAIL && last && tail < S::LANES {
            S::load_first(p, tail)
        } else {
            S::load(p)
        }
    }
}
