//! Loops over places of images: maxima of windows, and sums of places with weights.
//!
//! Images are channels-last: `[samples, depth, height, width, channels]`, with sizes of 1 for axes that are absent. How
//! the places of the output follow from those of the input is told axis by axis ([`Axis`]); everything on the way back
//! is the same loop with the axes [transposed](Axis::transposed), so that each task writes places of its own.

pub mod maximum;
pub mod resample;

use std::ops::Range;

/// One place an output is made from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// The place on the axis of the input.
    pub place: usize,
    /// How manyth of the output's places it is.
    pub tap: usize,
    /// What it is multiplied by.
    pub weight: f64,
}

/// For each place of the output on one axis, the places of the input it is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    inputs: usize,
    /// Where the links of each output start; one more than there are outputs.
    starts: Vec<usize>,
    links: Vec<Link>,
}

impl Axis {
    /// An axis of `inputs` places, from the places and weights of each output.
    ///
    /// # Panics
    /// If a place is not one of the input's.
    pub fn new<L: IntoIterator<Item = (usize, f64)>>(
        inputs: usize,
        outputs: usize,
        places: impl Fn(usize) -> L,
    ) -> Axis {
        let (mut starts, mut links) = (vec![0], Vec::new());
        for output in 0..outputs {
            for (tap, (place, weight)) in places(output).into_iter().enumerate() {
                assert!(place < inputs);
                links.push(Link { place, tap, weight });
            }
            starts.push(links.len());
        }
        Axis {
            inputs,
            starts,
            links,
        }
    }

    /// An axis that is absent: one place, as it is.
    pub fn single() -> Axis {
        Axis::new(1, 1, |_| [(0, 1.0)])
    }

    /// The places of the input.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The places of the output.
    pub fn outputs(&self) -> usize {
        self.starts.len() - 1
    }

    /// The most places an output is made from.
    pub fn most(&self) -> usize {
        self.starts
            .windows(2)
            .map(|s| s[1] - s[0])
            .max()
            .unwrap_or(0)
    }

    #[inline(always)]
    fn links(&self, output: usize) -> &[Link] {
        &self.links[self.starts[output]..self.starts[output + 1]]
    }

    /// The same links seen from the input: places are those of the output, taps and weights stay.
    #[must_use]
    pub fn transposed(&self) -> Axis {
        let mut starts = vec![0; self.inputs + 1];
        for link in &self.links {
            starts[link.place + 1] += 1;
        }
        for i in 0..self.inputs {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut links = self.links.clone();
        for output in 0..self.outputs() {
            for &link in self.links(output) {
                links[next[link.place]] = Link {
                    place: output,
                    ..link
                };
                next[link.place] += 1;
            }
        }
        Axis {
            inputs: self.outputs(),
            starts,
            links,
        }
    }
}

/// Images and how their places become others.
#[derive(Clone, Copy, Debug)]
pub struct Map<'a> {
    /// The number of images.
    pub samples: usize,
    /// The channels of a place.
    pub channels: usize,
    /// Depth, height and width.
    pub axes: &'a [Axis; 3],
}

impl Map<'_> {
    fn inputs(&self) -> usize {
        self.axes.iter().map(Axis::inputs).product::<usize>() * self.samples * self.channels
    }

    fn outputs(&self) -> usize {
        self.axes.iter().map(Axis::outputs).product::<usize>() * self.samples * self.channels
    }

    /// Rows of places of the output: what a task takes some of.
    fn rows(&self) -> usize {
        self.samples * self.axes[0].outputs() * self.axes[1].outputs()
    }

    /// The elements of an output row.
    fn row(&self, row: usize) -> Range<usize> {
        let len = self.axes[2].outputs() * self.channels;
        row * len..(row + 1) * len
    }

    /// The input rows that an output row is made from.
    #[inline(always)]
    fn sources(&self, row: usize, into: &mut Vec<Source>) {
        let [depth, height, width] = self.axes;
        let (plane, h) = (row / height.outputs(), row % height.outputs());
        let (sample, d) = (plane / depth.outputs(), plane % depth.outputs());
        into.clear();
        for deep in depth.links(d) {
            for high in height.links(h) {
                let row = (sample * depth.inputs() + deep.place) * height.inputs() + high.place;
                into.push(Source {
                    first: row * width.inputs() * self.channels,
                    taps: [deep.tap, high.tap],
                    weight: deep.weight * high.weight,
                });
            }
        }
    }
}

/// A row of places of the input.
struct Source {
    /// Its first element.
    first: usize,
    /// Of depth and height.
    taps: [usize; 2],
    weight: f64,
}

/// What is done with some channels of one place of the output.
trait Strip {
    /// Whether strips of two vectors pay; with more than one array in a loop, the compiler spills them.
    const WIDE: bool;
    /// Channels `at..at + W`. A strip may be done again as part of another.
    fn strip<const W: usize>(&mut self, at: usize);
}

/// All channels, in strips as wide as vectors; the last may overlap the one before.
#[inline(always)]
fn strips<S: Strip>(channels: usize, mut f: S) {
    match channels {
        16.. => {
            let mut at = 0;
            while S::WIDE && at + 32 <= channels {
                f.strip::<32>(at);
                at += 32;
            }
            while at + 16 <= channels {
                f.strip::<16>(at);
                at += 16;
            }
            if at < channels {
                f.strip::<16>(channels - 16);
            }
        }
        8..16 => {
            f.strip::<8>(0);
            f.strip::<8>(channels - 8);
        }
        4..8 => {
            f.strip::<4>(0);
            f.strip::<4>(channels - 4);
        }
        _ => {
            for at in 0..channels {
                f.strip::<1>(at);
            }
        }
    }
}

#[inline(always)]
fn piece<const W: usize, T>(x: &[T], at: usize) -> &[T; W] {
    match x[at..].first_chunk() {
        Some(piece) => piece,
        None => unreachable!("strips end at the last channel"),
    }
}

#[inline(always)]
fn piece_mut<const W: usize, T>(x: &mut [T], at: usize) -> &mut [T; W] {
    match x[at..].first_chunk_mut() {
        Some(piece) => piece,
        None => unreachable!("strips end at the last channel"),
    }
}

#[cfg(test)]
mod tests;
