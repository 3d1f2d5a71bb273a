//! k-means: k centres such that the samples lie as near to their centre as possible.

use std::sync::Mutex;

use nn_core::kernels::threads::parallel_for_long;
use nn_core::{DType, Purpose, Rng, Tensor};
use serde::{Deserialize, Serialize};

use super::seeding::plus_plus;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::points::{Points, products, squared_distance, squared_lengths};

/// The order of samples in mini-batches, apart from other draws.
const BATCHES: Purpose = Purpose::Other(0x6b6d_6261_7463_68);
/// Rows that go through the matrix product at once.
const ROWS: usize = 256;
/// Sums are made in at most so many blocks, of at least so many rows: fixed, as the blocks decide the rounding.
const BLOCKS: usize = 32;
const BLOCK_ROWS: usize = 1024;
/// After so many rows a sum of f32 moves on to f64.
const FLUSH: usize = 4096;

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
            let run = Run::from(
                &points,
                &lengths,
                start,
                options,
                options.tolerance * variance,
            );
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

/// What a block of samples says of the centres.
#[derive(Default)]
struct Block {
    labels: Vec<u32>,
    /// `[clusters, width]`
    sums: Vec<f64>,
    counts: Vec<u64>,
    changed: bool,
}

impl Run {
    fn from(
        points: &Points,
        lengths: &[f32],
        start: Vec<f32>,
        options: &KMeansOptions,
        tolerance: f64,
    ) -> Run {
        let (width, clusters) = (points.width, options.clusters);
        let block_rows = points.count.div_ceil(BLOCKS).max(BLOCK_ROWS);
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
            fill_empty(points, lengths, &run, &mut sums, &mut counts);
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

/// Gives centres without samples the samples that lie farthest from their own centres.
fn fill_empty(points: &Points, lengths: &[f32], run: &Run, sums: &mut [f64], counts: &mut [u64]) {
    let empty: Vec<usize> = (0..counts.len()).filter(|&at| counts[at] == 0).collect();
    if empty.is_empty() {
        return;
    }
    let width = points.width;
    let centre = |label: usize| &run.centres[label * width..(label + 1) * width];
    let mut far: Vec<(f64, usize)> = (0..points.count)
        .filter(|&at| lengths[at].is_finite())
        .map(|at| {
            (
                squared_distance(points.row(at), centre(run.labels[at] as usize)),
                at,
            )
        })
        .collect();
    far.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut far = far.into_iter().map(|(_, at)| at);
    for cluster in empty {
        // A centre that would lose its last sample keeps it.
        let Some(sample) = far.find(|&at| counts[run.labels[at] as usize] > 1) else {
            return;
        };
        let from = run.labels[sample] as usize;
        for (column, &value) in points.row(sample).iter().enumerate() {
            sums[from * width + column] -= f64::from(value);
            sums[cluster * width + column] = f64::from(value);
        }
        counts[from] -= 1;
        counts[cluster] = 1;
    }
}

/// Centres, ready to be compared with.
struct Assign<'a> {
    centres: &'a [f32],
    /// ½‖c‖² of each.
    halves: Vec<f32>,
    width: usize,
}

impl<'a> Assign<'a> {
    fn new(centres: &'a [f32], width: usize) -> Self {
        let halves = squared_lengths(centres, width)
            .iter()
            .map(|l| 0.5 * l)
            .collect();
        Assign {
            centres,
            halves,
            width,
        }
    }

    /// Calls `take` with the nearest centre of each row: the least ½‖c‖² − x·c, as ‖x‖² is the same for all.
    fn each(&self, rows: &[f32], mut take: impl FnMut(usize, u32)) {
        let clusters = self.halves.len();
        let mut scores = vec![0.0_f32; ROWS * clusters];
        for (chunk, rows) in rows.chunks(ROWS * self.width).enumerate() {
            let count = rows.len() / self.width;
            let scores = &mut scores[..count * clusters];
            products(rows, self.centres, self.width, scores);
            for (at, line) in scores.chunks_exact(clusters).enumerate() {
                let (mut best, mut least) = (0, f32::INFINITY);
                for (label, (product, half)) in line.iter().zip(&self.halves).enumerate() {
                    let score = half - product;
                    if score < least {
                        (best, least) = (label, score);
                    }
                }
                take(chunk * ROWS + at, best as u32);
            }
        }
    }

    /// Labels, sums and counts of a block.
    fn sum(&self, rows: &[f32], block: &mut Block) {
        let (clusters, width) = (self.halves.len(), self.width);
        let count = rows.len() / width;
        let fresh = block.labels.len() != count;
        block.labels.resize(count, u32::MAX);
        block.changed = fresh;
        block.counts.clear();
        block.counts.resize(clusters, 0);
        block.sums.clear();
        block.sums.resize(clusters * width, 0.0);
        let mut part = vec![0.0_f32; clusters * width];
        for (at, rows) in rows.chunks(FLUSH * width).enumerate() {
            let labels = &mut block.labels[at * FLUSH..];
            let (counts, changed) = (&mut block.counts, &mut block.changed);
            self.each(rows, |row, label| {
                let to = label as usize * width;
                let sum = &mut part[to..to + width];
                let values = &rows[row * width..(row + 1) * width];
                sum.iter_mut().zip(values).for_each(|(sum, v)| *sum += v);
                counts[label as usize] += 1;
                *changed |= labels[row] != label;
                labels[row] = label;
            });
            for (sum, part) in block.sums.iter_mut().zip(&mut part) {
                *sum += f64::from(std::mem::take(part));
            }
        }
    }
}

/// The nearest centre of each point.
fn nearest(points: &Points, centres: &[f32]) -> Vec<u32> {
    let width = points.width;
    let assign = Assign::new(centres, width);
    let slots: Vec<Mutex<Vec<u32>>> = (0..points.count.div_ceil(BLOCK_ROWS))
        .map(|_| Mutex::default())
        .collect();
    parallel_for_long(slots.len(), &|at| {
        let first = at * BLOCK_ROWS * width;
        let rows = &points.values[first..(first + BLOCK_ROWS * width).min(points.values.len())];
        let mut labels = Vec::with_capacity(BLOCK_ROWS);
        assign.each(rows, |_, label| labels.push(label));
        if let Ok(mut slot) = slots[at].lock() {
            *slot = labels;
        }
    });
    slots
        .into_iter()
        .flat_map(|slot| slot.into_inner().unwrap_or_default())
        .collect()
}

/// Σ‖x − centre‖², by the differences themselves.
fn inertia(points: &Points, centres: &[f32], labels: &[u32]) -> f64 {
    let width = points.width;
    let rows = points.values.chunks_exact(width).zip(labels);
    rows.map(|(row, &label)| {
        squared_distance(
            row,
            &centres[label as usize * width..(label as usize + 1) * width],
        )
    })
    .sum()
}

#[cfg(test)]
mod tests;
