//! Confusion matrix: how often class `t` was taken for class `p`.

mod draw;

use serde::{Deserialize, Serialize};

pub(super) use draw::short;

use super::{ClassIndex, class, quotient, same_length};
use crate::error::{Error, Result};

/// Counts `[true class, predicted class]`.
///
/// `Display` draws it: a row per true class with its recall, a column per predicted class with its
/// precision, and a dot for 0, so that what is not on the diagonal catches the eye.
///
/// ```
/// use nn_data::metrics::ConfusionMatrix;
///
/// let mut matrix = ConfusionMatrix::new(vec!["cat".into(), "dog".into()])?;
/// matrix.add(&[0u32, 0, 1, 1, 1], &[0, 1, 1, 1, 1])?;
/// assert_eq!(matrix.count(0, 1), 1);
/// println!("{matrix}");
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct ConfusionMatrix {
    names: Vec<String>,
    counts: Vec<u64>,
}

/// The written form: a list of rows.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    classes: Vec<String>,
    counts: Vec<Vec<u64>>,
}

impl From<ConfusionMatrix> for Stored {
    fn from(matrix: ConfusionMatrix) -> Self {
        let counts = matrix.rows().map(<[u64]>::to_vec).collect();
        Stored {
            classes: matrix.names,
            counts,
        }
    }
}

impl TryFrom<Stored> for ConfusionMatrix {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        let n = stored.classes.len();
        let mut matrix = ConfusionMatrix::new(stored.classes)?;
        if stored.counts.len() != n || stored.counts.iter().any(|row| row.len() != n) {
            return Err(Error::argument(
                "confusion matrix",
                format!("it must be {n}×{n}"),
            ));
        }
        matrix.counts = stored.counts.concat();
        Ok(matrix)
    }
}

/// What the entries of a confusion matrix are divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Normalize {
    /// The number of samples of the true class: the diagonal is the recall.
    Truth,
    /// The number of predictions of the class: the diagonal is the precision.
    Predicted,
    /// The number of all samples.
    All,
}

impl ConfusionMatrix {
    /// An empty matrix for the named classes.
    ///
    /// # Errors
    /// If there are no classes, or so many that the matrix would not fit into memory.
    pub fn new(names: Vec<String>) -> Result<Self> {
        let classes = names.len();
        let cells = classes
            .checked_mul(classes)
            .filter(|&n| n > 0 && n <= 1 << 28);
        let Some(cells) = cells else {
            let problem = format!("{classes} classes, it takes 1 to 16384");
            return Err(Error::argument("confusion matrix", problem));
        };
        Ok(ConfusionMatrix {
            names,
            counts: vec![0; cells],
        })
    }

    /// An empty matrix for classes named "0", "1", …
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_classes(classes: usize) -> Result<Self> {
        Self::new((0..classes).map(|c| c.to_string()).collect())
    }

    /// Counts a batch.
    ///
    /// # Errors
    /// If the lengths differ or a label is out of range; nothing is counted then.
    pub fn add<L: ClassIndex>(&mut self, truth: &[L], predicted: &[L]) -> Result<()> {
        let what = "confusion matrix";
        same_length(what, truth.len(), predicted.len())?;
        let classes = self.classes();
        for labels in [truth, predicted] {
            for (sample, &label) in labels.iter().enumerate() {
                class(what, sample, label, classes)?;
            }
        }
        for (truth, predicted) in truth.iter().zip(predicted) {
            if let (Some(truth), Some(predicted)) = (truth.index(), predicted.index()) {
                self.counts[truth * classes + predicted] += 1;
            }
        }
        Ok(())
    }

