//! y = (x − mean)·F and x = y·B + mean: what principal components and whitening come down to.

use std::sync::Mutex;

use nn_core::kernels::float::Float;
use nn_core::kernels::gemm::{Epilogue, GemmElement, MatMut, MatRef, gemm};
use nn_core::kernels::threads::for_each_chunk;
use nn_core::{DType, Tensor};

use super::columns::{Columns, Runs};
use crate::error::{Error, Result};

/// Samples that are worked on together.
const ROWS: usize = 512;
/// From so many rows on it pays to look for columns that do not vary among them.
const LOOK: usize = 256;

/// A linear map of samples and the way back, in the arithmetic of the type of its matrices.
#[derive(Debug, Clone)]
pub(super) struct Projection {
    what: &'static str,
    mean: Vec<f64>,
    matrices: Matrices,
    outputs: usize,
}

#[derive(Debug, Clone)]
enum Matrices {
    Single(Pair<f32>),
    Double(Pair<f64>),
}

#[derive(Debug, Clone)]
struct Pair<T> {
    /// The inputs that anything comes of.
    inputs: Runs,
    /// `[inputs, outputs]`, the rows of those inputs.
    forward: Vec<T>,
    /// `[outputs, width]`
    backward: Vec<T>,
}

impl Projection {
    /// From `forward` `[width, outputs]` and `backward` `[outputs, width]`, row-major.
    ///
    /// # Errors
    /// If a number is not finite or the sizes do not fit.
    pub(super) fn new(
        what: &'static str,
        mean: Vec<f64>,
        forward: &[f64],
        backward: &[f64],
        dtype: DType,
    ) -> Result<Self> {
        let width = mean.len();
        let outputs = forward.len() / width.max(1);
        let fits = width > 0 && forward.len() == width * outputs && backward.len() == forward.len();
        let finite = [&mean[..], forward, backward]
            .iter()
            .all(|v| v.iter().all(|v| v.is_finite()));
        if !fits || !finite {
            return Err(Error::argument(
                what,
                "its parameters are not finite or do not fit each other",
            ));
        }
        let matrices = match dtype {
            DType::F64 => Matrices::Double(Pair::new(width, outputs, forward, backward)),
            _ => Matrices::Single(Pair::new(width, outputs, forward, backward)),
        };
        Ok(Projection {
            what,
            mean,
            matrices,
            outputs,
        })
    }

    /// Values of a sample that comes in.
    pub(super) fn width(&self) -> usize {
        self.mean.len()
    }

    /// Values of a sample that comes out.
    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }

    /// y = (x − mean)·F for `[n, …]`, giving `[n, outputs]`.
    pub(super) fn forward(&self, batch: &Tensor) -> Result<Tensor> {
        let rows = self.check(batch, self.width())?;
        match &self.matrices {
            Matrices::Single(pair) => self.run(batch, rows, self.outputs, |x, y| {
                pair.forward(&self.mean, x, y)
            }),
            Matrices::Double(pair) => self.run(batch, rows, self.outputs, |x, y| {
                pair.forward(&self.mean, x, y)
            }),
        }
    }

    /// x = y·B + mean for `[n, outputs]`, giving `[n, width]`.
    pub(super) fn backward(&self, batch: &Tensor) -> Result<Tensor> {
        let rows = self.check(batch, self.outputs)?;
        match &self.matrices {
            Matrices::Single(pair) => self.run(batch, rows, self.width(), |y, x| {
                pair.backward(&self.mean, y, x)
            }),
            Matrices::Double(pair) => self.run(batch, rows, self.width(), |y, x| {
                pair.backward(&self.mean, y, x)
            }),
        }
    }

    /// The gradient for x from the gradient for y: g·Fᵀ, `[n, outputs]` → `[n, width]`.
    pub(super) fn pull_back(&self, gradient: &Tensor) -> Result<Tensor> {
        let rows = self.check(gradient, self.outputs)?;
        match &self.matrices {
            Matrices::Single(pair) => {
                self.run(gradient, rows, self.width(), |g, x| pair.pull_back(g, x))
            }
            Matrices::Double(pair) => {
                self.run(gradient, rows, self.width(), |g, x| pair.pull_back(g, x))
            }
        }
    }

    fn check(&self, batch: &Tensor, width: usize) -> Result<usize> {
        let Some((&rows, shape)) = batch.dims().split_first() else {
            return Err(Error::argument(
                self.what,
                "a batch needs an axis of samples",
            ));
        };
        super::check_width(self.what, shape.iter().product(), width)?;
        Ok(rows)
    }

    /// Block by block; each is worked on by itself, so that threads change nothing.
    fn run(
        &self,
        batch: &Tensor,
        rows: usize,
        to: usize,
        f: impl Fn(Values<'_>, Sink<'_>) -> Result<()> + Sync,
    ) -> Result<Tensor> {
        let batch = match batch.dtype().is_float() {
            true => batch.contiguous()?,
            false => batch.to_dtype(DType::F32)?,
        };
        let mut out = Tensor::zeros([rows, to], batch.dtype())?;
        let from = batch.len() / rows.max(1);
        let failed = Mutex::new(Ok(()));
        let note = |result: Result<()>| {
            if let (Err(e), Ok(mut failed)) = (result, failed.lock()) {
                *failed = Err(e);
            }
        };
        let part = |i: usize, len: usize| i * ROWS * from..(i * ROWS + len / to.max(1)) * from;
        match batch.dtype() {
            DType::F64 => {
                let x = batch.as_slice::<f64>()?;
                for_each_chunk(out.make_mut::<f64>()?, ROWS * to, |i, y| {
                    let x = &x[part(i, y.len())];
                    note(f(Values::Double(x), Sink::Double(y)));
                });
            }
            _ => {
                let x = batch.as_slice::<f32>()?;
                for_each_chunk(out.make_mut::<f32>()?, ROWS * to, |i, y| {
                    let x = &x[part(i, y.len())];
                    note(f(Values::Single(x), Sink::Single(y)));
                });
            }
        }
        failed.into_inner().unwrap_or(Ok(()))?;
        Ok(out)
    }
}

