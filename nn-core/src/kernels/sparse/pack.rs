//! Operands brought into the form that `tile` reads.

use super::{GROUP, STRIP, stride};
use crate::kernels::float::Float;
use crate::kernels::simd::Simd;

/// Rows of a table that are brought into groups together.
const ROWS: usize = 32;
/// Strips of a group.
const STRIPS: usize = GROUP / STRIP;

/// Room for strips of `inner` places each, to be written.
pub struct Room<'a, T> {
    pub inner: usize,
    pub counts: &'a mut [usize],
    pub places: &'a mut [u32],
    pub values: &'a mut [T],
}

/// Groups of neighbouring columns of a table `[rows, width]`, less the origins of all columns.
pub struct Table<'a, I> {
    pub x: &'a [I],
    pub origin: &'a [f64],
    /// The first column of each group.
    pub starts: &'a [usize],
}

impl<'a, I> Table<'a, I> {
    /// # Panics
    /// If the parts do not fit each other.
    pub(super) fn new(x: &'a [I], origin: &'a [f64], starts: &'a [usize]) -> Self {
        let width = origin.len();
        assert!(x.len().is_multiple_of(width.max(1)), "rows of {width}");
        let apart = starts.windows(2).all(|pair| pair[0] + GROUP <= pair[1]);
        assert!(apart && starts.last().is_none_or(|&last| last < width));
        Table { x, origin, starts }
    }

    pub(super) fn rows(&self) -> usize {
        self.x.len() / self.origin.len().max(1)
    }

    /// Columns of all groups.
    pub(super) fn columns(&self) -> usize {
        self.starts.last().map_or(0, |last| {
            (self.starts.len() - 1) * GROUP + GROUP.min(self.origin.len() - last)
        })
    }
}

/// A strip that is being written.
struct Growing<'a, T> {
    places: &'a mut [u32],
    values: &'a mut [T],
    count: usize,
}

impl<T: Float> Growing<'_, T> {
    /// Writes the values of place `k`, and keeps them if `keep`. They are written in any case, for the next to write over: a
    /// branch would be guessed wrong.
    #[inline(always)]
    fn push(&mut self, k: usize, values: [T; STRIP], keep: bool) {
        let at = self.count;
        self.places[at] = (k * GROUP) as u32;
        self.values[at * STRIP..(at + 1) * STRIP].copy_from_slice(&values);
        self.count += usize::from(keep);
    }
}

/// Bits of those of 16 numbers that are not zero.
///
/// # Safety
/// The features of `S` are enabled in the caller.
#[inline(always)]
unsafe fn nonzero<S: Simd>(x: &[S::T; GROUP]) -> u32 {
    let mut bits = 0;
    for from in (0..GROUP).step_by(S::LANES) {
        // SAFETY: `LANES` numbers from there on are inside; for the features, see above.
        bits |= unsafe { S::nonzero(S::load(x.as_ptr().add(from))) } << from;
    }
    bits
}

/// Strips of the rows of `x` less `origin`.
///
/// # Safety
/// The features of `S` are enabled in the caller.
#[inline(always)]
pub(super) unsafe fn rows<S: Simd, I: Float>(x: &[I], origin: &[f64], room: &mut Room<'_, S::T>) {
    let width = origin.len();
    if width == 0 {
        return;
    }
    let places = room.places.chunks_exact_mut(width);
    let values = room.values.chunks_exact_mut(width * STRIP);
    let room = room.counts.iter_mut().zip(places.zip(values));
    for ((count, (places, values)), strip) in room.zip(x.chunks(STRIP * width)) {
        let mut growing = Growing {
            places,
            values,
            count: 0,
        };
        let mut from = 0;
        while strip.len() == STRIP * width && from + GROUP <= width {
            let mut group = [[S::T::ZERO; GROUP]; STRIP];
            let mut bits = 0;
            for (row, group) in group.iter_mut().enumerate() {
                let x = &strip[row * width..(row + 1) * width];
                fill(std::slice::from_mut(group), x, origin, from);
                // SAFETY: by the contract of this function.
                bits |= unsafe { nonzero::<S>(group) };
            }
            while bits != 0 {
                let i = bits.trailing_zeros() as usize % GROUP;
                bits &= bits - 1;
                growing.push(
                    from + i,
                    [group[0][i], group[1][i], group[2][i], group[3][i]],
                    true,
                );
            }
            from += GROUP;
        }
        // The last columns, and a strip of fewer rows.
        for column in from..width {
            let mut quad = [S::T::ZERO; STRIP];
            for (value, row) in quad.iter_mut().zip(strip.chunks_exact(width)) {
                *value = S::T::from_f64(row[column].to_f64() - origin[column]);
            }
            growing.push(column, quad, quad.iter().any(|&v| v != S::T::ZERO));
        }
        *count = growing.count;
    }
}

