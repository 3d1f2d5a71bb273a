//! The cells of a table as they stand, for those who look before they judge.

use std::path::Path;

use super::infer::find;
use super::table::Table;
use super::{Column, CsvOptions};
use crate::error::Result;
use crate::source::{MAX_CONTENT, Source};

/// A table whose rows can be gone through more than once.
pub(crate) struct Cells {
    table: Table,
}

impl Cells {
    /// # Errors
    /// If the file cannot be read or is not a table.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let table = CsvOptions::new().table(path)?;
        Ok(Cells { table })
    }

    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) fn bytes(name: &str, bytes: &[u8]) -> Result<Self> {
        let table = Table::read(Source::bytes(name, bytes)?, MAX_CONTENT, None, |_| None)?;
        Ok(Cells { table })
    }

    /// The file, or the name of the bytes.
    pub(crate) fn file(&self) -> &Path {
        &self.table.path
    }

    /// The headers, or "column 3" (counted from 1) where there are none.
    pub(crate) fn names(&self) -> Vec<String> {
        match &self.table.header {
            Some(names) => names.clone(),
            None => (1..=self.table.width)
                .map(|at| format!("column {at}"))
                .collect(),
        }
    }

    /// The position of a column.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn find(&self, column: &Column) -> Result<usize> {
        find(&self.table, column)
    }

    /// Hands out the texts of every row.
    ///
    /// # Errors
    /// Those of `f`, and for ragged rows and text that is not UTF-8.
    pub(crate) fn each(&self, f: &mut dyn FnMut(&[&str]) -> Result<()>) -> Result<()> {
        self.table.rows(usize::MAX, |at, record| {
            let texts = (0..record.len()).map(|column| self.table.text(record, at, column));
            f(&texts.collect::<Result<Vec<&str>>>()?)
        })
    }
}
