//! One column by itself.

use serde::{Deserialize, Serialize};

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Real numbers.
    Number,
    /// Whole numbers.
    Whole,
    /// Words: categories, names, free text.
    Text,
    /// Nothing: every value is missing.
    Empty,
}

/// What is in a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnDescription {
    /// Its header, or its number.
    pub name: String,
    /// What its values are: numbers if most are, as a stray word among numbers is a mistake.
    pub kind: ColumnType,
    /// Values that are there.
    pub present: u64,
    /// Values that are not; NaN in an array counts.
    pub missing: u64,
    /// Values that are infinite.
    pub infinite: u64,
    /// In a column of numbers: values that are none.
    pub stray: u64,
    /// Different values.
    pub distinct: u64,
    /// Whether `distinct` is exact and not an estimate (within about 1 %).
    pub distinct_is_exact: bool,
    /// The spread, in a column of numbers.
    pub numbers: Option<NumberDescription>,
    /// The most frequent values, the most frequent first; none where hardly one comes twice.
    pub frequent: Vec<(String, u64)>,
    /// What looks wrong with it.
    pub suspicions: Vec<Suspicion>,
}

/// How numbers are spread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberDescription {
    /// The smallest.
    pub min: f64,
    /// The mean.
    pub mean: f64,
    /// √(Σ(x − mean)² / (n − 1)), 0 for one value.
    pub deviation: f64,
    /// The largest.
    pub max: f64,
    /// A quarter, half and three quarters of the values are not above these; between two values, linearly. Of columns that are longer
    /// than what is kept (65 536 rows for up to 128 columns), from an even sample of the rows.
    pub quartiles: [f64; 3],
    /// Values below q₁ − 1.5·(q₃ − q₁) or above q₃ + 1.5·(q₃ − q₁) (Tukey 1977).
    pub outliers: u64,
    /// The limits beyond which a value counts as an outlier.
    pub fences: (f64, f64),
    /// Counts in equal bins; a bin for each value where there are few and they are whole.
    pub histogram: Vec<Bin>,
}

/// A bar of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// Where it begins.
    pub low: f64,
    /// Where it ends; only the last bin includes its end.
    pub high: f64,
    /// Values in it.
    pub count: u64,
}

/// Something that looks wrong with a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suspicion {
    /// Every value is missing.
    Empty,
    /// Every value is the same: nothing can be learned from it.
    Constant,
    /// This share of the values is the same.
    NearlyConstant(f64),
    /// No value comes twice, and they are whole numbers or words: a number or name of the row. It can be learned by heart and tells
    /// nothing about other rows.
    Identifier,
    /// It tells the target by itself, without a mistake: often something that is known only afterwards (a leak).
    DecidesTarget,
    /// The same as another column, but for a factor and an offset.
    Repeats(String),
}
