//! From text to numbers, column by column, as a schema says.

use std::collections::HashMap;

use csv::ByteRecord;
use nn_core::Tensor;

use super::guess::{is_missing, number, whole_number};
use super::schema::{ColumnKind, CsvData, CsvSchema, Missing, SchemaColumn, SchemaTarget};
use super::table::Table;
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

    pub(super) fn decode(&self, table: &Table) -> Result<CsvData> {
        let reader = RowReader::new(self, table)?;
        let mut values = Vec::<f32>::new();
        let mut found = Found::default();
        let (mut rows, mut dropped_rows) = (0usize, 0usize);
        table.rows(usize::MAX, |at, record| {
            match reader.read(table, at, record, &mut values, &mut found)? {
                true => rows += 1,
                false => dropped_rows += 1,
            }
            Ok(())
        })?;
        some_rows(table, rows, dropped_rows)?;
        let tensor = Tensor::from_vec(values, [rows, self.input_len()])?;
        let targets = reader.targets(self, found);
        let data = InMemory::new(table.path.display().to_string(), tensor, targets)?
            .with_feature_names(self.feature_names())?;
        Ok(CsvData {
            data,
            schema: self.clone(),
            dropped_rows,
        })
    }
}

/// Refuses a table of which no row is left.
pub(super) fn some_rows(table: &Table, rows: usize, dropped_rows: usize) -> Result<()> {
    if rows > 0 {
        return Ok(());
    }
    let problem = match dropped_rows {
        0 => "there are no rows of data".to_string(),
        n => format!("none of the {n} rows is complete"),
    };
    Err(table.error(
        Place::Whole,
        problem,
        "give a file with at least one full row",
    ))
}

/// Turns rows of one file into numbers.
pub(super) struct RowReader {
    inputs: Vec<(usize, Reader)>,
    target: TargetReader,
    missing: Missing,
}

/// The targets read so far.
#[derive(Default)]
pub(super) struct Found {
    labels: Vec<u32>,
    outputs: Vec<f32>,
}

impl RowReader {
    /// Finds the columns of the schema in `table`.
    pub(super) fn new(schema: &CsvSchema, table: &Table) -> Result<Self> {
        let locate = schema.locate(table)?;
        let mut inputs = Vec::with_capacity(schema.inputs.len());
        for column in &schema.inputs {
            let Some(place) = locate(column.name.as_deref(), column.position) else {
                let name = column.title();
                let problem = format!("there is no column \"{name}\", which the model needs");
                let have = table.header.as_deref().unwrap_or_default().join(", ");
                let remedy = format!("add it to the columns {have}");
                return Err(table.error(Place::Whole, problem, remedy));
            };
            inputs.push((place, Reader::new(&column.kind)));
        }
        let target = match &schema.target {
            None => TargetReader::None,
            Some(SchemaTarget::Classes {
                name,
                position,
                classes,
            }) => match locate(name.as_deref(), *position) {
                Some(place) => TargetReader::Classes(place, levels(classes)),
                None => TargetReader::None,
            },
            Some(SchemaTarget::Regression { columns }) => {
                let places: Option<Vec<usize>> = columns
                    .iter()
                    .map(|c| locate(c.name.as_deref(), c.position))
                    .collect();
                places.map_or(TargetReader::None, TargetReader::Regression)
            }
        };
        Ok(RowReader {
            inputs,
            target,
            missing: schema.missing,
        })
    }

    /// Appends the numbers of a row; false if the row is left out.
    pub(super) fn read(
        &self,
        table: &Table,
        at: u64,
        record: &ByteRecord,
        values: &mut Vec<f32>,
        found: &mut Found,
    ) -> Result<bool> {
        let text = |column| table.text(record, at, column);
        if self.missing == Missing::DropRow {
            let inputs = self.inputs.iter().map(|(place, _)| *place);
            for place in inputs.chain(self.target.places().iter().copied()) {
                if is_missing(text(place)?) {
                    return Ok(false);
                }
            }
        }
        let keep = self.keeps_missing();
        for (place, reader) in &self.inputs {
            reader.push(table, at, *place, text(*place)?, keep, values)?;
        }
        match &self.target {
            TargetReader::None => {}
            TargetReader::Classes(place, classes) => {
                let what = "a label that the training data does not have";
                let label = level(table, at, *place, text(*place)?, classes, what)?;
                found.labels.push(label as u32);
            }
            TargetReader::Regression(places) => {
                for &place in places {
                    found
                        .outputs
                        .push(read_number(table, at, place, text(place)?)?);
                }
            }
        }
        Ok(true)
    }

