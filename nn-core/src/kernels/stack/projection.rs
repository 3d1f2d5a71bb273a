//! The product of normalised features, and its way back.

use std::ops::Range;

use super::{Columns, lanes, lanes_mut};
use crate::kernels::buffer::{Buffer as Pooled, Plain};
use crate::kernels::gemm::{Epilogue, GemmElement, MatMut, MatRef, gemm};
use crate::kernels::math::dispatch::{Disjoint, Kernel, is_single, run_parallel};
use crate::kernels::norm::channel::{Rows, moments};
use crate::kernels::scratch::Buffer;

/// Rows that are worked on together; what is made of them stays in the second cache.
pub(super) const BLOCK: usize = 256;
/// Rows that are walked through column by column, with the coefficients of the columns in registers; few, so that memory
/// is still read in about the order it lies in.
const PANEL: usize = 4;
/// Parts of the rows with sums of their own, at most; the number is part of the result.
const PARTS: usize = 16;

/// `h = max(0, x·scale + shift) · weightᵀ`
#[derive(Clone, Copy, Debug)]
pub struct Projection<'a, T> {
    /// What x is.
    pub columns: Columns,
    /// The mean of each channel.
    pub mean: &'a [T],
    /// What a channel is multiplied by.
    pub scale: &'a [T],
    /// What is then added.
    pub shift: &'a [T],
    /// `[filters, channels]`
    pub weight: &'a [T],
    /// Channels of h.
    pub filters: usize,
}

/// What [`Projection::backward`] writes beside the gradient of the stack.
#[derive(Debug)]
pub struct Sums<'a, T> {
    /// The gradient of the weight.
    pub weight: &'a mut [T],
    /// Σ g by channel, g being the gradient where the ReLU let the value through.
    pub sum: &'a mut [f64],
    /// Σ g·(x − mean) by channel.
    pub dot: &'a mut [f64],
    /// A copy of the stack's gradient in the last of these channels, side by side: what is asked for next, taken while
    /// it is in the cache.
    pub last: &'a mut [T],
}

