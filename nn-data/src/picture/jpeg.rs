//! What the markers of a JPEG file say, and its decoding.
//!
//! Source: ITU-T T.81 (JPEG), annex B.

use std::io::{BufRead, Read, Seek};

use image::metadata::Orientation;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{Color, Flaw};

/// The first two bytes of every JPEG file.
pub(super) const MAGIC: [u8; 2] = [0xff, 0xd8];

/// What is known before decoding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    pub width: usize,
    pub height: usize,
    pub components: u8,
    pub orientation: Orientation,
}

/// Reads the segments up to the frame header; `reader` stands at the beginning of the file.
pub(super) fn frame(reader: &mut (impl BufRead + Seek)) -> Result<Frame, Flaw> {
    let mut start = [0; 2];
    fill(reader, &mut start)?;
    let mut orientation = Orientation::NoTransforms;
    loop {
        let marker = next_marker(reader)?;
        let mut length = [0; 2];
        match marker {
            // Markers without a segment.
            0x01 | 0xd0..=0xd8 => continue,
            0xd9 => return Err(Flaw::damaged("it ends before its size is given")),
            _ => fill(reader, &mut length)?,
        }
        let Some(length) = u16::from_be_bytes(length).checked_sub(2) else {
            return Err(Flaw::damaged("a segment has an impossible length"));
        };
        match marker {
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let mut frame = [0; 6];
                fill(reader, &mut frame)?;
                let [precision, h1, h0, w1, w0, components] = frame;
                if marker > 0xc2 || precision != 8 {
                    let problem = format!(
                        "this kind of JPEG (process {}, {precision} bits) cannot be read",
                        marker - 0xc0
                    );
                    return Err(Flaw::new(
                        problem,
                        "save it as baseline or progressive JPEG",
                    ));
                }
                return Ok(Frame {
                    width: u16::from_be_bytes([w1, w0]).into(),
                    height: u16::from_be_bytes([h1, h0]).into(),
                    components,
                    orientation,
                });
            }
            0xda => return Err(Flaw::damaged("its data begins before its size is given")),
            0xe1 => {
                let mut segment = vec![0; length.into()];
                fill(reader, &mut segment)?;
                if let Some(exif) = segment.strip_prefix(b"Exif\0\0") {
                    orientation = Orientation::from_exif_chunk(exif).unwrap_or(orientation);
                }
            }
            _ => reader.seek_relative(i64::from(length)).map_err(Flaw::Io)?,
        }
    }
}

/// The byte after the next `0xff` that is neither another one nor zero.
fn next_marker(reader: &mut impl Read) -> Result<u8, Flaw> {
    let mut byte = [0];
    let mut after_ff = false;
    // Foreign bytes between segments are tolerated, but not without end.
    for _ in 0..1 << 16 {
        fill(reader, &mut byte)?;
        match (after_ff, byte[0]) {
            (_, 0xff) => after_ff = true,
            (true, marker) if marker != 0 => return Ok(marker),
            _ => after_ff = false,
        }
    }
    Err(Flaw::damaged("no further segment is found"))
}

fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> Result<(), Flaw> {
    reader.read_exact(buffer).map_err(|e| match e.kind() {
        std::io::ErrorKind::UnexpectedEof => Flaw::cut_off(),
        _ => Flaw::Io(e),
    })
}

/// Decodes to interleaved rows of one channel (luma) or three (RGB); `frame` is that of `bytes`.
pub(super) fn decode(bytes: &[u8], frame: &Frame, wanted: Color) -> Result<(Color, Vec<u8>), Flaw> {
    if !has_end(bytes) {
        return Err(Flaw::cut_off());
    }
    // Luma is what the file itself stores of a picture with three components, so colours need not be made first.
    let luma = frame.components == 1 || (frame.components == 3 && wanted == Color::Grey);
    let options = |space| {
        DecoderOptions::default()
            .set_strict_mode(true)
            .set_max_width(frame.width)
            .set_max_height(frame.height)
            .jpeg_set_out_colorspace(space)
    };
    let damaged = |e: zune_jpeg::errors::DecodeErrors| Flaw::damaged(e.to_string().trim());
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options(ColorSpace::Luma));
    decoder.decode_headers().map_err(damaged)?;
    // Three components may also be RGB as such, which has no luma.
    let stored = decoder.input_colorspace();
    let luma = luma && matches!(stored, Some(ColorSpace::YCbCr | ColorSpace::Luma));
    if !luma {
        decoder.set_options(options(ColorSpace::RGB));
    }
    let pixels = decoder.decode().map_err(damaged)?;
    let color = if luma { Color::Grey } else { Color::Rgb };
    if pixels.len() != frame.width * frame.height * color.channels() {
        return Err(Flaw::damaged("it has several sizes"));
    }
    Ok((color, pixels))
}

/// Whether the end marker comes where the segments and the coded data lead to: a decoder is content with less.
fn has_end(bytes: &[u8]) -> bool {
    let mut at = 2;
    loop {
        // Within coded data 0xff is followed by zero or by a restart marker.
        let Some(ff) = bytes
            .get(at..)
            .and_then(|rest| rest.iter().position(|&b| b == 0xff))
        else {
            return false;
        };
        at += ff + 1;
        match bytes.get(at) {
            Some(0xd9) => return true,
            Some(0xff) => {}
            Some(0x00 | 0x01 | 0xd0..=0xd8) => at += 1,
            Some(_) => {
                let (Some(&high), Some(&low)) = (bytes.get(at + 1), bytes.get(at + 2)) else {
                    return false;
                };
                at += 1 + usize::from(u16::from_be_bytes([high, low])).max(2);
            }
            None => return false,
        }
    }
}
