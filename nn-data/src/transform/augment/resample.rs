//! The one pass that moves pixels: rows are copied where they only shift, otherwise values are interpolated.

use super::geometry::{Map, Shift, reflect, reflect_place};
use super::picture::{Beyond, Frame};
use super::settings::Interpolation;

/// Channels that are interpolated together.
const LANES: usize = 4;

/// The old picture with a border, and the places of one row of the new one.
#[derive(Default)]
pub(super) struct Taps {
    one: Vec<[f32; 1]>,
    four: Vec<[f32; LANES]>,
    row_one: Vec<[f32; 1]>,
    row_four: Vec<[f32; LANES]>,
    row: Row,
}

/// Where the pixels of a row of the new picture come from.
#[derive(Default)]
struct Row {
    /// Columns and rows in the old picture.
    x: Vec<f32>,
    y: Vec<f32>,
    /// The upper left of the four pixels around.
    at: Vec<u32>,
    /// The way from it to the next column and row, 0 to 1.
    across: Vec<f32>,
    down: Vec<f32>,
}

/// Rows or columns of border: one before the picture, two after it. A place beyond is brought to the border, where the next pixel
/// has no weight but must exist.
const BORDER: usize = 3;

/// Moves the pixels of `planes` as `map` says, after a displacement by `field` (x and y, in pixels). Returns whether the result is in
/// `spare`; otherwise it is in `planes`.
#[allow(clippy::too_many_arguments)]
pub(super) fn resample(
    frame: &Frame,
    map: Map,
    field: Option<(&[f32], &[f32])>,
    beyond: Beyond,
    interpolation: Interpolation,
    planes: &mut [f32],
    spare: &mut [f32],
    taps: &mut Taps,
) -> bool {
    if let (Some((across, down)), None) = (map.shifts(), field) {
        if across.is_still() && down.is_still() {
            return false;
        }
        copy_rows(frame, across, down, beyond, planes, spare);
        return true;
    }
    let Taps {
        one,
        four,
        row_one,
        row_four,
        row,
    } = taps;
    let mut first = 0;
    while first < frame.channels {
        let mut group = Group {
            frame,
            first,
            count: (frame.channels - first).min(LANES),
            map,
            field,
            beyond,
            interpolation,
        };
        if group.count == 1 {
            group.sample::<1>(planes, one, row, row_one);
        } else {
            group.count = group.count.min(LANES);
            group.sample::<LANES>(planes, four, row, row_four);
        }
        first += group.count;
    }
    false
}

/// Copies rows, moved and perhaps mirrored.
fn copy_rows(
    frame: &Frame,
    across: Shift,
    down: Shift,
    beyond: Beyond,
    planes: &[f32],
    spare: &mut [f32],
) {
    let Frame { height, width, .. } = *frame;
    let (h, w) = (height as i64, width as i64);
    // The columns `inside` of the new picture come from within the old one.
    let (start, end) = if across.mirrored {
        (across.from - (w - 1), across.from + 1)
    } else {
        (-across.from, w - across.from)
    };
    let inside = start.clamp(0, w) as usize..end.clamp(0, w) as usize;
    let from_source = planes.chunks_exact(frame.area());
    let to_channels = spare.chunks_exact_mut(frame.area());
    for (channel, (from, to)) in from_source.zip(to_channels).enumerate() {
        for (y, line) in to.chunks_exact_mut(width).enumerate() {
            let source = down.source(y);
            let row = match beyond {
                _ if (0..h).contains(&source) => source as usize,
                Beyond::Level(levels) => {
                    line.fill(Beyond::level(&levels, channel));
                    continue;
                }
                Beyond::Edge => source.clamp(0, h - 1) as usize,
                Beyond::Reflect => reflect(source, height),
            };
            let old = &from[row * width..(row + 1) * width];
            if !inside.is_empty() {
                let (a, b) = (across.source(inside.start), across.source(inside.end - 1));
                let piece = &old[a.min(b) as usize..=a.max(b) as usize];
                let place = &mut line[inside.clone()];
                if across.mirrored {
                    for (to, &from) in place.iter_mut().rev().zip(piece) {
                        *to = from;
                    }
                } else {
                    place.copy_from_slice(piece);
                }
            }
            for x in (0..inside.start).chain(inside.end..width) {
                line[x] = match beyond {
                    Beyond::Level(levels) => Beyond::level(&levels, channel),
                    Beyond::Edge => old[across.source(x).clamp(0, w - 1) as usize],
                    Beyond::Reflect => old[reflect(across.source(x), width)],
                };
            }
        }
    }
}

