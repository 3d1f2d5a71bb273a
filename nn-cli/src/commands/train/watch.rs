//! What goes on beside the steps: progress, the log, and a model on disk that can be used at any time.

use std::time::Instant;

use nn_optim::train::{EpochRecord, StepRecord, TrainView};
use nn_optim::{BoxError, Callback, Flow};
use serde_json::json;

use super::session::Session;
use crate::error::{Error, Result};
use crate::logged::{Epoch, GradientNorm};
use crate::view::progress::{Batch as BatchLine, Epoch as EpochLine, Measure};

/// The model is saved after an epoch when the last time is at least so many seconds ago, so that runs of many quick epochs do not
/// spend their time on the disk.
const SAVE_EVERY: f64 = 1.0;
/// Within an epoch it is saved when that takes longer than so many seconds.
const SAVE_WITHIN: f64 = 30.0;

impl Session {
    /// Saves the model as it stands, at a moment when it can be used.
    fn save(&mut self, view: &TrainView) -> Result<()> {
        self.note_progress(view.step());
        self.plan.save(&self.run.model(), view.model().state())?;
        self.saved = Some(Instant::now());
        Ok(())
    }

    /// Adds an epoch to the log.
    pub(super) fn log_epoch(&mut self, epoch: &Epoch) -> Result<()> {
        let mut line = serde_json::to_value(epoch)
            .map_err(|e| Error::failed(format!("an epoch cannot be written as JSON: {e}")))?;
        line["kind"] = json!("epoch");
        self.log.line(&line)
    }

    fn unsaved_for(&self, seconds: f64) -> bool {
        self.saved
            .is_none_or(|saved| saved.elapsed().as_secs_f64() >= seconds)
    }
}

impl Callback for Session {
    fn on_step_end(&mut self, view: &TrainView, step: &StepRecord) -> Result<Flow, BoxError> {
        let epochs = view.step() as f64 / self.batches as f64;
        self.gradient.add(step.gradient_norm);
        if self.job.recipe.train.log_every_step {
            self.history.steps.push((epochs, step.loss));
            self.log.line(&json!({
                "kind": "step",
                "step": view.step(),
                "epoch": view.epoch() + 1,
                "loss": step.loss,
                "accuracy": step.correct.map(|correct| correct as f64 / step.samples.max(1) as f64),
                "gradient_norm": step.gradient_norm,
                "learning_rate": step.learning_rate,
            }))?;
        }
        self.progress.batch(|| BatchLine {
            epoch: view.epoch() as usize + 1,
            batch: view.epoch_step() as usize,
            batches: self.batches,
            loss: view.mean_loss().unwrap_or(step.loss),
            accuracy: view.mean_accuracy(),
            samples: view.epoch() * self.samples + view.epoch_samples(),
        });
        if view.step().is_multiple_of(64)
            && self.started.elapsed().as_secs_f64() > SAVE_WITHIN
            && self.unsaved_for(SAVE_WITHIN)
        {
            self.save(view)?;
        }
        Ok(Flow::Continue)
    }

    fn on_epoch_end(&mut self, view: &TrainView, epoch: &EpochRecord) -> Result<Flow, BoxError> {
        let judged = epoch.validation.as_ref().map(|validation| validation.loss);
        let better = judged.filter(|loss| self.best.is_none_or(|best| *loss < best));
        self.best = better.or(self.best);
        let line = Epoch::new(epoch, self.gradient.take(), better.is_some());
        self.log_epoch(&line)?;
        self.history.epochs.push(line);
        if self.unsaved_for(SAVE_EVERY) {
            self.save(view)?;
        }
        let mut validation = Vec::new();
        if let Some(judged) = &epoch.validation {
            validation.push(("loss".to_string(), Measure::Number(judged.loss)));
            validation.extend(
                judged
                    .accuracy
                    .map(|share| ("accuracy".to_string(), Measure::Share(share))),
            );
            validation.extend(
                judged
                    .metrics
                    .get("r2")
                    .map(|&r2| ("R²".to_string(), Measure::Number(r2))),
            );
        }
        self.progress.epoch(&EpochLine {
            epoch: epoch.epoch as usize + 1,
            loss: epoch.loss,
            accuracy: epoch.accuracy,
            validation,
            rate: epoch.samples_per_second,
            learning_rate: epoch.learning_rate,
            best: better.is_some(),
        });
        Ok(Flow::Continue)
    }
}

/// Collects the norms of the gradients of an epoch.
#[derive(Debug, Default)]
pub struct Norms {
    sum: f64,
    max: f64,
    steps: u64,
}

impl Norms {
    fn add(&mut self, norm: f64) {
        self.sum += norm;
        self.max = self.max.max(norm);
        self.steps += 1;
    }

    /// What was collected, after which nothing is; `None` for no steps.
    pub(super) fn take(&mut self) -> Option<GradientNorm> {
        let Norms { sum, max, steps } = std::mem::take(self);
        (steps > 0).then(|| GradientNorm {
            mean: sum / steps as f64,
            max,
        })
    }
}

/// An error of the loop without the wrapping that only programmers need.
pub fn unwrapped(error: nn_optim::Error) -> Error {
    match error {
        nn_optim::Error::Callback { source, .. }
        | nn_optim::Error::Step { source, .. }
        | nn_optim::Error::Batch { source, .. } => match source.downcast::<Error>() {
            Ok(own) => *own,
            Err(other) => Error::failed(other.to_string()),
        },
        // To people, epochs and steps count from 1.
        nn_optim::Error::Validation { epoch, source } => match source.downcast::<Error>() {
            Ok(own) => *own,
            Err(other) => Error::failed(format!("validation after epoch {}: {other}", epoch + 1)),
        },
        nn_optim::Error::Diverged {
            epoch,
            step,
            what,
            place,
            advice,
        } => Error::failed(format!(
            "epoch {}, step {}: {what}; {place}. {advice}",
            epoch + 1,
            step + 1
        )),
        other => other.into(),
    }
}