    /// Adds the counts of another matrix of as many classes.
    ///
    /// # Errors
    /// If the number of classes differs.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.classes() != other.classes() {
            let problem = format!(
                "{} classes and {} do not add",
                self.classes(),
                other.classes()
            );
            return Err(Error::argument("confusion matrix", problem));
        }
        self.counts
            .iter_mut()
            .zip(&other.counts)
            .for_each(|(a, b)| *a += b);
        Ok(())
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.names.len()
    }

    /// The class names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How often `truth` was taken for `predicted`; 0 for classes that there are not.
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        let inside = truth < self.classes() && predicted < self.classes();
        if inside {
            self.counts[truth * self.classes() + predicted]
        } else {
            0
        }
    }

    /// The counts row by row, one row per true class.
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        self.counts.chunks_exact(self.classes())
    }

    /// Samples of a true class (the support).
    pub fn truth_count(&self, class: usize) -> u64 {
        (0..self.classes()).map(|p| self.count(class, p)).sum()
    }

    /// Predictions of a class.
    pub fn predicted_count(&self, class: usize) -> u64 {
        (0..self.classes()).map(|t| self.count(t, class)).sum()
    }

    /// All samples.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Samples on the diagonal.
    pub fn correct(&self) -> u64 {
        (0..self.classes()).map(|c| self.count(c, c)).sum()
    }

    /// The share of samples on the diagonal, or `None` before the first sample.
    pub fn accuracy(&self) -> Option<f64> {
        let total = self.total();
        (total > 0).then(|| self.correct() as f64 / total as f64)
    }

    /// The matrix as shares, row-major; 0 where there is nothing to divide by.
    pub fn normalized(&self, by: Normalize) -> Vec<f64> {
        let classes = self.classes();
        let divisors: Vec<u64> = match by {
            Normalize::Truth => (0..classes).map(|c| self.truth_count(c)).collect(),
            Normalize::Predicted => (0..classes).map(|c| self.predicted_count(c)).collect(),
            Normalize::All => vec![self.total(); classes],
        };
        let share = |(at, &count): (usize, &u64)| {
            let divisor = if by == Normalize::Predicted {
                at % classes
            } else {
                at / classes
            };
            quotient(count as f64, divisors[divisor] as f64).0
        };
        self.counts.iter().enumerate().map(share).collect()
    }

    /// The most frequent mistakes, `(truth, predicted, count)`, most frequent first.
    pub fn confusions(&self) -> Vec<(usize, usize, u64)> {
        let classes = self.classes();
        let mut all: Vec<(usize, usize, u64)> = (self.counts.iter().enumerate())
            .map(|(at, &count)| (at / classes, at % classes, count))
            .filter(|&(t, p, count)| t != p && count > 0)
            .collect();
        all.sort_by_key(|&(t, p, count)| (std::cmp::Reverse(count), t, p));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> ConfusionMatrix {
        let mut matrix = ConfusionMatrix::with_classes(3).unwrap();
        matrix
            .add(&[0u32, 0, 1, 1, 1, 2], &[0, 1, 1, 1, 0, 2])
            .unwrap();
        matrix
    }

    #[test]
    fn counts_and_sums() {
        let m = matrix();
        assert_eq!(
            m.rows().map(<[u64]>::to_vec).collect::<Vec<_>>(),
            [[1, 1, 0], [1, 2, 0], [0, 0, 1]]
        );
        assert_eq!(
            (
                m.truth_count(1),
                m.predicted_count(1),
                m.total(),
                m.correct()
            ),
            (3, 3, 6, 4)
        );
        assert_eq!(m.confusions(), [(0, 1, 1), (1, 0, 1)]);
        let mut twice = m.clone();
        twice.merge(&m).unwrap();
        assert_eq!(twice.total(), 12);
        assert_eq!(twice.accuracy(), m.accuracy());
    }

    #[test]
    fn shares() {
        let mut m = matrix();
        m.add(&[0u32], &[0]).unwrap();
        let by_truth = m.normalized(Normalize::Truth);
        assert_eq!(by_truth[..2], [2.0 / 3.0, 1.0 / 3.0]);
        let by_prediction = m.normalized(Normalize::Predicted);
        assert_eq!((by_prediction[0], by_prediction[3]), (2.0 / 3.0, 1.0 / 3.0));
        assert!((m.normalized(Normalize::All).iter().sum::<f64>() - 1.0).abs() < 1e-15);
        let empty = ConfusionMatrix::with_classes(2).unwrap();
        assert_eq!(empty.normalized(Normalize::Truth), [0.0; 4]);
    }

    #[test]
    fn a_label_out_of_range_counts_nothing() {
        let mut m = matrix();
        assert!(m.add(&[0u32, 3], &[0, 0]).is_err());
        assert!(m.add(&[0i64, 0], &[0, -1]).is_err());
        assert_eq!(m, matrix());
        assert!(ConfusionMatrix::with_classes(0).is_err());
        assert!(ConfusionMatrix::with_classes(1 << 20).is_err());
    }

    #[test]
    fn is_drawn_as_a_table() {
        let mut m = ConfusionMatrix::new(vec!["cat".into(), "dog".into()]).unwrap();
        m.add(&[0u32, 0, 0, 1], &[0, 0, 1, 1]).unwrap();
        let expected = "\
truth     │ predicted
          │    cat    dog │ recall
──────────┼───────────────┼───────
cat       │      2      1 │  66.7%
dog       │      ·      1 │ 100.0%
──────────┼───────────────┼───────
precision │ 100.0%  50.0% │  75.0%
";
        assert_eq!(m.to_string(), expected);
    }

    #[test]
    fn many_classes_become_a_list() {
        let mut m = ConfusionMatrix::with_classes(100).unwrap();
        m.add(&[7u32, 7, 8], &[9, 9, 8]).unwrap();
        let text = m.to_string();
        assert!(
            text.starts_with("100 classes, 1 of 3 samples right"),
            "{text}"
        );
        assert!(text.contains("       2  7 taken for 9"), "{text}");
    }

    #[test]
    fn survives_json() {
        let text = serde_json::to_string(&matrix()).unwrap();
        assert_eq!(
            text,
            r#"{"classes":["0","1","2"],"counts":[[1,1,0],[1,2,0],[0,0,1]]}"#
        );
        assert_eq!(
            serde_json::from_str::<ConfusionMatrix>(&text).unwrap(),
            matrix()
        );
        let ragged = r#"{"classes":["0","1"],"counts":[[1,1],[1]]}"#;
        assert!(serde_json::from_str::<ConfusionMatrix>(ragged).is_err());
    }
}
