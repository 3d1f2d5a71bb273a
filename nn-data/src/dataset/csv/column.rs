//! One column of a file as text: for what is no input, such as the group or the time of each row.

use std::path::Path;

use super::guess::is_missing;
use super::infer::find;
use super::{Column, CsvOptions};
use crate::error::Result;

impl CsvOptions {
    /// The text of a column in every row, read with the same delimiter and header as the rest.
    ///
    /// # Errors
    /// As [`read`](Self::read), or if a cell of the column is empty.
    ///
    /// ```
    /// use nn_data::dataset::CsvOptions;
    ///
    /// let file = tempfile::NamedTempFile::new().unwrap();
    /// std::fs::write(file.path(), "who,size\nann,1\nbob,2\nann,3\n").unwrap();
    /// let who = CsvOptions::new().read_column(file.path(), &"who".into())?;
    /// assert_eq!(who, ["ann", "bob", "ann"]);
    /// # Ok::<(), nn_data::Error>(())
    /// ```
    pub fn read_column(&self, path: impl AsRef<Path>, column: &Column) -> Result<Vec<String>> {
        let table = self.table(path.as_ref())?;
        let place = find(&table, column)?;
        let mut texts = Vec::new();
        table.rows(usize::MAX, |at, record| {
            let text = table.text(record, at, place)?;
            if is_missing(text) {
                let remedy = "fill it in: every row needs its group or time";
                return Err(table.error(table.cell(at, place), "the cell is empty", remedy));
            }
            texts.push(text.to_string());
            Ok(())
        })?;
        Ok(texts)
    }
}
