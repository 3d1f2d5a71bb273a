//! The transforms, in registers, for a vector of channels or filters at a time.

use std::mem::MaybeUninit;

use super::{POINTS, SIDE, TILE};
use crate::kernels::float::Float;
use crate::kernels::simd::Simd;

/// The points are 0, ±A, ±B and ∞.
const A: f64 = 0.75;
const B: f64 = 1.5;
const A2: f64 = A * A;
const B2: f64 = B * B;
/// What the polynomial through the other points is at 0, ±A and ±B.
const AT_0: f64 = A2 * B2;
const AT_A: f64 = 2.0 * A2 * (A2 - B2);
const AT_B: f64 = 2.0 * B2 * (B2 - A2);

/// # Safety
/// The features of `S` are enabled in the caller; so for all of this file.
#[inline(always)]
unsafe fn constant<S: Simd>(value: f64) -> S::V {
    // SAFETY: by the contract of this function.
    unsafe { S::splat(S::T::from_f64(value)) }
}

/// Bᵀ: six places of the input at the points.
#[inline(always)]
unsafe fn input_points<S: Simd>(d: [S::V; SIDE]) -> [S::V; SIDE] {
    // SAFETY: see `constant`.
    unsafe {
        let (product, sum) = (constant::<S>(AT_0), constant::<S>(-A2 - B2));
        let (minus_a2, minus_b2) = (constant::<S>(-A2), constant::<S>(-B2));
        let (even_a, odd_a) = (S::fma(minus_b2, d[2], d[4]), S::fma(minus_b2, d[1], d[3]));
        let (even_b, odd_b) = (S::fma(minus_a2, d[2], d[4]), S::fma(minus_a2, d[1], d[3]));
        [
            S::fma(product, d[0], S::fma(sum, d[2], d[4])),
            S::fma(constant::<S>(A), odd_a, even_a),
            S::fma(constant::<S>(-A), odd_a, even_a),
            S::fma(constant::<S>(B), odd_b, even_b),
            S::fma(constant::<S>(-B), odd_b, even_b),
            S::fma(product, d[1], S::fma(sum, d[3], d[5])),
        ]
    }
}

/// Aᵀ: values at the points to four places of the output.
#[inline(always)]
unsafe fn output_places<S: Simd>(m: [S::V; SIDE]) -> [S::V; TILE] {
    // SAFETY: see `constant`.
    unsafe {
        let minus = constant::<S>(-1.0);
        let zero = S::zero();
        let (sum_a, sum_b) = (S::add(m[1], m[2]), S::add(m[3], m[4]));
        let (difference_a, difference_b) = (S::fma(minus, m[2], m[1]), S::fma(minus, m[4], m[3]));
        let weigh = |a: f64, x: S::V, b: f64, y: S::V, rest: S::V| {
            S::fma(constant::<S>(a), x, S::fma(constant::<S>(b), y, rest))
        };
        [
            S::add(m[0], S::add(sum_a, sum_b)),
            weigh(A, difference_a, B, difference_b, zero),
            weigh(A2, sum_a, B2, sum_b, zero),
            weigh(A2 * A, difference_a, B2 * B, difference_b, m[5]),
        ]
    }
}

/// A: four places of the output's gradient at the points.
#[inline(always)]
unsafe fn gradient_points<S: Simd>(y: [S::V; TILE]) -> [S::V; SIDE] {
    // SAFETY: see `constant`.
    unsafe {
        let (a2, b2) = (constant::<S>(A2), constant::<S>(B2));
        let (even_a, odd_a) = (S::fma(a2, y[2], y[0]), S::fma(a2, y[3], y[1]));
        let (even_b, odd_b) = (S::fma(b2, y[2], y[0]), S::fma(b2, y[3], y[1]));
        [
            y[0],
            S::fma(constant::<S>(A), odd_a, even_a),
            S::fma(constant::<S>(-A), odd_a, even_a),
            S::fma(constant::<S>(B), odd_b, even_b),
            S::fma(constant::<S>(-B), odd_b, even_b),
            y[3],
        ]
    }
}

/// G: three taps at the points.
#[inline(always)]
unsafe fn weight_points<S: Simd>(w: [S::V; 3]) -> [S::V; SIDE] {
    // SAFETY: see `constant`.
    unsafe {
        let zero = S::zero();
        let times = |factor: f64, x: S::V| S::fma(constant::<S>(factor), x, zero);
        let at = |point: f64, norm: f64| {
            let even = S::fma(
                constant::<S>(point * point / norm),
                w[2],
                times(1.0 / norm, w[0]),
            );
            (even, times(point / norm, w[1]))
        };
        let minus = constant::<S>(-1.0);
        let ((even_a, odd_a), (even_b, odd_b)) = (at(A, AT_A), at(B, AT_B));
        [
            times(1.0 / AT_0, w[0]),
            S::add(even_a, odd_a),
            S::fma(minus, odd_a, even_a),
            S::add(even_b, odd_b),
            S::fma(minus, odd_b, even_b),
            w[2],
        ]
    }
}

