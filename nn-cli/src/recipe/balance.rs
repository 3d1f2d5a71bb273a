//! `[balance]` and `[threshold]`: data in which one class is rare.

use nn_data::metrics::ThresholdRule;
use serde::{Deserialize, Serialize};

/// How training makes up for classes that are rare.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Balance {
    /// By weights in the loss, or by which samples are drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Method>,
    /// For `class_weights` and `weighted_sampler`: a weight for each class in place of balanced ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<Vec<f64>>,
    /// For `oversample`, `undersample` and `smote`: samples of a rare class for each one of the most frequent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// For `smote`: how many nearest neighbours to draw from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neighbours: Option<usize>,
}

/// A way to make up for rare classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Mistakes on rare classes count more in the loss.
    ClassWeights,
    /// Samples of rare classes come several times an epoch, the same in each.
    Oversample,
    /// Samples of frequent classes are left out.
    Undersample,
    /// New samples of rare classes are made between those there are.
    Smote,
    /// Samples are drawn by weight, anew in each epoch.
    WeightedSampler,
}

impl Balance {
    /// Whether nothing is balanced.
    pub fn is_empty(&self) -> bool {
        *self == Balance::default()
    }

    /// What is wrong, and under which key.
    pub(super) fn problem(&self) -> Option<(&'static str, String)> {
        use Method::{ClassWeights, Oversample, Smote, Undersample, WeightedSampler};
        let Some(method) = self.method else {
            let key = match self {
                _ if self.weights.is_some() => "weights",
                _ if self.ratio.is_some() => "ratio",
                _ if self.neighbours.is_some() => "neighbours",
                _ => return None,
            };
            let problem = format!(
                "{key} is given without a method; write for example method = \"class_weights\""
            );
            return Some((key, problem));
        };
        let unused = |key: &'static str, user: &str| {
            Some((key, format!("{key} is for {user}; take it out")))
        };
        if self.weights.is_some() && !matches!(method, ClassWeights | WeightedSampler) {
            return unused("weights", "class_weights and weighted_sampler");
        }
        if self.ratio.is_some() && !matches!(method, Oversample | Undersample | Smote) {
            return unused("ratio", "oversample, undersample and smote");
        }
        if self.neighbours.is_some() && method != Smote {
            return unused("neighbours", "smote");
        }
        if let Some(weight) = self
            .weights
            .iter()
            .flatten()
            .find(|w| !(w.is_finite() && **w >= 0.0))
        {
            return Some((
                "weights",
                format!("a weight is {weight}, it must be 0 or above"),
            ));
        }
        if let Some(ratio) = self.ratio.filter(|&ratio| !(ratio > 0.0 && ratio <= 1.0)) {
            return Some((
                "ratio",
                format!("ratio is {ratio}, it must be above 0 and at most 1"),
            ));
        }
        (self.neighbours == Some(0)).then(|| {
            (
                "neighbours",
                "neighbours is 0, it must be at least 1".into(),
            )
        })
    }
}

/// From which probability on a sample counts as positive: chosen on the validation part after training, where there are two classes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Threshold {
    /// What makes it the best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<By>,
    /// For `f_beta`: how much more recall counts than precision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beta: Option<f64>,
    /// For `precision` and `recall`: what is wanted of it at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// For `cost`: what a false alarm costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub false_positive: Option<f64>,
    /// For `cost`: what a missed positive costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub false_negative: Option<f64>,
}

/// A rule for choosing a threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The highest F₁.
    F1,
    /// The highest F_β.
    FBeta,
    /// The highest recall with a wanted precision.
    Precision,
    /// The highest precision with a wanted recall.
    Recall,
    /// The least cost of mistakes.
    Cost,
}

impl Threshold {
    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        *self == Threshold::default()
    }

    /// The rule, if there is one.
    pub fn rule(&self) -> Option<ThresholdRule> {
        Some(match self.by? {
            By::F1 => ThresholdRule::FBeta(1.0),
            By::FBeta => ThresholdRule::FBeta(self.beta.unwrap_or(1.0)),
            By::Precision => ThresholdRule::Precision(self.at_least.unwrap_or(1.0)),
            By::Recall => ThresholdRule::Recall(self.at_least.unwrap_or(1.0)),
            By::Cost => ThresholdRule::Cost {
                false_positive: self.false_positive.unwrap_or(1.0),
                false_negative: self.false_negative.unwrap_or(1.0),
            },
        })
    }

    /// What is wrong, and under which key.
    pub(super) fn problem(&self) -> Option<(&'static str, String)> {
        let keys = [
            ("beta", self.beta, &[By::FBeta][..]),
            ("at_least", self.at_least, &[By::Precision, By::Recall]),
            ("false_positive", self.false_positive, &[By::Cost]),
            ("false_negative", self.false_negative, &[By::Cost]),
        ];
        for (key, value, users) in keys {
            let Some(value) = value else {
                match self.by {
                    Some(by) if users.contains(&by) => {
                        return Some(("by", format!("this rule needs {key} as well")));
                    }
                    _ => continue,
                }
            };
            let Some(by) = self.by else {
                return Some((
                    key,
                    format!("{key} is given without a rule; write for example by = \"f1\""),
                ));
            };
            if !users.contains(&by) {
                return Some((key, format!("{key} is for another rule; take it out")));
            }
            let (fits, range) = match by {
                By::Precision | By::Recall => {
                    (value > 0.0 && value <= 1.0, "above 0 and at most 1")
                }
                By::Cost => (value >= 0.0 && value.is_finite(), "0 or above"),
                By::F1 | By::FBeta => (value > 0.0 && value.is_finite(), "above 0"),
            };
            if !fits {
                return Some((key, format!("{key} is {value}, it must be {range}")));
            }
        }
        let costs = self.false_positive.unwrap_or(1.0) + self.false_negative.unwrap_or(1.0);
        (self.by == Some(By::Cost) && costs == 0.0).then(|| {
            (
                "false_positive",
                "both costs are 0, so that all thresholds are the same".into(),
            )
        })
    }
}
