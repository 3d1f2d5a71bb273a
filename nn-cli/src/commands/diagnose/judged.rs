//! What a model makes of a part of the data, sample by sample.

use nn_data::dataset::TargetKind;
use nn_data::diagnose::Estimate;
use nn_data::{Dataset, Subset};

use crate::error::Result;
use crate::model::{Model, Plan};
use crate::opened::{Predictions, Truth};
use crate::view::baseline::SKEWED;
use crate::view::number::percent;

/// At most so many samples of the training part are measured, evenly spaced.
const TRAINING: usize = 10_000;

/// A part of the data with what a model says of it.
pub struct Judged {
    /// The samples.
    pub part: Subset,
    /// What the model says, and what is true.
    pub predictions: Predictions,
    /// What each sample adds to the error: see [`Unit`].
    pub costs: Vec<f64>,
    /// Their mean.
    pub error: Estimate,
}

/// In what unit errors are measured, and how large that of a guess is.
#[derive(Clone, Debug, PartialEq)]
pub enum Unit {
    /// The share of wrong classes; the guess always says the most frequent one. A wrong sample costs 1.
    Rate { class: usize },
    /// Where the most frequent class has nearly all samples, a `share`: the mean over the classes of the share of wrong ones, so
    /// that all classes count alike. A wrong sample costs the more, the rarer its class.
    Balanced { class: usize, share: f64 },
    /// The share of the variance of each output that is not explained; the guess always says the mean.
    Unexplained { variances: Vec<f64> },
}

impl Unit {
    /// As the training part has it.
    ///
    /// # Errors
    /// If a sample cannot be read.
    pub fn of(train: &Subset) -> Result<Unit> {
        if let Some(labels) = train.class_labels()? {
            let mut counts = vec![0_usize; train.target_kind().outputs()];
            labels.iter().for_each(|&label| counts[label as usize] += 1);
            // The first of equal ones.
            let class = (0..counts.len()).rev().max_by_key(|&class| counts[class]);
            let class = class.unwrap_or(0);
            let share = counts[class] as f64 / labels.len().max(1) as f64;
            return Ok(match share >= SKEWED && counts.len() > 1 {
                true => Unit::Balanced { class, share },
                false => Unit::Rate { class },
            });
        }
        let outputs = train.target_kind().outputs().max(1);
        let (mut sums, mut squares) = (vec![0.0; outputs], vec![0.0; outputs]);
        let indices: Vec<usize> = (0..train.len()).collect();
        for chunk in indices.chunks(1024) {
            for (at, value) in train
                .batch(chunk)?
                .targets
                .to_vec::<f32>()?
                .iter()
                .enumerate()
            {
                sums[at % outputs] += f64::from(*value);
                squares[at % outputs] += f64::from(*value).powi(2);
            }
        }
        let n = train.len() as f64;
        let variance = |(sum, square): (&f64, &f64)| (square / n - (sum / n).powi(2)).max(0.0);
        Ok(Unit::Unexplained {
            variances: sums.iter().zip(&squares).map(variance).collect(),
        })
    }

