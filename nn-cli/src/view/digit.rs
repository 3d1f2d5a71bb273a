//! Small grey pictures in the terminal: two pixels, one above the other, to a character.

use super::style::{Style, columns, fit};

/// A grey picture, row by row; the drawing brings its own range to 0…1.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Pixels, row by row.
    pub pixels: Vec<f32>,
    /// Number of rows.
    pub height: usize,
    /// Number of columns.
    pub width: usize,
    /// Lines of text below.
    pub caption: Vec<String>,
}

/// Blank columns between pictures.
const GAP: usize = 3;
/// Least width of a caption.
const CAPTION: usize = 16;

/// Draws pictures side by side, as many as fit, with their captions below.
pub fn gallery(pictures: &[Picture], style: Style) -> String {
    let drawn: Vec<(Vec<String>, usize)> = pictures
        .iter()
        .map(|picture| {
            let picture = picture.cropped();
            let mut lines = picture.lines(style);
            let width = picture.width.max(CAPTION).max(
                picture
                    .caption
                    .iter()
                    .map(|line| line.chars().count())
                    .max()
                    .unwrap_or(0),
            );
            let shift = " ".repeat((width - picture.width) / 2);
            lines.iter_mut().for_each(|line| line.insert_str(0, &shift));
            lines.extend(picture.caption.iter().map(|line| {
                let line = fit(line, width);
                " ".repeat((width - line.chars().count()) / 2) + &line
            }));
            (lines, width)
        })
        .collect();
    let widest = drawn.iter().map(|(_, width)| *width).max().unwrap_or(1);
    let beside = ((style.width() + GAP) / (widest + GAP)).clamp(1, 5);
    let mut text = String::new();
    for row in drawn.chunks(beside) {
        let height = row.iter().map(|(lines, _)| lines.len()).max().unwrap_or(0);
        for at in 0..height {
            let mut line = String::new();
            for (lines, _) in row {
                let cell = lines.get(at).map_or("", String::as_str);
                line.push_str(cell);
                line.push_str(&" ".repeat(widest + GAP - columns(cell)));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

impl Picture {
    fn at(&self, row: usize, column: usize) -> f32 {
        self.pixels
            .get(row * self.width + column)
            .copied()
            .unwrap_or(0.0)
    }

    /// Range of all pixels; a flat picture counts as black.
    fn range(&self) -> (f32, f32) {
        let finite = || {
            self.pixels
                .iter()
                .copied()
                .filter(|value| value.is_finite())
        };
        (
            finite().fold(f32::INFINITY, f32::min),
            finite().fold(f32::NEG_INFINITY, f32::max),
        )
    }

    fn grey(&self, row: usize, column: usize, (low, high): (f32, f32)) -> f64 {
        if row >= self.height || high <= low {
            return 0.0;
        }
        f64::from(((self.at(row, column) - low) / (high - low)).clamp(0.0, 1.0))
    }

    /// Without the dark border, all pictures of one set to the same size: what is more than a fifth brighter than the
    /// darkest pixel stays, and at least three quarters of each side.
    fn cropped(&self) -> Picture {
        let range = self.range();
        let lit = |row: usize, column: usize| self.grey(row, column, range) > 0.2;
        let rows: Vec<usize> = (0..self.height)
            .filter(|&row| (0..self.width).any(|column| lit(row, column)))
            .collect();
        let columns: Vec<usize> = (0..self.width)
            .filter(|&column| (0..self.height).any(|row| lit(row, column)))
            .collect();
        if self.height < 16 || self.width < 16 {
            return self.clone();
        }
        let window = |side: usize, used: &[usize]| {
            let (first, last) = (
                used.first().copied().unwrap_or(0),
                used.last().copied().unwrap_or(side - 1),
            );
            let size = (side * 5 / 7).max(last + 1 - first).min(side);
            let start = ((first + last + 1).saturating_sub(size) / 2).min(side - size);
            (start, size)
        };
        let (top, height) = window(self.height, &rows);
        let (left, width) = window(self.width, &columns);
        let mut pixels = Vec::with_capacity(height * width);
        for row in top..top + height {
            pixels.extend((left..left + width).map(|column| self.at(row, column)));
        }
        Picture {
            pixels,
            height,
            width,
            caption: self.caption.clone(),
        }
    }

    fn lines(&self, style: Style) -> Vec<String> {
        let range = self.range();
        (0..self.height.div_ceil(2))
            .map(|line| {
                (0..self.width)
                    .map(|column| {
                        let (upper, lower) = (
                            self.grey(2 * line, column, range),
                            self.grey(2 * line + 1, column, range),
                        );
                        if style.colour() {
                            return style.grey("▀", lower, Some(upper));
                        }
                        match (upper > 0.4, lower > 0.4) {
                            (false, false) => " ",
                            (true, false) => "▀",
                            (false, true) => "▄",
                            (true, true) => "█",
                        }
                        .to_string()
                    })
                    .collect()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Picture, Style, gallery};

    #[test]
    fn two_pixels_to_a_character() {
        let picture = Picture {
            pixels: vec![1.0, 0.0, 1.0, 0.0, 1.0, 1.0],
            height: 2,
            width: 3,
            caption: vec!["true 7".into()],
        };
        let text = gallery(&[picture.clone(), picture], Style::PLAIN);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0].split_whitespace().collect::<Vec<_>>(),
            ["▀▄█", "▀▄█"],
            "{text}"
        );
        assert_eq!(lines[1].matches("true 7").count(), 2);
    }

    #[test]
    fn odd_sizes_flat_and_short_pictures_do_no_harm() {
        for (height, width, count) in [(3, 2, 6), (28, 28, 784), (1, 1, 1), (28, 28, 5), (0, 0, 0)]
        {
            let picture = Picture {
                pixels: vec![0.5; count],
                height,
                width,
                caption: vec![],
            };
            gallery(&[picture], Style::PLAIN);
        }
        gallery(&[], Style::PLAIN);
        gallery(
            &[Picture {
                pixels: vec![f32::NAN; 4],
                height: 2,
                width: 2,
                caption: vec![],
            }],
            Style::PLAIN,
        );
    }
}