impl<T: GemmElement + Plain> Projection<'_, T> {
    fn check(&self, x: &[T], h: &[T]) {
        let Columns {
            rows,
            pitch,
            channels,
        } = self.columns;
        assert!(channels > 0 && channels <= pitch && x.len() == rows * pitch);
        assert_eq!(h.len(), rows * self.filters);
        assert_eq!(self.weight.len(), self.filters * channels);
        let coefficients = [self.mean, self.scale, self.shift];
        assert!(coefficients.iter().all(|c| c.len() == channels));
    }

    /// Writes h, `[rows, filters]`, and mean and sum of squared deviations from it of each of its channels, which are
    /// computed while h is in the cache.
    ///
    /// # Panics
    /// If the lengths do not fit.
    pub fn forward(&self, x: &[T], h: &mut [T], (mean, squares): (&mut [f64], &mut [f64])) {
        self.check(x, h);
        let filters = self.filters;
        assert_eq!([mean.len(), squares.len()], [filters; 2]);
        let blocks = self.columns.rows.div_ceil(BLOCK);
        let mut partial = vec![0.0; blocks * 2 * filters];
        let kernel = Forward {
            of: self,
            x,
            h: Disjoint::new(h),
            moments: Disjoint::new(&mut partial),
        };
        run_parallel(&kernel, blocks, 4);
        // Means by their share of the rows; squares about the common mean (Chan, Golub and LeVeque 1983).
        mean.fill(0.0);
        squares.fill(0.0);
        let parts = || {
            let parts = partial.chunks_exact((2 * filters).max(1));
            let count = |block| self.rows(block).len() as f64;
            parts
                .enumerate()
                .map(move |(block, part)| (count(block), part.split_at(filters)))
        };
        for (count, (means, _)) in parts() {
            let share = count / self.columns.rows as f64;
            mean.iter_mut()
                .zip(means)
                .for_each(|(m, part)| *m += share * part);
        }
        for (count, (means, parts)) in parts() {
            for f in 0..filters {
                let apart = means[f] - mean[f];
                squares[f] += parts[f] + count * apart * apart;
            }
        }
    }

    /// From the gradient of h: adds `scale·g` to the gradient of the stack, and writes the sums.
    ///
    /// `None` if there is no memory.
    ///
    /// # Panics
    /// If the lengths do not fit.
    pub fn backward(&self, x: &[T], dh: &[T], gradient: &mut [T], sums: Sums<'_, T>) -> Option<()> {
        self.check(x, dh);
        let channels = self.columns.channels;
        assert_eq!(gradient.len(), x.len());
        assert_eq!(sums.weight.len(), self.weight.len());
        assert_eq!([sums.sum.len(), sums.dot.len()], [channels; 2]);
        let last = sums.last.len() / self.columns.rows.max(1);
        assert!(last <= channels && sums.last.len() == last * self.columns.rows);
        let parts = self.columns.rows.div_ceil(BLOCK).min(PARTS);
        let weights = self.weight.len();
        let bytes = parts.checked_mul(weights)?.checked_mul(size_of::<T>())?;
        let mut memory = Pooled::new(bytes)?;
        let partial: &mut [T] = &mut memory.as_mut_slice()[..parts * weights];
        let mut totals = vec![0.0; parts * 2 * channels];
        let kernel = Backward {
            of: self,
            x,
            dh,
            parts,
            gradient: Disjoint::new(gradient),
            weight: Disjoint::new(partial),
            last: (last, Disjoint::new(sums.last)),
            totals: Disjoint::new(&mut totals),
        };
        run_parallel(&kernel, parts, 1);
        sums.weight.fill(T::ZERO);
        for part in partial.chunks_exact(weights.max(1)) {
            for (sum, part) in sums.weight.iter_mut().zip(part) {
                *sum += *part;
            }
        }
        sums.sum.fill(0.0);
        sums.dot.fill(0.0);
        for part in totals.chunks_exact(2 * channels) {
            let (sum, dot) = part.split_at(channels);
            sums.sum.iter_mut().zip(sum).for_each(|(s, p)| *s += p);
            sums.dot.iter_mut().zip(dot).for_each(|(s, p)| *s += p);
        }
        Some(())
    }

    /// The rows of block `block`.
    #[inline(always)]
    fn rows(&self, block: usize) -> Range<usize> {
        block * BLOCK..self.columns.rows.min((block + 1) * BLOCK)
    }

    /// Normalises rows of x into `a`, `[rows, channels]`.
    #[inline(always)]
    fn activate<const FMA: bool>(&self, x: &[T], a: &mut [T]) {
        let Columns {
            pitch, channels, ..
        } = self.columns;
        for (x, a) in x.chunks(pitch).zip(a.chunks_mut(channels)) {
            let mut from = 0;
            while from < channels {
                from += match channels - from {
                    16.. => self.activate_lanes::<FMA, 16>(from, x, a),
                    4.. => self.activate_lanes::<FMA, 4>(from, x, a),
                    _ => self.activate_lanes::<FMA, 1>(from, x, a),
                };
            }
        }
    }

    #[inline(always)]
    fn activate_lanes<const FMA: bool, const N: usize>(
        &self,
        from: usize,
        x: &[T],
        a: &mut [T],
    ) -> usize {
        let scale = *lanes::<T, N>(self.scale, from);
        let shift = *lanes::<T, N>(self.shift, from);
        // Whole vectors by value, which the compiler can keep in registers.
        let x = *lanes::<T, N>(x, from);
        let mut y = [T::ZERO; N];
        for i in 0..N {
            let z = x[i].lane_fma::<FMA>(scale[i], shift[i]);
            y[i] = if z < T::ZERO { T::ZERO } else { z };
        }
        *lanes_mut::<T, N>(a, from) = y;
        N
    }

    /// Adds the gradients `da` of normalised rows to the gradient of the stack, and to the sums.
    #[inline(always)]
    fn add<const FMA: bool>(&self, x: &[T], da: &[T], gradient: &mut [T], sums: &mut [T]) {
        let Columns {
            pitch, channels, ..
        } = self.columns;
        let panels = x.chunks(PANEL * pitch).zip(da.chunks(PANEL * channels));
        for ((x, da), gradient) in panels.zip(gradient.chunks_mut(PANEL * pitch)) {
            let mut from = 0;
            while from < channels {
                from += match channels - from {
                    16.. => self.add_strip::<FMA, 16>(from, (x, da), gradient, sums),
                    4.. => self.add_strip::<FMA, 4>(from, (x, da), gradient, sums),
                    _ => self.add_strip::<FMA, 1>(from, (x, da), gradient, sums),
                };
            }
        }
    }

    #[inline(always)]
    fn add_strip<const FMA: bool, const N: usize>(
        &self,
        from: usize,
        (x, da): (&[T], &[T]),
        gradient: &mut [T],
        sums: &mut [T],
    ) -> usize {
        let Columns {
            pitch, channels, ..
        } = self.columns;
        let mean = *lanes::<T, N>(self.mean, from);
        let scale = *lanes::<T, N>(self.scale, from);
        let shift = *lanes::<T, N>(self.shift, from);
        let mut sum = *lanes::<T, N>(sums, from);
        let mut dot = *lanes::<T, N>(sums, channels + from);
        let rows = x.chunks(pitch).zip(da.chunks(channels));
        for ((x, da), gradient) in rows.zip(gradient.chunks_mut(pitch)) {
            let (x, da) = (*lanes::<T, N>(x, from), *lanes::<T, N>(da, from));
            let before = *lanes::<T, N>(gradient, from);
            let (mut next, mut after) = ((sum, dot), before);
            for i in 0..N {
                // The very sum the forward pass made, so that both agree on which elements were cut off.
                let off = x[i].lane_fma::<FMA>(scale[i], shift[i]) <= T::ZERO;
                let g = if off { T::ZERO } else { da[i] };
                next.0[i] = sum[i] + g;
                next.1[i] = g.lane_fma::<FMA>(x[i] - mean[i], dot[i]);
                after[i] = g.lane_fma::<FMA>(scale[i], before[i]);
            }
            *lanes_mut::<T, N>(gradient, from) = after;
            (sum, dot) = next;
        }
        *lanes_mut::<T, N>(sums, from) = sum;
        *lanes_mut::<T, N>(sums, channels + from) = dot;
        N
    }
}