    /// What is measured, in words.
    pub fn name(&self) -> &'static str {
        match self {
            Unit::Rate { .. } => "error",
            Unit::Balanced { .. } => "balanced error",
            Unit::Unexplained { .. } => "unexplained variance",
        }
    }

    /// The error of a guess on a part of the data.
    ///
    /// # Errors
    /// If a sample cannot be read.
    pub fn guess(&self, part: &Subset) -> Result<f64> {
        match self {
            Unit::Rate { class } => {
                let labels = part.class_labels()?.unwrap_or_default();
                let wrong = labels.iter().filter(|&&label| label as usize != *class);
                Ok(wrong.count() as f64 / labels.len().max(1) as f64)
            }
            Unit::Balanced { .. } => {
                let labels = part.class_labels()?.unwrap_or_default();
                Ok(1.0 - 1.0 / counts(&labels).iter().filter(|&&n| n > 0).count().max(1) as f64)
            }
            Unit::Unexplained { .. } => Ok(1.0),
        }
    }

    /// What the guess says, in words.
    pub fn guess_words(&self, target: &TargetKind) -> String {
        match self {
            Unit::Rate { class } | Unit::Balanced { class, .. } => {
                let names = target.class_names().unwrap_or_default();
                let name = names.get(*class).map_or("?", String::as_str);
                format!("always \"{name}\"")
            }
            Unit::Unexplained { .. } => "always the mean".into(),
        }
    }

    /// Why it is measured so, where that is not the usual way.
    pub fn reason(&self, target: &TargetKind) -> Option<String> {
        let Unit::Balanced { class, share } = self else {
            return None;
        };
        let names = target.class_names().unwrap_or_default();
        let name = names.get(*class).map_or("?", String::as_str);
        Some(format!(
            "{} of the samples are \"{name}\", so that the plain share of mistakes would say little: here every class counts alike",
            percent(*share)
        ))
    }

    /// What each sample adds to the error, by what `plan` decides.
    pub fn costs(&self, plan: &Plan, predictions: &Predictions) -> Vec<f64> {
        let rows = predictions.said.chunks_exact(predictions.width.max(1));
        match (self, &predictions.truth) {
            (Unit::Rate { .. } | Unit::Balanced { .. }, Truth::Classes(labels)) => {
                let counts = counts(labels);
                let present = counts.iter().filter(|&&n| n > 0).count();
                let cost = |label: u32| match self {
                    Unit::Balanced { .. } => {
                        labels.len() as f64 / (present * counts[label as usize]) as f64
                    }
                    _ => 1.0,
                };
                rows.zip(labels)
                    .map(|(row, &label)| match plan.decide(row) == label as usize {
                        true => 0.0,
                        false => cost(label),
                    })
                    .collect()
            }
            (Unit::Unexplained { variances }, Truth::Values(values)) => rows
                .zip(values.chunks_exact(predictions.width.max(1)))
                .map(|(said, truth)| {
                    let each = said.iter().zip(truth).zip(variances);
                    let shares = each.map(|((said, truth), variance)| {
                        // A constant target has no variance to explain: its error counts as it is.
                        let unit = if *variance > 0.0 { *variance } else { 1.0 };
                        f64::from(said - truth).powi(2) / unit
                    });
                    shares.sum::<f64>() / said.len() as f64
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The mean of costs, with its interval.
    ///
    /// # Errors
    /// If there are none.
    pub fn estimate(&self, costs: &[f64]) -> Result<Estimate> {
        Ok(match self {
            Unit::Rate { .. } => Estimate::rate(costs.iter().sum::<f64>() as usize, costs.len())?,
            Unit::Balanced { .. } | Unit::Unexplained { .. } => Estimate::mean(costs)?,
        })
    }
}

impl Judged {
    /// Runs a part through a model.
    ///
    /// # Errors
    /// If its samples do not fit, or there are none.
    pub fn of(model: &Model, part: &Subset, unit: &Unit) -> Result<Judged> {
        let predictions = Predictions::of(model, part)?;
        let costs = unit.costs(&model.plan, &predictions);
        Ok(Judged {
            part: part.clone(),
            error: unit.estimate(&costs)?,
            predictions,
            costs,
        })
    }

    /// [`Judged::of`] for a training part: of a large one an even selection is enough.
    ///
    /// # Errors
    /// As [`Judged::of`].
    pub fn of_training(model: &Model, train: &Subset, unit: &Unit) -> Result<Judged> {
        let count = train.len();
        if count <= TRAINING {
            return Judged::of(model, train, unit);
        }
        let chosen = (0..TRAINING).map(|at| train.indices()[at * count / TRAINING]);
        let part = Subset::new(train.dataset().clone(), chosen.collect())?;
        Judged::of(model, &part, unit)
    }
}

/// How many samples each class has.
fn counts(labels: &[u32]) -> Vec<usize> {
    let classes = labels.iter().max().map_or(0, |&most| most as usize + 1);
    let mut counts = vec![0; classes];
    labels.iter().for_each(|&label| counts[label as usize] += 1);
    counts
}
