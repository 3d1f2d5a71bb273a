//! From what a figure says to shapes at places.

mod axes;
mod legend;
mod matrix;
mod rows;

use super::canvas::Anchor;
use super::font;
use super::palette::Tone;
use super::scene::{Scene, Shape, TextLook};
use super::{Figure, Plot};

/// Height of capitals of most text.
const LABEL: f32 = 9.0;
/// Height of capitals of a title.
const TITLE: f32 = 11.0;
/// Size of a figure with axes.
const SIZE: (f32, f32) = (420.0, 272.0);
/// Around a figure that stands by itself.
const MARGIN: f32 = 16.0;

/// Lays a figure out in its natural size; with its title and a margin if it is to stand by itself.
pub fn scene(figure: &Figure, alone: bool) -> Scene {
    let (width, height) = match &figure.plot {
        Plot::Axes(_) => SIZE,
        Plot::Matrix(matrix) => matrix::size(matrix),
        Plot::Rows(rows) => rows::size(rows),
    };
    if !alone {
        return sized(figure, false, width, height);
    }
    let title = font::width(&figure.title, TITLE);
    let width = width.max(title);
    let mut scene = sized(figure, true, width, height + title_room(true));
    scene
        .shapes
        .iter_mut()
        .for_each(|shape| shift(shape, MARGIN));
    scene.width += 2.0 * MARGIN;
    scene.height += 2.0 * MARGIN;
    scene
}

/// Lays a figure out in this size.
pub fn sized(figure: &Figure, titled: bool, width: f32, height: f32) -> Scene {
    let mut scene = Scene {
        width,
        height,
        shapes: Vec::new(),
    };
    let top = title_room(titled);
    if titled {
        scene.text(
            &figure.title,
            (0.0, TITLE + 2.0),
            TITLE,
            Tone::Ink,
            Anchor::Left,
        );
    }
    let room = (0.0, top, width, height - top);
    match &figure.plot {
        Plot::Axes(axes) => axes::draw(axes, &mut scene, room),
        Plot::Matrix(matrix) => matrix::draw(matrix, &mut scene, room),
        Plot::Rows(rows) => rows::draw(rows, &mut scene, room),
    }
    scene
}

fn title_room(titled: bool) -> f32 {
    if titled { 26.0 } else { 0.0 }
}

fn shift(shape: &mut Shape, by: f32) {
    let move_all = |points: &mut Vec<(f32, f32)>| {
        points.iter_mut().for_each(|(x, y)| {
            *x += by;
            *y += by;
        });
    };
    match shape {
        Shape::Path { points, .. } | Shape::Area { points, .. } | Shape::Dots { points, .. } => {
            move_all(points);
        }
        Shape::Rect {
            place: (x, y, _, _),
            ..
        }
        | Shape::Text { at: (x, y), .. } => {
            *x += by;
            *y += by;
        }
    }
}

impl Scene {
    fn text(&mut self, text: &str, at: (f32, f32), size: f32, tone: Tone, anchor: Anchor) {
        self.shapes.push(Shape::Text {
            text: text.into(),
            at,
            size,
            look: TextLook::Tone(tone),
            anchor,
            turned: false,
        });
    }

    fn rect(&mut self, place: (f32, f32, f32, f32), tone: Tone) {
        self.shapes.push(Shape::Rect {
            place,
            ink: tone.into(),
            hint: String::new(),
        });
    }
}

/// As much of a text as fits into so many pixels.
fn fit(text: &str, size: f32, room: f32) -> String {
    if font::width(text, size) <= room {
        return text.to_string();
    }
    let mut short = String::new();
    for c in text.chars() {
        short.push(c);
        if font::width(&short, size) + font::width("…", size) > room {
            short.pop();
            break;
        }
    }
    short.push('…');
    short
}
