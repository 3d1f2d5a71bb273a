//! Samples as small pictures, all in one file inside the page.

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};
use nn_data::Dataset;

use super::{escape, picture};
use crate::augment::white;
use crate::error::Result;
use crate::model::picture_shape;

/// Side of a picture in the page.
const SIDE: u32 = 96;
/// Pictures side by side in the file.
const ACROSS: u32 = 8;

/// A picture with its words.
pub struct Tile {
    /// What is on it, in its own size.
    pub picture: RgbImage,
    /// For those who cannot see it.
    pub about: String,
    /// Below it, HTML.
    pub caption: String,
}

/// Pictures as a list; `id` tells the lists of a page apart.
///
/// # Errors
/// If the pictures cannot be encoded.
pub fn sheet(id: &str, tiles: &[Tile]) -> Result<String> {
    let size = |picture: &RgbImage| {
        let (w, h) = (picture.width().max(1), picture.height().max(1));
        let longest = w.max(h);
        // Small ones are enlarged by the browser; large ones would only make the page heavy.
        if longest > SIDE {
            ((w * SIDE / longest).max(1), (h * SIDE / longest).max(1))
        } else {
            (w, h)
        }
    };
    let side = tiles
        .iter()
        .map(|tile| size(&tile.picture))
        .map(|(w, h)| w.max(h))
        .max()
        .unwrap_or(1);
    let rows = (tiles.len() as u32).div_ceil(ACROSS).max(1);
    let columns = ACROSS.min(tiles.len() as u32).max(1);
    let mut whole = RgbImage::new(columns * side, rows * side);
    let mut list = String::new();
    for (at, tile) in tiles.iter().enumerate() {
        let (w, h) = size(&tile.picture);
        let small = match tile.picture.dimensions() == (w, h) {
            true => tile.picture.clone(),
            false => imageops::resize(&tile.picture, w, h, FilterType::Triangle),
        };
        let (column, row) = (at as u32 % ACROSS, at as u32 / ACROSS);
        let (x, y) = (column * side + (side - w) / 2, row * side + (side - h) / 2);
        imageops::replace(&mut whole, &small, x.into(), y.into());
        list.push_str(&format!(
            "<li><span class=\"tile {id}\" role=\"img\" aria-label=\"{}\" style=\"background-position:-{}px -{}px\"></span>{}</li>",
            escape(&tile.about),
            column * SIDE,
            row * SIDE,
            tile.caption,
        ));
    }
    let address = picture(&whole)?;
    // Beyond enlargement by whole pixels a picture is not made of squares that can be seen.
    let rendering = if side > SIDE / 2 {
        ";image-rendering:auto"
    } else {
        ""
    };
    Ok(format!(
        "<style>.{id}{{background-image:url({address});background-size:{}px {}px{rendering}}}</style><ul class=\"sheet\">{list}</ul>",
        columns * SIDE,
        rows * SIDE,
    ))
}

/// The samples at `indices` as pictures, or `None` where they are none.
///
/// # Errors
/// If one cannot be read.
pub fn pictures(data: &dyn Dataset, indices: &[usize]) -> Result<Option<Vec<RgbImage>>> {
    let Some((channels, height, width)) = picture_shape(data.input_shape()) else {
        return Ok(None);
    };
    if indices.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let values = data.batch(indices)?.inputs.to_vec::<f32>()?;
    let scale = white(data)?;
    let samples = values.chunks_exact(channels * height * width);
    Ok(Some(
        samples
            .map(|sample| drawn(sample, channels, height, width, scale))
            .collect(),
    ))
}

/// One sample as a picture; where nothing is known of its scale, from its least to its greatest value.
pub fn drawn(
    sample: &[f32],
    channels: usize,
    height: usize,
    width: usize,
    scale: Option<f32>,
) -> RgbImage {
    let (low, high) = match scale {
        Some(white) => (0.0, white),
        None => sample
            .iter()
            .filter(|v| v.is_finite())
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), &v| {
                (l.min(v), h.max(v))
            }),
    };
    let range = if high > low { high - low } else { 1.0 };
    let area = height * width;
    RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let at = y as usize * width + x as usize;
        let channel = |c: usize| {
            let value = sample[if channels >= 3 { c * area + at } else { at }];
            (255.0 * (value - low) / range).round().clamp(0.0, 255.0) as u8
        };
        Rgb([channel(0), channel(1), channel(2)])
    })
}
