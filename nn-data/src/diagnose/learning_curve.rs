//! Error over the number of training samples: would more data help?

use nn_core::{Purpose, Rng};
use serde::Serialize;

use super::power_law::{Measured, PowerLaw, Projection};
use super::{Estimate, percent, points};
use crate::error::{Error, Result};

/// A gain of this share of the error matters.
const TENTH: f64 = 0.1;

/// The order of the nested subsets, apart from other draws for splits.
const ORDER: u64 = 0x6e65_7374;

/// The errors of a model that learnt from so many samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Number of training samples.
    pub samples: usize,
    /// On these.
    pub train: Estimate,
    /// On the validation part, the same for all points.
    pub validation: Estimate,
}

/// Errors over the number of training samples.
///
/// ```
/// use nn_data::diagnose::{CurvePoint, Estimate, LearningCurve};
///
/// let point = |samples, train, validation| -> nn_data::Result<CurvePoint> {
///     Ok(CurvePoint { samples, train: Estimate::rate(train, samples)?, validation: Estimate::rate(validation, 2000)? })
/// };
/// let curve = LearningCurve::new(vec![point(100, 0, 600)?, point(400, 4, 350)?, point(1600, 20, 225)?])?;
/// let doubled = curve.at(3200).expect("three sizes or more");
/// assert!(doubled.value < 225.0 / 2000.0);
/// println!("{}", curve.sentences(0.02).join("\n"));
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LearningCurve {
    /// From few samples to many.
    pub points: Vec<CurvePoint>,
    /// How the validation error falls; only where there are three sizes or more.
    pub law: Option<PowerLaw>,
}

impl LearningCurve {
    /// From measured points, in any order.
    ///
    /// # Errors
    /// If there are none.
    pub fn new(mut points: Vec<CurvePoint>) -> Result<LearningCurve> {
        if points.is_empty() {
            return Err(Error::argument("learning curve", "there are no points"));
        }
        points.sort_by_key(|point| point.samples);
        Ok(LearningCurve {
            law: PowerLaw::fit(&measured(&points)),
            points,
        })
    }

    /// Calls `fit` with the samples of each subset, the smallest first; it trains on them and gives the training error (on the same
    /// samples) and the validation error.
    ///
    /// # Errors
    /// Those of `fit`, and if there are no subsets.
    pub fn measure<E: From<Error>>(
        subsets: &[Vec<usize>],
        mut fit: impl FnMut(&[usize]) -> Result<(Estimate, Estimate), E>,
    ) -> Result<LearningCurve, E> {
        let points = subsets.iter().map(|subset| {
            let (train, validation) = fit(subset)?;
            Ok(CurvePoint {
                samples: subset.len(),
                train,
                validation,
            })
        });
        Ok(LearningCurve::new(points.collect::<Result<_, E>>()?)?)
    }

    /// The validation error to be expected with so many samples, by the law fitted to the points; nothing with fewer than three
    /// sizes. The interval comes from 400 curves redrawn within the standard errors of the points. It knows of sampling noise, not of
    /// whether the law goes on: beyond a few times the largest size it is a guess.
    pub fn at(&self, samples: usize) -> Option<Projection> {
        PowerLaw::project(&measured(&self.points), samples, 0)
    }

    /// What the shape says, in sentences; an improvement matters from `target_gap` on, or from a tenth of the error.
    pub fn sentences(&self, target_gap: f64) -> Vec<String> {
        let mut sentences = Vec::new();
        let [.., last] = self.points.as_slice() else {
            return sentences;
        };
        let gap = last.validation.above(&last.train);
        sentences.push(format!(
            "with all {} samples the validation error is {}, {} the training error of {}",
            last.samples,
            percent(last.validation.value),
            if gap.value > 0.0 {
                format!("{} above", points(gap.value))
            } else {
                "not above".into()
            },
            percent(last.train.value)
        ));
        let Some(doubled) = self.at(2 * last.samples) else {
            sentences.push("fewer than three sizes: no law can be fitted".into());
            return sentences;
        };
        let now = last.validation.value;
        let (gain, best) = (now - doubled.value, now - doubled.low);
        let range = format!("{} to {}", percent(doubled.low), percent(doubled.high));
        // Where little is left, a tenth of that is worth having, too.
        let matters = target_gap.min(TENTH * now);
        sentences.push(if gain > matters && doubled.high < now {
            format!(
                "more data should help: with twice as many samples about {} is to be expected ({range})",
                percent(doubled.value)
            )
        } else if best > matters {
            format!(
                "more data might help: with twice as many samples about {} is to be expected, but the points leave {range} open",
                percent(doubled.value)
            )
        } else {
            format!(
                "more data would change little: with twice as many samples about {} is to be expected ({range})",
                percent(doubled.value)
            )
        });
        if let Some(far) = self.at(10 * last.samples).filter(|_| best > matters) {
            sentences.push(format!(
                "ten times as many would lead to about {} ({} to {}), if the curve goes on as it began",
                percent(far.value),
                percent(far.low),
                percent(far.high)
            ));
        }
        sentences
    }
}

fn measured(points: &[CurvePoint]) -> Vec<Measured> {
    points
        .iter()
        .map(|point| {
            let error = point.validation;
            (point.samples as f64, error.value, error.standard_error())
        })
        .collect()
}

/// Sizes for a learning curve: `points` of them, each about twice the one before, up to all `samples`; none below `least`.
pub fn curve_sizes(samples: usize, points: usize, least: usize) -> Vec<usize> {
    let halved = (0..points.min(usize::BITS as usize)).map(|halvings| samples >> halvings);
    let mut sizes: Vec<usize> = halved.filter(|&size| size >= least.max(1)).collect();
    sizes.reverse();
    sizes.dedup();
    sizes
}

