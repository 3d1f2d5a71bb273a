//! How columns go together.

use nn_data::describe::{Description, Link, TargetDescription};

use crate::view::figure::{Cell as Shade, Figure, Matrix, Plot, Tone};
use crate::view::page::{Block, Cell, Section, Table};
use crate::view::table::Align;

/// Most columns of the drawn matrix.
const DRAWN: usize = 32;
/// Up to so many the cells have numbers.
const NUMBERS_TO: usize = 16;
/// Most links with the target.
const WITH_TARGET: usize = 30;

const WORDS: &str = "Pearson's r of each pair of columns: blue where they rise together, orange where one falls as the other rises, pale where there is no straight line between them. Columns that say nearly the same (|r| near 1) make weights hard to read; one of them is often enough.";

/// The matrix and the strongest links.
pub fn section(described: &Description) -> Option<Section> {
    let relations = &described.relations;
    let mut blocks = Vec::new();
    if (2..=DRAWN).contains(&relations.names.len()) {
        blocks.push(Block::figure(
            matrix(&relations.names, &relations.correlations),
            WORDS,
        ));
    }
    if !relations.with_target.is_empty() {
        let (caption, measure) = match described.target {
            TargetDescription::Classes(_) => (
                "How strongly each column goes with the classes (the share of its spread that lies between them is η²)",
                "η",
            ),
            _ => ("How strongly each column goes with the target", "r"),
        };
        blocks.push(Block::Table(table(
            caption,
            measure,
            &relations.with_target,
            true,
        )));
    }
    if !relations.strongest.is_empty() {
        blocks.push(Block::Table(table(
            "The strongest pairs of columns",
            "r",
            &relations.strongest,
            false,
        )));
    }
    (!blocks.is_empty()).then(|| Section {
        id: "relations",
        title: "What goes together".into(),
        blocks,
    })
}

fn matrix(names: &[String], correlations: &[f64]) -> Figure {
    let count = names.len();
    let cells = correlations.iter().enumerate().map(|(at, &r)| {
        let (row, column) = (at / count, at % count);
        Shade {
            share: r.abs(),
            text: if count <= NUMBERS_TO {
                format!("{r:.1}").replace("-0.0", "0.0")
            } else {
                String::new()
            },
            tone: if r < 0.0 { Tone::Wrong } else { Tone::Right },
            hint: format!("{} and {}: {r:.3}", names[row], names[column]),
        }
    });
    Figure {
        name: "correlations".into(),
        title: "Correlations".into(),
        about: format!("Pearson's r of {count} columns with each other."),
        plot: Plot::Matrix(Matrix {
            row_label: String::new(),
            column_label: String::new(),
            names: names.to_vec(),
            cells: cells.collect(),
        }),
    }
}

fn table(caption: &str, measure: &str, links: &[Link], target: bool) -> Table {
    let mut table = Table::new(caption, [("column", Align::Left)]);
    if !target {
        table.columns.push(("and".into(), Align::Left));
    }
    table.columns.push((measure.into(), Align::Left));
    for link in links.iter().take(WITH_TARGET) {
        let mut cells = vec![Cell::name(&link.a)];
        if !target {
            cells.push(Cell::name(&link.b));
        }
        cells.push(Cell::bar(
            format!("{:.3}", link.strength),
            link.strength.abs(),
        ));
        table.row(cells);
    }
    table
}
