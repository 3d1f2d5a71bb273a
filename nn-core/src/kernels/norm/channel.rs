//! Statistics and affine maps by channel, where the channels of a place lie side by side.
//!
//! Batch, instance and group normalisation all read their input as `[batches, rows, channels]`: batch normalisation
//! as one batch of all places, the others as one batch a sample. Each pass over memory is one function here.
//!
//! A row may be much shorter than a vector, so several rows are taken together as one pattern of `period` columns.

use std::ops::Range;

use super::sums::{Deviations, Gradients, Incoming, Terms, combine, sums};
use crate::kernels::float::Float;
use crate::kernels::math::dispatch::{CHEAP, Disjoint, Kernel, is_single, run_parallel};
use crate::kernels::math::map::WIDTH;

/// How a slice is read: `batches` × `rows` × `channels`, channels innermost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// Parts with statistics of their own.
    pub batches: usize,
    /// Places of a part.
    pub rows: usize,
    /// Channels of a place.
    pub channels: usize,
}

/// Elements of one block of rows; a block's sums are made in one go, so its size is part of the result.
const BLOCK: usize = 8192;
/// Rows a block has at least, so that joining blocks costs little.
const MIN_ROWS: usize = 64;
/// Columns of the longest pattern that is lengthened to whole vectors.
const LONGEST: usize = 2048;
/// Columns of a pattern that coefficients are repeated over, at least.
const PATTERN: usize = 512;

impl Rows {
    /// The number of elements.
    pub fn len(self) -> usize {
        self.batches * self.rows * self.channels
    }

    /// Whether there are no elements.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The number of statistics: one for each channel of each batch.
    pub fn statistics(self) -> usize {
        self.batches * self.channels
    }

    pub(super) fn block_rows(self) -> usize {
        (BLOCK / self.channels.max(1))
            .clamp(MIN_ROWS, BLOCK)
            .min(self.rows.max(1))
    }

    /// Blocks of one batch.
    pub(super) fn blocks(self) -> usize {
        self.rows.div_ceil(self.block_rows())
    }

    /// The batch of a block, and its elements.
    pub(super) fn block(self, item: usize) -> (usize, Range<usize>) {
        let (batch, block) = (item / self.blocks(), item % self.blocks());
        let first = block * self.block_rows();
        let last = self.rows.min(first + self.block_rows());
        let row = |row| (batch * self.rows + row) * self.channels;
        (batch, row(first)..row(last))
    }

    /// Blocks one task takes.
    pub(super) fn grain(self) -> usize {
        (CHEAP / (self.block_rows() * self.channels).max(1)).max(1)
    }

    /// The columns of a pattern of whole rows with at least `least` columns; whole vectors, if that takes few rows.
    pub(super) fn period(self, least: usize) -> usize {
        let vectors = 2 * WIDTH;
        let whole = self.channels * (vectors / gcd(self.channels, vectors));
        let unit = if whole <= LONGEST {
            whole
        } else {
            self.channels
        };
        unit * least.div_ceil(unit)
    }
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}

/// Fills `pattern` with `row` again and again.
#[inline(always)]
pub(super) fn repeat<T: Copy>(row: &[T], pattern: &mut [T]) {
    for part in pattern.chunks_mut(row.len().max(1)) {
        part.copy_from_slice(&row[..part.len()]);
    }
}

/// Mean and sum of squared deviations from it, of each channel of each batch.
///
/// ```
/// use nn_core::kernels::norm::channel::{Rows, moments};
/// let rows = Rows { batches: 1, rows: 3, channels: 2 };
/// let (mut mean, mut squares) = ([0.0; 2], [0.0; 2]);
/// moments(&[1.0f32, 5.0, 2.0, 5.0, 3.0, 5.0], rows, &mut mean, &mut squares);
/// assert_eq!((mean, squares), ([2.0, 5.0], [2.0, 0.0]));
/// ```
///
/// # Panics
/// If the lengths do not fit; callers in this crate have checked them.
pub fn moments<T: Float>(x: &[T], rows: Rows, mean: &mut [f64], squares: &mut [f64]) {
    assert_eq!(x.len(), rows.len());
    assert_eq!([mean.len(), squares.len()], [rows.statistics(); 2]);
    sums::<T, Deviations>(x, Incoming::Given(x), rows, [&[]; 3], |partial| {
        combine::<Deviations>(rows, partial, mean, squares);
    });
}

/// The coefficients of [`affine`] and the gradients, one of each for every channel of every batch.
#[derive(Clone, Copy)]
pub struct Affine<'a, T> {
    /// What x is multiplied by.
    pub scale: &'a [T],
    /// What is then added.
    pub shift: &'a [T],
    /// Whether negative results become 0.
    pub relu: bool,
}

