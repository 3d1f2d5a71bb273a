//! A picture file of many small pictures: sections with a caption, each a grid of tiles.

use image::{RgbImage, imageops};

use super::figure::canvas::{Anchor, Canvas, INK, PAPER, QUIET};
use super::figure::font;

const MARGIN: u32 = 24;
/// Between tiles, and between tiles as large as pictures.
const GAP: u32 = 4;
const WIDE_GAP: u32 = 16;
/// Heights of capitals.
const TITLE: f32 = 13.0;
const CAPTION: f32 = 10.0;
const LABEL: f32 = 8.5;
/// From the top of a caption to the tiles under it.
const CAPTION_SPACE: u32 = 24;
/// Under the tiles of a section.
const SECTION_SPACE: u32 = 26;
/// A line of labels under a row of tiles.
const LABEL_SPACE: u32 = 20;

/// A small picture with a word under it.
#[derive(Clone, Debug)]
pub struct Tile {
    /// The picture, in the size in which it is shown.
    pub picture: RgbImage,
    /// The word; it may be empty.
    pub label: String,
}

impl From<RgbImage> for Tile {
    fn from(picture: RgbImage) -> Self {
        Tile {
            picture,
            label: String::new(),
        }
    }
}

/// A caption and the tiles under it.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// The caption.
    pub caption: String,
    /// Said after it, in grey.
    pub note: String,
    /// The tiles, left to right.
    pub tiles: Vec<Tile>,
    /// Tiles that were left out.
    pub more: usize,
    /// At most so many tiles beside each other; 0 for as many as fit.
    pub columns: u32,
}

impl Section {
    fn cell(&self) -> (u32, u32) {
        let side = |size: fn(&RgbImage) -> u32| {
            self.tiles
                .iter()
                .map(|tile| size(&tile.picture))
                .max()
                .unwrap_or(0)
        };
        let labels = self.tiles.iter().any(|tile| !tile.label.is_empty());
        let words = self
            .tiles
            .iter()
            .map(|tile| font::width(&tile.label, LABEL).ceil() as u32);
        let width = side(RgbImage::width).max(words.max().unwrap_or(0));
        let under = if labels { LABEL_SPACE } else { 0 };
        let gap = self.gap();
        (width + gap, side(RgbImage::height) + gap + under)
    }

    fn gap(&self) -> u32 {
        let large = self.tiles.iter().any(|tile| tile.picture.height() > 200);
        if large { WIDE_GAP } else { GAP }
    }

    /// How many tiles stand beside each other.
    fn columns(&self, room: u32) -> u32 {
        let fit =
            ((room + self.gap()) / self.cell().0.max(1)).clamp(1, self.tiles.len().max(1) as u32);
        if self.columns > 0 {
            fit.min(self.columns)
        } else {
            fit
        }
    }

    fn more_text(&self) -> String {
        format!("+{} more", self.more)
    }

    fn note_text(&self) -> String {
        match (self.note.is_empty(), self.more) {
            (_, 0) => self.note.clone(),
            (true, _) => self.more_text(),
            (false, _) => format!("{} · {}", self.note, self.more_text()),
        }
    }

    fn height(&self, room: u32) -> u32 {
        let rows = (self.tiles.len() as u32).div_ceil(self.columns(room));
        CAPTION_SPACE + rows * self.cell().1 + SECTION_SPACE
    }

    fn width(&self, room: u32) -> u32 {
        let text = font::width(&format!("{}   {}", self.caption, self.note_text()), CAPTION);
        (self.columns(room) * self.cell().0 - self.gap()).max(text.ceil() as u32)
    }
}

/// Lays sections out under each other, on at most `width` pixels where text allows it.
pub fn sheet(title: &str, subtitle: &str, sections: &[Section], width: u32) -> RgbImage {
    let room = width.saturating_sub(2 * MARGIN).max(1);
    let heading = font::width(title, TITLE)
        .max(font::width(subtitle, CAPTION))
        .ceil() as u32;
    let widths = sections.iter().map(|section| section.width(room));
    let used = widths.max().unwrap_or(0).max(heading);
    let top = MARGIN + if subtitle.is_empty() { 32 } else { 54 };
    let height: u32 = sections.iter().map(|section| section.height(room)).sum();
    let (width, height) = (
        used + 2 * MARGIN,
        top + height.max(SECTION_SPACE) - SECTION_SPACE + MARGIN,
    );
    let mut canvas = Canvas::new(width, height, PAPER);
    let left = MARGIN as f32;
    canvas.text(title, left, (MARGIN + 13) as f32, TITLE, INK, Anchor::Left);
    canvas.text(
        subtitle,
        left,
        (MARGIN + 36) as f32,
        CAPTION,
        QUIET,
        Anchor::Left,
    );
    let mut placed = Vec::new();
    let mut y = top;
    for section in sections {
        let baseline = (y + 10) as f32;
        canvas.text(&section.caption, left, baseline, CAPTION, INK, Anchor::Left);
        let after = left + font::width(&format!("{}   ", section.caption), CAPTION);
        canvas.text(
            &section.note_text(),
            after,
            baseline,
            CAPTION,
            QUIET,
            Anchor::Left,
        );
        let ((cell_width, cell_height), columns) = (section.cell(), section.columns(room));
        for (at, tile) in section.tiles.iter().enumerate() {
            let (row, column) = (at as u32 / columns, at as u32 % columns);
            let (tile_x, tile_y) = (
                MARGIN + column * cell_width,
                y + CAPTION_SPACE + row * cell_height,
            );
            let middle = tile_x as f32 + (cell_width - section.gap()) as f32 / 2.0;
            let indent = match tile.label.is_empty() {
                true => 0,
                false => (cell_width - section.gap()).saturating_sub(tile.picture.width()) / 2,
            };
            let under = (tile_y + tile.picture.height()) as f32 + LABEL + 5.0;
            canvas.text(&tile.label, middle, under, LABEL, INK, Anchor::Centre);
            placed.push((&tile.picture, tile_x + indent, tile_y));
        }
        y += section.height(room);
    }
    let mut image = canvas.into_image();
    for (picture, x, y) in placed {
        imageops::replace(&mut image, picture, x.into(), y.into());
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn tiles_stand_in_rows_and_what_is_left_out_is_said() {
        let tile = Tile::from(RgbImage::from_pixel(40, 40, Rgb([200, 10, 10])));
        let section = Section {
            caption: "0 Conv2d".into(),
            note: "[1, 5, 40, 40]".into(),
            tiles: vec![tile; 5],
            more: 3,
            columns: 0,
        };
        assert_eq!(section.note_text(), "[1, 5, 40, 40] · +3 more");
        let picture = sheet("title", "", &[section.clone(), section], 48 + 3 * 44);
        let red = picture
            .pixels()
            .filter(|pixel| pixel.0 == [200, 10, 10])
            .count();
        assert_eq!(red, 2 * 5 * 1600, "no tile covers another");
        // Two rows of tiles in each section.
        assert!(picture.height() > 4 * 44 && picture.width() < 400);
        let narrow = Section {
            columns: 1,
            ..Section::default()
        };
        assert_eq!(narrow.columns(1000), 1);
    }

    #[test]
    fn empty_sheets_do_no_harm() {
        sheet("", "", &[], 0);
        sheet("a", "b", &[Section::default()], 100);
        let nothing = Tile::from(RgbImage::new(0, 0));
        let section = Section {
            tiles: vec![nothing],
            ..Section::default()
        };
        sheet("a", "b", &[section], 100);
    }
}
