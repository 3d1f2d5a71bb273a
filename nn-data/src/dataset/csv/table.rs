//! The text layer of a CSV file: bytes, delimiter, header, rows with their line numbers.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ReaderBuilder};

use super::encoding;
use super::guess::{delimiter_of, looks_like_header};
use crate::error::{Error, Place, Result};
use crate::source::Source;

/// Rows looked at to tell a header and the kind of each column.
pub(super) const SAMPLE_ROWS: usize = 1024;

/// Bytes read at a time when a file is gone through.
const SURVEY: usize = 1 << 18;
/// The same for all rows, and for a few.
const BUFFER: usize = 1 << 16;
const SMALL_BUFFER: usize = 1 << 13;

/// A CSV file, its cells still text.
pub(super) struct Table {
    pub(super) path: PathBuf,
    content: Content,
    pub(super) delimiter: u8,
    pub(super) header: Option<Vec<String>>,
    pub(super) width: usize,
    /// Whether the number of quotation marks is odd, as where one is not closed.
    odd_quotes: bool,
}

/// Where the text is.
enum Content {
    Memory(Vec<u8>),
    /// In the file, from this byte on.
    File(u64),
}

/// What is known of a text before its rows are read.
struct Survey {
    quotes: usize,
    blank: bool,
}

impl Survey {
    fn new() -> Self {
        Survey {
            quotes: 0,
            blank: true,
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.quotes += bytes.iter().filter(|&&b| b == b'"').count();
        self.blank = self.blank && bytes.iter().all(u8::is_ascii_whitespace);
    }
}

impl Table {
    /// A file that is read as a whole, at most `limit` bytes of it.
    pub(super) fn read(
        mut source: Source<'_>,
        limit: u64,
        delimiter: Option<u8>,
        is_header: impl Fn(&[String]) -> Option<bool>,
    ) -> Result<Self> {
        let content = source.read_to_end(limit)?;
        let path = source.path().to_path_buf();
        let content = encoding::to_utf8(&path, content)?;
        let mut survey = Survey::new();
        survey.add(&content);
        let delimiter = delimiter.unwrap_or_else(|| delimiter_of(&content));
        Self::new(path, Content::Memory(content), survey, delimiter, is_header)
    }

    /// A file that stays where it is: rows are read when they are asked for.
    pub(super) fn on_disk(
        path: &Path,
        delimiter: Option<u8>,
        is_header: impl Fn(&[String]) -> Option<bool>,
    ) -> Result<Self> {
        let io = |e| Error::io(path, e);
        let mut file = File::open(path).map_err(io)?;
        let mut buffer = vec![0; SURVEY];
        let mut survey = Survey::new();
        let (mut start, mut first) = (0, true);
        let mut guessed = b',';
        loop {
            let count = file.read(&mut buffer).map_err(io)?;
            if count == 0 {
                break;
            }
            let bytes = &buffer[..count];
            if first {
                start = encoding::refuse_unless_utf8(path, bytes)?;
                guessed = delimiter_of(bytes);
                first = false;
            }
            survey.add(bytes);
        }
        let delimiter = delimiter.unwrap_or(guessed);
        Self::new(
            path.to_path_buf(),
            Content::File(start),
            survey,
            delimiter,
            is_header,
        )
    }

    fn new(
        path: PathBuf,
        content: Content,
        survey: Survey,
        delimiter: u8,
        is_header: impl Fn(&[String]) -> Option<bool>,
    ) -> Result<Self> {
        let mut table = Table {
            odd_quotes: survey.quotes % 2 == 1,
            path,
            content,
            delimiter,
            header: None,
            width: 0,
        };
        if survey.blank {
            return Err(table.error(
                Place::Whole,
                "the file is empty",
                "give a file with at least one row",
            ));
        }
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

    /// The text from byte `from` on, counted from the start of the text.
    fn reader(&self, from: u64) -> Result<Box<dyn Read + '_>> {
        let io = |e| Error::io(&self.path, e);
        Ok(match &self.content {
            Content::Memory(bytes) => {
                let from = usize::try_from(from).unwrap_or(usize::MAX).min(bytes.len());
                Box::new(&bytes[from..])
            }
            Content::File(start) => {
                let mut file = File::open(&self.path).map_err(io)?;
                file.seek(SeekFrom::Start(start + from)).map_err(io)?;
                Box::new(file)
            }
        })
    }

