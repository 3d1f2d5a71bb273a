//! Opening a file for reading: compressed or not is told by its first bytes, never by its name.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::error::{Error, Place, Result};

/// Deflate cannot shrink data by more than this factor, so a compressed file bounds its content.
const DEFLATE_MAX_RATIO: u64 = 1032;

/// No file is read beyond this many bytes of content (8 GiB).
pub(crate) const MAX_CONTENT: u64 = 8 << 30;

/// A readable file with what is known about its size.
pub(crate) struct Source<'a> {
    path: PathBuf,
    /// Length of the stored bytes, where the file is a regular one.
    stored: Option<u64>,
    compressed: bool,
    reader: Box<dyn Read + 'a>,
    /// Bytes of content handed out so far.
    position: u64,
}

impl Source<'static> {
    /// Opens a file, gz-compressed or not.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|e| Error::io(path, e))?;
        let metadata = file.metadata().map_err(|e| Error::io(path, e))?;
        if metadata.is_dir() {
            return Err(Error::io(
                path,
                io::Error::from(io::ErrorKind::IsADirectory),
            ));
        }
        let stored = metadata.is_file().then_some(metadata.len());
        Self::new(
            path.to_path_buf(),
            stored,
            BufReader::with_capacity(1 << 16, file),
        )
    }
}

impl<'a> Source<'a> {
    /// Reads from memory; `name` stands where the path would in messages.
    pub(crate) fn bytes(name: impl Into<PathBuf>, bytes: &'a [u8]) -> Result<Self> {
        Self::new(name.into(), Some(bytes.len() as u64), Cursor::new(bytes))
    }

