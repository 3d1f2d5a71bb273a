//! k-means: k centres such that the samples lie as near to their centre as possible.

use std::sync::Mutex;

use nn_core::kernels::threads::parallel_for_long;
use nn_core::{DType, Purpose, Rng, Tensor};
use serde::{Deserialize, Serialize};

use super::assign::{Assign, BLOCK_ROWS, Block, fill_empty, inertia, nearest};
use super::seeding::plus_plus;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::points::{Points, squared_lengths};

/// The order of samples in mini-batches, apart from other draws.
const BATCHES: Purpose = Purpose::Other(0x006b_6d62_6174_6368);
/// Sums are made in at most so many blocks: fixed, as the blocks decide the rounding.
const BLOCKS: usize = 32;
/// And of at most so many values in all (512 MiB), where there are many clusters of wide samples.
const SUMS: usize = 1 << 26;

/// Where centres start.
#[derive(Debug, Clone, Default)]
pub enum Start {
    /// At points far from each other: k-means++.
    #[default]
    PlusPlus,
    /// Here: `[clusters, …sample]`.
    Given(Tensor),
}

/// What a [`KMeans`] is asked for.
#[derive(Debug, Clone)]
pub struct KMeansOptions {
    /// Number of clusters.
    pub clusters: usize,
    /// Where centres start. Default k-means++.
    pub start: Start,
    /// How often it starts anew, from other points; the best result counts. Default 3; 1 where the start is given.
    pub restarts: usize,
    /// Iterations at the most. Default 300.
    pub iterations: usize,
    /// It has converged when Σ‖shift of a centre‖² is at most this share of the mean variance of the columns. Default 10⁻⁴.
    pub tolerance: f64,
    /// Seed of the start. Default 0.
    pub seed: u64,
}

impl KMeansOptions {
    /// So many clusters, everything else at its default.
    pub fn new(clusters: usize) -> Self {
        KMeansOptions {
            clusters,
            start: Start::PlusPlus,
            restarts: 3,
            iterations: 300,
            tolerance: 1e-4,
            seed: 0,
        }
    }
}

/// Samples divided among centres (Lloyd 1982): each belongs to the nearest centre, each centre is the mean of its samples.
///
/// Distances are taken in f32 about the mean of the data, as scikit-learn takes them; sums and the inertia in f64. A centre that loses
/// all samples moves to the sample that is farthest from its own. The result does not depend on the number of threads.
///
/// ```
/// use nn_data::cluster::{KMeans, KMeansOptions};
/// use nn_data::dataset;
///
/// let clusters = KMeans::fit(&dataset::iris()?, &KMeansOptions::new(3))?;
/// assert!((clusters.inertia() - 78.85).abs() < 0.1);
/// assert_eq!(clusters.labels().len(), 150);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KMeans {
    /// `[clusters, width]`
    centres: Tensor,
    labels: Vec<u32>,
    inertia: f64,
    iterations: usize,
    converged: bool,
}

impl KMeans {
    /// Fits on the inputs of a data set, held in memory as f32.
    ///
    /// # Errors
    /// If there are fewer samples than clusters, a value is not finite, a start has another shape, or an option is out of range.
    pub fn fit(data: &dyn Dataset, options: &KMeansOptions) -> Result<KMeans> {
        Self::fit_points(Points::of_data(data)?, options)
    }

