//! The text layer of a CSV file: bytes, delimiter, header, rows with their line numbers.

use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder};

use crate::error::{Error, Place, Result};
use crate::source::{MAX_CONTENT, Source};

/// Rows looked at to tell a header and the kind of each column.
pub(super) const SAMPLE_ROWS: usize = 1024;

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A CSV file in memory, its cells still text.
pub(super) struct Table {
    pub(super) path: PathBuf,
    content: Vec<u8>,
    pub(super) delimiter: u8,
    pub(super) header: Option<Vec<String>>,
    pub(super) width: usize,
    /// Whether the number of quotation marks is odd, as where one is not closed.
    odd_quotes: bool,
}

impl Table {
    pub(super) fn read(
        mut source: Source<'_>,
        delimiter: Option<u8>,
        is_header: impl Fn(&[String]) -> Option<bool>,
    ) -> Result<Self> {
        let mut content = source.read_to_end(MAX_CONTENT)?;
        let path = source.path().to_path_buf();
        let whole = |problem: &str, remedy: &'static str| {
            Err(Error::file(&path, Place::Whole, problem, remedy))
        };
        if content.starts_with(&[0xef, 0xbb, 0xbf]) {
            content.drain(..3);
        }
        if content.starts_with(&[0xff, 0xfe]) || content.starts_with(&[0xfe, 0xff]) {
            return whole("the text is UTF-16", "save it as UTF-8");
        }
        if content.iter().take(1 << 16).any(|&b| b == 0) {
            return whole(
                "this is not a text file",
                "give a table of comma-separated values",
            );
        }
        if content.iter().all(u8::is_ascii_whitespace) {
            return whole("the file is empty", "give a file with at least one row");
        }
        let delimiter = delimiter.unwrap_or_else(|| guess_delimiter(&content));
        let odd_quotes = content.iter().filter(|&&b| b == b'"').count() % 2 == 1;
        let mut table = Table {
            odd_quotes,
            path,
            content,
            delimiter,
            header: None,
            width: 0,
        };
        let sample = table.sample()?;
        let Some(first) = sample.first() else {
            return Err(table.error(Place::Whole, "the file is empty", "give a file with rows"));
        };
        table.width = first.len();
        if is_header(first).unwrap_or_else(|| looks_like_header(&sample)) {
            table.header = Some(first.clone());
        }
        Ok(table)
    }

    pub(super) fn error(
        &self,
        place: Place,
        problem: impl Into<String>,
        remedy: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Error {
        Error::file(Path::new(&self.path), place, problem, remedy)
    }

    /// How a column is named in messages: its header in quotes, or its number from 1.
    pub(super) fn column_name(&self, column: usize) -> String {
        match self.header.as_ref().and_then(|h| h.get(column)) {
            Some(name) => format!("\"{name}\""),
            None => (column + 1).to_string(),
        }
    }

    pub(super) fn cell(&self, line: u64, column: usize) -> Place {
        Place::Cell {
            line,
            column: self.column_name(column),
        }
    }

    /// The first rows, the header among them, as text.
    fn sample(&self) -> Result<Vec<Vec<String>>> {
        let mut sample = Vec::new();
        let mut rows = Rows::new(self);
        let mut record = ByteRecord::new();
        while sample.len() <= SAMPLE_ROWS && rows.next(&mut record)? {
            let cells = (0..record.len()).map(|c| self.text(&record, rows.line, c));
            sample.push(
                cells
                    .map(|text| text.map(str::to_string))
                    .collect::<Result<_>>()?,
            );
        }
        Ok(sample)
    }

    /// Calls `f` with the line number and the cells of each row after the header, `limit` rows at most.
    pub(super) fn rows(
        &self,
        limit: usize,
        mut f: impl FnMut(u64, &ByteRecord) -> Result<()>,
    ) -> Result<()> {
        let mut rows = Rows::new(self);
        let mut record = ByteRecord::new();
        if self.header.is_some() {
            rows.next(&mut record)?;
        }
        let mut count = 0;
        while count < limit && rows.next(&mut record)? {
            if record.len() != self.width {
                let problem = format!(
                    "the row has {} {}, the first row has {}",
                    record.len(),
                    if record.len() == 1 { "cell" } else { "cells" },
                    self.width
                );
                return Err(self.error(
                    Place::Line(rows.line),
                    problem,
                    "give every row the same number of cells",
                ));
            }
            f(rows.line, &record)?;
            count += 1;
        }
        Ok(())
    }

    /// The text of one cell without the blanks around it.
    pub(super) fn text<'r>(
        &self,
        row: &'r ByteRecord,
        line: u64,
        column: usize,
    ) -> Result<&'r str> {
        std::str::from_utf8(&row[column])
            .map(str::trim)
            .map_err(|_| {
                self.error(
                    self.cell(line, column),
                    "the text is not UTF-8",
                    "save the file as UTF-8",
                )
            })
    }
}

/// Reads rows and counts lines as an editor does. (The reader's own count is of the place where it
/// began to look for the row, before blank lines and the second half of a CR LF.)
struct Rows<'a> {
    table: &'a Table,
    reader: csv::Reader<&'a [u8]>,
    /// The line of the last row read, from 1.
    line: u64,
    /// Up to which byte lines have been counted.
    counted: usize,
}

