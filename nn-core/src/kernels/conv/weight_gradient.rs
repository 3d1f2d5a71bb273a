//! The gradient of the weight: products of input and output gradient, summed over images and positions.
//!
//! Images are summed in blocks, whose number depends on the sizes only; so the order of every sum is the same for any
//! number of threads.

use super::family::Family;
use super::gather::{Shared, bands, parallel};
use super::geometry::{Gather, Geometry};
use super::pack::{Panel, Strides, for_each_tap, panels_of};
use super::products::Products;
use super::window::Window;
use crate::kernels::buffer::{Buffer as Pooled, Plain};
use crate::kernels::float::Float;
use crate::kernels::scratch::Buffer;

/// Blocks of images, at most.
const BLOCKS: usize = 16;
/// Bytes of sums of all blocks together, unless one block needs more.
const SUM_BYTES: usize = 64 << 20;
/// Bytes of input and output gradient that are worked on at a time: they are read once for each tile of the weight.
const UNIT_BYTES: usize = 512 * 1024;

/// Who computes what.
struct Plan<'a, T> {
    gather: &'a Gather,
    window: Window,
    /// Per cell (a group's panel of filters): the group and the panel.
    cells: Vec<(usize, Panel)>,
    depthwise: bool,
    /// Images worked on together.
    images: usize,
    x: &'a [T],
    dy: &'a [T],
    /// Filters of a group in the sums, with room for whole vectors.
    width: usize,
    /// Elements of a group in the sums.
    group_len: usize,
}

/// Writes the gradient of the weight, `[groups·filters, channels, kernel…]`.
///
/// `None` if there is no memory for the sums.
///
/// # Safety
/// The processor has the instruction set of `S`.
pub(super) unsafe fn run<S: Family>(
    geometry: &Geometry,
    x: &[S::T],
    dy: &[S::T],
    dw: &mut [S::T],
) -> Option<()>
where
    S::T: Plain,
{
    let gather = geometry.forward();
    let depthwise = geometry.is_depthwise();
    if dw.is_empty() || dy.is_empty() {
        dw.fill(S::T::ZERO);
        return Some(());
    }
    let window = Window::new::<S::T>(&gather, 1);
    let rows: usize = window.runs.iter().map(|run| run.len).sum();
    let (groups, filters) = match depthwise {
        true => (1, geometry.groups),
        false => (geometry.groups, geometry.filters),
    };
    let width = filters.next_multiple_of(S::LANES);
    let vectors = if depthwise { 1 } else { 2 };
    let cells: Vec<(usize, Panel)> = (0..groups)
        .flat_map(|group| panels_of(filters, S::LANES, vectors).map(move |panel| (group, panel)))
        .collect();
    let sums_len = groups * rows * width;
    let blocks = (SUM_BYTES / (sums_len * size_of::<S::T>()))
        .clamp(1, BLOCKS)
        .min(geometry.batch);
    let image_bytes = (x.len() + dy.len()) / geometry.batch * size_of::<S::T>();
    let plan = Plan {
        gather: &gather,
        images: match window.bands {
            1 => (UNIT_BYTES / image_bytes.max(1)).max(1),
            _ => 1,
        },
        window,
        depthwise,
        x,
        dy,
        width,
        group_len: rows * width,
        cells,
    };
    let mut memory = Pooled::new(
        blocks
            .checked_mul(sums_len)?
            .checked_mul(size_of::<S::T>())?,
    )?;
    let sums: &mut [S::T] = memory.as_mut_slice();
    // With few blocks, the cells of a block are shared out as well.
    let shares = bands(blocks).min(plan.cells.len());
    let to = Shared(sums.as_mut_ptr());
    let work = gather.work().saturating_mul(geometry.batch);
    parallel(work, blocks * shares, &|task| {
        let to = &to;
        let (block, share) = (task / shares, task % shares);
        let at = |i: usize, of: usize, pieces: usize| of * i / pieces;
        let images = at(block, geometry.batch, blocks)..at(block + 1, geometry.batch, blocks);
        let cells = at(share, plan.cells.len(), shares)..at(share + 1, plan.cells.len(), shares);
        // SAFETY: each block and each cell has sums of its own; the processor has the instruction set.
        unsafe { plan.sum::<S>(images, &plan.cells[cells], to.0.add(block * sums_len)) };
    });
    let sums = &*sums;
    collect(
        geometry,
        &gather,
        depthwise,
        (sums, sums_len, width),
        dw,
        S::LANES,
    );
    Some(())
}