/// `C = A·B`, or `C += A·B`.
fn product<T: GemmElement>(
    a: Option<MatRef<'_, T>>,
    b: Option<MatRef<'_, T>>,
    c: Option<MatMut<'_, T>>,
    accumulate: bool,
) {
    let epilogue = Epilogue {
        accumulate,
        ..Epilogue::default()
    };
    let done = match (a, b, c) {
        (Some(a), Some(b), Some(c)) => gemm(a, b, c, &epilogue).is_ok(),
        _ => false,
    };
    assert!(done, "the sizes of a projection are checked at its entry");
}

struct Forward<'a, T> {
    of: &'a Projection<'a, T>,
    x: &'a [T],
    h: Disjoint<'a, T>,
    /// `[block][two][filter]`
    moments: Disjoint<'a, f64>,
}

impl<T: GemmElement + Plain> Kernel for Forward<'_, T> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let Projection {
            columns: Columns {
                pitch, channels, ..
            },
            filters,
            weight,
            ..
        } = *self.of;
        let mut memory = Buffer::take();
        // SAFETY: the buffer has room for these numbers, of any value.
        let a = unsafe {
            std::slice::from_raw_parts_mut(memory.room::<T>(BLOCK * channels), BLOCK * channels)
        };
        for block in range {
            let rows = self.of.rows(block);
            let n = rows.len();
            let a = &mut a[..n * channels];
            self.of
                .activate::<FMA>(&self.x[rows.start * pitch..rows.end * pitch], a);
            // SAFETY: rows and moments of a block belong to its item.
            let (h, both) = unsafe {
                (
                    self.h.range(rows.start * filters..rows.end * filters),
                    self.moments
                        .range(block * 2 * filters..(block + 1) * 2 * filters),
                )
            };
            product(
                MatRef::row_major(a, n, channels),
                MatRef::row_major(weight, filters, channels).map(MatRef::t),
                MatMut::row_major(h, n, filters),
                false,
            );
            let (mean, squares) = both.split_at_mut(filters);
            let rows = Rows {
                batches: 1,
                rows: n,
                channels: filters,
            };
            moments(h, rows, mean, squares);
        }
    }
}

