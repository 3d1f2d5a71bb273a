//! Going over the samples of a batch in f64, whatever type they have.

use nn_core::kernels::buffer::Plain;
use nn_core::kernels::float::Float;
use nn_core::kernels::threads::for_each_chunk;
use nn_core::{DType, Element, Tensor};

use crate::error::{Error, Result};

/// About so many values make one task.
const TASK: usize = 1 << 14;

/// A batch as floats that lie one after the other, and the width of its samples.
pub(super) fn floats(what: &'static str, batch: &Tensor) -> Result<(Tensor, usize)> {
    let Some((_, shape)) = batch.dims().split_first() else {
        return Err(Error::argument(what, "a batch needs an axis of samples"));
    };
    let width = shape.iter().product();
    let batch = match batch.dtype().is_float() {
        true => batch.contiguous()?,
        false => batch.to_dtype(DType::F32)?,
    };
    Ok((batch, width))
}

/// Changes every sample in place.
pub(super) fn each_row(
    what: &'static str,
    batch: &mut Tensor,
    f: impl Fn(&mut [f64]) + Sync,
) -> Result<()> {
    let (mut here, width) = floats(what, batch)?;
    if !here.is_empty() {
        match here.dtype() {
            DType::F64 => change(here.make_mut::<f64>()?, width, f),
            _ => change(here.make_mut::<f32>()?, width, f),
        }
    }
    *batch = here;
    Ok(())
}

fn change<T: Float>(values: &mut [T], width: usize, f: impl Fn(&mut [f64]) + Sync) {
    for_each_chunk(values, (TASK / width).max(1) * width, |_, part| {
        let mut row = vec![0.0; width];
        for values in part.chunks_exact_mut(width) {
            row.iter_mut()
                .zip(values.iter())
                .for_each(|(to, v)| *to = v.to_f64());
            f(&mut row);
            values
                .iter_mut()
                .zip(&row)
                .for_each(|(to, v)| *to = T::from_f64(*v));
        }
    });
}

/// Changes every row of `gradient` with the sample of `input` beside it; both have one shape.
pub(super) fn each_row_with(
    what: &'static str,
    input: &Tensor,
    gradient: &Tensor,
    f: impl Fn(&[f64], &mut [f64]),
) -> Result<Tensor> {
    let width = input.dims().iter().skip(1).product();
    map_rows(what, input, gradient, width, |x, g, out| {
        out.copy_from_slice(g);
        f(x, out);
    })
}

/// A gradient for `input` from rows of both; the result has the shape of `input` and the type of `gradient`.
pub(super) fn map_rows(
    what: &'static str,
    input: &Tensor,
    gradient: &Tensor,
    width: usize,
    f: impl Fn(&[f64], &[f64], &mut [f64]),
) -> Result<Tensor> {
    let (input, here) = floats(what, &input.to_dtype(DType::F64)?)?;
    let (double, there) = floats(what, &gradient.to_dtype(DType::F64)?)?;
    if here != width || input.dims()[0] != double.dims()[0] {
        return Err(Error::argument(
            what,
            "samples and gradients do not fit each other",
        ));
    }
    let mut out = vec![0.0f64; input.len()];
    if here > 0 && there > 0 {
        let rows = input
            .as_slice::<f64>()?
            .chunks_exact(here)
            .zip(double.as_slice::<f64>()?.chunks_exact(there));
        for ((x, g), out) in rows.zip(out.chunks_exact_mut(here)) {
            f(x, g, out);
        }
    }
    Ok(Tensor::from_vec(out, input.shape().clone())?.to_dtype(gradient.dtype())?)
}

/// A batch whose samples get another width: `f` appends what becomes of one, and says what is wrong with it.
pub(super) fn widened(
    what: &'static str,
    batch: &Tensor,
    to: usize,
    f: impl Fn(&[f64], &mut Vec<f64>) -> Result<()>,
) -> Result<Tensor> {
    fn run<T: Element + Float + Plain>(
        batch: &Tensor,
        width: usize,
        to: usize,
        f: impl Fn(&[f64], &mut Vec<f64>) -> Result<()>,
    ) -> Result<Tensor> {
        let rows = batch.dims()[0];
        let mut out: Vec<T> = Vec::with_capacity(rows * to);
        let (mut row, mut wide) = (vec![0.0; width], Vec::with_capacity(to));
        for values in batch.as_slice::<T>()?.chunks_exact(width) {
            row.iter_mut()
                .zip(values)
                .for_each(|(to, v)| *to = Float::to_f64(*v));
            wide.clear();
            f(&row, &mut wide)?;
            out.extend(wide.iter().map(|&v| <T as Float>::from_f64(v)));
        }
        Ok(Tensor::from_vec(out, [rows, to])?)
    }
    let (batch, width) = floats(what, batch)?;
    if width == 0 {
        return Err(Error::argument(what, "a sample has no values"));
    }
    match batch.dtype() {
        DType::F64 => run::<f64>(&batch, width, to, f),
        _ => run::<f32>(&batch, width, to, f),
    }
}
