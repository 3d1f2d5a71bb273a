//! From which score on a sample counts as positive.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::counts::BinaryCounts;
use crate::error::{Error, Result};

/// What makes a threshold the best.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdRule {
    /// The highest F_β for this β; 1 is F₁, 2 prefers recall, 0.5 prefers precision.
    FBeta(f64),
    /// The highest recall with at least this precision.
    Precision(f64),
    /// The highest precision with at least this recall.
    Recall(f64),
    /// The least cost of all mistakes together.
    Cost {
        /// Of a false alarm.
        false_positive: f64,
        /// Of a positive that was missed.
        false_negative: f64,
    },
}

impl ThresholdRule {
    pub(super) fn check(&self) -> Result<()> {
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let cost = |value: f64| value >= 0.0 && value.is_finite();
        let problem = match *self {
            ThresholdRule::FBeta(beta) if !(beta > 0.0 && beta.is_finite()) => {
                format!("β is {beta}, it must be above 0")
            }
            ThresholdRule::Precision(wanted) | ThresholdRule::Recall(wanted) if !share(wanted) => {
                format!("the wanted share is {wanted}, it must be above 0 and at most 1")
            }
            ThresholdRule::Cost {
                false_positive: fp,
                false_negative: miss,
            } if !(cost(fp) && cost(miss) && fp + miss > 0.0) => {
                format!("the costs are {fp} and {miss}, they must be 0 or above and not both 0")
            }
            _ => return Ok(()),
        };
        Err(Error::argument("threshold", problem))
    }

    /// How good these counts are, or nothing where they do not do what is wanted.
    pub(super) fn worth(&self, counts: &BinaryCounts) -> Option<f64> {
        match *self {
            ThresholdRule::FBeta(beta) => (counts.flagged() > 0).then(|| counts.f_beta(beta)),
            ThresholdRule::Precision(wanted) => {
                (counts.flagged() > 0 && counts.precision() >= wanted).then(|| counts.recall())
            }
            ThresholdRule::Recall(wanted) => {
                (counts.recall() >= wanted).then(|| counts.precision())
            }
            ThresholdRule::Cost {
                false_positive,
                false_negative,
            } => Some(-counts.cost(false_positive, false_negative)),
        }
    }

    /// The β of the F score that goes with the rule.
    fn beta(&self) -> f64 {
        match *self {
            ThresholdRule::FBeta(beta) => beta,
            _ => 1.0,
        }
    }
}

impl fmt::Display for ThresholdRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ThresholdRule::FBeta(beta) => write!(f, "the highest F{beta}"),
            ThresholdRule::Precision(wanted) => write!(f, "a precision of {wanted}"),
            ThresholdRule::Recall(wanted) => write!(f, "a recall of {wanted}"),
            ThresholdRule::Cost {
                false_positive,
                false_negative,
            } => write!(
                f,
                "the least cost, {false_positive} a false alarm and {false_negative} a miss"
            ),
        }
    }
}

/// A score from which on samples count as positive, and what comes of it on the samples it was chosen with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// A sample counts as positive where its score is this or above. Above every score where flagging nothing is best.
    pub value: f64,
    /// Precision there.
    pub precision: f64,
    /// Recall there.
    pub recall: f64,
    /// F_β there, with the rule's β, and F₁ for rules without one.
    pub f_beta: f64,
    /// The counts there.
    pub counts: BinaryCounts,
}

impl Threshold {
    pub(super) fn new(value: f64, counts: BinaryCounts, rule: &ThresholdRule) -> Self {
        Threshold {
            value,
            precision: counts.precision(),
            recall: counts.recall(),
            f_beta: counts.f_beta(rule.beta()),
            counts,
        }
    }
}
