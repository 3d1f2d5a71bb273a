//! The micro-kernel: the rows of a strip by a few registers of columns.

use std::ops::Range;

use super::{GROUP, STRIP};
use crate::kernels::float::Float;
use crate::kernels::simd::Simd;

/// One strip.
pub struct Strip<'a, T> {
    /// Where in a group the rows lie that it takes up.
    pub places: &'a [u32],
    /// `STRIP` values for each of them.
    pub values: &'a [T],
    /// Rows that it stands for; the others are zero.
    pub rows: usize,
}

/// A part of a product. The places of the strips lie inside the groups.
pub struct Tiles<'a, T> {
    pub strips: &'a dyn Fn(usize) -> Strip<'a, T>,
    pub range: Range<usize>,
    pub groups: &'a [T],
    /// Elements from one group to the next.
    pub stride: usize,
    /// The columns; the first is the first of a group.
    pub columns: Range<usize>,
}

/// The most registers of a tile; [`tile`] is instantiated up to this number.
pub(super) const MOST: usize = 6;

/// What becomes of a finished tile: `N` registers for each row.
pub(super) trait Finish<S: Simd> {
    /// # Safety
    /// The features of `S` are enabled in the caller. `rows` are the rows of the strip, `column` the first one.
    unsafe fn finish<const N: usize>(
        &mut self,
        tile: &[[S::V; N]; STRIP],
        rows: Range<usize>,
        column: usize,
    );
}

/// Goes through all tiles, of at most `vectors` registers by a strip.
///
/// # Safety
/// The features of `S` are enabled in the caller.
#[inline(always)]
pub(super) unsafe fn tiles<S: Simd>(p: &Tiles<'_, S::T>, vectors: usize, f: &mut impl Finish<S>) {
    let all = p.columns.len().div_ceil(S::LANES);
    let count = all.div_ceil(vectors);
    for tile in 0..count {
        let (start, end) = (all * tile / count, all * (tile + 1) / count);
        let columns = p.columns.start + start * S::LANES;
        // SAFETY: by the contract of this function; the columns lie inside the groups.
        unsafe {
            match end - start {
                1 => column_of_tiles::<S, 1>(p, columns, f),
                2 => column_of_tiles::<S, 2>(p, columns, f),
                3 => column_of_tiles::<S, 3>(p, columns, f),
                4 => column_of_tiles::<S, 4>(p, columns, f),
                5 => column_of_tiles::<S, 5>(p, columns, f),
                _ => column_of_tiles::<S, MOST>(p, columns, f),
            }
        }
    }
}

/// All strips by the `N` registers from `column` on.
///
/// # Safety
/// As [`tiles`].
#[inline(always)]
unsafe fn column_of_tiles<S: Simd, const N: usize>(
    p: &Tiles<'_, S::T>,
    column: usize,
    f: &mut impl Finish<S>,
) {
    let mut from = [p.groups.as_ptr(); N];
    for (i, from) in from.iter_mut().enumerate() {
        let column = column + i * S::LANES;
        *from = from.wrapping_add(column / GROUP * p.stride + column % GROUP);
    }
    for at in p.range.clone() {
        let strip = (p.strips)(at);
        let first = (at - p.range.start) * STRIP;
        // SAFETY: by the contract of this function.
        unsafe {
            let sums = tile::<S, N>(&strip, &from);
            f.finish(&sums, first..first + strip.rows, column - p.columns.start);
        }
    }
}

/// The sums of one strip by `N` registers.
///
/// # Safety
/// `from`, moved on by each place of the strip, is valid for a register; the features of `S` are enabled in the caller.
#[inline(always)]
unsafe fn tile<S: Simd, const N: usize>(
    strip: &Strip<'_, S::T>,
    from: &[*const S::T; N],
) -> [[S::V; N]; STRIP] {
    // SAFETY: by the contract of this function.
    unsafe {
        let mut sums = [[S::zero(); N]; STRIP];
        let values = strip.values.chunks_exact(STRIP);
        for (&place, values) in strip.places.iter().zip(values) {
            let mut b = [S::zero(); N];
            for i in 0..N {
                b[i] = S::load(from[i].add(place as usize));
            }
            for row in 0..STRIP {
                let a = S::splat(values[row]);
                for i in 0..N {
                    sums[row][i] = S::fma(a, b[i], sums[row][i]);
                }
            }
        }
        sums
    }
}

/// Writes tiles with a bias added.
pub(super) struct Write<'a, T> {
    pub bias: &'a [T],
    pub out: &'a mut [T],
    pub pitch: usize,
}

impl<S: Simd> Finish<S> for Write<'_, S::T> {
    #[inline(always)]
    unsafe fn finish<const N: usize>(
        &mut self,
        tile: &[[S::V; N]; STRIP],
        rows: Range<usize>,
        column: usize,
    ) {
        for (row, sums) in rows.zip(tile) {
            for (i, &sum) in sums.iter().enumerate() {
                let column = column + i * S::LANES;
                let bias = &self.bias[column..];
                let out = &mut self.out[row * self.pitch + column..];
                let lanes = S::LANES.min(bias.len()).min(out.len());
                // SAFETY: both slices have `lanes` elements; the features are enabled.
                unsafe {
                    if lanes == S::LANES {
                        S::store(out.as_mut_ptr(), S::add(sum, S::load(bias.as_ptr())));
                    } else {
                        let bias = S::load_first(bias.as_ptr(), lanes);
                        S::store_first(out.as_mut_ptr(), lanes, S::add(sum, bias));
                    }
                }
            }
        }
    }
}

/// Adds tiles to sums in 64 bits.
pub(super) struct Add<'a> {
    pub sums: &'a mut [f64],
    pub pitch: usize,
}

impl<S: Simd> Finish<S> for Add<'_> {
    #[inline(always)]
    unsafe fn finish<const N: usize>(
        &mut self,
        tile: &[[S::V; N]; STRIP],
        rows: Range<usize>,
        column: usize,
    ) {
        for (row, sums) in rows.zip(tile) {
            for (i, &sum) in sums.iter().enumerate() {
                let mut lanes = [S::T::ZERO; GROUP];
                // SAFETY: a register has at most as many lanes as a group has columns; the features are enabled.
                unsafe { S::store(lanes.as_mut_ptr(), sum) };
                let to = row * self.pitch + column + i * S::LANES;
                let to = &mut self.sums[to..to + S::LANES];
                for (to, v) in to.iter_mut().zip(&lanes) {
                    *to += v.to_f64();
                }
            }
        }
    }
}
