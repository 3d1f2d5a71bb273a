//! Named tensors in the safetensors format, the exchange format of PyTorch, Hugging Face and others.
//!
//! A file is an 8-byte length, a JSON header of that length with the type, shape and place of every tensor, and
//! then the elements. Files are written the way the reference implementation does it: the tensors with the
//! widest elements first and then by name, so that every tensor is aligned. The same tensors give the same bytes.
//!
//! Source: <https://github.com/huggingface/safetensors>, "Format".

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;

use ::safetensors::tensor::{Dtype, Metadata as Header, TensorInfo};

use super::atomic_write;
use super::elements::{self, MAX_RANK, Stored};
use super::source::Source;
use crate::{DType, Error, Result, Shape, Tensor};

/// Free text that travels with the tensors, such as `format = "pt"`.
pub type Metadata = BTreeMap<String, String>;

/// No header is larger; the reference implementation has the same limit.
const MAX_HEADER: u64 = 100_000_000;

/// The key under which the header holds the free text, and which therefore cannot name a tensor.
const METADATA_KEY: &str = "__metadata__";

/// Writes named tensors and free text to a file, whole or not at all.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("weights.safetensors");
/// use nn_core::{Tensor, store::safetensors};
/// let weight = Tensor::from_vec(vec![1.0f32, 2.0], [1, 2])?;
/// safetensors::save(&path, &[("0.weight".into(), weight)], &Default::default())?;
/// let (tensors, _) = safetensors::load(&path)?;
/// assert_eq!(tensors[0].0, "0.weight");
/// assert_eq!(tensors[0].1.to_vec::<f32>()?, [1.0, 2.0]);
/// # Ok::<(), nn_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::Value`] if two tensors have the same name or one is called `__metadata__`; [`Error::Io`] if the
/// file cannot be written.
pub fn save(
    path: impl AsRef<Path>,
    tensors: &[(String, Tensor)],
    metadata: &Metadata,
) -> Result<()> {
    let plan = Plan::new(tensors, metadata)?;
    atomic_write(path, |out| plan.write(out))
}

/// The contents of a file with these tensors and this text; see [`save`].
///
/// # Errors
/// [`Error::Value`] if two tensors have the same name or one is called `__metadata__`.
pub fn to_bytes(tensors: &[(String, Tensor)], metadata: &Metadata) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let plan = Plan::new(tensors, metadata)?;
    plan.write(&mut bytes)
        .map_err(|e| Error::value("safetensors", e.to_string()))?;
    Ok(bytes)
}

/// Reads the named tensors, in the order in which they lie in the file, and the free text.
///
/// Types this library lacks become the nearest one that holds every value: `F16` and `BF16` become `f32`,
/// `I8`, `I16` and `I32` become `i64`, `U16` becomes `u32`, `BOOL` becomes `u8`; `U64` becomes `i64` if its
/// values fit.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::Format`] if it is cut short, damaged, or holds
/// elements of another type.
pub fn load(path: impl AsRef<Path>) -> Result<(Vec<(String, Tensor)>, Metadata)> {
    read(Source::open(path.as_ref())?)
}

/// Reads the contents of a file; see [`load`].
///
/// # Errors
/// [`Error::Format`] if the bytes are cut short, damaged, or hold elements of another type.
pub fn from_bytes(bytes: &[u8]) -> Result<(Vec<(String, Tensor)>, Metadata)> {
    read(Source::of_bytes(bytes))
}

/// What will be written, in file order.
struct Plan {
    header: Vec<u8>,
    tensors: Vec<Tensor>,
}

