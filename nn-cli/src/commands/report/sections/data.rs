//! What it learned from.

use nn_data::{Dataset, Subset};

use super::values::histogram;
use crate::commands::report::material::Material;
use crate::error::Result;
use crate::recipe::Recipe;
use crate::samples::Parts;
use crate::view::figure::{Axes, Dimension, Figure, Mark, Plot, Row, Rows, Tone};
use crate::view::number::{grouped, percent};
use crate::view::page::{Block, Section};

/// Most classes in the figure.
const CLASSES: usize = 40;
/// Most samples whose targets are read for a histogram.
const TARGETS: usize = 100_000;

const BALANCE: &str = "How many samples each class has, in training, validation and test. Good: bars of similar length. Where one class has most of the samples, accuracy says little, and recall of the short bars is what to watch.";
const TARGET: &str = "The values to predict, in the training part. Predictions far from where the bars are cannot be trusted: nothing was learned there.";

/// Sizes of the parts, balance of the classes, what is done to the samples.
///
/// # Errors
/// If targets cannot be read.
pub fn section(material: &Material) -> Result<Option<Section>> {
    let Some(recipe) = &material.recipe else {
        return Ok(None);
    };
    let mut blocks = vec![Block::Facts(facts(material, recipe))];
    if let Some(parts) = &material.parts {
        match balance(parts)? {
            Some(figure) => blocks.push(Block::figure(figure, BALANCE)),
            None => blocks.extend(targets(parts)?.map(|figure| Block::figure(figure, TARGET))),
        }
    }
    Ok(Some(Section {
        id: "data",
        title: "What it learned from".into(),
        blocks,
    }))
}

fn facts(material: &Material, recipe: &Recipe) -> Vec<(String, String)> {
    let plan = &material.model.plan;
    let mut facts = vec![("source".to_string(), recipe.data.source.clone())];
    let mut fact = |name: &str, value: String| facts.push((name.into(), value));
    if let Some(parts) = &material.parts {
        let size = |part: &Option<Subset>| {
            part.as_ref()
                .map_or("none".into(), |part| grouped(part.len() as u64))
        };
        fact(
            "samples",
            format!(
                "{} to learn from, {} for validation, {} for the test",
                grouped(parts.train.len() as u64),
                size(&parts.validation),
                size(&parts.test),
            ),
        );
    }
    fact("in two parts", material.leaks.join("; "));
    let shape: Vec<String> = plan.header.sample.iter().map(ToString::to_string).collect();
    fact("a sample", format!("{} numbers", shape.join(" × ")));
    fact("to predict", plan.predicts());
    let preprocessing = plan.preprocessing();
    fact(
        "preprocessing",
        if preprocessing.is_empty() {
            "inputs as they are".into()
        } else {
            format!(
                "{} (measured on the training part alone)",
                preprocessing.join(", ")
            )
        },
    );
    let steps: Vec<String> = recipe
        .augment
        .steps
        .iter()
        .map(crate::augment::words)
        .collect();
    fact(
        "augmentation",
        if steps.is_empty() {
            "none".into()
        } else {
            format!(
                "{}, anew in each epoch, on the training part alone",
                steps.join(", ")
            )
        },
    );
    facts
}

fn balance(parts: &Parts) -> Result<Option<Figure>> {
    let Some(names) = parts.train.target_kind().class_names() else {
        return Ok(None);
    };
    let mut counts = vec![[0_u64; 3]; names.len()];
    let sets = [
        Some(&parts.train),
        parts.validation.as_ref(),
        parts.test.as_ref(),
    ];
    for (at, set) in sets.into_iter().enumerate() {
        for label in set
            .map(Dataset::class_labels)
            .transpose()?
            .flatten()
            .unwrap_or_default()
        {
            if let Some(count) = counts.get_mut(label as usize) {
                count[at] += 1;
            }
        }
    }
    let total = |count: &[u64; 3]| count.iter().sum::<u64>();
    let all: u64 = counts.iter().map(total).sum();
    let mut order: Vec<usize> = (0..names.len()).collect();
    let cut = names.len() > CLASSES;
    if cut {
        order.sort_by_key(|&class| (std::cmp::Reverse(total(&counts[class])), class));
        order.truncate(CLASSES);
        order.sort_unstable();
    }
    let tones = [Tone::First, Tone::Second, Tone::Third];
    let rows = order
        .iter()
        .map(|&class| {
            let count = &counts[class];
            let share = total(count) as f64 / all.max(1) as f64;
            Row {
                name: names[class].clone(),
                parts: tones
                    .iter()
                    .zip(count)
                    .map(|(&tone, &count)| (tone, count as f64))
                    .collect(),
                text: format!("{} · {}", grouped(total(count)), percent(share)),
            }
        })
        .collect();
    let legend = ["training", "validation", "test"];
    let most = counts.iter().map(total).max().unwrap_or(0);
    let least = counts.iter().map(total).min().unwrap_or(0);
    Ok(Some(Figure {
        name: "balance".into(),
        title: if cut {
            format!("Samples of the {CLASSES} largest classes")
        } else {
            "Samples of each class".into()
        },
        about: format!(
            "{} classes; the largest has {} samples, the smallest {}.",
            names.len(),
            grouped(most),
            grouped(least)
        ),
        plot: Plot::Rows(Rows {
            label: String::new(),
            rows,
            legend: tones.into_iter().zip(legend.map(String::from)).collect(),
        }),
    }))
}

fn targets(parts: &Parts) -> Result<Option<Figure>> {
    let outputs = parts.train.target_kind().outputs();
    if outputs == 0 {
        return Ok(None);
    }
    let mut values = Vec::new();
    let all: Vec<usize> = (0..parts.train.len().min(TARGETS)).collect();
    for indices in all.chunks(1024) {
        let targets = parts.train.batch(indices)?.targets.to_vec::<f32>()?;
        values.extend(
            targets
                .iter()
                .step_by(outputs)
                .map(|&value| f64::from(value)),
        );
    }
    Ok(Some(Figure {
        name: "targets".into(),
        title: "Values to predict".into(),
        about: format!("A histogram of {} values.", grouped(values.len() as u64)),
        plot: Plot::Axes(Axes {
            x: Dimension {
                label: "value".into(),
                ..Dimension::default()
            },
            y: Dimension {
                label: "samples".into(),
                ..Dimension::default()
            },
            marks: vec![Mark::Bars {
                name: String::new(),
                tone: Tone::First,
                bars: histogram(&values, 30),
            }],
        }),
    }))
}
