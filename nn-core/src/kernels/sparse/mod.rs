//! Products with a matrix of many zeros, which are passed over.
//!
//! Data often has them: the background of pictures, one-hot columns, counts of words. The left operand is cut into
//! strips of four rows ([`Strips`]); a strip holds only those `k` at which one of its rows is not zero, with the four
//! values side by side. The right operand lies in groups of 16 columns ([`Groups`]), of which a strip takes up the
//! rows it needs. Where nothing is zero this is a dense product at about the speed of one.
//!
//! - `pack` brings operands into this form, less an origin.
//! - `tile` is the micro-kernel: the rows of a strip by a few registers of columns.
//! - `family` instantiates it for each instruction set.
//!
//! Each element of a product is one chain of multiply-adds in the order of `k`; the functions run on the calling thread.
//!
//! ```
//! use nn_core::kernels::sparse::{Groups, Strips, product};
//! let x = [0.0f32, 2.0, 0.0, 0.0, 0.0, 3.0]; // [2, 3]
//! let w = [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]; // [3, 2]
//! let strips = Strips::of_rows(&x, &[0.0; 3]);
//! assert_eq!(strips.kept(), 2);
//! let mut y = [0.0; 4];
//! product(&strips, &Groups::of(&w, &[0.0; 2], &[0]), &[10.0, 20.0], &mut y, 2);
//! assert_eq!(y, [16.0, 28.0, 25.0, 38.0]);
//! ```

mod family;
mod pack;
#[cfg(test)]
mod tests;
mod tile;

use std::fmt;
use std::ops::Range;

use super::buffer::{Buffer, Plain};
use super::float::Float;
use super::math::dispatch::current_isa;
use pack::{Room, Table};
use tile::{Strip, Tiles};

/// Rows of a strip.
pub const STRIP: usize = 4;
/// Columns of a group.
pub const GROUP: usize = 16;
/// Most rows of the right operand: their places are counted in elements of a group, in 32 bits.
const MOST: usize = u32::MAX as usize / GROUP;

/// The element types of these products: `f32` and `f64`.
pub trait Element: Float + Plain + family::Kernels {}

impl Element for f32 {}
impl Element for f64 {}

/// The left operand `[rows, k]`.
pub struct Strips<T> {
    rows: usize,
    inner: usize,
    /// How many places each strip has; those of columns come in whole groups, so that the last ones may stand for no row.
    counts: Vec<usize>,
    /// The rows of the right operand that a strip takes up, as offsets in a group; room for `inner` in each strip.
    places: Buffer,
    /// `STRIP` values for each place.
    values: Buffer,
    element: std::marker::PhantomData<T>,
}

/// The right operand `[k, columns]`, in groups of 16 columns, the last one filled up with zeros.
pub struct Groups<T> {
    inner: usize,
    columns: usize,
    values: Buffer,
    element: std::marker::PhantomData<T>,
}

impl<T: Element> Strips<T> {
    /// The rows of `x` `[rows, origin.len()]`, row-major, less `origin`.
    ///
    /// # Panics
    /// If the length of `x` is not a multiple of that of `origin`, or memory is exhausted.
    pub fn of_rows<I: Float>(x: &[I], origin: &[f64]) -> Self {
        let width = origin.len();
        let rows = x.len().checked_div(width).unwrap_or(0);
        assert_eq!(rows * width, x.len(), "rows of {width}");
        let mut strips = Self::room(rows, width);
        T::pack_rows(current_isa(), x, origin, &mut strips.room_of());
        strips
    }

    fn room(rows: usize, inner: usize) -> Self {
        assert!(inner <= MOST, "{inner} columns are more than {MOST}");
        let strips = rows.div_ceil(GROUP) * (GROUP / STRIP);
        Strips {
            rows,
            inner,
            counts: vec![0; strips],
            places: memory(strips * inner * size_of::<u32>()),
            values: memory(strips * inner * STRIP * size_of::<T>()),
            element: std::marker::PhantomData,
        }
    }

    fn room_of(&mut self) -> Room<'_, T> {
        Room {
            inner: self.inner,
            counts: &mut self.counts,
            places: self.places.as_mut_slice(),
            values: self.values.as_mut_slice(),
        }
    }

    /// How many strips there are.
    pub fn count(&self) -> usize {
        self.rows.div_ceil(STRIP)
    }

    /// Places in all strips, of `k` in each.
    pub fn kept(&self) -> usize {
        self.counts.iter().sum()
    }

    fn strip(&self, at: usize) -> Strip<'_, T> {
        let start = at * self.inner;
        let end = start + self.counts[at];
        Strip {
            places: &self.places.as_slice::<u32>()[start..end],
            values: &self.values.as_slice::<T>()[start * STRIP..end * STRIP],
            rows: STRIP.min(self.rows - at * STRIP),
        }
    }
}

