//! `nn explain`: on which parts of a picture the answer depends.

use std::path::Path;

use image::RgbImage;
use nn_core::{Shape, Tensor};
use nn_data::dataset::TargetKind;
use nn_layers::explain::{self, GradCam, Score, SmoothGrad};
use nn_layers::{Layer, spec::nearest};
use serde::Serialize;

use super::predict::{Sample, read_picture};
use crate::args;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::output::{beside, check_png, print, print_json};
use crate::picture;
use crate::run::Run;
use crate::view::heat::{Greys, enlarged, heat_map, overlay, shares};
use crate::view::number::{percent, short};
use crate::view::sheet::{Section, Tile, sheet};
use crate::view::style::Style;

/// So many classes are named.
const TOP: usize = 3;
/// About the side of each picture.
const SIDE: u32 = 336;

/// What is explained, in the words of the model.
struct Subject {
    /// Class or value.
    name: String,
    score: Score,
    /// All classes or values, the likeliest first, with what the network says.
    said: Vec<(String, f32)>,
}

#[derive(Serialize)]
struct Report<'a> {
    file: String,
    explained: &'a str,
    said: Vec<Said<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grad_cam_layer: Option<&'a str>,
    out: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

#[derive(Serialize)]
struct Said<'a> {
    name: &'a str,
    value: f32,
}

/// Explains the answer for one picture, as a picture.
///
/// # Errors
/// If the run or the picture cannot be read, the class is not known, or the picture cannot be written.
pub fn explain(args: &args::Explain) -> Result<()> {
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| beside(&args.image, "explained"));
    check_png(&out, &args.image)?;
    let model = Model::load(&Run::open(&args.run)?.model_of(&args.run))?;
    let sample = read_picture(&model, &args.image)?;
    let subject = subject(&model, &sample.values, args)?;
    let x = model.plan.scaled(&sample.values)?;

    let mut tiles = vec![labelled(seen(&sample)?, "as the network sees it")];
    let wants = |method: &str| args.method == method || args.method == "both";
    if wants("saliency") {
        let map = saliency(&model, &sample.values, &subject, args.smooth.into())?;
        tiles.push(labelled(map, "saliency: pixels that change it"));
    }
    let cam = match wants("grad-cam") {
        true => explain::grad_cam(&model.network, &x, subject.score)?,
        false => None,
    };
    if let Some(cam) = &cam {
        tiles.push(labelled(
            grad_cam_tile(&sample, cam)?,
            &format!("Grad-CAM: seen at {}", cam.name),
        ));
    } else if args.method == "grad-cam" {
        return Err(Error::input(format!(
            "{}: Grad-CAM needs a convolution, and this network has none that keeps a picture; use --method saliency",
            args.run.display()
        )));
    }
    let answer = answer(&model, &subject);
    draw(&subject, &answer, tiles, &args.image, &out)?;
    tell(args, &answer, &subject, &sample, cam.as_ref(), &out)
}

fn labelled(picture: RgbImage, label: &str) -> Tile {
    Tile {
        picture,
        label: label.into(),
    }
}

/// What is to be explained: the class that was asked for, or else the likeliest.
fn subject(model: &Model, values: &Tensor, args: &args::Explain) -> Result<Subject> {
    let header = &model.plan.header;
    let shape: Shape = [1]
        .into_iter()
        .chain(model.plan.network_input()?.iter().copied())
        .collect();
    let outputs = match *model.network.output_shape(&shape)? {
        [1, outputs] => outputs,
        ref shape => {
            return Err(Error::input(format!(
                "{}: the network gives {:?} for a picture, not a number for each class; there is nothing to explain",
                args.run.display(),
                shape
            )));
        }
    };
    let (names, what) = match &header.target {
        TargetKind::Classes { names } => (names.as_slice(), "class"),
        TargetKind::Regression { names } => (names.as_slice(), "value"),
        _ => (&[][..], "class"),
    };
    let answers = model.predict(values)?.to_vec::<f32>()?;
    let mut ranked: Vec<usize> = (0..names.len().min(answers.len())).collect();
    if what == "class" {
        ranked.sort_by(|&a, &b| answers[b].total_cmp(&answers[a]));
    }
    let wanted = match &args.class {
        None => ranked.first().copied(),
        Some(class) => match names.iter().position(|name| name == class) {
            Some(place) => Some(place),
            None => {
                let hint = match nearest(class, names.iter().map(String::as_str)) {
                    Some(name) => format!("did you mean {name:?}?"),
                    None => format!("it knows {}", names.join(", ")),
                };
                return Err(Error::input(format!(
                    "--class {class}: the model knows no such {what}; {hint}"
                )));
            }
        },
    };
    let Some(place) = wanted else {
        return Err(Error::input(format!(
            "{}: the model was trained without targets; there is nothing to explain",
            args.run.display()
        )));
    };
    // One output for two classes speaks for the second.
    let score = match (outputs, names.len(), place) {
        (1, 2, 0) => Score::Minus(0),
        (1, 2, _) => Score::Output(0),
        _ => Score::Output(place),
    };
    Ok(Subject {
        name: names[place].clone(),
        score,
        said: ranked
            .iter()
            .map(|&class| (names[class].clone(), answers[class]))
            .collect(),
    })
}

