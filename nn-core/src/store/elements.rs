//! Elements as they lie in files, and their way into a tensor and out of it.

use std::io::{self, Write};

use super::source::Source;
use crate::dtype::for_any;
use crate::{DType, Element, Result, Shape, Tensor};

/// Bytes converted at a time: small enough for the cache, a multiple of every element size.
const CHUNK: usize = 1 << 16;

/// No tool writes arrays of more axes (NumPy's own limit).
pub(super) const MAX_RANK: usize = 64;

/// The element types found in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    Bool,
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F16,
    BF16,
    F32,
    F64,
}

impl Stored {
    /// Bytes of one element.
    pub(super) fn size(self) -> usize {
        match self {
            Stored::Bool | Stored::I8 | Stored::U8 => 1,
            Stored::I16 | Stored::U16 | Stored::F16 | Stored::BF16 => 2,
            Stored::I32 | Stored::U32 | Stored::F32 => 4,
            Stored::I64 | Stored::U64 | Stored::F64 => 8,
        }
    }
}

/// The value of an IEEE 754 half-precision number, given by its bits: 1 sign, 5 exponent, 10 fraction.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f32::from(bits & 0x3ff);
    match exponent {
        // Subnormal: fraction · 2⁻²⁴, exact in f32.
        0 => sign * fraction * f32::from_bits((127 - 24) << 23),
        31 if fraction == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        _ => sign * (1024.0 + fraction) * f32::from_bits(((exponent - 25 + 127) as u32) << 23),
    }
}

/// Reads `count` elements of `N` bytes, in the given byte order, into a new tensor.
fn read_as<const N: usize, T: Element + crate::kernels::buffer::Plain>(
    source: &mut Source,
    shape: Shape,
    big_endian: bool,
    what: &str,
    convert: impl Fn([u8; N]) -> Option<T>,
) -> Result<Tensor> {
    let mut buffer = vec![0; CHUNK.min(shape.numel() * N)];
    let mut failure = None;
    let tensor = Tensor::build::<T>(shape, |out| {
        for out in out.chunks_mut(CHUNK / N) {
            let start = source.position();
            let bytes = &mut buffer[..out.len() * N];
            if let Err(e) = source.fill(bytes, what) {
                failure = Some(e);
                return;
            }
            let (elements, _) = bytes.as_chunks_mut::<N>();
            for (i, (out, element)) in out.iter_mut().zip(elements).enumerate() {
                if big_endian {
                    element.reverse();
                }
                *out = match convert(*element) {
                    Some(value) => value,
                    None => {
                        let problem = format!(
                            "an element of {what} is larger than a 64-bit signed integer holds; save the array with a smaller type"
                        );
                        failure = Some(source.error_at(start + (i * N) as u64, problem));
                        return;
                    }
                };
            }
        }
    })?;
    failure.map_or(Ok(tensor), Err)
}

/// Reads a row-major tensor. The promise of the shape is compared with what is left of the file before any
/// memory is taken. `what` is what errors call these elements.
pub(super) fn read(
    source: &mut Source,
    stored: Stored,
    shape: Shape,
    big_endian: bool,
    what: &str,
) -> Result<Tensor> {
    let bytes = shape.numel() as u128 * stored.size() as u128;
    if bytes > u128::from(source.remaining()) {
        return Err(source.error_at(
            source.position(),
            format!(
                "{what} of shape {shape} takes {bytes} bytes, the file has only {} left; it was cut short or its header is damaged, get a complete copy",
                source.remaining()
            ),
        ));
    }
    macro_rules! read {
        ($type:ty as $target:ty) => {
            read_as(source, shape, big_endian, what, |b| {
                Some(<$target>::from(<$type>::from_le_bytes(b)))
            })
        };
    }
    match stored {
        Stored::Bool => read_as(source, shape, big_endian, what, |[b]: [u8; 1]| {
            Some(u8::from(b != 0))
        }),
        Stored::U8 => read!(u8 as u8),
        Stored::I8 => read!(i8 as i64),
        Stored::I16 => read!(i16 as i64),
        Stored::I32 => read!(i32 as i64),
        Stored::I64 => read!(i64 as i64),
        Stored::U16 => read!(u16 as u32),
        Stored::U32 => read!(u32 as u32),
        Stored::U64 => read_as(source, shape, big_endian, what, |b| {
            i64::try_from(u64::from_le_bytes(b)).ok()
        }),
        Stored::F32 => read!(f32 as f32),
        Stored::F64 => read!(f64 as f64),
        Stored::F16 => read_as(source, shape, big_endian, what, |b| {
            Some(half(u16::from_le_bytes(b)))
        }),
        Stored::BF16 => read_as(source, shape, big_endian, what, |b| {
            Some(f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16))
        }),
    }
}

trait LittleEndian: Copy {
    fn put(self, out: &mut [u8]);
}

macro_rules! little_endian {
    ($($type:ty),*) => {$(
        impl LittleEndian for $type {
            fn put(self, out: &mut [u8]) {
                out.copy_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

little_endian!(f32, f64, u8, u32, i64);

fn write_slice<T: LittleEndian>(values: &[T], out: &mut dyn Write) -> io::Result<()> {
    let mut buffer = [0; 4096];
    for values in values.chunks(buffer.len() / size_of::<T>()) {
        let bytes = &mut buffer[..size_of_val(values)];
        for (value, bytes) in values.iter().zip(bytes.chunks_exact_mut(size_of::<T>())) {
            value.put(bytes);
        }
        out.write_all(bytes)?;
    }
    Ok(())
}

/// Writes the elements of a contiguous tensor, little-endian.
pub(super) fn write(tensor: &Tensor, out: &mut dyn Write) -> io::Result<()> {
    for_any!(tensor.dtype(), T => write_slice(tensor.data::<T>(), out))
}

/// The bytes the elements of a tensor take in a file.
pub(super) fn byte_len(tensor: &Tensor) -> usize {
    tensor.len() * tensor.dtype().size()
}

/// The [`Stored`] form of a tensor's own type.
pub(super) fn stored(dtype: DType) -> Stored {
    match dtype {
        DType::F32 => Stored::F32,
        DType::F64 => Stored::F64,
        DType::U8 => Stored::U8,
        DType::U32 => Stored::U32,
        DType::I64 => Stored::I64,
    }
}

#[cfg(test)]
mod tests {
    use super::half;

    #[test]
    fn half_precision_is_exact() {
        for (bits, value) in [
            (0x0000, 0.0f32),
            (0x8000, -0.0),
            (0x0001, 5.960_464_5e-8),
            (0x03ff, 6.097_555e-5),
            (0x0400, 6.103_515_6e-5),
            (0x3555, 0.333_251_95),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
        ] {
            assert_eq!(half(bits).to_bits(), value.to_bits(), "{bits:#06x}");
        }
        assert!(half(0x7e00).is_nan());
    }
}
