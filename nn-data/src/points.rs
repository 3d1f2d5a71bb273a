//! Samples as points of space: all in memory, centred, with their squared distances by matrix products.

use nn_core::kernels::gemm::{Epilogue, MatMut, MatRef, gemm};
use nn_core::{DType, Tensor};

use crate::dataset::Dataset;
use crate::error::{Error, Result};

/// Samples read at once.
const CHUNK: usize = 1024;

/// Points `[count, width]`, row-major.
pub(crate) struct Points {
    pub(crate) values: Vec<f32>,
    pub(crate) count: usize,
    pub(crate) width: usize,
}

impl Points {
    /// All rows of a tensor `[count, …]`; what follows the first axis is one point.
    pub(crate) fn of(x: &Tensor) -> Result<Points> {
        let &[count, ..] = x.dims() else {
            let problem = "points are needed, a number was given";
            return Err(Error::argument("points", problem));
        };
        let values = x.to_dtype(DType::F32)?.to_vec::<f32>()?;
        let width = values.len() / count.max(1);
        Points {
            values,
            count,
            width,
        }
        .checked()
    }

    /// All inputs of a data set.
    pub(crate) fn of_data(data: &dyn Dataset) -> Result<Points> {
        crate::validate::not_empty(data)?;
        let width: usize = data.input_shape().iter().product();
        let mut values = Vec::with_capacity(data.len() * width);
        let all: Vec<usize> = (0..data.len()).collect();
        for indices in all.chunks(CHUNK) {
            let inputs = data.batch(indices)?.inputs.to_dtype(DType::F32)?;
            values.extend(inputs.to_vec::<f32>()?);
        }
        Points {
            values,
            count: data.len(),
            width,
        }
        .checked()
    }

    fn checked(self) -> Result<Points> {
        if self.width == 0 || self.count == 0 {
            let problem = format!("{} points of {} values", self.count, self.width);
            return Err(Error::argument("points", problem));
        }
        if let Some(at) = self.values.iter().position(|v| !v.is_finite()) {
            return Err(Error::data(
                "points",
                format!(
                    "sample {}, value {} is {}",
                    at / self.width,
                    at % self.width,
                    self.values[at]
                ),
                "remove the sample or fill in a number",
            ));
        }
        Ok(self)
    }

    /// Moves the points so that their mean is 0, which keeps distances exact; gives the mean.
    pub(crate) fn centre(&mut self) -> Vec<f32> {
        let mut sums = vec![0.0_f64; self.width];
        for row in self.values.chunks_exact(self.width) {
            sums.iter_mut()
                .zip(row)
                .for_each(|(sum, v)| *sum += f64::from(*v));
        }
        let mean: Vec<f32> = sums
            .iter()
            .map(|sum| (sum / self.count as f64) as f32)
            .collect();
        for row in self.values.chunks_exact_mut(self.width) {
            row.iter_mut().zip(&mean).for_each(|(v, mean)| *v -= mean);
        }
        mean
    }

    pub(crate) fn row(&self, at: usize) -> &[f32] {
        &self.values[at * self.width..(at + 1) * self.width]
    }
}

/// The squared length of each row.
pub(crate) fn squared_lengths(rows: &[f32], width: usize) -> Vec<f32> {
    rows.chunks_exact(width)
        .map(|row| row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() as f32)
        .collect()
}

/// `a·bᵀ` of rows: `out` `[rows of a, rows of b]`.
pub(crate) fn products(a: &[f32], b: &[f32], width: usize, out: &mut [f32]) {
    let (rows, columns) = (a.len() / width, b.len() / width);
    let views = (
        MatRef::row_major(a, rows, width),
        MatRef::row_major(b, columns, width),
        MatMut::row_major(out, rows, columns),
    );
    if let (Some(a), Some(b), Some(out)) = views {
        // The shapes fit by how they were made.
        let _ = gemm(a, b.t(), out, &Epilogue::default());
    }
}

/// The squared distance of two points.
pub(crate) fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum()
}
