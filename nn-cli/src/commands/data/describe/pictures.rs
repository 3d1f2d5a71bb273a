//! Pictures: what they look like, class by class.

use nn_data::Dataset;
use nn_data::describe::{Description, TargetDescription};

use crate::augment::white;
use crate::error::Result;
use crate::model::picture_shape;
use crate::view::figure::{Axes, Dimension, Figure, Mark, Plot, Tone};
use crate::view::page::{Block, Section, Thumbnail, drawn, escape, name, pictures, sheet};

/// Mean pictures to show.
const MEANS: usize = 48;
/// Samples to show.
const SAMPLES: usize = 32;

const MEAN: &str = "The mean of all pictures of each class. Where it is sharp they are alike and stand at the same place; where it is grey all over they differ. Two classes with the same mean need more than a linear network.";
const BRIGHTNESS: &str = "How bright pictures are on average. Bars far from the others are worth a look: empty, inverted or overexposed pictures.";

/// Samples, mean pictures and brightness.
///
/// # Errors
/// If a sample to be shown cannot be read.
pub fn section(described: &Description, data: Option<&dyn Dataset>) -> Result<Option<Section>> {
    let (Some(about), Some(data)) = (&described.pictures, data) else {
        return Ok(None);
    };
    let Some((channels, height, width)) = picture_shape(data.input_shape()) else {
        return Ok(None);
    };
    let names: Vec<String> = match &described.target {
        TargetDescription::Classes(counts) => counts.iter().map(|count| count.0.clone()).collect(),
        _ => vec!["all".into()],
    };
    let mut blocks = Vec::new();
    let labels = data.class_labels()?;
    let chosen = chosen(labels.as_deref(), names.len(), data.len());
    if let Some(pictures) = pictures(data, &chosen)? {
        let tiles: Vec<Thumbnail> = chosen
            .iter()
            .zip(pictures)
            .map(|(&at, picture)| {
                let label = labels.as_ref().map_or(0, |labels| labels[at] as usize);
                let class = names.get(label).map_or("?", String::as_str);
                Thumbnail {
                    picture,
                    about: format!("Sample {at}, {class}"),
                    caption: format!("{}<br><small>sample {at}</small>", name(class)),
                }
            })
            .collect();
        blocks.push(Block::Text("The first samples of each class.".into()));
        blocks.push(Block::Html(sheet("samples-sheet", &tiles)?));
    }
    let scale = white(data)?;
    let tiles: Vec<Thumbnail> = about
        .means
        .iter()
        .zip(&names)
        .take(MEANS)
        .map(|(mean, class)| Thumbnail {
            picture: drawn(mean, channels, height, width, scale),
            about: format!("The mean of {class}"),
            caption: name(class),
        })
        .collect();
    if !tiles.is_empty() {
        blocks.push(Block::Text(escape(MEAN)));
        blocks.push(Block::Html(sheet("means-sheet", &tiles)?));
    }
    if !about.brightness.is_empty() {
        let bars = about
            .brightness
            .iter()
            .map(|bin| (bin.low, bin.high, bin.count as f64))
            .collect();
        let figure = Figure {
            name: "brightness".into(),
            title: "Brightness".into(),
            about: "A histogram of the mean of every picture.".into(),
            plot: Plot::Axes(Axes {
                x: Dimension {
                    label: "mean of a picture".into(),
                    ..Dimension::default()
                },
                y: Dimension {
                    label: "pictures".into(),
                    ..Dimension::default()
                },
                marks: vec![Mark::Bars {
                    name: String::new(),
                    tone: Tone::First,
                    bars,
                }],
            }),
        };
        blocks.push(Block::figure(figure, BRIGHTNESS));
    }
    Ok(Some(Section {
        id: "pictures",
        title: "What the pictures look like".into(),
        blocks,
    }))
}

/// Of each class the first, then of each the second, …
fn chosen(labels: Option<&[u32]>, classes: usize, samples: usize) -> Vec<usize> {
    let Some(labels) = labels else {
        return (0..samples.min(SAMPLES)).collect();
    };
    let mut seen = vec![0_usize; classes];
    let mut turns: Vec<(usize, u32, usize)> = Vec::new();
    for (at, &label) in labels.iter().enumerate() {
        if let Some(turn) = seen.get_mut(label as usize)
            && *turn < SAMPLES
        {
            *turn += 1;
            turns.push((*turn, label, at));
        }
    }
    turns.sort_unstable();
    turns
        .into_iter()
        .take(SAMPLES)
        .map(|(_, _, at)| at)
        .collect()
}
