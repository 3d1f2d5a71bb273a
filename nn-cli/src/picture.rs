//! Picture files: read as a network wants them (grey, of its size, on the background it knows) or as they are, and written.

use std::path::Path;

use image::imageops::FilterType;
use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use nn_core::store::atomic_write;
use nn_data::picture::{Color, Form, MAX_PIXELS, header, read};

use crate::error::{Error, Result};
use crate::run::saving;

/// A picture brought to the network's form.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Grey values 0…255, row by row.
    pub pixels: Vec<f32>,
    /// What was done to it, in words.
    pub notes: Vec<String>,
}

/// Reads a picture and brings it to `height × width`.
///
/// Colours become grey and transparency stands on white, as [`nn_data::picture`] says. A picture of another size keeps its proportions: it is put
/// into the middle of a square of its background and scaled. When `border` (how bright the border of the training pictures is, 0…1)
/// is dark and the picture's border is light, or the other way round, the picture is inverted.
///
/// # Errors
/// If the file cannot be read or is not such a picture.
pub fn load(path: &Path, height: usize, width: usize, border: Option<f64>) -> Result<Prepared> {
    let mut notes = Vec::new();
    if header(path, MAX_PIXELS)?.colored {
        notes.push("made grey".to_string());
    }
    let mut grey = grey(path)?;
    let light =
        border_brightness(grey.as_raw(), grey.height() as usize, grey.width() as usize) > 0.5;
    if border.is_some_and(|known| (known > 0.5) != light) {
        image::imageops::invert(&mut grey);
        notes.push(format!(
            "inverted, its background is {}",
            if light { "light" } else { "dark" }
        ));
    }
    if (grey.height() as usize, grey.width() as usize) != (height, width) {
        notes.push(format!("resized from {}×{}", grey.width(), grey.height()));
        grey = fit(&grey, height as u32, width as u32);
    }
    Ok(Prepared {
        pixels: grey.into_raw().into_iter().map(f32::from).collect(),
        notes,
    })
}

/// A picture file as it is, transparency on white.
#[derive(Clone, Debug)]
pub struct Whole {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// One channel (grey) or three (red, green, blue), row by row.
    pub channels: Vec<Vec<u8>>,
}

/// Reads a picture in its own size: in its colours, or grey where that is wanted.
///
/// # Errors
/// As [`load`].
pub fn whole(path: &Path, as_grey: bool) -> Result<Whole> {
    let color = match header(path, MAX_PIXELS)?.colored && !as_grey {
        true => Color::Rgb,
        false => Color::Grey,
    };
    let picture = read(path, &Form::new(color))?;
    let plane = picture.height * picture.width;
    Ok(Whole {
        height: picture.height,
        width: picture.width,
        channels: picture.pixels.chunks(plane).map(<[u8]>::to_vec).collect(),
    })
}

/// A sample `[height, width]` or `[channels, height, width]` as a picture, `white` being the value of white; of more than three channels
/// the first three are taken, of two the first. Nothing where the shape is no picture's.
pub fn of_sample(sample: &[f32], shape: &[usize], white: f32) -> Option<RgbImage> {
    let (channels, height, width) = match *shape {
        [channels, height, width] => (channels, height, width),
        [height, width] => (1, height, width),
        _ => return None,
    };
    let area = height * width;
    if sample.len() != channels * area {
        return None;
    }
    Some(RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let at = y as usize * width + x as usize;
        let channel = |c: usize| {
            let value = sample[if channels >= 3 { c * area + at } else { at }];
            (255.0 * value / white).round().clamp(0.0, 255.0) as u8
        };
        Rgb([channel(0), channel(1), channel(2)])
    }))
}

/// Writes a PNG file, whole or not at all.
///
/// # Errors
/// If it cannot be written.
pub fn save(path: &Path, picture: &DynamicImage) -> Result<()> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|e| {
            Error::failed(format!(
                "{}: the picture cannot be written: {e}",
                path.display()
            ))
        })?;
    atomic_write(path, |file| file.write_all(bytes.get_ref())).map_err(saving)
}

fn grey(path: &Path) -> Result<GrayImage> {
    let picture = read(path, &Form::new(Color::Grey))?;
    let (width, height) = (picture.width as u32, picture.height as u32);
    GrayImage::from_raw(width, height, picture.pixels)
        .ok_or_else(|| Error::failed(format!("{}: it has another size", path.display())))
}

/// Scales with the proportions kept, on the picture's own background.
fn fit(picture: &GrayImage, height: u32, width: u32) -> GrayImage {
    let scale = (f64::from(width) / f64::from(picture.width()))
        .min(f64::from(height) / f64::from(picture.height()));
    let side = |size: u32, limit: u32| ((f64::from(size) * scale).round() as u32).clamp(1, limit);
    let (w, h) = (side(picture.width(), width), side(picture.height(), height));
    let small = image::imageops::resize(picture, w, h, FilterType::Triangle);
    let background = (255.0
        * border_brightness(
            picture.as_raw(),
            picture.height() as usize,
            picture.width() as usize,
        ))
    .round() as u8;
    let mut fitted = GrayImage::from_pixel(width, height, Luma([background]));
    image::imageops::replace(
        &mut fitted,
        &small,
        i64::from((width - w) / 2),
        i64::from((height - h) / 2),
    );
    fitted
}

/// Mean brightness of the outermost pixels, 0 to 1.
pub fn border_brightness(pixels: &[u8], height: usize, width: usize) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (row, line) in pixels.chunks_exact(width.max(1)).enumerate().take(height) {
        let edge = row == 0 || row + 1 == height;
        for (column, &pixel) in line.iter().enumerate() {
            if edge || column == 0 || column + 1 == width {
                sum += f64::from(pixel);
                count += 255.0;
            }
        }
    }
    if count > 0.0 { sum / count } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size_background_and_transparency_are_brought_to_the_networks_form() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("seven.png");
        // A black stroke on transparent ground, twice as wide as high.
        let mut picture = image::RgbaImage::from_pixel(80, 40, image::Rgba([0, 0, 0, 0]));
        for y in 10..30 {
            for x in 36..44 {
                picture.put_pixel(x, y, image::Rgba([0, 0, 0, 255]));
            }
        }
        picture.save(&path).expect("written");
        let prepared = load(&path, 28, 28, Some(0.0)).expect("a picture");
        assert_eq!(prepared.pixels.len(), 784);
        assert_eq!(
            prepared.notes,
            [
                "made grey",
                "inverted, its background is light",
                "resized from 80×40"
            ]
        );
        assert!(prepared.pixels[0] < 1.0 && prepared.pixels[14 * 28 + 14] > 200.0);
        let kept = load(&path, 28, 28, None).expect("a picture");
        assert!(kept.pixels[0] > 254.0, "no known background, no inversion");
    }

    #[test]
    fn damaged_and_foreign_files_are_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, bytes) in [
            ("empty.png", &b""[..]),
            ("text.png", b"hello"),
            ("cut.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0"),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).expect("written");
            let error = load(&path, 28, 28, None).expect_err("not a picture");
            assert!(
                error.to_string().contains(name) && error.code() == 2,
                "{error}"
            );
        }
    }
}
