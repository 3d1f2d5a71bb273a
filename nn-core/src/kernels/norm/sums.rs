//! Two sums over the rows of each channel, in one pass.
//!
//! Rows are cut into fixed blocks. A block is summed in lanes, in the precision of the elements; blocks are joined in
//! their order, in `f64`. Neither depends on the number of threads.

use std::ops::Range;

use super::channel::{Rows, repeat};
use crate::kernels::buffer::Buffer;
use crate::kernels::float::Float;
use crate::kernels::math::dispatch::{Disjoint, Kernel, is_single, run_parallel};
use crate::kernels::math::map::WIDTH;

/// Elements of the rows that are walked through column by column, so that they stay in the first cache.
const PANEL: usize = 2048;

/// The second operand of the sums.
pub(super) enum Incoming<'a, T> {
    /// As it is.
    Given(&'a [T]),
    /// Set to 0 first, where the output of the activation is not above 0; of `dy`, or in place.
    Masked {
        output: &'a [T],
        dy: Option<&'a [T]>,
        gradient: Disjoint<'a, T>,
    },
}

impl<T: Float> Incoming<'_, T> {
    /// The elements of a block, still in the cache if they had to be masked.
    ///
    /// # Safety
    /// The elements belong to the item that asks.
    #[inline(always)]
    unsafe fn block(&self, elements: Range<usize>) -> &[T] {
        match self {
            Incoming::Given(dy) => &dy[elements],
            Incoming::Masked {
                output,
                dy,
                gradient,
            } => {
                let output = &output[elements.clone()];
                // SAFETY: by the contract of this function.
                let gradient = unsafe { gradient.range(elements.clone()) };
                match dy {
                    Some(dy) => {
                        for ((g, &dy), &y) in gradient.iter_mut().zip(&dy[elements]).zip(output) {
                            *g = if y <= T::ZERO { T::ZERO } else { dy };
                        }
                    }
                    None => {
                        for (g, &y) in gradient.iter_mut().zip(output) {
                            *g = if y <= T::ZERO { T::ZERO } else { *g };
                        }
                    }
                }
                gradient
            }
        }
    }
}

/// What is summed: t, and t times a factor.
pub(super) trait Terms<T: Float>: Sync {
    /// Whether the first pattern is the block's first row, rather than given by batch.
    const DEVIATIONS: bool;
    /// The term and the factor of an element.
    fn at<const FMA: bool>(x: T, dy: T, pattern: [T; 3]) -> (T, T);
}

/// Deviations from the block's first row, and their squares: near the mean, so that no digits are lost.
pub(super) struct Deviations;

impl<T: Float> Terms<T> for Deviations {
    const DEVIATIONS: bool = true;

    #[inline(always)]
    fn at<const FMA: bool>(x: T, _: T, [origin, _, _]: [T; 3]) -> (T, T) {
        let deviation = x - origin;
        (deviation, deviation)
    }
}

/// Gradients, and their products with the deviation from the mean.
pub(super) struct Gradients<const RELU: bool>;

impl<T: Float, const RELU: bool> Terms<T> for Gradients<RELU> {
    const DEVIATIONS: bool = false;

    #[inline(always)]
    fn at<const FMA: bool>(x: T, dy: T, [mean, scale, shift]: [T; 3]) -> (T, T) {
        // The very sum the forward pass made, so that both agree on which elements were cut off.
        let off = RELU && x.lane_fma::<FMA>(scale, shift) <= T::ZERO;
        (if off { T::ZERO } else { dy }, x - mean)
    }
}

type Vector<T> = [T; WIDTH];

#[inline(always)]
fn vector<T>(x: &[T], at: usize) -> &Vector<T> {
    match x[at..].first_chunk() {
        Some(vector) => vector,
        None => unreachable!("strips are whole vectors"),
    }
}

#[inline(always)]
fn vector_mut<T>(x: &mut [T], at: usize) -> &mut Vector<T> {
    match x[at..].first_chunk_mut() {
        Some(vector) => vector,
        None => unreachable!("strips are whole vectors"),
    }
}

