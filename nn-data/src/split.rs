//! Dividing a data set into training, validation and test part.

use std::sync::Arc;

use nn_core::random::{Purpose, Rng};

use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::subset::Subset;

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
        let parts = self.indices(dataset.len(), labels.as_deref())?;
        let dataset: Arc<dyn Dataset> = Arc::new(dataset);
        Ok(Parts {
            train: Subset::new(dataset.clone(), parts.train)?,
            validation: Subset::new(dataset.clone(), parts.validation)?,
            test: Subset::new(dataset, parts.test)?,
        })
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
mod tests {
    use super::*;
    use crate::dataset::{InMemory, Targets};
    use nn_core::{DType, Tensor};
    use proptest::prelude::*;

    fn all(parts: &PartIndices) -> Vec<usize> {
        let mut all = [&parts.train[..], &parts.validation, &parts.test].concat();
        all.sort_unstable();
        all
    }

    proptest! {
        #[test]
        fn parts_are_disjoint_and_complete(
            labels in prop::collection::vec(0u32..5, 20..200),
            (validation, test) in (0.05f64..0.45, 0.05f64..0.45),
            seed: u64,
            stratified: bool,
        ) {
            let n = labels.len();
            let split = Split::fractions(1.0 - validation - test, validation, test).unwrap().seed(seed);
            let parts = split.indices(n, stratified.then_some(&labels[..])).unwrap();
            prop_assert_eq!(all(&parts), (0..n).collect::<Vec<_>>());
            prop_assert_eq!(&parts, &split.indices(n, stratified.then_some(&labels[..])).unwrap());
            prop_assert!((parts.test.len() as f64 - test * n as f64).abs() <= 0.5);
            prop_assert!((parts.validation.len() as f64 - validation * n as f64).abs() <= 0.5);
            if stratified {
                for class in 0..5 {
                    let count = |part: &[usize]| part.iter().filter(|&&i| labels[i] == class).count();
                    let size = labels.iter().filter(|&&l| l == class).count() as f64;
                    for part in [&parts.train, &parts.validation, &parts.test] {
                        let ideal = size * part.len() as f64 / n as f64;
                        prop_assert!((count(part) as f64 - ideal).abs() < 2.0);
                    }
                    let ideal = size * parts.test.len() as f64 / n as f64;
                    prop_assert!((count(&parts.test) as f64 - ideal).abs() < 1.0);
                    prop_assert!(size == 0.0 || count(&parts.train) > 0 || parts.train.len() < 5);
                }
            }
        }

        #[test]
        fn apportioning_gives_exact_sums_and_nearest_shares(
            sizes in prop::collection::vec(0usize..50, 1..12),
            fraction in 0.0f64..=1.0,
        ) {
            let total: usize = sizes.iter().sum();
            let count = (total as f64 * fraction) as usize;
            let shares = apportion(&sizes, count);
            prop_assert_eq!(shares.iter().sum::<usize>(), count);
            for (share, size) in shares.iter().zip(&sizes) {
                prop_assert!(share <= size);
                let ideal = *size as f64 * count as f64 / total.max(1) as f64;
                prop_assert!((*share as f64 - ideal).abs() < 1.0);
            }
        }
    }

    #[test]
    fn the_seed_decides() {
        let indices = |seed| Split::counts(6, 2, 2).seed(seed).indices(10, None).unwrap();
        assert_eq!(indices(1), indices(1));
        assert_ne!(indices(1), indices(2));
    }

    #[test]
    fn counts_may_leave_samples_unused_but_not_exceed_them() {
        let parts = Split::counts(3, 2, 1).indices(10, None).unwrap();
        assert_eq!(all(&parts).len(), 6);
        let error = Split::counts(9, 1, 1)
            .indices(10, None)
            .unwrap_err()
            .to_string();
        assert_eq!(error, "split: 9 + 1 + 1 samples were asked of 10");
        assert!(Split::counts(usize::MAX, 1, 1).indices(10, None).is_err());
    }

    #[test]
    fn fractions_are_checked() {
        for (a, b, c) in [(0.9, 0.2, 0.0), (-0.1, 0.5, 0.5), (f64::NAN, 0.5, 0.5)] {
            assert!(Split::fractions(a, b, c).is_err());
        }
        let error = Split::fractions(0.8, 0.1, 0.1)
            .unwrap()
            .indices(3, None)
            .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("leaves the validation part empty"),
            "{error}"
        );
        let parts = Split::fractions(0.8, 0.0, 0.2)
            .unwrap()
            .indices(10, None)
            .unwrap();
        assert_eq!(
            (parts.train.len(), parts.validation.len(), parts.test.len()),
            (8, 0, 2)
        );
        let parts = Split::fractions(0.0, 0.0, 0.25)
            .unwrap()
            .indices(10, None)
            .unwrap();
        assert_eq!((parts.train.len(), parts.test.len()), (0, 3));
    }

    #[test]
    fn a_rare_class_is_found_in_the_training_part() {
        let mut labels = vec![0u32; 99];
        labels.push(1);
        for seed in 0..20 {
            let split = Split::fractions(0.5, 0.25, 0.25).unwrap().seed(seed);
            assert!(
                split
                    .indices(100, Some(&labels))
                    .unwrap()
                    .train
                    .contains(&99)
            );
        }
    }

    #[test]
    fn stratifying_needs_classes() {
        let inputs = Tensor::zeros([10, 1], DType::F32).unwrap();
        let data = InMemory::new("t", inputs, Targets::regression(vec![0.0; 10], "y")).unwrap();
        let split = Split::counts(5, 3, 2).stratified();
        assert!(
            split
                .apply(data)
                .unwrap_err()
                .to_string()
                .contains("needs classes")
        );
    }
}