struct Backward<'a, T> {
    of: &'a Projection<'a, T>,
    x: &'a [T],
    dh: &'a [T],
    parts: usize,
    gradient: Disjoint<'a, T>,
    /// `[part][filter][channel]`
    weight: Disjoint<'a, T>,
    /// How many channels of the gradient are copied, and to where.
    last: (usize, Disjoint<'a, T>),
    /// `[part][two][channel]`
    totals: Disjoint<'a, f64>,
}

impl<T: GemmElement + Plain> Kernel for Backward<'_, T> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let Projection {
            columns:
                Columns {
                    rows,
                    pitch,
                    channels,
                },
            filters,
            weight,
            ..
        } = *self.of;
        let blocks = rows.div_ceil(BLOCK);
        let mut sums = vec![T::ZERO; 2 * channels];
        let mut memory = Buffer::take();
        let room = BLOCK * channels;
        // SAFETY: the buffer has room for these numbers, of any value.
        let both = unsafe { std::slice::from_raw_parts_mut(memory.room::<T>(2 * room), 2 * room) };
        let (a, da) = both.split_at_mut(room);
        for part in range {
            // SAFETY: a part has sums of its own.
            let (dw, totals) = unsafe {
                (
                    self.weight
                        .range(part * filters * channels..(part + 1) * filters * channels),
                    self.totals
                        .range(part * 2 * channels..(part + 1) * 2 * channels),
                )
            };
            let first = blocks * part / self.parts;
            for block in first..blocks * (part + 1) / self.parts {
                let rows = self.of.rows(block);
                let n = rows.len();
                let (a, da) = (&mut a[..n * channels], &mut da[..n * channels]);
                let elements = rows.start * pitch..rows.end * pitch;
                let x = &self.x[elements.clone()];
                let dh = &self.dh[rows.start * filters..rows.end * filters];
                self.of.activate::<FMA>(x, a);
                let dh = MatRef::row_major(dh, n, filters);
                product(
                    dh.map(MatRef::t),
                    MatRef::row_major(a, n, channels),
                    MatMut::row_major(dw, filters, channels),
                    block > first,
                );
                product(
                    dh,
                    MatRef::row_major(weight, filters, channels),
                    MatMut::row_major(da, n, channels),
                    false,
                );
                // SAFETY: the rows of a part belong to its item.
                let gradient = unsafe { self.gradient.range(elements) };
                sums.fill(T::ZERO);
                self.of.add::<FMA>(x, da, gradient, &mut sums);
                let (last, copy) = &self.last;
                // SAFETY: as above.
                let copy = unsafe { copy.range(rows.start * last..rows.end * last) };
                let rows = gradient.chunks_exact(pitch);
                for (to, row) in copy.chunks_exact_mut((*last).max(1)).zip(rows) {
                    to.copy_from_slice(&row[channels - last..channels]);
                }
                for (total, sum) in totals.iter_mut().zip(&sums) {
                    *total += sum.to_f64();
                }
            }
        }
    }
}
