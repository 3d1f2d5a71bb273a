//! The part of the source that a task reads: the source itself where no tap leaves it, else a copy with zeros around.

use super::geometry::{Gather, Line};
use super::tile::Run;
use crate::kernels::float::Float;

/// Bytes that a copy should not exceed: it is to stay in a core's own cache.
const COPY_BYTES: usize = 256 * 1024;

/// How tasks cut a gather, and where its elements lie within a task.
#[derive(Debug)]
pub(super) struct Window {
    /// Channels of the source, all groups.
    pub channels: usize,
    /// Whether tasks copy what they read.
    pub copied: bool,
    /// Rows of positions that a task does, at most.
    pub rows: usize,
    /// Tasks per image and depth.
    pub bands: usize,
    /// Lowest place read, along each axis, by a position at 0.
    low: [isize; 3],
    /// Places of the copy along rows and columns.
    copy: [usize; 2],
    /// Elements between neighbours along depth, height and width, in the source or in the copy.
    pub pitch: [usize; 3],
    /// What a position reads.
    pub runs: Vec<Run>,
}

impl Window {
    /// Plans tasks for a gather; at least `bands` for each image, as far as there are rows.
    pub fn new<T>(gather: &Gather, bands: usize) -> Window {
        let channels = gather.groups * gather.channels;
        let reach = gather.lines.each_ref().map(Line::reach);
        let low = reach.map(|(low, _)| low);
        let [depth, height, width] = &gather.lines;
        let leaves = |line: &Line| {
            let (low, high) = line.reach();
            low < 0 || high > line.source as isize
        };
        let copied = gather.lines.iter().any(leaves);
        let columns = (reach[2].1 - reach[2].0).max(0) as usize;
        let planes = depth.taps.len();
        let kernel_rows = height
            .taps
            .last()
            .map_or(0, |tap| (tap.offset - low[1]) as usize + 1);
        let rows_of = |rows: usize| rows.saturating_sub(1) * height.step + kernel_rows;
        let mut rows = height.count.div_ceil(bands.max(1)).max(1);
        if copied {
            let row_bytes = planes * columns * channels * size_of::<T>();
            let fitting = COPY_BYTES / row_bytes.max(1);
            let fitting = (fitting.saturating_sub(kernel_rows) / height.step.max(1) + 1).max(1);
            // As even as the count allows.
            rows = rows.min(
                height
                    .count
                    .div_ceil(height.count.div_ceil(fitting).max(1))
                    .max(1),
            );
        }
        let copy = [rows_of(rows), columns];
        let pitch = match copied {
            true => [copy[0] * copy[1] * channels, copy[1] * channels, channels],
            false => [
                height.source * width.source * channels,
                width.source * channels,
                channels,
            ],
        };
        let mut runs: Vec<Run> = Vec::new();
        for (plane, d) in depth.taps.iter().enumerate() {
            let plane = if copied {
                plane
            } else {
                (d.offset - low[0]) as usize
            };
            for h in &height.taps {
                let mut end = usize::MAX;
                for w in &width.taps {
                    let offset = plane * pitch[0]
                        + (h.offset - low[1]) as usize * pitch[1]
                        + (w.offset - low[2]) as usize * pitch[2];
                    match runs.last_mut() {
                        Some(run) if gather.groups == 1 && offset == end => {
                            run.len += gather.channels
                        }
                        _ => runs.push(Run {
                            offset,
                            len: gather.channels,
                        }),
                    }
                    end = offset + gather.channels;
                }
            }
        }
        Window {
            channels,
            copied,
            rows,
            bands: height.count.div_ceil(rows),
            low,
            copy,
            pitch,
            runs,
        }
    }

    /// Elements of a task's copy.
    pub fn copy_len(&self, gather: &Gather) -> usize {
        match self.copied {
            true => gather.lines[0].taps.len() * self.pitch[0],
            false => 0,
        }
    }

    /// Where in the source, which needs no copy, the task's first position reads its first element.
    pub fn start(&self, gather: &Gather, image: usize, depth: usize, row: usize) -> usize {
        let [d, h, _] = &gather.lines;
        let at = |line: &Line, position: usize, low: isize| {
            ((position * line.step) as isize + low).max(0) as usize
        };
        image * d.source * self.pitch[0]
            + at(d, depth, self.low[0]) * self.pitch[0]
            + at(h, row, self.low[1]) * self.pitch[1]
            + self.low[2].max(0) as usize * self.pitch[2]
    }

    /// Fills a copy with what the positions from (`depth`, `row`) on read of `image`.
    pub fn fill<T: Float>(
        &self,
        gather: &Gather,
        source: &[T],
        (image, depth, row): (usize, usize, usize),
        copy: &mut [T],
    ) {
        let [d, h, w] = &gather.lines;
        let image_len = d.source * h.source * w.source * self.channels;
        let source = &source[image * image_len..(image + 1) * image_len];
        let row_len = w.source * self.channels;
        // Columns of the copy that lie inside the source.
        let left = (-self.low[2]).clamp(0, self.copy[1] as isize) as usize;
        let from = self.low[2].max(0) as usize;
        let inside = w.source.saturating_sub(from).min(self.copy[1] - left);
        let (left, inside) = (left * self.channels, inside * self.channels);
        let planes = copy.chunks_exact_mut(self.pitch[0].max(1));
        for (tap, plane) in d.taps.iter().zip(planes) {
            let z = (depth * d.step) as isize + tap.offset;
            for (y, line) in plane.chunks_exact_mut(self.pitch[1].max(1)).enumerate() {
                let y = (row * h.step) as isize + self.low[1] + y as isize;
                let exists =
                    (0..d.source as isize).contains(&z) && (0..h.source as isize).contains(&y);
                if !exists {
                    line.fill(T::ZERO);
                    continue;
                }
                let at = (z as usize * h.source + y as usize) * row_len + from * self.channels;
                line[..left].fill(T::ZERO);
                line[left..left + inside].copy_from_slice(&source[at..at + inside]);
                line[left + inside..].fill(T::ZERO);
            }
        }
    }
}
