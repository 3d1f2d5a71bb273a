//! The weights of the first layer as pictures.

use std::path::Path;

use nn_core::Tensor;
use nn_layers::explain;

use crate::error::{Error, Result};
use crate::model::Model;
use crate::picture;
use crate::view::heat::{Greys, enlarged};
use crate::view::number::short;
use crate::view::sheet::{Section, Tile, sheet};

/// More units than this are not drawn.
const MOST: usize = 1024;
/// The picture is not wider than this.
const WIDTH: u32 = 2400;
/// About the side of a tile, when they are few and when they are many.
const TILE: (u32, u32) = (84, 56);

/// The weights of a layer as pictures, one for each unit.
struct Weights {
    /// The layer in words.
    layer: String,
    /// `[units, channels, height, width]`
    values: Tensor,
}

/// Draws the first layer of a model; gives a line that says so.
///
/// # Errors
/// If the first layer does not look at a picture, or the file cannot be written.
pub fn of_model(model: &Model, named: &Path, out: &Path) -> Result<String> {
    let header = &model.plan.header;
    let weights = first_weights(model, named)?;
    draw(
        &format!("{} · {}", header.name, weights.layer),
        &weights,
        out,
    )
}

/// Draws the first convolution among tensors that stand in a file by themselves.
///
/// # Errors
/// If there is none, or the file cannot be written.
pub fn of_tensors(tensors: &[(String, Tensor)], named: &Path, out: &Path) -> Result<String> {
    let found = tensors.iter().find(|(_, tensor)| tensor.rank() == 4);
    let Some((name, values)) = found else {
        return Err(Error::input(format!(
            "{}: holds no convolution (a tensor of four axes) to draw; give the run it comes from, which knows the size of its pictures",
            named.display()
        )));
    };
    let weights = Weights {
        layer: name.clone(),
        values: values.clone(),
    };
    draw(&format!("{} · {name}", named.display()), &weights, out)
}

fn first_weights(model: &Model, named: &Path) -> Result<Weights> {
    let layers = explain::layers(&model.network);
    let found = layers.iter().find_map(|(_, layer)| {
        let mut parameters = layer.named_parameters().into_iter();
        parameters
            .find(|(_, parameter)| parameter.value().rank() >= 2)
            .map(|(_, parameter)| (layer.describe(), parameter.value().detach()))
    });
    let problem = |what: String| {
        Err(Error::input(format!(
            "{}: {what}, so there are no filters to draw",
            named.display()
        )))
    };
    let Some((layer, values)) = found else {
        return problem("the network has no weights".into());
    };
    let input = model.plan.network_input()?;
    let values = match (values.dims(), &input[..]) {
        ([_, _, _, _], _) => values,
        // A unit that is connected with every pixel has a weight for each.
        (&[units, inputs], &[height, width]) if inputs == height * width && height > 1 => {
            values.reshape([units, 1, height, width])?
        }
        (&[units, inputs], &[channels, height, width])
            if inputs == channels * height * width && height > 1 =>
        {
            values.reshape([units, channels, height, width])?
        }
        _ => {
            return problem(format!(
                "its first layer, {layer}, does not look at a picture"
            ));
        }
    };
    Ok(Weights { layer, values })
}

fn draw(title: &str, weights: &Weights, out: &Path) -> Result<String> {
    let &[units, channels, height, width] = weights.values.dims() else {
        return Err(Error::failed("filters have four axes"));
    };
    // Red, green and blue are weighed together; of other channels the mean is drawn.
    let (values, of_channels) = match channels {
        1 | 3 => (weights.values.clone(), ""),
        _ => (weights.values.mean_keepdim(1)?, ", mean over its channels"),
    };
    let drawn = values.dims()[1];
    let values = values.to_vec::<f32>()?;
    let largest = values
        .iter()
        .fold(0.0_f32, |most, value| most.max(value.abs()));
    let bound = bound(&values, height * width);
    let greys = Greys::around_zero(bound);
    let side = if units <= 64 { TILE.0 } else { TILE.1 };
    let tiles: Vec<Tile> = values
        .chunks_exact((drawn * height * width).max(1))
        .take(MOST)
        .map(|filter| enlarged(&greys.picture(filter, drawn, height, width), side).into())
        .collect();
    let number = if units == 1 {
        "1 filter".to_string()
    } else {
        format!("{units} filters")
    };
    let section = Section {
        caption: format!("{number} of {height}×{width}{of_channels}"),
        note: format!(
            "mid grey 0, white {}{}, black −{0}",
            short(bound.into()),
            if largest > bound { " and above" } else { "" }
        ),
        more: units - tiles.len(),
        tiles,
        columns: ((units.min(MOST) as f64 * 1.6).sqrt().ceil() as u32).max(8),
    };
    let picture = sheet(title, "", &[section], WIDTH);
    picture::save(out, &picture.into())?;
    Ok(format!(
        "{number} of {} → {}\n",
        weights.layer,
        out.display()
    ))
}

/// What is white: the largest weight, but for large filters not more than 0.2 % of the weights lie beyond, so that a single one does not
/// make all others grey.
fn bound(values: &[f32], pixels: usize) -> f32 {
    let mut sizes: Vec<f32> = values.iter().map(|value| value.abs()).collect();
    sizes.sort_unstable_by(f32::total_cmp);
    let beyond = if pixels > 64 { sizes.len() / 500 } else { 0 };
    let place = sizes.len().saturating_sub(1 + beyond);
    sizes.get(place).copied().unwrap_or(0.0)
}
