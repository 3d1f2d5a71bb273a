//! What every layer makes of a picture.

use std::path::Path;

use nn_core::Tensor;
use nn_layers::explain::{self, Step};

use crate::commands::predict::{Sample, read_picture};
use crate::error::Result;
use crate::model::Model;
use crate::picture;
use crate::view::heat::{Greys, enlarged};
use crate::view::number::{percent, short};
use crate::view::sheet::{Section, Tile, sheet};

/// So many channels of a layer are drawn.
const MOST: usize = 32;
/// More outputs than this are drawn as one strip, without names.
const NAMED: usize = 20;
/// Units in a row of a strip, and the side of each.
const STRIP: (usize, u32) = (64, 15);
/// Feature maps beside each other: numbers of channels are mostly multiples of this.
const COLUMNS: u32 = 16;
const WIDTH: u32 = 1460;
/// About the side of a feature map.
const TILE: u32 = 84;
/// Feature maps up to this side are shown pixel by pixel.
const LARGEST: u32 = 128;

/// Draws the layers at work on a picture; gives a line that says so.
///
/// # Errors
/// If the picture cannot be read or the file not be written.
pub fn activations(model: &Model, image: &Path, out: &Path) -> Result<String> {
    let sample = read_picture(model, image)?;
    let x = model.plan.scaled(&sample.values)?;
    let steps = explain::trace(&model.network, &x)?;
    let mut sections = vec![input_section(&sample)?];
    let mut before = x;
    for (at, step) in steps.iter().enumerate() {
        if !same_numbers(&before, &step.output)? {
            sections.push(section(model, step, at + 1 == steps.len())?);
        }
        before = step.output.clone();
    }
    let drawn = sections.len() - 1;
    let title = format!("{} · {}", model.plan.header.name, image.display());
    let picture = sheet(&title, &answer(model, &sample.values)?, &sections, WIDTH);
    picture::save(out, &picture.into())?;
    let layers = if drawn == 1 {
        "1 layer".to_string()
    } else {
        format!("{drawn} layers")
    };
    Ok(format!(
        "{layers} at work on {} → {}\n",
        image.display(),
        out.display()
    ))
}

/// What the network says of the picture, on one line.
fn answer(model: &Model, values: &Tensor) -> Result<String> {
    let Some(names) = model.plan.classes() else {
        return Ok(String::new());
    };
    let said = model.predict(values)?.to_vec::<f32>()?;
    let best = (0..said.len()).max_by(|&a, &b| said[a].total_cmp(&said[b]));
    Ok(best.map_or_else(String::new, |best| {
        let name = names.get(best).map_or("?", String::as_str);
        if model.plan.has_probabilities() {
            format!("said {name} ({})", percent(said[best].into()))
        } else {
            format!("said {name}")
        }
    }))
}

fn input_section(sample: &Sample) -> Result<Section> {
    let (channels, height, width) = picture_shape(&sample.values).unwrap_or((1, 1, 1));
    let values = sample.values.to_vec::<f32>()?;
    let greys = Greys::from_zero(sample.white);
    let picture = greys.picture(&values, channels, height, width);
    Ok(Section {
        caption: "input".into(),
        note: format!("{}", sample.values.shape()),
        tiles: vec![tile(&picture)],
        ..Section::default()
    })
}

fn picture_shape(x: &Tensor) -> Option<(usize, usize, usize)> {
    match *x.dims() {
        [1, channels, height, width] => Some((channels, height, width)),
        [1, height, width] => Some((1, height, width)),
        _ => None,
    }
}

/// Whether a layer only passed its input on, perhaps in another shape.
fn same_numbers(before: &Tensor, after: &Tensor) -> Result<bool> {
    Ok(before.len() == after.len() && before.to_vec::<f32>()? == after.to_vec::<f32>()?)
}

fn section(model: &Model, step: &Step<'_>, last: bool) -> Result<Section> {
    let values = step.output.to_vec::<f32>()?;
    let greys = Greys::of(&values);
    let (low, high) = greys.ends();
    let range = if low < 0.0 {
        format!("mid grey 0, white {}, black −{0}", short(high.into()))
    } else {
        format!("black 0, white {}", short(high.into()))
    };
    let mut section = Section {
        caption: format!("{}  {}", step.name, step.layer.describe()),
        note: format!("{} · {range}", step.output.shape()),
        ..Section::default()
    };
    match *step.output.dims() {
        [1, channels, height, width] if height * width > 1 => {
            let maps = values.chunks_exact(height * width).take(MOST);
            section.tiles = maps
                .map(|map| tile(&greys.picture(map, 1, height, width)))
                .collect();
            section.more = channels - section.tiles.len();
            section.columns = COLUMNS;
        }
        _ => section.tiles = units(model, &values, greys, last),
    }
    Ok(section)
}

fn tile(picture: &image::RgbImage) -> Tile {
    let longer = picture.width().max(picture.height());
    enlarged(picture, longer.clamp(TILE, LARGEST)).into()
}

/// Units without a place in the picture: squares, with their names where they are the answer.
fn units(model: &Model, values: &[f32], greys: Greys, last: bool) -> Vec<Tile> {
    let named = model
        .plan
        .classes()
        .filter(|names| last && names.len() == values.len() && names.len() <= NAMED);
    if let Some(names) = named {
        let square = |&value: &f32| enlarged(&greys.picture(&[value], 1, 1, 1), 44);
        let tiles = values.iter().map(square).zip(names);
        return tiles
            .map(|(picture, label)| Tile {
                picture,
                label: label.clone(),
            })
            .collect();
    }
    let rows = values.chunks(STRIP.0);
    rows.take(MOST)
        .map(|row| {
            let strip = greys.picture(row, 1, 1, row.len());
            Tile::from(enlarged(&strip, STRIP.1 * row.len() as u32))
        })
        .collect()
}
