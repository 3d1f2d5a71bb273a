//! Weights in the order in which the micro-kernel reads them.

use super::geometry::{Gather, Geometry, Tap};
use crate::kernels::float::Float;

/// How the filters of a group are cut: panels of up to `NV` vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panel {
    /// The first filter.
    pub start: usize,
    /// Vectors.
    pub vectors: usize,
    /// Lanes of the last vector that exist.
    pub tail: usize,
}

/// Cuts `filters` into panels for vectors of `lanes`. Three vectors are taken at once where that leaves nothing over,
/// else two: fewer, and the sources are read more often than they need be; more, and too few positions fit.
pub(super) fn panels(filters: usize, lanes: usize) -> impl Iterator<Item = Panel> {
    let vectors = filters.div_ceil(lanes);
    let thirds = vectors % 2 == 1 && vectors.is_multiple_of(3);
    panels_of(filters, lanes, if thirds { 3 } else { 2 })
}

/// Cuts `filters` into panels of `width` vectors of `lanes`; the last may have fewer.
pub(super) fn panels_of(filters: usize, lanes: usize, width: usize) -> impl Iterator<Item = Panel> {
    let all = filters.div_ceil(lanes);
    (0..all).step_by(width).map(move |first| {
        let vectors = width.min(all - first);
        let start = first * lanes;
        Panel {
            start,
            vectors,
            tail: lanes.min(filters - start - (vectors - 1) * lanes),
        }
    })
}

/// Which index of the weight runs over what.
#[derive(Clone, Copy, Debug)]
pub struct Strides {
    /// From one group to the next.
    pub group: usize,
    /// From one channel that is summed over to the next.
    pub channel: usize,
    /// From one result to the next.
    pub filter: usize,
    /// From one tap to the next, along depth, height and width.
    pub taps: [usize; 3],
}

impl Strides {
    fn of(g: &Geometry, channel: usize, filter: usize) -> Strides {
        let [_, height, width] = g.axes.map(|axis| axis.kernel);
        Strides {
            group: g.filters * g.channels * g.kernel_len(),
            channel,
            filter,
            taps: [height * width, width, 1],
        }
    }

    /// For the forward pass.
    pub fn forward(g: &Geometry) -> Strides {
        Strides::of(g, g.kernel_len(), g.channels * g.kernel_len())
    }

    /// Where a tap lies, from the first.
    pub fn tap(&self, taps: [Tap; 3]) -> usize {
        taps.iter().zip(self.taps).map(|(t, s)| t.k * s).sum()
    }

    /// For the gradient of the input, where filters are summed over.
    pub fn backward(g: &Geometry) -> Strides {
        Strides::of(g, g.channels * g.kernel_len(), g.kernel_len())
    }
}

/// Elements that [`pack`] writes.
pub(super) fn packed_len(gather: &Gather, lanes: usize) -> usize {
    let taps: usize = gather.lines.iter().map(|line| line.taps.len()).product();
    gather.groups * taps * gather.channels * gather.filters.next_multiple_of(lanes)
}

/// The elements of a group: for each panel, for each tap and channel, the filters of the panel, zeros beyond the last.
pub(super) fn pack<T: Float>(
    weight: &[T],
    strides: &Strides,
    gather: &Gather,
    lanes: usize,
    packed: &mut [T],
) {
    let mut packed = packed.iter_mut();
    for group in 0..gather.groups {
        for panel in panels(gather.filters, lanes) {
            let width = panel.vectors * lanes;
            let real = width - lanes + panel.tail;
            for_each_tap(gather, |taps| {
                let tap = strides.tap(taps);
                for channel in 0..gather.channels {
                    let from = group * strides.group
                        + channel * strides.channel
                        + panel.start * strides.filter
                        + tap;
                    let filters = weight[from..].iter().step_by(strides.filter).take(real);
                    for (&w, out) in filters.zip(packed.by_ref()) {
                        *out = w;
                    }
                    packed
                        .by_ref()
                        .take(width - real)
                        .for_each(|out| *out = T::ZERO);
                }
            });
        }
    }
}

/// Calls `f` with the taps along depth, height and width, in the order in which runs read them.
pub(super) fn for_each_tap(gather: &Gather, mut f: impl FnMut([Tap; 3])) {
    let [depth, height, width] = &gather.lines;
    for &d in &depth.taps {
        for &h in &height.taps {
            for &w in &width.taps {
                f([d, h, w]);
            }
        }
    }
}

/// Depthwise: for each tap, the weights of all channels.
pub(super) fn transpose_taps<T: Float>(
    weight: &[T],
    strides: &Strides,
    gather: &Gather,
    packed: &mut [T],
) {
    let mut rows = packed.chunks_exact_mut(gather.groups);
    for_each_tap(gather, |taps| {
        let tap = strides.tap(taps);
        let weights = weight[tap..].iter().step_by(strides.group);
        for (out, &w) in rows.next().into_iter().flatten().zip(weights) {
            *out = w;
        }
    });
}

/// For dot products: for each filter, for each tap, the channels.
pub(super) fn filters_apart<T: Float>(
    weight: &[T],
    strides: &Strides,
    gather: &Gather,
    packed: &mut [T],
) {
    let mut packed = packed.iter_mut();
    for filter in 0..gather.filters {
        for_each_tap(gather, |taps| {
            let tap = strides.tap(taps);
            let weights = weight[filter * strides.filter + tap..]
                .iter()
                .step_by(strides.channel);
            for (&w, out) in weights.take(gather.channels).zip(packed.by_ref()) {
                *out = w;
            }
        });
    }
}
