//! Drawing rare classes more often, or frequent ones less often.

use nn_core::Rng;

use super::{PURPOSE, by_class, check_ratio};
use crate::error::Result;

/// Sample numbers in which each class has at least `ratio` times as many samples as the most frequent one: every sample
/// once, and samples of rarer classes again, drawn with replacement. In the order of the data set.
///
/// # Errors
/// If the ratio is not above 0 and at most 1, a label is not below `classes`, or a class has no samples.
///
/// ```
/// let drawn = nn_data::balance::oversample(&[0, 0, 0, 0, 1], 2, 1.0, 7)?;
/// assert_eq!(drawn, [0, 1, 2, 3, 4, 4, 4, 4]);
/// # Ok::<(), nn_data::Error>(())
/// ```
pub fn oversample(labels: &[u32], classes: usize, ratio: f64, seed: u64) -> Result<Vec<usize>> {
    check_ratio("oversampling", ratio)?;
    let groups = by_class("oversampling", labels, classes)?;
    let wanted = wanted(&groups, ratio);
    let mut drawn: Vec<usize> = (0..labels.len()).collect();
    for (class, group) in groups.iter().enumerate() {
        let mut rng = Rng::addressed(seed, PURPOSE, 0, class as u64);
        let missing = wanted.saturating_sub(group.len());
        drawn.extend((0..missing).map(|_| group[rng.below(group.len())]));
    }
    drawn.sort_unstable();
    Ok(drawn)
}

/// Sample numbers in which no class has more than 1 / `ratio` times the samples of the rarest one: of frequent classes
/// a part, drawn without replacement. In the order of the data set.
///
/// # Errors
/// As [`oversample`].
pub fn undersample(labels: &[u32], classes: usize, ratio: f64, seed: u64) -> Result<Vec<usize>> {
    check_ratio("undersampling", ratio)?;
    let groups = by_class("undersampling", labels, classes)?;
    let rarest = groups.iter().map(Vec::len).min().unwrap_or(0);
    let most = (rarest as f64 / ratio).round() as usize;
    let mut drawn = Vec::new();
    for (class, mut group) in groups.into_iter().enumerate() {
        if group.len() > most {
            Rng::addressed(seed, PURPOSE, 1, class as u64).shuffle(&mut group);
            group.truncate(most);
        }
        drawn.extend(group);
    }
    drawn.sort_unstable();
    Ok(drawn)
}

/// How many samples a class is to have, at least.
pub(super) fn wanted(groups: &[Vec<usize>], ratio: f64) -> usize {
    let largest = groups.iter().map(Vec::len).max().unwrap_or(0);
    (largest as f64 * ratio).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn count(drawn: &[usize], labels: &[u32], class: u32) -> usize {
        drawn.iter().filter(|&&i| labels[i] == class).count()
    }

    proptest! {
        #[test]
        fn classes_get_the_wanted_ratio(
            mut labels in prop::collection::vec(0u32..3, 3..80),
            ratio in 0.05f64..=1.0,
            seed: u64,
        ) {
            labels.extend([0, 1, 2]);
            let sizes: Vec<usize> = (0..3).map(|c| labels.iter().filter(|&&l| l == c).count()).collect();
            let (largest, smallest) = (sizes.iter().max().unwrap(), sizes.iter().min().unwrap());
            let over = oversample(&labels, 3, ratio, seed).unwrap();
            let under = undersample(&labels, 3, ratio, seed).unwrap();
            for class in 0..3u32 {
                let size = sizes[class as usize];
                let wanted = (*largest as f64 * ratio).round() as usize;
                prop_assert_eq!(count(&over, &labels, class), size.max(wanted));
                let most = (*smallest as f64 / ratio).round() as usize;
                prop_assert_eq!(count(&under, &labels, class), size.min(most));
            }
            // All samples are there, and none comes twice where samples are left out.
            let mut distinct = over.clone();
            distinct.dedup();
            prop_assert_eq!(distinct.len(), labels.len());
            prop_assert!(under.windows(2).all(|w| w[0] < w[1]));
            prop_assert_eq!(over, oversample(&labels, 3, ratio, seed).unwrap());
        }
    }

    #[test]
    fn misuse_is_refused() {
        for ratio in [0.0, 1.5, f64::NAN] {
            assert!(oversample(&[0, 1], 2, ratio, 0).is_err());
            assert!(undersample(&[0, 1], 2, ratio, 0).is_err());
        }
        assert!(oversample(&[0, 0], 2, 1.0, 0).is_err());
        assert!(undersample(&[0, 2], 2, 1.0, 0).is_err());
    }
}
