//! k-means++: first centres that lie far from each other (Arthur and Vassilvitskii 2007).

use std::sync::Mutex;

use nn_core::kernels::threads::parallel_for_long;
use nn_core::{Purpose, Rng};

use crate::points::{Points, products, squared_lengths};

/// The draws of this file, apart from all others.
const SEEDING: Purpose = Purpose::Other(0x6b6d_6561_6e73);
/// Rows of a block: fixed, as it decides the rounding of sums.
const ROWS: usize = 1024;

/// `clusters` points as first centres, row-major.
///
/// The first is any point; each next one is drawn with a chance in proportion to its squared distance from the centres so far. Of
/// 2 + ln k candidates the one that leaves the least sum of distances is taken, as scikit-learn does.
pub(super) fn plus_plus(
    points: &Points,
    lengths: &[f32],
    clusters: usize,
    seed: u64,
    restart: u64,
) -> Vec<f32> {
    let mut rng = Rng::addressed(seed, SEEDING, restart, 0);
    let width = points.width;
    let mut centres = Vec::with_capacity(clusters * width);
    let first = rng.below(points.count);
    centres.extend_from_slice(points.row(first));
    let (mut nearest, _) = nearer(points, lengths, &[first], None).remove(0);
    let candidates = 2 + (clusters as f64).ln() as usize;
    while centres.len() < clusters * width {
        let drawn: Vec<usize> = draw(&nearest, candidates, &mut rng);
        let tried = nearer(points, lengths, &drawn, Some(&nearest));
        let best = tried
            .into_iter()
            .zip(&drawn)
            .min_by(|((_, a), _), ((_, b), _)| a.total_cmp(b));
        let Some(((distances, _), &chosen)) = best else {
            break;
        };
        nearest = distances;
        centres.extend_from_slice(points.row(chosen));
    }
    centres
}

/// Points with a chance in proportion to their weight; any, where all weights are 0.
fn draw(weights: &[f32], count: usize, rng: &mut Rng) -> Vec<usize> {
    let mut sums = Vec::with_capacity(weights.len());
    let mut total = 0.0_f64;
    for weight in weights {
        total += f64::from(*weight);
        sums.push(total);
    }
    (0..count)
        .map(|_| {
            if total <= 0.0 {
                return rng.below(weights.len());
            }
            let at = rng.uniform() * total;
            sums.partition_point(|&sum| sum <= at)
                .min(weights.len() - 1)
        })
        .collect()
}

/// For each candidate: the squared distance of every point from it, or from the centres before where that is less; and their sum.
fn nearer(
    points: &Points,
    lengths: &[f32],
    candidates: &[usize],
    before: Option<&[f32]>,
) -> Vec<(Vec<f32>, f64)> {
    let width = points.width;
    let rows: Vec<f32> = candidates
        .iter()
        .flat_map(|&at| points.row(at).to_vec())
        .collect();
    let row_lengths = squared_lengths(&rows, width);
    let count = candidates.len();
    let blocks: Vec<Mutex<Vec<f32>>> = (0..points.count.div_ceil(ROWS))
        .map(|_| Mutex::default())
        .collect();
    parallel_for_long(blocks.len(), &|block| {
        let first = block * ROWS;
        let here = &points.values[first * width..((first + ROWS) * width).min(points.values.len())];
        let mut out = vec![0.0_f32; here.len() / width * count];
        products(here, &rows, width, &mut out);
        for (at, line) in out.chunks_exact_mut(count).enumerate() {
            let sample = first + at;
            for ((value, length), candidate) in line.iter_mut().zip(&row_lengths).zip(candidates) {
                // What rounding leaves of a distance of 0 must not be drawn.
                let distance = if *candidate == sample {
                    0.0
                } else {
                    (lengths[sample] + length - 2.0 * *value).max(0.0)
                };
                *value = before.map_or(distance, |before| distance.min(before[sample]));
            }
        }
        if let Ok(mut slot) = blocks[block].lock() {
            *slot = out;
        }
    });
    let mut found = vec![(Vec::with_capacity(points.count), 0.0_f64); count];
    for block in blocks {
        let block = block.into_inner().unwrap_or_default();
        for (candidate, (distances, total)) in found.iter_mut().enumerate() {
            let before = distances.len();
            distances.extend(block.iter().skip(candidate).step_by(count));
            *total += distances[before..]
                .iter()
                .map(|d| f64::from(*d))
                .sum::<f64>();
        }
    }
    found
}
