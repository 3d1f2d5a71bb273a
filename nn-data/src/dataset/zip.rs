//! Single files out of a zip archive.
//!
//! ```text
//! local header       PK\3\4 … then the name, then the data, plain or deflated
//! central directory  PK\1\2, one for each file: method, checksum, sizes, name, where its local header is
//! end                PK\5\6: where the central directory is
//! ```
//!
//! Source: PKWARE, .ZIP File Format Specification 6.3.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use crate::error::{Error, Place, Result};

/// The end record and the longest comment after it.
const TAIL: u64 = 22 + 65_535;

/// No central directory of a data set is longer.
const LONGEST_DIRECTORY: u64 = 16 << 20;

/// A zip archive.
#[derive(Debug)]
pub(super) struct Zip<'a> {
    path: &'a Path,
    file: File,
    length: u64,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    method: u16,
    crc: u32,
    stored: u64,
    size: u64,
    offset: u64,
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> u64 {
    let read = bytes.get(at..at + N).unwrap_or_default();
    read.iter()
        .rev()
        .fold(0, |n, &byte| n << 8 | u64::from(byte))
}

impl<'a> Zip<'a> {
    pub(super) fn open(path: &'a Path) -> Result<Self> {
        let mut file = File::open(path).map_err(|e| Error::io(path, e))?;
        let length = file
            .seek(SeekFrom::End(0))
            .map_err(|e| Error::io(path, e))?;
        let mut zip = Zip {
            path,
            file,
            length,
            entries: Vec::new(),
        };
        let start = length.saturating_sub(TAIL);
        let tail = zip.bytes(start, length - start)?;
        let end = tail.windows(4).rposition(|mark| mark == b"PK\x05\x06");
        let Some(end) = end.map(|at| &tail[at..]).filter(|end| end.len() >= 22) else {
            return Err(zip.damaged("it has no table of contents"));
        };
        let (size, offset) = (number::<4>(end, 12), number::<4>(end, 16));
        if size > LONGEST_DIRECTORY || offset + size > length {
            return Err(zip.damaged("its table of contents lies outside"));
        }
        let directory = zip.bytes(offset, size)?;
        let mut rest = &directory[..];
        while rest.len() >= 46 && rest.starts_with(b"PK\x01\x02") {
            let [name, extra, comment] = [28, 30, 32].map(|at| number::<2>(rest, at) as usize);
            let Some(text) = rest.get(46..46 + name) else {
                break;
            };
            zip.entries.push(Entry {
                name: String::from_utf8_lossy(text).into_owned(),
                method: number::<2>(rest, 10) as u16,
                crc: number::<4>(rest, 16) as u32,
                stored: number::<4>(rest, 20),
                size: number::<4>(rest, 24),
                offset: number::<4>(rest, 42),
            });
            rest = rest.get(46 + name + extra + comment..).unwrap_or_default();
        }
        if !rest.is_empty() {
            return Err(zip.damaged("its table of contents is cut off"));
        }
        Ok(zip)
    }

    fn damaged(&self, problem: &str) -> Error {
        Error::file(
            self.path,
            Place::Whole,
            format!("the archive is damaged ({problem})"),
            "download it again",
        )
    }

    /// `count` bytes from `start` on, all of which lie in the file.
    fn bytes(&mut self, start: u64, count: u64) -> Result<Vec<u8>> {
        let mut bytes = vec![0; count as usize];
        (self.file.seek(SeekFrom::Start(start)))
            .and_then(|_| self.file.read_exact(&mut bytes))
            .map_err(|e| Error::io(self.path, e))?;
        Ok(bytes)
    }

    /// The last parts of the names of all files.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        (self.entries.iter()).map(|entry| entry.name.rsplit('/').next().unwrap_or_default())
    }

    /// The content of the file whose name ends in `name`, if there is one; at most `limit` bytes.
    pub(super) fn read(&mut self, name: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let Some(at) = self.names().position(|known| known == name) else {
            return Ok(None);
        };
        let Entry {
            method,
            crc,
            stored,
            size,
            offset,
            ..
        } = self.entries[at];
        if size > limit || offset + 30 > self.length {
            return Err(self.damaged("an entry is larger than it can be"));
        }
        let header = self.bytes(offset, 30)?;
        let data = offset + 30 + number::<2>(&header, 26) + number::<2>(&header, 28);
        if !header.starts_with(b"PK\x03\x04") || data + stored > self.length {
            return Err(self.damaged("an entry is not where it should be"));
        }
        (self.file.seek(SeekFrom::Start(data))).map_err(|e| Error::io(self.path, e))?;
        let raw = BufReader::new((&self.file).take(stored));
        let mut content = Vec::new();
        let outcome = match method {
            0 => raw.take(size + 1).read_to_end(&mut content),
            8 => DeflateDecoder::new(raw)
                .take(size + 1)
                .read_to_end(&mut content),
            _ => return Err(self.damaged("an entry is packed in an unknown way")),
        };
        let mut sum = Crc::new();
        sum.update(&content);
        if outcome.is_err() || content.len() as u64 != size || sum.sum() != crc {
            return Err(self.damaged(&format!("{name} in it is not what its checksum says")));
        }
        Ok(Some(content))
    }
}
