//! Reading with a known place and a known end.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// What errors call bytes that did not come from a file.
const IN_MEMORY: &str = "(bytes in memory)";

/// A stream of bytes that knows what it is called, how long it is, and where it stands.
pub(super) struct Source<'a> {
    reader: Box<dyn Read + 'a>,
    path: PathBuf,
    length: u64,
    position: u64,
}

impl<'a> Source<'a> {
    pub(super) fn open(path: &Path) -> Result<Source<'static>> {
        let io = |e| Error::io(path, e);
        let mut file = File::open(path).map_err(io)?;
        let about = file.metadata().map_err(io)?;
        if about.is_dir() {
            return Err(io(io::Error::new(
                io::ErrorKind::IsADirectory,
                "this is a directory, a file was expected",
            )));
        }
        if about.is_file() {
            return Ok(Source {
                reader: Box::new(file),
                path: path.to_owned(),
                length: about.len(),
                position: 0,
            });
        }
        // A pipe has no length to compare promises with until it has been read to its end.
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io)?;
        Ok(Source {
            length: bytes.len() as u64,
            reader: Box::new(io::Cursor::new(bytes)),
            path: path.to_owned(),
            position: 0,
        })
    }

    pub(super) fn of_bytes(bytes: &'a [u8]) -> Source<'a> {
        Source {
            reader: Box::new(bytes),
            path: IN_MEMORY.into(),
            length: bytes.len() as u64,
            position: 0,
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn remaining(&self) -> u64 {
        self.length.saturating_sub(self.position)
    }

    /// An error at a place counted from the start.
    pub(super) fn error_at(&self, offset: u64, problem: impl Into<String>) -> Error {
        Error::format(&self.path, offset, problem)
    }

    /// An error about the file as a whole.
    pub(super) fn error(&self, problem: impl Into<String>) -> Error {
        Error::format(&self.path, None, problem)
    }

    /// Fills `out` with the next bytes; `what` is what they hold.
    pub(super) fn fill(&mut self, out: &mut [u8], what: &str) -> Result<()> {
        match self.reader.read_exact(out) {
            Ok(()) => {
                self.position += out.len() as u64;
                Ok(())
            }
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Err(self.cut(what)),
            Err(e) => Err(Error::io(&self.path, e)),
        }
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    /// The next `count` bytes, if there are as many: no memory is taken for a promise the file cannot keep.
    pub(super) fn bytes(&mut self, count: u64, what: &str) -> Result<Vec<u8>> {
        if count > self.remaining() {
            return Err(self.cut(what));
        }
        let mut bytes = vec![0; count as usize];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    fn cut(&self, what: &str) -> Error {
        self.error_at(
            self.length,
            format!("the file ends in the middle of {what}; it was cut short, get a complete copy"),
        )
    }
}
