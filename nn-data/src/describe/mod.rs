//! What is in a data set: types, gaps, spread, balance, relations, duplicates, and what looks wrong with it.
//!
//! Samples are read twice, in order, batch by batch: once for counts, means and extremes, and once more for what needs these (outliers,
//! histograms, correlations). Memory does not grow with the number of samples but for 16 bytes each, up to ten million of them, by which
//! duplicates are found.

mod columns;
mod duplicates;
mod findings;
mod first;
mod pictures;
mod reading;
mod relations;
mod second;
mod show;
mod table;
mod tally;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use columns::{Bin, ColumnDescription, ColumnType, NumberDescription, Suspicion};
pub use duplicates::Duplicates;
pub use pictures::PictureDescription;
pub use relations::{Link, Relations};

use crate::dataset::{Column, Dataset};
use crate::error::Result;

/// Wider samples than this are described as a whole, not column by column.
pub const MAX_COLUMNS: usize = 2048;

/// What is in a data set, and what looks wrong with it.
///
/// ```
/// use nn_data::describe::Description;
///
/// let iris = Description::of(&nn_data::dataset::iris()?)?;
/// assert_eq!((iris.samples, iris.columns.len()), (150, 4));
/// assert!(iris.warnings.is_empty());
/// let petals = iris.columns[2].numbers.as_ref().unwrap();
/// assert!(petals.min == 1.0 && (petals.quartiles[1] - 4.35).abs() < 1e-6);
/// println!("{iris}");
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// What the data set is called.
    pub name: String,
    /// Number of samples.
    pub samples: usize,
    /// Shape of one sample.
    pub input_shape: Vec<usize>,
    /// Smallest, mean and largest of all finite numbers among the inputs, where there are any.
    pub inputs: Option<Range>,
    /// Inputs that are not there.
    pub missing: u64,
    /// Inputs that are NaN (of arrays, where that means missing as well) or infinite.
    pub not_finite: u64,
    /// Inputs that have the same value in every sample, by position.
    pub constant: Vec<usize>,
    /// Every input by itself; empty for pictures and for samples of more than [`MAX_COLUMNS`] values.
    pub columns: Vec<ColumnDescription>,
    /// What is to be predicted.
    pub target: TargetDescription,
    /// How columns go together; empty without columns of numbers.
    pub relations: Relations,
    /// Of pictures: brightness and mean pictures.
    pub pictures: Option<PictureDescription>,
    /// Samples that occur more than once.
    pub duplicates: Duplicates,
    /// What looks wrong, each a sentence.
    pub warnings: Vec<String>,
    /// What is worth knowing, each a sentence.
    pub notes: Vec<String>,
}

/// Smallest, mean and largest of some numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// The smallest.
    pub min: f64,
    /// The mean.
    pub mean: f64,
    /// The largest.
    pub max: f64,
}

/// What is to be predicted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetDescription {
    /// Classes and how many samples each has.
    Classes(Vec<(String, usize)>),
    /// Outputs.
    Regression(Vec<ColumnDescription>),
    /// Nothing.
    None,
}

/// The names of the columns of a CSV file: its headers, or "column 3" (counted from 1) where it has none.
///
/// # Errors
/// If the file cannot be read or is not a table.
pub fn columns_of(path: impl AsRef<std::path::Path>) -> Result<Vec<String>> {
    Ok(crate::dataset::csv::Cells::open(path.as_ref())?.names())
}

impl Description {
    /// Reads every sample twice.
    ///
    /// # Errors
    /// If a sample cannot be read. Bad values are counted and reported, not refused.
    pub fn of(data: &dyn Dataset) -> Result<Self> {
        let shape = data.input_shape();
        let described = match (data.is_empty(), shape) {
            // Without samples there is nothing to collect, however large a sample would be.
            (true, _) => Self::empty(data.name(), shape),
            (false, [width]) if *width <= MAX_COLUMNS => {
                reading::describe(&table::Samples::new(data))?
            }
            (false, []) => reading::describe(&table::Samples::new(data))?,
            _ => pictures::describe(data)?,
        };
        Ok(findings::found(described))
    }

    /// Reads a CSV file as it is, before anything is decided about it: gaps and text stay what they are.
    ///
    /// The target, where one is named, holds classes if it is text or at most 20 different whole numbers, and numbers otherwise.
    /// Header, delimiter and text encoding are told from the content.
    ///
    /// # Errors
    /// If the file cannot be read, is not a table, or has no such column.
    pub fn of_csv(path: impl AsRef<std::path::Path>, target: Option<&Column>) -> Result<Self> {
        let cells = crate::dataset::csv::Cells::open(path.as_ref())?;
        Ok(findings::found(reading::describe(&table::Text::new(
            cells, target,
        )?)?))
    }

    /// As [`of_csv`](Self::of_csv), of bytes; `name` is used in messages.
    ///
    /// # Errors
    /// As [`of_csv`](Self::of_csv).
    pub fn of_csv_bytes(name: &str, bytes: &[u8], target: Option<&Column>) -> Result<Self> {
        let cells = crate::dataset::csv::Cells::bytes(name, bytes)?;
        Ok(findings::found(reading::describe(&table::Text::new(
            cells, target,
        )?)?))
    }

    fn empty(name: &str, shape: &[usize]) -> Self {
        Description {
            name: name.to_string(),
            samples: 0,
            input_shape: shape.to_vec(),
            inputs: None,
            missing: 0,
            not_finite: 0,
            constant: Vec::new(),
            columns: Vec::new(),
            target: TargetDescription::None,
            relations: Relations::default(),
            pictures: None,
            duplicates: Duplicates::default(),
            warnings: Vec::new(),
            notes: Vec::new(),
        }
    }
}