/// Subsets of `samples` samples of the given sizes, each containing the smaller ones, chosen by `seed`. With `labels` every class has
/// nearly its share in each of them, and at least one sample where the size allows it. The places in a subset ascend, so that the
/// subset of all samples is the whole in its own order.
///
/// ```
/// let subsets = nn_data::diagnose::nested_subsets(6, Some(&[0, 0, 0, 0, 1, 1]), &[3, 6], 1)?;
/// assert_eq!(subsets[0].iter().filter(|&&at| at < 4).count(), 2);
/// assert_eq!(subsets[1], [0, 1, 2, 3, 4, 5]);
/// # Ok::<(), nn_data::Error>(())
/// ```
///
/// # Errors
/// If a size is 0 or above the number of samples, or there is not one label for each sample.
pub fn nested_subsets(
    samples: usize,
    labels: Option<&[u32]>,
    sizes: &[usize],
    seed: u64,
) -> Result<Vec<Vec<usize>>> {
    if let Some(size) = sizes.iter().find(|&&size| size == 0 || size > samples) {
        let problem = format!("a subset of {size} of {samples} samples");
        return Err(Error::argument("nested subsets", problem));
    }
    if let Some(labels) = labels.filter(|labels| labels.len() != samples) {
        let problem = format!("{} labels for {samples} samples", labels.len());
        return Err(Error::argument("nested subsets", problem));
    }
    let mut order = Rng::addressed(seed, Purpose::Split, ORDER, 0).permutation(samples);
    if let Some(labels) = labels {
        let mut totals = std::collections::HashMap::new();
        for label in labels {
            *totals.entry(*label).or_insert(0_usize) += 1;
        }
        let mut seen = std::collections::HashMap::new();
        let mut keyed: Vec<(f64, usize)> = order
            .iter()
            .map(|&sample| {
                let nth = seen.entry(labels[sample]).or_insert(0_usize);
                *nth += 1;
                // The first of each class come first of all; then classes take turns in proportion.
                let key = if *nth == 1 {
                    0.0
                } else {
                    (*nth as f64 - 0.5) / totals[&labels[sample]] as f64
                };
                (key, sample)
            })
            .collect();
        keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
        order = keyed.into_iter().map(|(_, sample)| sample).collect();
    }
    Ok(sizes
        .iter()
        .map(|&size| {
            let mut subset = order[..size].to_vec();
            subset.sort_unstable();
            subset
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_are_nested_and_keep_the_shares() {
        let labels: Vec<u32> = (0..300)
            .map(|at| u32::from(at % 10 == 0) + u32::from(at == 77))
            .collect();
        let sizes = [10, 30, 100, 300];
        let subsets = nested_subsets(300, Some(&labels), &sizes, 4).unwrap();
        for (subset, size) in subsets.iter().zip(sizes) {
            assert_eq!(subset.len(), size);
            let rare = subset.iter().filter(|&&at| at % 10 == 0).count();
            assert!(rare.abs_diff(size / 10) <= 1, "{rare} of {size}");
        }
        for pair in subsets.windows(2) {
            assert!(pair[0].iter().all(|at| pair[1].binary_search(at).is_ok()));
        }
        assert_eq!(
            subsets,
            nested_subsets(300, Some(&labels), &sizes, 4).unwrap()
        );
        assert_ne!(subsets[1], nested_subsets(300, None, &sizes, 4).unwrap()[1]);
        assert!(
            nested_subsets(3, None, &[4], 0).is_err()
                && nested_subsets(3, Some(&[1]), &[2], 0).is_err()
        );
        // A class of one sample is there from the start.
        let mut rare = vec![0; 100];
        rare[42] = 1;
        assert!(nested_subsets(100, Some(&rare), &[2], 9).unwrap()[0].contains(&42));
        assert_eq!(curve_sizes(1000, 4, 10), [125, 250, 500, 1000]);
        assert_eq!(curve_sizes(20, 6, 10), [10, 20]);
        assert_eq!(curve_sizes(5, 6, 10), Vec::<usize>::new());
    }

    fn curve(validation: impl Fn(f64) -> f64, train: f64) -> LearningCurve {
        let subsets: Vec<Vec<usize>> = [50, 100, 200, 400, 800, 1600]
            .map(|n| (0..n).collect())
            .to_vec();
        LearningCurve::measure(&subsets, |subset| -> Result<_> {
            let n = subset.len();
            let wrong = (validation(n as f64) * 4000.0).round() as usize;
            Ok((
                Estimate::rate((train * n as f64) as usize, n)?,
                Estimate::rate(wrong, 4000)?,
            ))
        })
        .unwrap()
    }

    #[test]
    fn shapes_are_read() {
        let falling = curve(|n| 4.0 * n.powf(-0.5) + 0.02, 0.0);
        assert!(
            falling.sentences(0.02)[1].starts_with("more data should help"),
            "{:?}",
            falling.sentences(0.02)
        );
        let flat = curve(|n| 0.2 + 0.3 / n, 0.19);
        assert!(
            flat.sentences(0.02)[1].starts_with("more data would change little"),
            "{:?}",
            flat.sentences(0.02)
        );
        let two = LearningCurve::new(flat.points[..2].to_vec()).unwrap();
        assert!(two.law.is_none() && two.sentences(0.02)[1].contains("fewer than three"));
        assert!(LearningCurve::new(vec![]).is_err());
    }
}