impl<T: Float> Plan<'_, T> {
    /// Sums a block of images into `sums`, for some of the cells.
    ///
    /// # Safety
    /// The processor has the instruction set of `S`; nobody else touches these cells of `sums`.
    unsafe fn sum<S: Family<T = T>>(
        &self,
        images: std::ops::Range<usize>,
        cells: &[(usize, Panel)],
        sums: *mut T,
    ) {
        let (gather, window) = (self.gather, &self.window);
        let [depth, height, width] = &gather.lines;
        let filters = gather.groups * gather.filters;
        let dy_pitch = [
            height.count * width.count * filters,
            width.count * filters,
            filters,
        ];
        let mut memory = Buffer::take();
        let copy_len = window.copy_len(gather);
        let mut first = true;
        let mut start = images.start;
        while start < images.end {
            let count = self.images.min(images.end - start);
            for (z, band) in (0..depth.count).flat_map(|z| (0..window.bands).map(move |b| (z, b))) {
                let row = band * window.rows;
                let rows = window.rows.min(height.count - row);
                let (x, image_stride) = if window.copied {
                    // SAFETY: the buffer has room for these numbers, all of which are written.
                    let copies = unsafe {
                        let room = memory.room::<T>(count * copy_len);
                        std::slice::from_raw_parts_mut(room, count * copy_len)
                    };
                    for (i, copy) in copies.chunks_exact_mut(copy_len).enumerate() {
                        window.fill(gather, self.x, (start + i, z, row), copy);
                    }
                    (&*copies, copy_len)
                } else {
                    let at = window.start(gather, start, z, row);
                    (&self.x[at..], depth.source * window.pitch[0])
                };
                let dy = (start * depth.count + z) * dy_pitch[0] + row * dy_pitch[1];
                let loops = [
                    (count, image_stride, depth.count * dy_pitch[0]),
                    (rows, height.step * window.pitch[1], dy_pitch[1]),
                    (width.count, width.step * window.pitch[2], dy_pitch[2]),
                ];
                for (group, panel) in cells {
                    let filter = group * gather.filters + panel.start;
                    // SAFETY: the window's runs stay inside `x` for the positions of the loops, and so do the
                    // filters inside `dy`; `sums` has the room of this cell.
                    unsafe {
                        let mut products = Products {
                            x: x.as_ptr().add(match self.depthwise {
                                true => panel.start,
                                false => group * gather.channels,
                            }),
                            dy: self.dy.as_ptr().add(dy + filter),
                            loops,
                            to: sums.add(group * self.group_len + panel.start),
                            to_stride: self.width,
                            tail: panel.tail,
                            row_stride: 1,
                            lanewise: self.depthwise,
                            accumulate: !first,
                        };
                        self.tiles::<S>(&mut products, panel);
                    }
                }
                first = false;
            }
            start += count;
        }
    }

    /// All rows of a cell.
    ///
    /// # Safety
    /// As `products`.
    unsafe fn tiles<S: Family<T = T>>(&self, products: &mut Products<T>, panel: &Panel) {
        let kernels = S::PRODUCTS[panel.vectors - 1];
        let x = products.x;
        // Depthwise, the taps along the width are the rows of a tile; else the elements of a run.
        let along = self.gather.lines[2].taps.len();
        let runs = &self.window.runs;
        let stretches = runs.len() / if self.depthwise { along } else { 1 };
        for stretch in 0..stretches {
            let (run, len) = match self.depthwise {
                true => {
                    let run = runs[stretch * along];
                    if let Some(next) = runs.get(stretch * along + 1).filter(|_| along > 1) {
                        products.row_stride = next.offset - run.offset;
                    }
                    (run, along)
                }
                false => (runs[stretch], runs[stretch].len),
            };
            let pieces = len.div_ceil(kernels.len());
            for piece in 0..pieces {
                let (from, to) = (len * piece / pieces, len * (piece + 1) / pieces);
                // SAFETY: by the contract of this function.
                unsafe {
                    products.x = x.add(run.offset + from * products.row_stride);
                    kernels[to - from - 1](products);
                    products.to = products.to.add((to - from) * products.to_stride);
                }
            }
        }
    }
}

/// Adds the sums of the blocks, in their order, and brings them into the order of the weight.
fn collect<T: Float>(
    geometry: &Geometry,
    gather: &Gather,
    depthwise: bool,
    (sums, sums_len, width): (&[T], usize, usize),
    dw: &mut [T],
    lanes: usize,
) {
    let strides = Strides::forward(geometry);
    let mut taps = Vec::new();
    for_each_tap(gather, |tap| taps.push(strides.tap(tap)));
    let (channels, filters) = match depthwise {
        true => (1, geometry.groups),
        false => (geometry.channels, geometry.filters),
    };
    let kernel = taps.len();
    let filter_len = channels * kernel;
    // A chunk is a vector of filters of one group.
    let per_group = filters.div_ceil(lanes);
    let chunk_of = |chunk: usize, dw: &mut [T]| {
        let (group, start) = (chunk / per_group, chunk % per_group * lanes);
        let mut row = group * taps.len() * channels * width + start;
        let real = dw.len() / filter_len;
        for &tap in &taps {
            for channel in 0..channels {
                for f in 0..real {
                    let blocks = sums.chunks_exact(sums_len);
                    let sum = blocks.fold(T::ZERO, |sum, block| sum + block[row + f]);
                    dw[f * filter_len + channel * kernel + tap] = sum;
                }
                row += width;
            }
        }
    };
    for (group, dw) in dw.chunks_mut(filters * filter_len).enumerate() {
        crate::kernels::threads::for_each_chunk(dw, lanes * filter_len, |i, dw| {
            chunk_of(group * per_group + i, dw);
        });
    }
}