    /// Fits on the rows of a tensor `[samples, …]`.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_rows(rows: &Tensor, options: &KMeansOptions) -> Result<KMeans> {
        Self::fit_points(Points::of(rows)?, options)
    }

    fn fit_points(mut points: Points, options: &KMeansOptions) -> Result<KMeans> {
        check(points.count, options)?;
        let (width, clusters) = (points.width, options.clusters);
        let mean = points.centre();
        let lengths = squared_lengths(&points.values, width);
        let given = match &options.start {
            Start::PlusPlus => None,
            Start::Given(start) => Some(centred(start, &mean, clusters)?),
        };
        let variance =
            lengths.iter().map(|l| f64::from(*l)).sum::<f64>() / (points.count * width) as f64;
        let restarts = if given.is_some() { 1 } else { options.restarts };
        let mut best: Option<Run> = None;
        for restart in 0..restarts as u64 {
            let start = match &given {
                Some(start) => start.clone(),
                None => plus_plus(&points, &lengths, clusters, options.seed, restart),
            };
            let run = Run::from(&points, start, options, options.tolerance * variance);
            if best.as_ref().is_none_or(|best| run.inertia < best.inertia) {
                best = Some(run);
            }
        }
        let Some(run) = best else {
            return Err(Error::argument("k-means", "restarts must be at least 1"));
        };
        let centres: Vec<f32> = run
            .centres
            .chunks_exact(width)
            .flat_map(|row| row.iter().zip(&mean).map(|(v, mean)| v + mean))
            .collect();
        Ok(KMeans {
            centres: Tensor::from_vec(centres, [clusters, width])?,
            labels: run.labels,
            inertia: run.inertia,
            iterations: run.iterations,
            converged: run.converged,
        })
    }

    /// Fits on data that may be larger than memory, batch by batch (Sculley 2010): `epochs` passes in batches of `batch` samples, each
    /// of which moves its centre by 1 / (samples the centre has seen). The start is found among the first 10 · `batch` samples drawn.
    ///
    /// # Errors
    /// As [`fit`](Self::fit); also if `batch` is 0 or less than the number of clusters.
    pub fn fit_batches(
        data: &dyn Dataset,
        options: &KMeansOptions,
        batch: usize,
        epochs: usize,
    ) -> Result<KMeans> {
        check(data.len(), options)?;
        if batch < options.clusters.max(1) {
            let problem = format!("batches of {batch} for {} clusters", options.clusters);
            return Err(Error::argument("k-means", problem));
        }
        let order = |epoch: usize| {
            Rng::addressed(options.seed, BATCHES, epoch as u64, 0).permutation(data.len())
        };
        let rows =
            |indices: &[usize]| -> Result<Points> { Points::of(&data.batch(indices)?.inputs) };
        let first = rows(&order(0)[..data.len().min(10 * batch)])?;
        let (width, clusters) = (first.width, options.clusters);
        let mut centres = match &options.start {
            Start::Given(start) => centred(start, &vec![0.0; width], clusters)?,
            Start::PlusPlus => {
                let lengths = squared_lengths(&first.values, width);
                plus_plus(&first, &lengths, clusters, options.seed, 0)
            }
        };
        let mut seen = vec![0_u64; clusters];
        for epoch in 0..epochs {
            for indices in order(epoch).chunks(batch) {
                let points = rows(indices)?;
                let labels = nearest(&points, &centres);
                for (row, label) in points.values.chunks_exact(width).zip(labels) {
                    let label = label as usize;
                    seen[label] += 1;
                    let rate = 1.0 / seen[label] as f32;
                    let centre = &mut centres[label * width..(label + 1) * width];
                    centre
                        .iter_mut()
                        .zip(row)
                        .for_each(|(c, v)| *c += rate * (v - *c));
                }
            }
        }
        let mut fitted = KMeans {
            centres: Tensor::from_vec(centres, [clusters, width])?,
            labels: Vec::with_capacity(data.len()),
            inertia: 0.0,
            iterations: epochs,
            converged: false,
        };
        let centres = fitted.centres.to_vec::<f32>()?;
        for indices in (0..data.len()).collect::<Vec<_>>().chunks(batch) {
            let points = rows(indices)?;
            let labels = nearest(&points, &centres);
            fitted.inertia += inertia(&points, &centres, &labels);
            fitted.labels.extend(labels);
        }
        Ok(fitted)
    }

    /// The cluster of each sample `[n, …]`: the nearest centre, the first of equal ones.
    ///
    /// # Errors
    /// If a sample has another number of values, or one that is not finite.
    pub fn predict(&self, samples: &Tensor) -> Result<Vec<u32>> {
        if samples.dims().first() == Some(&0) {
            return Ok(Vec::new());
        }
        let points = Points::of(samples)?;
        let [_, width] = *self.centres.dims() else {
            return Err(Error::argument("k-means", "the centres are no matrix"));
        };
        if points.width != width {
            let problem = format!(
                "samples of {} values, the centres have {width}",
                points.width
            );
            return Err(Error::argument("k-means", problem));
        }
        Ok(nearest(&points, &self.centres.to_vec::<f32>()?))
    }

    /// The centres, `[clusters, width]`.
    pub fn centres(&self) -> &Tensor {
        &self.centres
    }

    /// The cluster of each sample that it was fitted on.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Σ‖x − centre of x‖² over these samples.
    pub fn inertia(&self) -> f64 {
        self.inertia
    }

    /// Iterations of the best start, or epochs.
    pub fn iterations(&self) -> usize {
        self.iterations
    }

    /// Whether it ended because nothing changed any more.
    pub fn converged(&self) -> bool {
        self.converged
    }
}

