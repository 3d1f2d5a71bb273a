//! A picture to draw on: smooth lines, dots, rectangles and text.

use image::{Rgb, RgbImage};

use super::font;

/// A colour, red, green and blue.
pub type Colour = [u8; 3];

/// Background of the picture.
pub const PAPER: Colour = [255, 255, 255];
/// Background of a panel.
pub const PANEL: Colour = [248, 249, 251];
/// Text and axes.
pub const INK: Colour = [31, 41, 55];
/// Less important text.
pub const QUIET: Colour = [107, 114, 128];
/// Lines of the grid.
pub const GRID: Colour = [225, 229, 235];
/// First series: blue.
pub const FIRST: Colour = [37, 99, 235];
/// Second series: orange, told apart from the blue with any kind of colour vision.
pub const SECOND: Colour = [234, 108, 12];

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

    /// A filled disc.
    pub fn dot(&mut self, x: f32, y: f32, radius: f32, colour: Colour) {
        self.stroke(&[(x, y)], 2.0 * radius, colour, 1.0);
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
}
