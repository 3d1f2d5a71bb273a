//! Sums of places with weights: average pooling, upsampling, padding, and the way back of each.

use std::ops::Range;

use super::{Link, Map, Source, Strip, piece, piece_mut, strips};
use crate::kernels::float::Float;
use crate::kernels::math::dispatch::{
    CHEAP, Disjoint, Kernel, is_single, rows_per_task, run_parallel,
};

struct Resample<'a, T> {
    x: &'a [T],
    map: Map<'a>,
    y: Disjoint<'a, T>,
}

/// One place of the output.
struct Sum<'a, T, const FMA: bool> {
    x: &'a [T],
    channels: usize,
    sources: &'a [Source],
    links: &'a [Link],
    y: &'a mut [T],
}

impl<T: Float, const FMA: bool> Strip for Sum<'_, T, FMA> {
    const WIDE: bool = true;

    #[inline(always)]
    fn strip<const W: usize>(&mut self, at: usize) {
        let mut sum = [T::ZERO; W];
        for source in self.sources {
            for link in self.links {
                let weight = T::from_f64(source.weight * link.weight);
                let x = piece::<W, T>(self.x, source.first + link.place * self.channels + at);
                for i in 0..W {
                    sum[i] = x[i].lane_fma::<FMA>(weight, sum[i]);
                }
            }
        }
        *piece_mut::<W, T>(self.y, at) = sum;
    }
}

impl<T: Float> Kernel for Resample<'_, T> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let (channels, width) = (self.map.channels, &self.map.axes[2]);
        let mut sources = Vec::new();
        for row in range {
            self.map.sources(row, &mut sources);
            // SAFETY: item i is row i.
            let y = unsafe { self.y.range(self.map.row(row)) };
            for (place, y) in y.chunks_exact_mut(channels).enumerate() {
                let links = width.links(place);
                let (x, sources) = (self.x, &sources[..]);
                strips(
                    channels,
                    Sum::<T, FMA> {
                        x,
                        channels,
                        sources,
                        links,
                        y,
                    },
                );
            }
        }
    }
}

/// y = Σ weight·x over the places each output is linked to, channel by channel; 0 where there are none.
///
/// ```
/// use nn_core::kernels::spatial::{Axis, Map, resample::resample};
/// // The means of two neighbours.
/// let width = Axis::new(4, 2, |o| [(2 * o, 0.5), (2 * o + 1, 0.5)]);
/// let axes = [Axis::single(), Axis::single(), width];
/// let map = Map { samples: 1, channels: 1, axes: &axes };
/// let mut y = [0.0; 2];
/// resample(&[1.0f32, 3.0, 5.0, 9.0], map, &mut y);
/// assert_eq!(y, [2.0, 7.0]);
/// ```
///
/// # Panics
/// If the lengths do not fit; callers in this crate have checked them.
pub fn resample<T: Float>(x: &[T], map: Map<'_>, y: &mut [T]) {
    assert_eq!([x.len(), y.len()], [map.inputs(), map.outputs()]);
    if y.is_empty() {
        return;
    }
    let work = y.len().max(x.len()) / map.rows();
    let kernel = Resample {
        x,
        map,
        y: Disjoint::new(y),
    };
    run_parallel(&kernel, map.rows(), rows_per_task(work, CHEAP));
}