/// Up to [`LANES`] channels that are interpolated together.
struct Group<'a> {
    frame: &'a Frame,
    first: usize,
    count: usize,
    map: Map,
    field: Option<(&'a [f32], &'a [f32])>,
    beyond: Beyond,
    interpolation: Interpolation,
}

impl Group<'_> {
    fn sample<const L: usize>(
        &self,
        planes: &mut [f32],
        taps: &mut Vec<[f32; L]>,
        row: &mut Row,
        line: &mut Vec<[f32; L]>,
    ) {
        let Frame { height, width, .. } = *self.frame;
        let area = self.frame.area();
        let group = &mut planes[self.first * area..(self.first + self.count) * area];
        self.surround(group, taps);
        row.resize(width);
        line.resize(width, [0.0; L]);
        let stride = width + BORDER;
        for y in 0..height {
            self.locate(y, row);
            match self.interpolation {
                Interpolation::Bilinear => row.bilinear(taps, stride, line),
                Interpolation::Nearest => row.nearest(taps, line),
            }
            for (lane, plane) in group.chunks_exact_mut(area).enumerate() {
                let to = &mut plane[y * width..(y + 1) * width];
                for (to, from) in to.iter_mut().zip(line.iter()) {
                    *to = from[lane];
                }
            }
        }
    }

    /// Puts the pixels of the group, channels side by side, into a frame of what lies beyond.
    fn surround<const L: usize>(&self, group: &[f32], taps: &mut Vec<[f32; L]>) {
        let Frame { height, width, .. } = *self.frame;
        let (area, stride) = (height * width, width + BORDER);
        taps.resize((height + BORDER) * stride, [0.0; L]);
        let mut level = [0.0; L];
        if let Beyond::Level(levels) = &self.beyond {
            for (lane, level) in level.iter_mut().enumerate() {
                *level = Beyond::level(levels, self.first + lane);
            }
            taps[..stride].fill(level);
            taps[(height + 1) * stride..].fill(level);
        }
        for y in 0..height {
            let tap_row = &mut taps[(y + 1) * stride..(y + 2) * stride];
            let inner = &mut tap_row[1..=width];
            let row = |lane: usize| &group[lane * area + y * width..][..width];
            match self.count {
                // The common case, colour, in one pass.
                3 if L >= 3 => {
                    let colours = row(0).iter().zip(row(1)).zip(row(2));
                    for (to, ((&r, &g), &b)) in inner.iter_mut().zip(colours) {
                        to[0] = r;
                        to[1] = g;
                        to[2] = b;
                    }
                }
                count => {
                    for lane in 0..count {
                        for (to, &from) in inner.iter_mut().zip(row(lane)) {
                            to[lane] = from;
                        }
                    }
                }
            }
            let (left, right) = match self.beyond {
                Beyond::Level(_) => (level, level),
                Beyond::Edge | Beyond::Reflect => (inner[0], inner[width - 1]),
            };
            tap_row[0] = left;
            tap_row[width + 1..].fill(right);
        }
        if !matches!(self.beyond, Beyond::Level(_)) {
            taps.copy_within(stride..2 * stride, 0);
            for y in height + 1..height + BORDER {
                taps.copy_within(height * stride..(height + 1) * stride, y * stride);
            }
        }
    }

    /// Finds where the pixels of row `y` come from.
    fn locate(&self, y: usize, row: &mut Row) {
        let Frame { height, width, .. } = *self.frame;
        let Map { a, b, c, d, e, f } = self.map;
        let (a32, b32, d32, e32) = (a as f32, b as f32, d as f32, e as f32);
        let (left, top) = ((b * y as f64 + c) as f32, (e * y as f64 + f) as f32);
        // Plain loops over slices of one length, which become vector instructions.
        let (xs, ys) = (&mut row.x[..width], &mut row.y[..width]);
        for at in 0..width {
            let x = at as i32 as f32;
            xs[at] = a32 * x + left;
            ys[at] = d32 * x + top;
        }
        if let Some((across, down)) = self.field {
            let here = y * width..(y + 1) * width;
            let moves = across[here.clone()].iter().zip(&down[here]);
            for ((x, y), (&dx, &dy)) in row.x.iter_mut().zip(&mut row.y).zip(moves) {
                *x += a32 * dx + b32 * dy;
                *y += d32 * dx + e32 * dy;
            }
        }
        if self.beyond == Beyond::Reflect {
            row.x.iter_mut().for_each(|x| *x = reflect_place(*x, width));
            row.y
                .iter_mut()
                .for_each(|y| *y = reflect_place(*y, height));
        }
        let nearer = match self.interpolation {
            Interpolation::Nearest => 0.5,
            Interpolation::Bilinear => 0.0,
        };
        let (most_x, most_y) = (width as f32, height as f32);
        let stride = (width + BORDER) as u32;
        let (xs, ys, places) = (&row.x[..width], &row.y[..width], &mut row.at[..width]);
        let (across, down) = (&mut row.across[..width], &mut row.down[..width]);
        for at in 0..width {
            // One more for the border before the picture, so that nothing is negative. `max` also takes what is no number.
            let x = (xs[at] + nearer).max(-1.0).min(most_x) + 1.0;
            let y = (ys[at] + nearer).max(-1.0).min(most_y) + 1.0;
            let (column, line) = (floor(x), floor(y));
            across[at] = x - column;
            down[at] = y - line;
            let (column, line) = (whole(column), whole(line));
            places[at] = line * stride + column;
        }
    }
}

