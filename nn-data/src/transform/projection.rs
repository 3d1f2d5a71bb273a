//! y = (x − mean)·F and x = y·B + mean: what principal components and whitening come down to.

use std::sync::Arc;

use nn_core::kernels::float::Float;
use nn_core::kernels::sparse::{Element, GROUP, Groups, STRIP, Strips, product};
use nn_core::kernels::threads::{for_each_chunk, threads};
use nn_core::{DType, Tensor};

use super::columns::origin;
use crate::error::{Error, Result};

/// Most samples that are worked on together: brought into form they stay in the second cache.
const ROWS: usize = 256;

/// A linear map of samples and the way back, in the arithmetic of the type of its matrices.
#[derive(Debug, Clone)]
pub(super) struct Projection {
    what: &'static str,
    width: usize,
    outputs: usize,
    matrices: Matrices,
}

#[derive(Debug, Clone)]
enum Matrices {
    Single(Arc<Pair<f32>>),
    Double(Arc<Pair<f64>>),
}

#[derive(Debug)]
struct Pair<T> {
    forward: Affine<T>,
    backward: Affine<T>,
    /// The gradient for x from that for y: g·Fᵀ.
    pull_back: Affine<T>,
}

/// y = (x − origin)·matrix + bias
#[derive(Debug)]
struct Affine<T> {
    origin: Vec<f64>,
    /// `[inputs, outputs]`; without the last outputs if nothing comes of them.
    matrix: Groups<T>,
    bias: Vec<T>,
    outputs: usize,
}

impl Projection {
    /// From `forward` `[width, outputs]` and `backward` `[outputs, width]`, row-major, and mean and variance of each column of
    /// x, which say where zeros may stay zeros.
    ///
    /// # Errors
    /// If a number is not finite or the sizes do not fit.
    pub(super) fn new(
        what: &'static str,
        (mean, variance): (&[f64], &[f64]),
        forward: &[f64],
        backward: &[f64],
        dtype: DType,
    ) -> Result<Self> {
        let width = mean.len();
        let outputs = forward.len() / width.max(1);
        let fits = width > 0
            && variance.len() == width
            && forward.len() == width * outputs
            && backward.len() == forward.len();
        let finite = [mean, variance, forward, backward]
            .iter()
            .all(|v| v.iter().all(|v| v.is_finite()));
        if !fits || !finite {
            return Err(Error::argument(
                what,
                "its parameters are not finite or do not fit each other",
            ));
        }
        let moments = (mean, variance);
        let matrices = match dtype {
            DType::F64 => Matrices::Double(Pair::new(moments, outputs, forward, backward).into()),
            _ => Matrices::Single(Pair::new(moments, outputs, forward, backward).into()),
        };
        Ok(Projection {
            what,
            width,
            outputs,
            matrices,
        })
    }

    /// Values of a sample that comes in.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Values of a sample that comes out.
    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// y = (x − mean)·F for `[n, …]`, giving `[n, outputs]`.
    pub(super) fn forward(&self, batch: &Tensor) -> Result<Tensor> {
        self.check(batch, self.width)?;
        match &self.matrices {
            Matrices::Single(pair) => pair.forward.apply(batch),
            Matrices::Double(pair) => pair.forward.apply(batch),
        }
    }

    /// x = y·B + mean for `[n, outputs]`, giving `[n, width]`.
    pub(super) fn backward(&self, batch: &Tensor) -> Result<Tensor> {
        self.check(batch, self.outputs)?;
        match &self.matrices {
            Matrices::Single(pair) => pair.backward.apply(batch),
            Matrices::Double(pair) => pair.backward.apply(batch),
        }
    }

    /// The gradient for x from the gradient for y: g·Fᵀ, `[n, outputs]` → `[n, width]`.
    pub(super) fn pull_back(&self, gradient: &Tensor) -> Result<Tensor> {
        self.check(gradient, self.outputs)?;
        match &self.matrices {
            Matrices::Single(pair) => pair.pull_back.apply(gradient),
            Matrices::Double(pair) => pair.pull_back.apply(gradient),
        }
    }

