//! Headers and pictures of many files, spread over the threads.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use nn_core::kernels::threads::parallel_for_long;

use crate::picture::{self, Flaw, Form, Header};

/// Told how many files of how many are done.
pub(super) type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// The path of each file by its number.
pub(super) type Files<'a> = &'a (dyn Fn(usize) -> &'a Path + Sync);

/// The headers of so many files, in their order.
pub(super) fn headers(
    files: Files<'_>,
    count: usize,
    max_pixels: u64,
    progress: Progress<'_>,
) -> Vec<Result<Header, Flaw>> {
    each(count, progress, &|at| {
        picture::checked_header(files(at), max_pixels)
    })
}

/// Decodes so many files into consecutive samples of `out`, each of `shape`, and says of each whether it went well.
/// An `out` of no bytes takes nothing: then the files are only checked.
pub(super) fn decode(
    files: Files<'_>,
    count: usize,
    form: &Form,
    shape: [usize; 3],
    out: &mut [u8],
    progress: Progress<'_>,
) -> Vec<Result<(), Flaw>> {
    // Each task takes the sample of its number; nothing ever waits for these locks.
    let samples: Vec<Mutex<&mut [u8]>> = out
        .chunks_exact_mut(shape.iter().product::<usize>().max(1))
        .map(Mutex::new)
        .collect();
    each(count, progress, &|at| {
        let picture = picture::read_flawed(files(at), form)?;
        let got = [picture.color.channels(), picture.height, picture.width];
        if got != shape {
            // Only a file that has been changed since its header was read.
            let problem = format!(
                "the picture is {}×{}, the others are {}×{}",
                got[2], got[1], shape[2], shape[1]
            );
            return Err(Flaw::new(problem, "leave the files alone during training"));
        }
        if let Some(sample) = samples.get(at) {
            let mut sample = sample.lock().unwrap_or_else(PoisonError::into_inner);
            sample.copy_from_slice(&picture.pixels);
        }
        Ok(())
    })
}

/// How many files are done between two calls of a [`Progress`].
const STEP: usize = 64;

fn each<T: Send + Sync>(
    count: usize,
    progress: Progress<'_>,
    task: &(dyn Fn(usize) -> T + Sync),
) -> Vec<T> {
    let slots: Vec<OnceLock<T>> = (0..count).map(|_| OnceLock::new()).collect();
    let done = AtomicUsize::new(0);
    parallel_for_long(count, &|at| {
        // Each number is given out once, so the slot is empty.
        let _ = slots[at].set(task(at));
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(STEP) || done == count {
            progress(done, count);
        }
    });
    slots.into_iter().filter_map(OnceLock::into_inner).collect()
}
