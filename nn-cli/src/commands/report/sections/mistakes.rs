//! The worst mistakes, as pictures or as rows.

use super::classes::class_name;
use crate::commands::report::judged::{Classes, Judged, Scores, Values};
use crate::commands::report::material::Material;
use crate::error::Result;
use crate::view::number::short;
use crate::view::page::{Block, Cell, Section, Table, Thumbnail, pictures, sheet};
use crate::view::table::Align;

/// Pictures to show.
const PICTURES: usize = 32;
/// Rows to show.
const ROWS: usize = 15;
/// Inputs of a row to show.
const FEATURES: usize = 8;

const WORDS: &str = "The samples to whose true class it gave the least probability. Look for a pattern: are they hard for people too, are labels wrong, or is it always the same kind that is missed? Wrong labels can be corrected, a missed kind needs more samples of it.";

/// Pictures or rows, the worst first.
///
/// # Errors
/// If a sample cannot be read.
pub fn section(material: &Material) -> Result<Option<Section>> {
    let Some(judged) = &material.judged else {
        return Ok(None);
    };
    let blocks = match &judged.scores {
        Scores::Classes(classes) if classes.wrong() > 0 => of_classes(judged, classes)?,
        Scores::Classes(_) => return Ok(None),
        Scores::Values(values) => vec![
            Block::Text("The samples on which it was off the most. One that stands out may be an error in the data.".into()),
            Block::Table(of_values(judged, values)?),
        ],
    };
    Ok(Some(Section {
        id: "mistakes",
        title: "Its worst mistakes".into(),
        blocks,
    }))
}

fn of_classes(judged: &Judged, classes: &Classes) -> Result<Vec<Block>> {
    let worst = classes.worst(PICTURES);
    let indices: Vec<usize> = worst.iter().map(|mistake| mistake.0).collect();
    let sure = |confidence: f32| match classes.has_probabilities {
        true => format!(" {:.0} %", 100.0 * confidence),
        false => String::new(),
    };
    let mut blocks = vec![Block::Text(WORDS.into())];
    let Some(pictures) = pictures(judged.data.as_ref(), &indices)? else {
        let mut table = Table::new(
            "The worst mistakes",
            [
                ("sample", Align::Right),
                ("true", Align::Left),
                ("said", Align::Left),
            ],
        );
        let features = add_features(&mut table, judged);
        for &(sample, said, truth) in worst.iter().take(ROWS) {
            let class = |class: u32, share: f32| {
                let name = classes
                    .names
                    .get(class as usize)
                    .map_or("?", String::as_str);
                Cell::name(format!("{name}{}", sure(share)))
            };
            let mut cells = vec![
                Cell::text(judged.data.source_index(sample).to_string()),
                class(classes.truth[sample], truth),
                class(classes.said[sample], said),
            ];
            cells.extend(feature_cells(judged, sample, features)?);
            table.row(cells);
        }
        blocks.push(Block::Table(table));
        return Ok(blocks);
    };
    let tiles: Vec<Thumbnail> = worst
        .iter()
        .zip(pictures)
        .map(|(&(sample, said, truth), picture)| {
            let (t, s) = (classes.truth[sample] as usize, classes.said[sample] as usize);
            let number = judged.data.source_index(sample);
            let plain = |class: usize| classes.names.get(class).map_or("?", String::as_str);
            Thumbnail {
                picture,
                about: format!("Sample {number}, a {} taken for {}", plain(t), plain(s)),
                caption: format!(
                    "said <strong>{}</strong>{}<br>true <strong>{}</strong>{}<br><small>sample {number}</small>",
                    class_name(&classes.names, s), sure(said), class_name(&classes.names, t), sure(truth),
                ),
            }
        })
        .collect();
    blocks.push(Block::Html(sheet("mistakes-sheet", &tiles)?));
    Ok(blocks)
}

fn of_values(judged: &Judged, values: &Values) -> Result<Table> {
    let mut table = Table::new(
        "The largest errors",
        [
            ("sample", Align::Right),
            ("true", Align::Right),
            ("predicted", Align::Right),
            ("off by", Align::Right),
        ],
    );
    let features = add_features(&mut table, judged);
    // With several values, in units of their own deviation they can be compared; the first one stands in the table.
    let mut order: Vec<(usize, f64, f64)> = values
        .pairs(0)
        .into_iter()
        .enumerate()
        .map(|(sample, (truth, said))| (sample, truth, said))
        .collect();
    order.sort_by(|a, b| {
        (b.2 - b.1)
            .abs()
            .total_cmp(&(a.2 - a.1).abs())
            .then(a.0.cmp(&b.0))
    });
    for (sample, truth, said) in order.into_iter().take(ROWS) {
        let mut cells = vec![
            Cell::text(judged.data.source_index(sample).to_string()),
            Cell::text(short(truth)),
            Cell::text(short(said)),
            Cell::text(short(said - truth)),
        ];
        cells.extend(feature_cells(judged, sample, features)?);
        table.row(cells);
    }
    Ok(table)
}

/// Adds columns for the first inputs, where they have names; gives their number.
fn add_features(table: &mut Table, judged: &Judged) -> usize {
    let names = judged.data.feature_names().unwrap_or_default();
    let shown = names.iter().take(FEATURES);
    table
        .columns
        .extend(shown.map(|name| (name.clone(), Align::Right)));
    names.len().min(FEATURES)
}

fn feature_cells(judged: &Judged, sample: usize, features: usize) -> Result<Vec<Cell>> {
    if features == 0 {
        return Ok(Vec::new());
    }
    let row = judged.data.batch(&[sample])?.inputs.to_vec::<f32>()?;
    Ok(row
        .iter()
        .take(features)
        .map(|&value| match value.is_nan() {
            true => Cell::text("missing"),
            false => Cell::text(short(f64::from(value))),
        })
        .collect())
}
