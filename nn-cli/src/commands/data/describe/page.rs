//! The page about a data set.

use nn_data::Dataset;
use nn_data::describe::{Description, TargetDescription};

use super::{columns, pictures, relations};
use crate::error::Result;
use crate::view::figure::{Figure, Plot, Row, Rows, Tone};
use crate::view::number::{grouped, percent, plain};
use crate::view::page::{Block, Page, Section, escape};

/// Most classes in the figure.
const CLASSES: usize = 40;

const BALANCE: &str = "How many samples each class has. Good: bars of similar length. Where one class has most of the samples, a network that always names it is mostly right and has learned nothing; precision and recall tell more than accuracy then.";

/// The page; `data` are the samples, where they can be shown as pictures.
///
/// # Errors
/// If a sample to be shown cannot be read.
pub fn page(described: &Description, data: Option<&dyn Dataset>) -> Result<Page> {
    let mut page = Page {
        title: format!("{} · nn data describe", described.name),
        kicker: described.name.clone(),
        headline: headline(described),
        notes: described
            .warnings
            .iter()
            .map(|warning| escape(warning))
            .collect(),
        footer: format!(
            "Written by nn {}. One file, no network, no script.",
            env!("CARGO_PKG_VERSION")
        ),
        ..Page::default()
    };
    page.lead.push(match described.warnings.len() {
        0 => "Nothing looks wrong with it.".into(),
        1 => "One thing to look at before training:".into(),
        count => format!("{count} things to look at before training:"),
    });
    page.sections.push(overview(described));
    page.sections.extend(target(described));
    page.sections.extend(pictures::section(described, data)?);
    page.sections.extend(columns::section(described));
    page.sections.extend(relations::section(described));
    Ok(page)
}

fn headline(described: &Description) -> String {
    let samples = grouped(described.samples as u64);
    let target = match &described.target {
        TargetDescription::Classes(counts) => format!(" in {} classes", counts.len()),
        TargetDescription::Regression(outputs) if outputs.len() == 1 => {
            format!(", {} to predict", outputs[0].name)
        }
        TargetDescription::Regression(outputs) => format!(", {} values to predict", outputs.len()),
        TargetDescription::None => String::new(),
    };
    match &described.pictures {
        Some(pictures) => {
            let [channels, height, width] = pictures.shape;
            let colour = if channels == 3 { " in colour" } else { "" };
            format!("{samples} pictures of {height} × {width}{colour}{target}")
        }
        None => format!(
            "{samples} samples of {} columns{target}",
            described
                .columns
                .len()
                .max(described.input_shape.iter().product())
        ),
    }
}

fn overview(described: &Description) -> Section {
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: String| facts.push((name.to_string(), value));
    fact("samples", grouped(described.samples as u64));
    let shape: Vec<String> = described
        .input_shape
        .iter()
        .map(ToString::to_string)
        .collect();
    fact("a sample", format!("{} values", shape.join(" × ")));
    if let Some(range) = &described.inputs {
        fact(
            "numbers",
            format!(
                "{} to {}, mean {}",
                plain(range.min),
                plain(range.max),
                plain(range.mean)
            ),
        );
    }
    let all = described.samples as u64 * described.input_shape.iter().product::<usize>() as u64;
    if described.missing > 0 {
        let share = described.missing as f64 / all.max(1) as f64;
        fact(
            "missing",
            format!("{} cells, {}", grouped(described.missing), percent(share)),
        );
    } else {
        fact("missing", "nothing".into());
    }
    let found = described.duplicates;
    fact(
        "duplicates",
        match found.copies {
            0 => format!("none among {} compared", grouped(found.compared)),
            copies => format!(
                "{} samples repeat an earlier one; {} different ones are repeated, {} of them with different targets",
                grouped(copies),
                grouped(found.repeated),
                grouped(found.conflicting),
            ),
        },
    );
    if described.columns.is_empty() && !described.constant.is_empty() {
        fact(
            "always the same",
            format!(
                "{} places of the samples",
                grouped(described.constant.len() as u64)
            ),
        );
    }
    let mut blocks = vec![Block::Facts(facts)];
    if !described.notes.is_empty() {
        let items: String = described
            .notes
            .iter()
            .map(|note| format!("<li>{}</li>", escape(note)))
            .collect();
        blocks.push(Block::Html(format!("<ul>{items}</ul>")));
    }
    Section {
        id: "overview",
        title: "At a glance".into(),
        blocks,
    }
}

fn target(described: &Description) -> Option<Section> {
    let blocks = match &described.target {
        TargetDescription::None => return None,
        TargetDescription::Regression(outputs) => {
            let figures = outputs
                .iter()
                .filter_map(|output| columns::figure(output, "target"));
            figures.map(|figure| Block::figure(figure, "The values to predict. Where there are no bars nothing can be learned; values far out weigh heavily in a squared error.")).collect()
        }
        TargetDescription::Classes(counts) => vec![Block::figure(balance(counts), BALANCE)],
    };
    Some(Section {
        id: "target",
        title: "What is to be predicted".into(),
        blocks,
    })
}

fn balance(counts: &[(String, usize)]) -> Figure {
    let all: usize = counts.iter().map(|count| count.1).sum();
    let mut shown: Vec<&(String, usize)> = counts.iter().collect();
    let cut = shown.len() > CLASSES;
    if cut {
        shown.sort_by_key(|count| std::cmp::Reverse(count.1));
        shown.truncate(CLASSES);
    }
    let rows = shown
        .into_iter()
        .map(|(name, count)| Row {
            name: name.clone(),
            parts: vec![(Tone::First, *count as f64)],
            text: format!(
                "{} · {}",
                grouped(*count as u64),
                percent(*count as f64 / all.max(1) as f64)
            ),
        })
        .collect();
    let (most, least) = (
        counts.iter().map(|c| c.1).max().unwrap_or(0),
        counts.iter().map(|c| c.1).min().unwrap_or(0),
    );
    Figure {
        name: "balance".into(),
        title: if cut {
            format!("The {CLASSES} largest classes")
        } else {
            "Samples of each class".into()
        },
        about: format!(
            "{} classes; the largest has {} samples, the smallest {}.",
            counts.len(),
            grouped(most as u64),
            grouped(least as u64)
        ),
        plot: Plot::Rows(Rows {
            label: String::new(),
            rows,
            legend: Vec::new(),
        }),
    }
}
