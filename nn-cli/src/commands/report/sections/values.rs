//! How well it predicts values.

use crate::commands::report::judged::{Scores, Values};
use crate::commands::report::material::Material;
use crate::view::figure::{Axes, Dimension, Figure, Mark, Plot, Rule, Scale, Tone};
use crate::view::number::short;
use crate::view::page::{Block, Cell, Section, Table};
use crate::view::table::Align;

/// Points of a cloud; more would only be more ink.
const CLOUD: usize = 2000;
/// Most values whose figures are drawn.
const DRAWN: usize = 4;
/// Bars of a histogram.
const BINS: usize = 30;

const SCATTER: &str = "Each point is a sample: what is true from left to right, what was predicted from bottom to top. Good: a narrow cloud along the broken line. A cloud that is flatter than the line means that extremes are underestimated.";
const RESIDUALS: &str = "How far off the predictions are: predicted minus true. Good: a narrow hill around zero, the same on both sides. A hill beside zero is a bias: it says too much, or too little, as a rule.";

/// Scores, scatter plots and histograms of errors.
pub fn section(material: &Material) -> Option<Section> {
    let Scores::Values(values) = &material.judged.as_ref()?.scores else {
        return None;
    };
    let mut blocks = vec![Block::Table(table(values))];
    for at in 0..values.names.len().min(DRAWN) {
        blocks.push(Block::figure(scatter(values, at), SCATTER));
        blocks.push(Block::figure(residuals(values, at), RESIDUALS));
    }
    Some(Section {
        id: "values",
        title: "What it predicts".into(),
        blocks,
    })
}

fn table(values: &Values) -> Table {
    let mut table = Table::new(
        "Scores, with those of always saying the mean",
        [
            ("value", Align::Left),
            ("R²", Align::Right),
            ("MAE", Align::Right),
            ("by the mean", Align::Right),
            ("RMSE", Align::Right),
            ("by the mean", Align::Right),
        ],
    );
    for ((name, scores), baseline) in values
        .names
        .iter()
        .zip(&values.scores)
        .zip(&values.baseline)
    {
        table.row([
            Cell::name(name),
            Cell::text(short(scores.r2)),
            Cell::text(short(scores.mae)),
            Cell::text(short(baseline.mae)),
            Cell::text(short(scores.rmse)),
            Cell::text(short(baseline.rmse)),
        ]);
    }
    table
}

fn suffix(values: &Values, at: usize) -> (String, String) {
    match values.names.len() {
        1 => (String::new(), String::new()),
        _ => (format!("-{}", at + 1), format!(": {}", values.names[at])),
    }
}

fn scatter(values: &Values, at: usize) -> Figure {
    let pairs = values.pairs(at);
    let every = pairs.len().div_ceil(CLOUD).max(1);
    let (id, title) = suffix(values, at);
    let all = || {
        pairs
            .iter()
            .flat_map(|p| [p.0, p.1])
            .filter(|v| v.is_finite())
    };
    let (low, high) = (
        all().fold(f64::INFINITY, f64::min),
        all().fold(f64::NEG_INFINITY, f64::max),
    );
    let pad = 0.03 * (high - low).abs();
    let dimension = |label: &str| Dimension {
        label: label.into(),
        scale: Scale::Linear,
        range: Some((low - pad, high + pad)),
    };
    Figure {
        name: format!("predicted{id}"),
        title: format!("Predicted and true{title}"),
        about: format!(
            "{} samples; R² is {}.",
            pairs.len(),
            short(values.scores[at].r2)
        ),
        plot: Plot::Axes(Axes {
            x: dimension("true"),
            y: dimension("predicted"),
            marks: vec![
                Mark::Rule {
                    name: "perfect".into(),
                    rule: Rule::Diagonal,
                },
                Mark::Dots {
                    name: String::new(),
                    tone: Tone::First,
                    points: pairs.into_iter().step_by(every).collect(),
                },
            ],
        }),
    }
}

fn residuals(values: &Values, at: usize) -> Figure {
    let errors: Vec<f64> = values
        .pairs(at)
        .into_iter()
        .map(|(truth, said)| said - truth)
        .collect();
    let (id, title) = suffix(values, at);
    let mean = errors.iter().sum::<f64>() / errors.len().max(1) as f64;
    Figure {
        name: format!("errors{id}"),
        title: format!("Errors{title}"),
        about: format!("The mean of predicted minus true is {}.", short(mean)),
        plot: Plot::Axes(Axes {
            x: Dimension {
                label: "predicted − true".into(),
                ..Dimension::default()
            },
            y: Dimension {
                label: "samples".into(),
                ..Dimension::default()
            },
            marks: vec![
                Mark::Bars {
                    name: String::new(),
                    tone: Tone::First,
                    bars: histogram(&errors, BINS),
                },
                Mark::Rule {
                    name: String::new(),
                    rule: Rule::Upright(0.0),
                },
            ],
        }),
    }
}

/// Counts in equal bins from the least to the greatest value: from, to, count.
pub fn histogram(values: &[f64], bins: usize) -> Vec<(f64, f64, f64)> {
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let low = finite().fold(f64::INFINITY, f64::min);
    let high = finite().fold(f64::NEG_INFINITY, f64::max);
    if low < high {
        histogram_between(values, low, high, bins)
    } else if low == high {
        histogram_between(values, low - 0.5, high + 0.5, 1)
    } else {
        Vec::new()
    }
}

/// Counts in equal bins from `low` to `high`.
pub fn histogram_between(values: &[f64], low: f64, high: f64, bins: usize) -> Vec<(f64, f64, f64)> {
    let width = (high - low) / bins.max(1) as f64;
    let mut counts = vec![0.0; bins.max(1)];
    let last = counts.len() - 1;
    for &value in values.iter().filter(|value| (low..=high).contains(*value)) {
        counts[(((value - low) / width) as usize).min(last)] += 1.0;
    }
    let bar = |(at, count): (usize, f64)| {
        let from = low + at as f64 * width;
        (from, from + width, count)
    };
    counts.into_iter().enumerate().map(bar).collect()
}
