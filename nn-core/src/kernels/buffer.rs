//! Reused memory for tensors.
//!
//! A fresh 16 MB block costs page faults worth several passes over it, so released blocks are kept in
//! size classes and handed out again. Sizes are rounded up to a quarter of a power of two, which wastes
//! at most a fifth. All memory is initialised once, when it comes from the system; a reused block holds
//! whatever its last user left there.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Alignment of every block, in bytes: a cache line, and an AVX-512 register.
pub const ALIGN: usize = 64;

/// Blocks kept for reuse together hold at most this many bytes; more go back to the system.
const KEPT_LIMIT: usize = 512 << 20;

const CLASSES: usize = 4 * 58;

static FREE: [Mutex<Vec<Block>>; CLASSES] = [const { Mutex::new(Vec::new()) }; CLASSES];
static KEPT: AtomicUsize = AtomicUsize::new(0);
static FROM_SYSTEM: AtomicUsize = AtomicUsize::new(0);

/// The number of blocks of at least 4 KiB taken from the system so far, rather than reused.
///
/// A training loop that is warm no longer moves this number.
pub fn blocks_from_system() -> usize {
    FROM_SYSTEM.load(Ordering::Relaxed)
}

/// An initialised block of [`class_size`] bytes, aligned to [`ALIGN`].
struct Block(NonNull<u8>);

// SAFETY: a block is plain memory owned by whoever holds the value.
unsafe impl Send for Block {}

/// Raw memory of a tensor: aligned, initialised, returned for reuse when dropped.
pub struct Buffer {
    ptr: NonNull<u8>,
    bytes: usize,
    class: usize,
}

// SAFETY: the memory is owned; shared access only reads (`&[T]`), writing needs `&mut Buffer`.
unsafe impl Send for Buffer {}
// SAFETY: as above.
unsafe impl Sync for Buffer {}

/// The smallest class whose blocks hold `bytes`.
fn class_of(bytes: usize) -> usize {
    let lines = bytes.div_ceil(ALIGN).max(1);
    if lines <= 4 {
        return lines - 1;
    }
    // lines in (2^p, 2^(p+1)], split into quarters.
    let p = (usize::BITS - 1 - (lines - 1).leading_zeros()) as usize;
    let quarter = (lines - 1 - (1 << p)) >> (p - 2);
    4 + (p - 2) * 4 + quarter
}

/// The size of the blocks of a class, in bytes.
fn class_size(class: usize) -> usize {
    let lines = if class < 4 {
        class + 1
    } else {
        let (p, quarter) = ((class - 4) / 4 + 2, (class - 4) % 4);
        (1 << p) + ((quarter + 1) << (p - 2))
    };
    lines * ALIGN
}

/// The layout of a class, or none if it exceeds what an allocation may be.
fn class_layout(class: usize) -> Option<Layout> {
    Layout::from_size_align(class_size(class), ALIGN).ok()
}

impl Buffer {
    /// A buffer of `bytes` bytes with initialised but unspecified contents, or none if the system has no such memory.
    pub fn new(bytes: usize) -> Option<Buffer> {
        Self::take(bytes).map(|(buffer, _)| buffer)
    }

    /// A buffer of zero bytes, or none if the system has no such memory.
    pub fn zeroed(bytes: usize) -> Option<Buffer> {
        let (mut buffer, fresh) = Self::take(bytes)?;
        if !fresh {
            buffer.as_mut_slice::<u8>().fill(0);
        }
        Some(buffer)
    }

    fn take(bytes: usize) -> Option<(Buffer, bool)> {
        if bytes > isize::MAX as usize / 2 {
            return None;
        }
        let class = class_of(bytes);
        let kept = FREE[class].lock().ok().and_then(|mut free| free.pop());
        let fresh = kept.is_none();
        let ptr = match kept {
            Some(Block(ptr)) => {
                KEPT.fetch_sub(class_size(class), Ordering::Relaxed);
                ptr
            }
            None => {
                let layout = class_layout(class)?;
                if layout.size() >= 4096 {
                    FROM_SYSTEM.fetch_add(1, Ordering::Relaxed);
                }
                // SAFETY: every class has a size of at least one cache line.
                NonNull::new(unsafe { alloc_zeroed(layout) })?
            }
        };
        Some((Buffer { ptr, bytes, class }, fresh))
    }

    /// The length in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The contents as elements of a plain number type.
    pub fn as_slice<T: Plain>(&self) -> &[T] {
        let len = self.bytes / size_of::<T>();
        // SAFETY: the block is initialised, aligned beyond any `Plain` type, at least `bytes` long, and every
        // bit pattern is a valid `Plain` value; `&self` keeps writers away.
        unsafe { std::slice::from_raw_parts(self.ptr.as_ptr().cast(), len) }
    }

    /// The contents as mutable elements of a plain number type.
    pub fn as_mut_slice<T: Plain>(&mut self) -> &mut [T] {
        let len = self.bytes / size_of::<T>();
        // SAFETY: as in `as_slice`; `&mut self` makes this the only access.
        unsafe { std::slice::from_raw_parts_mut(self.ptr.as_ptr().cast(), len) }
    }
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Buffer of {} bytes", self.bytes())
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let size = class_size(self.class);
        let kept = KEPT.fetch_add(size, Ordering::Relaxed) + size;
        if kept <= KEPT_LIMIT
            && let Ok(mut free) = FREE[self.class].lock()
        {
            free.push(Block(self.ptr));
            return;
        }
        KEPT.fetch_sub(size, Ordering::Relaxed);
        if let Some(layout) = class_layout(self.class) {
            // SAFETY: the block came from `alloc_zeroed` with this very layout and is not kept.
            unsafe { dealloc(self.ptr.as_ptr(), layout) }
        }
    }
}

/// Number types for which every bit pattern is a value: what a buffer may be seen as.
///
/// # Safety
/// Implementors have no padding, no invalid bit patterns, and an alignment of at most [`ALIGN`].
pub unsafe trait Plain: Copy + 'static {}
// SAFETY: primitive numbers qualify.
unsafe impl Plain for f32 {}
// SAFETY: primitive numbers qualify.
unsafe impl Plain for f64 {}
// SAFETY: primitive numbers qualify.
unsafe impl Plain for u8 {}
// SAFETY: primitive numbers qualify.
unsafe impl Plain for u32 {}
// SAFETY: primitive numbers qualify.
unsafe impl Plain for i64 {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_cover_their_sizes_with_little_waste() {
        for bytes in (0..100_000).chain((1..40).map(|p| (1usize << p) + 1)) {
            let size = class_size(class_of(bytes));
            assert!(size >= bytes, "{bytes} in {size}");
            assert!(size <= bytes.max(256) * 5 / 4 + ALIGN, "{bytes} in {size}");
        }
    }

    #[test]
    fn a_released_block_comes_back() {
        let bytes = 12_345_678;
        let first = Buffer::new(bytes).unwrap();
        let address = first.ptr;
        drop(first);
        let second = Buffer::new(bytes - 1000).unwrap();
        assert_eq!(second.ptr, address);
        let third = Buffer::zeroed(bytes).unwrap();
        assert!(third.as_slice::<u8>().iter().all(|&b| b == 0));
    }

    #[test]
    fn impossible_sizes_are_refused() {
        assert!(Buffer::new(usize::MAX).is_none());
        assert!(Buffer::zeroed(1 << 60).is_none());
    }
}
