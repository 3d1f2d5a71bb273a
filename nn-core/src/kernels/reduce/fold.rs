//! The order of summation, and its loops.

use std::ops::Range;

use crate::kernels::float::Float;
use crate::kernels::math::dispatch::{
    CHEAP, COSTLY, Disjoint, Kernel, is_single, rows_per_task, run_parallel,
};
use crate::kernels::math::map::WIDTH;

/// An associative operation that reduces lifted elements.
pub(crate) trait Fold<T: Float>: Send + Sync {
    const COSTLY: bool;
    const IDENTITY: T;
    /// Whether this is `Max` (1), `Min` (−1) or another operation.
    const EXTREME: i8 = 0;
    /// An element's contribution; `shift` is the output's own parameter, e.g. its mean.
    fn lift<const FMA: bool>(x: T, shift: T) -> T;
    fn join(a: T, b: T) -> T;
    /// An element that contributes nothing.
    fn neutral(shift: T) -> T;
}

macro_rules! folds {
    ($($(#[$meta:meta])* $name:ident $(extreme $extreme:literal)? costly $costly:literal identity $identity:expr, neutral $neutral:expr, |$x:ident, $shift:ident| $lift:expr, |$a:ident, $b:ident| $join:expr;)+) => {$(
        $(#[$meta])*
        pub(crate) struct $name;
        impl<T: Float> Fold<T> for $name {
            const COSTLY: bool = $costly;
            const IDENTITY: T = $identity;
            $(const EXTREME: i8 = $extreme;)?
            #[inline(always)]
            #[allow(unused_variables)]
            fn lift<const FMA: bool>($x: T, $shift: T) -> T {
                $lift
            }
            #[inline(always)]
            fn join($a: T, $b: T) -> T {
                $join
            }
            #[inline(always)]
            #[allow(unused_variables)]
            fn neutral($shift: T) -> T {
                $neutral
            }
        }
    )+};
}

folds! {
    Sum costly false identity T::ZERO, neutral T::ZERO, |x, s| x, |a, b| a + b;
    SumSquares costly false identity T::ZERO, neutral T::ZERO, |x, s| x * x, |a, b| a + b;
    SquaredDeviation costly false identity T::ZERO, neutral s, |x, s| (x - s) * (x - s), |a, b| a + b;
    LogSumExp costly true identity T::ZERO, neutral T::NEG_INFINITY, |x, s| (x - s).lane_exp::<FMA>(), |a, b| a + b;
    Finite costly false identity T::ZERO, neutral T::ZERO, |x, s| x * T::ZERO, |a, b| a + b;
    Max extreme 1 costly false identity T::NEG_INFINITY, neutral T::NEG_INFINITY, |x, s| x, |a, b| a.maximum(b);
    Min extreme -1 costly false identity T::INFINITY, neutral T::INFINITY, |x, s| x, |a, b| a.minimum(b);
}

/// Elements of one row that are added in one go; a multiple of `WIDTH`.
const BLOCK: usize = 1024;
/// Elements of one row, or of a group of columns, that one task takes.
const SEGMENT: usize = 64 * 1024;
/// Columns summed at once.
const TILE: usize = 64;
/// Rows added in one go, and blocks of rows added in one go, when columns are summed.
const RADIX: usize = 32;

/// Joins the lanes pairwise.
///
/// Not inlined: next to the loop that fills the lanes, it would lead the compiler to vectors of
/// two elements there.
#[inline(never)]
fn join_lanes<T: Float, F: Fold<T>>(lanes: &[T; WIDTH]) -> T {
    let mut acc = *lanes;
    let mut width = WIDTH / 2;
    while width > 0 {
        for i in 0..width {
            acc[i] = F::join(acc[i], acc[i + width]);
        }
        width /= 2;
    }
    acc[0]
}

/// One vector more.
#[inline(always)]
fn take<const FMA: bool, T: Float, F: Fold<T>>(
    acc: [T; WIDTH],
    x: &[T; WIDTH],
    shift: T,
) -> [T; WIDTH] {
    let mut out = acc;
    for i in 0..WIDTH {
        out[i] = F::join(acc[i], F::lift::<FMA>(x[i], shift));
    }
    out
}

/// Joins lane by lane. Vectors go in and out by value, which keeps them in registers.
#[inline(always)]
pub(crate) fn join_vectors<T: Float, F: Fold<T>>(a: [T; WIDTH], b: [T; WIDTH]) -> [T; WIDTH] {
    let mut out = a;
    for i in 0..WIDTH {
        out[i] = F::join(a[i], b[i]);
    }
    out
}

/// Adds the whole vectors of `x`, in four sums at once, so that an addition need not wait for the
/// one before it.
#[inline(always)]
fn fold_block<const FMA: bool, T: Float, F: Fold<T>>(x: &[T], shift: T) -> [T; WIDTH] {
    let mut a = [F::IDENTITY; WIDTH];
    let (groups, rest) = x.as_chunks::<{ 4 * WIDTH }>();
    if !groups.is_empty() {
        let (mut b, mut c, mut d) = (a, a, a);
        for group in groups {
            let (vectors, _) = group.as_chunks::<WIDTH>();
            a = take::<FMA, T, F>(a, &vectors[0], shift);
            b = take::<FMA, T, F>(b, &vectors[1], shift);
            c = take::<FMA, T, F>(c, &vectors[2], shift);
            d = take::<FMA, T, F>(d, &vectors[3], shift);
        }
        a = join_vectors::<T, F>(a, b);
        a = join_vectors::<T, F>(a, join_vectors::<T, F>(c, d));
    }
    let (vectors, _) = rest.as_chunks::<WIDTH>();
    for vector in vectors {
        a = take::<FMA, T, F>(a, vector, shift);
    }
    a
}

/// The largest of a row. Integers have no rounding, so the compiler may compare them in any order.
#[inline(always)]
fn largest<T: Float>(x: &[T]) -> T {
    let mut largest = T::NEG_INFINITY.lane_key();
    for &x in x {
        largest = largest.max(x.lane_key());
    }
    T::lane_from_key(largest)
}

/// The smallest of a row: the largest of the negatives.
#[inline(always)]
fn smallest<T: Float>(x: &[T]) -> T {
    let mut largest = T::NEG_INFINITY.lane_key();
    for &x in x {
        largest = largest.max((-x).lane_key());
    }
    -T::lane_from_key(largest)
}

/// Reduces a contiguous row: within a block in lanes, then block by block, then across the lanes.
#[inline(always)]
pub(crate) fn fold_row<const FMA: bool, T: Float, F: Fold<T>>(x: &[T], shift: T) -> T {
    if F::EXTREME > 0 {
        return largest(x);
    }
    if F::EXTREME < 0 {
        return smallest(x);
    }
    if x.len() < WIDTH / 2 {
        let mut sum = F::IDENTITY;
        for &x in x {
            sum = F::join(sum, F::lift::<FMA>(x, shift));
        }
        return sum;
    }
    let mut total = [F::IDENTITY; WIDTH];
    for block in x.chunks(BLOCK) {
        total = join_vectors::<T, F>(total, fold_block::<FMA, T, F>(block, shift));
    }
    let rest = x.len() % WIDTH;
    if rest > 0 {
        let neutral = F::neutral(shift);
        let mut last = [neutral; WIDTH];
        if let Some(vector) = x.last_chunk::<WIDTH>() {
            // The last whole vector, less what is counted already.
            for i in 0..WIDTH {
                last[i] = if i + rest < WIDTH { neutral } else { vector[i] };
            }
        } else {
            for (last, &x) in last.iter_mut().zip(x) {
                *last = x;
            }
        }
        total = take::<FMA, T, F>(total, &last, shift);
    }
    join_lanes::<T, F>(&total)
}

/// Adds rows of `width` ≤ `TILE` columns: `x[r·stride + c]` for r < rows, c < width, in three
/// levels of `RADIX`.
#[inline(always)]
fn fold_columns<const FMA: bool, T: Float, F: Fold<T>>(
    x: &[T],
    rows: usize,
    stride: usize,
    width: usize,
    shift: &[T; TILE],
) -> [T; TILE] {
    let mut total = [F::IDENTITY; TILE];
    for high in (0..rows).step_by(RADIX * RADIX) {
        let mut middle = [F::IDENTITY; TILE];
        for low in (high..rows.min(high + RADIX * RADIX)).step_by(RADIX) {
            let mut sum = [F::IDENTITY; TILE];
            for r in low..rows.min(low + RADIX) {
                let row = &x[r * stride..][..width];
                if let Ok(row) = <&[T; TILE]>::try_from(row) {
                    for c in 0..TILE {
                        sum[c] = F::join(sum[c], F::lift::<FMA>(row[c], shift[c]));
                    }
                } else {
                    for c in 0..width {
                        sum[c] = F::join(sum[c], F::lift::<FMA>(row[c], shift[c]));
                    }
                }
            }
            for c in 0..TILE {
                middle[c] = F::join(middle[c], sum[c]);
            }
        }
        for c in 0..TILE {
            total[c] = F::join(total[c], middle[c]);
        }
    }
    total
}

/// Rows are contiguous (`inner` = 1), cut into segments; item i is segment i.
struct RowSegments<'a, T, F> {
    x: &'a [T],
    n: usize,
    segment: usize,
    segments: usize,
    shift: Option<&'a [T]>,
    out: Disjoint<'a, T>,
    fold: std::marker::PhantomData<F>,
}

impl<T: Float, F: Fold<T>> Kernel for RowSegments<'_, T, F> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        // SAFETY: item i writes output i.
        let out = unsafe { self.out.range(range.clone()) };
        for (out, item) in out.iter_mut().zip(range) {
            let (row, segment) = (item / self.segments, item % self.segments);
            let start = segment * self.segment;
            let end = self.n.min(start + self.segment);
            let shift = self.shift.map_or(T::ZERO, |shift| shift[row]);
            let x = &self.x[row * self.n..][start..end];
            *out = fold_row::<FMA, T, F>(x, shift);
        }
    }
}

