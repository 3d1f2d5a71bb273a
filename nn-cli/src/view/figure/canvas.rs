//! A picture to draw on: smooth lines, dots, rectangles and text.

use image::{Rgb, RgbImage};

use super::font;
use super::palette::Tone;

/// A colour, red, green and blue.
pub type Colour = [u8; 3];

/// Background of the picture.
pub const PAPER: Colour = Tone::Paper.light();
/// Text and axes.
pub const INK: Colour = Tone::Ink.light();
/// Less important text.
pub const QUIET: Colour = Tone::Quiet.light();
/// Lines of the grid.
pub const GRID: Colour = Tone::Grid.light();
/// First series: blue.
pub const FIRST: Colour = Tone::First.light();

/// Which point of a text stands at the given place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// The left end.
    Left,
    /// The middle.
    Centre,
    /// The right end.
    Right,
}

/// The picture being drawn; `y` grows downwards.
pub struct Canvas {
    image: RgbImage,
}

impl Canvas {
    /// A picture of one colour.
    pub fn new(width: u32, height: u32, paper: Colour) -> Self {
        Canvas {
            image: RgbImage::from_pixel(width, height, Rgb(paper)),
        }
    }

    /// The finished picture.
    pub fn into_image(self) -> RgbImage {
        self.image
    }

    fn blend(&mut self, x: u32, y: u32, colour: Colour, share: f32) {
        let pixel = self.image.get_pixel_mut(x, y);
        for (old, new) in pixel.0.iter_mut().zip(colour) {
            let mixed = f32::from(*old) + (f32::from(new) - f32::from(*old)) * share;
            *old = mixed.round().clamp(0.0, 255.0) as u8;
        }
    }

    /// Fills a rectangle on whole pixels.
    pub fn fill(&mut self, left: f32, top: f32, width: f32, height: f32, colour: Colour) {
        let end = |from: f32, size: f32, limit: u32| {
            (from + size).round().clamp(0.0, limit as f32) as u32
        };
        let (right, bottom) = (
            end(left, width, self.image.width()),
            end(top, height, self.image.height()),
        );
        for y in (top.round().max(0.0) as u32)..bottom {
            for x in (left.round().max(0.0) as u32)..right {
                self.image.put_pixel(x, y, Rgb(colour));
            }
        }
    }

    /// Lays a colour over a rectangle on whole pixels.
    pub fn shade(
        &mut self,
        left: f32,
        top: f32,
        width: f32,
        height: f32,
        colour: Colour,
        share: f32,
    ) {
        if share >= 1.0 {
            // A hairline stays one pixel, wherever it falls.
            return self.fill(left, top, width.max(1.0), height.max(1.0), colour);
        }
        let end = |at: f32, limit: u32| at.round().clamp(0.0, limit as f32) as u32;
        let (right, bottom) = (
            end(left + width, self.image.width()),
            end(top + height, self.image.height()),
        );
        for y in end(top, self.image.height())..bottom {
            for x in end(left, self.image.width())..right {
                self.blend(x, y, colour, share);
            }
        }
    }

    /// Fills an outline, column by column of pixels, where it is crossed an odd number of times on the way down.
    pub fn area(&mut self, points: &[(f32, f32)], colour: Colour, share: f32) {
        let low = points.iter().map(|p| p.0).fold(f32::INFINITY, f32::min);
        let high = points.iter().map(|p| p.0).fold(f32::NEG_INFINITY, f32::max);
        if low >= high {
            return;
        }
        let limit = self.image.width() as f32;
        for x in (low.floor().clamp(0.0, limit) as u32)..(high.ceil().clamp(0.0, limit) as u32) {
            let middle = x as f32 + 0.5;
            let mut crossings: Vec<f32> = points
                .iter()
                .zip(points.iter().cycle().skip(1))
                .filter(|(a, b)| (a.0 <= middle) != (b.0 <= middle))
                .map(|(a, b)| a.1 + (b.1 - a.1) * (middle - a.0) / (b.0 - a.0))
                .collect();
            crossings.sort_by(f32::total_cmp);
            for pair in crossings.chunks_exact(2) {
                let bottom = self.image.height() as f32;
                let (from, to) = (
                    pair[0].round().clamp(0.0, bottom),
                    pair[1].round().clamp(0.0, bottom),
                );
                for y in from as u32..to as u32 {
                    self.blend(x, y, colour, share);
                }
            }
        }
    }

