//! From the bytes of a file to a sample.

use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader};

use super::convert::{interleaved, planar};
use super::header::{self, flaw, limits};
use super::resize::{crop, resize};
use super::{Color, Fit, Flaw, Form, Picture, check_size, jpeg};

/// Pictures with more pixels than this are decoded one at a time, so that memory does not grow with the threads.
const LARGE: usize = 16_000_000;

static ONE_LARGE: Mutex<()> = Mutex::new(());

pub(super) fn read(path: &Path, form: &Form) -> Result<Picture, Flaw> {
    let (file, length) = header::open(path, form.max_pixels)?;
    let most = header::longest(form.max_pixels);
    let mut bytes = Vec::with_capacity(length as usize + 1);
    // The file may have grown since its length was asked.
    file.take(most).read_to_end(&mut bytes).map_err(Flaw::Io)?;
    parse(&bytes, form)
}

pub(super) fn parse(bytes: &[u8], form: &Form) -> Result<Picture, Flaw> {
    if bytes.is_empty() {
        return Err(Flaw::new("the file is empty", "copy or save it again"));
    }
    // Decoders are tested against hostile files, but many and not ours: a mistake there must not end a training run.
    match catch_unwind(AssertUnwindSafe(|| decode(bytes, form))) {
        Ok(outcome) => outcome,
        Err(_) => Err(Flaw::damaged("the decoder gave up")),
    }
}

fn decode(bytes: &[u8], form: &Form) -> Result<Picture, Flaw> {
    let raw = if bytes.starts_with(&jpeg::MAGIC) {
        let frame = jpeg::frame(&mut Cursor::new(bytes))?;
        check_size(frame.width, frame.height, form.max_pixels)?;
        let _alone = alone(frame.width * frame.height);
        let (color, pixels) = jpeg::decode(bytes, &frame, form.color)?;
        Raw::new(frame.width, frame.height, color, pixels).upright(frame.orientation)?
    } else {
        let mut reader = ImageReader::new(Cursor::new(bytes))
            .with_guessed_format()
            .map_err(Flaw::Io)?;
        header::known(reader.format())?;
        reader.limits(limits(form.max_pixels));
        let mut decoder = reader.into_decoder().map_err(flaw)?;
        let (width, height) = decoder.dimensions();
        let (width, height) = (width as usize, height as usize);
        check_size(width, height, form.max_pixels)?;
        let _alone = alone(width * height);
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let picture = DynamicImage::from_decoder(decoder).map_err(flaw)?;
        let (color, pixels) = interleaved(picture);
        Raw::new(width, height, color, pixels).upright(orientation)?
    };
    Ok(shaped(raw, form))
}

/// Holds other large pictures back while one is decoded.
fn alone(pixels: usize) -> Option<std::sync::MutexGuard<'static, ()>> {
    // Nothing is guarded but the number of buffers, which a panic leaves as it is.
    (pixels > LARGE).then(|| ONE_LARGE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A decoded picture, its channels interleaved.
struct Raw {
    width: usize,
    height: usize,
    color: Color,
    pixels: Vec<u8>,
}

impl Raw {
    fn new(width: usize, height: usize, color: Color, pixels: Vec<u8>) -> Raw {
        Raw {
            width,
            height,
            color,
            pixels,
        }
    }

    fn upright(self, orientation: Orientation) -> Result<Raw, Flaw> {
        if orientation == Orientation::NoTransforms {
            return Ok(self);
        }
        let (width, height) = (self.width as u32, self.height as u32);
        let picture =
            match self.color {
                Color::Grey => image::GrayImage::from_raw(width, height, self.pixels)
                    .map(DynamicImage::ImageLuma8),
                Color::Rgb => image::RgbImage::from_raw(width, height, self.pixels)
                    .map(DynamicImage::ImageRgb8),
            };
        let mut picture = picture.ok_or_else(|| Flaw::damaged("it is shorter than its size"))?;
        picture.apply_orientation(orientation);
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        Ok(Raw::new(width, height, self.color, picture.into_bytes()))
    }
}

/// Brings channels and size to what is wanted.
fn shaped(mut raw: Raw, form: &Form) -> Picture {
    if let Some([height, width]) = form.size
        && (raw.height, raw.width) != (height, width)
    {
        let channels = raw.color.channels();
        if form.fit == Fit::Crop {
            let wanted = (height, width);
            (raw.height, raw.width) =
                crop(&mut raw.pixels, (raw.height, raw.width), wanted, channels);
        }
        raw.pixels = resize(
            &raw.pixels,
            (raw.height, raw.width),
            (height, width),
            channels,
        );
        (raw.height, raw.width) = (height, width);
    }
    Picture {
        height: raw.height,
        width: raw.width,
        color: form.color,
        pixels: planar(raw.pixels, raw.color, form.color),
    }
}