/// Columns of `[outer, n, inner]`, n cut into segments; item i is column tile i % tiles of segment
/// i / tiles.
struct ColumnSegments<'a, T, F> {
    x: &'a [T],
    n: usize,
    inner: usize,
    segment: usize,
    segments: usize,
    tiles: usize,
    shift: Option<&'a [T]>,
    out: Disjoint<'a, T>,
    fold: std::marker::PhantomData<F>,
}

impl<T: Float, F: Fold<T>> ColumnSegments<'_, T, F> {
    /// Few columns: several rows are taken as one, and their columns joined in the end.
    #[inline(always)]
    fn narrow<const FMA: bool>(&self, x: &[T], rows: usize, shift: &[T], out: &mut [T]) {
        let group = TILE / self.inner;
        let width = group * self.inner;
        let mut wide_shift = [T::ZERO; TILE];
        if !shift.is_empty() {
            for (i, wide) in wide_shift[..width].iter_mut().enumerate() {
                *wide = shift[i % self.inner];
            }
        }
        let whole = rows / group;
        let mut sum = fold_columns::<FMA, T, F>(x, whole, width, width, &wide_shift);
        let rest = &x[whole * width..rows * self.inner];
        for (c, &x) in rest.iter().enumerate() {
            sum[c] = F::join(sum[c], F::lift::<FMA>(x, wide_shift[c]));
        }
        out.copy_from_slice(&sum[..self.inner]);
        for part in sum[self.inner..width].chunks_exact(self.inner) {
            for (out, &part) in out.iter_mut().zip(part) {
                *out = F::join(*out, part);
            }
        }
    }
}