/// Each element made from x, dy and the coefficients of its channel, in place or from another slice.
struct Apply<'a, T, M> {
    rows: Rows,
    /// As many as `M` reads.
    coefficients: &'a [&'a [T]],
    x: &'a [T],
    /// Empty if it is what `out` holds.
    dy: &'a [T],
    out: Disjoint<'a, T>,
    map: M,
}

trait Pointwise<T>: Sync {
    fn at<const FMA: bool>(&self, x: T, dy: T, coefficients: [T; MOST]) -> T;
}

/// The most coefficients an element is made with.
const MOST: usize = 5;

impl<T: Float, M: Pointwise<T>> Apply<'_, T, M> {
    /// The elements of one batch: `elements` of the whole.
    #[inline(always)]
    fn block<const FMA: bool>(&self, elements: Range<usize>, patterns: &[T], period: usize) {
        let part = |i: usize| &patterns[i.min(self.coefficients.len() - 1) * period..][..period];
        let parts = (part(0), part(1), part(2), part(3), part(4));
        let x = &self.x[elements.clone()];
        // SAFETY: a block's elements belong to the item that calls this.
        let out = unsafe { self.out.range(elements.clone()) };
        let pairs = x.chunks(period).zip(out.chunks_mut(period));
        if self.dy.is_empty() {
            for (x, out) in pairs {
                let n = x.len();
                let (out, a, b) = (&mut out[..n], &parts.0[..n], &parts.1[..n]);
                let (c, d, e) = (&parts.2[..n], &parts.3[..n], &parts.4[..n]);
                for i in 0..n {
                    out[i] = self
                        .map
                        .at::<FMA>(x[i], out[i], [a[i], b[i], c[i], d[i], e[i]]);
                }
            }
        } else {
            for ((x, out), dy) in pairs.zip(self.dy[elements].chunks(period)) {
                let n = x.len();
                let (out, a, b) = (&mut out[..n], &parts.0[..n], &parts.1[..n]);
                let (c, d, e) = (&parts.2[..n], &parts.3[..n], &parts.4[..n]);
                let dy = &dy[..n];
                for i in 0..n {
                    out[i] = self
                        .map
                        .at::<FMA>(x[i], dy[i], [a[i], b[i], c[i], d[i], e[i]]);
                }
            }
        }
    }
}

impl<T: Float, M: Pointwise<T>> Kernel for Apply<'_, T, M> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let channels = self.rows.channels;
        let period = self.rows.period(PATTERN).min(self.rows.rows * channels);
        let mut patterns = vec![T::ZERO; self.coefficients.len() * period];
        let mut current = usize::MAX;
        for item in range {
            let (batch, elements) = self.rows.block(item);
            if batch != current {
                current = batch;
                for (pattern, row) in patterns.chunks_mut(period).zip(self.coefficients) {
                    repeat(&row[batch * channels..][..channels], pattern);
                }
            }
            self.block::<FMA>(elements, &patterns, period);
        }
    }
}

fn apply<T: Float, M: Pointwise<T>>(kernel: &Apply<'_, T, M>) {
    let rows = kernel.rows;
    let fit = |c: &&[T]| c.len() == rows.statistics();
    assert!(kernel.coefficients.iter().all(fit));
    if !rows.is_empty() {
        run_parallel(kernel, rows.batches * rows.blocks(), rows.grain());
    }
}

struct AffineMap<const RELU: bool>;

impl<T: Float, const RELU: bool> Pointwise<T> for AffineMap<RELU> {
    #[inline(always)]
    fn at<const FMA: bool>(&self, x: T, _: T, [scale, shift, ..]: [T; MOST]) -> T {
        let y = x.lane_fma::<FMA>(scale, shift);
        if RELU && y < T::ZERO { T::ZERO } else { y }
    }
}

/// y = x·scale + shift, channel by channel, and the activation in the same pass.
///
/// # Panics
/// If the lengths do not fit.
pub fn affine<T: Float>(x: &[T], rows: Rows, map: &Affine<'_, T>, y: &mut [T]) {
    assert_eq!([x.len(), y.len()], [rows.len(); 2]);
    let (coefficients, dy, out) = (&[map.scale, map.shift], x, Disjoint::new(y));
    if map.relu {
        let map = AffineMap::<true>;
        apply(&Apply {
            rows,
            coefficients,
            x,
            dy,
            out,
            map,
        });
    } else {
        let map = AffineMap::<false>;
        apply(&Apply {
            rows,
            coefficients,
            x,
            dy,
            out,
            map,
        });
    }
}

struct SumMap<const RELU: bool>;

impl<T: Float, const RELU: bool> Pointwise<T> for SumMap<RELU> {
    #[inline(always)]
    fn at<const FMA: bool>(&self, x: T, addend: T, [scale, shift, ..]: [T; MOST]) -> T {
        let y = x.lane_fma::<FMA>(scale, shift) + addend;
        if RELU && y < T::ZERO { T::ZERO } else { y }
    }
}

