//! Text, tables and pictures as HTML.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};

use crate::error::{Error, Result};
use crate::view::table::Align;

/// Text for HTML and SVG: nothing in it can be taken for markup, in an element or in an attribute.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(c),
            // No document may contain these.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

/// A name that somebody chose, of whatever script: its direction of writing stays its own.
pub fn name(text: &str) -> String {
    format!("<bdi>{}</bdi>", escape(text))
}

/// A picture as an address that holds all of it.
///
/// # Errors
/// If it cannot be encoded.
pub fn picture(picture: &RgbImage) -> Result<String> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|e| Error::failed(format!("a picture of the report cannot be encoded: {e}")))?;
    Ok(format!("data:image/png;base64,{}", base64(bytes.get_ref())))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let of = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = of(0) << 16 | of(1) << 8 | of(2);
        for at in 0..4 {
            if at <= chunk.len() {
                text.push(char::from(LETTERS[(bits >> (18 - 6 * at)) as usize & 63]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

/// A table.
#[derive(Clone, Debug)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Headings, and on which side their columns stand.
    pub columns: Vec<(String, Align)>,
    /// Its rows; the first cell of each is its heading.
    pub rows: Vec<Vec<Cell>>,
    /// Rows below the others: totals and means.
    pub foot: Vec<Vec<Cell>>,
}

/// A cell of a table.
#[derive(Clone, Debug)]
pub struct Cell {
    html: String,
    /// Shaded like a bar to this share.
    share: Option<f64>,
}

impl Cell {
    /// Plain text.
    pub fn text(text: impl AsRef<str>) -> Cell {
        Cell {
            html: escape(text.as_ref()),
            share: None,
        }
    }

    /// A name that somebody chose.
    pub fn name(text: impl AsRef<str>) -> Cell {
        Cell {
            html: name(text.as_ref()),
            share: None,
        }
    }

    /// A number with a bar of this share behind it.
    pub fn bar(text: impl AsRef<str>, share: f64) -> Cell {
        Cell {
            html: escape(text.as_ref()),
            share: share.is_finite().then_some(share.clamp(0.0, 1.0)),
        }
    }
}

impl Table {
    /// A table without rows yet.
    pub fn new<const N: usize>(caption: impl Into<String>, columns: [(&str, Align); N]) -> Table {
        Table {
            caption: caption.into(),
            columns: columns
                .iter()
                .map(|(name, align)| (name.to_string(), *align))
                .collect(),
            rows: Vec::new(),
            foot: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(super) fn html(&self) -> String {
        let caption = escape(&self.caption);
        let mut text = format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table><caption>{caption}</caption><thead><tr>"
        );
        for (name, align) in &self.columns {
            text.push_str(&format!(
                "<th scope=\"col\"{}>{}</th>",
                side(*align),
                escape(name)
            ));
        }
        text.push_str("</tr></thead><tbody>");
        self.rows
            .iter()
            .for_each(|row| text.push_str(&self.row_html(row)));
        text.push_str("</tbody>");
        if !self.foot.is_empty() {
            text.push_str("<tfoot>");
            self.foot
                .iter()
                .for_each(|row| text.push_str(&self.row_html(row)));
            text.push_str("</tfoot>");
        }
        text + "</table></div>"
    }

    fn row_html(&self, row: &[Cell]) -> String {
        let mut text = String::from("<tr>");
        for (at, (cell, (_, align))) in row.iter().zip(&self.columns).enumerate() {
            let side = side(*align);
            if at == 0 {
                text.push_str(&format!("<th scope=\"row\"{side}>{}</th>", cell.html));
            } else if let Some(share) = cell.share {
                let share = 100.0 * share;
                text.push_str(&format!(
                    "<td{side}><span class=\"bar\" style=\"--share:{share:.1}%\">{}</span></td>",
                    cell.html
                ));
            } else {
                text.push_str(&format!("<td{side}>{}</td>", cell.html));
            }
        }
        text + "</tr>"
    }
}

fn side(align: Align) -> &'static str {
    match align {
        Align::Left => "",
        Align::Right => " class=\"n\"",
    }
}

#[cfg(test)]
mod tests {
    use super::{base64, escape};

    #[test]
    fn nothing_is_taken_for_markup() {
        assert_eq!(escape("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
        assert_eq!(
            escape("a\u{0}b\u{1b}c\nשלום 🦊"),
            "a\u{fffd}b\u{fffd}c\nשלום 🦊"
        );
    }

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
