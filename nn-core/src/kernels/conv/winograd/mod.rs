//! Convolution with kernels of 3×3 and stride 1 by Winograd's minimal filtering F(4×4, 3×3).
//!
//! A tile of 4×4 outputs depends on 6×6 inputs. As products of polynomials, both are evaluated at the points
//! 0, ±¾, ±1½ and ∞ along each axis, where the convolution is a product for each of the 36 points: 36 multiplications
//! instead of 144. Sums over channels happen between the transforms, so for each point they are a matrix product:
//!
//! Y = Aᵀ [ Σ over channels (G w Gᵀ) ⊙ (Bᵀ x B) ] A
//!
//! The gradient of the weight is the adjoint: Gᵀ [ Σ over tiles (Bᵀ x B) ⊙ (A dy Aᵀ) ] G.
//!
//! The points are chosen for small rounding errors: about one part in a million of the largest output.
//!
//! Lavin & Gray 2016, "Fast algorithms for convolutional neural networks".

mod data;
pub(super) mod transform;
mod weight;

pub(super) use data::{run, transform_weight, weight_len};
pub(super) use weight::gradient;

use super::geometry::{Gather, Line};
use transform::Ahead;

/// Places of a tile of outputs along each axis.
const TILE: usize = 4;
/// Places of the input, and points, that belong to it.
const SIDE: usize = 6;
/// Points of a tile.
const POINTS: usize = SIDE * SIDE;

/// Bytes of transformed tiles that a task works on at a time: they are to stay in a core's own cache.
const BLOCK_BYTES: usize = 192 * 1024;
/// How many tiles ahead the input is fetched.
const AHEAD: usize = 4;

/// Whether it can be done this way, and pays: with few channels or filters the transforms cost more than they save.
pub(super) fn suits(gather: &Gather) -> bool {
    let three = |line: &Line| {
        let offsets = line
            .taps
            .windows(2)
            .all(|pair| pair[1].offset == pair[0].offset + 1);
        line.taps.len() == 3 && offsets && line.step == 1 && line.dest_step == 1 && line.count >= 3
    };
    let [depth, height, width] = &gather.lines;
    let flat = depth.taps.len() == 1
        && depth.taps[0].offset == 0
        && depth.step == 1
        && depth.dest_step == 1
        && depth.count == depth.source;
    flat && gather.groups == 1
        && three(height)
        && three(width)
        && gather.channels >= 8
        && gather.filters >= 8
}

/// The tiles of all images.
#[derive(Clone, Copy, Debug)]
struct Grid {
    images: usize,
    /// Tiles along height and width.
    tiles: [usize; 2],
    /// Places of source and destination along height and width.
    source: [usize; 2],
    dest: [usize; 2],
    /// Where the first tap reads.
    offset: [isize; 2],
}

impl Grid {
    fn new(gather: &Gather) -> Grid {
        let [depth, height, width] = &gather.lines;
        let both = |f: fn(&Line) -> usize| [f(height), f(width)];
        Grid {
            images: gather.batch * depth.count,
            tiles: both(|line| line.count.div_ceil(TILE)),
            source: both(|line| line.source),
            dest: both(|line| line.count),
            offset: [height.taps[0].offset, width.taps[0].offset],
        }
    }

    fn len(&self) -> usize {
        self.images * self.tiles[0] * self.tiles[1]
    }

    /// Image, and first row and column, of a tile.
    fn tile(&self, index: usize) -> (usize, usize, usize) {
        let (rest, column) = (index / self.tiles[1], index % self.tiles[1]);
        let (image, row) = (rest / self.tiles[0], rest % self.tiles[0]);
        (image, row * TILE, column * TILE)
    }

    /// Where the 6×6 places that a tile reads lie: `at` a number of pixels of the source, or `outside`.
    #[inline(always)]
    fn reads<P: Copy>(&self, index: usize, outside: P, at: impl Fn(usize) -> P) -> [P; POINTS] {
        let (image, row, column) = self.tile(index);
        let corner = [
            row as isize + self.offset[0],
            column as isize + self.offset[1],
        ];
        places::<P, SIDE, POINTS>(image, corner, self.source, outside, at)
    }

    /// Where the tile [`AHEAD`] of this one will be read, in a source at `start` with so many channels.
    #[inline(always)]
    fn ahead<T>(&self, index: usize, start: *const T, channels: usize) -> Ahead<T> {
        let (image, row, column) = self.tile((index + AHEAD).min(self.len() - 1));
        let pixel = (image * self.source[0] + row) * self.source[1] + column;
        Ahead {
            first: start.wrapping_add(pixel * channels),
            pitch: [self.source[1] * channels, channels],
        }
    }

    /// Where the 4×4 places of a tile lie: `at` a number of pixels of the destination, or `outside`.
    #[inline(always)]
    fn writes<P: Copy>(
        &self,
        index: usize,
        outside: P,
        at: impl Fn(usize) -> P,
    ) -> [P; TILE * TILE] {
        let (image, row, column) = self.tile(index);
        let corner = [row as isize, column as isize];
        places::<P, TILE, { TILE * TILE }>(image, corner, self.dest, outside, at)
    }
}

/// The places of a square of `N` by `N` pixels (`ALL` together) of an image.
#[inline(always)]
fn places<P: Copy, const N: usize, const ALL: usize>(
    image: usize,
    corner: [isize; 2],
    size: [usize; 2],
    outside: P,
    at: impl Fn(usize) -> P,
) -> [P; ALL] {
    let mut all = [outside; ALL];
    for r in 0..N {
        let y = corner[0] + r as isize;
        if y < 0 || y >= size[0] as isize {
            continue;
        }
        let line = (image * size[0] + y as usize) * size[1];
        for c in 0..N {
            let x = corner[1] + c as isize;
            if x >= 0 && x < size[1] as isize {
                all[r * N + c] = at(line + x as usize);
            }
        }
    }
    all
}

/// Tiles that a task works on at a time, for vectors of `channels` and `filters` elements.
fn block<T>(channels: usize, filters: usize) -> usize {
    let tile_bytes = POINTS * (channels + filters) * size_of::<T>();
    (BLOCK_BYTES / tile_bytes / 16 * 16).clamp(16, 128)
}

/// Elements from one point to the next of `tiles` tiles of `width` elements: one cache line more than needed, or the
/// planes would fall on each other in the cache.
fn plane(tiles: usize, width: usize) -> usize {
    tiles * width + 16
}
