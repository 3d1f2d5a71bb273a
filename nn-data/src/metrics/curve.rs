//! Curves over all thresholds: ROC, and precision against recall.

use nn_core::kernels::threads::{for_each_chunk, for_each_chunk2};
use serde::{Deserialize, Serialize};

use super::blocks;
use super::blocks::BLOCK;

/// The receiver operating characteristic: how many positives are found for how many false alarms.
///
/// Begins at (0, 0) with the threshold +∞, above every score, and ends at (1, 1). As scikit-learn's `roc_curve`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RocCurve {
    /// fp / (fp + tn), ascending.
    pub false_positive_rate: Vec<f64>,
    /// tp / (tp + fn), ascending.
    pub true_positive_rate: Vec<f64>,
    /// The lowest score that counts as positive, descending.
    pub thresholds: Vec<f64>,
}

/// Precision against recall, thresholds ascending, so that the recall falls from 1 to 0.
///
/// The last point, precision 1 at recall 0, has no threshold: there is one threshold less than points. As scikit-learn's
/// `precision_recall_curve`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PrecisionRecallCurve {
    /// tp / (tp + fp).
    pub precision: Vec<f64>,
    /// tp / (tp + fn), descending.
    pub recall: Vec<f64>,
    /// The lowest score that counts as positive, ascending.
    pub thresholds: Vec<f64>,
}

impl RocCurve {
    pub(super) fn new(
        thresholds: &[f64],
        hits: &[u32],
        flagged: &[u32],
        positives: u32,
        negatives: u32,
    ) -> Self {
        let kept = corners(hits, flagged);
        let points = kept.len() + 1;
        let mut curve = RocCurve {
            false_positive_rate: vec![0.0; points],
            true_positive_rate: vec![0.0; points],
            thresholds: vec![f64::INFINITY; points],
        };
        for_each_chunk(&mut curve.thresholds[1..], BLOCK, |task, out| {
            for (out, &at) in out.iter_mut().zip(&kept[task * BLOCK..]) {
                *out = thresholds[at as usize];
            }
        });
        for_each_chunk2(
            &mut curve.false_positive_rate[1..],
            &mut curve.true_positive_rate[1..],
            (BLOCK, BLOCK),
            |task, alarms, found| {
                let kept = &kept[task * BLOCK..];
                for ((alarm, found), &at) in alarms.iter_mut().zip(found).zip(kept) {
                    let (hits, flagged) = (hits[at as usize], flagged[at as usize]);
                    *alarm = f64::from(flagged - hits) / f64::from(negatives);
                    *found = f64::from(hits) / f64::from(positives);
                }
            },
        );
        curve
    }

    /// About as many points as are worth drawing, at most `points` (but at least the two ends), where the curve bends.
    pub fn thinned(&self, points: usize) -> Self {
        let kept = thin(&self.false_positive_rate, &self.true_positive_rate, points);
        RocCurve {
            false_positive_rate: pick(&self.false_positive_rate, &kept),
            true_positive_rate: pick(&self.true_positive_rate, &kept),
            thresholds: pick(&self.thresholds, &kept),
        }
    }
}

/// The places at which the direction changes, and the ends.
fn corners(hits: &[u32], flagged: &[u32]) -> Vec<u32> {
    let last = hits.len() - 1;
    let is_corner = |i: usize| {
        let step = |a: usize, b: usize| {
            let found = hits[b] - hits[a];
            (found, flagged[b] - flagged[a] - found)
        };
        i == 0 || i == last || step(i - 1, i) != step(i, i + 1)
    };
    let parts = blocks::each(hits.len(), |range| {
        let mut kept = vec![0u32; range.len()];
        let mut count = 0;
        for i in range {
            kept[count] = i as u32;
            count += usize::from(is_corner(i));
        }
        kept.truncate(count);
        kept
    });
    parts.concat()
}

impl PrecisionRecallCurve {
    pub(super) fn new(thresholds: &[f64], hits: &[u32], flagged: &[u32], positives: u32) -> Self {
        let distinct = hits.len();
        let mut curve = PrecisionRecallCurve {
            precision: vec![1.0; distinct + 1],
            recall: vec![0.0; distinct + 1],
            thresholds: vec![0.0; distinct],
        };
        // Point i is the threshold at distinct − 1 − i.
        for_each_chunk(&mut curve.thresholds, BLOCK, |task, out| {
            let end = distinct - task * BLOCK;
            let from = thresholds[end - out.len()..end].iter().rev();
            out.iter_mut().zip(from).for_each(|(out, &t)| *out = t);
        });
        for_each_chunk2(
            &mut curve.precision[..distinct],
            &mut curve.recall[..distinct],
            (BLOCK, BLOCK),
            |task, precision, recall| {
                let end = distinct - task * BLOCK;
                let start = end - precision.len();
                let (hits, flagged) = (&hits[start..end], &flagged[start..end]);
                let counts = hits.iter().zip(flagged).rev();
                for ((precision, recall), (&hits, &flagged)) in
                    precision.iter_mut().zip(recall).zip(counts)
                {
                    *precision = f64::from(hits) / f64::from(flagged);
                    *recall = match positives {
                        0 => 1.0,
                        n => f64::from(hits) / f64::from(n),
                    };
                }
            },
        );
        curve
    }

    /// About as many points as are worth drawing, at most `points` (but at least the two ends), where the curve bends.
    ///
    /// The last point keeps no threshold, as in the whole curve.
    pub fn thinned(&self, points: usize) -> Self {
        let kept = thin(&self.recall, &self.precision, points);
        let with_threshold = &kept[..kept.len().saturating_sub(1)];
        PrecisionRecallCurve {
            precision: pick(&self.precision, &kept),
            recall: pick(&self.recall, &kept),
            thresholds: pick(&self.thresholds, with_threshold),
        }
    }
}

fn pick(values: &[f64], kept: &[usize]) -> Vec<f64> {
    kept.iter().map(|&at| values[at]).collect()
}

/// Both ends, and in between the points that lie a step away from the one kept before; the step grows until few
/// enough are left.
fn thin(x: &[f64], y: &[f64], points: usize) -> Vec<usize> {
    let len = x.len();
    let points = points.max(2);
    if len <= points {
        return (0..len).collect();
    }
    let mut step = 2.0 / points as f64;
    loop {
        let (mut kept, mut last) = (vec![0], 0);
        for at in 1..len - 1 {
            if (x[at] - x[last]).abs() + (y[at] - y[last]).abs() >= step {
                kept.push(at);
                last = at;
            }
        }
        kept.push(len - 1);
        // No two points of the unit square are further apart than 2.
        if kept.len() <= points || step > 2.0 {
            kept.dedup();
            return kept;
        }
        step *= 1.25;
    }
}
