//! Which centre is nearest, and what the samples of each add up to.

use std::sync::Mutex;

use nn_core::kernels::threads::parallel_for_long;

use crate::points::{Points, products, squared_distance, squared_lengths};

/// Rows that go through the matrix product at once, and the most products.
const ROWS: usize = 256;
const PRODUCTS: usize = 1 << 22;
/// Samples of a task.
pub(super) const BLOCK_ROWS: usize = 1024;
/// After so many rows a sum of f32 moves on to f64.
const FLUSH: usize = 4096;

/// What a block of samples says of the centres.
#[derive(Default)]
pub(super) struct Block {
    pub(super) labels: Vec<u32>,
    /// `[clusters, width]`
    pub(super) sums: Vec<f64>,
    pub(super) counts: Vec<u64>,
    pub(super) changed: bool,
}

/// Gives centres without samples the samples that lie farthest from their own centres.
pub(super) fn fill_empty(
    points: &Points,
    centres: &[f32],
    labels: &[u32],
    sums: &mut [f64],
    counts: &mut [u64],
) {
    let empty: Vec<usize> = (0..counts.len()).filter(|&at| counts[at] == 0).collect();
    if empty.is_empty() {
        return;
    }
    let width = points.width;
    let centre = |label: usize| &centres[label * width..(label + 1) * width];
    let mut far: Vec<(f64, usize)> = (0..points.count)
        .map(|at| {
            (
                squared_distance(points.row(at), centre(labels[at] as usize)),
                at,
            )
        })
        .collect();
    far.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut far = far.into_iter().map(|(_, at)| at);
    for cluster in empty {
        // A centre that would lose its last sample keeps it.
        let Some(sample) = far.find(|&at| counts[labels[at] as usize] > 1) else {
            return;
        };
        let from = labels[sample] as usize;
        for (column, &value) in points.row(sample).iter().enumerate() {
            sums[from * width + column] -= f64::from(value);
            sums[cluster * width + column] = f64::from(value);
        }
        counts[from] -= 1;
        counts[cluster] = 1;
    }
}

/// Centres, ready to be compared with.
pub(super) struct Assign<'a> {
    centres: &'a [f32],
    /// ½‖c‖² of each.
    halves: Vec<f32>,
    width: usize,
}

impl<'a> Assign<'a> {
    pub(super) fn new(centres: &'a [f32], width: usize) -> Self {
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
        let each = (PRODUCTS / clusters).clamp(1, ROWS);
        let mut scores = vec![0.0_f32; each * clusters];
        for (chunk, rows) in rows.chunks(each * self.width).enumerate() {
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
                take(chunk * each + at, best as u32);
            }
        }
    }

    /// Labels, sums and counts of a block.
    pub(super) fn sum(&self, rows: &[f32], block: &mut Block) {
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
pub(super) fn nearest(points: &Points, centres: &[f32]) -> Vec<u32> {
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
pub(super) fn inertia(points: &Points, centres: &[f32], labels: &[u32]) -> f64 {
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
