//! K-fold cross-validation: every sample is judged once, by a network that has not seen it.

use nn_core::random::{Purpose, Rng};

use super::by_class;
use super::group::members;
use crate::error::{Error, Result};

/// One division into what is learnt from and what is judged on; both ascending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Samples to learn from.
    pub train: Vec<usize>,
    /// Samples to judge on.
    pub validation: Vec<usize>,
}

/// Divides samples into k folds of about equal size.
///
/// ```
/// use nn_data::KFold;
///
/// let folds = KFold::new(3)?.folds(7)?;
/// assert_eq!(folds[0].validation, [0, 1, 2]);
/// assert_eq!(folds[2].train, [0, 1, 2, 3, 4]);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KFold {
    folds: usize,
    shuffle: Option<u64>,
}

impl KFold {
    /// So many folds, of samples in the order of the data set.
    ///
    /// # Errors
    /// If there are fewer than 2.
    pub fn new(folds: usize) -> Result<Self> {
        match folds < 2 {
            true => Err(Error::argument(
                "k-fold",
                format!("{folds} folds, it takes 2 or more"),
            )),
            false => Ok(KFold {
                folds,
                shuffle: None,
            }),
        }
    }

    /// Assigns samples to folds by chance.
    pub fn shuffle(mut self, seed: u64) -> Self {
        self.shuffle = Some(seed);
        self
    }

    /// Folds of `samples` samples whose sizes differ by at most one.
    ///
    /// # Errors
    /// If there are fewer samples than folds.
    pub fn folds(&self, samples: usize) -> Result<Vec<Fold>> {
        self.enough(samples, "samples")?;
        let mut order: Vec<usize> = (0..samples).collect();
        self.mix(&mut order, 2);
        let mut fold_of = vec![0; samples];
        let (size, more) = (samples / self.folds, samples % self.folds);
        let mut rest = &order[..];
        for fold in 0..self.folds {
            let (own, after) = rest.split_at(size + usize::from(fold < more));
            own.iter().for_each(|&sample| fold_of[sample] = fold);
            rest = after;
        }
        Ok(self.collect(&fold_of))
    }

    /// Folds with the same share of each class, as closely as whole samples allow; sizes differ by at most one.
    ///
    /// # Errors
    /// If a class has fewer samples than there are folds, so that some fold would be without it.
    pub fn stratified(&self, labels: &[u32]) -> Result<Vec<Fold>> {
        self.enough(labels.len(), "samples")?;
        let mut fold_of = vec![0; labels.len()];
        let mut next = 0;
        for (turn, mut group) in by_class(labels).into_iter().enumerate() {
            if group.len() < self.folds {
                let problem = format!(
                    "class {} has {} samples, too few for {} folds; use {} folds or fewer, or leave the class out",
                    labels[group[0]],
                    group.len(),
                    self.folds,
                    group.len().max(2)
                );
                return Err(Error::argument("k-fold", problem));
            }
            self.mix(&mut group, 3 + turn as u64);
            // Dealt on from where the class before ended, so that folds stay equally large.
            for sample in group {
                fold_of[sample] = next % self.folds;
                next += 1;
            }
        }
        Ok(self.collect(&fold_of))
    }

    /// Folds of which no two hold samples of the same group: the largest group goes to the fold that is smallest so far.
    ///
    /// # Errors
    /// If there are fewer groups than folds.
    pub fn grouped(&self, groups: &[u32]) -> Result<Vec<Fold>> {
        let mut all = members(groups);
        self.enough(all.len(), "groups")?;
        self.mix(&mut all, 2);
        all.sort_by_key(|group| std::cmp::Reverse(group.len()));
        let mut sizes = vec![0; self.folds];
        let mut fold_of = vec![0; groups.len()];
        for group in all {
            let smallest = (0..self.folds).min_by_key(|&fold| sizes[fold]).unwrap_or(0);
            sizes[smallest] += group.len();
            group.iter().for_each(|&sample| fold_of[sample] = smallest);
        }
        Ok(self.collect(&fold_of))
    }

    fn enough(&self, count: usize, what: &str) -> Result<()> {
        if count >= self.folds {
            return Ok(());
        }
        let problem = format!("{count} {what} are too few for {} folds", self.folds);
        Err(Error::argument("k-fold", problem))
    }

    fn mix<T>(&self, items: &mut [T], index: u64) {
        if let Some(seed) = self.shuffle {
            Rng::addressed(seed, Purpose::Split, 1, index).shuffle(items);
        }
    }

    fn collect(&self, fold_of: &[usize]) -> Vec<Fold> {
        let of = |fold: usize| {
            let (validation, train) = (0..fold_of.len()).partition(|&i| fold_of[i] == fold);
            Fold { train, validation }
        };
        (0..self.folds).map(of).collect()
    }
}
