//! The gradient of the weight.

use super::transform::Points;
use super::{Grid, POINTS, block, plane};
use crate::kernels::buffer::{Buffer as Pooled, Plain};
use crate::kernels::conv::family::Family;
use crate::kernels::conv::gather::{Shared, parallel};
use crate::kernels::conv::geometry::{Gather, Geometry};
use crate::kernels::conv::pack::{Panel, Strides, for_each_tap, panels_of};
use crate::kernels::conv::products::Products;
use crate::kernels::float::Float;
use crate::kernels::scratch::Buffer;

/// Blocks of tiles, at most: what is summed apart, whatever the number of threads.
const BLOCKS: usize = 16;
/// Bytes of sums of all blocks together, unless two blocks need more.
const SUM_BYTES: usize = 6 << 20;

/// Writes the gradient of the weight, `[filters, channels, 3, 3]`. `None` if there is no memory for the sums.
///
/// # Safety
/// The processor has the instruction set of `S`.
pub(in crate::kernels::conv) unsafe fn gradient<S: Family>(
    geometry: &Geometry,
    x: &[S::T],
    dy: &[S::T],
    dw: &mut [S::T],
) -> Option<()>
where
    S::T: Plain,
{
    let gather = geometry.forward();
    let grid = Grid::new(&gather);
    let (channels, filters) = (gather.channels, gather.filters);
    let widths = [channels, filters].map(|n| n.next_multiple_of(S::LANES));
    let size = block::<S::T>(widths[0], widths[1]);
    let planes = widths.map(|width| plane(size, width));
    let panels: Vec<Panel> = panels_of(filters, S::LANES, 2).collect();
    let point_len = channels * widths[1];
    let sums_len = POINTS * point_len;
    // In whole groups of tiles that are worked on together.
    let groups = grid.len().div_ceil(size);
    let blocks = (SUM_BYTES / (sums_len * size_of::<S::T>()))
        .clamp(2, BLOCKS)
        .min(groups);
    let mut memory = Pooled::new(
        blocks
            .checked_mul(sums_len)?
            .checked_mul(size_of::<S::T>())?,
    )?;
    let all_sums: &mut [S::T] = memory.as_mut_slice();
    let to = Shared(all_sums.as_mut_ptr());
    let work = gather.work().saturating_mul(gather.batch) / 4;
    parallel(work, blocks, &|task| {
        let to = &to;
        let end = |block: usize| groups * block / blocks;
        let mut memory = Buffer::take();
        let zeros_len = widths[0].max(widths[1]);
        let room = memory.room::<S::T>(POINTS * (planes[0] + planes[1]) + zeros_len);
        for group in end(task)..end(task + 1) {
            let tiles = group * size..grid.len().min((group + 1) * size);
            // SAFETY: the room holds the points of all tiles for channels and filters, and zeros of a pixel; places lie
            // inside input and gradient as the grid says; each block has sums of its own; the processor has the
            // instruction set.
            unsafe {
                let zeros = room.add(POINTS * (planes[0] + planes[1]));
                std::slice::from_raw_parts_mut(zeros, zeros_len).fill(S::T::ZERO);
                let gradients = room.add(POINTS * planes[0]);
                for (t, index) in tiles.clone().enumerate() {
                    let outside = zeros.cast_const();
                    let input = Points {
                        points: room.add(t * widths[0]),
                        plane: planes[0],
                        len: channels,
                    };
                    let at = |pixel: usize| x.as_ptr().add(pixel * channels);
                    let ahead = grid.ahead(index, x.as_ptr(), channels);
                    S::winograd_input(&input, &grid.reads(index, outside, at), &ahead);
                    let gradient = Points {
                        points: gradients.add(t * widths[1]),
                        plane: planes[1],
                        len: filters,
                    };
                    let at = |pixel: usize| dy.as_ptr().add(pixel * filters);
                    let places = grid.writes(index, outside, at);
                    S::winograd_gradient(&gradient, &places);
                }
                for point in 0..POINTS {
                    for panel in &panels {
                        let kernels = S::PRODUCTS[panel.vectors - 1];
                        let pieces = channels.div_ceil(kernels.len());
                        for piece in 0..pieces {
                            let at = |piece: usize| channels * piece / pieces;
                            let (first, rows) = (at(piece), at(piece + 1) - at(piece));
                            let sum = task * sums_len + point * point_len + first * widths[1];
                            kernels[rows - 1](&Products {
                                x: room.add(point * planes[0] + first),
                                dy: gradients.add(point * planes[1] + panel.start),
                                loops: [(1, 0, 0), (1, 0, 0), (tiles.len(), widths[0], widths[1])],
                                to: to.0.add(sum + panel.start),
                                to_stride: widths[1],
                                tail: S::LANES,
                                row_stride: 1,
                                lanewise: false,
                                accumulate: group > end(task),
                            });
                        }
                    }
                }
            }
        }
    });
    collect::<S>(geometry, &gather, (all_sums, sums_len, widths[1]), dw);
    Some(())
}

/// Adds the sums of the blocks, in their order, and brings them back from the points to the taps.
fn collect<S: Family>(
    geometry: &Geometry,
    gather: &Gather,
    (sums, sums_len, width): (&mut [S::T], usize, usize),
    dw: &mut [S::T],
) {
    let strides = Strides::forward(geometry);
    let mut taps = Vec::with_capacity(9);
    for_each_tap(gather, |tap| taps.push(strides.tap(tap)));
    let (channels, filters) = (geometry.channels, geometry.filters);
    let (first, others) = sums.split_at_mut(sums_len);
    // A chunk is what all points have of one channel: rows of different points are far apart, so it goes by points.
    crate::kernels::threads::for_each_chunk(first, channels * width, |point, sum| {
        for block in others.chunks_exact(sums_len) {
            let block = &block[point * channels * width..][..channels * width];
            for (sum, &x) in sum.iter_mut().zip(block) {
                *sum += x;
            }
        }
    });
    let first = &*first;
    crate::kernels::threads::for_each_chunk(dw, S::LANES * channels * 9, |vector, dw| {
        let mut out = vec![S::T::ZERO; 9 * S::LANES];
        let real = S::LANES.min(filters - vector * S::LANES);
        for channel in 0..channels {
            let points = Points {
                points: first[channel * width + vector * S::LANES..]
                    .as_ptr()
                    .cast_mut(),
                plane: channels * width,
                len: S::LANES,
            };
            // SAFETY: the points are only read, a whole vector of each; `out` has room for nine vectors; the processor
            // has the instruction set, as the caller says.
            unsafe { S::winograd_weight_back(&points, out.as_mut_ptr()) };
            for (values, &tap) in out.chunks_exact(S::LANES).zip(&taps) {
                for (f, &value) in values[..real].iter().enumerate() {
                    dw[f * strides.filter + channel * strides.channel + tap] = value;
                }
            }
        }
    });
}