/// Groups of columns, and if asked for strips of the same columns, a few rows of the table at a time: memory is read in about
/// the order it lies in, and the strips are made of what still is in the cache.
///
/// # Safety
/// The features of `S` are enabled in the caller.
#[inline(always)]
pub(super) unsafe fn groups<S: Simd, I: Float>(
    table: &Table<'_, I>,
    mut strips: Option<&mut Room<'_, S::T>>,
    groups: &mut [S::T],
) {
    let (inner, width) = (table.rows(), table.origin.len());
    for (block, x) in table.x.chunks(ROWS * width.max(1)).enumerate() {
        let first = block * ROWS;
        let values = groups.chunks_exact_mut(stride(inner));
        for (at, (&start, group)) in table.starts.iter().zip(values).enumerate() {
            let group = &mut group.as_chunks_mut::<GROUP>().0[first..inner.min(first + ROWS)];
            fill(group, x, table.origin, start);
            if let Some(strips) = &mut strips {
                // SAFETY: by the contract of this function.
                unsafe { columns_of::<S>(group, first, at, strips) };
            }
        }
    }
}

/// The columns from `start` on, of as many rows as `group` has.
#[inline(always)]
fn fill<I: Float, T: Float>(group: &mut [[T; GROUP]], x: &[I], origin: &[f64], start: usize) {
    let rows = group.iter_mut().zip(x.chunks_exact(origin.len()));
    if let Some(&origin) = origin[start..].first_chunk::<GROUP>() {
        for (group, row) in rows {
            if let Some(&row) = row[start..].first_chunk::<GROUP>() {
                let mut values = [T::ZERO; GROUP];
                for i in 0..GROUP {
                    values[i] = T::from_f64(row[i].to_f64() - origin[i]);
                }
                *group = values;
            }
        }
    } else {
        for (group, row) in rows {
            group.fill(T::ZERO);
            let values = row[start..].iter().zip(&origin[start..]);
            for (value, (x, origin)) in group.iter_mut().zip(values) {
                *value = T::from_f64(x.to_f64() - origin);
            }
        }
    }
}

/// Goes on with the strips of group `at`, by the rows of the group from `first` on.
///
/// # Safety
/// The features of `S` are enabled in the caller.
#[inline(always)]
unsafe fn columns_of<S: Simd>(
    group: &[[S::T; GROUP]],
    first: usize,
    at: usize,
    room: &mut Room<'_, S::T>,
) {
    let inner = room.inner;
    let start = at * STRIPS;
    let counts = &mut room.counts[start..start + STRIPS];
    let mut places = room.places[start * inner..].chunks_exact_mut(inner);
    let mut values = room.values[start * inner * STRIP..].chunks_exact_mut(inner * STRIP);
    let mut growing: [_; STRIPS] = std::array::from_fn(|strip| Growing {
        places: places.next().unwrap_or_default(),
        values: values.next().unwrap_or_default(),
        count: counts[strip],
    });
    for (k, row) in group.iter().enumerate() {
        // SAFETY: by the contract of this function.
        let bits = unsafe { nonzero::<S>(row) };
        let quads = row.as_chunks::<STRIP>().0;
        for strip in 0..STRIPS {
            let keep = bits >> (strip * STRIP) & 0b1111 != 0;
            growing[strip].push(first + k, quads[strip], keep);
        }
    }
    for (count, growing) in counts.iter_mut().zip(&growing) {
        *count = growing.count;
    }
}
