//! From text to numbers, column by column, as a schema says.

use std::collections::HashMap;

use nn_core::Tensor;

use super::schema::{ColumnKind, CsvData, CsvSchema, Missing, SchemaColumn, SchemaTarget};
use super::table::{Table, is_missing, number, whole_number};
use crate::dataset::{InMemory, Targets};
use crate::error::{Error, Place, Result};

impl CsvSchema {
    /// Where the columns of the training file are in `table`; `None` for those that are not there.
    fn locate(&self, table: &Table) -> Result<impl Fn(Option<&str>, usize) -> Option<usize>> {
        let names = table.header.clone();
        let named = names.is_some() && self.inputs.iter().all(|c| c.name.is_some());
        let targets = self.target_positions();
        let mut positions: Vec<Option<usize>> = (0..self.width).map(Some).collect();
        if !named && table.width != self.width {
            let inputs: Vec<usize> = self.inputs.iter().map(|c| c.position).collect();
            let kept: Vec<usize> = if table.width == self.width - targets.len() {
                (0..self.width).filter(|p| !targets.contains(p)).collect()
            } else if table.width == inputs.len() {
                inputs
            } else {
                let problem = format!(
                    "the file has {} columns, the training file had {} of which {} are inputs",
                    table.width,
                    self.width,
                    inputs.len()
                );
                return Err(table.error(Place::Whole, problem, "give the same columns in order"));
            };
            positions = (0..self.width)
                .map(|p| kept.iter().position(|&k| k == p))
                .collect();
        }
        Ok(
            move |name: Option<&str>, position: usize| match (&names, name) {
                (Some(names), Some(name)) if named => names.iter().position(|n| n == name),
                _ => positions.get(position).copied().flatten(),
            },
        )
    }

    pub(super) fn decode(&self, table: Table) -> Result<CsvData> {
        let locate = self.locate(&table)?;
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for column in &self.inputs {
            let Some(place) = locate(column.name.as_deref(), column.position) else {
                let name = column.title();
                let problem = format!("there is no column \"{name}\", which the model needs");
                let have = table.header.as_deref().unwrap_or_default().join(", ");
                let remedy = format!("add it to the columns {have}");
                return Err(table.error(Place::Whole, problem, remedy));
            };
            inputs.push((place, Reader::new(&column.kind)));
        }
        let mut target = match &self.target {
            None => TargetReader::None,
            Some(SchemaTarget::Classes {
                name,
                position,
                classes,
            }) => match locate(name.as_deref(), *position) {
                Some(place) => TargetReader::Classes(place, levels(classes), Vec::new()),
                None => TargetReader::None,
            },
            Some(SchemaTarget::Regression { columns }) => {
                let places: Option<Vec<usize>> = columns
                    .iter()
                    .map(|c| locate(c.name.as_deref(), c.position))
                    .collect();
                places.map_or(TargetReader::None, |p| {
                    TargetReader::Regression(p, Vec::new())
                })
            }
        };
        let (mut values, mut rows, mut dropped_rows) = (Vec::<f32>::new(), 0usize, 0usize);
        table.rows(usize::MAX, |line, record| {
            let text = |column| table.text(record, line, column);
            if self.missing == Missing::DropRow {
                let used = inputs
                    .iter()
                    .map(|(place, _)| *place)
                    .chain(target.places());
                for place in used {
                    if is_missing(text(place)?) {
                        dropped_rows += 1;
                        return Ok(());
                    }
                }
            }
            for (place, reader) in &inputs {
                reader.push(&table, line, *place, text(*place)?, &mut values)?;
            }
            match &mut target {
                TargetReader::None => {}
                TargetReader::Classes(place, classes, labels) => {
                    let what = "a label that the training data does not have";
                    let label = text(*place)?;
                    labels.push(level(&table, line, *place, label, classes, what)? as u32);
                }
                TargetReader::Regression(places, targets) => {
                    for &place in places.iter() {
                        targets.push(read_number(&table, line, place, text(place)?)?);
                    }
                }
            }
            rows += 1;
            Ok(())
        })?;
        if rows == 0 {
            let problem = match dropped_rows {
                0 => "there are no rows of data".to_string(),
                n => format!("none of the {n} rows is complete"),
            };
            return Err(table.error(
                Place::Whole,
                problem,
                "give a file with at least one full row",
            ));
        }
        let targets = match (target, &self.target) {
            (TargetReader::Classes(_, _, labels), Some(SchemaTarget::Classes { classes, .. })) => {
                Targets::Classes {
                    labels,
                    names: classes.clone(),
                }
            }
            (TargetReader::Regression(_, values), Some(SchemaTarget::Regression { columns })) => {
                let names = columns.iter().map(SchemaColumn::title).collect();
                Targets::Regression { values, names }
            }
            _ => Targets::None,
        };
        let tensor = Tensor::from_vec(values, [rows, self.input_len()])?;
        let data = InMemory::new(table.path.display().to_string(), tensor, targets)?
            .with_feature_names(self.feature_names())?;
        Ok(CsvData {
            data,
            schema: self.clone(),
            dropped_rows,
        })
    }
}