impl<'a> Rows<'a> {
    fn new(table: &'a Table) -> Self {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(table.delimiter)
            .from_reader(&table.content[..]);
        Rows {
            table,
            reader,
            line: 1,
            counted: 0,
        }
    }

    /// Reads the next row that is not blank; false at the end.
    fn next(&mut self, record: &mut ByteRecord) -> Result<bool> {
        loop {
            let more = self.reader.read_byte_record(record).map_err(|e| {
                let problem = format!("a row after this line cannot be read ({e})");
                self.table
                    .error(Place::Line(self.line), problem, "correct it")
            })?;
            if !more {
                return Ok(false);
            }
            self.count_lines(record.position().map_or(0, csv::Position::byte));
            // Without its end a quoted cell runs on over the lines below.
            if self.table.odd_quotes && record.as_slice().contains(&b'\n') {
                let problem = "a quotation mark is opened and not closed";
                return Err(self.table.error(
                    Place::Line(self.line),
                    problem,
                    "close or remove it",
                ));
            }
            if record.len() != 1 || !record[0].iter().all(u8::is_ascii_whitespace) {
                return Ok(true);
            }
        }
    }

    fn count_lines(&mut self, row: u64) {
        let content = &self.table.content;
        let line_end = |b: &u8| matches!(b, b'\n' | b'\r');
        let mut start = usize::try_from(row)
            .unwrap_or(usize::MAX)
            .min(content.len());
        start += content[start..].iter().take_while(|b| line_end(b)).count();
        let mut before = if self.counted == 0 {
            0
        } else {
            content[self.counted - 1]
        };
        for &byte in &content[self.counted.min(start)..start] {
            // A CR LF is one line end.
            if byte == b'\r' || (byte == b'\n' && before != b'\r') {
                self.line += 1;
            }
            before = byte;
        }
        self.counted = self.counted.max(start);
    }
}

/// Whether a cell stands for "no value".
pub(crate) fn is_missing(text: &str) -> bool {
    matches!(
        text,
        "" | "NA" | "N/A" | "n/a" | "na" | "null" | "NULL" | "?" | "NaN" | "nan" | "NAN"
    )
}

/// A finite number, or nothing.
pub(super) fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|v| v.is_finite())
}

/// The text as a whole number: "3", "3.0", "3e0".
pub(super) fn whole_number(text: &str) -> Option<i64> {
    number(text)
        .filter(|v| v.fract() == 0.0 && v.abs() < 1e15)
        .map(|v| v as i64)
}

/// The delimiter that occurs most often in the first line, outside quotes.
fn guess_delimiter(content: &[u8]) -> u8 {
    let mut counts = [0usize; DELIMITERS.len()];
    let mut quoted = false;
    for &byte in content {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted && counts.iter().any(|&c| c > 0) => break,
            _ if quoted => {}
            _ => {
                if let Some(which) = DELIMITERS.iter().position(|&d| d == byte) {
                    counts[which] += 1;
                }
            }
        }
    }
    // The comma wins a tie: it is the first, and only a larger count replaces it.
    let mut best = 0;
    for which in 1..counts.len() {
        if counts[which] > counts[best] {
            best = which;
        }
    }
    DELIMITERS[best]
}

/// A first row is a header when it holds no number and differs from the rows below: some cell below
/// is a number, or (in a table of text only) no cell of it occurs again in its column.
fn looks_like_header(sample: &[Vec<String>]) -> bool {
    let Some((first, below)) = sample.split_first() else {
        return false;
    };
    if first.iter().any(|cell| cell.parse::<f64>().is_ok()) || first.iter().all(String::is_empty) {
        return false;
    }
    let mut cells = below.iter().flatten();
    if cells.any(|cell| cell.parse::<f64>().is_ok()) {
        return true;
    }
    let repeated =
        |column: usize, name: &String| below.iter().any(|row| row.get(column) == Some(name));
    !first.iter().enumerate().any(|(c, name)| repeated(c, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        Table::read(
            Source::bytes("t.csv", text.as_bytes()).unwrap(),
            None,
            |_| None,
        )
        .unwrap()
    }

    #[test]
    fn header_is_told_from_data() {
        assert!(table("a,b\n1,2\n").header.is_some());
        assert!(table("1,2\n3,4\n").header.is_none());
        assert!(table("5.1,setosa\n4.9,setosa\n").header.is_none());
        assert!(table("color,size\nred,big\nblue,big\n").header.is_some());
        assert!(table("red,big\nblue,small\nred,big\n").header.is_none());
        assert!(table("x\n").header.is_some());
        assert!(table("1\n").header.is_none());
    }

    #[test]
    fn delimiter_is_told_from_the_first_line() {
        for d in [',', ';', '\t', '|'] {
            let table = table(&format!("a{d}b{d}\"x,;|\"\n1{d}2{d}3\n"));
            assert_eq!((table.delimiter, table.width), (d as u8, 3));
        }
        assert_eq!(table("just one column\n1\n").delimiter, b',');
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        let table = table("a,b\r\n\r\n1,\"x\ny\"\r\n2,z\r\n");
        let mut lines = Vec::new();
        table
            .rows(usize::MAX, |line, row| {
                lines.push((line, row.len()));
                Ok(())
            })
            .unwrap();
        assert_eq!(lines, [(3, 2), (5, 2)]);
    }
}