impl<T: Element> Groups<T> {
    /// Columns of `x` `[k, width]`, row-major, less their `origin`: 16 from each of `starts` on, or to the last one.
    ///
    /// # Panics
    /// If the starts are not at least 16 apart, in ascending order, and below the width, which is the number of origins, if
    /// the length of `x` is not a multiple of it, or memory is exhausted.
    pub fn of<I: Float>(x: &[I], origin: &[f64], starts: &[usize]) -> Self {
        let table = Table::new(x, origin, starts);
        let mut groups = Self::room(&table);
        T::pack_groups(current_isa(), &table, None, groups.values.as_mut_slice());
        groups
    }

    /// Both operands of the product of the columns' transpose with themselves.
    ///
    /// # Panics
    /// As [`Groups::of`].
    pub fn with_strips<I: Float>(x: &[I], origin: &[f64], starts: &[usize]) -> (Strips<T>, Self) {
        let table = Table::new(x, origin, starts);
        let mut groups = Self::room(&table);
        let mut strips = Strips::room(groups.columns, groups.inner);
        let values = groups.values.as_mut_slice();
        T::pack_groups(current_isa(), &table, Some(&mut strips.room_of()), values);
        (strips, groups)
    }

    fn room<I>(table: &Table<'_, I>) -> Self {
        let columns = table.columns();
        Groups {
            inner: table.rows(),
            columns,
            values: memory(columns.div_ceil(GROUP) * stride(table.rows()) * size_of::<T>()),
            element: std::marker::PhantomData,
        }
    }

    /// How many groups there are.
    pub fn count(&self) -> usize {
        self.columns.div_ceil(GROUP)
    }

    /// Columns of all groups.
    pub fn columns(&self) -> usize {
        self.columns
    }
}

impl<T> fmt::Debug for Strips<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Strips [{}, {}]", self.rows, self.inner)
    }
}

impl<T> fmt::Debug for Groups<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Groups [{}, {}]", self.inner, self.columns)
    }
}

/// Elements from one group to the next: an odd number of rows, so that groups do not fall on the same lines of a cache.
const fn stride(inner: usize) -> usize {
    (inner | 1) * GROUP
}

fn memory(bytes: usize) -> Buffer {
    match Buffer::new(bytes) {
        Some(memory) => memory,
        None => panic!("{bytes} bytes of memory are not to be had"),
    }
}

/// Writes `strips · groups + bias` to the rows of `out`, which are `pitch` elements apart.
///
/// # Panics
/// If the operands do not fit each other, there is not one bias for each column, or `out` is too short.
pub fn product<T: Element>(
    strips: &Strips<T>,
    groups: &Groups<T>,
    bias: &[T],
    out: &mut [T],
    pitch: usize,
) {
    let columns = groups.columns;
    assert_eq!(strips.inner, groups.inner, "inner sizes");
    assert_eq!(bias.len(), columns, "a bias for each column");
    if strips.rows == 0 || columns == 0 {
        return;
    }
    assert!(columns <= pitch && out.len() >= (strips.rows - 1) * pitch + columns);
    let tiles = Tiles {
        strips: &|at| strips.strip(at),
        range: 0..strips.count(),
        groups: groups.values.as_slice::<T>(),
        stride: stride(groups.inner),
        columns: 0..columns,
    };
    T::product(current_isa(), &tiles, bias, out, pitch);
}

/// Adds `strips · groups` of some strips and groups to `sums` `[4 · strips, 16 · groups]`, row-major.
///
/// # Panics
/// If the operands do not fit each other, a range ends beyond them, or `sums` has another size.
pub fn add_product<T: Element>(
    strips: (&Strips<T>, Range<usize>),
    groups: (&Groups<T>, Range<usize>),
    sums: &mut [f64],
    pitch: usize,
) {
    let ((strips, rows), (groups, columns)) = (strips, groups);
    assert_eq!(strips.inner, groups.inner, "inner sizes");
    assert!(rows.end <= strips.count() && columns.end <= groups.count());
    if rows.is_empty() || columns.is_empty() {
        return;
    }
    assert!(
        columns.len() * GROUP <= pitch
            && sums.len() >= (rows.len() * STRIP - 1) * pitch + columns.len() * GROUP
    );
    let tiles = Tiles {
        strips: &|at| strips.strip(at),
        range: rows,
        groups: groups.values.as_slice::<T>(),
        stride: stride(groups.inner),
        columns: columns.start * GROUP..columns.end * GROUP,
    };
    T::add_product(current_isa(), &tiles, sums, pitch);
}
