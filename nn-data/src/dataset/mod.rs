//! Data sets: the trait and one file per format.

mod cifar;
pub mod csv;
pub mod embedded;
mod emnist;
mod folder;
mod gather;
pub mod idx;
mod image_family;
#[cfg(feature = "images")]
mod image_folder;
mod in_memory;
mod npy;
mod synthetic;
mod zip;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::cifar::{CifarLabels, cifar};
pub use self::csv::{
    Column, ColumnKind, CsvData, CsvFile, CsvOptions, CsvSchema, CsvStream, CsvTarget, Encoding,
    Missing, SchemaColumn,
};
pub use embedded::{breast_cancer, diabetes, digits, iris, wine};
pub use emnist::{EMNIST_SUBSETS, emnist};
pub use folder::{FolderFormat, folder_format};
pub use image_family::{TrainTest, image_family};
#[cfg(feature = "images")]
pub use image_folder::{
    BadImage, FolderParts, ImageFolder, ImageFolderOptions, OnBadImage, image_folder,
};
pub(crate) use in_memory::check_indices;
pub use in_memory::{InMemory, Targets};
pub use npy::load_npy;
pub use synthetic::{blobs, circles, moons, rare, spirals};

use crate::batch::Batch;
use crate::error::Result;

/// What a data set asks a network to predict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TargetKind {
    /// One of several classes; targets are u32 numbers from 0.
    Classes {
        /// The name of each class.
        names: Vec<String>,
    },
    /// One or more real numbers.
    Regression {
        /// The name of each output.
        names: Vec<String>,
    },
    /// Nothing: inputs only, as for prediction.
    None,
}

impl TargetKind {
    /// How many values a network must put out: classes, or regression outputs, or 0.
    pub fn outputs(&self) -> usize {
        match self {
            TargetKind::Classes { names } | TargetKind::Regression { names } => names.len(),
            TargetKind::None => 0,
        }
    }

    /// The class names, where the targets are classes.
    pub fn class_names(&self) -> Option<&[String]> {
        match self {
            TargetKind::Classes { names } => Some(names),
            _ => None,
        }
    }
}

/// A finite, indexable collection of samples of one shape.
///
/// A data set may be read from several threads at once; it never changes while it is read.
pub trait Dataset: Send + Sync {
    /// What it is called in messages: a path or a name.
    fn name(&self) -> &str;

    /// Number of samples.
    fn len(&self) -> usize;

    /// Whether there are no samples.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Shape of one sample, without the batch axis.
    fn input_shape(&self) -> &[usize];

    /// What is to be predicted.
    fn target_kind(&self) -> &TargetKind;

    /// The name of each input column, where there are such names.
    fn feature_names(&self) -> Option<&[String]> {
        None
    }

    /// The samples at `indices`, in that order; an index may occur more than once.
    ///
    /// # Errors
    /// If an index is not below [`len`](Dataset::len), or a sample cannot be read.
    fn batch(&self, indices: &[usize]) -> Result<Batch>;

    /// Where sample `index` stands in the source that this data is a part of, such as its row in a file: to name it by. By default
    /// the index itself.
    fn source_index(&self, index: usize) -> usize {
        index
    }

    /// Whether no input can be NaN or infinite, as with pictures of bytes: then nobody needs to look.
    fn is_finite(&self) -> bool {
        false
    }

    /// The class of every sample in order, or `None` where the targets are not classes.
    ///
    /// # Errors
    /// If a sample cannot be read.
    fn class_labels(&self) -> Result<Option<Vec<u32>>> {
        if self.target_kind().class_names().is_none() {
            return Ok(None);
        }
        let mut labels = Vec::with_capacity(self.len());
        let all: Vec<usize> = (0..self.len()).collect();
        for indices in all.chunks(1024) {
            labels.extend(self.batch(indices)?.targets.to_vec::<u32>()?);
        }
        Ok(Some(labels))
    }
}

macro_rules! forward_to_inner {
    ($($holder:ty),*) => {$(
        impl<D: Dataset + ?Sized> Dataset for $holder {
            fn name(&self) -> &str {
                (**self).name()
            }
            fn len(&self) -> usize {
                (**self).len()
            }
            fn input_shape(&self) -> &[usize] {
                (**self).input_shape()
            }
            fn target_kind(&self) -> &TargetKind {
                (**self).target_kind()
            }
            fn feature_names(&self) -> Option<&[String]> {
                (**self).feature_names()
            }
            fn batch(&self, indices: &[usize]) -> Result<Batch> {
                (**self).batch(indices)
            }
            fn source_index(&self, index: usize) -> usize {
                (**self).source_index(index)
            }
            fn is_finite(&self) -> bool {
                (**self).is_finite()
            }
            fn class_labels(&self) -> Result<Option<Vec<u32>>> {
                (**self).class_labels()
            }
        }
    )*};
}

forward_to_inner!(Arc<D>, Box<D>, &D);