    fn check(&self, batch: &Tensor, width: usize) -> Result<()> {
        let Some((_, shape)) = batch.dims().split_first() else {
            return Err(Error::argument(
                self.what,
                "a batch needs an axis of samples",
            ));
        };
        super::check_width(self.what, shape.iter().product(), width)
    }
}

impl<T: Element + nn_core::Element> Pair<T> {
    fn new(
        (mean, variance): (&[f64], &[f64]),
        outputs: usize,
        forward: &[f64],
        backward: &[f64],
    ) -> Self {
        let width = mean.len();
        let origins = mean.iter().zip(variance).map(|(&m, &v)| origin(m, v));
        let origins: Vec<f64> = origins.collect();
        // (origin − mean)·F
        let mut bias = vec![0.0; outputs];
        for ((row, origin), mean) in forward.chunks_exact(outputs).zip(&origins).zip(mean) {
            let distance = origin - mean;
            let sums = bias.iter_mut().zip(row);
            sums.for_each(|(sum, w)| *sum += distance * w);
        }
        let mut transposed = vec![0.0; forward.len()];
        for (input, row) in forward.chunks_exact(outputs).enumerate() {
            for (output, v) in row.iter().enumerate() {
                transposed[output * width + input] = *v;
            }
        }
        Pair {
            forward: Affine::new(origins, forward, &bias),
            backward: Affine::new(vec![0.0; outputs], backward, mean),
            pull_back: Affine::new(vec![0.0; outputs], &transposed, &vec![0.0; width]),
        }
    }
}

impl<T: Element + nn_core::Element> Affine<T> {
    fn new(origin: Vec<f64>, matrix: &[f64], bias: &[f64]) -> Self {
        let outputs = bias.len();
        let rows = || matrix.chunks_exact(outputs);
        let used = |&column: &usize| bias[column] != 0.0 || rows().any(|row| row[column] != 0.0);
        let used = (0..outputs).rev().find(used).map_or(0, |last| last + 1);
        let used = used.next_multiple_of(GROUP).min(outputs);
        let starts: Vec<usize> = (0..used).step_by(GROUP).collect();
        let convert = |v: &f64| <T as Float>::from_f64(*v);
        Affine {
            origin,
            matrix: Groups::of(matrix, &vec![0.0; outputs], &starts),
            bias: bias[..used].iter().map(convert).collect(),
            outputs,
        }
    }

    fn apply(&self, batch: &Tensor) -> Result<Tensor> {
        let out = match batch.dtype() {
            DType::F64 => self.rows(batch.contiguous()?.as_slice::<f64>()?)?,
            DType::F32 => self.rows(batch.contiguous()?.as_slice::<f32>()?)?,
            _ => self.rows(batch.to_dtype(DType::F32)?.as_slice::<f32>()?)?,
        };
        Ok(match batch.dtype() {
            DType::F64 => out.to_dtype(DType::F64)?,
            _ => out.to_dtype(DType::F32)?,
        })
    }

    fn rows<I: Float>(&self, x: &[I]) -> Result<Tensor> {
        let (width, outputs, used) = (self.origin.len(), self.outputs, self.bias.len());
        let rows = x.len() / width;
        // What comes of a sample depends on no other, so that the blocks may be cut to suit the threads.
        let block = rows.div_ceil(4 * threads()).next_multiple_of(STRIP);
        let block = block.min(ROWS);
        Ok(Tensor::build::<T>([rows, outputs], |out| {
            for_each_chunk(out, block * outputs, |i, y| {
                let x = &x[i * block * width..][..y.len() / outputs * width];
                let strips = Strips::of_rows(x, &self.origin);
                product(&strips, &self.matrix, &self.bias, y, outputs);
                for row in y.chunks_exact_mut(outputs) {
                    row[used..].fill(T::ZERO);
                }
            });
        })?)
    }
}
