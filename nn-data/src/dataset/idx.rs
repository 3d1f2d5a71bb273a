//! IDX, the format of MNIST and its family: a four-byte magic number, big-endian sizes, raw values.
//!
//! ```text
//! offset 0   0x00 0x00        always zero
//! offset 2   type             0x08 u8, 0x09 i8, 0x0B i16, 0x0C i32, 0x0D f32, 0x0E f64
//! offset 3   rank             number of dimensions
//! offset 4   u32 × rank       the dimensions, big-endian
//! then       values           row-major, big-endian
//! ```
//!
//! Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".

use std::path::Path;

use nn_core::Tensor;

use crate::error::{Error, Place, Result};
use crate::source::{MAX_CONTENT, Source};

/// More dimensions than any real file has; a larger number is a sign of a foreign file.
const MAX_RANK: usize = 8;

/// The values of an IDX file in the type they are stored in.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum IdxValues {
    /// Type 0x08.
    U8(Vec<u8>),
    /// Type 0x09.
    I8(Vec<i8>),
    /// Type 0x0B.
    I16(Vec<i16>),
    /// Type 0x0C.
    I32(Vec<i32>),
    /// Type 0x0D.
    F32(Vec<f32>),
    /// Type 0x0E.
    F64(Vec<f64>),
}

impl IdxValues {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            IdxValues::U8(v) => v.len(),
            IdxValues::I8(v) => v.len(),
            IdxValues::I16(v) => v.len(),
            IdxValues::I32(v) => v.len(),
            IdxValues::F32(v) => v.len(),
            IdxValues::F64(v) => v.len(),
        }
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn type_name(&self) -> &'static str {
        match self {
            IdxValues::U8(_) => "u8",
            IdxValues::I8(_) => "i8",
            IdxValues::I16(_) => "i16",
            IdxValues::I32(_) => "i32",
            IdxValues::F32(_) => "f32",
            IdxValues::F64(_) => "f64",
        }
    }
}

/// An IDX file in memory.
///
/// ```
/// use nn_data::dataset::idx::{self, IdxValues};
///
/// // Two bytes: magic (u8, one dimension), the dimension, the values.
/// let array = idx::parse("labels", &[0, 0, 8, 1, 0, 0, 0, 2, 7, 3])?;
/// assert_eq!(array.shape, [2]);
/// assert_eq!(array.values, IdxValues::U8(vec![7, 3]));
/// assert_eq!(array.labels()?, [7, 3]);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct IdxArray {
    /// Where it came from, for messages.
    pub name: String,
    /// The dimensions, outermost first.
    pub shape: Vec<usize>,
    /// The values, row-major.
    pub values: IdxValues,
}

impl IdxArray {
    /// The array as a tensor: u8, f32 and f64 keep their type, i8 and i16 become f32 and i32 becomes
    /// i64, all without loss.
    ///
    /// # Errors
    /// If the tensor cannot be allocated.
    pub fn into_tensor(self) -> Result<Tensor> {
        let shape = self.shape;
        let tensor = match self.values {
            IdxValues::U8(v) => Tensor::from_vec(v, shape),
            IdxValues::I8(v) => Tensor::from_vec(v.into_iter().map(f32::from).collect(), shape),
            IdxValues::I16(v) => Tensor::from_vec(v.into_iter().map(f32::from).collect(), shape),
            IdxValues::I32(v) => {
                Tensor::from_vec(v.into_iter().map(i64::from).collect::<Vec<i64>>(), shape)
            }
            IdxValues::F32(v) => Tensor::from_vec(v, shape),
            IdxValues::F64(v) => Tensor::from_vec(v, shape),
        };
        Ok(tensor?)
    }

    /// The array as class labels.
    ///
    /// # Errors
    /// If it is not one-dimensional, not of an integer type, or holds a negative value.
    pub fn labels(&self) -> Result<Vec<u32>> {
        if self.shape.len() != 1 {
            return Err(self.misuse(
                format!(
                    "it holds an array {:?}, labels are one-dimensional",
                    self.shape
                ),
                "give the label file, not the image file",
            ));
        }
        fn all<T: Copy>(values: &[T], f: impl Fn(T) -> Option<u32>) -> Result<Vec<u32>, usize> {
            values
                .iter()
                .enumerate()
                .map(|(i, &v)| f(v).ok_or(i))
                .collect()
        }
        let labels = match &self.values {
            IdxValues::U8(v) => all(v, |v| Some(v.into())),
            IdxValues::I8(v) => all(v, |v| v.try_into().ok()),
            IdxValues::I16(v) => all(v, |v| v.try_into().ok()),
            IdxValues::I32(v) => all(v, |v| v.try_into().ok()),
            IdxValues::F32(_) | IdxValues::F64(_) => {
                return Err(self.misuse(
                    format!(
                        "its values are {}, labels are whole numbers",
                        self.values.type_name()
                    ),
                    "give the label file",
                ));
            }
        };
        labels.map_err(|sample| {
            Error::file(
                &self.name,
                Place::Sample(sample as u64),
                "the label is negative",
                "number the classes from 0",
            )
        })
    }

    fn misuse(&self, problem: String, remedy: &'static str) -> Error {
        Error::file(&self.name, Place::Whole, problem, remedy)
    }
}

