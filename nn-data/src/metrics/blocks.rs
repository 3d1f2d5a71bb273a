//! Long slices cut into pieces of fixed size, worked on by several threads: what is added up does not depend on how
//! many there are.

use std::ops::Range;

use nn_core::kernels::threads::map_long;

/// Elements of a piece.
pub(super) const BLOCK: usize = 1 << 15;

/// What `f` makes of each piece of `len` elements.
pub(super) fn each<T: Send + Sync>(len: usize, f: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    map_long(len.div_ceil(BLOCK), |block| {
        f(block * BLOCK..((block + 1) * BLOCK).min(len))
    })
}

/// The sum of what `f` makes of each piece of `len` elements.
pub(super) fn sum(len: usize, f: impl Fn(Range<usize>) -> f64 + Sync) -> f64 {
    each(len, f).into_iter().sum()
}
