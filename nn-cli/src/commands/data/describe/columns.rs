//! Columns, one by one.

use nn_data::describe::{ColumnDescription, ColumnType, Description, Suspicion};

use crate::view::figure::{Axes, Dimension, Figure, Mark, Plot, Row, Rows, Rule, Tone};
use crate::view::number::{grouped, percent, plain, short};
use crate::view::page::{Block, Cell, Section, Table};
use crate::view::table::Align;

/// Histograms that stand open; the others are folded away.
const OPEN: usize = 12;
/// Histograms in all.
const DRAWN: usize = 120;

const WORDS: &str = "Bars are how often values occur; the broken lines are the fences of the IQR rule, beyond which a value counts as an outlier.";

/// The table and the histograms.
pub fn section(described: &Description) -> Option<Section> {
    if described.columns.is_empty() {
        return None;
    }
    let mut blocks = vec![Block::Table(table(&described.columns))];
    let mut figures: Vec<Block> = described
        .columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| figure(column, &format!("column-{at}")))
        .take(DRAWN)
        .map(|figure| Block::figure(figure, ""))
        .collect();
    if !figures.is_empty() {
        blocks.push(Block::Text(WORDS.into()));
        let rest = figures.split_off(figures.len().min(OPEN));
        blocks.extend(figures);
        if !rest.is_empty() {
            blocks.push(Block::Fold(format!("{} more columns", rest.len()), rest));
        }
    }
    Some(Section {
        id: "columns",
        title: "Column by column".into(),
        blocks,
    })
}

fn table(columns: &[ColumnDescription]) -> Table {
    let mut table = Table::new(
        "What is in each column",
        [
            ("column", Align::Left),
            ("type", Align::Left),
            ("missing", Align::Right),
            ("distinct", Align::Right),
            ("min", Align::Right),
            ("median", Align::Right),
            ("mean", Align::Right),
            ("deviation", Align::Right),
            ("max", Align::Right),
            ("outliers", Align::Right),
            ("remarks", Align::Left),
        ],
    );
    for column in columns {
        let kind = match column.kind {
            ColumnType::Number => "number",
            ColumnType::Whole => "whole number",
            ColumnType::Text => "text",
            ColumnType::Empty => "empty",
        };
        let about = if column.distinct_is_exact {
            ""
        } else {
            "about "
        };
        let numbers = column.numbers.as_ref();
        let number = |of: fn(&nn_data::describe::NumberDescription) -> f64| {
            Cell::text(numbers.map_or("–".into(), |n| plain(of(n))))
        };
        let all = column.present + column.missing;
        let missing = match column.missing {
            0 => "–".into(),
            count => format!(
                "{} ({})",
                grouped(count),
                percent(count as f64 / all.max(1) as f64)
            ),
        };
        table.row([
            Cell::name(&column.name),
            Cell::text(kind),
            Cell::text(missing),
            Cell::text(format!("{about}{}", grouped(column.distinct))),
            number(|n| n.min),
            number(|n| n.quartiles[1]),
            number(|n| n.mean),
            number(|n| n.deviation),
            number(|n| n.max),
            Cell::text(numbers.map_or("–".into(), |n| grouped(n.outliers))),
            Cell::name(remarks(column)),
        ]);
    }
    table
}

fn remarks(column: &ColumnDescription) -> String {
    let mut remarks: Vec<String> = column
        .suspicions
        .iter()
        .map(|suspicion| match suspicion {
            Suspicion::Empty => "no value".into(),
            Suspicion::Constant => "always the same".into(),
            Suspicion::NearlyConstant(share) => format!("{} are the same", percent(*share)),
            Suspicion::Identifier => "no value twice: a row number or name?".into(),
            Suspicion::DecidesTarget => "tells the target by itself: a leak?".into(),
            Suspicion::Repeats(other) => format!("{other} over again"),
        })
        .collect();
    if column.stray > 0 {
        remarks.push(format!("{} cells are words", grouped(column.stray)));
    }
    if column.infinite > 0 {
        remarks.push(format!("{} are infinite", grouped(column.infinite)));
    }
    remarks.join("; ")
}

/// A histogram of numbers, or the most frequent texts.
pub fn figure(column: &ColumnDescription, name: &str) -> Option<Figure> {
    let plot = match &column.numbers {
        Some(numbers) if !numbers.histogram.is_empty() => {
            let bars = numbers
                .histogram
                .iter()
                .map(|bin| (bin.low, bin.high, bin.count as f64))
                .collect();
            let mut marks = vec![Mark::Bars {
                name: String::new(),
                tone: Tone::First,
                bars,
            }];
            let inside = |fence: &f64| (numbers.min..=numbers.max).contains(fence);
            let fences = [numbers.fences.0, numbers.fences.1];
            marks.extend(
                fences
                    .iter()
                    .copied()
                    .filter(inside)
                    .map(|fence| Mark::Rule {
                        name: String::new(),
                        rule: Rule::Upright(fence),
                    }),
            );
            Plot::Axes(Axes {
                x: Dimension::default(),
                y: Dimension {
                    label: "samples".into(),
                    ..Dimension::default()
                },
                marks,
            })
        }
        Some(_) => return None,
        None if column.frequent.is_empty() => return None,
        None => {
            let all = column.present.max(1) as f64;
            let rows = column.frequent.iter().map(|(text, count)| Row {
                name: text.clone(),
                parts: vec![(Tone::First, *count as f64)],
                text: format!("{} · {}", grouped(*count), percent(*count as f64 / all)),
            });
            Plot::Rows(Rows {
                label: String::new(),
                rows: rows.collect(),
                legend: Vec::new(),
            })
        }
    };
    let about = match &column.numbers {
        Some(n) => format!(
            "From {} to {}, half of the values between {} and {}; {} outliers.",
            short(n.min),
            short(n.max),
            short(n.quartiles[0]),
            short(n.quartiles[2]),
            grouped(n.outliers)
        ),
        None => format!("{} different values.", grouped(column.distinct)),
    };
    Some(Figure {
        name: name.into(),
        title: column.name.clone(),
        about,
        plot,
    })
}
