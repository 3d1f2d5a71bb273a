//! A network's answers compared with what is true.

use std::sync::Arc;

use nn_data::Dataset;
use nn_data::dataset::TargetKind;
use nn_data::metrics::{
    Baseline, ClassificationReport, ConfusionMatrix, Interval, RegressionErrors, RegressionScores,
    log_loss, top_k_accuracy,
};

use crate::error::{Error, Result};
use crate::evaluate::intervals;
use crate::model::Plan;
use crate::opened::{Predictions, Truth};
use crate::view::baseline::SKEWED;

/// From this many classes on, the share of samples whose class is among the likeliest five is worth knowing.
const TOP_FROM: usize = 10;

/// A network judged on some data.
pub struct Judged {
    /// What it was judged on, in words.
    pub of: String,
    /// The same, as samples.
    pub data: Arc<dyn Dataset>,
    /// The scores.
    pub scores: Scores,
}

/// Scores by the kind of target.
pub enum Scores {
    /// Of classes.
    Classes(Box<Classes>),
    /// Of values.
    Values(Box<Values>),
}

/// A classifier judged.
pub struct Classes {
    /// Names of the classes.
    pub names: Vec<String>,
    /// The class of every sample.
    pub truth: Vec<u32>,
    /// `[samples, classes]`; bare decisions where `has_probabilities` is not set.
    pub probabilities: Vec<f32>,
    /// What the network said of every sample.
    pub said: Vec<u32>,
    /// How often what was taken for what.
    pub confusion: ConfusionMatrix,
    /// Precision, recall, F1.
    pub report: ClassificationReport,
    /// Mean −ln of the probability given to the truth.
    pub log_loss: Option<f64>,
    /// k and the share of samples whose class is among the k likeliest.
    pub top: Option<(usize, f64)>,
    /// The most frequent class, and its share.
    pub majority: (usize, f64),
    /// Mean F1 of always saying it, and log loss of the shares of the classes.
    pub prior: (f64, f64),
    /// Of two classes the one that is looked for; else the first.
    pub positive: usize,
    /// Of two classes: the probability from which on a sample counts as the positive one.
    pub threshold: f64,
    /// What that was chosen by, in words; empty where the likelier class is said.
    pub rule: String,
    /// The interval that holds the accuracy in 95 of 100 resamples.
    pub interval: Option<Interval>,
    /// Whether the outputs say how certain the network is.
    pub has_probabilities: bool,
}

/// A predictor of values judged.
pub struct Values {
    /// Names of the values.
    pub names: Vec<String>,
    /// `[samples, values]`
    pub truth: Vec<f32>,
    /// `[samples, values]`
    pub said: Vec<f32>,
    /// Scores of each value.
    pub scores: Vec<RegressionScores>,
    /// Scores of each value for always saying its mean.
    pub baseline: Vec<RegressionScores>,
}

impl Judged {
    /// Compares `predictions` with what is true.
    ///
    /// # Errors
    /// If there are no samples, or the numbers do not fit each other.
    pub fn new(
        of: String,
        data: Arc<dyn Dataset>,
        predictions: Predictions,
        plan: &Plan,
    ) -> Result<Judged> {
        if data.is_empty() {
            return Err(Error::input(format!(
                "{of}: there are no samples to judge on"
            )));
        }
        let scores = match predictions.truth {
            Truth::Classes(truth) => {
                let judged = Classes::new(plan, truth, predictions.said);
                Scores::Classes(Box::new(judged?))
            }
            Truth::Values(truth) => {
                let names = match &plan.header.target {
                    TargetKind::Regression { names } => names.clone(),
                    _ => Vec::new(),
                };
                Scores::Values(Box::new(Values::new(names, truth, predictions.said)?))
            }
        };
        Ok(Judged { of, data, scores })
    }
}

