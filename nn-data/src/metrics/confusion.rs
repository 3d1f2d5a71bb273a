//! Confusion matrix: how often class `t` was taken for class `p`.

mod cells;
mod draw;

use serde::{Deserialize, Serialize};

pub(super) use draw::short;

use super::{ClassIndex, class, quotient, same_length};
use crate::error::{Error, Result};
use cells::Cells;

/// Counts `[true class, predicted class]`.
///
/// `Display` draws it: a row per true class with its recall, a column per predicted class with its
/// precision, and a dot for 0, so that what is not on the diagonal catches the eye.
///
/// Up to 2048 classes every cell has its place in memory; of more classes only the cells that are not 0 are kept, so that
/// a million classes are no trouble.
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
    cells: Cells,
}

/// The written form: a list of rows, or of cells (truth, predicted, count) where there are very many classes.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    counts: Vec<Vec<u64>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cells: Vec<(usize, usize, u64)>,
}

impl From<ConfusionMatrix> for Stored {
    fn from(matrix: ConfusionMatrix) -> Self {
        let counts: Vec<Vec<u64>> = matrix.rows().map(<[u64]>::to_vec).collect();
        let cells = match counts.is_empty() {
            true => matrix.cells().collect(),
            false => Vec::new(),
        };
        Stored {
            classes: matrix.names,
            counts,
            cells,
        }
    }
}

impl TryFrom<Stored> for ConfusionMatrix {
    type Error = Error;

    fn try_from(stored: Stored) -> Result<Self> {
        let n = stored.classes.len();
        let mut matrix = ConfusionMatrix::new(stored.classes)?;
        let square = stored.counts.len() == n && stored.counts.iter().all(|row| row.len() == n);
        let inside = |&(t, p, _): &(usize, usize, u64)| t < n && p < n;
        if !(square || stored.counts.is_empty()) || !stored.cells.iter().all(inside) {
            let problem = format!("it must be {n}×{n}");
            return Err(Error::argument("confusion matrix", problem));
        }
        for (truth, row) in stored.counts.iter().enumerate() {
            for (predicted, &count) in row.iter().enumerate() {
                matrix.cells.add(truth, predicted, count);
            }
        }
        for (truth, predicted, count) in stored.cells {
            matrix.cells.add(truth, predicted, count);
        }
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
    /// If there are no classes, or more than 2³².
    pub fn new(names: Vec<String>) -> Result<Self> {
        let classes = names.len();
        if classes == 0 || u32::try_from(classes).is_err() {
            let problem = format!("{classes} classes, it takes 1 to {}", u32::MAX);
            return Err(Error::argument("confusion matrix", problem));
        }
        Ok(ConfusionMatrix {
            names,
            cells: Cells::new(classes),
        })
    }

    /// An empty matrix for classes named "0", "1", …
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_classes(classes: usize) -> Result<Self> {
        Self::new((0..classes).map(|c| c.to_string()).collect())
    }

    /// A matrix of the same classes with these cells, all of which are inside.
    pub(super) fn with_cells(&self, cells: impl Iterator<Item = (usize, usize, u64)>) -> Self {
        let mut matrix = ConfusionMatrix {
            names: self.names.clone(),
            cells: Cells::new(self.classes()),
        };
        cells.for_each(|(truth, predicted, count)| matrix.cells.add(truth, predicted, count));
        matrix
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
                self.cells.add(truth, predicted, 1);
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
        for (truth, predicted, count) in other.cells() {
            self.cells.add(truth, predicted, count);
        }
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
            self.cells.get(truth, predicted)
        } else {
            0
        }
    }

