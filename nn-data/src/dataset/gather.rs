//! Copying the rows of a batch out of a tensor, converting to the wanted type on the way.

use nn_core::{DType, Tensor};

use crate::error::{Error, Result};

/// Whether rows stored as `from` can be handed out as `to`.
pub(super) fn converts(from: DType, to: DType) -> bool {
    from == to || to == DType::F32 || (to == DType::F64 && from != DType::F32)
}

/// Rows `indices` of the first axis of `source` (contiguous) as a tensor of `dtype`; a view of it where the rows follow each
/// other and need no conversion.
///
/// The caller has checked that every index is in range.
pub(super) fn rows(source: &Tensor, indices: &[usize], dtype: DType) -> Result<Tensor> {
    if let Some(&first) = indices.first()
        && source.dtype() == dtype
        && indices.iter().zip(first..).all(|(&a, b)| a == b)
    {
        return Ok(source.narrow(0, first, indices.len())?);
    }
    let mut shape = source.dims().to_vec();
    shape[0] = indices.len();
    let width: usize = shape[1..].iter().product();
    let mut out = Tensor::zeros(shape, dtype)?;
    if out.is_empty() {
        return Ok(out);
    }
    macro_rules! copy {
        ($from:ty, $to:ty) => {
            Ok(convert(
                source.as_slice::<$from>()?,
                out.make_mut::<$to>()?,
                width,
                indices,
                |v| v as $to,
            ))
        };
    }
    use DType::*;
    match (source.dtype(), dtype) {
        (U8, F32) => copy!(u8, f32),
        (F32, F32) => copy!(f32, f32),
        (F64, F32) => copy!(f64, f32),
        (U32, F32) => copy!(u32, f32),
        (I64, F32) => copy!(i64, f32),
        (U8, F64) => copy!(u8, f64),
        (F64, F64) => copy!(f64, f64),
        (U32, F64) => copy!(u32, f64),
        (I64, F64) => copy!(i64, f64),
        (U8, U8) => copy!(u8, u8),
        (U32, U32) => copy!(u32, u32),
        (I64, I64) => copy!(i64, i64),
        (from, to) => Err(Error::argument(
            "input dtype",
            format!("samples stored as {from} cannot be handed out as {to}"),
        )),
    }?;
    Ok(out)
}

fn convert<S: Copy, D>(
    source: &[S],
    out: &mut [D],
    width: usize,
    indices: &[usize],
    f: impl Fn(S) -> D,
) {
    for (row, &index) in out.chunks_exact_mut(width).zip(indices) {
        let from = &source[index * width..(index + 1) * width];
        for (to, &from) in row.iter_mut().zip(from) {
            *to = f(from);
        }
    }
}
