//! Parts that share no group: all pictures of a patient, all rows of a customer, stay together.

use nn_core::random::{Purpose, Rng};

use super::{PartIndices, Split};
use crate::error::{Error, Result};

impl Split {
    /// The sample numbers of parts of which no two hold samples of the same group. Groups are taken in random order; a part
    /// takes whole groups for as long as that brings its size nearer to what was asked.
    ///
    /// # Errors
    /// As [`indices`](Split::indices), or if there are too few groups for the parts.
    ///
    /// ```
    /// use nn_data::Split;
    ///
    /// let patients = [7, 7, 8, 8, 9, 9, 10, 10];
    /// let parts = Split::fractions(0.5, 0.25, 0.25)?.seed(1).indices_grouped(&patients)?;
    /// let of = |part: &[usize]| part.iter().map(|&i| patients[i]).collect::<Vec<u32>>();
    /// assert!(of(&parts.test).iter().all(|patient| !of(&parts.train).contains(patient)));
    /// # Ok::<(), nn_data::Error>(())
    /// ```
    pub fn indices_grouped(&self, groups: &[u32]) -> Result<PartIndices> {
        let sizes = self.part_sizes(groups.len())?;
        let mut left = members(groups);
        let count = left.len();
        Rng::addressed(self.seed, Purpose::Split, 0, 1).shuffle(&mut left);
        let mut take = |wanted: usize| {
            let mut part: Vec<usize> = Vec::with_capacity(wanted);
            let mut rest = Vec::with_capacity(left.len());
            for group in left.drain(..) {
                // Nearer with the group than without: it may overshoot by less than what is missing.
                let nearer =
                    (part.len() + group.len()).abs_diff(wanted) < wanted.abs_diff(part.len());
                match nearer {
                    true => part.extend(group),
                    false => rest.push(group),
                }
            }
            left = rest;
            part.sort_unstable();
            part
        };
        // Training takes the rest of what is used: everything where fractions add up to 1.
        let [train, validation, test] = sizes;
        let uses_all = train + validation + test == groups.len();
        let parts = PartIndices {
            test: take(test),
            validation: take(validation),
            train: take(if uses_all { groups.len() } else { train }),
        };
        let asked = [
            ("training", train, &parts.train),
            ("validation", validation, &parts.validation),
            ("test", test, &parts.test),
        ];
        for (name, wanted, part) in asked {
            if wanted > 0 && part.is_empty() {
                let problem = format!(
                    "{count} groups are too few or too unequal: the {name} part of {wanted} samples is left empty"
                );
                return Err(Error::argument("split", problem));
            }
        }
        Ok(parts)
    }
}

/// The samples of each group, groups in the order of their numbers.
pub(super) fn members(groups: &[u32]) -> Vec<Vec<usize>> {
    super::by_class(groups)
}
