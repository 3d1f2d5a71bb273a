//! `[data]`.

use nn_data::dataset::{Missing, OnBadImage};
use nn_data::picture::{Color, Fit};
use serde::{Deserialize, Serialize};

/// Where the samples come from and how they are divided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// An embedded set (`digits`, `iris`, `wine`, `breast-cancer`, `diabetes`), a made-up one (`moons`, `circles`, `blobs`, `spirals`,
    /// `rare`), a folder of pictures by class, a folder or an
    /// archive of a known image set (MNIST family, EMNIST, CIFAR), or a `.csv` or `.npy` file. Paths are relative to the recipe file.
    pub source: String,
    /// For `.npy`: the file of targets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<String>,
    /// For `.csv`: the column (or columns, for regression) to predict; default the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Columns>,
    /// For `.csv`: columns to leave out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<ColumnName>,
    /// For `.csv`: columns of categories that look like numbers; each category becomes an input of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categorical: Vec<ColumnName>,
    /// For `.csv`: columns of categories to be numbered in sorted order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ordinal: Vec<ColumnName>,
    /// For `.csv`: columns that are numbers though they do not look so at first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numeric: Vec<ColumnName>,
    /// For `.csv`: whether the first line is a header; by default this is told from the content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// For `.csv`: the character between columns; by default told from the content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// For `.csv`: what happens to rows with missing values; by default they are kept where the first step of preparation
    /// fills them in, and else refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// For `.csv`: a file of more MiB than this is not read as a whole but batch by batch; by default 256.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// For a folder of pictures: their channels; by default RGB if any of them is stored in colours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// For a folder of pictures: height and width that all are brought to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<[usize; 2]>,
    /// For a folder of pictures: how those of other proportions are brought to the size.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fit: Fit,
    /// For a folder of pictures: what to do with files that cannot be used.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_bad_image: OnBadImage,
    /// For a folder of pictures: decode each once before training, so that all damage shows then.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub decode_first: bool,
    /// For a folder of pictures: keep them decoded in memory; by default if that takes at most 512 MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<bool>,
    /// For a folder of pictures: larger ones count as bad.
    #[serde(default = "megapixels", skip_serializing_if = "is_usual")]
    pub max_megapixels: f64,
    /// For EMNIST: which of its divisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subset: Option<String>,
    /// For CIFAR-100: learn the 20 groups and not the 100 classes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub coarse_labels: bool,
    /// Names of the classes in the order of their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// Use only so many samples, the first ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Share of the samples kept for validation after each epoch, 0 to below 1.
    #[serde(default = "validation")]
    pub validation: f64,
    /// Share of the samples kept for the test at the end; a source with its own test part uses that.
    #[serde(default = "test")]
    pub test: f64,
    /// Keep the proportion of the classes the same in each part.
    #[serde(default = "yes")]
    pub stratify: bool,
    /// By what samples come into a part.
    #[serde(default, skip_serializing_if = "is_default")]
    pub split: SplitBy,
    /// For `.csv`: the column whose equal values stay in one part; no input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<ColumnName>,
    /// For `.csv` and `split = "time"`: the column that tells when a sample was taken; no input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<ColumnName>,
    /// Of two classes: the one that is looked for; by default the rarer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
}

/// By what samples come into a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitBy {
    /// Chance.
    #[default]
    Random,
    /// Time: the earliest to learn from, the latest for the test.
    Time,
}

/// A column by its header, or by its number counted from 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a column must be a name in quotes or a number counted from 0"
)]
pub enum ColumnName {
    /// Counted from 0.
    Index(usize),
    /// As the header says.
    Name(String),
}

/// One column or several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "target must be a column name in quotes, a number counted from 0, or a list of these"
)]
pub enum Columns {
    /// One.
    One(ColumnName),
    /// Several real-valued ones.
    Many(Vec<ColumnName>),
}

fn validation() -> f64 {
    0.1
}

fn test() -> f64 {
    0.15
}

fn yes() -> bool {
    true
}

fn megapixels() -> f64 {
    nn_data::picture::MAX_PIXELS as f64 / 1e6
}

fn is_usual(value: &f64) -> bool {
    *value == megapixels()
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_true(value: &bool) -> bool {
    *value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// The most pixels that a side of a sample may have.
const LARGEST_SIDE: usize = 8192;

impl Data {
    /// The first of the keys about pictures whose value is beyond its range, with that value and the range.
    pub fn out_of_range(&self) -> Option<(&'static str, f64, &'static str)> {
        let sides = 1..=LARGEST_SIDE;
        let wrong = |side: &&usize| !sides.contains(*side);
        if let Some(side) = self.size.iter().flatten().find(wrong) {
            return Some(("size", *side as f64, "height and width from 1 to 8192"));
        }
        let most = self.max_megapixels;
        if !(most > 0.0 && most <= 1e4) {
            return Some(("max_megapixels", most, "above 0, at most 10000"));
        }
        None
    }

    /// What is wrong with the way samples come into parts, and under which key.
    pub fn split_problem(&self) -> Option<(&'static str, &'static str)> {
        match (self.split, &self.order, &self.group) {
            (SplitBy::Time, None, _) => Some((
                "split",
                "split = \"time\" needs the column that tells the time: order = \"NAME\"",
            )),
            (SplitBy::Random, Some(_), _) => Some((
                "order",
                "order is for a split by time; write split = \"time\" as well",
            )),
            (SplitBy::Time, _, Some(_)) => Some((
                "group",
                "a split by time cannot keep groups together as well; take group or split out",
            )),
            _ => None,
        }
    }

    /// Data from this source, everything else at its default.
    pub fn of(source: &str) -> Data {
        Data {
            source: source.to_string(),
            labels: None,
            target: None,
            ignore: Vec::new(),
            categorical: Vec::new(),
            ordinal: Vec::new(),
            numeric: Vec::new(),
            header: None,
            delimiter: None,
            missing: None,
            memory_mib: None,
            color: None,
            size: None,
            fit: Fit::default(),
            on_bad_image: OnBadImage::default(),
            decode_first: true,
            cache: None,
            max_megapixels: megapixels(),
            subset: None,
            coarse_labels: false,
            classes: Vec::new(),
            limit: None,
            validation: validation(),
            test: test(),
            stratify: true,
            split: SplitBy::default(),
            group: None,
            order: None,
            positive: None,
        }
    }
}
