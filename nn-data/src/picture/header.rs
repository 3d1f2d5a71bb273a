//! The beginning of a picture file.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use image::metadata::Orientation;
use image::{ImageDecoder, ImageFormat, ImageReader, Limits};

use super::{Flaw, Header, check_size, jpeg};

/// Opens a file that can be a picture: a regular one, not empty, not longer than a picture of so many pixels.
pub(super) fn open(path: &Path, max_pixels: u64) -> Result<(File, u64), Flaw> {
    // A pipe or device must not be opened: that alone may wait for ever.
    let about = std::fs::metadata(path).map_err(Flaw::Io)?;
    if about.is_dir() {
        return Err(Flaw::Io(io::ErrorKind::IsADirectory.into()));
    }
    if !about.is_file() {
        return Err(Flaw::new("this is not a regular file", "remove it"));
    }
    if about.len() == 0 {
        return Err(Flaw::new("the file is empty", "copy or save it again"));
    }
    if about.len() > longest(max_pixels) {
        let problem = format!(
            "the file is too large for a picture ({} bytes)",
            about.len()
        );
        return Err(Flaw::new(
            problem,
            "make it smaller, or raise the limit (max_megapixels)",
        ));
    }
    Ok((File::open(path).map_err(Flaw::Io)?, about.len()))
}

/// Bytes that a decoder may claim, and that a file may have: four channels of 16 bits, and some more.
pub(super) fn longest(max_pixels: u64) -> u64 {
    max_pixels.saturating_mul(8).saturating_add(16 << 20)
}

pub(super) fn limits(max_pixels: u64) -> Limits {
    let mut limits = Limits::default();
    // Width and height are checked together, by `check_size`.
    limits.max_image_width = None;
    limits.max_image_height = None;
    limits.max_alloc = Some(longest(max_pixels));
    limits
}

pub(super) fn read(path: &Path, max_pixels: u64) -> Result<Header, Flaw> {
    let (file, _) = open(path, max_pixels)?;
    let mut file = BufReader::with_capacity(4096, file);
    let mut magic = [0; 2];
    let jpeg = file.read_exact(&mut magic).is_ok() && magic == jpeg::MAGIC;
    file.seek(SeekFrom::Start(0)).map_err(Flaw::Io)?;
    let (mut width, mut height, colored, orientation);
    if jpeg {
        let frame = jpeg::frame(&mut file)?;
        (width, height) = (frame.width, frame.height);
        (colored, orientation) = (frame.components > 1, frame.orientation);
    } else {
        let mut reader = ImageReader::new(file)
            .with_guessed_format()
            .map_err(Flaw::Io)?;
        known(reader.format())?;
        reader.limits(limits(max_pixels));
        let mut decoder = reader.into_decoder().map_err(flaw)?;
        let size = decoder.dimensions();
        (width, height) = (size.0 as usize, size.1 as usize);
        colored = decoder.color_type().has_color();
        orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    }
    check_size(width, height, max_pixels)?;
    if turned(orientation) {
        (width, height) = (height, width);
    }
    Ok(Header {
        height,
        width,
        colored,
    })
}

/// Whether rows become columns.
fn turned(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

/// Refuses content that is none of the formats.
pub(super) fn known(format: Option<ImageFormat>) -> Result<(), Flaw> {
    match format {
        Some(format) if format.reading_enabled() => Ok(()),
        _ => Err(Flaw::new(
            "not a picture in PNG, JPEG, BMP, GIF, WebP, TIFF or PNM format",
            "remove or convert it",
        )),
    }
}

/// An error of the decoders in this crate's words.
pub(super) fn flaw(error: image::ImageError) -> Flaw {
    use image::ImageError;
    match error {
        ImageError::IoError(e) if e.kind() == io::ErrorKind::UnexpectedEof => Flaw::cut_off(),
        ImageError::IoError(e) if e.kind() == io::ErrorKind::PermissionDenied => Flaw::Io(e),
        ImageError::Limits(_) => Flaw::new(
            "decoding the picture would take too much memory",
            "make it smaller, or raise the limit (max_megapixels)",
        ),
        ImageError::Unsupported(e) => Flaw::new(
            format!("this kind of picture cannot be read ({e})"),
            "save it in another format",
        ),
        other => Flaw::damaged(other),
    }
}
