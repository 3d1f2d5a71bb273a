//! Fitting on a CSV file that is left on disk takes a small part of the file's size.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};

use nn_data::Dataset;
use nn_data::dataset::{CsvOptions, CsvTarget};
use nn_data::transform::{Pipeline, Preparation};

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: every call is handed to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn statistics_and_components_of_a_file_larger_than_the_memory_it_may_take() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.csv");
    let mut text = String::from("a,b,c,d,e,f,y\n");
    for row in 0..200_000u64 {
        let value = |by: u64| (row * by % 9973) as f64 / 997.3;
        let (a, b, c, d, e) = (value(3), value(5), value(7), value(11), value(13));
        writeln!(
            text,
            "{a:.6},{b:.6},{c:.6},{d:.6},{e:.6},{:.6},{}",
            a + b,
            row % 2
        )
        .unwrap();
    }
    std::fs::write(&path, &text).unwrap();
    let size = text.len();
    drop(text);
    assert!(size > 10 << 20);
    let options = CsvOptions {
        memory: Some(1 << 20),
        ..CsvOptions::new().target(CsvTarget::Last)
    };
    PEAK.store(HELD.load(Ordering::Relaxed), Ordering::Relaxed);
    let before = PEAK.load(Ordering::Relaxed);
    let read = options.open(&path).unwrap();
    let steps = [
        Preparation::standard(),
        Preparation::robust(),
        Preparation::pca(3),
    ];
    let pipeline = Pipeline::fit(&steps, &read.data).unwrap();
    let batch = read.data.batch(&[199_999, 0, 100_000]).unwrap();
    assert_eq!(batch.targets.to_vec::<u32>().unwrap(), [1, 0, 0]);
    assert_eq!(pipeline.steps().len(), 3);
    let peak = PEAK.load(Ordering::Relaxed) - before;
    assert!(peak < 6 << 20, "{peak} bytes for a file of {size}");
}