/// y = x·scale + shift + addend, channel by channel, and the activation in the same pass.
///
/// # Panics
/// If the lengths do not fit.
pub fn affine_added<T: Float>(x: &[T], addend: &[T], rows: Rows, map: &Affine<'_, T>, y: &mut [T]) {
    assert_eq!([x.len(), addend.len(), y.len()], [rows.len(); 3]);
    let (coefficients, dy, out) = (&[map.scale, map.shift], addend, Disjoint::new(y));
    if map.relu {
        let map = SumMap::<true>;
        apply(&Apply {
            rows,
            coefficients,
            x,
            dy,
            out,
            map,
        });
    } else {
        let map = SumMap::<false>;
        apply(&Apply {
            rows,
            coefficients,
            x,
            dy,
            out,
            map,
        });
    }
}

/// [`gradient_sums`] where the activation followed the sum with an addend: `gradient` becomes dy, or 0 where the output
/// `y` is not above 0, and is then summed. Without `dy`, it holds it at first.
///
/// # Panics
/// If the lengths do not fit.
pub fn gradient_sums_masked<T: Float>(
    x: &[T],
    (y, dy): (&[T], Option<&[T]>),
    gradient: &mut [T],
    rows: Rows,
    mean: &[T],
    (sum, dot): (&mut [f64], &mut [f64]),
) {
    assert_eq!([x.len(), y.len(), gradient.len()], [rows.len(); 3]);
    assert_eq!([mean.len(), sum.len(), dot.len()], [rows.statistics(); 3]);
    assert!(dy.is_none_or(|dy| dy.len() == x.len()));
    let dy = Incoming::Masked {
        output: y,
        dy,
        gradient: Disjoint::new(gradient),
    };
    sums::<T, Gradients<false>>(x, dy, rows, [mean; 3], |partial| {
        combine::<Gradients<false>>(rows, partial, sum, dot);
    });
}

/// Σ g and Σ g·(x − mean) of each channel of each batch, where g is dy, or 0 where the activation of `map` was off.
///
/// # Panics
/// If the lengths do not fit.
pub fn gradient_sums<T: Float>(
    x: &[T],
    dy: &[T],
    rows: Rows,
    mean: &[T],
    map: &Affine<'_, T>,
    (sum, dot): (&mut [f64], &mut [f64]),
) {
    assert_eq!([x.len(), dy.len()], [rows.len(); 2]);
    let coefficients = [mean, map.scale, map.shift];
    assert!(coefficients.iter().all(|c| c.len() == rows.statistics()));
    assert_eq!([sum.len(), dot.len()], [rows.statistics(); 2]);
    if map.relu {
        sums::<T, Gradients<true>>(x, Incoming::Given(dy), rows, coefficients, |partial| {
            combine::<Gradients<true>>(rows, partial, sum, dot);
        });
    } else {
        sums::<T, Gradients<false>>(x, Incoming::Given(dy), rows, coefficients, |partial| {
            combine::<Gradients<false>>(rows, partial, sum, dot);
        });
    }
}

struct GradientMap<const RELU: bool>;

impl<T: Float, const RELU: bool> Pointwise<T> for GradientMap<RELU> {
    #[inline(always)]
    fn at<const FMA: bool>(&self, x: T, dy: T, coefficients: [T; MOST]) -> T {
        let [mean, scale, shift, slope, constant] = coefficients;
        let g = <Gradients<RELU> as Terms<T>>::at::<FMA>(x, dy, [mean, scale, shift]).0;
        g.lane_fma::<FMA>(scale, (x - mean).lane_fma::<FMA>(slope, constant))
    }
}

/// dx = scale·g + slope·(x − mean) + constant, with g as in [`gradient_sums`]. Without `dy`, `dx` holds it at first.
///
/// # Panics
/// If the lengths do not fit.
pub fn gradient<T: Float>(
    (x, dy): (&[T], Option<&[T]>),
    rows: Rows,
    mean: &[T],
    map: &Affine<'_, T>,
    (slope, constant): (&[T], &[T]),
    dx: &mut [T],
) {
    assert_eq!([x.len(), dx.len()], [rows.len(); 2]);
    assert!(dy.is_none_or(|dy| dy.len() == x.len()));
    let coefficients = &[mean, map.scale, map.shift, slope, constant];
    let (dy, out) = (dy.unwrap_or(&[]), Disjoint::new(dx));
    if map.relu {
        let map = GradientMap::<true>;
        apply(&Apply {
            rows,
            coefficients,
            x,
            dy,
            out,
            map,
        });
    } else {
        let map = GradientMap::<false>;
        apply(&Apply {
            rows,
            coefficients,
            x,
            dy,
            out,
            map,
        });
    }
}

#[cfg(test)]
mod tests;
