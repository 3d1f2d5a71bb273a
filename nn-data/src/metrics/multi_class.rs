//! ROC AUC and average precision of more than two classes.

use serde::{Deserialize, Serialize};

use super::score::Score;
use super::{Average, ClassIndex, RankedScores, check_scores, not_empty, quotient};
use crate::error::{Error, Result};

/// Which samples a class is told from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// All others: one ranking a class.
    #[default]
    Rest,
    /// Each other class in turn: the mean over pairs, insensitive to how frequent classes are (Hand and Till 2001).
    Each,
}

/// The area under the ROC curve of `scores` `[samples, classes]`, averaged.
///
/// Against the rest: micro ranks all samples × classes together, macro and weighted average the classes' areas. Against
/// each: macro averages over pairs of classes, weighted by the share of samples that are of the pair; there is no micro.
/// As scikit-learn's `roc_auc_score` with `multi_class` "ovr" and "ovo".
///
/// # Errors
/// If the sizes do not fit, a label is out of range, a score is not finite, or a class has no samples, so that nothing
/// can be told from it.
///
/// ```
/// use nn_data::metrics::{Against, Average, roc_auc_classes};
///
/// let scores = [0.8, 0.1, 0.1, 0.3, 0.4, 0.3, 0.1, 0.2, 0.7];
/// let auc = roc_auc_classes(&[0u32, 1, 2], &scores, 3, Against::Rest, Average::Macro)?;
/// assert_eq!(auc, 1.0);
/// # Ok::<(), nn_data::Error>(())
/// ```
pub fn roc_auc_classes<L: ClassIndex, S: Score>(
    truth: &[L],
    scores: &[S],
    classes: usize,
    against: Against,
    average: Average,
) -> Result<f64> {
    const WHAT: &str = "ROC AUC";
    check_scores(WHAT, truth, scores, classes)?;
    not_empty(WHAT, truth.len())?;
    let counts = support(truth, classes);
    if let Some(absent) = counts.iter().position(|&count| count == 0) {
        let problem = format!(
            "class {absent} has no samples, so that its area is not defined; judge on data with every class, or leave the class out"
        );
        return Err(Error::argument(WHAT, problem));
    }
    match (against, average) {
        (Against::Rest, Average::Micro) => everything(truth, scores, classes)?.roc_auc(),
        (Against::Rest, _) => {
            let areas = per_class(truth, scores, classes, RankedScores::roc_auc)?;
            Ok(mean(&areas, &counts, average))
        }
        (Against::Each, Average::Micro) => Err(Error::argument(
            WHAT,
            "pairs of classes have no micro average; use macro or weighted",
        )),
        (Against::Each, _) => pairs(truth, scores, classes, &counts, average),
    }
}

/// The average precision of `scores` `[samples, classes]`, each class against all others, averaged. A class without
/// samples counts as 0.
///
/// # Errors
/// If the sizes do not fit, a label is out of range, or a score is not finite.
pub fn average_precision_classes<L: ClassIndex, S: Score>(
    truth: &[L],
    scores: &[S],
    classes: usize,
    average: Average,
) -> Result<f64> {
    const WHAT: &str = "average precision";
    check_scores(WHAT, truth, scores, classes)?;
    not_empty(WHAT, truth.len())?;
    if average == Average::Micro {
        return Ok(everything(truth, scores, classes)?.average_precision());
    }
    let values = per_class(truth, scores, classes, |r| Ok(r.average_precision()))?;
    Ok(mean(&values, &support(truth, classes), average))
}

fn support<L: ClassIndex>(truth: &[L], classes: usize) -> Vec<u64> {
    let mut counts = vec![0; classes];
    for class in truth.iter().filter_map(|label| label.index()) {
        counts[class] += 1;
    }
    counts
}

fn mean(values: &[f64], counts: &[u64], average: Average) -> f64 {
    let weight = |count: u64| match average {
        Average::Weighted => count as f64,
        _ => 1.0,
    };
    let sum = values.iter().zip(counts).map(|(v, &n)| v * weight(n)).sum();
    quotient(sum, counts.iter().map(|&n| weight(n)).sum()).0
}

/// All samples × classes as one list of yes or no.
fn everything<L: ClassIndex, S: Score>(
    truth: &[L],
    scores: &[S],
    classes: usize,
) -> Result<RankedScores> {
    let mut flags = vec![false; scores.len()];
    for (row, label) in truth.iter().enumerate() {
        if let Some(class) = label.index() {
            flags[row * classes + class] = true;
        }
    }
    RankedScores::new(&flags, scores)
}

fn per_class<L: ClassIndex, S: Score>(
    truth: &[L],
    scores: &[S],
    classes: usize,
    value: impl Fn(&RankedScores) -> Result<f64>,
) -> Result<Vec<f64>> {
    let of = |class: usize| {
        let flags: Vec<bool> = truth.iter().map(|t| t.index() == Some(class)).collect();
        let column: Vec<S> = scores
            .iter()
            .skip(class)
            .step_by(classes)
            .copied()
            .collect();
        value(&RankedScores::new(&flags, &column)?)
    };
    (0..classes).map(of).collect()
}

fn pairs<L: ClassIndex, S: Score>(
    truth: &[L],
    scores: &[S],
    classes: usize,
    counts: &[u64],
    average: Average,
) -> Result<f64> {
    let area = |members: &[usize], positive: usize| {
        let flags: Vec<bool> = (members.iter())
            .map(|&i| truth[i].index() == Some(positive))
            .collect();
        let column: Vec<S> = (members.iter())
            .map(|&i| scores[i * classes + positive])
            .collect();
        RankedScores::new(&flags, &column)?.roc_auc()
    };
    let (mut areas, mut sizes) = (Vec::new(), Vec::new());
    for a in 0..classes {
        for b in a + 1..classes {
            let is_member = |i: &usize| matches!(truth[*i].index(), Some(c) if c == a || c == b);
            let members: Vec<usize> = (0..truth.len()).filter(is_member).collect();
            areas.push((area(&members, a)? + area(&members, b)?) / 2.0);
            sizes.push(counts[a] + counts[b]);
        }
    }
    if areas.is_empty() {
        return Err(Error::argument("ROC AUC", "one class alone makes no pair"));
    }
    Ok(mean(&areas, &sizes, average))
}
