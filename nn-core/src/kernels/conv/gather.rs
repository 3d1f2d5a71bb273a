//! Runs a gather: cuts it into tasks for the threads and tiles for the registers.

use super::family::Family;
use super::geometry::Gather;
use super::method::Method;
use super::pack::{Panel, panels, panels_of};
use super::tile::Tile;
use super::window::Window;
use crate::kernels::activation::{Activation, activate_in_place};
use crate::kernels::scratch::Buffer;
use crate::kernels::threads;

/// Multiply-adds below which a second thread does not pay.
const MIN_PARALLEL: usize = 120_000;
/// Multiply-adds from which sleeping threads are woken at once.
const LONG: usize = 2_000_000;
/// Tasks for each thread, where there is only one image.
const TASKS: usize = 4;

/// What is done to each sum on its way to memory: `activation(sum·scale + shift + residual)`, parameters per filter.
#[derive(Clone, Copy, Debug)]
pub struct Finish<'a, T> {
    /// Factors, one per filter of all groups.
    pub scale: Option<&'a [T]>,
    /// Summands, one per filter of all groups.
    pub shift: Option<&'a [T]>,
    /// Another tensor of the output's size and layout.
    pub residual: Option<&'a [T]>,
    /// Applied last.
    pub activation: Activation,
}

impl<T> Default for Finish<'_, T> {
    fn default() -> Self {
        Finish {
            scale: None,
            shift: None,
            residual: None,
            activation: Activation::Identity,
        }
    }
}

/// Memory that tasks write at places of their own.
pub(super) struct Shared<T>(pub *mut T);

// SAFETY: tasks write disjoint places of one exclusively borrowed slice.
unsafe impl<T: Send> Sync for Shared<T> {}

/// Runs `task` for each index, over the threads if `work` multiply-adds are worth it.
pub(super) fn parallel(work: usize, tasks: usize, task: &(dyn Fn(usize) + Sync)) {
    if work < MIN_PARALLEL {
        (0..tasks).for_each(task);
    } else if work < LONG {
        threads::parallel_for(tasks, task);
    } else {
        threads::parallel_for_long(tasks, task);
    }
}

/// How many tasks an image should be cut into.
pub(super) fn bands(images: usize) -> usize {
    (threads::threads() * TASKS).div_ceil(images.max(1))
}

