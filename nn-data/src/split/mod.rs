//! Dividing a data set: into training, validation and test part, or into folds; by chance, by class, by group or in the
//! order of time.

mod duplicates;
mod folds;
mod group;
mod time;

use std::sync::Arc;

use nn_core::random::{Purpose, Rng};

use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::subset::Subset;

pub use duplicates::{Leakage, LeakedPair, Overlap, duplicates_across, shared_samples};
pub use folds::{Fold, KFold};
pub use time::time_folds;

/// How to divide a data set into training, validation and test part.
///
/// Which sample goes where depends on the seed and the number of samples alone (stratified: also on
/// their classes). The parts never share a sample; samples within a part are in random order.
///
/// ```
/// use nn_data::{Dataset, Split, dataset};
///
/// let parts = Split::fractions(0.8, 0.1, 0.1)?.seed(7).stratified().apply(dataset::iris()?)?;
/// assert_eq!((parts.train.len(), parts.validation.len(), parts.test.len()), (120, 15, 15));
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Split {
    sizes: Sizes,
    seed: u64,
    stratified: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Sizes {
    Fractions([f64; 3]),
    Counts([usize; 3]),
}

/// The three parts of a data set.
#[derive(Clone, Debug)]
pub struct Parts {
    /// To learn from.
    pub train: Subset,
    /// To judge by while learning.
    pub validation: Subset,
    /// To judge by once, at the end.
    pub test: Subset,
}

impl Parts {
    /// Views of the samples with these numbers.
    ///
    /// # Errors
    /// If a number is not below the number of samples.
    pub fn new(indices: PartIndices, dataset: impl Dataset + 'static) -> Result<Self> {
        let dataset: Arc<dyn Dataset> = Arc::new(dataset);
        Ok(Parts {
            train: Subset::new(dataset.clone(), indices.train)?,
            validation: Subset::new(dataset.clone(), indices.validation)?,
            test: Subset::new(dataset, indices.test)?,
        })
    }
}

/// The sample numbers of the three parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartIndices {
    /// Samples to learn from.
    pub train: Vec<usize>,
    /// Samples to judge by while learning.
    pub validation: Vec<usize>,
    /// Samples to judge by once, at the end.
    pub test: Vec<usize>,
}

impl Split {
    /// Parts as fractions of the samples. Less than 1 in sum leaves samples unused.
    ///
    /// # Errors
    /// If a fraction is not in \[0, 1\] or their sum exceeds 1.
    pub fn fractions(train: f64, validation: f64, test: f64) -> Result<Self> {
        let fractions = [train, validation, test];
        let valid = fractions.iter().all(|f| (0.0..=1.0).contains(f));
        if !valid || fractions.iter().sum::<f64>() > 1.0 + 1e-9 {
            let problem = format!(
                "the fractions {train}, {validation} and {test} must each be from 0 to 1 and not exceed 1 together"
            );
            return Err(Error::argument("split", problem));
        }
        Ok(Split {
            sizes: Sizes::Fractions(fractions),
            seed: 0,
            stratified: false,
        })
    }

    /// Parts as numbers of samples. Samples beyond them are left unused.
    pub fn counts(train: usize, validation: usize, test: usize) -> Self {
        Split {
            sizes: Sizes::Counts([train, validation, test]),
            seed: 0,
            stratified: false,
        }
    }

    /// Sets the seed; default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Gives every part the same share of each class, as closely as whole samples allow.
    pub fn stratified(mut self) -> Self {
        self.stratified = true;
        self
    }

    /// Divides a data set. The parts are views, no sample is copied.
    ///
    /// # Errors
    /// If counts exceed the samples, a part that was asked for would be empty, or a stratified split
    /// is asked of a data set without classes.
    pub fn apply(&self, dataset: impl Dataset + 'static) -> Result<Parts> {
        let labels = match self.stratified {
            false => None,
            true => match dataset.class_labels()? {
                Some(labels) => Some(labels),
                None => {
                    let problem = "a stratified split needs classes, the targets are not classes";
                    return Err(Error::argument("split", problem));
                }
            },
        };
        Parts::new(self.indices(dataset.len(), labels.as_deref())?, dataset)
    }

