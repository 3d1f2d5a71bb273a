//! The largest element of each window, and the way back to it.

use std::ops::Range;

use super::{Link, Map, Source, Strip, piece, piece_mut, strips};
use crate::kernels::float::Float;
use crate::kernels::math::dispatch::{
    CHEAP, Disjoint, Kernel, is_single, rows_per_task, run_parallel,
};

/// The number of a place within its window.
pub trait Code: Copy + Default + PartialEq + Send + Sync {
    /// From a number that fits.
    fn new(number: u32) -> Self;
    /// The number.
    fn number(self) -> u32;
}

impl Code for u8 {
    #[inline(always)]
    fn new(number: u32) -> u8 {
        number as u8
    }
    #[inline(always)]
    fn number(self) -> u32 {
        u32::from(self)
    }
}

impl Code for u32 {
    #[inline(always)]
    fn new(number: u32) -> u32 {
        number
    }
    #[inline(always)]
    fn number(self) -> u32 {
        self
    }
}

/// How the taps of three axes become one number: what those of depth and height count.
fn factors(map: Map<'_>) -> [usize; 2] {
    let (height, width) = (map.axes[1].most(), map.axes[2].most());
    [height.saturating_mul(width), width]
}

/// The most places of a window: codes lie below it.
pub fn window(map: Map<'_>) -> usize {
    factors(map)[0].saturating_mul(map.axes[0].most())
}

impl Source {
    #[inline(always)]
    fn code(&self, factors: [usize; 2]) -> usize {
        self.taps[0] * factors[0] + self.taps[1] * factors[1]
    }
}

struct Forward<'a, T, I> {
    x: &'a [T],
    map: Map<'a>,
    factors: [usize; 2],
    y: Disjoint<'a, T>,
    /// Empty if the places are not asked for.
    codes: Disjoint<'a, I>,
}

/// One place of the output.
struct Largest<'a, T, I> {
    x: &'a [T],
    channels: usize,
    factors: [usize; 2],
    sources: &'a [Source],
    links: &'a [Link],
    y: &'a mut [T],
    codes: &'a mut [I],
}

impl<T: Float, I: Code> Strip for Largest<'_, T, I> {
    const WIDE: bool = false;

    #[inline(always)]
    fn strip<const W: usize>(&mut self, at: usize) {
        let mut best = [T::NEG_INFINITY; W];
        let first = match (self.sources.first(), self.links.first()) {
            (Some(source), Some(link)) => (source.code(self.factors) + link.tap) as u32,
            _ => 0,
        };
        let mut codes = [first; W];
        for source in self.sources {
            let code = source.code(self.factors);
            for link in self.links {
                let code = (code + link.tap) as u32;
                let x = piece::<W, T>(self.x, source.first + link.place * self.channels + at);
                for i in 0..W {
                    let larger = (x[i] > best[i]) | x[i].is_nan();
                    best[i] = if larger { x[i] } else { best[i] };
                    codes[i] = if larger { code } else { codes[i] };
                }
            }
        }
        *piece_mut::<W, T>(self.y, at) = best;
        if !self.codes.is_empty() {
            let out = piece_mut::<W, I>(self.codes, at);
            for i in 0..W {
                out[i] = I::new(codes[i]);
            }
        }
    }
}

impl<T: Float, I: Code> Kernel for Forward<'_, T, I> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let (channels, width, factors) = (self.map.channels, &self.map.axes[2], self.factors);
        let mut sources = Vec::new();
        for row in range {
            self.map.sources(row, &mut sources);
            // SAFETY: item i is row i.
            let y = unsafe { self.y.range(self.map.row(row)) };
            // SAFETY: as above.
            let codes = unsafe { self.codes.range_or_empty(self.map.row(row)) };
            for (place, y) in y.chunks_exact_mut(channels).enumerate() {
                let codes = match codes.is_empty() {
                    true => &mut [][..],
                    false => &mut codes[place * channels..][..channels],
                };
                let (x, sources, links) = (self.x, &sources[..], width.links(place));
                strips(
                    channels,
                    Largest {
                        x,
                        channels,
                        factors,
                        sources,
                        links,
                        y,
                        codes,
                    },
                );
            }
        }
    }
}

