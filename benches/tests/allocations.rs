//! A warm training step takes no large block from the system.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use nn_benches::training::{MLP, Training};
use nn_core::kernels::threads;

/// Blocks of at least this many bytes are large.
const LARGE: usize = 4096;

static COUNT: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call is handed to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() >= LARGE {
            COUNT.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_warm_training_step_makes_no_large_allocation() {
    for width in [1, 2] {
        threads::set_threads(width);
        let mut training = Training::new(MLP).unwrap();
        let before = COUNT.load(Ordering::Relaxed);
        for _ in 0..20 {
            training.step().unwrap();
        }
        let warmed = COUNT.load(Ordering::Relaxed);
        assert!(
            warmed > before,
            "the counter must see the first step's blocks"
        );
        for _ in 0..20 {
            training.step().unwrap();
        }
        let large = COUNT.load(Ordering::Relaxed) - warmed;
        assert_eq!(large, 0, "with {width} threads");
    }
}
