//! How a loop is run: for which instruction set, and over how many threads.
//!
//! A loop is a [`Kernel`], written once. It is compiled three times (baseline, AVX2 with FMA,
//! AVX-512) and the processor's best version is chosen at run time.

use std::marker::PhantomData;
use std::ops::Range;

use crate::kernels::cpu::{self, Isa};
use crate::kernels::threads;

/// A loop over a range of work items (elements, rows or blocks).
///
/// An item's result must not depend on how the whole is cut into ranges: that is what makes
/// results bit-identical for every thread count.
pub(crate) trait Kernel: Sync {
    /// Whether it is compiled for each instruction set, which pays for arithmetic in `f32` (see
    /// [`is_single`]); the rest runs as baseline code, so that the crate builds in reasonable time.
    const PER_ISA: bool;

    /// Does the items of `range`. Implementations are `#[inline(always)]`, as is all they call in
    /// their loops, so that each instruction set gets its own code.
    fn run<const FMA: bool>(&self, range: Range<usize>);
}

/// Whether `T` has the size of `f32`.
pub(crate) const fn is_single<T>() -> bool {
    size_of::<T>() == 4
}

/// Whether the baseline instruction set has fused multiply-add.
const BASELINE_FMA: bool = cfg!(target_arch = "aarch64");

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
fn run_avx512<K: Kernel>(kernel: &K, range: Range<usize>) {
    kernel.run::<true>(range);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2<K: Kernel>(kernel: &K, range: Range<usize>) {
    kernel.run::<true>(range);
}

#[inline]
fn run_on<K: Kernel>(isa: Isa, kernel: &K, range: Range<usize>) {
    match isa {
        _ if !K::PER_ISA => kernel.run::<BASELINE_FMA>(range),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `isa` comes from `current_isa`, which names only what the processor has.
        Isa::Avx512 => unsafe { run_avx512(kernel, range) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx2Fma => unsafe { run_avx2(kernel, range) },
        _ => kernel.run::<BASELINE_FMA>(range),
    }
}

#[cfg(test)]
thread_local! {
    static TEST_ISA: std::cell::Cell<Option<Isa>> = const { std::cell::Cell::new(None) };
}

/// Runs `f` once for every instruction set this processor has, with all loops of this thread on it.
#[cfg(test)]
pub(crate) fn for_each_isa(mut f: impl FnMut(Isa)) {
    for &isa in Isa::available() {
        TEST_ISA.set(Some(isa));
        f(isa);
    }
    TEST_ISA.set(None);
}

/// The instruction set that loops of this thread run with.
#[inline]
pub(in crate::kernels) fn current_isa() -> Isa {
    #[cfg(test)]
    if let Some(isa) = TEST_ISA.get() {
        return isa;
    }
    cpu::isa()
}

/// Does `items` items, cut into tasks of `grain` items, over the threads; on this thread alone
/// when there is only one task.
#[inline]
pub(crate) fn run_parallel<K: Kernel>(kernel: &K, items: usize, grain: usize) {
    let isa = current_isa();
    let grain = grain.max(1);
    if items <= grain {
        return run_on(isa, kernel, 0..items);
    }
    threads::parallel_for(items.div_ceil(grain), &|task| {
        let start = task * grain;
        run_on(isa, kernel, start..items.min(start + grain));
    });
}

/// Elements per task for loops bound by memory: below two of these, one thread is as fast.
pub(crate) const CHEAP: usize = 32 * 1024;
/// Elements per task for loops with an exponential or the like in each element.
pub(crate) const COSTLY: usize = 4 * 1024;

/// Rows per task, so that a task has about `elements` elements.
#[inline]
pub(crate) fn rows_per_task(cols: usize, elements: usize) -> usize {
    (elements / cols.max(1)).max(1)
}

/// A mutable slice that several tasks write disjoint parts of.
pub(crate) struct Disjoint<'a, T> {
    start: *mut T,
    len: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: it stands for the `&mut [T]` it was made from, which is `Send` when `T` is; shared use
// is restricted to disjoint parts by the contract of `range`.
unsafe impl<T: Send> Sync for Disjoint<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Disjoint<'_, T> {}

impl<'a, T> Disjoint<'a, T> {
    #[inline(always)]
    pub(crate) fn new(slice: &'a mut [T]) -> Self {
        Self {
            start: slice.as_mut_ptr(),
            len: slice.len(),
            slice: PhantomData,
        }
    }

    /// The elements of `range`.
    ///
    /// # Safety
    /// While the result lives, no other slice from this object may overlap it. A kernel keeps
    /// this by asking only for elements that belong to the items of its own range.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn range(&self, range: Range<usize>) -> &'a mut [T] {
        assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: in bounds (asserted) of a slice borrowed for 'a; disjoint by the contract.
        unsafe {
            std::slice::from_raw_parts_mut(self.start.add(range.start), range.end - range.start)
        }
    }

    /// The elements of `range`; none if there are none at all, which stands for an output that is
    /// not asked for.
    ///
    /// # Safety
    /// As for [`range`](Self::range).
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn range_or_empty(&self, range: Range<usize>) -> &'a mut [T] {
        let range = if self.len == 0 { 0..0 } else { range };
        // SAFETY: by the contract of this function.
        unsafe { self.range(range) }
    }
}
