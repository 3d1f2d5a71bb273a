//! The data that a step is fitted on: a data set, read in blocks, after the steps before it.

use nn_core::{DType, Tensor};

use super::{Pipeline, Transform};
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::validate;

/// Samples in a block. It is part of the rounding of what is fitted, hence fixed.
const ROWS: usize = 1024;
/// Most values in a block, so that wide samples take bounded memory.
const VALUES: usize = 1 << 24;

/// Which part of a batch is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Inputs,
    Targets,
}

/// A data set as the steps before leave it. It is read anew for every pass and never held as a whole.
pub(crate) struct Stream<'a> {
    data: &'a dyn Dataset,
    before: &'a Pipeline,
    side: Side,
    shape: Vec<usize>,
}

impl<'a> Stream<'a> {
    /// One side of `data` after `before`.
    ///
    /// # Errors
    /// If there are no samples, they have no values, or the steps are for others.
    pub(crate) fn new(data: &'a dyn Dataset, before: &'a Pipeline, side: Side) -> Result<Self> {
        validate::not_empty(data)?;
        let shape = match side {
            Side::Inputs => before.output_shape(data.input_shape())?,
            Side::Targets => before.output_shape(&[data.target_kind().outputs()])?,
        };
        if shape.contains(&0) {
            let problem = format!("a sample of shape {shape:?} is empty");
            return Err(Error::argument("preparation", problem));
        }
        Ok(Stream {
            data,
            before,
            side,
            shape,
        })
    }

    /// What the data set is called.
    pub(crate) fn name(&self) -> &str {
        self.data.name()
    }

    /// Number of samples.
    pub(crate) fn len(&self) -> usize {
        self.data.len()
    }

    /// Shape of a sample.
    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Values of a sample.
    pub(crate) fn width(&self) -> usize {
        self.shape.iter().product()
    }

    /// What value `column` of a sample is called in messages.
    pub(crate) fn column_name(&self, column: usize) -> String {
        match self.names().and_then(|names| names.get(column)) {
            Some(name) => format!("\"{name}\""),
            None => column.to_string(),
        }
    }

    /// The names of the columns, while the steps before have left them in their places.
    fn names(&self) -> Option<&[String]> {
        let kept = self.side == Side::Inputs && self.before.keeps_columns();
        self.data.feature_names().filter(|_| kept)
    }

    /// The samples `first..first + count` as floats, contiguous: `[count, …shape]`.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(crate) fn rows(&self, first: usize, count: usize) -> Result<Tensor> {
        let indices: Vec<usize> = (first..first + count).collect();
        let batch = self.data.batch(&indices)?;
        let mut values = match self.side {
            Side::Inputs => batch.inputs,
            Side::Targets => batch.targets,
        };
        self.before.apply(&mut values)?;
        if !values.dtype().is_float() {
            values = values.to_dtype(DType::F32)?;
        }
        Ok(values.contiguous()?)
    }

    /// Samples of a block when it is read in blocks of at most `rows`.
    pub(crate) fn block_rows(&self, rows: usize) -> usize {
        (VALUES / self.width()).clamp(1, rows)
    }

    /// Calls `f` with every block in order, and the number of its first sample.
    ///
    /// # Errors
    /// If a sample cannot be read, or what `f` says.
    pub(crate) fn each(&self, mut f: impl FnMut(&Tensor, usize) -> Result<()>) -> Result<()> {
        let rows = self.block_rows(ROWS);
        for first in (0..self.len()).step_by(rows) {
            f(&self.rows(first, rows.min(self.len() - first))?, first)?;
        }
        Ok(())
    }

    /// Refuses NaN and infinity in a block whose first sample is `first`.
    ///
    /// # Errors
    /// Naming the first such value.
    pub(crate) fn finite(&self, block: &Tensor, first: usize) -> Result<()> {
        let rows = block.dims().first().copied().unwrap_or(0);
        let indices: Vec<usize> = (first..first + rows).collect();
        validate::finite(self.name(), block, &indices, self.names())
    }
}