    /// The line, from 1, of the row that begins at byte `at` or after the line ends there. Counted as an editor does, and only
    /// when it is asked for: in messages.
    pub(super) fn line(&self, at: u64) -> u64 {
        let (mut line, mut before) = (1, 0);
        let Ok(reader) = self.reader(0) else {
            return line;
        };
        for (place, byte) in (0u64..).zip(BufReader::with_capacity(SURVEY, reader).bytes()) {
            let Ok(byte) = byte else { break };
            if place >= at && !matches!(byte, b'\n' | b'\r') {
                break;
            }
            // A CR LF is one line end.
            if byte == b'\r' || (byte == b'\n' && before != b'\r') {
                line += 1;
            }
            before = byte;
        }
        line
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

    /// A cell of the row that begins at byte `at`.
    pub(super) fn cell(&self, at: u64, column: usize) -> Place {
        Place::Cell {
            line: self.line(at),
            column: self.column_name(column),
        }
    }

    /// The first rows, the header among them, as text.
    fn sample(&self) -> Result<Vec<Vec<String>>> {
        let mut sample = Vec::new();
        let mut rows = Rows::new(self, 0, BUFFER)?;
        let mut record = ByteRecord::new();
        while sample.len() <= SAMPLE_ROWS && rows.next(&mut record)? {
            let cells = (0..record.len()).map(|c| self.text(&record, rows.at, c));
            sample.push(
                cells
                    .map(|text| text.map(str::to_string))
                    .collect::<Result<_>>()?,
            );
        }
        Ok(sample)
    }

    /// Calls `f` with the place (in bytes) and the cells of each row after the header, `limit` rows at most.
    pub(super) fn rows(
        &self,
        limit: usize,
        mut f: impl FnMut(u64, &ByteRecord) -> Result<()>,
    ) -> Result<()> {
        let mut rows = Rows::new(self, 0, BUFFER)?;
        let mut record = ByteRecord::new();
        if self.header.is_some() {
            rows.next(&mut record)?;
        }
        let mut count = 0;
        while count < limit && rows.next_full(&mut record)? {
            f(rows.at, &record)?;
            count += 1;
        }
        Ok(())
    }

    /// The rows from the one that begins at byte `from`.
    pub(super) fn rows_from(&self, from: u64) -> Result<Rows<'_>> {
        Rows::new(self, from, SMALL_BUFFER)
    }

    /// The text of one cell without the blanks around it.
    pub(super) fn text<'r>(&self, row: &'r ByteRecord, at: u64, column: usize) -> Result<&'r str> {
        std::str::from_utf8(&row[column])
            .map(str::trim)
            .map_err(|_| {
                self.error(
                    self.cell(at, column),
                    "the text is not UTF-8",
                    "save the file as UTF-8",
                )
            })
    }
}

/// Reads rows and keeps their places.
pub(super) struct Rows<'a> {
    table: &'a Table,
    reader: csv::Reader<Box<dyn Read + 'a>>,
    /// Where the reader began.
    from: u64,
    /// Where the last row read begins, or the blank lines before it.
    pub(super) at: u64,
}

impl<'a> Rows<'a> {
    fn new(table: &'a Table, from: u64, buffer: usize) -> Result<Self> {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(table.delimiter)
            .buffer_capacity(buffer)
            .from_reader(table.reader(from)?);
        Ok(Rows {
            table,
            reader,
            from,
            at: from,
        })
    }

    /// Reads the next row that is not blank; false at the end.
    fn next(&mut self, record: &mut ByteRecord) -> Result<bool> {
        loop {
            let more = self.reader.read_byte_record(record).map_err(|e| {
                let problem = format!("a row after this line cannot be read ({e})");
                let place = Place::Line(self.table.line(self.at));
                self.table.error(place, problem, "correct it")
            })?;
            if !more {
                return Ok(false);
            }
            self.at = self.from + record.position().map_or(0, csv::Position::byte);
            // Without its end a quoted cell runs on over the lines below.
            if self.table.odd_quotes && record.as_slice().contains(&b'\n') {
                let problem = "a quotation mark is opened and not closed";
                return Err(self.table.error(
                    Place::Line(self.table.line(self.at)),
                    problem,
                    "close or remove it",
                ));
            }
            if record.len() != 1 || !record[0].iter().all(u8::is_ascii_whitespace) {
                return Ok(true);
            }
        }
    }

    /// [`next`](Self::next), refusing rows of another width than the first.
    pub(super) fn next_full(&mut self, record: &mut ByteRecord) -> Result<bool> {
        if !self.next(record)? {
            return Ok(false);
        }
        if record.len() != self.table.width {
            let problem = format!(
                "the row has {} {}, the first row has {}",
                record.len(),
                if record.len() == 1 { "cell" } else { "cells" },
                self.table.width
            );
            return Err(self.table.error(
                Place::Line(self.table.line(self.at)),
                problem,
                "give every row the same number of cells",
            ));
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        Table::read(
            Source::bytes("t.csv", text.as_bytes()).unwrap(),
            crate::source::MAX_CONTENT,
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
            .rows(usize::MAX, |at, row| {
                lines.push((table.line(at), row.len()));
                Ok(())
            })
            .unwrap();
        assert_eq!(lines, [(3, 2), (5, 2)]);
    }
}