/// Samples of either type.
#[derive(Clone, Copy)]
enum Values<'a> {
    Single(&'a [f32]),
    Double(&'a [f64]),
}

/// Where results of either type go.
enum Sink<'a> {
    Single(&'a mut [f32]),
    Double(&'a mut [f64]),
}

impl Values<'_> {
    fn columns(self, width: usize) -> Columns {
        match self {
            Values::Single(x) => Columns::of(x, width),
            Values::Double(x) => Columns::of(x, width),
        }
    }

    fn centred<T: Float>(self, runs: &Runs, mean: &[f64]) -> Vec<T> {
        let len = match self {
            Values::Single(x) => x.len(),
            Values::Double(x) => x.len(),
        };
        let mut out = Vec::with_capacity(len / mean.len().max(1) * runs.count());
        match self {
            Values::Single(x) => runs.centred(x, mean, &mut out),
            Values::Double(x) => runs.centred(x, mean, &mut out),
        }
        out
    }
}

/// Arithmetic in `T`, whatever the samples are.
trait Arithmetic: GemmElement {
    /// The numbers of a sink if they are of this type.
    fn own<'a>(sink: &'a mut Sink<'_>) -> Option<&'a mut [Self]>;

    /// `y = x·f + bias` for `x` `[rows, inner]`.
    fn product(
        x: &[Self],
        f: MatRef<'_, Self>,
        bias: Option<&[Self]>,
        mut y: Sink<'_>,
    ) -> Result<()> {
        let (inner, outputs) = (f.rows(), f.cols());
        let epilogue = Epilogue {
            bias,
            ..Epilogue::default()
        };
        let rows = match &y {
            Sink::Single(y) => y.len(),
            Sink::Double(y) => y.len(),
        } / outputs.max(1);
        let run = |y: &mut [Self]| {
            let views = MatRef::row_major(x, rows, inner).zip(MatMut::row_major(y, rows, outputs));
            let shape = |problem: String| Error::argument("projection", problem);
            let (x, y) =
                views.ok_or_else(|| shape("a block is shorter than its shape says".into()))?;
            gemm(x, f, y, &epilogue).map_err(|e| shape(e.to_string()))
        };
        if let Some(y) = Self::own(&mut y) {
            return run(y);
        }
        let mut scratch = vec![Self::ZERO; rows * outputs];
        run(&mut scratch)?;
        match y {
            Sink::Single(y) => y
                .iter_mut()
                .zip(&scratch)
                .for_each(|(y, v)| *y = v.to_f64() as f32),
            Sink::Double(y) => y
                .iter_mut()
                .zip(&scratch)
                .for_each(|(y, v)| *y = v.to_f64()),
        }
        Ok(())
    }
}

impl Arithmetic for f32 {
    fn own<'a>(sink: &'a mut Sink<'_>) -> Option<&'a mut [f32]> {
        match sink {
            Sink::Single(y) => Some(y),
            Sink::Double(_) => None,
        }
    }
}

impl Arithmetic for f64 {
    fn own<'a>(sink: &'a mut Sink<'_>) -> Option<&'a mut [f64]> {
        match sink {
            Sink::Single(_) => None,
            Sink::Double(y) => Some(y),
        }
    }
}

impl<T: Arithmetic> Pair<T> {
    fn new(width: usize, outputs: usize, forward: &[f64], backward: &[f64]) -> Self {
        let row = |input: usize| &forward[input * outputs..(input + 1) * outputs];
        let inputs = Runs::of((0..width).filter(|&input| row(input).iter().any(|&w| w != 0.0)));
        let convert = |v: &f64| T::from_f64(*v);
        Pair {
            forward: inputs.columns().flat_map(row).map(convert).collect(),
            backward: backward.iter().map(convert).collect(),
            inputs,
        }
    }

    fn view<'a>(data: &'a [T], rows: usize, cols: usize) -> Result<MatRef<'a, T>> {
        MatRef::row_major(data, rows, cols)
            .ok_or_else(|| Error::argument("projection", "a matrix is smaller than its shape says"))
    }

    fn forward(&self, mean: &[f64], x: Values<'_>, y: Sink<'_>) -> Result<()> {
        let outputs = self.forward.len() / self.inputs.count().max(1);
        let samples = match x {
            Values::Single(x) => x.len(),
            Values::Double(x) => x.len(),
        } / mean.len();
        if samples < LOOK {
            let x: Vec<T> = x.centred(&self.inputs, mean);
            return T::product(
                &x,
                Self::view(&self.forward, self.inputs.count(), outputs)?,
                None,
                y,
            );
        }
        // What does not vary within the block adds the same to every sample.
        let columns = x.columns(mean.len());
        let mut bias = vec![0.0f64; outputs];
        let (mut rows, mut varying) = (Vec::new(), Vec::new());
        for (at, column) in self.inputs.columns().enumerate() {
            let row = &self.forward[at * outputs..(at + 1) * outputs];
            if columns.varies(column) {
                varying.push(column);
                rows.extend_from_slice(row);
            } else {
                let distance = columns.mean[column] - mean[column];
                bias.iter_mut()
                    .zip(row)
                    .for_each(|(sum, w)| *sum += distance * w.to_f64());
            }
        }
        let varying = Runs::of(varying.into_iter());
        let bias: Vec<T> = bias.into_iter().map(T::from_f64).collect();
        let x: Vec<T> = x.centred(&varying, mean);
        T::product(
            &x,
            Self::view(&rows, varying.count(), outputs)?,
            Some(&bias),
            y,
        )
    }

    fn backward(&self, mean: &[f64], y: Values<'_>, x: Sink<'_>) -> Result<()> {
        let outputs = self.backward.len() / mean.len();
        let bias: Vec<T> = mean.iter().map(|&v| T::from_f64(v)).collect();
        let all = Runs::of(0..outputs);
        let y: Vec<T> = y.centred(&all, &vec![0.0; outputs]);
        T::product(
            &y,
            Self::view(&self.backward, outputs, mean.len())?,
            Some(&bias),
            x,
        )
    }

    fn pull_back(&self, gradient: Values<'_>, x: Sink<'_>) -> Result<()> {
        let width = self.backward.len() / (self.forward.len() / self.inputs.count().max(1)).max(1);
        let outputs = self.backward.len() / width.max(1);
        let all = Runs::of(0..outputs);
        let gradient: Vec<T> = gradient.centred(&all, &vec![0.0; outputs]);
        // The whole of F again, the inputs that nothing comes of with zeros.
        let mut forward = vec![T::ZERO; width * outputs];
        for (row, input) in self
            .forward
            .chunks_exact(outputs.max(1))
            .zip(self.inputs.columns())
        {
            forward[input * outputs..(input + 1) * outputs].copy_from_slice(row);
        }
        T::product(
            &gradient,
            Self::view(&forward, width, outputs)?.t(),
            None,
            x,
        )
    }
}
