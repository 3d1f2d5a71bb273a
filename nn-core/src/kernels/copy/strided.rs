//! Copying a strided view into contiguous memory.

use std::ops::Range;

use crate::kernels::elementwise::{Layout, collapse};
use crate::kernels::math::dispatch::{CHEAP, Disjoint, Kernel, rows_per_task, run_parallel};

/// Side of the square blocks of a transposing copy.
const TILE: usize = 16;

/// Items are innermost rows.
struct Rows<'a, T> {
    layout: &'a Layout<1>,
    src: &'a [T],
    dst: Disjoint<'a, T>,
}

impl<T: Copy + Send + Sync> Kernel for Rows<'_, T> {
    const PER_ISA: bool = false;

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let (n, [stride]) = self.layout.inner;
        // SAFETY: item i is output row i.
        let dst = unsafe { self.dst.range(range.start * n..range.end * n) };
        let mut walk = self.layout.walk(range.start);
        for dst in dst.chunks_exact_mut(n) {
            let [start] = walk.offset;
            match stride {
                1 if n >= 16 => dst.copy_from_slice(&self.src[start..start + n]),
                1 => {
                    for (dst, &src) in dst.iter_mut().zip(&self.src[start..start + n]) {
                        *dst = src;
                    }
                }
                0 => dst.fill(self.src[start]),
                _ => {
                    let src = self.src[start..].iter().step_by(stride);
                    for (dst, &src) in dst.iter_mut().zip(src) {
                        *dst = src;
                    }
                }
            }
            walk.advance();
        }
    }
}

/// The two innermost dimensions are `[p, q]` with strides `[1, stride]`: a transposition.
/// Items are blocks of `TILE` output rows; each matrix has `blocks` of them.
struct Transpose<'a, T> {
    /// The dimensions outside the matrix, as the rows of a layout.
    layout: &'a Layout<1>,
    p: usize,
    q: usize,
    stride: usize,
    blocks: usize,
    src: &'a [T],
    dst: Disjoint<'a, T>,
}

impl<T: Copy + Send + Sync> Kernel for Transpose<'_, T> {
    const PER_ISA: bool = false;

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let (p, q) = (self.p, self.q);
        for item in range {
            let (matrix, block) = (item / self.blocks, item % self.blocks);
            let [start] = self.layout.walk(matrix).offset;
            let rows = block * TILE..p.min((block + 1) * TILE);
            let first = (matrix * p + rows.start) * q;
            // SAFETY: item i is the i-th block of output rows.
            let dst = unsafe { self.dst.range(first..first + rows.len() * q) };
            let mut columns = 0;
            while columns < q {
                let width = TILE.min(q - columns);
                let at = start + block * TILE + columns * self.stride;
                let src = &self.src[at..];
                if rows.len() == TILE && width == TILE {
                    transpose_tile(src, self.stride, &mut dst[columns..], q);
                } else {
                    for j in 0..width {
                        let src = &src[j * self.stride..][..rows.len()];
                        let dst = dst[columns + j..].iter_mut().step_by(q);
                        for (dst, &src) in dst.zip(src) {
                            *dst = src;
                        }
                    }
                }
                columns += width;
            }
        }
    }
}

/// dst\[i·q + j\] = src\[j·stride + i\] for i, j < `TILE`, by way of a buffer: rows of `src` and of
/// `dst` that lie a power of two apart would evict each other from the cache.
#[inline(always)]
fn transpose_tile<T: Copy>(src: &[T], stride: usize, dst: &mut [T], q: usize) {
    let mut buffer = [[src[0]; TILE]; TILE];
    for (j, row) in buffer.iter_mut().enumerate() {
        row.copy_from_slice(&src[j * stride..][..TILE]);
    }
    for i in 0..TILE {
        let dst = &mut dst[i * q..][..TILE];
        for j in 0..TILE {
            dst[j] = buffer[j][i];
        }
    }
}

/// Copies the view `shape` with `strides` (in elements, 0 repeats) from `src` into `dst`,
/// row-major and contiguous. `src` starts at the view's offset.
///
/// ```
/// // The transpose of a 2×3 matrix.
/// let mut out = [0; 6];
/// nn_core::kernels::copy::copy_strided(&[3, 2], &[1, 2, 3, 4, 5, 6], &[1, 3], &mut out);
/// assert_eq!(out, [1, 4, 2, 5, 3, 6]);
/// ```
///
/// # Panics
/// If a slice is too short for the shape and strides; callers in this crate have checked them.
pub fn copy_strided<T: Copy + Send + Sync>(
    shape: &[usize],
    src: &[T],
    strides: &[usize],
    dst: &mut [T],
) {
    let mut layout = collapse(shape, [strides]);
    assert_eq!(dst.len(), layout.len);
    if layout.len == 0 {
        return;
    }
    assert!(layout.extent(0) <= src.len());
    let (q, [stride]) = layout.inner;
    if layout.outer.is_empty() && stride == 1 {
        return copy_contiguous(&src[..q], dst);
    }
    if let Some(&(p, [1])) = layout.outer.last()
        && stride > 1
        && p >= 4
        && q >= 4
    {
        layout.outer.pop();
        let blocks = p.div_ceil(TILE);
        let items = layout.rows() * blocks;
        let dst = Disjoint::new(dst);
        let kernel = Transpose {
            layout: &layout,
            p,
            q,
            stride,
            blocks,
            src,
            dst,
        };
        return run_parallel(&kernel, items, rows_per_task(q * p.min(TILE), CHEAP));
    }
    let kernel = Rows {
        layout: &layout,
        src,
        dst: Disjoint::new(dst),
    };
    run_parallel(&kernel, layout.rows(), rows_per_task(q, CHEAP));
}

struct Contiguous<'a, T> {
    src: &'a [T],
    dst: Disjoint<'a, T>,
}

impl<T: Copy + Send + Sync> Kernel for Contiguous<'_, T> {
    const PER_ISA: bool = false;

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        // SAFETY: item i is element i.
        unsafe { self.dst.range(range.clone()) }.copy_from_slice(&self.src[range]);
    }
}

fn copy_contiguous<T: Copy + Send + Sync>(src: &[T], dst: &mut [T]) {
    let kernel = Contiguous {
        src,
        dst: Disjoint::new(dst),
    };
    run_parallel(&kernel, src.len(), 4 * CHEAP);
}