/// Gᵀ: sums at the points to three taps.
#[inline(always)]
unsafe fn weight_taps<S: Simd>(u: [S::V; SIDE]) -> [S::V; 3] {
    // SAFETY: see `constant`.
    unsafe {
        let (minus, zero) = (constant::<S>(-1.0), S::zero());
        let (sum_a, sum_b) = (S::add(u[1], u[2]), S::add(u[3], u[4]));
        let (difference_a, difference_b) = (S::fma(minus, u[2], u[1]), S::fma(minus, u[4], u[3]));
        let weigh = |a: f64, x: S::V, b: f64, y: S::V, rest: S::V| {
            S::fma(constant::<S>(a), x, S::fma(constant::<S>(b), y, rest))
        };
        let at_0 = S::fma(constant::<S>(1.0 / AT_0), u[0], zero);
        [
            weigh(1.0 / AT_A, sum_a, 1.0 / AT_B, sum_b, at_0),
            weigh(A / AT_A, difference_a, B / AT_B, difference_b, zero),
            weigh(A2 / AT_A, sum_a, B2 / AT_B, sum_b, u[5]),
        ]
    }
}

#[inline(always)]
unsafe fn load<S: Simd>(p: *const S::T, lanes: usize) -> S::V {
    // SAFETY: by the contract of the callers.
    unsafe {
        if lanes >= S::LANES {
            S::load(p)
        } else {
            S::load_first(p, lanes)
        }
    }
}

/// One tile of channels or filters on its way to or from the points.
pub(in crate::kernels::conv) struct Points<T> {
    /// Values at the points: point `i` of element `c` is at `i * plane + c`.
    pub points: *mut T,
    pub plane: usize,
    /// Elements; the room for points is a whole number of vectors.
    pub len: usize,
}

/// Where a later tile will be read: its 4×4 places that no tile before has read.
pub(in crate::kernels::conv) struct Ahead<T> {
    pub first: *const T,
    /// Elements from one row, and from one pixel, to the next.
    pub pitch: [usize; 2],
}

/// Bᵀ x B for a tile of the input, whose places start at `places`. A later tile is fetched meanwhile, as tiles jump about
/// too much for the processor to foresee.
///
/// # Safety
/// All places are readable for `len` elements, the points writable for whole vectors; the features of `S` are enabled.
#[inline(always)]
pub(in crate::kernels::conv) unsafe fn input<S: Simd>(
    to: &Points<S::T>,
    places: &[*const S::T; POINTS],
    ahead: &Ahead<S::T>,
) {
    // SAFETY: by the contract of this function.
    unsafe {
        let mut c = 0;
        while c < to.len {
            let lanes = to.len - c;
            for r in 0..TILE {
                for j in 0..TILE {
                    let at = r * ahead.pitch[0] + j * ahead.pitch[1] + c;
                    S::prefetch(ahead.first.wrapping_add(at));
                }
            }
            let mut rows = [[MaybeUninit::uninit(); SIDE]; SIDE];
            for r in 0..SIDE {
                let mut d = [S::zero(); SIDE];
                for j in 0..SIDE {
                    d[j] = load::<S>(places[r * SIDE + j].add(c), lanes);
                }
                keep(&mut rows[r], input_points::<S>(d));
            }
            columns_to_points::<S, SIDE>(to, c, &rows, |d| input_points::<S>(d));
            c += S::LANES;
        }
    }
}

/// A dy Aᵀ for a tile of the output's gradient.
///
/// # Safety
/// As [`input`].
#[inline(always)]
pub(in crate::kernels::conv) unsafe fn gradient<S: Simd>(
    to: &Points<S::T>,
    places: &[*const S::T; TILE * TILE],
) {
    // SAFETY: by the contract of this function.
    unsafe {
        let mut c = 0;
        while c < to.len {
            let lanes = to.len - c;
            let mut rows = [[MaybeUninit::uninit(); SIDE]; TILE];
            for r in 0..TILE {
                let mut d = [S::zero(); TILE];
                for j in 0..TILE {
                    d[j] = load::<S>(places[r * TILE + j].add(c), lanes);
                }
                keep(&mut rows[r], gradient_points::<S>(d));
            }
            columns_to_points::<S, TILE>(to, c, &rows, |d| gradient_points::<S>(d));
            c += S::LANES;
        }
    }
}

