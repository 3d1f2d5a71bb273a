//! The micro-kernel for a few filters: too few to fill a vector, so vectors run along channels and taps.

use super::tile::Tile;
use crate::kernels::float::Float;
use crate::kernels::simd::Simd;

/// For each of `count` positions and each of `filters` filters, the product of what it reads with the filter. The tile's
/// weight has the elements of all runs for the first filter, then for the next; its tail is not used.
///
/// # Safety
/// As for a tile of `count` positions.
#[inline(always)]
pub(super) unsafe fn dots<S: Simd>(t: &Tile<'_, S::T>, count: usize, filters: usize) {
    // SAFETY: by the contract of this function.
    unsafe {
        let mut done = 0;
        while done < count {
            // What is left over repeats the last position.
            let at: [(usize, usize); 4] =
                std::array::from_fn(|i| *t.at.add((done + i).min(count - 1)));
            let mut w = t.weight;
            for filter in 0..filters {
                let mut acc = [S::zero(); 4];
                for run in t.runs {
                    let p = at.map(|(from, _)| t.x.add(from + run.offset));
                    let mut k = 0;
                    while k + S::LANES <= run.len {
                        let wv = S::load(w.add(k));
                        for i in 0..4 {
                            acc[i] = S::fma(S::load(p[i].add(k)), wv, acc[i]);
                        }
                        k += S::LANES;
                    }
                    let rest = run.len - k;
                    if rest > 0 {
                        let wv = S::load_first(w.add(k), rest);
                        for i in 0..4 {
                            acc[i] = S::fma(S::load_first(p[i].add(k), rest), wv, acc[i]);
                        }
                    }
                    w = w.add(run.len);
                }
                let mut sums = [S::T::ZERO; 4];
                let all = S::sum4(acc[0], acc[1], acc[2], acc[3]);
                S::write4(sums.as_mut_ptr(), 4, all, false);
                for (sum, (_, to)) in sums.into_iter().zip(at).take(count - done) {
                    *t.y.add(to + filter) = finish(t, sum, to + filter, filter);
                }
            }
            done += 4;
        }
    }
}

/// Scale, shift, residual and ReLU of one output.
#[inline(always)]
unsafe fn finish<T: Float>(t: &Tile<'_, T>, mut sum: T, at: usize, filter: usize) -> T {
    // SAFETY: by the contract of the caller.
    unsafe {
        if !t.scale.is_null() {
            sum *= *t.scale.add(filter);
        }
        if !t.shift.is_null() {
            sum += *t.shift.add(filter);
        }
        if !t.residual.is_null() {
            sum += *t.residual.add(at);
        }
    }
    if t.relu && sum <= T::ZERO {
        T::ZERO
    } else {
        sum
    }
}
