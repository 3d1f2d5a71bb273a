//! Long slices cut into pieces of fixed size, worked on by several threads: what is added up does not depend on how
//! many there are.

use std::ops::Range;
use std::sync::OnceLock;

use nn_core::kernels::threads::parallel_for_long;

/// Elements of a piece.
pub(super) const BLOCK: usize = 1 << 15;

/// `f(0)`, `f(1)`, … `f(tasks − 1)`, in that order.
pub(crate) fn map<T: Send + Sync>(tasks: usize, f: impl Fn(usize) -> T + Sync) -> Vec<T> {
    if tasks < 2 {
        return (0..tasks).map(f).collect();
    }
    let slots: Vec<OnceLock<T>> = (0..tasks).map(|_| OnceLock::new()).collect();
    parallel_for_long(tasks, &|task| {
        // Each task is run once, so that its slot is empty.
        let _ = slots[task].set(f(task));
    });
    slots.into_iter().filter_map(OnceLock::into_inner).collect()
}

/// What `f` makes of each piece of `len` elements.
pub(super) fn each<T: Send + Sync>(len: usize, f: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    map(len.div_ceil(BLOCK), |block| {
        f(block * BLOCK..((block + 1) * BLOCK).min(len))
    })
}

/// The sum of what `f` makes of each piece of `len` elements.
pub(super) fn sum(len: usize, f: impl Fn(Range<usize>) -> f64 + Sync) -> f64 {
    each(len, f).into_iter().sum()
}