/// One vector more. Sums go in and out by value, which keeps them in registers.
#[inline(always)]
fn take<const FMA: bool, T: Float, M: Terms<T>>(
    (sum, dot): (Vector<T>, Vector<T>),
    (x, dy): (&Vector<T>, &Vector<T>),
    pattern: [&Vector<T>; 3],
) -> (Vector<T>, Vector<T>) {
    let (mut out_sum, mut out_dot) = (sum, dot);
    for i in 0..WIDTH {
        let (term, factor) =
            M::at::<FMA>(x[i], dy[i], [pattern[0][i], pattern[1][i], pattern[2][i]]);
        out_sum[i] = sum[i] + term;
        out_dot[i] = term.lane_fma::<FMA>(factor, dot[i]);
    }
    (out_sum, out_dot)
}

struct Sums<'a, T, M> {
    x: &'a [T],
    dy: Incoming<'a, T>,
    rows: Rows,
    patterns: [&'a [T]; 3],
    /// `[block][two][channel]`
    out: Disjoint<'a, f64>,
    terms: std::marker::PhantomData<M>,
}

impl<T: Float, M: Terms<T>> Kernel for Sums<'_, T, M> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let channels = self.rows.channels;
        let period = self.rows.period(1);
        let mut scratch = vec![T::ZERO; 5 * period];
        let (sums, rest) = scratch.split_at_mut(period);
        let (dots, patterns) = rest.split_at_mut(period);
        let mut current = usize::MAX;
        for item in range {
            let (batch, elements) = self.rows.block(item);
            let x = &self.x[elements.clone()];
            // SAFETY: item i is block i of the elements.
            let dy = unsafe { self.dy.block(elements) };
            let mut parts = patterns.chunks_mut(period);
            if M::DEVIATIONS {
                if let Some(origin) = parts.next() {
                    repeat(&x[..channels], origin);
                }
            } else if batch != current {
                current = batch;
                for (pattern, row) in parts.zip(&self.patterns) {
                    repeat(&row[batch * channels..][..channels], pattern);
                }
            }
            sums.fill(T::ZERO);
            dots.fill(T::ZERO);
            add_block::<FMA, T, M>(x, dy, period, patterns, sums, dots);

            // SAFETY: item i writes the i-th pair of rows.
            let out = unsafe {
                self.out
                    .range(item * 2 * channels..(item + 1) * 2 * channels)
            };
            let (first, second) = out.split_at_mut(channels);
            first.fill(0.0);
            second.fill(0.0);
            for (sums, dots) in sums.chunks(channels).zip(dots.chunks(channels)) {
                for c in 0..channels {
                    first[c] += sums[c].to_f64();
                    second[c] += dots[c].to_f64();
                }
            }
            if M::DEVIATIONS {
                // From sums about the first row to the mean and the squares about it.
                let count = (x.len() / channels) as f64;
                for c in 0..channels {
                    let mean = first[c] / count;
                    second[c] = (second[c] - first[c] * mean).max(0.0);
                    first[c] = x[c].to_f64() + mean;
                }
            }
        }
    }
}

/// Adds the elements of a block to the sums of their columns.
#[inline(always)]
fn add_block<const FMA: bool, T: Float, M: Terms<T>>(
    x: &[T],
    dy: &[T],
    period: usize,
    patterns: &[T],
    sums: &mut [T],
    dots: &mut [T],
) {
    let (first, rest) = patterns.split_at(period);
    let (second, third) = rest.split_at(period);
    let pattern = |at| [vector(first, at), vector(second, at), vector(third, at)];
    let strips = period / (2 * WIDTH) * (2 * WIDTH);
    let whole = x.len() / period;
    let panel_rows = (PANEL / period).max(4);
    for panel in (0..whole).step_by(panel_rows) {
        let count = panel_rows.min(whole - panel);
        let elements = panel * period..(panel + count) * period;
        let (x, dy) = (&x[elements.clone()], &dy[elements]);
        for column in (0..strips).step_by(2 * WIDTH) {
            let next = column + WIDTH;
            let mut low = (*vector(sums, column), *vector(dots, column));
            let mut high = (*vector(sums, next), *vector(dots, next));
            let (low_pattern, high_pattern) = (pattern(column), pattern(next));
            for row in 0..count {
                let at = row * period + column;
                let operands = (vector(x, at), vector(dy, at));
                low = take::<FMA, T, M>(low, operands, low_pattern);
                let operands = (vector(x, at + WIDTH), vector(dy, at + WIDTH));
                high = take::<FMA, T, M>(high, operands, high_pattern);
            }
            *vector_mut(sums, column) = low.0;
            *vector_mut(dots, column) = low.1;
            *vector_mut(sums, next) = high.0;
            *vector_mut(dots, next) = high.1;
        }
        for row in (0..count).filter(|_| strips < period) {
            let columns = row * period + strips..(row + 1) * period;
            let patterns = [&first[strips..], &second[strips..], &third[strips..]];
            let (sums, dots) = (&mut sums[strips..], &mut dots[strips..]);
            add_few::<FMA, T, M>(&x[columns.clone()], &dy[columns], patterns, sums, dots);
        }
    }
    let (x, dy) = (&x[whole * period..], &dy[whole * period..]);
    add_few::<FMA, T, M>(x, dy, [first, second, third], sums, dots);
}