impl<T: Float, F: Fold<T>> Kernel for ColumnSegments<'_, T, F> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let inner = self.inner;
        for item in range {
            let (part, tile) = (item / self.tiles, item % self.tiles);
            let (outer, segment) = (part / self.segments, part % self.segments);
            let first = segment * self.segment;
            let rows = self.n.min(first + self.segment) - first;
            let columns = tile * TILE..inner.min((tile + 1) * TILE);
            let x = &self.x[(outer * self.n + first) * inner + columns.start..];
            let shift = self
                .shift
                .map_or(&[][..], |s| &s[outer * inner..][columns.clone()]);
            // SAFETY: item i writes its own tile of its own part.
            let out = unsafe {
                self.out
                    .range(part * inner + columns.start..part * inner + columns.end)
            };
            if inner <= TILE / 2 {
                self.narrow::<FMA>(x, rows, shift, out);
            } else {
                let width = columns.len();
                let mut wide_shift = [T::ZERO; TILE];
                wide_shift[..shift.len()].copy_from_slice(shift);
                let sum = fold_columns::<FMA, T, F>(x, rows, inner, width, &wide_shift);
                out.copy_from_slice(&sum[..width]);
            }
        }
    }
}

/// out\[o, i\] = fold of x\[o, :, i\], each element lifted with shift\[o, i\].
pub(super) fn fold<T: Float, F: Fold<T>>(
    x: &[T],
    [outer, n, inner]: [usize; 3],
    shift: Option<&[T]>,
    out: &mut [T],
) {
    assert_eq!(x.len(), outer * n * inner);
    assert_eq!(out.len(), outer * inner);
    if let Some(shift) = shift {
        assert_eq!(shift.len(), out.len());
    }
    if out.is_empty() {
        return;
    }
    if n == 0 {
        return out.fill(F::IDENTITY);
    }
    let grain = if F::COSTLY { COSTLY } else { CHEAP };
    if inner == 1 {
        fold_rows::<T, F>(x, n, shift, grain, out);
    } else {
        fold_all_columns::<T, F>(x, [outer, n, inner], shift, grain, out);
    }
}