    /// The counts row by row, one row per true class; nothing for more than 2048 classes, where there are only
    /// [`cells`](Self::cells).
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        self.cells.dense().chunks_exact(self.classes())
    }

    /// Every cell that is not 0, `(truth, predicted, count)`, row by row.
    pub fn cells(&self) -> impl Iterator<Item = (usize, usize, u64)> + '_ {
        self.cells.iter()
    }

    /// Samples of a true class (the support).
    pub fn truth_count(&self, class: usize) -> u64 {
        let row = self.cells().filter(|cell| cell.0 == class);
        row.map(|cell| cell.2).sum()
    }

    /// Predictions of a class.
    pub fn predicted_count(&self, class: usize) -> u64 {
        let column = self.cells().filter(|cell| cell.1 == class);
        column.map(|cell| cell.2).sum()
    }

    /// Samples of each true class.
    pub fn truth_counts(&self) -> Vec<u64> {
        self.sums(|truth, _| truth)
    }

    /// Predictions of each class.
    pub fn predicted_counts(&self) -> Vec<u64> {
        self.sums(|_, predicted| predicted)
    }

    fn sums(&self, of: impl Fn(usize, usize) -> usize) -> Vec<u64> {
        let mut sums = vec![0; self.classes()];
        for (truth, predicted, count) in self.cells() {
            sums[of(truth, predicted)] += count;
        }
        sums
    }

    /// All samples.
    pub fn total(&self) -> u64 {
        self.cells().map(|cell| cell.2).sum()
    }

    /// Samples on the diagonal.
    pub fn correct(&self) -> u64 {
        let right = self.cells().filter(|cell| cell.0 == cell.1);
        right.map(|cell| cell.2).sum()
    }

    /// The share of samples on the diagonal, or `None` before the first sample.
    pub fn accuracy(&self) -> Option<f64> {
        let total = self.total();
        (total > 0).then(|| self.correct() as f64 / total as f64)
    }

    /// The matrix as shares, row-major; 0 where there is nothing to divide by.
    ///
    /// # Errors
    /// If there are more than 2048 classes, so that there are no rows.
    pub fn normalized(&self, by: Normalize) -> Result<Vec<f64>> {
        let classes = self.classes();
        if self.cells.dense().is_empty() {
            let problem = format!("{classes} classes are too many for a table of shares");
            return Err(Error::argument("confusion matrix", problem));
        }
        let divisors: Vec<u64> = match by {
            Normalize::Truth => self.truth_counts(),
            Normalize::Predicted => self.predicted_counts(),
            Normalize::All => vec![self.total(); classes],
        };
        let mut shares = vec![0.0; classes * classes];
        for (truth, predicted, count) in self.cells() {
            let divisor = match by {
                Normalize::Predicted => divisors[predicted],
                _ => divisors[truth],
            };
            shares[truth * classes + predicted] = quotient(count as f64, divisor as f64).0;
        }
        Ok(shares)
    }

    /// The most frequent mistakes, `(truth, predicted, count)`, most frequent first.
    pub fn confusions(&self) -> Vec<(usize, usize, u64)> {
        let mut all: Vec<_> = self.cells().filter(|&(t, p, _)| t != p).collect();
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
        let by_truth = m.normalized(Normalize::Truth).unwrap();
        assert_eq!(by_truth[..2], [2.0 / 3.0, 1.0 / 3.0]);
        let by_prediction = m.normalized(Normalize::Predicted).unwrap();
        assert_eq!((by_prediction[0], by_prediction[3]), (2.0 / 3.0, 1.0 / 3.0));
        let all = m.normalized(Normalize::All).unwrap();
        assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        let empty = ConfusionMatrix::with_classes(2).unwrap();
        assert_eq!(empty.normalized(Normalize::Truth).unwrap(), [0.0; 4]);
    }

    #[test]
    fn a_label_out_of_range_counts_nothing() {
        let mut m = matrix();
        assert!(m.add(&[0u32, 3], &[0, 0]).is_err());
        assert!(m.add(&[0i64, 0], &[0, -1]).is_err());
        assert_eq!(m, matrix());
        assert!(ConfusionMatrix::with_classes(0).is_err());
    }

    #[test]
    fn a_million_classes_take_what_their_samples_need() {
        let mut m = ConfusionMatrix::with_classes(1_000_000).unwrap();
        let mut twin = ConfusionMatrix::with_classes(10).unwrap();
        for (truth, predicted) in [(7u32, 7), (7, 3), (9, 9), (3, 9)] {
            m.add(&[truth], &[predicted]).unwrap();
            twin.add(&[truth], &[predicted]).unwrap();
        }
        assert!(m.add(&[1_000_000u32], &[0]).is_err());
        assert_eq!(m.accuracy(), Some(0.5));
        assert_eq!(
            m.cells().collect::<Vec<_>>(),
            twin.cells().collect::<Vec<_>>()
        );
        assert_eq!((m.truth_count(7), m.predicted_count(9)), (2, 2));
        assert_eq!(m.rows().count(), 0);
        assert!(m.normalized(Normalize::All).is_err());
        let scores = crate::metrics::precision_recall_f1(&m);
        assert_eq!((scores[9].precision, scores[9].recall), (0.5, 1.0));
        assert!(m.to_string().contains("1  3 taken for 9"), "{m}");
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
        let mut wide = ConfusionMatrix::with_classes(3000).unwrap();
        wide.add(&[2999u32, 5], &[5, 5]).unwrap();
        let text = serde_json::to_string(&wide).unwrap();
        assert_eq!(
            serde_json::from_str::<ConfusionMatrix>(&text).unwrap(),
            wide
        );
        let ragged = r#"{"classes":["0","1"],"counts":[[1,1],[1]]}"#;
        assert!(serde_json::from_str::<ConfusionMatrix>(ragged).is_err());
    }
}
