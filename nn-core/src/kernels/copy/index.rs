//! Copies and sums by index. A sum over repeated indices runs in index order on one thread per
//! column, so it is the same for every thread count.

use std::ops::Range;

use crate::kernels::float::Float;
use crate::kernels::math::dispatch::{
    CHEAP, Disjoint, Kernel, is_single, rows_per_task, run_parallel,
};

/// An integer that can name a row: `u32` or `i64`.
pub trait RowIndex: Copy + Send + Sync + 'static {
    /// The row, if it is one of `rows`.
    fn row(self, rows: usize) -> Option<usize>;
}

impl RowIndex for u32 {
    #[inline(always)]
    fn row(self, rows: usize) -> Option<usize> {
        Some(self as usize).filter(|&row| row < rows)
    }
}

impl RowIndex for i64 {
    #[inline(always)]
    fn row(self, rows: usize) -> Option<usize> {
        usize::try_from(self).ok().filter(|&row| row < rows)
    }
}

/// All indices name one of `rows` rows; else the position of the first that does not.
fn check<I: RowIndex>(index: &[I], rows: usize) -> Result<(), usize> {
    match index.iter().position(|i| i.row(rows).is_none()) {
        Some(position) => Err(position),
        None => Ok(()),
    }
}

struct SelectRows<'a, T, I> {
    src: &'a [T],
    rows: usize,
    inner: usize,
    index: &'a [I],
    dst: Disjoint<'a, T>,
}

impl<T: Copy + Send + Sync, I: RowIndex> Kernel for SelectRows<'_, T, I> {
    const PER_ISA: bool = false;

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let n = self.inner;
        // SAFETY: item i is output row i.
        let dst = unsafe { self.dst.range(range.start * n..range.end * n) };
        for (dst, index) in dst.chunks_exact_mut(n).zip(&self.index[range]) {
            if let Some(row) = index.row(self.rows) {
                dst.copy_from_slice(&self.src[row * n..(row + 1) * n]);
            }
        }
    }
}

/// dst\[k, :\] = src\[index\[k\], :\] for a matrix `src` of `rows` × `inner`.
///
/// # Errors
/// The position of the first index that is not in 0 … rows − 1; nothing is written then.
///
/// # Panics
/// If a slice's length does not fit; callers in this crate have checked them.
pub fn index_select_rows<T: Copy + Send + Sync, I: RowIndex>(
    src: &[T],
    rows: usize,
    inner: usize,
    index: &[I],
    dst: &mut [T],
) -> Result<(), usize> {
    assert_eq!(src.len(), rows * inner);
    assert_eq!(dst.len(), index.len() * inner);
    check(index, rows)?;
    if inner > 0 {
        let dst = Disjoint::new(dst);
        let kernel = SelectRows {
            src,
            rows,
            inner,
            index,
            dst,
        };
        run_parallel(&kernel, index.len(), rows_per_task(inner, CHEAP));
    }
    Ok(())
}

struct AddRows<'a, T, I> {
    dst: Disjoint<'a, T>,
    rows: usize,
    inner: usize,
    index: &'a [I],
    src: &'a [T],
}

impl<T: Float, I: RowIndex> Kernel for AddRows<'_, T, I> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, columns: Range<usize>) {
        for (k, index) in self.index.iter().enumerate() {
            if let Some(row) = index.row(self.rows) {
                let at =
                    |row: usize| row * self.inner + columns.start..row * self.inner + columns.end;
                // SAFETY: item i is column i of every row.
                let dst = unsafe { self.dst.range(at(row)) };
                for (dst, &src) in dst.iter_mut().zip(&self.src[at(k)]) {
                    *dst += src;
                }
            }
        }
    }
}

/// dst\[index\[k\], :\] += src\[k, :\] for every k in order, for a matrix `dst` of `rows` × `inner`.
///
/// # Errors
/// The position of the first index that is not in 0 … rows − 1; nothing is written then.
///
/// # Panics
/// If a slice's length does not fit.
pub fn scatter_add_rows<T: Float, I: RowIndex>(
    dst: &mut [T],
    rows: usize,
    inner: usize,
    index: &[I],
    src: &[T],
) -> Result<(), usize> {
    assert_eq!(dst.len(), rows * inner);
    assert_eq!(src.len(), index.len() * inner);
    check(index, rows)?;
    let dst = Disjoint::new(dst);
    let kernel = AddRows {
        dst,
        rows,
        inner,
        index,
        src,
    };
    let columns = rows_per_task(index.len(), CHEAP).next_multiple_of(64);
    run_parallel(&kernel, inner, columns);
    Ok(())
}

/// out\[o, j, i\] = x\[o, index\[o, j, i\], i\] for x of `outer` × `n` × `inner` and an index of
/// `outer` × `m` × `inner`.
///
/// # Errors
/// The position of the first index that is not in 0 … n − 1; nothing is written then.
///
/// # Panics
/// If a slice's length does not fit.
pub fn gather<T: Copy, I: RowIndex>(
    x: &[T],
    [outer, n, m, inner]: [usize; 4],
    index: &[I],
    out: &mut [T],
) -> Result<(), usize> {
    assert_eq!(x.len(), outer * n * inner);
    assert_eq!(index.len(), outer * m * inner);
    assert_eq!(out.len(), index.len());
    check(index, n)?;
    for_each_gathered([outer, n, m, inner], index, |from, to| out[to] = x[from]);
    Ok(())
}

/// dx\[o, index\[o, j, i\], i\] += dy\[o, j, i\], in the order of dy: the derivative of [`gather`].
///
/// # Errors
/// The position of the first index that is not in 0 … n − 1; nothing is written then.
///
/// # Panics
/// If a slice's length does not fit.
pub fn gather_backward<T: Float, I: RowIndex>(
    dy: &[T],
    [outer, n, m, inner]: [usize; 4],
    index: &[I],
    dx: &mut [T],
) -> Result<(), usize> {
    assert_eq!(dx.len(), outer * n * inner);
    assert_eq!(index.len(), outer * m * inner);
    assert_eq!(dy.len(), index.len());
    check(index, n)?;
    for_each_gathered([outer, n, m, inner], index, |from, to| dx[from] += dy[to]);
    Ok(())
}

/// Calls `f` with the place in x and the place in the output of every index.
#[inline(always)]
fn for_each_gathered<I: RowIndex>(
    [outer, n, m, inner]: [usize; 4],
    index: &[I],
    mut f: impl FnMut(usize, usize),
) {
    let mut to = 0;
    for o in 0..outer {
        for _ in 0..m {
            for i in 0..inner {
                if let Some(row) = index[to].row(n) {
                    f((o * n + row) * inner + i, to);
                }
                to += 1;
            }
        }
    }
}
