//! A contact sheet: a table of small pictures, with a name for each column and row.

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

use super::figure::canvas::{Anchor, Canvas, FIRST, GRID, INK, PAPER, QUIET};
use super::figure::font;

/// Small pictures are enlarged to about this many pixels, large ones shrunk to it.
const SIDE: u32 = 96;
const MARGIN: u32 = 28;
/// Between pictures.
const GAP: u32 = 10;
/// Between the first column, which shows what was given, and the others.
const DIVIDE: u32 = 22;
/// Heights of capitals.
const TITLE: f32 = 14.0;
const NAME: f32 = 9.5;
const NOTE: f32 = 8.0;
/// From the top to the line of column names.
const HEAD: u32 = 104;
/// Room for a line of a note under a picture.
const NOTE_LINE: u32 = 14;
/// Most pixels that the name of a row may take.
const WIDEST_NAME: f32 = 150.0;

/// One picture of the table.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The picture in its own size.
    pub picture: RgbImage,
    /// Short lines below it.
    pub note: Vec<String>,
}

/// The pictures of a row, from left to right.
#[derive(Clone, Debug)]
pub struct Row {
    /// Stands to the left; may be empty.
    pub name: String,
    /// One for each column.
    pub cells: Vec<Cell>,
}

/// Draws the table. The first column is set apart.
pub fn contact_sheet(title: &str, subtitle: &str, columns: &[String], rows: &[Row]) -> RgbImage {
    let size = rows
        .iter()
        .flat_map(|row| &row.cells)
        .map(|cell| shown_size(&cell.picture))
        .fold((1, 1), |(w, h), (width, height)| {
            (w.max(width), h.max(height))
        });
    let notes = rows.iter().flat_map(|row| &row.cells);
    let note_lines = notes.map(|cell| cell.note.len()).max().unwrap_or(0) as u32;
    let note_room = note_lines * NOTE_LINE + if note_lines > 0 { 6 } else { 0 };
    let names: Vec<String> = rows
        .iter()
        .map(|row| fit(&row.name, NAME, WIDEST_NAME))
        .collect();
    let widest = (names.iter().map(|name| font::width(name, NAME))).fold(0.0, f32::max);
    let left = MARGIN
        + if widest > 0.0 {
            widest.ceil() as u32 + 14
        } else {
            0
        };
    // A column is as wide as its name needs.
    let words = columns.iter().map(|name| font::width(name, NAME));
    let cell_width = size.0.max(words.fold(0.0, f32::max).ceil() as u32) + GAP;
    let cell_height = size.1 + GAP + note_room;
    let divide = if columns.len() > 1 { DIVIDE } else { 0 };
    let heading = font::width(title, TITLE)
        .max(font::width(subtitle, NAME))
        .ceil() as u32;
    let table = left - MARGIN + (columns.len() as u32 * cell_width).saturating_sub(GAP) + divide;
    let width = table.max(heading) + 2 * MARGIN;
    let height = HEAD + rows.len() as u32 * cell_height + MARGIN - GAP;
    let mut canvas = Canvas::new(width, height, PAPER);
    let margin = MARGIN as f32;
    canvas.text(title, margin, 40.0, TITLE, INK, Anchor::Left);
    canvas.text(subtitle, margin, 62.0, NAME, QUIET, Anchor::Left);
    let column_x = |at: usize| left + at as u32 * cell_width + if at > 0 { divide } else { 0 };
    let middle = |at: usize| column_x(at) as f32 + (cell_width - GAP) as f32 / 2.0;
    for (at, name) in columns.iter().enumerate() {
        let colour = if at == 0 { FIRST } else { QUIET };
        canvas.text(
            name,
            middle(at),
            (HEAD - 8) as f32,
            NAME,
            colour,
            Anchor::Centre,
        );
    }
    if divide > 0 {
        let x = column_x(1) as f32 - (GAP + divide) as f32 / 2.0;
        canvas.fill(
            x,
            (HEAD - 20) as f32,
            1.0,
            (height - HEAD - MARGIN + 20) as f32,
            GRID,
        );
    }
    let mut placed = Vec::new();
    for (at, (row, name)) in rows.iter().zip(&names).enumerate() {
        let top = HEAD + at as u32 * cell_height;
        let baseline = top as f32 + size.1 as f32 / 2.0 + NAME / 2.0;
        canvas.text(name, (left - 14) as f32, baseline, NAME, INK, Anchor::Right);
        for (column, cell) in row.cells.iter().enumerate().take(columns.len()) {
            let shown = shown(&cell.picture);
            let x = column_x(column) + (cell_width - GAP).saturating_sub(shown.width()) / 2;
            let y = top + (size.1 - shown.height().min(size.1)) / 2;
            // A thin frame: pictures may be as white as the paper.
            let (w, h) = (shown.width() as f32 + 2.0, shown.height() as f32 + 2.0);
            canvas.fill(x as f32 - 1.0, y as f32 - 1.0, w, h, GRID);
            let below = (top + size.1) as f32 + NOTE + 6.0;
            let widest = (cell_width - 2) as f32;
            for (line, note) in cell.note.iter().enumerate() {
                let note = fit(note, NOTE, widest);
                let y = below + (line as u32 * NOTE_LINE) as f32;
                canvas.text(&note, middle(column), y, NOTE, QUIET, Anchor::Centre);
            }
            placed.push((shown, x, y));
        }
    }
    let mut image = canvas.into_image();
    for (picture, x, y) in placed {
        imageops::replace(&mut image, &picture, x.into(), y.into());
    }
    image
}

