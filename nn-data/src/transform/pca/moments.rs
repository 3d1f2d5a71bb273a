//! Mean and covariance of a stream, in one pass.

use std::sync::Mutex;

use nn_core::kernels::gemm::{Epilogue, GemmElement, MatMut, MatRef, gemm};
use nn_core::kernels::threads::{for_each_chunk, parallel_for_long};
use nn_core::{DType, Tensor};

use super::super::columns::{Columns, Runs};
use super::super::stream::Stream;
use super::Precision;
use crate::error::{Error, Result};

/// Samples in a block: few enough that a column often does not vary in it, enough for fast products.
const ROWS: usize = 512;
/// Rows of the covariance that are computed together; what lies left of them is known by symmetry.
const PANEL: usize = 64;
/// Blocks after whose means are folded into the whole.
const FOLD: usize = 64;
/// Sums that are run side by side and added in a fixed order, whatever the number of threads.
const LANES: usize = 8;
/// Rows of the covariance that one task adds up.
const JOINED: usize = 64;
/// Most numbers in all lanes together (256 MiB).
const LANE_VALUES: usize = 1 << 25;

/// Number, mean and scatter Σ (x − mean)(x − mean)ᵀ of the samples so far.
///
/// Each block is centred by its own mean, so that data far from zero loses no digits; the scatter of the block means is added
/// as in Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979. The
/// product of a block is in the type that was asked for, the sum over blocks in f64.
struct Moments<T> {
    width: usize,
    count: f64,
    mean: Vec<f64>,
    /// Row-major `[width, width]`, on and above the diagonal.
    scatter: Vec<f64>,
    /// Number of samples and mean of the blocks that are not folded in yet.
    blocks: Vec<(f64, Vec<f64>)>,
    /// Room for a centred block and for a panel of its product, kept from block to block.
    centred: Vec<T>,
    product: Vec<T>,
}

/// The result: covariance of the columns that vary.
pub(super) struct Covariance {
    pub(super) mean: Vec<f64>,
    /// The columns that vary.
    pub(super) columns: Runs,
    /// Σ (x − mean)(x − mean)ᵀ / (n − 1) of these columns, row-major and symmetric.
    pub(super) matrix: Vec<f64>,
}

impl Covariance {
    /// Of a whole stream.
    pub(super) fn of(stream: &Stream<'_>, precision: Precision) -> Result<Covariance> {
        match precision {
            Precision::Single => Moments::<f32>::of(stream),
            Precision::Double => Moments::<f64>::of(stream),
        }
    }
}

impl<T: GemmElement> Moments<T> {
    fn new(width: usize) -> Result<Self> {
        let mut scatter = Vec::new();
        scatter.try_reserve_exact(width * width).map_err(|_| {
            Error::argument(
                "pca",
                format!("the covariance of {width} columns does not fit into memory"),
            )
        })?;
        scatter.resize(width * width, 0.0);
        Ok(Moments {
            width,
            count: 0.0,
            mean: vec![0.0; width],
            scatter,
            blocks: Vec::new(),
            centred: Vec::new(),
            product: Vec::new(),
        })
    }

    /// Over a whole stream.
    fn of(stream: &Stream<'_>) -> Result<Covariance> {
        let width = stream.width();
        let rows = stream.block_rows(ROWS);
        let blocks = stream.len().div_ceil(rows);
        let lanes = (LANE_VALUES / (width * width).max(1))
            .clamp(1, LANES)
            .min(blocks);
        let done: Vec<Mutex<Result<Self>>> = (0..lanes)
            .map(|_| Mutex::new(Moments::new(width)))
            .collect();
        parallel_for_long(lanes, &|lane| {
            let Ok(mut slot) = done[lane].lock() else {
                return;
            };
            let mut failed = None;
            if let Ok(moments) = &mut *slot {
                for block in (lane..blocks).step_by(lanes) {
                    let first = block * rows;
                    let count = rows.min(stream.len() - first);
                    let added = stream
                        .rows(first, count)
                        .and_then(|values| moments.add(&values, stream, first));
                    if let Err(e) = added {
                        failed = Some(e);
                        break;
                    }
                }
            }
            if let Some(e) = failed {
                *slot = Err(e);
            }
        });
        let mut whole: Option<Self> = None;
        for lane in done {
            let lane = lane.into_inner().map_err(|_| Error::Worker {
                problem: "a block of samples could not be worked on".into(),
            })??;
            whole = Some(match whole {
                None => lane,
                Some(whole) => whole.joined(lane),
            });
        }
        match whole {
            Some(whole) => whole.covariance(),
            None => Err(Error::argument("pca", "there are no samples to fit it on")),
        }
    }

    fn add(&mut self, block: &Tensor, stream: &Stream<'_>, first: usize) -> Result<()> {
        let columns = match block.dtype() {
            DType::F64 => Columns::of(block.as_slice::<f64>()?, self.width),
            _ => Columns::of(block.as_slice::<f32>()?, self.width),
        };
        if columns.mean.iter().any(|mean| !mean.is_finite()) {
            stream.finite(block, first)?;
            return Err(Error::data(
                stream.name(),
                "its sums leave the range of numbers",
                "scale the values first",
            ));
        }
        let runs = columns.runs();
        self.add_product(block, &columns, &runs)?;
        self.blocks.push((block.dims()[0] as f64, columns.mean));
        if self.blocks.len() >= FOLD {
            self.fold()?;
        }
        Ok(())
    }

