//! What a loss closure gives back, and the averages over many of them.

use std::collections::BTreeMap;

use nn_core::{Context, Tensor};
use serde::{Deserialize, Serialize};

use crate::{BoxError, Error, Result};

/// What the loss closure computes from one batch.
///
/// ```
/// use nn_core::Tensor;
/// use nn_optim::StepOutput;
/// let loss = Tensor::scalar(0.25f32)?;
/// let output = StepOutput::new(loss, 32).correct(30).metric("margin", 1.5);
/// assert_eq!(output.correct, Some(30));
/// # Ok::<(), nn_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct StepOutput {
    /// The loss, one number, averaged over the samples; in training it stands on the context's tape.
    pub loss: Tensor,
    /// The number of samples; 0 counts as 1.
    pub samples: usize,
    /// How many of them were classified correctly, if that is known.
    pub correct: Option<usize>,
    /// Other numbers, averaged over the samples, by name.
    pub metrics: Vec<(&'static str, f64)>,
}

impl StepOutput {
    /// The loss of this many samples.
    pub fn new(loss: Tensor, samples: usize) -> StepOutput {
        StepOutput {
            loss,
            samples,
            correct: None,
            metrics: Vec::new(),
        }
    }

    /// With the number of correctly classified samples, from which the accuracy is computed.
    #[must_use]
    pub fn correct(mut self, correct: usize) -> Self {
        self.correct = Some(correct);
        self
    }

    /// With another number, averaged over the samples.
    #[must_use]
    pub fn metric(mut self, name: &'static str, value: f64) -> Self {
        self.metrics.push((name, value));
        self
    }
}

/// What one step came to.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRecord {
    /// The loss of the batch, before the step.
    pub loss: f64,
    /// The norm `√Σg²` of all gradients, with penalties, before clipping.
    pub gradient_norm: f64,
    /// The learning rate of the step.
    pub learning_rate: f64,
    /// The number of samples.
    pub samples: usize,
    /// How many of them were classified correctly, if that is known.
    pub correct: Option<usize>,
    /// The other numbers of the loss closure.
    pub metrics: Vec<(&'static str, f64)>,
}

/// Sums over batches, from which averages over samples are made.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Totals {
    pub samples: u64,
    loss: f64,
    correct: Option<u64>,
    metrics: BTreeMap<String, f64>,
}

impl Totals {
    pub fn add(
        &mut self,
        loss: f64,
        samples: usize,
        correct: Option<usize>,
        metrics: &[(&'static str, f64)],
    ) {
        let samples = samples.max(1) as u64;
        self.samples += samples;
        self.loss += loss * samples as f64;
        if let Some(correct) = correct {
            *self.correct.get_or_insert(0) += correct as u64;
        }
        for &(name, value) in metrics {
            let value = value * samples as f64;
            match self.metrics.get_mut(name) {
                Some(sum) => *sum += value,
                None => {
                    self.metrics.insert(name.to_owned(), value);
                }
            }
        }
    }

    /// The averages; none if there were no samples.
    pub fn mean(&self) -> Option<Validation> {
        let samples = (self.samples > 0).then_some(self.samples as f64)?;
        let metrics = self.metrics.iter();
        Some(Validation {
            loss: self.loss / samples,
            accuracy: self.correct.map(|correct| correct as f64 / samples),
            samples: self.samples,
            metrics: metrics
                .map(|(name, sum)| (name.clone(), sum / samples))
                .collect(),
        })
    }
}

/// Averages over a data set that was not trained on.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Validation {
    /// The loss, averaged over the samples.
    pub loss: f64,
    /// The part of the samples that was classified correctly, in `[0, 1]`, if that is known.
    pub accuracy: Option<f64>,
    /// The number of samples.
    pub samples: u64,
    /// Other numbers, averaged over the samples, by name.
    pub metrics: BTreeMap<String, f64>,
}

/// Runs the loss closure over batches with a model in use (nothing random, no tape), and averages over the
/// samples. The closure may be the one that trains.
///
/// ```
/// use nn_core::{Parameter, Tensor};
/// use nn_optim::{StepOutput, train::evaluate};
/// let w = Parameter::new(Tensor::scalar(2.0f32)?);
/// let batches = [Ok::<_, nn_core::Error>(1.0), Ok(3.0)];
/// let validation = evaluate(&w, batches, |w, x, cx| {
///     Ok(StepOutput::new(cx.param(w).mul_scalar(*x)?, 1))
/// })?;
/// assert_eq!(validation.loss, 4.0);
/// # Ok::<(), nn_optim::Error>(())
/// ```
///
/// # Errors
/// [`Error::Batch`] and [`Error::Step`] pass on what batches and closure say, with epoch 0; [`Error::Config`]
/// if there is no batch.
pub fn evaluate<M: ?Sized, B, E: Into<BoxError>>(
    model: &M,
    batches: impl IntoIterator<Item = Result<B, E>>,
    mut step: impl FnMut(&M, &B, &mut Context) -> Result<StepOutput, BoxError>,
) -> Result<Validation> {
    let mut totals = Totals::default();
    for (index, batch) in batches.into_iter().enumerate() {
        let (epoch, index) = (0, index as u64);
        let batch = batch.map_err(|e| Error::Batch {
            epoch,
            batch: index,
            source: e.into(),
        })?;
        let output =
            step(model, &batch, &mut Context::evaluate()).map_err(|source| Error::Step {
                epoch,
                step: index,
                source,
            })?;
        totals.add(
            output.loss.item()?,
            output.samples,
            output.correct,
            &output.metrics,
        );
    }
    totals
        .mean()
        .ok_or_else(|| Error::config("evaluate", "there is no batch to evaluate on"))
}