/// Whole pixels become squares; a picture that is larger than shown is averaged.
fn shown(picture: &RgbImage) -> RgbImage {
    let (width, height) = shown_size(picture);
    if width < picture.width() || height < picture.height() {
        return imageops::resize(picture, width, height, FilterType::Triangle);
    }
    if picture.width() == 0 || picture.height() == 0 {
        return RgbImage::from_pixel(1, 1, Rgb(GRID));
    }
    imageops::resize(picture, width, height, FilterType::Nearest)
}

fn shown_size(picture: &RgbImage) -> (u32, u32) {
    let longer = picture.width().max(picture.height()).max(1);
    if longer <= SIDE {
        let factor = (SIDE / longer).max(1);
        return (
            (picture.width() * factor).max(1),
            (picture.height() * factor).max(1),
        );
    }
    // Between once and twice the size an enlargement by whole pixels is not possible.
    let side = |pixels: u32| {
        (f64::from(pixels) * f64::from(SIDE) / f64::from(longer))
            .round()
            .max(1.0) as u32
    };
    (side(picture.width()), side(picture.height()))
}

/// A name cut to so many pixels.
fn fit(name: &str, size: f32, width: f32) -> String {
    if font::width(name, size) <= width {
        return name.to_string();
    }
    let mut short: String = name.to_string();
    while !short.is_empty() && font::width(&format!("{short}..."), size) > width {
        short.pop();
    }
    format!("{}...", short.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(width: u32, height: u32, note: &str) -> Cell {
        Cell {
            picture: RgbImage::from_pixel(width, height, Rgb([200, 10, 10])),
            note: if note.is_empty() {
                vec![]
            } else {
                vec![note.into()]
            },
        }
    }

    #[test]
    fn every_picture_is_there_in_its_size() {
        let columns = ["original".to_string(), "epoch 1".into()];
        let row = |note: &str| Row {
            name: "a".into(),
            cells: vec![cell(28, 28, ""), cell(28, 28, note)],
        };
        let sheet = contact_sheet("title", "steps", &columns, &[row(""), row("60 % a")]);
        let red = sheet
            .pixels()
            .filter(|pixel| pixel.0 == [200, 10, 10])
            .count();
        assert_eq!(red, 4 * 84 * 84, "28 pixels three times as large");
        for (size, shown) in [
            ((32, 32), (96, 96)),
            ((10, 4), (90, 36)),
            ((224, 112), (96, 48)),
            ((96, 1), (96, 1)),
            ((1000, 1), (96, 1)),
        ] {
            assert_eq!(shown_size(&RgbImage::new(size.0, size.1)), shown);
        }
    }

    #[test]
    fn odd_tables_do_no_harm() {
        contact_sheet("", "", &[], &[]);
        contact_sheet("a", "", &["original".into()], &[]);
        let long = "x".repeat(500);
        let row = Row {
            name: long.clone(),
            cells: vec![cell(0, 0, ""), cell(1, 1, &long)],
        };
        let columns = ["a".to_string(), "b".into(), "c".into()];
        let sheet = contact_sheet("a", "b", &columns, &[row]);
        assert!(sheet.width() < 1000);
    }
}