    /// The sample numbers of the parts for `samples` samples; stratified where `labels` are given.
    ///
    /// # Errors
    /// As [`apply`](Self::apply), or if there are not as many labels as samples.
    pub fn indices(&self, samples: usize, labels: Option<&[u32]>) -> Result<PartIndices> {
        let [train, validation, test] = self.part_sizes(samples)?;
        let mut groups = match labels {
            None => vec![(0..samples).collect::<Vec<usize>>()],
            Some(labels) if labels.len() == samples => by_class(labels),
            Some(labels) => {
                let problem = format!("{} labels for {samples} samples", labels.len());
                return Err(Error::argument("split", problem));
            }
        };
        let mut rng = Rng::addressed(self.seed, Purpose::Split, 0, 0);
        groups.iter_mut().for_each(|group| rng.shuffle(group));
        // Taken from the end of each group: test first, so that a class too small for every part
        // is found where it is learnt.
        let mut take = |count: usize| {
            let sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
            let mut part = Vec::with_capacity(count);
            for (group, share) in groups.iter_mut().zip(apportion(&sizes, count)) {
                part.extend(group.drain(group.len() - share..));
            }
            // Chance decides who belongs to a part; the order stays that of the data set, and
            // shuffling is the loader's.
            part.sort_unstable();
            part
        };
        let test = take(test);
        let validation = take(validation);
        let train = take(train);
        Ok(PartIndices {
            train,
            validation,
            test,
        })
    }

    fn part_sizes(&self, samples: usize) -> Result<[usize; 3]> {
        let sizes = match self.sizes {
            Sizes::Counts(counts) => {
                let sum = counts.iter().try_fold(0usize, |sum, &n| sum.checked_add(n));
                if sum.is_none_or(|sum| sum > samples) {
                    let [train, validation, test] = counts;
                    let problem =
                        format!("{train} + {validation} + {test} samples were asked of {samples}");
                    return Err(Error::argument("split", problem));
                }
                return Ok(counts);
            }
            Sizes::Fractions(fractions) => {
                // Validation and test are rounded; training takes the rest of what is used, so
                // that fractions which add up to 1 use every sample.
                let part = |fraction: f64| (samples as f64 * fraction).round() as usize;
                let used = part(fractions.iter().sum::<f64>().min(1.0));
                let test = part(fractions[2]).min(used);
                let validation = part(fractions[1]).min(used - test);
                // Nobody asked for a training part where its fraction is 0.
                let train = if fractions[0] > 0.0 {
                    used - test - validation
                } else {
                    0
                };
                for (size, fraction, name) in [
                    (train, fractions[0], "training"),
                    (validation, fractions[1], "validation"),
                    (test, fractions[2], "test"),
                ] {
                    if size == 0 && fraction > 0.0 {
                        let problem =
                            format!("{fraction} of {samples} samples leaves the {name} part empty");
                        return Err(Error::argument("split", problem));
                    }
                }
                [train, validation, test]
            }
        };
        Ok(sizes)
    }
}

/// Sample numbers of each class that occurs, classes in order.
fn by_class(labels: &[u32]) -> Vec<Vec<usize>> {
    let mut groups = std::collections::BTreeMap::<u32, Vec<usize>>::new();
    for (sample, &label) in labels.iter().enumerate() {
        groups.entry(label).or_default().push(sample);
    }
    groups.into_values().collect()
}

/// Divides `count` among groups in proportion to their sizes by largest remainder: each group gives
/// the floor or the ceiling of its exact share, and the sum is `count`.
///
/// `count` must not exceed the sum of the sizes. Where it can be helped no group is used up, so that
/// something of it remains for the next part.
fn apportion(sizes: &[usize], count: usize) -> Vec<usize> {
    let total: u128 = sizes.iter().map(|&n| n as u128).sum();
    if total == 0 {
        return vec![0; sizes.len()];
    }
    let exact = |n: usize| n as u128 * count as u128;
    let mut shares: Vec<usize> = sizes.iter().map(|&n| (exact(n) / total) as usize).collect();
    let mut missing = count - shares.iter().sum::<usize>();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    let used_up = |g: usize, shares: &[usize]| shares[g] + 1 >= sizes[g];
    order.sort_by_key(|&g| {
        (
            used_up(g, &shares),
            std::cmp::Reverse(exact(sizes[g]) % total),
            g,
        )
    });
    for group in order {
        if missing > 0 && shares[group] < sizes[group] && exact(sizes[group]) % total > 0 {
            shares[group] += 1;
            missing -= 1;
        }
    }
    shares
}

#[cfg(test)]
mod tests;