    /// Whether a number may come out as NaN, which stands for a missing one.
    pub(super) fn keeps_missing(&self) -> bool {
        self.missing == Missing::Keep
    }

    /// The targets of all rows read.
    pub(super) fn targets(&self, schema: &CsvSchema, found: Found) -> Targets {
        match (&self.target, &schema.target) {
            (TargetReader::Classes(..), Some(SchemaTarget::Classes { classes, .. })) => {
                Targets::Classes {
                    labels: found.labels,
                    names: classes.clone(),
                }
            }
            (TargetReader::Regression(_), Some(SchemaTarget::Regression { columns })) => {
                Targets::Regression {
                    values: found.outputs,
                    names: columns.iter().map(SchemaColumn::title).collect(),
                }
            }
            _ => Targets::None,
        }
    }
}

type Levels = HashMap<String, usize>;

fn levels(names: &[String]) -> Levels {
    names.iter().cloned().zip(0..).collect()
}

enum TargetReader {
    None,
    Classes(usize, Levels),
    Regression(Vec<usize>),
}

impl TargetReader {
    fn places(&self) -> &[usize] {
        match self {
            TargetReader::None => &[],
            TargetReader::Classes(place, _) => std::slice::from_ref(place),
            TargetReader::Regression(places) => places,
        }
    }
}

enum Reader {
    Number,
    OneHot(Levels),
    Ordinal(Levels),
}

impl Reader {
    fn new(kind: &ColumnKind) -> Self {
        match kind {
            ColumnKind::Number => Reader::Number,
            ColumnKind::OneHot { levels: names } => Reader::OneHot(levels(names)),
            ColumnKind::Ordinal { levels: names } => Reader::Ordinal(levels(names)),
        }
    }

    fn push(
        &self,
        table: &Table,
        at: u64,
        place: usize,
        text: &str,
        keep_missing: bool,
        values: &mut Vec<f32>,
    ) -> Result<()> {
        let what = "a category that the training data does not have";
        match self {
            Reader::Number if keep_missing && is_missing(text) => values.push(f32::NAN),
            Reader::Number => values.push(read_number(table, at, place, text)?),
            Reader::Ordinal(levels) => {
                values.push(level(table, at, place, text, levels, what)? as f32);
            }
            Reader::OneHot(levels) => {
                let hot = level(table, at, place, text, levels, what)?;
                let start = values.len();
                values.resize(start + levels.len(), 0.0);
                values[start + hot] = 1.0;
            }
        }
        Ok(())
    }
}

fn read_number(table: &Table, at: u64, column: usize, text: &str) -> Result<f32> {
    // The usual case first: this is called once per cell of the file.
    if let Some(value) = number(text) {
        let value = value as f32;
        if value.is_finite() {
            return Ok(value);
        }
    }
    Err(bad_number(table, at, column, text))
}

fn bad_number(table: &Table, at: u64, column: usize, text: &str) -> Error {
    let (problem, remedy) = match text.parse::<f64>() {
        _ if is_missing(text) => (
            if text.is_empty() {
                "the value is missing".to_string()
            } else {
                format!("the value is missing (\"{text}\")")
            },
            "fill it in; leave such rows out (missing = \"drop\") or keep them and impute the value (missing = \"keep\"); or leave the column out",
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
    table.error(table.cell(at, column), problem, remedy)
}

fn level(
    table: &Table,
    at: u64,
    column: usize,
    text: &str,
    levels: &Levels,
    what: &str,
) -> Result<usize> {
    if let Some(&level) = levels.get(text) {
        return Ok(level);
    }
    if let Some(&level) = whole_number(text).and_then(|n| levels.get(n.to_string().as_str())) {
        return Ok(level);
    }
    if is_missing(text) {
        return Err(bad_number(table, at, column, text));
    }
    let mut known: Vec<(&usize, &String)> = levels.iter().map(|(k, v)| (v, k)).collect();
    known.sort();
    let mut list: Vec<&str> = known
        .iter()
        .take(12)
        .map(|(_, name)| name.as_str())
        .collect();
    if known.len() > list.len() {
        list.push("…");
    }
    Err(table.error(
        table.cell(at, column),
        format!("\"{text}\" is {what}"),
        format!("known are {}", list.join(", ")),
    ))
}