impl Classes {
    fn new(plan: &Plan, truth: Vec<u32>, probabilities: Vec<f32>) -> Result<Classes> {
        let names = plan.classes().unwrap_or_default().to_vec();
        let classes = names.len();
        let has_probabilities = plan.has_probabilities();
        let rows = probabilities.chunks_exact(classes.max(1));
        let said: Vec<u32> = rows.map(|row| plan.decide(row) as u32).collect();
        let mut confusion = ConfusionMatrix::new(names.clone())?;
        confusion.add(&truth, &said)?;
        let report = ClassificationReport::new(&confusion)?;
        let log_loss = match has_probabilities {
            // Of outputs that are no numbers there is none.
            true => log_loss(&truth, &probabilities, classes).ok(),
            false => None,
        };
        let top = match has_probabilities && classes >= TOP_FROM {
            true => top_k_accuracy(&truth, &probabilities, classes, 5).ok(),
            false => None,
        };
        let (majority, prior) = match Baseline::majority(&truth, classes)? {
            Baseline::Majority {
                class,
                accuracy,
                macro_f1,
                log_loss,
                ..
            } => ((class, accuracy), (macro_f1, log_loss)),
            Baseline::Mean { .. } => ((0, 0.0), (0.0, 0.0)),
        };
        let [interval, _] = intervals(&confusion)?;
        Ok(Classes {
            names,
            truth,
            probabilities,
            said,
            confusion,
            report,
            log_loss,
            top: top.map(|share| (5, share)),
            majority,
            prior,
            positive: if classes == 2 { plan.positive() } else { 0 },
            threshold: plan
                .threshold()
                .map_or(0.5, |(_, threshold)| threshold.into()),
            rule: plan
                .header
                .threshold
                .map_or(String::new(), |decision| decision.rule.to_string()),
            interval,
            has_probabilities,
        })
    }

    /// Samples that were taken for another class.
    pub fn wrong(&self) -> u64 {
        self.confusion.total() - self.confusion.correct()
    }

    /// Whether always naming one class would be right so often that the accuracy says little.
    pub fn is_skewed(&self) -> bool {
        self.majority.1 >= SKEWED
    }

    /// What the network gives to a class in every sample.
    pub fn scores_of(&self, class: usize) -> Vec<f32> {
        let rows = self.probabilities.chunks_exact(self.names.len().max(1));
        rows.map(|row| row[class]).collect()
    }

    /// The probability that was given to what was said, sample by sample.
    pub fn confidence(&self) -> Vec<f32> {
        let rows = self.probabilities.chunks_exact(self.names.len().max(1));
        rows.zip(&self.said)
            .map(|(row, &said)| row[said as usize])
            .collect()
    }

    /// The worst mistakes, the worst first: (sample, probability of what was said, probability of the truth).
    pub fn worst(&self, count: usize) -> Vec<(usize, f32, f32)> {
        let classes = self.names.len().max(1);
        let mut wrong: Vec<(usize, f32, f32)> = (self.truth.iter().zip(&self.said).enumerate())
            .filter(|(_, (truth, said))| truth != said)
            .map(|(sample, (&truth, &said))| {
                let row = &self.probabilities[sample * classes..(sample + 1) * classes];
                (sample, row[said as usize], row[truth as usize])
            })
            .collect();
        wrong.sort_by(|a, b| {
            a.2.total_cmp(&b.2)
                .then(b.1.total_cmp(&a.1))
                .then(a.0.cmp(&b.0))
        });
        wrong.truncate(count);
        wrong
    }
}

impl Values {
    fn new(names: Vec<String>, truth: Vec<f32>, said: Vec<f32>) -> Result<Values> {
        let width = names.len().max(1);
        let column = |values: &[f32], at: usize| -> Vec<f32> {
            values.iter().skip(at).step_by(width).copied().collect()
        };
        let (mut scores, mut baseline) = (Vec::new(), Vec::new());
        for at in 0..width {
            let (truth, said) = (column(&truth, at), column(&said, at));
            let mut errors = RegressionErrors::new(1)?;
            errors.add(&truth, &said)?;
            let judged = errors.scores();
            scores.push(judged.ok_or_else(|| Error::input("there are no samples to judge on"))?);
            if let Baseline::Mean { scores } = Baseline::mean(&truth, 1)? {
                baseline.push(scores);
            }
        }
        Ok(Values {
            names,
            truth,
            said,
            scores,
            baseline,
        })
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.truth.len() / self.names.len().max(1)
    }

    /// True and predicted values of one output.
    pub fn pairs(&self, at: usize) -> Vec<(f64, f64)> {
        let width = self.names.len().max(1);
        let of = |values: &[f32], sample: usize| f64::from(values[sample * width + at]);
        (0..self.samples())
            .map(|sample| (of(&self.truth, sample), of(&self.said, sample)))
            .collect()
    }
}
