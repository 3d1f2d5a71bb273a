//! A description for the terminal.

use std::fmt;

use super::columns::{ColumnDescription, ColumnType};
use super::{Description, Range, TargetDescription};

/// Classes listed one by one.
const MAX_LISTED: usize = 40;
/// Columns listed one by one.
const MAX_COLUMNS: usize = 60;
/// Links listed.
const MAX_LINKS: usize = 6;
/// Weaker links are not worth a line.
const WEAK: f64 = 0.3;
/// Longest name of a column.
const NAME: usize = 24;

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { min, mean, max } = self;
        write!(f, "{min:.4} to {max:.4}, mean {mean:.4}")
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.input_shape.iter().map(ToString::to_string).collect();
        writeln!(
            f,
            "{}: {} samples of {}",
            self.name,
            self.samples,
            sizes.join("×")
        )?;
        if let Some(range) = &self.inputs {
            writeln!(f, "  inputs   {range}")?;
        }
        target(&self.target, f)?;
        if let Some(pictures) = &self.pictures {
            for (at, (mean, deviation)) in pictures.channels.iter().enumerate() {
                writeln!(
                    f,
                    "  channel  {at}: mean {mean:.4}, deviation {deviation:.4}"
                )?;
            }
        }
        columns(&self.columns, f)?;
        links("with the target", &self.relations.with_target, f)?;
        links("with each other", &self.relations.strongest, f)?;
        let lines = self
            .warnings
            .iter()
            .map(|w| ("!", w))
            .chain(self.notes.iter().map(|n| ("·", n)));
        lines
            .into_iter()
            .try_for_each(|(mark, line)| writeln!(f, "  {mark} {line}"))
    }
}

fn target(target: &TargetDescription, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match target {
        TargetDescription::None => writeln!(f, "  targets  none"),
        TargetDescription::Regression(outputs) => {
            outputs.iter().try_for_each(|output| match &output.numbers {
                Some(numbers) => {
                    let range = Range {
                        min: numbers.min,
                        mean: numbers.mean,
                        max: numbers.max,
                    };
                    writeln!(f, "  target   {}: {range}", output.name)
                }
                None => writeln!(f, "  target   {}: no values", output.name),
            })
        }
        TargetDescription::Classes(counts) => {
            writeln!(f, "  classes  {}", counts.len())?;
            let name = |c: &(String, usize)| c.0.chars().count();
            let width = counts.iter().take(MAX_LISTED).map(name).max().unwrap_or(0);
            let largest = counts.iter().map(|c| c.1).max().unwrap_or(0).max(1);
            for (name, count) in counts.iter().take(MAX_LISTED) {
                let bar = "█".repeat((count * 30).div_ceil(largest));
                writeln!(f, "    {name:width$} {count:>8}  {bar}")?;
            }
            if counts.len() > MAX_LISTED {
                writeln!(f, "    … and {} more", counts.len() - MAX_LISTED)?;
            }
            Ok(())
        }
    }
}

fn columns(columns: &[ColumnDescription], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if columns.is_empty() {
        return Ok(());
    }
    let short = |name: &str| -> String {
        match name.chars().count() {
            0..=NAME => name.to_string(),
            _ => name.chars().take(NAME - 1).chain(['…']).collect(),
        }
    };
    let width = columns
        .iter()
        .take(MAX_COLUMNS)
        .map(|c| short(&c.name).chars().count())
        .max()
        .unwrap_or(0)
        .max(6);
    writeln!(
        f,
        "  {:width$}  {:7}{:>9}{:>10}{:>12}{:>12}{:>12}{:>10}",
        "column", "type", "missing", "distinct", "min", "median", "max", "outliers"
    )?;
    for column in columns.iter().take(MAX_COLUMNS) {
        let kind = match column.kind {
            ColumnType::Number => "number",
            ColumnType::Whole => "whole",
            ColumnType::Text => "text",
            ColumnType::Empty => "empty",
        };
        let about = if column.distinct_is_exact { "" } else { "~" };
        let distinct = format!("{about}{}", column.distinct);
        write!(
            f,
            "  {:width$}  {kind:7}{:>9}{distinct:>10}",
            short(&column.name),
            column.missing
        )?;
        match &column.numbers {
            Some(n) => writeln!(
                f,
                "{:>12}{:>12}{:>12}{:>10}",
                number(n.min),
                number(n.quartiles[1]),
                number(n.max),
                n.outliers
            )?,
            None => {
                let texts: Vec<String> = column
                    .frequent
                    .iter()
                    .take(3)
                    .map(|(text, count)| format!("{} {count}×", short(text)))
                    .collect();
                writeln!(f, "  {}", texts.join(", "))?;
            }
        }
    }
    if columns.len() > MAX_COLUMNS {
        writeln!(f, "    … and {} more", columns.len() - MAX_COLUMNS)?;
    }
    Ok(())
}

/// About five digits.
fn number(value: f64) -> String {
    let size = value.abs();
    if value.fract() == 0.0 && size < 1e9 {
        format!("{value:.0}")
    } else if (1e-3..1e6).contains(&size) {
        let places = (4 - size.log10().floor() as i32).clamp(0, 6) as usize;
        format!("{value:.places$}")
    } else {
        format!("{value:.3e}")
    }
}

fn links(title: &str, links: &[super::Link], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let worth: Vec<String> = links
        .iter()
        .filter(|link| link.strength.abs() >= WEAK)
        .take(MAX_LINKS)
        .map(|link| match title {
            "with the target" => format!("{} {:.2}", link.a, link.strength),
            _ => format!("{} & {} {:.2}", link.a, link.b, link.strength),
        })
        .collect();
    if worth.is_empty() {
        return Ok(());
    }
    writeln!(f, "  correlated {title}: {}", worth.join(", "))
}
