//! Everything about a classifier's predictions in one table.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::confusion::short;
use super::{Averages, ClassIndex, ClassScores, ConfusionMatrix, precision_recall_f1};
use crate::error::{Error, Result};

/// Accuracy, and precision, recall and F1 per class and averaged.
///
/// ```
/// use nn_data::metrics::ClassificationReport;
///
/// let names = vec!["cat".to_string(), "dog".to_string()];
/// let report = ClassificationReport::from_labels(&[0u32, 0, 1, 1], &[0, 1, 1, 1], names)?;
/// assert_eq!(report.accuracy, 0.75);
/// println!("{report}");
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassificationReport {
    /// Every class in order.
    pub classes: Vec<ClassScores>,
    /// Share of right predictions.
    pub accuracy: f64,
    /// From the counts of all classes together.
    pub micro: Averages,
    /// The plain mean over the classes that occur.
    #[serde(rename = "macro")]
    pub macro_mean: Averages,
    /// The mean weighted by support.
    pub weighted: Averages,
    /// Number of samples.
    pub samples: u64,
}

impl ClassificationReport {
    /// The report on a confusion matrix.
    ///
    /// # Errors
    /// If it holds no samples.
    pub fn new(matrix: &ConfusionMatrix) -> Result<Self> {
        let Some(accuracy) = matrix.accuracy() else {
            return Err(Error::argument(
                "classification report",
                "there are no samples",
            ));
        };
        let classes = precision_recall_f1(matrix);
        Ok(ClassificationReport {
            accuracy,
            micro: Averages::micro(matrix),
            macro_mean: Averages::macro_mean(&classes),
            weighted: Averages::weighted(&classes),
            samples: matrix.total(),
            classes,
        })
    }

    /// The report on true and predicted labels.
    ///
    /// # Errors
    /// If the lengths differ or are 0, or a label has no name.
    pub fn from_labels<L: ClassIndex>(
        truth: &[L],
        predicted: &[L],
        names: Vec<String>,
    ) -> Result<Self> {
        let mut matrix = ConfusionMatrix::new(names)?;
        matrix.add(truth, predicted)?;
        Self::new(&matrix)
    }
}

impl fmt::Display for ClassificationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.classes.iter().map(|c| short(&c.name)).collect();
        let label = names
            .iter()
            .map(|n| n.chars().count())
            .max()
            .unwrap_or(0)
            .max(12);
        let rule = format!("{}─┼─{}", "─".repeat(label), "─".repeat(39));
        writeln!(
            f,
            "{:label$} │ precision   recall       F1    samples",
            "class"
        )?;
        writeln!(f, "{rule}")?;
        let score = |value: f64, undefined: bool| {
            if undefined {
                "–".to_string()
            } else {
                format!("{value:.4}")
            }
        };
        let mut undefined = false;
        for (name, class) in names.iter().zip(&self.classes) {
            undefined |= class.precision_undefined || class.recall_undefined;
            writeln!(
                f,
                "{name:label$} │ {:>9}{:>9}{:>9}{:>11}",
                score(class.precision, class.precision_undefined),
                score(class.recall, class.recall_undefined),
                score(class.f1, !class.occurs()),
                class.support
            )?;
        }
        writeln!(f, "{rule}")?;
        for (name, mean) in [("macro mean", self.macro_mean), ("weighted", self.weighted)] {
            writeln!(
                f,
                "{name:label$} │ {:>9.4}{:>9.4}{:>9.4}{:>11}",
                mean.precision, mean.recall, mean.f1, self.samples
            )?;
        }
        writeln!(
            f,
            "{:label$} │ {:>9.4}{:>29}",
            "accuracy", self.accuracy, self.samples
        )?;
        if undefined {
            writeln!(
                f,
                "– has nothing to divide by and counts as 0 in the means."
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> ClassificationReport {
        let names = ["cat", "dog", "owl"].map(String::from).to_vec();
        ClassificationReport::from_labels(&[0u32, 0, 0, 1], &[0, 0, 1, 1], names).unwrap()
    }

    #[test]
    fn is_drawn_as_a_table() {
        let expected = "\
class        │ precision   recall       F1    samples
─────────────┼────────────────────────────────────────
cat          │    1.0000   0.6667   0.8000          3
dog          │    0.5000   1.0000   0.6667          1
owl          │         –        –        –          0
─────────────┼────────────────────────────────────────
macro mean   │    0.7500   0.8333   0.7333          4
weighted     │    0.8750   0.7500   0.7667          4
accuracy     │    0.7500                            4
– has nothing to divide by and counts as 0 in the means.
";
        assert_eq!(report().to_string(), expected);
    }

    #[test]
    fn survives_json_and_refuses_nothing() {
        let text = serde_json::to_string(&report()).unwrap();
        assert!(text.contains("\"macro\":{"), "{text}");
        assert_eq!(
            serde_json::from_str::<ClassificationReport>(&text).unwrap(),
            report()
        );
        assert!(ClassificationReport::from_labels::<u32>(&[], &[], vec!["a".into()]).is_err());
    }
}
