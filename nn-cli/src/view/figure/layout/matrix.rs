//! Shaded cells with numbers.

use super::super::Matrix;
use super::super::canvas::Anchor;
use super::super::font;
use super::super::palette::Tone;
use super::super::scene::{Ink, Scene, Shape, TextLook};
use super::{LABEL, fit};

/// Most pixels that the name of a row or column takes.
const WIDEST_NAME: f32 = 110.0;
/// Names need so many pixels each to be told apart.
const NAME_EVERY: f32 = 11.0;
/// Up to so many rows the cells have their numbers.
pub const NUMBERS_TO: usize = 20;
/// Room for the words "true" and "said".
const AXIS: f32 = 18.0;

/// Side of a cell.
fn side(matrix: &Matrix) -> f32 {
    let count = matrix.names.len().max(1);
    let texts = matrix
        .cells
        .iter()
        .map(|cell| font::width(&cell.text, LABEL))
        .fold(0.0, f32::max);
    match count {
        1..=4 => 64.0_f32.max(texts + 10.0),
        5..=10 => 36.0_f32.max(texts + 8.0),
        11..=NUMBERS_TO => 28.0_f32.max(texts + 6.0),
        _ => (640.0 / count as f32).max(6.0),
    }
}

fn name_room(matrix: &Matrix) -> f32 {
    let widest = matrix
        .names
        .iter()
        .map(|name| font::width(name, LABEL))
        .fold(0.0, f32::max);
    widest.min(WIDEST_NAME) + 10.0
}

/// Whether column names fit above their columns without being turned.
fn level_names(matrix: &Matrix) -> bool {
    let room = side(matrix) - 6.0;
    matrix
        .names
        .iter()
        .all(|name| font::width(name, LABEL) <= room)
}

fn head(matrix: &Matrix) -> f32 {
    AXIS + if level_names(matrix) {
        LABEL + 10.0
    } else {
        name_room(matrix)
    }
}

pub fn size(matrix: &Matrix) -> (f32, f32) {
    let body = side(matrix) * matrix.names.len() as f32;
    let label = font::width(&matrix.column_label, LABEL);
    (
        (name_room(matrix) + AXIS + body.max(label) + 2.0).max(220.0),
        head(matrix) + body + 4.0,
    )
}

pub fn draw(matrix: &Matrix, scene: &mut Scene, (left, top, _, _): (f32, f32, f32, f32)) {
    let (side, count) = (side(matrix), matrix.names.len());
    let (x0, y0) = (left + AXIS + name_room(matrix), top + head(matrix));
    let body = side * count as f32;
    scene.text(
        &matrix.column_label,
        (x0 + body / 2.0, top + LABEL + 1.0),
        LABEL,
        Tone::Quiet,
        Anchor::Centre,
    );
    scene.shapes.push(Shape::Text {
        text: matrix.row_label.clone(),
        at: (left + LABEL + 1.0, y0 + body / 2.0),
        size: LABEL,
        look: TextLook::Tone(Tone::Quiet),
        anchor: Anchor::Centre,
        turned: true,
    });
    scene.rect((x0, y0, body, body), Tone::Panel);
    let every = (NAME_EVERY / side).ceil().max(1.0) as usize;
    let level = level_names(matrix);
    let small = if side < 12.0 { 7.0 } else { LABEL };
    for (at, name) in matrix.names.iter().enumerate().step_by(every) {
        let middle = (at as f32 + 0.5) * side;
        let name = fit(name, small, WIDEST_NAME);
        scene.text(
            &name,
            (x0 - 6.0, y0 + middle + small / 2.0),
            small,
            Tone::Ink,
            Anchor::Right,
        );
        if level {
            scene.text(
                &name,
                (x0 + middle, y0 - 7.0),
                small,
                Tone::Ink,
                Anchor::Centre,
            );
        } else {
            scene.shapes.push(Shape::Text {
                text: name,
                at: (x0 + middle + small / 2.0, y0 - 6.0),
                size: small,
                look: TextLook::Tone(Tone::Ink),
                anchor: Anchor::Left,
                turned: true,
            });
        }
    }
    let gap = if side >= 20.0 { 1.0 } else { 0.0 };
    for (at, cell) in matrix.cells.iter().enumerate() {
        let (row, column) = (at / count.max(1), at % count.max(1));
        let (x, y) = (x0 + column as f32 * side, y0 + row as f32 * side);
        // What is there must be seen, however little it is.
        let ink = match cell.share {
            share if share > 0.0 => Ink::share(cell.tone, share.max(0.09)),
            _ => Ink::share(cell.tone, 0.0),
        };
        if ink.level > 0 {
            let place = (x + gap / 2.0, y + gap / 2.0, side - gap, side - gap);
            scene.shapes.push(Shape::Rect {
                place,
                ink,
                hint: cell.hint.clone(),
            });
        }
        if !cell.text.is_empty() {
            let look = if ink.level == 0 {
                TextLook::Tone(Tone::Quiet)
            } else {
                TextLook::OnCell(ink.level)
            };
            scene.shapes.push(Shape::Text {
                text: cell.text.clone(),
                at: (x + side / 2.0, y + side / 2.0 + LABEL / 2.0),
                size: LABEL,
                look,
                anchor: Anchor::Centre,
                turned: false,
            });
        }
    }
}