/// 2²³, from where on all floats are whole numbers.
const ALL_WHOLE: f32 = 8_388_608.0;

/// Rounds down, 0 to below 2²²; unlike `f32::floor` in vector instructions of any processor.
fn floor(x: f32) -> f32 {
    let near = (x + ALL_WHOLE) - ALL_WHOLE;
    if near > x { near - 1.0 } else { near }
}

/// A whole number, 0 to below 2²², as an integer: the low bits of its sum with 2²³.
fn whole(x: f32) -> u32 {
    (x + ALL_WHOLE).to_bits().wrapping_sub(ALL_WHOLE.to_bits())
}

impl Row {
    fn resize(&mut self, width: usize) {
        for values in [&mut self.x, &mut self.y, &mut self.across, &mut self.down] {
            values.resize(width, 0.0);
        }
        self.at.resize(width, 0);
    }

    fn bilinear<const L: usize>(&self, taps: &[[f32; L]], stride: usize, line: &mut [[f32; L]]) {
        let weights = self.across.iter().zip(&self.down);
        for ((to, &at), (&across, &down)) in line.iter_mut().zip(&self.at).zip(weights) {
            let at = at as usize;
            let (top, bottom) = (&taps[at..at + 2], &taps[at + stride..at + stride + 2]);
            for lane in 0..L {
                let above = top[0][lane] + across * (top[1][lane] - top[0][lane]);
                let below = bottom[0][lane] + across * (bottom[1][lane] - bottom[0][lane]);
                to[lane] = above + down * (below - above);
            }
        }
    }

    fn nearest<const L: usize>(&self, taps: &[[f32; L]], line: &mut [[f32; L]]) {
        for (to, &at) in line.iter_mut().zip(&self.at) {
            *to = taps[at as usize];
        }
    }
}
