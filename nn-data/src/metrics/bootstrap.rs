//! Bootstrap: how far a score would move if the samples it was measured on had been other ones.

use nn_core::kernels::threads::map_long;
use nn_core::{Purpose, Rng};
use serde::{Deserialize, Serialize};

use super::binomial::binomial;
use super::{BinaryCounts, ConfusionMatrix};
use crate::error::{Error, Result};

/// The streams of random numbers that resampling draws from.
const PURPOSE: Purpose = Purpose::Other(0xB007);

/// Percentile intervals from resampling with replacement (Efron 1979).
///
/// Each resample is a function of the seed and its number alone; several threads draw them.
///
/// ```
/// use nn_data::metrics::{BinaryCounts, Bootstrap};
///
/// let counts = BinaryCounts { true_positives: 40, false_positives: 10, false_negatives: 10, true_negatives: 940 };
/// let interval = Bootstrap::default().binary(&counts, BinaryCounts::f1)?;
/// assert!(interval.low < 0.8 && 0.8 < interval.high);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// How often to draw; default 1000.
    pub resamples: usize,
    /// The share of resamples that the interval holds; default 0.95.
    pub level: f64,
    /// Default 0.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Bootstrap {
            resamples: 1000,
            level: 0.95,
            seed: 0,
        }
    }
}

/// Between which values a score lies, but for a small share of resamples on either side.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// The share of resamples inside.
    pub level: f64,
}

impl Interval {
    /// Wilson's interval of a share, at the level 0.95 (Wilson 1927): it says something where resampling cannot, as where
    /// all of `total` succeeded and so does every resample.
    ///
    /// # Errors
    /// If there are none, or more succeeded than there are.
    ///
    /// ```
    /// let interval = nn_data::metrics::Interval::of_share(30, 30)?;
    /// assert!(interval.low > 0.88 && interval.low < 0.89 && interval.high == 1.0);
    /// # Ok::<(), nn_data::Error>(())
    /// ```
    pub fn of_share(successes: u64, total: u64) -> Result<Interval> {
        if total == 0 || successes > total {
            let problem = format!("{successes} of {total} is no share");
            return Err(Error::argument("interval", problem));
        }
        // The 97.5 % quantile of the normal distribution.
        const Z: f64 = 1.959_963_984_540_054;
        let (n, p) = (total as f64, successes as f64 / total as f64);
        let centre = p + Z * Z / (2.0 * n);
        let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        Ok(Interval {
            low: if successes == 0 {
                0.0
            } else {
                ((centre - half) / scale).max(0.0)
            },
            high: if successes == total {
                1.0
            } else {
                ((centre + half) / scale).min(1.0)
            },
            level: 0.95,
        })
    }
}

impl Bootstrap {
    /// The interval of any metric of `samples` samples. `metric` gets the numbers of the samples drawn, as many as there
    /// are, and says nothing where it is not defined on them, as an area where a class was not drawn.
    ///
    /// # Errors
    /// If there are no samples, the settings are out of range, or the metric is defined on fewer than half of the resamples.
    pub fn interval(
        &self,
        samples: usize,
        metric: impl Fn(&[usize]) -> Option<f64> + Sync,
    ) -> Result<Interval> {
        super::not_empty("bootstrap", samples)?;
        let values = self.draw(|rng| {
            let drawn: Vec<usize> = (0..samples).map(|_| rng.below(samples)).collect();
            metric(&drawn)
        })?;
        self.percentiles(values)
    }

    /// The interval of a metric that is a function of counts, such as those of a table: drawing the counts of a whole
    /// resample takes as long as there are counts, however many samples they stand for.
    ///
    /// # Errors
    /// If all counts are 0 or the settings are out of range.
    pub fn counts(
        &self,
        counts: &[u64],
        metric: impl Fn(&[u64]) -> f64 + Sync,
    ) -> Result<Interval> {
        let total: u64 = counts.iter().sum();
        if total == 0 {
            return Err(Error::argument("bootstrap", "there are no samples"));
        }
        let values = self.draw(|rng| Some(metric(&multinomial(rng, counts, total))))?;
        self.percentiles(values)
    }

    /// The interval of a score of yes-or-no decisions.
    ///
    /// # Errors
    /// As [`counts`](Self::counts).
    pub fn binary(
        &self,
        counts: &BinaryCounts,
        metric: impl Fn(&BinaryCounts) -> f64 + Sync,
    ) -> Result<Interval> {
        let cells = [
            counts.true_positives,
            counts.false_positives,
            counts.false_negatives,
            counts.true_negatives,
        ];
        self.counts(&cells, |drawn| match *drawn {
            [
                true_positives,
                false_positives,
                false_negatives,
                true_negatives,
            ] => metric(&BinaryCounts {
                true_positives,
                false_positives,
                false_negatives,
                true_negatives,
            }),
            _ => 0.0,
        })
    }

    /// The interval of a score of a confusion matrix.
    ///
    /// # Errors
    /// As [`counts`](Self::counts).
    pub fn confusion(
        &self,
        matrix: &ConfusionMatrix,
        metric: impl Fn(&ConfusionMatrix) -> f64 + Sync,
    ) -> Result<Interval> {
        let cells: Vec<(usize, usize, u64)> = matrix.cells().collect();
        let counts: Vec<u64> = cells.iter().map(|cell| cell.2).collect();
        self.counts(&counts, |drawn| {
            metric(
                &matrix.with_cells(
                    cells
                        .iter()
                        .zip(drawn)
                        .map(|(cell, &n)| (cell.0, cell.1, n)),
                ),
            )
        })
    }

