//! Pictures of many kinds, and what Pillow reads from them; see golden/pictures.py.

use std::path::{Path, PathBuf};

use nn_data::picture::{self, Color, Fit, Form};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/pictures")
}

fn golden() -> Value {
    let text = std::fs::read_to_string(folder().join("golden.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    let numbers = value.as_array().unwrap().iter();
    numbers
        .map(|v| u8::try_from(v.as_u64().unwrap()).unwrap())
        .collect()
}

/// `[C, H, W]` to `[H, W, C]`.
fn interleaved(picture: &picture::Picture) -> Vec<u8> {
    let size = picture.height * picture.width;
    let channels = picture.color.channels();
    (0..size * channels)
        .map(|at| picture.pixels[at % channels * size + at / channels])
        .collect()
}

#[test]
fn every_kind_is_read_as_pillow_reads_it() {
    let golden = golden();
    let files = golden["files"].as_object().unwrap();
    assert!(files.len() >= 19, "{}", files.len());
    for (name, wanted) in files {
        let shape = bytes(&wanted["shape"]);
        let color = if shape.len() == 2 {
            Color::Grey
        } else {
            Color::Rgb
        };
        let path = folder().join(name);
        let header = picture::header(&path, 1000).unwrap_or_else(|e| panic!("{e}"));
        let size = (usize::from(shape[0]), usize::from(shape[1]));
        assert_eq!((header.height, header.width), size, "{name}");
        // What is stored with a palette or without saying counts as coloured.
        assert_eq!(header.colored, color == Color::Rgb, "{name}");
        let picture = picture::read(&path, &Form::new(color)).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!((picture.height, picture.width), size, "{name}");
        let wanted_values = bytes(&wanted["values"]);
        let tolerance = wanted["tolerance"].as_u64().unwrap();
        let got = interleaved(&picture);
        assert_eq!(got.len(), wanted_values.len(), "{name}");
        for (at, (got, wanted)) in got.iter().zip(&wanted_values).enumerate() {
            let off = u64::from(got.abs_diff(*wanted));
            assert!(
                off <= tolerance,
                "{name}, byte {at}: {got} and not {wanted}"
            );
        }
        // The other number of channels is made too.
        let other = if color == Color::Grey {
            Color::Rgb
        } else {
            Color::Grey
        };
        let picture = picture::read(&path, &Form::new(other)).unwrap();
        assert_eq!(
            picture.pixels.len(),
            size.0 * size.1 * other.channels(),
            "{name}"
        );
    }
}

#[test]
fn luma_is_pillows_and_that_of_a_jpeg() {
    let golden = golden();
    let rgb = bytes(&golden["luma"]["rgb"]);
    let mut file = b"P6 4 4 255 ".to_vec();
    file.extend(&rgb);
    let grey = picture::parse("noise.ppm", &file, &Form::new(Color::Grey)).unwrap();
    assert_eq!(grey.pixels, bytes(&golden["luma"]["grey"]));

    // A JPEG stores luma, which is taken as it is.
    let path = folder().join("rgb.jpg");
    let stored = picture::read(&path, &Form::new(Color::Grey)).unwrap();
    let made = picture::read(folder().join("rgb.png"), &Form::new(Color::Grey)).unwrap();
    for (stored, made) in stored.pixels.iter().zip(&made.pixels) {
        assert!(stored.abs_diff(*made) <= 2, "{stored} and {made}");
    }
}

#[test]
fn resizing_is_pillows_to_the_bit() {
    let golden = golden();
    let path = folder().join("noise.png");
    for wanted in golden["resize"].as_array().unwrap() {
        let size = bytes(&wanted["size"]);
        let form = Form::new(Color::Rgb).size(size[0].into(), size[1].into());
        let picture = picture::read(&path, &form).unwrap();
        assert_eq!(interleaved(&picture), bytes(&wanted["values"]), "{size:?}");
    }
}

#[test]
fn cropping_keeps_the_middle_and_the_proportions() {
    // 6 × 2, the columns count up; a square of it is its middle two columns.
    let file = b"P5 6 2 255 \x00\x01\x02\x03\x04\x05\x00\x01\x02\x03\x04\x05";
    let form = |h, w| Form::new(Color::Grey).size(h, w).fit(Fit::Crop);
    let picture = picture::parse("wide", file, &form(2, 2)).unwrap();
    assert_eq!(picture.pixels, [2, 3, 2, 3]);
    let file = b"P5 2 6 255 \x00\x00\x01\x01\x02\x02\x03\x03\x04\x04\x05\x05";
    let picture = picture::parse("high", file, &form(2, 2)).unwrap();
    assert_eq!(picture.pixels, [2, 2, 3, 3]);
    assert_eq!(
        picture::parse("high", file, &form(5, 1))
            .unwrap()
            .pixels
            .len(),
        5
    );
}

#[test]
fn every_truncation_is_refused() {
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".json") {
            continue;
        }
        let whole = std::fs::read(&path).unwrap();
        // The end of some formats holds nothing of the picture: a second frame, a table, a checksum of nothing.
        let needed = match &*name {
            "animated.gif" => whole.len() / 3,
            _ if name.ends_with("png") => whole.len() - 12,
            _ if name.ends_with("gif") => whole.len() - 5,
            _ if name.ends_with("webp") => whole.len() - 1,
            _ if name.ends_with("tif") => 100,
            _ => whole.len(),
        };
        for length in 0..needed {
            let read = picture::parse(&name, &whole[..length], &Form::new(Color::Rgb));
            let error = read
                .err()
                .unwrap_or_else(|| panic!("{name} cut to {length}"));
            assert!(error.to_string().starts_with(&name), "{error}");
        }
    }
}

