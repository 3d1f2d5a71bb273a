//! One array in a `.npy` file, the format of NumPy's `save` and `load`.
//!
//! Versions 1.0, 2.0 and 3.0 are read, in either byte order and either memory order; version 1.0 is
//! written, little-endian and row-major.
//!
//! Source: NumPy Enhancement Proposal 1 and the documentation of `numpy.lib.format`.

use std::io::{self, Write};
use std::path::Path;

use super::atomic_write;
use super::elements::{self, MAX_RANK};
use super::npy_header::{self, ArrayHeader, MAGIC};
use super::source::Source;
use crate::{Error, Result, Shape, Tensor};

/// The longest header that makes sense for an array of numbers.
const MAX_HEADER: u64 = 1 << 20;

/// Reads an array.
///
/// `f4`, `f8`, `u1`, `u4` and `i8` keep their type. Others become the nearest type that holds every value:
/// `f2` becomes `f32`, `i1`, `i2` and `i4` become `i64`, `u2` becomes `u32`, `b1` becomes `u8`; `u8` becomes
/// `i64` if its values fit.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("x.npy");
/// use nn_core::{Tensor, store::npy};
/// npy::save(&path, &Tensor::from_vec(vec![1.5f64, 2.5, 3.5], [3])?)?;
/// assert_eq!(npy::load(&path)?.to_vec::<f64>()?, [1.5, 2.5, 3.5]);
/// # Ok::<(), nn_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::Format`] if it is no `.npy` file, is cut short or
/// damaged, or holds something other than numbers.
pub fn load(path: impl AsRef<Path>) -> Result<Tensor> {
    read(Source::open(path.as_ref())?)
}

/// Reads an array from the contents of a `.npy` file; see [`load`].
///
/// # Errors
/// [`Error::Format`] if the bytes are not those of a `.npy` file, are cut short or damaged, or hold something
/// other than numbers.
pub fn from_bytes(bytes: &[u8]) -> Result<Tensor> {
    read(Source::of_bytes(bytes))
}

/// Writes a tensor to a file, whole or not at all. A view is written as if it were contiguous.
///
/// # Errors
/// [`Error::Value`] if the tensor has more than 64 axes; [`Error::Io`] if the file cannot be written.
pub fn save(path: impl AsRef<Path>, tensor: &Tensor) -> Result<()> {
    let (header, tensor) = prepare(tensor)?;
    atomic_write(path, |out| write(out, &header, &tensor))
}

/// The contents of a `.npy` file with this tensor; see [`save`].
///
/// # Errors
/// [`Error::Value`] if the tensor has more than 64 axes.
pub fn to_bytes(tensor: &Tensor) -> Result<Vec<u8>> {
    let (header, tensor) = prepare(tensor)?;
    let mut bytes = Vec::with_capacity(header.len() + elements::byte_len(&tensor));
    write(&mut bytes, &header, &tensor).map_err(|e| Error::value("npy", e.to_string()))?;
    Ok(bytes)
}

fn prepare(tensor: &Tensor) -> Result<(Vec<u8>, Tensor)> {
    if tensor.rank() > MAX_RANK {
        return Err(Error::value(
            "npy",
            format!(
                "the tensor has {} axes, a .npy file at most {MAX_RANK}; flatten some",
                tensor.rank()
            ),
        ));
    }
    Ok((
        npy_header::write(tensor.dtype(), tensor.dims()),
        tensor.compact()?,
    ))
}

fn write(out: &mut dyn Write, header: &[u8], tensor: &Tensor) -> io::Result<()> {
    out.write_all(header)?;
    elements::write(tensor, out)
}

fn read(mut source: Source) -> Result<Tensor> {
    if source.length() == 0 {
        return Err(source.error_at(0, "the file is empty, a .npy file was expected"));
    }
    let magic: [u8; 6] = source.array("the signature")?;
    if magic != *MAGIC {
        return Err(source.error_at(
            0,
            "this is not a .npy file: it does not start with \\x93NUMPY; save the array with numpy.save",
        ));
    }
    let version: [u8; 2] = source.array("the version")?;
    let length = match version {
        [1, 0] => u64::from(u16::from_le_bytes(
            source.array("the length of the header")?,
        )),
        [2 | 3, 0] => u64::from(u32::from_le_bytes(
            source.array("the length of the header")?,
        )),
        [major, minor] => {
            return Err(source.error_at(
                6,
                format!(
                    "version {major}.{minor} of the .npy format is not known; 1.0, 2.0 and 3.0 are"
                ),
            ));
        }
    };
    let start = source.position();
    if length > MAX_HEADER {
        return Err(source.error_at(
            8,
            format!("a header of {length} bytes is promised, at most {MAX_HEADER} make sense; the file is damaged"),
        ));
    }
    let text = source.bytes(length, "the header")?;
    let header = npy_header::parse(&text)
        .map_err(|(at, problem)| source.error_at(start + at as u64, problem))?;
    read_elements(source, &header)
}

fn read_elements(mut source: Source, header: &ArrayHeader) -> Result<Tensor> {
    let shape = match header.fortran_order {
        // Column-major elements are the row-major elements of the transpose.
        true => header.shape.iter().rev().copied().collect(),
        false => Shape::from(header.shape.as_slice()),
    };
    let tensor = elements::read(
        &mut source,
        header.stored,
        shape,
        header.big_endian,
        "an array",
    )?;
    if source.remaining() > 0 {
        return Err(source.error_at(
            source.position(),
            format!(
                "{} bytes follow the last element; the header is damaged, or more than one array was saved to this file",
                source.remaining()
            ),
        ));
    }
    if !header.fortran_order {
        return Ok(tensor);
    }
    let axes: Vec<usize> = (0..tensor.rank()).rev().collect();
    tensor.permute(&axes)?.contiguous()
}
