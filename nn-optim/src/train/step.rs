//! One update of a model.

use nn_core::{Context, Parameters};

use super::diagnose::Scene;
use super::trainer::Core;
use super::{EpochRecord, StepOutput, StepRecord};
use crate::clip::{clip_by_value, clip_factor, global_norm};
use crate::{BoxError, Clip, Error, Result};

impl Core<'_> {
    /// Sets learning rate and momentum for the time that it is.
    pub fn follow_schedule(&mut self) {
        let time = self.time();
        if let Some(schedule) = &self.schedule {
            let rate = schedule.rate(self.base_learning_rate, time);
            self.optimizer.set_learning_rate(rate);
            if let Some(momentum) = schedule.momentum(time) {
                self.optimizer.set_momentum(momentum);
            }
        }
    }

    /// One update of the model.
    pub fn step<M: Parameters, B>(
        &mut self,
        model: &mut M,
        batch: &B,
        step: &mut impl FnMut(&M, &B, &mut Context) -> Result<StepOutput, BoxError>,
    ) -> Result<StepRecord> {
        self.follow_schedule();
        let scene = Scene {
            epoch: self.progress.epoch,
            step: self.progress.step,
            seed: self.seed,
            learning_rate: self.optimizer.learning_rate(),
            clipped: self.clip.is_some(),
        };
        let mut cx = Context::train(self.seed, self.progress.step);
        let output = step(model, batch, &mut cx).map_err(|source| Error::Step {
            epoch: scene.epoch,
            step: scene.step,
            source,
        })?;
        let loss = output.loss.item()?;
        if !loss.is_finite() {
            return Err(scene.of_loss(loss, model, batch, step)?);
        }
        let mut gradients = cx.backward(&output.loss)?;
        if let Some(penalty) = &self.penalty {
            penalty.add_gradient(model, &mut gradients)?;
        }
        let gradient_norm = global_norm(&gradients)?;
        if !gradient_norm.is_finite() {
            return Err(scene.of_gradients(gradient_norm, model, &gradients)?);
        }
        let scale = match self.clip {
            Some(Clip::Norm { max_norm }) => clip_factor(gradient_norm, max_norm),
            Some(Clip::Value { limit }) => {
                clip_by_value(&mut gradients, limit)?;
                1.0
            }
            None => 1.0,
        };
        self.optimizer.step_scaled(model, &gradients, scale)?;
        cx.apply_buffer_updates(model)?;

        let (samples, correct, metrics) = (output.samples, output.correct, output.metrics);
        self.progress.totals.add(loss, samples, correct, &metrics);
        self.progress.step += 1;
        self.progress.epoch_step += 1;
        self.clock.samples += samples.max(1) as u64;
        Ok(StepRecord {
            loss,
            gradient_norm,
            learning_rate: scene.learning_rate,
            samples,
            correct,
            metrics,
        })
    }

    /// The averages of the epoch that is going on.
    pub fn record(&self, seconds: f64, complete: bool) -> Option<EpochRecord> {
        let progress = &self.progress;
        let mean = progress.totals.mean()?;
        Some(EpochRecord {
            epoch: progress.epoch,
            complete,
            steps: progress.step,
            loss: mean.loss,
            accuracy: mean.accuracy,
            samples: mean.samples,
            metrics: mean.metrics,
            validation: None,
            learning_rate: self.optimizer.learning_rate(),
            seconds,
            samples_per_second: self.clock.samples as f64 / seconds.max(1e-9),
        })
    }
}
