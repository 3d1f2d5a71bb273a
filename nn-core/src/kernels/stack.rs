//! A growing stack of features, as in a densely connected network: each layer normalises all channels so far, and
//! projects them onto a few.
//!
//! The channels of a place lie side by side with room for those to come, so that nothing is copied when a layer adds
//! its own. Normalised features are never stored: a block of rows is normalised in the cache where the product takes
//! it up, again on the way back. There the gradient of the stack is added up in place, block by block; what batch
//! normalisation takes away from it, `slope·(x − mean) + constant` by channel, is the same function of x for every
//! layer, so that the coefficients are summed over the layers and applied once, in [`take`].

mod projection;

use super::float::Float;
use super::threads::for_each_chunk;
pub use projection::{Projection, Sums};

/// Rows that one task copies.
const COPIED: usize = 1024;

/// The first `channels` of the `pitch` channels of each of so many rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// Places.
    pub rows: usize,
    /// Elements from one place to the next.
    pub pitch: usize,
    /// Channels that are there already.
    pub channels: usize,
}

/// Writes the rows of `part`, `channels` elements each, into those of the stack from channel `at` on.
///
/// # Panics
/// If the lengths do not fit; callers in this crate have checked them.
pub fn insert<T: Float>(part: &[T], channels: usize, stack: &mut [T], pitch: usize, at: usize) {
    assert!(at + channels <= pitch && part.len() / channels.max(1) * pitch == stack.len());
    if part.is_empty() {
        return;
    }
    for_each_chunk(stack, COPIED * pitch, |task, stack| {
        let part = part[task * COPIED * channels..].chunks_exact(channels);
        for (row, part) in stack.chunks_exact_mut(pitch).zip(part) {
            row[at..at + channels].copy_from_slice(part);
        }
    });
}

/// The gradient of as many channels as `mean` has: `gradient + slope·(x − mean) + constant`. The rows of x lie side by
/// side, those of the gradient `pitch` apart, from `at` on.
///
/// # Panics
/// If the lengths do not fit.
pub fn take<T: Float>(
    x: &[T],
    (gradient, pitch, at): (&[T], usize, usize),
    mean: &[T],
    (slope, constant): (&[T], &[T]),
    out: &mut [T],
) {
    let channels = mean.len();
    assert_eq!([slope.len(), constant.len()], [channels; 2]);
    assert!(at + channels <= pitch && x.len() == out.len());
    assert_eq!(x.len() / channels.max(1) * pitch, gradient.len());
    if out.is_empty() {
        return;
    }
    for_each_chunk(out, COPIED * channels, |task, out| {
        let x = x[task * COPIED * channels..].chunks_exact(channels);
        let gradient = gradient[task * COPIED * pitch..].chunks(pitch);
        for ((out, x), gradient) in out.chunks_exact_mut(channels).zip(x).zip(gradient) {
            let gradient = &gradient[at..at + channels];
            let mut from = 0;
            while from < channels {
                let operands = (x, gradient, [mean, slope, constant]);
                from += match channels - from {
                    16.. => corrected::<T, 16>(from, operands, out),
                    4.. => corrected::<T, 4>(from, operands, out),
                    _ => corrected::<T, 1>(from, operands, out),
                };
            }
        }
    });
}

/// `N` channels of [`take`], from channel `from` on; returns `N`.
#[inline(always)]
fn corrected<T: Float, const N: usize>(
    from: usize,
    (x, gradient, coefficients): (&[T], &[T], [&[T]; 3]),
    out: &mut [T],
) -> usize {
    let (x, gradient) = (*lanes::<T, N>(x, from), *lanes::<T, N>(gradient, from));
    let [mean, slope, constant] = coefficients.map(|c| *lanes::<T, N>(c, from));
    let mut sum = gradient;
    for i in 0..N {
        sum[i] += slope[i] * (x[i] - mean[i]) + constant[i];
    }
    *lanes_mut::<T, N>(out, from) = sum;
    N
}

#[inline(always)]
fn lanes<T, const N: usize>(x: &[T], at: usize) -> &[T; N] {
    match x[at..].first_chunk() {
        Some(lanes) => lanes,
        None => unreachable!("a strip ends before its row"),
    }
}

#[inline(always)]
fn lanes_mut<T, const N: usize>(x: &mut [T], at: usize) -> &mut [T; N] {
    match x[at..].first_chunk_mut() {
        Some(lanes) => lanes,
        None => unreachable!("a strip ends before its row"),
    }
}

#[cfg(test)]
mod tests;