/// y = the largest x of the places each output is linked to, channel by channel; NaN if one is, −∞ if there are none.
/// `codes` gets the number of the place within its window, unless it is empty; of equal elements the first counts.
///
/// # Panics
/// If the lengths do not fit; callers in this crate have checked them.
pub fn maximum<T: Float, I: Code>(x: &[T], map: Map<'_>, y: &mut [T], codes: &mut [I]) {
    assert_eq!([x.len(), y.len()], [map.inputs(), map.outputs()]);
    assert!(codes.is_empty() || codes.len() == y.len());
    assert!(codes.is_empty() || window(map) <= 1 << (8 * size_of::<I>()));
    if y.is_empty() {
        return;
    }
    let work = y.len().max(x.len()) / map.rows();
    let kernel = Forward {
        x,
        map,
        factors: factors(map),
        y: Disjoint::new(y),
        codes: Disjoint::new(codes),
    };
    run_parallel(&kernel, map.rows(), rows_per_task(work, CHEAP));
}

struct Backward<'a, T, I> {
    dy: &'a [T],
    codes: &'a [I],
    /// From outputs to inputs.
    map: Map<'a>,
    factors: [usize; 2],
    dx: Disjoint<'a, T>,
}

impl<T: Float, I: Code> Backward<'_, T, I> {
    /// One place of the input. The loops run over all channels at once: unrolled by strips, they become branches, which
    /// no processor can foresee here.
    #[inline(always)]
    fn place(&self, sources: &[Source], links: &[Link], dx: &mut [T]) {
        let channels = dx.len();
        let mut first = true;
        for source in sources {
            let code = source.code(self.factors);
            for link in links {
                let code = (code + link.tap) as u32;
                let place = source.first + link.place * channels;
                let codes = &self.codes[place..place + channels];
                let dy = &self.dy[place..place + channels];
                if first {
                    for ((dx, dy), of) in dx.iter_mut().zip(dy).zip(codes) {
                        *dx = if of.number() == code { *dy } else { T::ZERO };
                    }
                } else {
                    for ((dx, dy), of) in dx.iter_mut().zip(dy).zip(codes) {
                        *dx += if of.number() == code { *dy } else { T::ZERO };
                    }
                }
                first = false;
            }
        }
        if first {
            dx.fill(T::ZERO);
        }
    }
}

impl<T: Float, I: Code> Kernel for Backward<'_, T, I> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let width = &self.map.axes[2];
        let mut sources = Vec::new();
        for row in range {
            self.map.sources(row, &mut sources);
            // SAFETY: item i is row i.
            let dx = unsafe { self.dx.range(self.map.row(row)) };
            for (place, dx) in dx.chunks_exact_mut(self.map.channels).enumerate() {
                self.place(&sources, width.links(place), dx);
            }
        }
    }
}

/// The way back of [`maximum`]: dx = Σ dy over the windows whose largest element x is. `map` is that of the way there,
/// `back` the same with transposed axes.
///
/// # Panics
/// If the lengths do not fit.
pub fn maximum_backward<T: Float, I: Code>(
    dy: &[T],
    codes: &[I],
    map: Map<'_>,
    back: Map<'_>,
    dx: &mut [T],
) {
    assert_eq!([dy.len(), codes.len()], [map.outputs(); 2]);
    assert_eq!([dy.len(), dx.len()], [back.inputs(), back.outputs()]);
    if dx.is_empty() {
        return;
    }
    let work = dx.len() / back.rows();
    let kernel = Backward {
        dy,
        codes,
        map: back,
        factors: factors(map),
        dx: Disjoint::new(dx),
    };
    run_parallel(&kernel, back.rows(), rows_per_task(work, CHEAP));
}