    fn new(path: PathBuf, stored: Option<u64>, mut inner: impl io::BufRead + 'a) -> Result<Self> {
        let mut head = Vec::with_capacity(2);
        (&mut inner)
            .take(2)
            .read_to_end(&mut head)
            .map_err(|e| Error::io(&path, e))?;
        let compressed = head == [0x1f, 0x8b];
        let whole = Cursor::new(head).chain(inner);
        let reader: Box<dyn Read + 'a> = if compressed {
            Box::new(MultiGzDecoder::new(whole))
        } else {
            Box::new(whole)
        };
        Ok(Source {
            path,
            stored,
            compressed,
            reader,
            position: 0,
        })
    }

    /// The path, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is gz-compressed.
    pub(crate) fn is_compressed(&self) -> bool {
        self.compressed
    }

    /// A problem with the content at `place`.
    pub(crate) fn error(
        &self,
        place: Place,
        problem: impl Into<String>,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Error {
        Error::file(&self.path, place, problem, remedy)
    }

    fn read_error(&self, error: io::Error, position: u64) -> Error {
        match error.kind() {
            io::ErrorKind::UnexpectedEof if self.compressed => self.error(
                Place::Byte(position),
                "the compressed file ends in the middle",
                "download or copy it again",
            ),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData if self.compressed => self
                .error(
                    Place::Byte(position),
                    format!("the compressed data is damaged ({error})"),
                    "download or copy it again",
                ),
            _ => Error::io(&self.path, error),
        }
    }

    /// Fills as much of `buffer` as the content allows and returns how much that was.
    pub(crate) fn read_up_to(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(n) => {
                    filled += n;
                    self.position += n as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.read_error(e, self.position)),
            }
        }
        Ok(filled)
    }

    /// The most bytes of content that the stored bytes can hold after what was read already, if known.
    pub(crate) fn at_most(&self) -> Option<u64> {
        let stored = self.stored?;
        let whole = if self.compressed {
            stored.saturating_mul(DEFLATE_MAX_RATIO)
        } else {
            stored
        };
        Some(whole.saturating_sub(self.position))
    }

    /// How much content without a size of its own is read: a small compressed file may hold endless
    /// zeros, and a device need not end.
    fn reasonable(&self) -> u64 {
        match self.stored {
            Some(stored) if self.compressed => {
                stored.saturating_mul(100).clamp(1 << 30, MAX_CONTENT)
            }
            Some(_) => MAX_CONTENT,
            None => 1 << 30,
        }
    }

    /// What the file holds, in words: "the file holds 1200 bytes".
    pub(crate) fn holds(&self) -> String {
        match (self.stored, self.compressed) {
            (Some(n), false) => format!("the file holds {n} bytes"),
            (Some(n), true) => format!("the file holds {n} compressed bytes"),
            (None, _) => "the file does not hold them".to_string(),
        }
    }

    /// Reads to the end of the content, refusing more than `limit` bytes, or more than is reasonable.
    ///
    /// Memory is only claimed for what the stored bytes can hold, so a lying header costs nothing.
    pub(crate) fn read_to_end(&mut self, limit: u64) -> Result<Vec<u8>> {
        let limit = limit.min(self.reasonable());
        let mut content = Vec::new();
        let expected = self.at_most().unwrap_or(0).min(limit);
        if !self.compressed {
            // One more than the content, so that the end is seen without growing.
            content
                .try_reserve_exact(expected as usize + 1)
                .map_err(|_| self.too_large(expected))?;
        }
        self.read_into(&mut content, limit)?;
        Ok(content)
    }

    /// Reads what should be exactly `promised` further bytes, and the end of the file after them.
    ///
    /// Returns what was there: shorter than promised where the file is truncated, one byte longer
    /// where it goes on.
    pub(crate) fn read_promised(&mut self, promised: u64) -> Result<Vec<u8>> {
        let mut content = Vec::new();
        let size = usize::try_from(promised)
            .ok()
            .and_then(|n| n.checked_add(1));
        size.and_then(|n| content.try_reserve_exact(n).ok())
            .ok_or_else(|| self.too_large(promised))?;
        self.fill(&mut content, promised.saturating_add(1))?;
        Ok(content)
    }

    fn read_into(&mut self, content: &mut Vec<u8>, limit: u64) -> Result<()> {
        self.fill(content, limit.saturating_add(1))?;
        if content.len() as u64 > limit {
            return Err(self.too_large(limit));
        }
        Ok(())
    }

    fn fill(&mut self, content: &mut Vec<u8>, at_most: u64) -> Result<()> {
        let result = (&mut self.reader).take(at_most).read_to_end(content);
        // Only this call fills, and it starts from an empty buffer.
        self.position += content.len() as u64;
        match result {
            Ok(_) => Ok(()),
            Err(e) => Err(self.read_error(e, self.position)),
        }
    }

    fn too_large(&self, bytes: u64) -> Error {
        self.error(
            Place::Whole,
            format!("its content is larger than can be held in memory ({bytes} bytes)"),
            "split the file into smaller ones",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    pub(crate) fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn compressed_and_plain_read_the_same() {
        let content: Vec<u8> = (0..5000u32).map(|i| (i * 7) as u8).collect();
        let packed = gz(&content);
        for stored in [&content, &packed] {
            let mut source = Source::bytes("x", stored).unwrap();
            let mut head = [0; 10];
            assert_eq!(source.read_up_to(&mut head).unwrap(), 10);
            assert_eq!(head, content[..10]);
            assert_eq!(source.read_to_end(10_000).unwrap(), content[10..]);
        }
    }

    #[test]
    fn content_beyond_the_limit_is_refused() {
        for stored in [vec![0u8; 1000], gz(&[0u8; 1000])] {
            let mut source = Source::bytes("x", &stored).unwrap();
            let error = source.read_to_end(999).unwrap_err();
            assert!(
                error.to_string().contains("larger than can be held"),
                "{error}"
            );
            let mut source = Source::bytes("x", &stored).unwrap();
            assert_eq!(source.read_to_end(1000).unwrap().len(), 1000);
        }
    }

    #[test]
    fn damage_in_compressed_data_is_named() {
        let mut packed = gz(b"hello hello hello hello");
        let n = packed.len();
        packed[n - 6] ^= 0xff; // the checksum
        let error = Source::bytes("x.gz", &packed)
            .unwrap()
            .read_to_end(1000)
            .unwrap_err();
        assert!(error.to_string().starts_with("x.gz: byte "), "{error}");
        let error = Source::bytes("x.gz", &packed[..n - 9])
            .unwrap()
            .read_to_end(1000)
            .unwrap_err();
        assert!(error.to_string().contains("ends in the middle"), "{error}");
    }

    #[test]
    fn a_directory_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let error = Source::open(folder.path()).err().unwrap();
        assert!(error.to_string().contains("this is a directory"), "{error}");
    }
}
