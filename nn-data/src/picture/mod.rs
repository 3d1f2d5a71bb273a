//! Pictures from files, as samples: bytes `[C, H, W]`.
//!
//! PNG, JPEG, BMP, GIF, WebP, TIFF and PNM are told apart by their content, never by their name. Whatever
//! a file holds (16 bits, a palette, CMYK, transparency, several frames) becomes 8-bit grey or RGB:
//!
//! | in the file | in the sample |
//! |---|---|
//! | 16 bits a channel | the nearest of 256 levels |
//! | transparency | the picture on white |
//! | colour, where grey is wanted | luma `0.299 R + 0.587 G + 0.114 B` (ITU-R BT.601) |
//! | grey, where colour is wanted | three equal channels |
//! | CMYK | RGB without colour management |
//! | an animation, several pages | the first |
//! | lying on its side, as its EXIF data tell | upright |
//!
//! A file can claim memory only for what a [`Form`] allows, is refused when it ends early or its data is
//! damaged, and cannot panic.

mod convert;
mod decode;
mod header;
mod jpeg;
mod resize;

use std::borrow::Cow;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Place, Result};

pub use resize::resize;

/// The most pixels that a picture may have unless [`Form::max_pixels`] says otherwise: 64 million.
pub const MAX_PIXELS: u64 = 64_000_000;

/// The channels of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Color {
    /// One channel.
    Grey,
    /// Red, green, blue.
    Rgb,
}

impl Color {
    /// 1 or 3.
    pub fn channels(self) -> usize {
        match self {
            Color::Grey => 1,
            Color::Rgb => 3,
        }
    }
}

/// How a picture of other proportions is brought to a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// All of it, stretched.
    #[default]
    Stretch,
    /// Its middle in the wanted proportions; what sticks out is cut off.
    Crop,
}

/// What a picture is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// Its channels.
    pub color: Color,
    /// Height and width in pixels; `None` leaves them as they are.
    pub size: Option<[usize; 2]>,
    /// How it is brought to that size.
    pub fit: Fit,
    /// Pictures with more pixels are refused before they are decoded.
    pub max_pixels: u64,
}

impl Form {
    /// Pictures of their own size, of at most [`MAX_PIXELS`].
    pub fn new(color: Color) -> Self {
        Form {
            color,
            size: None,
            fit: Fit::Stretch,
            max_pixels: MAX_PIXELS,
        }
    }

    /// Sets height and width.
    pub fn size(mut self, height: usize, width: usize) -> Self {
        self.size = Some([height, width]);
        self
    }

    /// Sets how other proportions are treated.
    pub fn fit(mut self, fit: Fit) -> Self {
        self.fit = fit;
        self
    }
}

/// A decoded picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Channels.
    pub color: Color,
    /// `[C, H, W]`, row-major.
    pub pixels: Vec<u8>,
}

/// What a file says about its picture before it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Rows, of the upright picture.
    pub height: usize,
    /// Columns, of the upright picture.
    pub width: usize,
    /// Whether it is stored in colours, be they all grey.
    pub colored: bool,
}

/// Reads and decodes a picture.
///
/// ```
/// use nn_data::picture::{self, Color, Form};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("two.pgm");
/// std::fs::write(&path, b"P5 2 1 255 \x07\xff")?;
/// let picture = picture::read(&path, &Form::new(Color::Rgb))?;
/// assert_eq!((picture.height, picture.width), (1, 2));
/// assert_eq!(picture.pixels, [7, 255, 7, 255, 7, 255]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the file cannot be read, is no picture, is damaged or ends early, or has no or too many pixels.
pub fn read(path: impl AsRef<Path>, form: &Form) -> Result<Picture> {
    let path = path.as_ref();
    read_flawed(path, form).map_err(|flaw| flaw.of(path))
}

pub(crate) fn read_flawed(path: &Path, form: &Form) -> Result<Picture, Flaw> {
    decode::read(path, form)
}

/// Decodes a picture in memory; `name` stands where the path would in messages.
///
/// # Errors
/// As [`read`].
pub fn parse(name: &str, bytes: &[u8], form: &Form) -> Result<Picture> {
    decode::parse(bytes, form).map_err(|flaw| flaw.of(Path::new(name)))
}

/// Reads what stands at the beginning of a picture, which is quick; that the rest is whole is not known then.
///
/// # Errors
/// If the file cannot be read, is no picture, or has no or more than `max_pixels` pixels.
pub fn header(path: impl AsRef<Path>, max_pixels: u64) -> Result<Header> {
    let path = path.as_ref();
    checked_header(path, max_pixels).map_err(|flaw| flaw.of(path))
}

pub(crate) fn checked_header(path: &Path, max_pixels: u64) -> Result<Header, Flaw> {
    header::read(path, max_pixels)
}

/// What is wrong with a file, without its name.
#[derive(Debug)]
pub(crate) enum Flaw {
    Io(std::io::Error),
    Content {
        problem: String,
        remedy: Cow<'static, str>,
    },
}

impl Flaw {
    pub(crate) fn new(problem: impl Into<String>, remedy: impl Into<Cow<'static, str>>) -> Self {
        Flaw::Content {
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    fn damaged(problem: impl std::fmt::Display) -> Self {
        Flaw::new(
            format!("the picture is damaged ({problem})"),
            "copy or save it again",
        )
    }

    fn cut_off() -> Self {
        Flaw::new("the file ends in the middle", "copy or save it again")
    }

    /// What is wrong, without what to do.
    pub(crate) fn problem(self) -> String {
        use std::io::ErrorKind;
        match self {
            Flaw::Io(e) if e.kind() == ErrorKind::NotFound => "there is no such file".into(),
            Flaw::Io(e) if e.kind() == ErrorKind::PermissionDenied => "it may not be read".into(),
            Flaw::Io(e) => format!("it cannot be read: {e}"),
            Flaw::Content { problem, .. } => problem,
        }
    }

    pub(crate) fn of(self, path: &Path) -> Error {
        match self {
            Flaw::Io(source) => Error::io(path, source),
            Flaw::Content { problem, remedy } => Error::file(path, Place::Whole, problem, remedy),
        }
    }
}

/// Refuses a picture without pixels or with too many.
fn check_size(width: usize, height: usize, max_pixels: u64) -> Result<(), Flaw> {
    if width == 0 || height == 0 {
        return Err(Flaw::new(
            format!("the picture has no pixels ({width}×{height})"),
            "remove it",
        ));
    }
    let pixels = (width as u64).saturating_mul(height as u64);
    if pixels > max_pixels {
        let millions = |pixels: u64| match pixels {
            0..1_000_000 => format!("{pixels}"),
            _ => format!("{:.1} million", pixels as f64 / 1e6).replace(".0 ", " "),
        };
        return Err(Flaw::new(
            format!(
                "the picture has {width}×{height} pixels, {}; {} are allowed (max_megapixels)",
                millions(pixels),
                millions(max_pixels)
            ),
            "make it smaller, or raise the limit",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
