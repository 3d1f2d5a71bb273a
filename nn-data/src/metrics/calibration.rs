//! Calibration: whether of the samples with a score of 0.8 four in five are positive.

use nn_core::kernels::threads::map_long;
use serde::{Deserialize, Serialize};

use super::RankedScores;
use super::blocks;
use super::score::{Score, check_probabilities};
use crate::error::{Error, Result};

/// How scores are put into bins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binning {
    /// Bins of the same width from 0 to 1.
    #[default]
    Uniform,
    /// Bins with about the same number of samples.
    Quantile,
}

/// One bin of a reliability curve. It reaches from above `low` (the first: from `low`) up to and with `high`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Mean of the scores in it.
    pub mean_score: f64,
    /// Share of its samples that are positive.
    pub fraction: f64,
    /// Number of samples in it.
    pub count: u64,
}

/// The most bins there may be.
const MAX_BINS: usize = 1 << 12;

/// The most pieces that samples are counted in, each with bins of its own.
const PIECES: usize = 64;

/// The reliability curve: for each bin that is not empty, the mean score and the share of positives, which are equal
/// where scores are probabilities in earnest. As scikit-learn's `calibration_curve`.
///
/// # Errors
/// If the lengths differ or are 0, a score is not from 0 to 1, or there are 0 or more than 4096 bins.
///
/// ```
/// use nn_data::metrics::{Binning, calibration_curve};
///
/// let truth = [false, false, true, true];
/// let bins = calibration_curve(&truth, &[0.1, 0.3, 0.6, 0.9], 2, Binning::Uniform)?;
/// assert_eq!((bins[0].mean_score, bins[0].fraction), (0.2, 0.0));
/// assert_eq!((bins[1].mean_score, bins[1].fraction), (0.75, 1.0));
/// # Ok::<(), nn_data::Error>(())
/// ```
pub fn calibration_curve<S: Score>(
    truth: &[bool],
    scores: &[S],
    bins: usize,
    binning: Binning,
) -> Result<Vec<CalibrationBin>> {
    check_probabilities("calibration", truth, scores)?;
    check_bins(bins)?;
    match binning {
        Binning::Uniform => Ok(uniform(truth, scores, bins)),
        Binning::Quantile => Ok(by_rank(&RankedScores::new(truth, scores)?, bins)),
    }
}

fn check_bins(bins: usize) -> Result<()> {
    if (1..=MAX_BINS).contains(&bins) {
        return Ok(());
    }
    let problem = format!("{bins} bins, it takes 1 to {MAX_BINS}");
    Err(Error::argument("calibration", problem))
}

/// Sums over the samples of a bin.
#[derive(Clone, Copy, Default)]
struct Sums {
    scores: f64,
    positives: u64,
    count: u64,
}

impl Sums {
    fn bin(self, low: f64, high: f64) -> Option<CalibrationBin> {
        (self.count > 0).then(|| CalibrationBin {
            low,
            high,
            mean_score: self.scores / self.count as f64,
            fraction: self.positives as f64 / self.count as f64,
            count: self.count,
        })
    }
}

fn collect(sums: Vec<Sums>, edges: &[f64]) -> Vec<CalibrationBin> {
    let bins = sums.into_iter().zip(edges.windows(2));
    bins.filter_map(|(sums, edge)| sums.bin(edge[0], edge[1]))
        .collect()
}

fn uniform<S: Score>(truth: &[bool], scores: &[S], bins: usize) -> Vec<CalibrationBin> {
    let width = 1.0 / bins as f64;
    let edges: Vec<f64> = (0..bins)
        .map(|i| i as f64 * width)
        .chain(std::iter::once(1.0))
        .collect();
    let piece = scores.len().div_ceil(PIECES).max(blocks::BLOCK);
    let parts = map_long(scores.len().div_ceil(piece), |task| {
        let range = task * piece..((task + 1) * piece).min(scores.len());
        let mut sums = vec![Sums::default(); bins];
        for (&truth, score) in truth[range.clone()].iter().zip(&scores[range]) {
            let score = score.wide();
            // The product may be off by one bin at an edge; an edge belongs to the bin below it.
            let guess = ((score * bins as f64) as usize).min(bins - 1);
            let bin = guess + usize::from(guess + 1 < bins && score > edges[guess + 1])
                - usize::from(guess > 0 && score <= edges[guess]);
            let sums = &mut sums[bin];
            sums.scores += score;
            sums.positives += u64::from(truth);
            sums.count += 1;
        }
        sums
    });
    let mut total = vec![Sums::default(); bins];
    for part in parts {
        for (total, part) in total.iter_mut().zip(part) {
            total.scores += part.scores;
            total.positives += part.positives;
            total.count += part.count;
        }
    }
    collect(total, &edges)
}

/// Bins between the quantiles of the scores.
fn by_rank(ranked: &RankedScores, bins: usize) -> Vec<CalibrationBin> {
    let last = (ranked.samples() - 1) as f64;
    let edges: Vec<f64> = (0..=bins)
        // In percent and back, since the last bit decides on which side of an edge a score falls.
        .map(|i| match i == bins {
            true => last,
            false => i as f64 * (1.0 / bins as f64) * 100.0 / 100.0 * last,
        })
        .map(|rank| quantile(ranked, rank))
        .collect();
    let mut sums = vec![Sums::default(); bins];
    let inner = &edges[1..bins];
    for (score, count, positives) in ranked.groups() {
        let sums = &mut sums[inner.partition_point(|&edge| edge < score)];
        sums.scores += score * f64::from(count);
        sums.positives += u64::from(positives);
        sums.count += u64::from(count);
    }
    collect(sums, &edges)
}

/// The value at a rank that need not be whole, between its neighbours in proportion.
fn quantile(ranked: &RankedScores, rank: f64) -> f64 {
    let below = rank.floor();
    let (low, high) = (
        ranked.ascending(below as usize),
        ranked.ascending(below as usize + 1),
    );
    let share = rank - below;
    match share < 0.5 {
        true => low + (high - low) * share,
        false => high - (high - low) * (1.0 - share),
    }
}

/// ECE = Σ_b n_b/n · |share of positives − mean score| over bins b (Naeini et al. 2015): how far scores are from being
/// probabilities, on average.
///
/// # Errors
/// As [`calibration_curve`].
pub fn expected_calibration_error<S: Score>(
    truth: &[bool],
    scores: &[S],
    bins: usize,
    binning: Binning,
) -> Result<f64> {
    Ok(calibration_error(&calibration_curve(
        truth, scores, bins, binning,
    )?))
}

/// The expected calibration error of a curve that is there already.
pub fn calibration_error(bins: &[CalibrationBin]) -> f64 {
    let total: u64 = bins.iter().map(|bin| bin.count).sum();
    let gap = |bin: &CalibrationBin| (bin.fraction - bin.mean_score).abs() * bin.count as f64;
    super::quotient(bins.iter().map(gap).sum(), total as f64).0
}