fn fold_rows<T: Float, F: Fold<T>>(
    x: &[T],
    n: usize,
    shift: Option<&[T]>,
    grain: usize,
    out: &mut [T],
) {
    let rows = out.len();
    let segments = n.div_ceil(SEGMENT);
    let mut partial = Vec::new();
    let target = if segments == 1 {
        &mut *out
    } else {
        partial.resize(rows * segments, T::ZERO);
        &mut partial[..]
    };
    let items = target.len();
    let kernel = RowSegments::<T, F> {
        x,
        n,
        segment: SEGMENT,
        segments,
        shift,
        out: Disjoint::new(target),
        fold: std::marker::PhantomData,
    };
    run_parallel(&kernel, items, rows_per_task(n.min(SEGMENT), grain));
    if segments > 1 {
        for (out, partial) in out.iter_mut().zip(partial.chunks_exact(segments)) {
            *out = join_pairwise::<T, F>(partial);
        }
    }
}

fn fold_all_columns<T: Float, F: Fold<T>>(
    x: &[T],
    [outer, n, inner]: [usize; 3],
    shift: Option<&[T]>,
    grain: usize,
    out: &mut [T],
) {
    let tiles = if inner <= TILE / 2 {
        1
    } else {
        inner.div_ceil(TILE)
    };
    // Long columns are cut only where there are too few of them to feed the threads.
    let segments = if outer * tiles < 8 {
        (n * inner / SEGMENT).clamp(1, 32)
    } else {
        1
    };
    let segment = n.div_ceil(segments).next_multiple_of(RADIX);
    let segments = n.div_ceil(segment);
    let mut partial = Vec::new();
    let target = if segments == 1 {
        &mut *out
    } else {
        partial.resize(outer * segments * inner, T::ZERO);
        &mut partial[..]
    };
    let kernel = ColumnSegments::<T, F> {
        x,
        n,
        inner,
        segment,
        segments,
        tiles,
        shift,
        out: Disjoint::new(target),
        fold: std::marker::PhantomData,
    };
    let elements = segment.min(n) * inner.min(TILE);
    run_parallel(
        &kernel,
        outer * segments * tiles,
        rows_per_task(elements, grain),
    );
    if segments > 1 {
        for (out, partial) in out
            .chunks_exact_mut(inner)
            .zip(partial.chunks_exact(segments * inner))
        {
            out.copy_from_slice(&partial[..inner]);
            for part in partial[inner..].chunks_exact(inner) {
                for (out, &part) in out.iter_mut().zip(part) {
                    *out = F::join(*out, part);
                }
            }
        }
    }
}

/// Joins already lifted values in a balanced tree.
fn join_pairwise<T: Float, F: Fold<T>>(x: &[T]) -> T {
    match x {
        [] => F::IDENTITY,
        [x] => *x,
        _ => {
            let (left, right) = x.split_at(x.len().next_power_of_two() / 2);
            F::join(join_pairwise::<T, F>(left), join_pairwise::<T, F>(right))
        }
    }
}