fn check(samples: usize, options: &KMeansOptions) -> Result<()> {
    let problem = if options.clusters == 0 || options.clusters > samples {
        format!("{} clusters of {samples} samples", options.clusters)
    } else if options.iterations == 0 {
        "iterations must be at least 1".into()
    } else if !(options.tolerance >= 0.0 && options.tolerance.is_finite()) {
        format!("the tolerance cannot be {}", options.tolerance)
    } else if u32::try_from(options.clusters).is_err() {
        "there are too many clusters".into()
    } else {
        return Ok(());
    };
    Err(Error::argument("k-means", problem))
}

/// Given centres, moved as the points were.
fn centred(start: &Tensor, mean: &[f32], clusters: usize) -> Result<Vec<f32>> {
    let start = Points::of(&start.to_dtype(DType::F32)?)?;
    if start.count != clusters || start.width != mean.len() {
        let problem = format!(
            "{} centres of {} values were given to start from, {clusters} of {} are needed",
            start.count,
            start.width,
            mean.len()
        );
        return Err(Error::argument("k-means", problem));
    }
    let rows = start.values.chunks_exact(mean.len());
    Ok(rows
        .flat_map(|row| row.iter().zip(mean).map(|(v, mean)| v - mean))
        .collect())
}

/// One way from a start to the end.
struct Run {
    centres: Vec<f32>,
    labels: Vec<u32>,
    inertia: f64,
    iterations: usize,
    converged: bool,
}

impl Run {
    fn from(points: &Points, start: Vec<f32>, options: &KMeansOptions, tolerance: f64) -> Run {
        let (width, clusters) = (points.width, options.clusters);
        let blocks = (SUMS / (clusters * width)).clamp(1, BLOCKS);
        let block_rows = points.count.div_ceil(blocks).max(BLOCK_ROWS);
        let blocks: Vec<Mutex<Block>> = (0..points.count.div_ceil(block_rows))
            .map(|_| Mutex::default())
            .collect();
        let mut run = Run {
            centres: start,
            labels: Vec::new(),
            inertia: 0.0,
            iterations: 0,
            converged: false,
        };
        while run.iterations < options.iterations && !run.converged {
            run.iterations += 1;
            let assign = Assign::new(&run.centres, width);
            parallel_for_long(blocks.len(), &|at| {
                let first = at * block_rows * width;
                let rows =
                    &points.values[first..(first + block_rows * width).min(points.values.len())];
                if let Ok(mut block) = blocks[at].lock() {
                    assign.sum(rows, &mut block);
                }
            });
            let mut sums = vec![0.0_f64; clusters * width];
            let mut counts = vec![0_u64; clusters];
            let (mut changed, mut labels) = (false, Vec::with_capacity(points.count));
            for block in &blocks {
                let Ok(block) = block.lock() else { continue };
                sums.iter_mut()
                    .zip(&block.sums)
                    .for_each(|(sum, part)| *sum += part);
                counts
                    .iter_mut()
                    .zip(&block.counts)
                    .for_each(|(count, part)| *count += part);
                changed |= block.changed;
                labels.extend_from_slice(&block.labels);
            }
            run.labels = labels;
            if !changed {
                // The centres are the means of these very samples.
                run.converged = true;
                break;
            }
            fill_empty(points, &run.centres, &run.labels, &mut sums, &mut counts);
            let mut shift = 0.0;
            for ((centre, sum), count) in (run.centres.chunks_exact_mut(width))
                .zip(sums.chunks_exact(width))
                .zip(&counts)
            {
                if *count == 0 {
                    continue;
                }
                for (value, sum) in centre.iter_mut().zip(sum) {
                    let new = (sum / *count as f64) as f32;
                    shift += f64::from(new - *value).powi(2);
                    *value = new;
                }
            }
            run.converged = shift <= tolerance;
        }
        // After the last move of the centres, samples may belong elsewhere.
        run.labels = nearest(points, &run.centres);
        run.inertia = inertia(points, &run.centres, &run.labels);
        run
    }
}

#[cfg(test)]
mod tests;
