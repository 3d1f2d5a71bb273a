//! Slices cut into pieces, one per task.

use super::{parallel_for_long, parallel_for_work};

/// A pointer to elements of which each task takes its own part.
#[derive(Clone, Copy)]
pub(super) struct Parts<T>(*mut T);

// SAFETY: used only below, where tasks take disjoint parts of one exclusively borrowed slice.
unsafe impl<T: Send> Sync for Parts<T> {}

impl<T> Parts<T> {
    pub(super) fn new(slice: &mut [T]) -> Parts<T> {
        Parts(slice.as_mut_ptr())
    }

    /// # Safety
    /// `start..end` lies inside the slice, and no other task takes any of it.
    #[allow(clippy::mut_from_ref)]
    pub(super) unsafe fn part(&self, start: usize, end: usize) -> &mut [T] {
        // SAFETY: by the contract of this function.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(start), end - start) }
    }
}

/// Splits `out` into pieces of `chunk` elements (the last may be shorter) and calls `f(index, piece)` for each,
/// in parallel where the slice is large enough to pay. A `chunk` of 0 counts as 1.
///
/// ```
/// let mut x = vec![0usize; 10];
/// nn_core::kernels::threads::for_each_chunk(&mut x, 4, |i, piece| piece.fill(i));
/// assert_eq!(x, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2]);
/// ```
pub fn for_each_chunk<T: Send>(out: &mut [T], chunk: usize, f: impl Fn(usize, &mut [T]) + Sync) {
    let (chunk, len) = (chunk.max(1), out.len());
    let parts = Parts::new(out);
    parallel_for_work(len, len.div_ceil(chunk), &|i| {
        let start = i * chunk;
        // SAFETY: pieces of different indices do not overlap, each index is given out once, and `out` is borrowed
        // exclusively until all tasks are done.
        f(i, unsafe { parts.part(start, (start + chunk).min(len)) });
    });
}

/// The results of `f(0)` to `f(tasks − 1)`, in this order; in parallel, for tasks of a millisecond and more.
///
/// ```
/// let squares = nn_core::kernels::threads::map_long(4, |i| i * i);
/// assert_eq!(squares, [0, 1, 4, 9]);
/// ```
pub fn map_long<R: Send>(tasks: usize, f: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let mut results: Vec<Option<R>> = (0..tasks).map(|_| None).collect();
    let parts = Parts::new(&mut results);
    parallel_for_long(tasks, &|i| {
        // SAFETY: each index is given out once, and `results` is borrowed until all tasks are done.
        let slot = unsafe { parts.part(i, i + 1) };
        slot[0] = Some(f(i));
    });
    results.into_iter().flatten().collect()
}

/// [`for_each_chunk`] over two slices in step: piece `i` of `a` has `chunk.0` elements, piece `i` of `b` has
/// `chunk.1`. Stops at the end of the slice with fewer pieces.
pub fn for_each_chunk2<A: Send, B: Send>(
    a: &mut [A],
    b: &mut [B],
    chunk: (usize, usize),
    f: impl Fn(usize, &mut [A], &mut [B]) + Sync,
) {
    let (ca, cb) = (chunk.0.max(1), chunk.1.max(1));
    let (la, lb) = (a.len(), b.len());
    let (pa, pb) = (Parts::new(a), Parts::new(b));
    let tasks = la.div_ceil(ca).min(lb.div_ceil(cb));
    parallel_for_work(la.max(lb), tasks, &|i| {
        // SAFETY: as in `for_each_chunk`, for each of the slices.
        let (xa, xb) = unsafe {
            (
                pa.part(i * ca, (i * ca + ca).min(la)),
                pb.part(i * cb, (i * cb + cb).min(lb)),
            )
        };
        f(i, xa, xb);
    });
}

/// [`for_each_chunk`] over three slices in step; see [`for_each_chunk2`].
pub fn for_each_chunk3<A: Send, B: Send, C: Send>(
    a: &mut [A],
    b: &mut [B],
    c: &mut [C],
    chunk: (usize, usize, usize),
    f: impl Fn(usize, &mut [A], &mut [B], &mut [C]) + Sync,
) {
    let (ca, cb, cc) = (chunk.0.max(1), chunk.1.max(1), chunk.2.max(1));
    let (la, lb, lc) = (a.len(), b.len(), c.len());
    let (pa, pb, pc) = (Parts::new(a), Parts::new(b), Parts::new(c));
    let tasks = la.div_ceil(ca).min(lb.div_ceil(cb)).min(lc.div_ceil(cc));
    parallel_for_work(la.max(lb).max(lc), tasks, &|i| {
        // SAFETY: as in `for_each_chunk`, for each of the slices.
        let (xa, xb, xc) = unsafe {
            (
                pa.part(i * ca, (i * ca + ca).min(la)),
                pb.part(i * cb, (i * cb + cb).min(lb)),
                pc.part(i * cc, (i * cc + cc).min(lc)),
            )
        };
        f(i, xa, xb, xc);
    });
}