#[test]
fn damage_never_panics_or_grows() {
    // Every byte of every file changed in turn: any answer is right but a panic, and no picture becomes larger than allowed.
    let mut form = Form::new(Color::Rgb);
    form.max_pixels = 10_000;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "json") {
            continue;
        }
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len().min(700) {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] ^= flip;
                if let Ok(picture) = picture::parse("damaged", &damaged, &form) {
                    assert!(picture.height * picture.width <= 10_000);
                    assert_eq!(picture.pixels.len(), picture.height * picture.width * 3);
                }
            }
        }
    }
}

fn png_of(width: u32, height: u32) -> Vec<u8> {
    // A header that promises a size, and no data.
    let mut crc = flate2::Crc::new();
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 2, 0, 0, 0]);
    crc.update(&chunk);
    let mut png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d".to_vec();
    png.extend(&chunk);
    png.extend(crc.sum().to_be_bytes());
    png.extend([0, 0, 0, 1, b'I', b'D', b'A', b'T', 0]);
    png
}

#[test]
fn a_hundred_megapixels_are_refused_before_they_are_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |bytes: &[u8], part: &str| {
        let path = folder.path().join("large");
        std::fs::write(&path, bytes).unwrap();
        let read = picture::read(&path, &Form::new(Color::Rgb))
            .unwrap_err()
            .to_string();
        let header = picture::header(&path, picture::MAX_PIXELS)
            .unwrap_err()
            .to_string();
        assert!(read.contains(part), "{read}");
        assert!(header.contains(part), "{header}");
    };
    refused(
        &png_of(10_000, 10_000),
        "10000×10000 pixels, 100 million; 64 million are allowed",
    );
    refused(&png_of(0x7fff_ffff, 0x7fff_ffff), "too much memory");
    refused(b"P6 20000 20000 255 \x00", "400 million");
    // SOI, then a frame header of 65535 × 65535.
    let jpeg =
        b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00";
    refused(jpeg, "65535×65535");
    let empty =
        b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x00\x00\x10\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00";
    refused(empty, "no pixels (16×0)");
    let lossless =
        b"\xff\xd8\xff\xc3\x00\x11\x08\x00\x10\x00\x10\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00";
    refused(lossless, "this kind of JPEG");
    refused(b"", "the file is empty");
    refused(b"hello, this is a text", "not a picture in PNG");
}
