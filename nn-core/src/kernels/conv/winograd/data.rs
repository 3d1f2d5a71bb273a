//! The passes towards data.

use super::transform::{Output, Points};
use super::{Grid, POINTS, block, plane};
use crate::kernels::activation::{Activation, activate_in_place};
use crate::kernels::conv::family::Family;
use crate::kernels::conv::gather::{Finish, Shared, parallel, tiles};
use crate::kernels::conv::geometry::Gather;
use crate::kernels::conv::pack::{Panel, Strides, for_each_tap, panels};
use crate::kernels::conv::tile::{Run, Tile};
use crate::kernels::float::Float;
use crate::kernels::scratch::Buffer;
use crate::kernels::threads;

/// Elements of a weight at the points, for vectors of `lanes`: for each point, panel and channel, the panel's filters.
pub(in crate::kernels::conv) fn weight_len(gather: &Gather, lanes: usize) -> usize {
    POINTS * gather.channels * gather.filters.next_multiple_of(lanes)
}

/// Brings a weight to the points.
///
/// # Safety
/// The processor has the instruction set of `S`.
pub(in crate::kernels::conv) unsafe fn transform_weight<S: Family>(
    weight: &[S::T],
    strides: &Strides,
    gather: &Gather,
    to: &mut [S::T],
) {
    let point_len = gather.channels * gather.filters.next_multiple_of(S::LANES);
    assert_eq!(to.len(), POINTS * point_len);
    let mut taps = Vec::with_capacity(9);
    for_each_tap(gather, |tap| taps.push(strides.tap(tap)));
    let mut vectors = vec![S::T::ZERO; 9 * S::LANES];
    let mut panel_start = 0;
    for panel in panels(gather.filters, S::LANES) {
        for channel in 0..gather.channels {
            for v in 0..panel.vectors {
                let first = panel.start + v * S::LANES;
                let real = S::LANES.min(gather.filters - first);
                for (vector, tap) in vectors.chunks_exact_mut(S::LANES).zip(&taps) {
                    let from = channel * strides.channel + first * strides.filter + tap;
                    let filters = weight[from..].iter().step_by(strides.filter);
                    for (to, &w) in vector[..real].iter_mut().zip(filters) {
                        *to = w;
                    }
                    vector[real..].fill(S::T::ZERO);
                }
                let at = panel_start + (channel * panel.vectors + v) * S::LANES;
                let points = Points {
                    points: to[at..].as_mut_ptr(),
                    plane: point_len,
                    len: S::LANES,
                };
                // SAFETY: there are nine vectors of taps, and for each point room for this vector.
                unsafe { S::winograd_weight(&points, vectors.as_ptr()) };
            }
        }
        panel_start += gather.channels * panel.vectors * S::LANES;
    }
}

/// Computes `gather` with weights from [`transform_weight`].
///
/// # Safety
/// The processor has the instruction set of `S`.
pub(in crate::kernels::conv) unsafe fn run<S: Family>(
    gather: &Gather,
    source: &[S::T],
    weight: &[S::T],
    dest: &mut [S::T],
    finish: &Finish<'_, S::T>,
) {
    let grid = Grid::new(gather);
    let (channels, filters) = (gather.channels, gather.filters);
    let widths = [channels, filters].map(|n| n.next_multiple_of(S::LANES));
    // Small enough that each thread gets some.
    let share = grid.len().div_ceil(threads::threads() * 2);
    let size = block::<S::T>(widths[0], widths[1]).min(share.next_multiple_of(8));
    let planes = widths.map(|width| plane(size, width));
    let at: Vec<(usize, usize)> = (0..size).map(|t| (t * widths[0], t * widths[1])).collect();
    let panels: Vec<Panel> = panels(filters, S::LANES).collect();
    let point_len = channels * widths[1];
    let runs = [Run {
        offset: 0,
        len: channels,
    }];
    let relu = finish.activation == Activation::Relu;
    let of = |all: Option<&[S::T]>| all.map_or(std::ptr::null(), <[S::T]>::as_ptr);
    let to = Shared(dest.as_mut_ptr());
    let task = |task: usize| {
        let to = &to;
        let output = Output {
            scale: of(finish.scale),
            shift: of(finish.shift),
            residual: of(finish.residual),
            relu,
        };
        let tiles_here = task * size..grid.len().min((task + 1) * size);
        let mut memory = Buffer::take();
        let room = memory.room::<S::T>(POINTS * (planes[0] + planes[1]) + widths[0]);
        // SAFETY: the room holds the points of all tiles for channels and filters, and zeros of a pixel; places lie
        // inside source and destination as the grid says, and tiles do not overlap in the destination; the processor has
        // the instruction set.
        unsafe {
            let zeros = room.add(POINTS * (planes[0] + planes[1]));
            std::slice::from_raw_parts_mut(zeros, widths[0]).fill(S::T::ZERO);
            let sums = room.add(POINTS * planes[0]);
            for (t, index) in tiles_here.clone().enumerate() {
                let at = |pixel: usize| source.as_ptr().add(pixel * channels);
                let places = grid.reads(index, zeros.cast_const(), at);
                let ahead = grid.ahead(index, source.as_ptr(), channels);
                let points = Points {
                    points: room.add(t * widths[0]),
                    plane: planes[0],
                    len: channels,
                };
                S::winograd_input(&points, &places, &ahead);
            }
            for point in 0..POINTS {
                let mut packed = weight.as_ptr().add(point * point_len);
                for panel in &panels {
                    let mut tile = Tile {
                        x: room.add(point * planes[0]),
                        at: at.as_ptr(),
                        runs: &runs,
                        weight: packed,
                        y: sums.add(point * planes[1] + panel.start),
                        tail: S::LANES,
                        scale: std::ptr::null(),
                        shift: std::ptr::null(),
                        residual: std::ptr::null(),
                        relu: false,
                    };
                    tiles::<S>(&mut tile, tiles_here.len(), panel);
                    packed = packed.add(channels * panel.vectors * S::LANES);
                }
            }
            for (t, index) in tiles_here.enumerate() {
                let places = grid.writes(index, usize::MAX, |pixel| pixel * filters);
                let from = Points {
                    points: sums.add(t * widths[1]),
                    plane: planes[1],
                    len: filters,
                };
                S::winograd_output(&from, to.0, &places, &output);
                if !relu && finish.activation != Activation::Identity {
                    for place in places.into_iter().filter(|&place| place != usize::MAX) {
                        let pixel = std::slice::from_raw_parts_mut(to.0.add(place), filters);
                        activate_in_place(finish.activation, pixel);
                    }
                }
            }
        }
    };
    let work = gather.work().saturating_mul(gather.batch) / 4;
    parallel(work, grid.len().div_ceil(size), &task);
}