/// Reads an IDX file, gz-compressed or not.
///
/// # Errors
/// If the file cannot be read, is not IDX, is truncated or damaged, goes on after its last value,
/// or promises more values than its length allows.
pub fn read(path: impl AsRef<Path>) -> Result<IdxArray> {
    from_source(Source::open(path.as_ref())?)
}

/// Parses IDX bytes, gz-compressed or not; `name` is used in messages.
///
/// # Errors
/// As [`read`].
pub fn parse(name: &str, bytes: &[u8]) -> Result<IdxArray> {
    from_source(Source::bytes(name, bytes)?)
}

const AGAIN: &str = "download or copy it again";

fn from_source(mut source: Source<'_>) -> Result<IdxArray> {
    let mut magic = [0u8; 4];
    let got = source.read_up_to(&mut magic)?;
    if got == 0 {
        return Err(source.error(Place::Whole, "the file is empty", AGAIN));
    }
    if got < 4 {
        let problem = format!("the file ends after {got} of the 4 bytes of the magic number");
        return Err(source.error(Place::Byte(got as u64), problem, AGAIN));
    }
    let size = match magic {
        [0, 0, 0x08 | 0x09, _] => 1,
        [0, 0, 0x0B, _] => 2,
        [0, 0, 0x0C | 0x0D, _] => 4,
        [0, 0, 0x0E, _] => 8,
        [0, 0, kind, _] => {
            let problem = format!(
                "0x{kind:02x} is not an IDX value type (0x08 u8, 0x09 i8, 0x0b i16, 0x0c i32, 0x0d f32, 0x0e f64)"
            );
            return Err(source.error(Place::Byte(2), problem, "check that this is an IDX file"));
        }
        _ => {
            let problem = format!(
                "the file begins with {magic:02x?}, an IDX file begins with two zero bytes"
            );
            return Err(source.error(Place::Byte(0), problem, "check that this is an IDX file"));
        }
    };
    let rank = magic[3] as usize;
    if rank == 0 || rank > MAX_RANK {
        let problem = format!("the header gives {rank} dimensions, 1 to {MAX_RANK} are possible");
        return Err(source.error(Place::Byte(3), problem, "check that this is an IDX file"));
    }
    let mut dimensions = [0u8; 4 * MAX_RANK];
    let dimensions = &mut dimensions[..4 * rank];
    let got = source.read_up_to(dimensions)?;
    if got < dimensions.len() {
        let problem = format!("the file ends in the middle of its {rank} dimensions");
        return Err(source.error(Place::Byte(4 + got as u64), problem, AGAIN));
    }
    let shape: Vec<usize> = dimensions
        .chunks_exact(4)
        .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize)
        .collect();
    let start = 4 + 4 * rank as u64;
    let promised = shape
        .iter()
        .try_fold(size as u64, |n, &d| n.checked_mul(d as u64));
    let bytes = match promised {
        Some(bytes) if bytes <= MAX_CONTENT && bytes <= source.at_most().unwrap_or(bytes) => bytes,
        _ => {
            let problem = format!(
                "the header promises {} but {}",
                promise(&shape, promised),
                source.holds()
            );
            return Err(source.error(Place::Byte(4), problem, AGAIN));
        }
    };
    let raw = source.read_promised(bytes)?;
    if (raw.len() as u64) < bytes {
        let problem = format!(
            "the header promises {} but the content ends after {} of them",
            promise(&shape, promised),
            raw.len()
        );
        return Err(source.error(Place::Byte(start + raw.len() as u64), problem, AGAIN));
    }
    if raw.len() as u64 > bytes {
        let problem = format!(
            "the file goes on after the {} of the header",
            promise(&shape, promised)
        );
        return Err(source.error(Place::Byte(start + bytes), problem, AGAIN));
    }
    let values = match magic[2] {
        0x08 => IdxValues::U8(raw),
        0x09 => IdxValues::I8(raw.into_iter().map(|b| b as i8).collect()),
        0x0B => IdxValues::I16(decode(&raw, i16::from_be_bytes)),
        0x0C => IdxValues::I32(decode(&raw, i32::from_be_bytes)),
        0x0D => IdxValues::F32(decode(&raw, f32::from_be_bytes)),
        _ => IdxValues::F64(decode(&raw, f64::from_be_bytes)),
    };
    Ok(IdxArray {
        name: source.path().display().to_string(),
        shape,
        values,
    })
}

fn decode<T, const N: usize>(raw: &[u8], f: impl Fn([u8; N]) -> T) -> Vec<T> {
    raw.as_chunks::<N>()
        .0
        .iter()
        .map(|&bytes| f(bytes))
        .collect()
}

/// "60000 images of 28×28 (47040000 bytes)".
fn promise(shape: &[usize], bytes: Option<u64>) -> String {
    let what = match shape {
        [n] => format!("{n} values"),
        [n, rest @ ..] => {
            let sizes: Vec<String> = rest.iter().map(ToString::to_string).collect();
            let what = if rest.len() == 2 { "images" } else { "arrays" };
            format!("{n} {what} of {}", sizes.join("×"))
        }
        [] => "nothing".to_string(),
    };
    match bytes {
        Some(bytes) => format!("{what} ({bytes} bytes)"),
        None => format!("{what} (more bytes than can be counted)"),
    }
}

#[cfg(test)]
mod tests;
