//! A scene as a picture.

use image::RgbImage;

use super::Figure;
use super::canvas::{Anchor, Canvas, INK, PAPER, QUIET};
use super::layout;
use super::palette::{Tone, on_cell};
use super::scene::{Scene, Shape, TextLook};

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 560;
const MARGIN: f32 = 28.0;
const TOP: f32 = 70.0;

/// Paints a scene, `scale` pixels to each of its own.
pub fn image(scene: &Scene, scale: f32) -> RgbImage {
    let side = |length: f32| (length * scale).ceil().clamp(1.0, 16_384.0) as u32;
    let mut canvas = Canvas::new(side(scene.width), side(scene.height), PAPER);
    paint(&mut canvas, scene, (0.0, 0.0), scale);
    canvas.into_image()
}

/// Draws figures side by side under a line of text: the picture of a learning curve.
pub fn side_by_side(title: &str, subtitle: &str, figures: &[Figure]) -> RgbImage {
    let mut canvas = Canvas::new(WIDTH, HEIGHT, PAPER);
    let right = WIDTH as f32 - MARGIN;
    canvas.text(title, MARGIN, 44.0, 15.0, INK, Anchor::Left);
    canvas.text(subtitle, right, 44.0, 11.0, QUIET, Anchor::Right);
    let count = figures.len().max(1) as f32;
    let width = (WIDTH as f32 - MARGIN * (count + 1.0)) / count;
    for (at, figure) in figures.iter().enumerate() {
        let left = MARGIN + at as f32 * (width + MARGIN);
        let height = HEIGHT as f32 - TOP - MARGIN * 0.6;
        let scene = layout::sized(figure, true, width, height);
        paint(&mut canvas, &scene, (left, TOP), 1.0);
    }
    canvas.into_image()
}

fn paint(canvas: &mut Canvas, scene: &Scene, (left, top): (f32, f32), scale: f32) {
    let place = |&(x, y): &(f32, f32)| (left + x * scale, top + y * scale);
    for shape in &scene.shapes {
        match shape {
            Shape::Path {
                points,
                width,
                ink,
                dashed,
            } => {
                let points: Vec<(f32, f32)> = points.iter().map(place).collect();
                let (width, colour) = (width * scale, ink.tone.light());
                if *dashed {
                    for dash in dashes(&points, 5.0 * scale, 4.0 * scale) {
                        canvas.stroke(&dash, width, colour, ink.opacity());
                    }
                } else {
                    canvas.stroke(&points, width, colour, ink.opacity());
                }
            }
            Shape::Area { points, ink } => {
                let points: Vec<(f32, f32)> = points.iter().map(place).collect();
                canvas.area(&points, ink.tone.light(), ink.opacity());
            }
            Shape::Rect {
                place: (x, y, w, h),
                ink,
                ..
            } => {
                let (x, y) = place(&(*x, *y));
                canvas.shade(x, y, w * scale, h * scale, ink.tone.light(), ink.opacity());
            }
            Shape::Dots {
                points,
                radius,
                ink,
            } => {
                for (x, y) in points.iter().map(place) {
                    canvas.stroke(
                        &[(x, y)],
                        2.0 * radius * scale,
                        ink.tone.light(),
                        ink.opacity(),
                    );
                }
            }
            Shape::Text {
                text,
                at,
                size,
                look,
                anchor,
                turned,
            } => {
                let colour = match look {
                    TextLook::Tone(tone) => tone.light(),
                    TextLook::OnCell(level) => on_cell(*level),
                };
                let ((x, y), size) = (place(at), size * scale);
                if *turned {
                    canvas.upright(text, x, y, size, colour, *anchor);
                } else {
                    canvas.text(text, x, y, size, colour, *anchor);
                }
            }
        }
    }
    debug_assert!(Tone::Paper.light() == PAPER);
}

/// The pieces of a broken line.
fn dashes(points: &[(f32, f32)], on: f32, off: f32) -> Vec<Vec<(f32, f32)>> {
    let mut pieces = Vec::new();
    let mut travelled = 0.0_f32;
    for pair in points.windows(2) {
        let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
        let length = (bx - ax).hypot(by - ay);
        let at = |along: f32| {
            (
                ax + (bx - ax) * along / length,
                ay + (by - ay) * along / length,
            )
        };
        let mut along = 0.0;
        while length > 0.0 && along < length {
            let phase = travelled % (on + off);
            let (end, drawn) = if phase < on {
                (on - phase, true)
            } else {
                (on + off - phase, false)
            };
            // Never stands still, whatever rounding does.
            let step = end.min(length - along).max(0.05);
            if drawn {
                pieces.push(vec![at(along), at((along + step).min(length))]);
            }
            along += step;
            travelled += step;
        }
    }
    pieces
}
