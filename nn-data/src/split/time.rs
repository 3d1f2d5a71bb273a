//! Parts in the order of time: what is learnt from lies before what is judged on.

use super::{Fold, PartIndices, Split};
use crate::error::{Error, Result};

impl Split {
    /// The sample numbers of parts in the order of time: the earliest samples to learn from, later ones for validation, the
    /// latest for the test. Samples of the same time stay together, so that every part ends before the next begins.
    ///
    /// # Errors
    /// As [`indices`](Split::indices), if a time is NaN, or if a part would be empty since too many samples have one time.
    ///
    /// ```
    /// use nn_data::Split;
    ///
    /// let day = [5.0, 1.0, 4.0, 2.0, 3.0];
    /// let parts = Split::counts(3, 1, 1).indices_in_time(&day)?;
    /// assert_eq!((parts.train, parts.validation, parts.test), (vec![1, 3, 4], vec![2], vec![0]));
    /// # Ok::<(), nn_data::Error>(())
    /// ```
    pub fn indices_in_time(&self, time: &[f64]) -> Result<PartIndices> {
        let [train, validation, test] = self.part_sizes(time.len())?;
        let order = in_order(time)?;
        // A cut moves on to where the time changes; no further than the end.
        let cut = |at: usize| match at {
            0 => 0,
            at => {
                at + order[at..]
                    .iter()
                    .take_while(|&&i| time[i] == time[order[at - 1]])
                    .count()
            }
        };
        let first = cut(train);
        let second = cut(train + validation).max(first);
        let third = cut(train + validation + test).max(second);
        let part = |range: std::ops::Range<usize>| order[range].to_vec();
        let parts = PartIndices {
            train: part(0..first),
            validation: part(first..second),
            test: part(second..third),
        };
        for (name, wanted, got) in [
            ("validation", validation, &parts.validation),
            ("test", test, &parts.test),
        ] {
            if wanted > 0 && got.is_empty() {
                let problem = format!(
                    "too many samples have the same time: the {name} part of {wanted} samples is left empty"
                );
                return Err(Error::argument("split", problem));
            }
        }
        Ok(parts)
    }
}

/// Sample numbers from the earliest to the latest; of the same time in the order of the data set.
fn in_order(time: &[f64]) -> Result<Vec<usize>> {
    if let Some(sample) = time.iter().position(|t| t.is_nan()) {
        let problem = format!("sample {sample} has the time NaN, which has no place in an order");
        return Err(Error::argument("split", problem));
    }
    let mut order: Vec<usize> = (0..time.len()).collect();
    order.sort_by(|&a, &b| time[a].total_cmp(&time[b]));
    Ok(order)
}

/// Folds of an expanding window: the samples after the first n − k·⌊n / (k + 1)⌋ are cut into k pieces, and each is
/// judged by a network that learnt from everything before it, less the `gap` samples right before. As scikit-learn's
/// `TimeSeriesSplit`.
///
/// # Errors
/// If a time is NaN, there are fewer than 2 folds, or too few samples for them.
///
/// ```
/// let folds = nn_data::split::time_folds(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 2, 0)?;
/// assert_eq!((&folds[0].train[..], &folds[0].validation[..]), (&[0, 1][..], &[2, 3][..]));
/// assert_eq!((&folds[1].train[..], &folds[1].validation[..]), (&[0, 1, 2, 3][..], &[4, 5][..]));
/// # Ok::<(), nn_data::Error>(())
/// ```
pub fn time_folds(time: &[f64], folds: usize, gap: usize) -> Result<Vec<Fold>> {
    let order = in_order(time)?;
    let wrong = |problem: String| Err(Error::argument("time folds", problem));
    if folds < 2 {
        return wrong(format!("{folds} folds, it takes 2 or more"));
    }
    let size = time.len() / folds.saturating_add(1);
    let start = time.len() - size * folds;
    if size == 0 || gap >= start {
        return wrong(format!(
            "{} samples are too few for {folds} folds with a gap of {gap}",
            time.len()
        ));
    }
    Ok((0..folds)
        .map(|fold| {
            let begin = start + fold * size;
            Fold {
                train: order[..begin - gap].to_vec(),
                validation: order[begin..begin + size].to_vec(),
            }
        })
        .collect())
}