/// G w Gᵀ for a vector of filters; `taps` are 3×3 vectors.
///
/// # Safety
/// As [`input`].
#[inline(always)]
pub(in crate::kernels::conv) unsafe fn weight<S: Simd>(to: &Points<S::T>, taps: *const S::T) {
    // SAFETY: by the contract of this function.
    unsafe {
        let mut rows = [[MaybeUninit::uninit(); SIDE]; 3];
        for r in 0..3 {
            let mut w = [S::zero(); 3];
            for j in 0..3 {
                w[j] = S::load(taps.add((r * 3 + j) * S::LANES));
            }
            keep(&mut rows[r], weight_points::<S>(w));
        }
        columns_to_points::<S, 3>(to, 0, &rows, |w| weight_points::<S>(w));
    }
}

/// Keeps a row for the second half of a transform. Rows start without values: to give them some would cost as much as
/// the transform.
#[inline(always)]
fn keep<V: Copy, const N: usize>(row: &mut [MaybeUninit<V>; N], values: [V; N]) {
    for i in 0..N {
        row[i].write(values[i]);
    }
}

/// The second half of a transform to the points: along the columns. All rows are kept.
#[inline(always)]
unsafe fn columns_to_points<S: Simd, const N: usize>(
    to: &Points<S::T>,
    c: usize,
    rows: &[[MaybeUninit<S::V>; SIDE]; N],
    transform: impl Fn([S::V; N]) -> [S::V; SIDE],
) {
    // SAFETY: by the contract of the callers.
    unsafe {
        for j in 0..SIDE {
            let mut column = [S::zero(); N];
            for r in 0..N {
                column[r] = rows[r][j].assume_init();
            }
            let points = transform(column);
            for i in 0..SIDE {
                S::store(to.points.add((i * SIDE + j) * to.plane + c), points[i]);
            }
        }
    }
}

/// What follows a sum on its way to memory.
pub(in crate::kernels::conv) struct Output<T> {
    pub scale: *const T,
    pub shift: *const T,
    /// From here the places of `residual` count, or null.
    pub residual: *const T,
    pub relu: bool,
}

/// Aᵀ m A for a tile of the output. `places` are elements from `y`, `usize::MAX` where the output ends before.
///
/// # Safety
/// As [`input`], with the output writable.
#[inline(always)]
pub(in crate::kernels::conv) unsafe fn output<S: Simd>(
    from: &Points<S::T>,
    y: *mut S::T,
    places: &[usize; TILE * TILE],
    finish: &Output<S::T>,
) {
    // SAFETY: by the contract of this function.
    unsafe {
        let mut c = 0;
        while c < from.len {
            let lanes = from.len - c;
            let mut rows = [[MaybeUninit::uninit(); TILE]; SIDE];
            for i in 0..SIDE {
                let mut m = [S::zero(); SIDE];
                for j in 0..SIDE {
                    m[j] = S::load(from.points.add((i * SIDE + j) * from.plane + c));
                }
                keep(&mut rows[i], output_places::<S>(m));
            }
            for j in 0..TILE {
                let mut m = [S::zero(); SIDE];
                for i in 0..SIDE {
                    m[i] = rows[i][j].assume_init();
                }
                let column = output_places::<S>(m);
                for r in 0..TILE {
                    let place = places[r * TILE + j];
                    if place == usize::MAX {
                        continue;
                    }
                    let mut sum = column[r];
                    if !finish.scale.is_null() {
                        sum = S::fma(sum, load::<S>(finish.scale.add(c), lanes), S::zero());
                    }
                    if !finish.shift.is_null() {
                        sum = S::add(sum, load::<S>(finish.shift.add(c), lanes));
                    }
                    if !finish.residual.is_null() {
                        sum = S::add(sum, load::<S>(finish.residual.add(place + c), lanes));
                    }
                    if finish.relu {
                        sum = S::relu(sum);
                    }
                    let at = y.add(place + c);
                    if lanes >= S::LANES {
                        S::store(at, sum);
                    } else {
                        S::store_first(at, lanes, sum);
                    }
                }
            }
            c += S::LANES;
        }
    }
}

/// Gᵀ u G for a vector of filters, to 3×3 vectors.
///
/// # Safety
/// As [`input`], with the points readable.
#[inline(always)]
pub(in crate::kernels::conv) unsafe fn weight_back<S: Simd>(from: &Points<S::T>, taps: *mut S::T) {
    // SAFETY: by the contract of this function.
    unsafe {
        let mut rows = [[MaybeUninit::uninit(); 3]; SIDE];
        for i in 0..SIDE {
            let mut u = [S::zero(); SIDE];
            for j in 0..SIDE {
                u[j] = S::load(from.points.add((i * SIDE + j) * from.plane));
            }
            keep(&mut rows[i], weight_taps::<S>(u));
        }
        for j in 0..3 {
            let mut u = [S::zero(); SIDE];
            for i in 0..SIDE {
                u[i] = rows[i][j].assume_init();
            }
            let column = weight_taps::<S>(u);
            for r in 0..3 {
                S::store(taps.add((r * 3 + j) * S::LANES), column[r]);
            }
        }
    }
}