/// Computes `gather`, with weights as its method wants them.
///
/// # Safety
/// The processor has the instruction set of `S`.
pub(super) unsafe fn run<S: Family>(
    gather: &Gather,
    method: Method,
    source: &[S::T],
    weight: &[S::T],
    dest: &mut [S::T],
    finish: &Finish<'_, S::T>,
) {
    let (depthwise, dots) = (method == Method::Depthwise, method == Method::Dots);
    let [depth, height, width] = &gather.lines;
    let images = gather.batch * depth.count;
    let work = gather.work().saturating_mul(gather.batch);
    if images * height.count * width.count == 0 {
        return;
    }
    let window = Window::new::<S::T>(gather, bands(images));
    let filters = gather.groups * gather.filters;
    let row_len = width.dest * filters;
    let pitch = [height.dest * row_len, row_len, filters];
    // Where the positions of a task read and write, counted from its first.
    let positions: Vec<(usize, usize)> = (0..window.rows)
        .flat_map(|r| (0..width.count).map(move |c| (r, c)))
        .map(|(r, c)| {
            (
                r * height.step * window.pitch[1] + c * width.step * window.pitch[2],
                r * height.dest_step * pitch[1] + c * width.dest_step * pitch[2],
            )
        })
        .collect();
    let panels: Vec<Panel> = match method {
        Method::Depthwise => panels_of(filters, S::LANES, 1).collect(),
        Method::Dots => panels_of(filters, filters, 1).collect(),
        _ => panels(gather.filters, S::LANES).collect(),
    };
    let to = Shared(dest.as_mut_ptr());
    let relu = finish.activation == Activation::Relu;
    let task = |task: usize| {
        let to = &to;
        let (image, band) = (task / window.bands, task % window.bands);
        let (image, z) = (image / depth.count, image % depth.count);
        let row = band * window.rows;
        let rows = window.rows.min(height.count - row);
        let places = &positions[..rows * width.count];
        let mut memory = Buffer::take();
        let x = if window.copied {
            let len = window.copy_len(gather);
            // SAFETY: the buffer has room for `len` numbers, which `fill` writes.
            let copy = unsafe { std::slice::from_raw_parts_mut(memory.room::<S::T>(len), len) };
            window.fill(gather, source, (image, z, row), copy);
            &*copy
        } else {
            &source[window.start(gather, image, z, row)..]
        };
        let first = image * depth.dest * pitch[0]
            + (depth.first + z * depth.dest_step) * pitch[0]
            + (height.first + row * height.dest_step) * pitch[1]
            + width.first * pitch[2];
        let mut packed = weight.as_ptr();
        for group in 0..(if depthwise { 1 } else { gather.groups }) {
            for panel in &panels {
                let at = group * gather.filters + panel.start;
                let of =
                    |all: Option<&[S::T]>| all.map_or(std::ptr::null(), |all| all[at..].as_ptr());
                // SAFETY: positions and runs stay inside `x` and `dest` as the window was made for them; tasks write
                // different positions; the processor has the instruction set.
                unsafe {
                    let mut tile = Tile {
                        x: x.as_ptr().add(if depthwise {
                            at
                        } else {
                            group * gather.channels
                        }),
                        at: places.as_ptr(),
                        runs: &window.runs,
                        weight: packed,
                        y: to.0.add(first + at),
                        tail: panel.tail,
                        scale: of(finish.scale),
                        shift: of(finish.shift),
                        residual: finish
                            .residual
                            .map_or(std::ptr::null(), |all| all.as_ptr().add(first + at)),
                        relu,
                    };
                    if depthwise {
                        tile.weight = weight.as_ptr().add(at);
                        depthwise_tiles::<S>(&mut tile, places.len(), filters);
                    } else if dots {
                        S::dots(&tile, places.len(), filters);
                    } else {
                        tiles::<S>(&mut tile, places.len(), panel);
                        let len: usize = window.runs.iter().map(|run| run.len).sum();
                        packed = packed.add(len * panel.vectors * S::LANES);
                    }
                }
            }
        }
        if !relu && finish.activation != Activation::Identity {
            for r in 0..rows {
                // SAFETY: a row of the task's own positions, which lie side by side in a forward pass.
                let row = unsafe {
                    std::slice::from_raw_parts_mut(
                        to.0.add(first + r * pitch[1]),
                        width.count * filters,
                    )
                };
                activate_in_place(finish.activation, row);
            }
        }
    };
    parallel(work, images * window.bands, &task);
}

/// # Safety
/// As `tile`, for each of `count` positions.
pub(super) unsafe fn tiles<S: Family>(tile: &mut Tile<'_, S::T>, count: usize, panel: &Panel) {
    let kernels = S::TILES[panel.vectors - 1];
    let mut left = count;
    for &(size, kernel) in kernels {
        while left >= size {
            // SAFETY: by the contract of this function.
            unsafe {
                kernel(tile);
                tile.at = tile.at.add(size);
            }
            left -= size;
        }
    }
}

/// # Safety
/// As `depthwise_tile`, for each of `count` positions.
unsafe fn depthwise_tiles<S: Family>(tile: &mut Tile<'_, S::T>, count: usize, stride: usize) {
    let mut left = count;
    while left > 0 {
        let one = left < S::DEPTHWISE;
        let size = if one { 1 } else { S::DEPTHWISE };
        // SAFETY: by the contract of this function.
        unsafe {
            S::depthwise(tile, stride, one);
            tile.at = tile.at.add(size);
        }
        left -= size;
    }
}
