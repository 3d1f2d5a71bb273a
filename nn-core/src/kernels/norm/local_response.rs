//! Local response normalisation: each channel of a place by the squares of its neighbours.

use std::ops::Range;

use crate::kernels::float::Float;
use crate::kernels::math::dispatch::{
    COSTLY, Disjoint, Kernel, is_single, rows_per_task, run_parallel,
};

/// y = x / s^β with s = k + α/n · Σ x² over the n channels around each (PyTorch's formula).
#[derive(Clone, Copy, Debug)]
pub struct LocalResponse {
    /// Channels of a place.
    pub channels: usize,
    /// The number n of channels in a window: n/2 before (rounded down), the channel itself and the rest after.
    pub size: usize,
    /// The factor α.
    pub alpha: f64,
    /// The exponent β.
    pub beta: f64,
    /// The constant k.
    pub k: f64,
}

/// Sums over windows of a row with zeros around it.
struct Windows<T> {
    padded: Vec<T>,
    before: usize,
    width: usize,
}

impl<T: Float> Windows<T> {
    /// Windows of `before` channels before and `after` after each; what lies outside the row counts nothing.
    fn new(channels: usize, before: usize, after: usize) -> Self {
        let (before, after) = (before.min(channels), after.min(channels));
        Windows {
            padded: vec![T::ZERO; channels + before + after],
            before,
            width: before + 1 + after,
        }
    }

    /// sums\[c\] = Σ value(i) over the window of c.
    #[inline(always)]
    fn sums(&mut self, sums: &mut [T], value: impl Fn(usize) -> T) {
        let row = &mut self.padded[self.before..][..sums.len()];
        for (i, slot) in row.iter_mut().enumerate() {
            *slot = value(i);
        }
        sums.fill(T::ZERO);
        for tap in 0..self.width {
            for (sum, &x) in sums.iter_mut().zip(&self.padded[tap..]) {
                *sum += x;
            }
        }
    }
}

struct Rows<'a, T> {
    norm: LocalResponse,
    x: &'a [T],
    /// Empty for the way there.
    dy: &'a [T],
    out: Disjoint<'a, T>,
}

impl<T: Float> Kernel for Rows<'_, T> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let LocalResponse {
            channels,
            size,
            alpha,
            beta,
            k,
        } = self.norm;
        let (low, high) = (size / 2, size.saturating_sub(1) / 2);
        let (share, k) = (T::from_f64(alpha / size as f64), T::from_f64(k));
        let beta_of = T::from_f64(beta);
        let back = T::from_f64(2.0 * alpha * beta / size as f64);
        let mut squares = Windows::new(channels, low, high);
        let mut products = Windows::new(channels, high, low);
        let mut scratch = vec![T::ZERO; 2 * channels];
        let (sums, powers) = scratch.split_at_mut(channels);
        for row in range {
            let row = row * channels..(row + 1) * channels;
            let x = &self.x[row.clone()];
            squares.sums(sums, |i| x[i] * x[i]);
            for (sum, power) in sums.iter_mut().zip(powers.iter_mut()) {
                *sum = sum.lane_fma::<FMA>(share, k);
                *power = (-(beta_of * sum.lane_ln::<FMA>())).lane_exp::<FMA>();
            }
            // SAFETY: item i is row i.
            let out = unsafe { self.out.range(row.clone()) };
            if self.dy.is_empty() {
                for i in 0..channels {
                    out[i] = x[i] * powers[i];
                }
                continue;
            }
            let dy = &self.dy[row];
            for i in 0..channels {
                out[i] = dy[i] * powers[i];
            }
            // out·x/s, of each channel whose window this one is in.
            for (power, &sum) in powers.iter_mut().zip(&*sums) {
                *power /= sum;
            }
            products.sums(sums, |i| dy[i] * x[i] * powers[i]);
            for i in 0..channels {
                out[i] = (-(back * x[i])).lane_fma::<FMA>(sums[i], out[i]);
            }
        }
    }
}

fn run<T: Float>(x: &[T], dy: &[T], norm: LocalResponse, out: &mut [T]) {
    if x.is_empty() {
        return;
    }
    let (rows, grain) = (
        x.len() / norm.channels,
        rows_per_task(norm.channels, COSTLY),
    );
    let kernel = Rows {
        norm,
        x,
        dy,
        out: Disjoint::new(out),
    };
    run_parallel(&kernel, rows, grain);
}

/// The normalised values of rows of channels.
///
/// # Panics
/// If the lengths do not fit; callers in this crate have checked them.
pub fn local_response<T: Float>(x: &[T], norm: LocalResponse, y: &mut [T]) {
    assert_eq!(x.len(), y.len());
    run(x, &[], norm, y);
}

/// dx of [`local_response`] from dy.
///
/// # Panics
/// If the lengths do not fit.
pub fn local_response_backward<T: Float>(x: &[T], dy: &[T], norm: LocalResponse, dx: &mut [T]) {
    assert_eq!([x.len(), dy.len()], [dx.len(); 2]);
    run(x, dy, norm, dx);
}