    /// What `draw` makes of each resample.
    pub(super) fn draw<R: Send>(&self, draw: impl Fn(&mut Rng) -> R + Sync) -> Result<Vec<R>> {
        let wrong = |problem: String| Err(Error::argument("bootstrap", problem));
        if !(1..=1_000_000).contains(&self.resamples) {
            return wrong(format!(
                "{} resamples, it takes 1 to 1000000",
                self.resamples
            ));
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            return wrong(format!(
                "the level is {}, it must be between 0 and 1",
                self.level
            ));
        }
        Ok(map_long(self.resamples, |resample| {
            draw(&mut Rng::addressed(self.seed, PURPOSE, 0, resample as u64))
        }))
    }

    /// The interval of the values of a metric on the resamples.
    pub(super) fn percentiles(
        &self,
        values: impl IntoIterator<Item = Option<f64>>,
    ) -> Result<Interval> {
        let mut values: Vec<f64> = values
            .into_iter()
            .flatten()
            .filter(|v| !v.is_nan())
            .collect();
        if values.len() * 2 < self.resamples {
            let problem = format!(
                "the metric is defined on {} of {} resamples only; there are too few samples of some class",
                values.len(),
                self.resamples
            );
            return Err(Error::argument("bootstrap", problem));
        }
        values.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let rank = share * (values.len() - 1) as f64;
            let (low, high) = (values[rank.floor() as usize], values[rank.ceil() as usize]);
            low + (high - low) * rank.fract()
        };
        let outside = (1.0 - self.level) / 2.0;
        Ok(Interval {
            low: at(outside),
            high: at(1.0 - outside),
            level: self.level,
        })
    }
}

/// Draws `total` samples with replacement from cells with these counts: each cell in turn from what the ones before left.
fn multinomial(rng: &mut Rng, counts: &[u64], total: u64) -> Vec<u64> {
    let (mut left, mut weight) = (total, total);
    let mut drawn = Vec::with_capacity(counts.len());
    for &count in counts {
        let share = count as f64 / weight.max(1) as f64;
        let take = binomial(rng, left, share.min(1.0));
        drawn.push(take);
        left -= take;
        weight -= count;
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts() -> BinaryCounts {
        BinaryCounts {
            true_positives: 30,
            false_positives: 12,
            false_negatives: 8,
            true_negatives: 150,
        }
    }

    #[test]
    fn counts_and_samples_give_the_same_interval() {
        let c = counts();
        let mut pairs = vec![(true, true); 30];
        pairs.extend([(false, true); 12]);
        pairs.extend([(true, false); 8]);
        pairs.extend([(false, false); 150]);
        let boot = Bootstrap {
            resamples: 4000,
            ..Bootstrap::default()
        };
        let fast = boot.binary(&c, BinaryCounts::f1).unwrap();
        let slow = boot
            .interval(pairs.len(), |drawn| {
                let (truth, said): (Vec<bool>, Vec<bool>) = drawn.iter().map(|&i| pairs[i]).unzip();
                Some(BinaryCounts::new(&truth, &said).unwrap().f1())
            })
            .unwrap();
        assert!((fast.low - slow.low).abs() < 0.01, "{fast:?} {slow:?}");
        assert!((fast.high - slow.high).abs() < 0.01, "{fast:?} {slow:?}");
        let mut matrix = ConfusionMatrix::with_classes(2).unwrap();
        let labels = |side: fn(&(bool, bool)) -> bool| -> Vec<usize> {
            pairs.iter().map(|p| usize::from(side(p))).collect()
        };
        matrix.add(&labels(|p| p.0), &labels(|p| p.1)).unwrap();
        let table = boot.confusion(&matrix, ConfusionMatrix::mcc).unwrap();
        let direct = boot.binary(&c, BinaryCounts::mcc).unwrap();
        assert!((table.low - direct.low).abs() < 0.02);
    }

    #[test]
    fn accuracy_has_the_width_that_theory_gives() {
        let interval = Bootstrap::default()
            .counts(&[8000, 2000], |c| c[0] as f64 / 10_000.0)
            .unwrap();
        let half = 1.96 * (0.8f64 * 0.2 / 10_000.0).sqrt();
        assert!((interval.low - (0.8 - half)).abs() < 0.1 * half);
        assert!((interval.high - (0.8 + half)).abs() < 0.1 * half);
    }

    #[test]
    fn shares_have_the_interval_of_the_book() {
        // statsmodels' proportion_confint(method="wilson").
        let got = Interval::of_share(8, 10).unwrap();
        assert!((got.low - 0.490_162_47).abs() < 1e-6, "{got:?}");
        assert!((got.high - 0.943_317_8).abs() < 1e-6, "{got:?}");
        assert_eq!(Interval::of_share(0, 5).unwrap().low, 0.0);
        assert!(Interval::of_share(0, 0).is_err());
        assert!(Interval::of_share(2, 1).is_err());
    }

    #[test]
    fn is_a_function_of_the_seed() {
        let with = |seed| {
            let boot = Bootstrap {
                seed,
                ..Bootstrap::default()
            };
            boot.binary(&counts(), BinaryCounts::f1).unwrap()
        };
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
    }

    #[test]
    fn misuse_is_refused() {
        let boot = Bootstrap::default();
        assert!(boot.interval(0, |_| Some(0.0)).is_err());
        assert!(boot.counts(&[0, 0], |_| 0.0).is_err());
        let error = boot.interval(3, |_| None).unwrap_err().to_string();
        assert!(error.contains("on 0 of 1000 resamples"), "{error}");
        for (resamples, level) in [(0, 0.95), (10, 1.0), (10, f64::NAN), (usize::MAX, 0.9)] {
            let boot = Bootstrap {
                resamples,
                level,
                seed: 0,
            };
            assert!(boot.counts(&[1], |_| 0.0).is_err());
        }
    }
}