#[inline(always)]
fn add_few<const FMA: bool, T: Float, M: Terms<T>>(
    x: &[T],
    dy: &[T],
    patterns: [&[T]; 3],
    sums: &mut [T],
    dots: &mut [T],
) {
    let n = x.len();
    let (dy, sums, dots) = (&dy[..n], &mut sums[..n], &mut dots[..n]);
    let (a, b, c) = (&patterns[0][..n], &patterns[1][..n], &patterns[2][..n]);
    for i in 0..n {
        let (term, factor) = M::at::<FMA>(x[i], dy[i], [a[i], b[i], c[i]]);
        sums[i] += term;
        dots[i] = term.lane_fma::<FMA>(factor, dots[i]);
    }
}

/// Sums over all blocks, handed to `finish` as `[block][two][channel]`.
pub(super) fn sums<T: Float, M: Terms<T>>(
    x: &[T],
    dy: Incoming<'_, T>,
    rows: Rows,
    patterns: [&[T]; 3],
    finish: impl FnOnce(&[f64]),
) {
    if rows.is_empty() {
        return finish(&[]);
    }
    let items = rows.batches * rows.blocks();
    let count = items * 2 * rows.channels;
    let (mut pooled, mut fresh) = (Buffer::new(count * size_of::<f64>()), Vec::new());
    let partial: &mut [f64] = match &mut pooled {
        Some(buffer) => buffer.as_mut_slice(),
        None => {
            fresh.resize(count, 0.0);
            &mut fresh
        }
    };
    let kernel = Sums::<T, M> {
        x,
        dy,
        rows,
        patterns,
        out: Disjoint::new(partial),
        terms: std::marker::PhantomData,
    };
    run_parallel(&kernel, items, rows.grain());
    finish(partial);
}

/// Joins the blocks of each batch, in their order.
pub(super) fn combine<M: Terms<f64>>(
    rows: Rows,
    partial: &[f64],
    first: &mut [f64],
    second: &mut [f64],
) {
    first.fill(0.0);
    second.fill(0.0);
    if partial.is_empty() {
        return;
    }
    let channels = rows.channels;
    let batches = first.chunks_mut(channels).zip(second.chunks_mut(channels));
    for (batch, (first, second)) in batches.enumerate() {
        let blocks = batch * rows.blocks()..(batch + 1) * rows.blocks();
        let parts = || {
            blocks.clone().map(|item| {
                let (_, elements) = rows.block(item);
                let part = &partial[item * 2 * channels..(item + 1) * 2 * channels];
                (
                    elements.len() as f64 / (rows.rows * channels) as f64,
                    part.split_at(channels),
                )
            })
        };
        if M::DEVIATIONS {
            // Means by their share of the rows; squares about the common mean (Chan, Golub and LeVeque 1983).
            for (share, (means, _)) in parts() {
                for c in 0..channels {
                    first[c] += share * means[c];
                }
            }
            for (share, (means, squares)) in parts() {
                let count = share * rows.rows as f64;
                for c in 0..channels {
                    let apart = means[c] - first[c];
                    second[c] += squares[c] + count * apart * apart;
                }
            }
        } else {
            for (_, (sums, dots)) in parts() {
                for c in 0..channels {
                    first[c] += sums[c];
                    second[c] += dots[c];
                }
            }
        }
    }
}
