//! This project's own files: any serde value, exact to the bit, that is known to be whole when it is read.
//!
//! | bytes | contents |
//! |---|---|
//! | 0–7 | signature `\x89nnckpt\n` |
//! | 8–11 | version of this layout, 1 |
//! | 12–15 | length of the kind |
//! | 16–23 | length of the payload |
//! | 24–27 | CRC-32 of bytes 8–23, the kind and the payload |
//! | 28– | the kind, a word such as `model`; then the payload |
//!
//! Numbers are little-endian. The payload is the value as bincode 2 encodes it with integers of fixed width.
//! The kind keeps one sort of file from being taken for another. Only this module knows bincode.

use std::fmt::Display;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::atomic_write;
use super::source::Source;
use crate::{Error, Result};

/// The first byte is no text, and the last is changed by transfers that treat files as text.
const MAGIC: [u8; 8] = *b"\x89nnckpt\n";

/// The version of the layout that is written, and the highest that is read.
const VERSION: u32 = 1;

/// Kinds are short words.
const MAX_KIND: usize = 64;

/// Writes a value to a file, whole or not at all. `kind` says what sort of file it is.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("scale.nn");
/// use nn_core::{Tensor, store::checkpoint};
/// let scale = Tensor::from_vec(vec![0.5f32, 2.0], [2])?;
/// checkpoint::save(&path, "scale", &(7u32, &scale))?;
/// let (epoch, scale): (u32, Tensor) = checkpoint::load(&path, "scale")?;
/// assert_eq!((epoch, scale.to_vec::<f32>()?), (7, vec![0.5, 2.0]));
/// # Ok::<(), nn_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::Value`] if the value has a form that cannot be encoded; [`Error::Io`] if the file cannot be
/// written.
pub fn save<T: Serialize + ?Sized>(path: impl AsRef<Path>, kind: &str, value: &T) -> Result<()> {
    let bytes = to_bytes(kind, value)?;
    atomic_write(path, |out| out.write_all(&bytes))
}

/// The contents of a file with this value; see [`save`].
///
/// # Errors
/// [`Error::Value`] if the value has a form that cannot be encoded.
pub fn to_bytes<T: Serialize + ?Sized>(kind: &str, value: &T) -> Result<Vec<u8>> {
    let refuse = |problem: String| Error::value("checkpoint", problem);
    if kind.is_empty() || kind.len() > MAX_KIND {
        return Err(refuse(format!(
            "a kind is a word of 1 to {MAX_KIND} bytes, {kind:?} is not"
        )));
    }
    let mut bytes = MAGIC.to_vec();
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend((kind.len() as u32).to_le_bytes());
    bytes.extend([0; 12]);
    bytes.extend(kind.bytes());
    let start = bytes.len();
    bincode::serde::encode_into_std_write(value, &mut bytes, bincode::config::legacy())
        .map_err(|e| refuse(format!("this {kind} cannot be encoded: {e}")))?;
    let length = (bytes.len() - start) as u64;
    bytes[16..24].copy_from_slice(&length.to_le_bytes());
    let sum = checksum(&bytes[8..24], &bytes[28..]);
    bytes[24..28].copy_from_slice(&sum.to_le_bytes());
    Ok(bytes)
}

/// Reads a value that was saved as this kind.
///
/// A type that can hold itself to any depth does not belong here: a file made to harm could exhaust the stack.
/// Keep such parts as text, in a format whose reader limits the depth, such as JSON.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::Format`] if it is no checkpoint, was written by a newer
/// version, is cut short or damaged, is of another kind, or holds a value of another form.
pub fn load<T: DeserializeOwned>(path: impl AsRef<Path>, kind: &str) -> Result<T> {
    read(Source::open(path.as_ref())?, kind)
}

/// Reads a value from the contents of a file; see [`load`].
///
/// # Errors
/// As [`load`], without [`Error::Io`].
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8], kind: &str) -> Result<T> {
    read(Source::of_bytes(bytes), kind)
}

