//! What the columns of a CSV file mean: learnt from the training file, stored in the model, applied
//! to every later file.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::stream::CsvStream;
use super::table::Table;
use crate::dataset::{Dataset, InMemory};
use crate::error::Result;
use crate::source::{MAX_CONTENT, Source};

/// What to do with a row in which a value is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Stop with an error that names the cell.
    #[default]
    Refuse,
    /// Leave the row out.
    #[serde(rename = "drop", alias = "drop_row")]
    DropRow,
    /// Leave a number that is missing as NaN, for a later step to fill in. A category, a label or a target that is missing is
    /// refused all the same.
    Keep,
}

/// How one column becomes numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// A number as it is.
    Number,
    /// One input per level, 1 for the level that is there and 0 for the others.
    OneHot {
        /// The texts that occur.
        levels: Vec<String>,
    },
    /// The position of the text among the levels.
    Ordinal {
        /// The texts that occur, in order.
        levels: Vec<String>,
    },
}

/// One column of the training file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchemaColumn {
    /// Its header, where the training file had one.
    pub name: Option<String>,
    /// Its position in the training file, from 0.
    pub position: usize,
    /// How it becomes numbers.
    pub kind: ColumnKind,
}

/// The target columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemaTarget {
    /// A column of class labels.
    Classes {
        /// Its header, where the training file had one.
        name: Option<String>,
        /// Its position in the training file, from 0.
        position: usize,
        /// The label of each class in order.
        classes: Vec<String>,
    },
    /// Columns of numbers.
    Regression {
        /// The columns in the order of the outputs.
        columns: Vec<SchemaColumn>,
    },
}

/// The meaning of a CSV file's columns, as learnt from the training file.
///
/// It is part of a saved model: a file given for prediction is read with it, so that categories and
/// labels keep their numbers. Such a file may lack the target, and may order named columns otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CsvSchema {
    /// Number of columns of the training file.
    pub width: usize,
    /// The input columns in order.
    pub inputs: Vec<SchemaColumn>,
    /// The target, if any.
    pub target: Option<SchemaTarget>,
    /// What happens to rows with missing values.
    pub missing: Missing,
}

/// A data set read from a CSV file and the meaning of its columns.
#[derive(Debug, Clone)]
pub struct CsvData {
    /// The samples.
    pub data: InMemory,
    /// The meaning of the columns, to be stored with the model.
    pub schema: CsvSchema,
    /// Rows left out because a value was missing ([`Missing::DropRow`]).
    pub dropped_rows: usize,
}

/// A data set in a CSV file, wherever its rows are, and the meaning of its columns.
#[derive(Clone)]
pub struct CsvFile {
    /// The samples, in memory or left on disk.
    pub data: Arc<dyn Dataset>,
    /// The meaning of the columns, to be stored with the model.
    pub schema: CsvSchema,
    /// Rows left out because a value was missing ([`Missing::DropRow`]).
    pub dropped_rows: usize,
    /// Whether the rows stay on disk, as [`CsvStream`].
    pub streamed: bool,
}

impl From<CsvData> for CsvFile {
    fn from(read: CsvData) -> Self {
        CsvFile {
            data: Arc::new(read.data),
            schema: read.schema,
            dropped_rows: read.dropped_rows,
            streamed: false,
        }
    }
}

impl CsvSchema {
    /// Opens another file with the same meaning of columns: one of at most `memory` bytes (by default 256 MiB) is read as a whole, a
    /// larger one stays on disk.
    ///
    /// # Errors
    /// As [`read`](Self::read) and [`CsvOptions::open`](super::CsvOptions::open).
    pub fn open(&self, path: impl AsRef<Path>, memory: Option<u64>) -> Result<CsvFile> {
        let path = path.as_ref();
        let limit = super::memory(memory);
        if !super::stays_on_disk(path, limit)? {
            return Ok(self.read_source(Source::open(path)?, limit)?.into());
        }
        self.streamed(Table::on_disk(path, None, |first| self.is_header(first))?)
    }

    pub(super) fn streamed(&self, table: Table) -> Result<CsvFile> {
        let stream = CsvStream::new(table, self)?;
        Ok(CsvFile {
            schema: self.clone(),
            dropped_rows: stream.dropped_rows(),
            data: Arc::new(stream),
            streamed: true,
        })
    }

    /// Reads another file with the same meaning of columns, e.g. for prediction.
    ///
    /// Columns are found by name if both files have a header, otherwise by position. Without its
    /// target column the file gives a data set without targets.
    ///
    /// # Errors
    /// If a column is missing, or a cell does not fit: text where a number should be, a category or
    /// label that the training file did not have, NaN or infinity.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<CsvData> {
        self.read_source(Source::open(path.as_ref())?, MAX_CONTENT)
    }

    /// Parses CSV bytes as [`read`](Self::read) does; `name` is used in messages.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(&self, name: &str, bytes: &[u8]) -> Result<CsvData> {
        self.read_source(Source::bytes(name, bytes)?, MAX_CONTENT)
    }

    fn read_source(&self, source: Source<'_>, limit: u64) -> Result<CsvData> {
        self.decode(&Table::read(source, limit, None, |first| {
            self.is_header(first)
        })?)
    }

    /// A first row that names a known column is a header, one that holds a known category is data.
    fn is_header(&self, first: &[String]) -> Option<bool> {
        let named = |c: &SchemaColumn| c.name.as_ref().is_some_and(|n| first.contains(n));
        let leveled = |c: &SchemaColumn| c.kind.levels().iter().any(|l| first.contains(l));
        match self.inputs.iter().any(named) {
            true => Some(true),
            false => self.inputs.iter().any(leveled).then_some(false),
        }
    }

    /// Number of inputs after encoding.
    pub fn input_len(&self) -> usize {
        self.inputs.iter().map(|c| c.kind.len()).sum()
    }

    pub(super) fn target_positions(&self) -> Vec<usize> {
        match &self.target {
            None => Vec::new(),
            Some(SchemaTarget::Classes { position, .. }) => vec![*position],
            Some(SchemaTarget::Regression { columns }) => {
                columns.iter().map(|c| c.position).collect()
            }
        }
    }

    /// The name of each input after encoding: "age", "color=red".
    pub fn feature_names(&self) -> Vec<String> {
        let mut names = Vec::with_capacity(self.input_len());
        for column in &self.inputs {
            match &column.kind {
                ColumnKind::OneHot { levels } => {
                    names.extend(levels.iter().map(|l| format!("{}={l}", column.title())));
                }
                _ => names.push(column.title()),
            }
        }
        names
    }
}

impl SchemaColumn {
    /// The header, or "column 3" (counted from 1) where there is none.
    pub fn title(&self) -> String {
        self.name
            .clone()
            .unwrap_or_else(|| format!("column {}", self.position + 1))
    }
}

impl ColumnKind {
    fn levels(&self) -> &[String] {
        match self {
            ColumnKind::Number => &[],
            ColumnKind::OneHot { levels } | ColumnKind::Ordinal { levels } => levels,
        }
    }

    fn len(&self) -> usize {
        match self {
            ColumnKind::OneHot { levels } => levels.len(),
            _ => 1,
        }
    }
}
