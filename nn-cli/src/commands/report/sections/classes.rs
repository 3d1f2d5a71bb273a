//! How well it tells classes apart.

use crate::commands::report::judged::{Classes, Scores};
use crate::commands::report::material::Material;
use crate::view::figure::{Cell as Shade, Figure, Matrix, Plot, Tone};
use crate::view::number::{grouped, percent};
use crate::view::page::{Block, Cell, Section, Table, name};
use crate::view::table::Align;

/// Most classes for which the matrix is drawn.
const MATRIX_TO: usize = 100;
/// Up to so many classes the cells have numbers.
const NUMBERS_TO: usize = 20;
/// Wrong cells are shaded so many times as strongly as right ones: good networks have few mistakes, and they are what one looks for.
const STRESS: f64 = 8.0;
/// Most classes in the table.
const TABLE_TO: usize = 200;
/// Pairs of classes that are listed.
const PAIRS: usize = 12;

const CONFUSION: &str = "Each row is a true class, each column what the network said. Blue on the diagonal is right, orange is wrong. Shades are shares of the row; mistakes are shaded eight times as strongly, so that few can be seen. Good: nothing but the diagonal. A pair of orange cells that mirror each other are two classes it mixes up.";

/// Matrix, table and pairs.
pub fn section(material: &Material) -> Option<Section> {
    let Scores::Classes(classes) = &material.judged.as_ref()?.scores else {
        return None;
    };
    let mut blocks = Vec::new();
    if classes.names.len() <= MATRIX_TO {
        blocks.push(Block::figure(matrix(classes), CONFUSION));
    }
    blocks.extend(pairs(classes));
    blocks.extend(table(classes));
    Some(Section {
        id: "classes",
        title: "What it takes for what".into(),
        blocks,
    })
}

fn matrix(classes: &Classes) -> Figure {
    let names = &classes.names;
    let mut cells = Vec::with_capacity(names.len() * names.len());
    for (truth, row) in classes.confusion.rows().enumerate() {
        let total: u64 = row.iter().sum();
        for (said, &count) in row.iter().enumerate() {
            let share = if total == 0 {
                0.0
            } else {
                count as f64 / total as f64
            };
            let right = truth == said;
            let numbers = names.len() <= NUMBERS_TO;
            cells.push(Shade {
                share: if right {
                    share
                } else {
                    (share * STRESS).min(1.0)
                },
                text: match (numbers, count) {
                    (false, _) => String::new(),
                    (true, 0) => "·".into(),
                    (true, count) => grouped(count),
                },
                tone: if right { Tone::Right } else { Tone::Wrong },
                hint: match count {
                    0 => String::new(),
                    count if right => format!(
                        "{}: {} right, {}",
                        names[truth],
                        grouped(count),
                        percent(share)
                    ),
                    count => format!(
                        "{} taken for {}: {}, {}",
                        names[truth],
                        names[said],
                        grouped(count),
                        percent(share)
                    ),
                },
            });
        }
    }
    let worst = classes.confusion.confusions();
    let about = match worst.first() {
        None => "Every sample is on the diagonal: there are no mistakes.".to_string(),
        Some(&(truth, said, count)) => format!(
            "{} of {} samples are on the diagonal. The most frequent mistake: {} taken for {}, {} times.",
            grouped(classes.confusion.correct()),
            grouped(classes.confusion.total()),
            names[truth],
            names[said],
            grouped(count),
        ),
    };
    Figure {
        name: "confusion".into(),
        title: "Confusion matrix".into(),
        about,
        plot: Plot::Matrix(Matrix {
            row_label: "true".into(),
            column_label: "said".into(),
            names: names.clone(),
            cells,
        }),
    }
}

fn pairs(classes: &Classes) -> Option<Block> {
    let confusions = classes.confusion.confusions();
    if confusions.is_empty() {
        return Some(Block::Text("There are no mistakes.".into()));
    }
    // With two classes the matrix says it all.
    if classes.names.len() < 3 {
        return None;
    }
    let mut table = Table::new(
        "The most frequent mistakes",
        [
            ("true class", Align::Left),
            ("taken for", Align::Left),
            ("times", Align::Right),
            ("of that class", Align::Right),
        ],
    );
    for &(truth, said, count) in confusions.iter().take(PAIRS) {
        let total = classes.confusion.truth_count(truth).max(1);
        table.row([
            Cell::name(&classes.names[truth]),
            Cell::name(&classes.names[said]),
            Cell::text(grouped(count)),
            Cell::text(percent(count as f64 / total as f64)),
        ]);
    }
    Some(Block::Table(table))
}

fn table(classes: &Classes) -> Vec<Block> {
    let mut table = Table::new(
        "Precision, recall and F1 of each class",
        [
            ("class", Align::Left),
            ("precision", Align::Left),
            ("recall", Align::Left),
            ("F1", Align::Left),
            ("samples", Align::Right),
        ],
    );
    let bar = |undefined: bool, value: f64| match undefined {
        true => Cell::text("–"),
        false => Cell::bar(format!("{value:.3}"), value),
    };
    let mut order: Vec<usize> = (0..classes.report.classes.len()).collect();
    let cut = order.len() > TABLE_TO;
    if cut {
        order.sort_by(|&a, &b| {
            let f1 = |at: usize| classes.report.classes[at].f1;
            f1(a).total_cmp(&f1(b)).then(a.cmp(&b))
        });
        order.truncate(TABLE_TO);
        table.caption = format!("The {TABLE_TO} classes with the lowest F1");
    }
    for &at in &order {
        let class = &classes.report.classes[at];
        table.row([
            Cell::name(&class.name),
            bar(class.precision_undefined, class.precision),
            bar(class.recall_undefined, class.recall),
            bar(!class.occurs(), class.f1),
            Cell::text(grouped(class.support)),
        ]);
    }
    for (title, mean) in [
        ("mean of classes", &classes.report.macro_mean),
        ("weighted mean", &classes.report.weighted),
    ] {
        let number = |value: f64| Cell::text(format!("{value:.3}"));
        table.foot.push(vec![
            Cell::text(title),
            number(mean.precision),
            number(mean.recall),
            number(mean.f1),
            Cell::text(grouped(classes.report.samples)),
        ]);
    }
    let rows = table.rows.len();
    let words = Block::Text("<strong>Precision</strong>: when it says this class, how often is that right? <strong>Recall</strong>: of all samples of this class, how many does it find? <strong>F1</strong> is high only when both are. A dash stands where there is nothing to divide by.".into());
    let blocks = vec![words, Block::Table(table)];
    if rows > 24 {
        return vec![Block::Fold(
            format!("Precision and recall of {} classes", name_count(rows)),
            blocks,
        )];
    }
    blocks
}

fn name_count(count: usize) -> String {
    grouped(count as u64)
}

/// A class as HTML.
pub fn class_name(names: &[String], class: usize) -> String {
    name(names.get(class).map_or("?", String::as_str))
}