    /// Draws a line through `points` with round ends and corners. Each pixel takes the colour by the share of it that the
    /// line covers, and takes it once only, however often the line passes over it.
    pub fn stroke(&mut self, points: &[(f32, f32)], width: f32, colour: Colour, opacity: f32) {
        let reach = width / 2.0 + 1.0;
        let bound = |values: &mut dyn Iterator<Item = f32>, limit: u32| {
            let (low, high) = values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), v| {
                (low.min(v), high.max(v))
            });
            (
                (low - reach).floor().clamp(0.0, limit as f32) as usize,
                (high + reach).ceil().clamp(0.0, limit as f32) as usize,
            )
        };
        let (left, right) = bound(&mut points.iter().map(|p| p.0), self.image.width());
        let (top, bottom) = bound(&mut points.iter().map(|p| p.1), self.image.height());
        if points.is_empty() || left >= right || top >= bottom {
            return;
        }
        let mut cover = vec![0.0_f32; (right - left) * (bottom - top)];
        let single = [points[0], points[0]];
        let segments = if points.len() == 1 {
            &single[..]
        } else {
            points
        };
        for pair in segments.windows(2) {
            let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
            let span = |a: f32, b: f32, low: usize, high: usize| {
                let from = (a.min(b) - reach).floor().clamp(low as f32, high as f32) as usize;
                (
                    from,
                    (a.max(b) + reach).ceil().clamp(low as f32, high as f32) as usize,
                )
            };
            let (x0, x1) = span(ax, bx, left, right);
            let (y0, y1) = span(ay, by, top, bottom);
            let (dx, dy) = (bx - ax, by - ay);
            let length = dx * dx + dy * dy;
            for y in y0..y1 {
                for x in x0..x1 {
                    let (px, py) = (x as f32 + 0.5 - ax, y as f32 + 0.5 - ay);
                    let along = if length > 0.0 {
                        ((px * dx + py * dy) / length).clamp(0.0, 1.0)
                    } else {
                        0.0
                    };
                    let distance = (px - along * dx).hypot(py - along * dy);
                    let share = (width / 2.0 + 0.5 - distance).clamp(0.0, 1.0);
                    let cell = &mut cover[(y - top) * (right - left) + x - left];
                    *cell = cell.max(share);
                }
            }
        }
        for y in top..bottom {
            for x in left..right {
                let share = cover[(y - top) * (right - left) + x - left];
                if share > 0.0 {
                    self.blend(x as u32, y as u32, colour, share * opacity);
                }
            }
        }
    }

    /// Writes a line of text whose capitals are `size` pixels high, its baseline at `y`.
    pub fn text(&mut self, text: &str, x: f32, y: f32, size: f32, colour: Colour, anchor: Anchor) {
        let width = font::width(text, size);
        let x = match anchor {
            Anchor::Left => x,
            Anchor::Centre => x - width / 2.0,
            Anchor::Right => x - width,
        };
        for line in font::strokes(text, x, y, size) {
            self.stroke(&line, font::weight(size), colour, 1.0);
        }
    }

    /// As [`text`](Self::text), running upwards.
    pub fn upright(
        &mut self,
        text: &str,
        x: f32,
        y: f32,
        size: f32,
        colour: Colour,
        anchor: Anchor,
    ) {
        let width = font::width(text, size);
        let start = match anchor {
            Anchor::Left => y,
            Anchor::Centre => y + width / 2.0,
            Anchor::Right => y + width,
        };
        for line in font::strokes(text, 0.0, 0.0, size) {
            let turned: Vec<(f32, f32)> = line
                .iter()
                .map(|(along, up)| (x + up, start - along))
                .collect();
            self.stroke(&turned, font::weight(size), colour, 1.0);
        }
    }
}