    /// Adds the scatter of a block about its own mean.
    fn add_product(&mut self, block: &Tensor, columns: &Columns, runs: &Runs) -> Result<()> {
        let (rows, active) = (block.dims()[0], runs.count());
        let (mut centred, mut product) = (
            std::mem::take(&mut self.centred),
            std::mem::take(&mut self.product),
        );
        centred.clear();
        match block.dtype() {
            DType::F64 => runs.centred(block.as_slice::<f64>()?, &columns.mean, &mut centred),
            _ => runs.centred(block.as_slice::<f32>()?, &columns.mean, &mut centred),
        }
        product.resize(PANEL.min(active) * active, T::ZERO);
        let places: Vec<usize> = runs.columns().collect();
        for start in (0..active).step_by(PANEL) {
            let (panel, right) = (PANEL.min(active - start), active - start);
            upper_panel(&centred[start..], rows, active, panel, right, &mut product)?;
            for (i, product) in product.chunks_exact(right).take(panel).enumerate() {
                let row = places[start + i] * self.width;
                let mut from = 0;
                for (begin, end) in runs.iter() {
                    // Left of the panel lies what is known by symmetry.
                    let begin = begin.max(places[start]);
                    if begin < end {
                        let into = &mut self.scatter[row + begin..row + end];
                        for (sum, v) in into.iter_mut().zip(&product[from..]) {
                            *sum += v.to_f64();
                        }
                        from += end - begin;
                    }
                }
            }
        }
        (self.centred, self.product) = (centred, product);
        Ok(())
    }

    /// Takes the blocks of which only the means were kept into mean and scatter.
    fn fold(&mut self) -> Result<()> {
        let mut parts = std::mem::take(&mut self.blocks);
        if self.count > 0.0 {
            parts.push((self.count, std::mem::take(&mut self.mean)));
        }
        let (count, mean) = joint_mean(&parts, self.width);
        let distances: Vec<f64> = parts
            .iter()
            .flat_map(|(n, part)| {
                let root = n.sqrt();
                part.iter()
                    .zip(&mean)
                    .map(move |(part, mean)| (part - mean) * root)
            })
            .collect();
        let width = self.width;
        let mut product = vec![0.0; PANEL.min(width) * width];
        for start in (0..width).step_by(PANEL) {
            let (panel, right) = (PANEL.min(width - start), width - start);
            upper_panel(
                &distances[start..],
                parts.len(),
                width,
                panel,
                right,
                &mut product,
            )?;
            for (i, product) in product.chunks_exact(right).take(panel).enumerate() {
                let row = &mut self.scatter[(start + i) * width + start..(start + i + 1) * width];
                row.iter_mut().zip(product).for_each(|(sum, v)| *sum += v);
            }
        }
        (self.count, self.mean) = (count, mean);
        Ok(())
    }

    /// Both together; what is not folded in yet stays so.
    fn joined(mut self, other: Moments<T>) -> Moments<T> {
        let rows = self.width.max(1);
        for_each_chunk(&mut self.scatter, rows * JOINED, |at, sums| {
            let more = &other.scatter[at * rows * JOINED..];
            sums.iter_mut().zip(more).for_each(|(sum, v)| *sum += v);
        });
        self.blocks.extend(other.blocks);
        if other.count > 0.0 {
            self.blocks.push((other.count, other.mean));
        }
        self
    }

    fn covariance(mut self) -> Result<Covariance> {
        self.fold()?;
        let divisor = (self.count - 1.0).max(1.0);
        let columns =
            Runs::of((0..self.width).filter(|&c| self.scatter[c * (self.width + 1)] > 0.0));
        let places: Vec<usize> = columns.columns().collect();
        let n = places.len();
        let mut matrix = vec![0.0; n * n];
        for (i, &row) in places.iter().enumerate() {
            for (j, &column) in places.iter().enumerate().skip(i) {
                let value = self.scatter[row * self.width + column] / divisor;
                matrix[i * n + j] = value;
                matrix[j * n + i] = value;
            }
        }
        Ok(Covariance {
            mean: self.mean,
            columns,
            matrix,
        })
    }
}

/// `out` `[panel, right]` = the first `panel` columns of `x`, transposed, times its first `right` columns; `x` has `rows` rows
/// `stride` apart.
fn upper_panel<T: GemmElement>(
    x: &[T],
    rows: usize,
    stride: usize,
    panel: usize,
    right: usize,
    out: &mut [T],
) -> Result<()> {
    let left = MatRef::new(x, panel, rows, 1, stride);
    let views = left
        .zip(MatRef::new(x, rows, right, stride, 1))
        .zip(MatMut::row_major(out, panel, right));
    let shape = |problem: String| Error::argument("pca", problem);
    let ((a, b), c) =
        views.ok_or_else(|| shape("a block is shorter than its shape says".into()))?;
    gemm(a, b, c, &Epilogue::default()).map_err(|e| shape(e.to_string()))
}

fn joint_mean(parts: &[(f64, Vec<f64>)], width: usize) -> (f64, Vec<f64>) {
    let count: f64 = parts.iter().map(|(n, _)| n).sum();
    let mut mean = vec![0.0; width];
    // About the first part, so that equal means stay exactly what they are.
    if let Some((_, first)) = parts.first() {
        for (n, part) in parts {
            for ((mean, v), first) in mean.iter_mut().zip(part).zip(first) {
                *mean += (v - first) * (n / count);
            }
        }
        mean.iter_mut()
            .zip(first)
            .for_each(|(mean, first)| *mean += first);
    }
    (count, mean)
}
