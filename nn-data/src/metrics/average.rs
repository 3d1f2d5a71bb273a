//! One number from the yes-or-no scores of several classes or labels.

use serde::{Deserialize, Serialize};

use super::{BinaryCounts, ConfusionMatrix, quotient};

/// How the scores of classes become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Average {
    /// From the counts of all classes together: every decision counts the same.
    Micro,
    /// The plain mean: every class counts the same.
    Macro,
    /// The mean weighted by the number of true samples: every sample counts the same.
    Weighted,
}

impl Average {
    /// The average of `score` over classes with these counts.
    ///
    /// ```
    /// use nn_data::metrics::{Average, BinaryCounts, ConfusionMatrix, one_against_rest};
    ///
    /// let mut matrix = ConfusionMatrix::with_classes(3)?;
    /// matrix.add(&[0u32, 1, 2, 2], &[0, 1, 1, 2])?;
    /// let specificity = Average::Macro.of(&one_against_rest(&matrix), BinaryCounts::specificity);
    /// assert!((specificity - (1.0 + 2.0 / 3.0 + 1.0) / 3.0).abs() < 1e-15);
    /// # Ok::<(), nn_data::Error>(())
    /// ```
    pub fn of(self, counts: &[BinaryCounts], score: impl Fn(&BinaryCounts) -> f64) -> f64 {
        let mean = |weight: &dyn Fn(&BinaryCounts) -> f64| {
            let sum = counts.iter().map(|c| weight(c) * score(c)).sum();
            quotient(sum, counts.iter().map(weight).sum()).0
        };
        match self {
            Average::Micro => score(
                &counts
                    .iter()
                    .fold(BinaryCounts::default(), |sum, &c| sum.plus(c)),
            ),
            Average::Macro => mean(&|_| 1.0),
            Average::Weighted => mean(&|c| c.positives() as f64),
        }
    }
}

/// The counts of every class of a confusion matrix against all others.
pub fn one_against_rest(matrix: &ConfusionMatrix) -> Vec<BinaryCounts> {
    let (truth, predicted) = (matrix.truth_counts(), matrix.predicted_counts());
    let total = matrix.total();
    let mut hits = vec![0; matrix.classes()];
    for (t, p, count) in matrix.cells() {
        if t == p {
            hits[t] = count;
        }
    }
    (0..matrix.classes())
        .map(|c| BinaryCounts::from_sums(hits[c], predicted[c], truth[c], total))
        .collect()
}