impl Plan {
    fn new(tensors: &[(String, Tensor)], metadata: &Metadata) -> Result<Plan> {
        let mut names = BTreeSet::new();
        for (name, _) in tensors {
            if name == METADATA_KEY {
                return Err(Error::value(
                    "safetensors",
                    format!(
                        "no tensor can be called {METADATA_KEY}, the format reserves that name"
                    ),
                ));
            }
            if !names.insert(name) {
                return Err(Error::value(
                    "safetensors",
                    format!("two tensors are called {name:?}; names must be unique"),
                ));
            }
        }
        let mut order: Vec<&(String, Tensor)> = tensors.iter().collect();
        order.sort_by(|(a, x), (b, y)| {
            dtype_of(y.dtype())
                .cmp(&dtype_of(x.dtype()))
                .then_with(|| a.cmp(b))
        });

        let mut end = 0;
        let mut header = Vec::new();
        let mut entry = |key: &str, value: serde_json::Result<String>| -> Result<()> {
            let failure = |e: serde_json::Error| Error::value("safetensors", e.to_string());
            header.push(if header.is_empty() { b'{' } else { b',' });
            header.extend(serde_json::to_vec(key).map_err(failure)?);
            header.push(b':');
            header.extend(value.map_err(failure)?.into_bytes());
            Ok(())
        };
        if !metadata.is_empty() {
            entry(METADATA_KEY, serde_json::to_string(metadata))?;
        }
        for (name, tensor) in &order {
            let start = end;
            end += elements::byte_len(tensor);
            let info = TensorInfo {
                dtype: dtype_of(tensor.dtype()),
                shape: tensor.dims().to_vec(),
                data_offsets: (start, end),
            };
            entry(name, serde_json::to_string(&info))?;
        }
        if header.is_empty() {
            header.push(b'{');
        }
        header.push(b'}');
        // Spaces at the end of the header align the elements.
        header.resize(header.len().next_multiple_of(8), b' ');
        if header.len() as u64 > MAX_HEADER {
            return Err(Error::value(
                "safetensors",
                format!(
                    "the names and texts take {} bytes, at most {MAX_HEADER} are possible",
                    header.len()
                ),
            ));
        }
        let tensors = order
            .iter()
            .map(|(_, t)| t.compact())
            .collect::<Result<_>>()?;
        Ok(Plan { header, tensors })
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&(self.header.len() as u64).to_le_bytes())?;
        out.write_all(&self.header)?;
        self.tensors
            .iter()
            .try_for_each(|tensor| elements::write(tensor, out))
    }
}

fn dtype_of(dtype: DType) -> Dtype {
    match dtype {
        DType::F32 => Dtype::F32,
        DType::F64 => Dtype::F64,
        DType::U8 => Dtype::U8,
        DType::U32 => Dtype::U32,
        DType::I64 => Dtype::I64,
    }
}

fn stored_of(dtype: Dtype) -> Option<Stored> {
    Some(match dtype {
        Dtype::BOOL => Stored::Bool,
        Dtype::U8 => Stored::U8,
        Dtype::I8 => Stored::I8,
        Dtype::I16 => Stored::I16,
        Dtype::U16 => Stored::U16,
        Dtype::F16 => Stored::F16,
        Dtype::BF16 => Stored::BF16,
        Dtype::I32 => Stored::I32,
        Dtype::U32 => Stored::U32,
        Dtype::F32 => Stored::F32,
        Dtype::F64 => Stored::F64,
        Dtype::I64 => Stored::I64,
        Dtype::U64 => Stored::U64,
        _ => return None,
    })
}

fn read(mut source: Source) -> Result<(Vec<(String, Tensor)>, Metadata)> {
    let length = u64::from_le_bytes(source.array("the length of the header")?);
    if length > source.remaining().min(MAX_HEADER) {
        return Err(source.error_at(
            0,
            format!(
                "a header of {length} bytes is promised, {} follow; this is not a safetensors file, or it is damaged or cut short",
                source.remaining()
            ),
        ));
    }
    let text = source.bytes(length, "the header")?;
    let header: Header = serde_json::from_slice(&text).map_err(|e| {
        // The reader counts lines and columns; only a place on the first line is a byte of the file.
        let at = if e.line() == 1 { 8 + e.column().saturating_sub(1) as u64 } else { 8 };
        source.error_at(
            at.min(8 + length),
            format!("the header is not that of a safetensors file ({e}); it is damaged, get a complete copy"),
        )
    })?;
    let promised = header.data_len() as u64;
    if promised != source.remaining() {
        return Err(source.error_at(
            source.position(),
            format!(
                "the header describes {promised} bytes of elements, {} follow; the file is damaged or cut short, get a complete copy",
                source.remaining()
            ),
        ));
    }

    let mut tensors = Vec::new();
    // The header was checked when it was parsed: in this order the elements follow each other without gaps.
    for name in header.offset_keys() {
        let Some(info) = header.info(&name) else {
            continue;
        };
        let what = format!("tensor {name:?}");
        let stored = stored_of(info.dtype).ok_or_else(|| {
            source.error_at(
                source.position(),
                format!(
                    "{what} has elements of type {:?}, which cannot be read; convert them to F32",
                    info.dtype
                ),
            )
        })?;
        if info.shape.len() > MAX_RANK {
            return Err(source.error_at(
                8,
                format!(
                    "{what} has {} axes, at most {MAX_RANK} can be read",
                    info.shape.len()
                ),
            ));
        }
        let shape = Shape::from(info.shape.clone());
        let tensor = elements::read(&mut source, stored, shape, false, &what)?;
        tensors.push((name, tensor));
    }
    let metadata = header.metadata().clone().unwrap_or_default();
    Ok((tensors, metadata.into_iter().collect()))
}
