//! Comma-separated tables: numeric and categorical columns, a target by name or position.

mod cells;
mod column;
mod decode;
mod encoding;
mod guess;
mod infer;
mod schema;
mod stream;
mod table;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use schema::{ColumnKind, CsvData, CsvFile, CsvSchema, Missing, SchemaColumn, SchemaTarget};
pub use stream::CsvStream;

use crate::error::Result;
use crate::source::{MAX_CONTENT, Source};
pub(crate) use cells::Cells;
pub(crate) use guess::is_missing;
use table::Table;

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Column {
    /// By its position, from 0.
    Index(usize),
    /// By its header.
    Name(String),
}

impl From<usize> for Column {
    fn from(index: usize) -> Self {
        Column::Index(index)
    }
}

impl From<&str> for Column {
    fn from(name: &str) -> Self {
        Column::Name(name.to_string())
    }
}

impl From<String> for Column {
    fn from(name: String) -> Self {
        Column::Name(name)
    }
}

/// Which column is to be predicted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CsvTarget {
    /// None: every column is an input.
    #[default]
    None,
    /// A column that holds classes if it is text or at most 20 different whole numbers, and real
    /// numbers otherwise.
    Auto(Column),
    /// A column of class labels, text or whole numbers.
    Classes(Column),
    /// Columns of real numbers.
    Regression(Vec<Column>),
    /// The last column, judged as [`CsvTarget::Auto`] does.
    Last,
}

/// How a categorical input becomes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// One input per category, 1 for the one that is there.
    #[default]
    OneHot,
    /// The number of the category in sorted order.
    Ordinal,
}

/// How a CSV file is to be read. The defaults find out by themselves whether there is a header, what
/// the delimiter is, and which columns are numbers and which are categories.
///
/// ```
/// use nn_data::{Dataset, dataset::{CsvOptions, CsvTarget}};
///
/// let text = "size,color,kind\n1.5,red,apple\n2.5,yellow,pear\n1.0,green,apple\n";
/// let read = CsvOptions::new().target(CsvTarget::Classes("kind".into())).parse("fruit", text.as_bytes())?;
/// assert_eq!(read.data.feature_names().unwrap(), ["size", "color=green", "color=red", "color=yellow"]);
/// assert_eq!(read.data.target_kind().class_names().unwrap(), ["apple", "pear"]);
/// // The schema reads further files with the same encoding, e.g. for prediction.
/// let more = read.schema.parse("more", b"color,size\nred,2.0\n")?;
/// assert_eq!(more.data.batch(&[0])?.inputs.to_vec::<f32>()?, [2.0, 0.0, 1.0, 0.0]);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CsvOptions {
    /// Whether the first row is a header; by default this is told from the content.
    pub header: Option<bool>,
    /// The delimiter, one ASCII character; by default the most frequent of `, ; tab |` in the first line.
    pub delimiter: Option<char>,
    /// What is to be predicted; default none.
    pub target: CsvTarget,
    /// Columns to leave out.
    pub ignore: Vec<Column>,
    /// Columns that are categories although they look like numbers (or to set their encoding).
    pub categorical: Vec<(Column, Encoding)>,
    /// Columns that are numbers although most cells are not.
    pub numeric: Vec<Column>,
    /// Encoding of text columns not named in `categorical`; default one-hot.
    pub encoding: Encoding,
    /// Rows with missing values; refused by default.
    pub missing: Missing,
    /// The class labels in order; by default those that occur, sorted.
    pub class_names: Option<Vec<String>>,
    /// For [`open`](Self::open): files up to so many bytes are read as a whole; by default 256 MiB ([`MEMORY`]).
    pub memory: Option<u64>,
}