type Levels<'a> = HashMap<&'a str, usize>;

fn levels(names: &[String]) -> Levels<'_> {
    names
        .iter()
        .enumerate()
        .map(|(i, n)| (n.as_str(), i))
        .collect()
}

enum TargetReader<'a> {
    None,
    Classes(usize, Levels<'a>, Vec<u32>),
    Regression(Vec<usize>, Vec<f32>),
}

impl TargetReader<'_> {
    fn places(&self) -> impl Iterator<Item = usize> {
        match self {
            TargetReader::None => Vec::new(),
            TargetReader::Classes(place, ..) => vec![*place],
            TargetReader::Regression(places, _) => places.clone(),
        }
        .into_iter()
    }
}

enum Reader<'a> {
    Number,
    OneHot(Levels<'a>),
    Ordinal(Levels<'a>),
}

impl<'a> Reader<'a> {
    fn new(kind: &'a ColumnKind) -> Self {
        match kind {
            ColumnKind::Number => Reader::Number,
            ColumnKind::OneHot { levels: names } => Reader::OneHot(levels(names)),
            ColumnKind::Ordinal { levels: names } => Reader::Ordinal(levels(names)),
        }
    }

    fn push(
        &self,
        table: &Table,
        line: u64,
        place: usize,
        text: &str,
        values: &mut Vec<f32>,
    ) -> Result<()> {
        let what = "a category that the training data does not have";
        match self {
            Reader::Number => values.push(read_number(table, line, place, text)?),
            Reader::Ordinal(levels) => {
                values.push(level(table, line, place, text, levels, what)? as f32);
            }
            Reader::OneHot(levels) => {
                let hot = level(table, line, place, text, levels, what)?;
                let start = values.len();
                values.resize(start + levels.len(), 0.0);
                values[start + hot] = 1.0;
            }
        }
        Ok(())
    }
}

fn read_number(table: &Table, line: u64, column: usize, text: &str) -> Result<f32> {
    // The usual case first: this is called once per cell of the file.
    if let Some(value) = number(text) {
        let value = value as f32;
        if value.is_finite() {
            return Ok(value);
        }
    }
    Err(bad_number(table, line, column, text))
}

fn bad_number(table: &Table, line: u64, column: usize, text: &str) -> Error {
    let (problem, remedy) = match text.parse::<f64>() {
        _ if is_missing(text) => (
            if text.is_empty() {
                "the value is missing".to_string()
            } else {
                format!("the value is missing (\"{text}\")")
            },
            "fill it in, drop such rows, or leave the column out",
        ),
        Ok(value) if value.is_finite() => (
            format!("{text} is too large for a 32-bit number"),
            "rescale the column",
        ),
        Ok(_) => (
            format!("{text} is not a finite number"),
            "correct or remove the row",
        ),
        Err(_) if text.replacen(',', ".", 1).parse::<f64>().is_ok() => (
            format!("\"{text}\" is not a number"),
            "write decimals with a point",
        ),
        Err(_) => (
            format!("\"{text}\" is not a number"),
            "correct the cell, or declare the column categorical or leave it out",
        ),
    };
    table.error(table.cell(line, column), problem, remedy)
}

fn level(
    table: &Table,
    line: u64,
    column: usize,
    text: &str,
    levels: &Levels<'_>,
    what: &str,
) -> Result<usize> {
    if let Some(&level) = levels.get(text) {
        return Ok(level);
    }
    if let Some(&level) = whole_number(text).and_then(|n| levels.get(n.to_string().as_str())) {
        return Ok(level);
    }
    if is_missing(text) {
        return Err(bad_number(table, line, column, text));
    }
    let mut known: Vec<(&usize, &&str)> = levels.iter().map(|(k, v)| (v, k)).collect();
    known.sort();
    let mut list: Vec<&str> = known.iter().take(12).map(|(_, name)| **name).collect();
    if known.len() > list.len() {
        list.push("…");
    }
    Err(table.error(
        table.cell(line, column),
        format!("\"{text}\" is {what}"),
        format!("known are {}", list.join(", ")),
    ))
}