/// Channels, height and width of a batch of one picture.
fn picture_shape(x: &Tensor) -> (usize, usize, usize) {
    match *x.dims() {
        [_, channels, height, width] => (channels, height, width),
        [_, height, width] => (1, height, width),
        _ => (1, 1, x.len()),
    }
}

/// The picture as the network sees it.
fn seen(sample: &Sample) -> Result<RgbImage> {
    let (channels, height, width) = picture_shape(&sample.values);
    let values = sample.values.to_vec::<f32>()?;
    let greys = Greys::from_zero(sample.white);
    Ok(enlarged(
        &greys.picture(&values, channels, height, width),
        SIDE,
    ))
}

/// `|∂S/∂pixel|`, its largest value the hottest.
fn saliency(model: &Model, raw: &Tensor, subject: &Subject, copies: usize) -> Result<RgbImage> {
    let x = &model.plan.scaled(raw)?;
    let gradient = match copies {
        0 => explain::input_gradient(&model.network, x, subject.score)?,
        _ => {
            let smooth = SmoothGrad {
                copies,
                ..SmoothGrad::default()
            };
            explain::smooth_gradient(&model.network, x, subject.score, &smooth)?
        }
    };
    // From the prepared values, which the network sees, to the pixels.
    let map = explain::saliency(&model.plan.inputs.pull_back(raw, &gradient)?)?;
    let (_, height, width) = picture_shape(raw);
    let values = map.to_vec::<f32>()?;
    let largest = values.iter().copied().fold(0.0, f32::max);
    Ok(enlarged(
        &heat_map(&shares(&values, largest), height, width),
        SIDE,
    ))
}

fn grad_cam_tile(sample: &Sample, cam: &GradCam) -> Result<RgbImage> {
    let values = cam.map.to_vec::<f32>()?;
    let largest = values.iter().copied().fold(0.0, f32::max);
    let (height, width) = (cam.map.dims()[0], cam.map.dims()[1]);
    Ok(overlay(
        &seen(sample)?,
        &shares(&values, largest),
        height,
        width,
    ))
}

fn draw(subject: &Subject, answer: &str, tiles: Vec<Tile>, image: &Path, out: &Path) -> Result<()> {
    let file = image.file_name().unwrap_or_default().to_string_lossy();
    let section = Section {
        caption: format!("what the score of {} depends on", subject.name),
        note: "dark: little, bright: much".into(),
        tiles,
        ..Section::default()
    };
    let picture = sheet(
        &format!("{file} · {answer}"),
        "",
        &[section],
        3 * (SIDE + 40) + 48,
    );
    picture::save(out, &picture.into())
}

/// What the network says, the likeliest first, on one line.
fn answer(model: &Model, subject: &Subject) -> String {
    let classes = model.plan.classes().is_some();
    let sure = model.plan.has_probabilities();
    let said = subject.said.iter().map(|(name, value)| {
        if !classes {
            format!("{name} {}", short((*value).into()))
        } else if sure {
            format!("{name} ({})", percent((*value).into()))
        } else {
            name.clone()
        }
    });
    // A decision without probabilities names one class.
    let count = if classes && !sure { 1 } else { TOP };
    let mut said: Vec<String> = said.collect();
    let place = subject
        .said
        .iter()
        .position(|(name, _)| *name == subject.name);
    match place {
        // Also what is explained, where it is not among the first.
        Some(place) if place >= count => {
            said.swap(count, place);
            said.truncate(count + 1);
            said.insert(count, "…".into());
        }
        _ => said.truncate(count),
    }
    said.join(", ")
}

fn tell(
    args: &args::Explain,
    answer: &str,
    subject: &Subject,
    sample: &Sample,
    cam: Option<&GradCam>,
    out: &Path,
) -> Result<()> {
    let layer = cam.map(|cam| format!("{}, {}", cam.name, cam.layer));
    if args.json {
        return print_json(&Report {
            file: args.image.display().to_string(),
            explained: &subject.name,
            said: subject
                .said
                .iter()
                .map(|(name, value)| Said {
                    name,
                    value: *value,
                })
                .collect(),
            grad_cam_layer: layer.as_deref(),
            out: out.display().to_string(),
            notes: &sample.notes,
        });
    }
    let style = Style::stdout();
    let mut text = format!("{}: {}\n", args.image.display(), style.bold(answer));
    if !sample.notes.is_empty() {
        text.push_str(&style.dim(&format!("{}\n", sample.notes.join(", "))));
    }
    let what = match (&layer, args.method.as_str()) {
        (Some(layer), "both") => format!("saliency and Grad-CAM (at {layer})"),
        (Some(layer), _) => format!("Grad-CAM (at {layer})"),
        (None, _) => "saliency".to_string(),
    };
    text.push_str(&format!(
        "{what} for {} → {}\n",
        subject.name,
        style.bold(&out.display().to_string())
    ));
    if layer.is_none() && args.method == "both" {
        text.push_str(
            &style.dim("Grad-CAM needs a convolution, and this network has none: saliency only\n"),
        );
    }
    text.push_str(&format!(
        "next: {}\n",
        style.bold(&format!(
            "nn inspect {} --activations {} layers.png",
            args.run.display(),
            args.image.display()
        ))
    ));
    print(&text)
}