impl CsvOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether the first row is a header.
    pub fn header(mut self, header: bool) -> Self {
        self.header = Some(header);
        self
    }

    /// Sets the delimiter.
    pub fn delimiter(mut self, delimiter: char) -> Self {
        self.delimiter = Some(delimiter);
        self
    }

    /// Sets what is to be predicted.
    pub fn target(mut self, target: CsvTarget) -> Self {
        self.target = target;
        self
    }

    /// Leaves a column out.
    pub fn ignore(mut self, column: impl Into<Column>) -> Self {
        self.ignore.push(column.into());
        self
    }

    /// Declares a column categorical.
    pub fn categorical(mut self, column: impl Into<Column>, encoding: Encoding) -> Self {
        self.categorical.push((column.into(), encoding));
        self
    }

    /// Declares a column numeric.
    pub fn numeric(mut self, column: impl Into<Column>) -> Self {
        self.numeric.push(column.into());
        self
    }

    /// Sets the treatment of rows with missing values.
    pub fn missing(mut self, missing: Missing) -> Self {
        self.missing = missing;
        self
    }

    /// Sets the class labels and their order.
    pub fn class_names(mut self, names: Vec<String>) -> Self {
        self.class_names = Some(names);
        self
    }

    /// Reads a file into memory, gz-compressed or not, in UTF-8, UTF-16 or Windows-1252.
    ///
    /// # Errors
    /// If the file cannot be read; is empty, ragged, not text or without rows; if a named column is
    /// not there; or if a cell is missing, not a number where one should be, NaN or infinite. Each
    /// names file, line and column.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<CsvData> {
        self.read_source(Source::open(path.as_ref())?, MAX_CONTENT)
    }

    /// Parses CSV bytes, gz-compressed or not; `name` is used in messages.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(&self, name: &str, bytes: &[u8]) -> Result<CsvData> {
        self.read_source(Source::bytes(name, bytes)?, MAX_CONTENT)
    }

    /// Opens a file: one of at most [`memory`](Self::memory) bytes is read as a whole, a larger one stays on disk and is read batch
    /// by batch.
    ///
    /// # Errors
    /// As [`read`](Self::read); also if a compressed file holds more than that, or a file that stays on disk is not UTF-8.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<CsvFile> {
        let path = path.as_ref();
        let limit = memory(self.memory);
        if !stays_on_disk(path, limit)? {
            return Ok(self.read_source(Source::open(path)?, limit)?.into());
        }
        let table = Table::on_disk(path, self.delimiter_byte()?, |_| self.header)?;
        let schema = infer::schema(self, &table)?;
        schema.streamed(table)
    }

    /// The rows of a file as texts, in memory or on disk.
    fn table(&self, path: &Path) -> Result<Table> {
        let limit = memory(self.memory);
        let delimiter = self.delimiter_byte()?;
        match stays_on_disk(path, limit)? {
            true => Table::on_disk(path, delimiter, |_| self.header),
            false => Table::read(Source::open(path)?, limit, delimiter, |_| self.header),
        }
    }

    fn delimiter_byte(&self) -> Result<Option<u8>> {
        match self.delimiter {
            None => Ok(None),
            Some(d) if d.is_ascii() && !matches!(d, '"' | '\n' | '\r') => Ok(Some(d as u8)),
            Some(d) => {
                let problem = format!("{d:?} cannot delimit cells, one ASCII character can");
                Err(crate::Error::argument("delimiter", problem))
            }
        }
    }

    fn read_source(&self, source: Source<'_>, limit: u64) -> Result<CsvData> {
        let table = Table::read(source, limit, self.delimiter_byte()?, |_| self.header)?;
        infer::schema(self, &table)?.decode(&table)
    }
}

/// Files up to this size are read as a whole unless another size is given: 256 MiB. As numbers and text together they may take
/// several times that while they are read.
pub const MEMORY: u64 = 256 << 20;

fn memory(given: Option<u64>) -> u64 {
    given.unwrap_or(MEMORY)
}

/// Whether a file is too large to be read as a whole, and can be read in pieces: it is not compressed.
fn stays_on_disk(path: &Path, limit: u64) -> Result<bool> {
    let size = std::fs::metadata(path).map_err(|e| crate::Error::io(path, e))?;
    Ok(size.is_file() && size.len() > limit && !Source::open(path)?.is_compressed())
}
