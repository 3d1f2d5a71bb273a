//! What a model makes of a part of the data, sample by sample.

use nn_data::dataset::TargetKind;
use nn_data::diagnose::Estimate;
use nn_data::{Dataset, Subset};

use crate::error::Result;
use crate::evaluate::largest;
use crate::model::Model;
use crate::opened::{Predictions, Truth};

/// At most so many samples of the training part are measured, evenly spaced.
const TRAINING: usize = 10_000;

/// A part of the data with what a model says of it.
pub struct Judged {
    /// The samples.
    pub part: Subset,
    /// What the model says, and what is true.
    pub predictions: Predictions,
    /// What each sample adds to the error: 1 for a wrong class, 0 for a right one; for numbers the squared error as a share of the
    /// variance.
    pub costs: Vec<f64>,
    /// Their mean.
    pub error: Estimate,
}

/// In what unit errors are measured, and how large that of a guess is.
#[derive(Clone, Debug, PartialEq)]
pub enum Unit {
    /// The share of wrong classes; the guess always says the most frequent one.
    Rate { class: usize },
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
            return Ok(Unit::Rate {
                class: class.unwrap_or(0),
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
            Unit::Unexplained { .. } => Ok(1.0),
        }
    }

    /// What the guess says, in words.
    pub fn guess_words(&self, target: &TargetKind) -> String {
        match self {
            Unit::Rate { class } => {
                let names = target.class_names().unwrap_or_default();
                let name = names.get(*class).map_or("?", String::as_str);
                format!("always \"{name}\"")
            }
            Unit::Unexplained { .. } => "always the mean".into(),
        }
    }

    /// What each sample adds to the error.
    pub fn costs(&self, predictions: &Predictions) -> Vec<f64> {
        let rows = predictions.said.chunks_exact(predictions.width.max(1));
        match (self, &predictions.truth) {
            (Unit::Rate { .. }, Truth::Classes(labels)) => rows
                .zip(labels)
                .map(|(row, &label)| f64::from(u8::from(largest(row) != label as usize)))
                .collect(),
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
            Unit::Unexplained { .. } => Estimate::mean(costs)?,
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
        let costs = unit.costs(&predictions);
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