fn checksum(header: &[u8], rest: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(header);
    hasher.update(rest);
    hasher.finalize()
}

/// `model` → `a model`.
fn with_article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if vowel { "an" } else { "a" })
}

fn read<T: DeserializeOwned>(mut source: Source, kind: &str) -> Result<T> {
    if source.length() == 0 {
        return Err(source.error_at(0, "the file is empty, a checkpoint was expected"));
    }
    let foreign = |source: &Source| {
        source.error_at(
            0,
            "this is not a checkpoint: its first bytes are not those of one; check that it is the right file",
        )
    };
    if source.length() < MAGIC.len() as u64 {
        return Err(foreign(&source));
    }
    let magic: [u8; 8] = source.array("the signature")?;
    if magic != MAGIC {
        return Err(foreign(&source));
    }
    let version = u32::from_le_bytes(source.array("the version")?);
    if version > VERSION {
        return Err(source.error_at(
            8,
            format!(
                "this checkpoint has version {version}, this program knows versions up to {VERSION}; it was written by a newer program, which can read it, or it is damaged"
            ),
        ));
    }
    if version == 0 {
        return Err(source.error_at(
            8,
            "there is no version 0; the file is damaged, get an intact copy",
        ));
    }
    let kind_length = u32::from_le_bytes(source.array("the header")?);
    let length = u64::from_le_bytes(source.array("the header")?);
    let expected_sum = u32::from_le_bytes(source.array("the header")?);
    let promised = u128::from(kind_length) + u128::from(length);
    if promised > u128::from(source.remaining()) {
        return Err(source.error_at(
            source.length(),
            format!(
                "the file ends here, {promised} bytes were to follow byte 28; it was cut short or its header is damaged, get a complete copy"
            ),
        ));
    }
    if promised < u128::from(source.remaining()) {
        return Err(source.error_at(
            28 + promised as u64,
            "the file goes on behind its end; it is damaged, get an intact copy",
        ));
    }
    let body = source.bytes(promised as u64, "the contents")?;
    let mut header = [0; 16];
    header[..4].copy_from_slice(&version.to_le_bytes());
    header[4..8].copy_from_slice(&kind_length.to_le_bytes());
    header[8..].copy_from_slice(&length.to_le_bytes());
    if checksum(&header, &body) != expected_sum {
        return Err(source.error("the checksum differs: the file is damaged, get an intact copy"));
    }
    let (found, payload) = body.split_at(kind_length as usize);
    if found != kind.as_bytes() {
        let found = String::from_utf8_lossy(found);
        return Err(source.error(format!(
            "this is {}, {} was expected; check that it is the right file",
            with_article(&found),
            with_article(kind)
        )));
    }
    let misfit = |problem: &dyn Display| {
        source.error(format!(
            "the contents are not those of {} of this version ({problem}); it was written by another version of this program, use that one",
            with_article(kind)
        ))
    };
    let (value, used) = decode(payload).map_err(|e| misfit(&e))?;
    if used != payload.len() {
        return Err(misfit(&format!(
            "{} bytes are left over",
            payload.len() - used
        )));
    }
    Ok(value)
}

/// Decodes under a limit near the length of the payload, so that a promise inside it costs no more memory than
/// the file itself could fill. The limit is a type parameter, hence the classes.
fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<(T, usize), bincode::error::DecodeError> {
    const SMALL: usize = 1 << 24;
    const LARGE: usize = 1 << 30;
    const HUGE: usize = usize::MAX
        >> if usize::BITS > 40 {
            usize::BITS - 40
        } else {
            1
        };
    let fixed = bincode::config::legacy();
    if payload.len() <= SMALL {
        bincode::serde::borrow_decode_from_slice(payload, fixed.with_limit::<SMALL>())
    } else if payload.len() <= LARGE {
        bincode::serde::borrow_decode_from_slice(payload, fixed.with_limit::<LARGE>())
    } else {
        bincode::serde::borrow_decode_from_slice(payload, fixed.with_limit::<HUGE>())
    }
}
