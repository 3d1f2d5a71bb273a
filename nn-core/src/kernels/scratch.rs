//! Memory for packed operands: kept by each thread, so that none is allocated once warm.

use std::cell::Cell;

/// A cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line {
    _bytes: [u8; 64],
}

thread_local! {
    static KEPT: Cell<Vec<Line>> = const { Cell::new(Vec::new()) };
}

/// Memory for `len` elements of any value of `T` (a type of plain numbers), aligned to a cache line.
pub(in crate::kernels) struct Buffer(Vec<Line>);

impl Buffer {
    /// Takes the thread's kept memory; in a call inside a call there is none, and it starts empty.
    pub(in crate::kernels) fn take() -> Buffer {
        Buffer(KEPT.take())
    }

    /// Room for `len` elements; earlier content may be lost. The elements hold unspecified numbers.
    pub(in crate::kernels) fn room<T>(&mut self, len: usize) -> *mut T {
        let lines = (len * size_of::<T>()).div_ceil(64);
        if self.0.len() < lines {
            self.0.clear();
            self.0
                .resize(lines.next_multiple_of(64), Line { _bytes: [0; 64] });
        }
        self.0.as_mut_ptr().cast()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let other = KEPT.take();
        let mine = std::mem::take(&mut self.0);
        KEPT.set(if mine.len() >= other.len() {
            mine
        } else {
            other
        });
    }
}
