//! Named bars below each other.

use super::super::Rows;
use super::super::canvas::Anchor;
use super::super::font;
use super::super::palette::Tone;
use super::super::scene::{Ink, Scene, Shape};
use super::{LABEL, fit};

const WIDTH: f32 = 440.0;
const WIDEST_NAME: f32 = 130.0;
const LINE: f32 = 22.0;
const HEAD: f32 = 20.0;

pub fn size(rows: &Rows) -> (f32, f32) {
    let head = if rows.label.is_empty() && rows.legend.is_empty() {
        0.0
    } else {
        HEAD
    };
    (WIDTH, head + LINE * rows.rows.len() as f32 + 4.0)
}

pub fn draw(rows: &Rows, scene: &mut Scene, (left, top, width, _): (f32, f32, f32, f32)) {
    let mut y = top;
    if !rows.label.is_empty() || !rows.legend.is_empty() {
        scene.text(
            &rows.label,
            (left, y + LABEL + 1.0),
            LABEL,
            Tone::Quiet,
            Anchor::Left,
        );
        let mut x = left + width;
        for (tone, name) in rows.legend.iter().rev() {
            scene.text(
                name,
                (x, y + LABEL + 1.0),
                LABEL,
                Tone::Quiet,
                Anchor::Right,
            );
            x -= font::width(name, LABEL) + 17.0;
            let place = (x, y, 11.0, 11.0);
            scene.shapes.push(Shape::Rect {
                place,
                ink: Ink::share(*tone, 0.85),
                hint: String::new(),
            });
            x -= 16.0;
        }
        y += HEAD;
    }
    let widest =
        |text: &dyn Fn(&super::super::Row) -> f32| rows.rows.iter().map(text).fold(0.0, f32::max);
    let names = widest(&|row| font::width(&row.name, LABEL)).min(WIDEST_NAME) + 10.0;
    let numbers = widest(&|row| font::width(&row.text, LABEL)) + 10.0;
    let room = (width - names - numbers).max(20.0);
    let total = |row: &super::super::Row| -> f64 {
        row.parts
            .iter()
            .map(|part| part.1)
            .filter(|length| length.is_finite())
            .sum()
    };
    let longest = rows.rows.iter().map(total).fold(0.0, f64::max);
    for row in &rows.rows {
        let baseline = y + LINE / 2.0 + LABEL / 2.0;
        let name = fit(&row.name, LABEL, WIDEST_NAME);
        scene.text(
            &name,
            (left + names - 10.0, baseline),
            LABEL,
            Tone::Ink,
            Anchor::Right,
        );
        let mut x = left + names;
        for &(tone, length) in &row.parts {
            if length <= 0.0 || !length.is_finite() || longest <= 0.0 {
                continue;
            }
            let long = room * (length / longest) as f32;
            let place = (x, y + 3.0, long.max(1.0), LINE - 6.0);
            scene.shapes.push(Shape::Rect {
                place,
                ink: Ink::share(tone, 0.85),
                hint: String::new(),
            });
            x += long;
        }
        scene.text(
            &row.text,
            (x + 6.0, baseline),
            LABEL,
            Tone::Quiet,
            Anchor::Left,
        );
        y += LINE;
    }
}
