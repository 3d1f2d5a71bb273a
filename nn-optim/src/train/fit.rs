//! The loop.

use std::sync::atomic::Ordering;
use std::time::Instant;

use nn_core::{Context, Parameters};

use super::trainer::Clock;
use super::{
    Best, Callback, EpochRecord, Flow, Monitor, StepOutput, StepRecord, StopReason, TrainView,
    Trainer, TrainingReport, Validation,
};
use crate::{BoxError, Clip, Error, Result};

impl Trainer<'_> {
    /// Trains `model` until a rule ends it.
    ///
    /// `batches(epoch)` gives the batches of an epoch, the first being 0; to resume within an epoch, it must
    /// give the same ones again. `step(model, batch, cx)` computes the loss of a batch with the layers given
    /// `cx`; its `?` takes any error. Each step is forward, backward, penalty, clipping, optimizer, and then the
    /// buffers that the layers have noted in `cx`.
    ///
    /// Training goes on where an earlier call or a loaded state ended. The weights are never updated by a step
    /// whose loss or gradient is NaN or infinite.
    ///
    /// # Errors
    /// [`Error::Config`] if a setting is outside its domain or nothing would ever end training;
    /// [`Error::Diverged`] if a loss or gradient is not finite; [`Error::Batch`], [`Error::Step`] and
    /// [`Error::Callback`] pass on what batches, closure and callbacks say. The model then has the weights
    /// after the last good step.
    pub fn fit<M, B, I, E>(
        &mut self,
        model: &mut M,
        batches: impl FnMut(u64) -> I,
        step: impl FnMut(&M, &B, &mut Context) -> Result<StepOutput, BoxError>,
    ) -> Result<TrainingReport>
    where
        M: Parameters,
        I: IntoIterator<Item = Result<B, E>>,
        E: Into<BoxError>,
    {
        let no_validation = None::<fn(&M) -> Result<Validation, BoxError>>;
        self.run(model, batches, step, no_validation)
    }

    /// As [`Trainer::fit`], with `validate(model)` after each epoch; [`evaluate`](super::evaluate) computes it
    /// from the batches of a validation set.
    ///
    /// ```
    /// use nn_core::{Parameter, Tensor};
    /// use nn_optim::{EarlyStopping, Sgd, StepOutput, Stop, StopReason, Trainer, train::evaluate};
    ///
    /// // The training data want w = 2, the validation data w = 1: the best is on the way.
    /// let mut w = Parameter::new(Tensor::scalar(0.0f32)?);
    /// let loss = |w: &Parameter, target: &f64, cx: &mut nn_core::Context| {
    ///     Ok(StepOutput::new(cx.param(w).add_scalar(-target)?.square()?, 1))
    /// };
    /// let early = EarlyStopping::with_patience(3);
    /// let mut trainer = Trainer::new(Sgd::with_lr(0.05)?)
    ///     .stop(Stop { early: Some(early), ..Stop::after_epochs(100) });
    /// let report = trainer.fit_with_validation(
    ///     &mut w,
    ///     |_| [Ok::<_, nn_core::Error>(2.0)],
    ///     loss,
    ///     |w| Ok(evaluate(w, [Ok::<_, nn_core::Error>(1.0)], loss)?),
    /// )?;
    /// assert!(matches!(report.reason, StopReason::NoImprovement { .. }));
    /// assert!((w.value().item()? - 1.0).abs() < 0.1);
    /// # Ok::<(), nn_optim::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Trainer::fit`]; also [`Error::Validation`].
    pub fn fit_with_validation<M, B, I, E>(
        &mut self,
        model: &mut M,
        batches: impl FnMut(u64) -> I,
        step: impl FnMut(&M, &B, &mut Context) -> Result<StepOutput, BoxError>,
        validate: impl FnMut(&M) -> Result<Validation, BoxError>,
    ) -> Result<TrainingReport>
    where
        M: Parameters,
        I: IntoIterator<Item = Result<B, E>>,
        E: Into<BoxError>,
    {
        self.run(model, batches, step, Some(validate))
    }

    fn run<M, B, I, E>(
        &mut self,
        model: &mut M,
        mut batches: impl FnMut(u64) -> I,
        mut step: impl FnMut(&M, &B, &mut Context) -> Result<StepOutput, BoxError>,
        mut validate: Option<impl FnMut(&M) -> Result<Validation, BoxError>>,
    ) -> Result<TrainingReport>
    where
        M: Parameters,
        I: IntoIterator<Item = Result<B, E>>,
        E: Into<BoxError>,
    {
        self.stop.validate()?;
        self.core.clip.as_ref().map_or(Ok(()), Clip::validate)?;
        self.core
            .penalty
            .as_ref()
            .map_or(Ok(()), |penalty| penalty.validate())?;
        let start = Instant::now();
        let mut partial = None;
        let mut reason = self.notify(model, |callback, view| callback.on_train_start(view))?;
        while reason.is_none() {
            reason = self.before_epoch();
            if reason.is_some() {
                break;
            }
            let epoch = batches(self.core.progress.epoch);
            reason = self.run_epoch(model, epoch, &mut step, validate.as_mut(), &mut partial)?;
        }
        // The loop ends only with a reason.
        let reason = reason.unwrap_or(StopReason::Interrupted);

        let wanted = self
            .stop
            .early
            .as_ref()
            .is_some_and(|early| early.restore_best);
        let mut restored_best = false;
        if let (true, Some(best)) = (wanted, &self.core.best_weights)
            && reason != StopReason::Interrupted
        {
            model.load_state(best)?;
            restored_best = true;
        }
        let progress = &self.core.progress;
        let mut history = progress.history.clone();
        history.extend(partial);
        let report = TrainingReport {
            history,
            reason,
            steps: progress.step,
            seconds: start.elapsed().as_secs_f64(),
            best: progress.best,
            restored_best,
        };
        self.notify(model, |callback, view| {
            callback
                .on_train_end(view, &report)
                .map(|()| Flow::Continue)
        })?;
        Ok(report)
    }

    /// The rules that can apply before an epoch.
    fn before_epoch(&self) -> Option<StopReason> {
        let progress = &self.core.progress;
        match (self.stop.epochs, self.stop.steps) {
            (Some(epochs), _) if progress.epoch >= epochs => Some(StopReason::Epochs { epochs }),
            (_, Some(steps)) if progress.step >= steps => Some(StopReason::Steps { steps }),
            _ => self.interrupted(),
        }
    }

    fn interrupted(&self) -> Option<StopReason> {
        let flag = self.interrupt.as_ref()?;
        flag.load(Ordering::Relaxed)
            .then_some(StopReason::Interrupted)
    }

    /// One epoch, or what is left of it. An incomplete one is noted in `partial`.
    fn run_epoch<M: Parameters, B, E: Into<BoxError>>(
        &mut self,
        model: &mut M,
        batches: impl IntoIterator<Item = Result<B, E>>,
        step: &mut impl FnMut(&M, &B, &mut Context) -> Result<StepOutput, BoxError>,
        validate: Option<&mut impl FnMut(&M) -> Result<Validation, BoxError>>,
        partial: &mut Option<EpochRecord>,
    ) -> Result<Option<StopReason>> {
        let epoch = self.core.progress.epoch;
        self.core.follow_schedule();
        let reason = self.notify(model, |callback, view| callback.on_epoch_start(view))?;
        if reason.is_some() {
            return Ok(reason);
        }
        let mut batches = batches.into_iter();
        let done = self.core.progress.epoch_step;
        let mut batch_number = 0;
        let mut next = || {
            let batch = batches.next().map(|batch| {
                batch.map_err(|error| Error::Batch {
                    epoch,
                    batch: batch_number,
                    source: error.into(),
                })
            });
            batch_number += 1;
            batch.transpose()
        };
        for _ in 0..done {
            if next()?.is_none() {
                break;
            }
        }
        self.core.clock = Clock::started();
        let mut reason = None;
        while reason.is_none()
            && let Some(batch) = next()?
        {
            let record = self.core.step(model, &batch, step)?;
            reason = self.after_step(model, &record)?;
        }
        if self.core.progress.epoch_step == 0 {
            return Err(Error::Batch {
                epoch,
                batch: 0,
                source: "there are none; is the data set empty, or smaller than a batch?".into(),
            });
        }
        let seconds = self.core.clock.start.elapsed().as_secs_f64();
        let interrupted = reason == Some(StopReason::Interrupted);
        // A batch that cannot be read no longer matters once training has ended.
        let complete = reason.is_none() || (!interrupted && matches!(next(), Ok(None)));
        let mut record = self.core.record(seconds, complete);
        if interrupted {
            *partial = record;
            return Ok(reason);
        }
        if let (Some(record), Some(validate)) = (&mut record, validate) {
            let validation =
                validate(model).map_err(|source| Error::Validation { epoch, source })?;
            if !validation.loss.is_finite() {
                let problem = format!(
                    "the validation loss is {}; look for NaN, infinity or unscaled numbers in the validation data, or lower the learning rate",
                    validation.loss
                );
                return Err(Error::Validation {
                    epoch,
                    source: problem.into(),
                });
            }
            record.validation = Some(validation);
        }
        let Some(record) = record else {
            return Ok(reason);
        };
        let verdict = match complete {
            true => self.finish_epoch(model, &record)?,
            false => None,
        };
        let asked = self.notify(model, |callback, view| callback.on_epoch_end(view, &record))?;
        if !complete {
            *partial = Some(record);
        }
        Ok(reason.or(verdict).or(asked).or_else(|| self.interrupted()))
    }

    /// The rules and callbacks that can apply after a step.
    fn after_step<M: Parameters>(
        &mut self,
        model: &M,
        record: &StepRecord,
    ) -> Result<Option<StopReason>> {
        let asked = self.notify(model, |callback, view| callback.on_step_end(view, record))?;
        let norm = record.gradient_norm;
        let reason = match (self.stop.steps, self.stop.gradient_norm_below) {
            (_, Some(threshold)) if norm < threshold => {
                Some(StopReason::GradientNormBelow { norm, threshold })
            }
            (Some(steps), _) if self.core.progress.step >= steps => {
                Some(StopReason::Steps { steps })
            }
            _ => None,
        };
        Ok(reason.or(asked).or_else(|| self.interrupted()))
    }

    /// Books a complete epoch and asks the rules that judge one.
    fn finish_epoch<M: Parameters>(
        &mut self,
        model: &M,
        record: &EpochRecord,
    ) -> Result<Option<StopReason>> {
        let core = &mut self.core;
        core.progress.history.push(record.clone());
        core.progress.epoch += 1;
        core.progress.epoch_step = 0;
        core.progress.totals = Default::default();
        let time = core.time();
        if let Some(schedule) = &mut core.schedule
            && let Some(monitors) = schedule.monitors()
        {
            let watched = monitors.iter().find_map(|monitor| monitor.value(record));
            let watched = watched.ok_or_else(|| not_known("the schedule", monitors[0]))?;
            schedule.observe(core.base_learning_rate, time, watched);
        }
        let mut reason = None;
        if let Some(early) = &self.stop.early {
            let monitor = early.monitor;
            let value = monitor.value(record);
            let value = value.ok_or_else(|| not_known("early stopping", monitor))?;
            let best = core.progress.best.filter(|best| best.monitor == monitor);
            if best.is_none_or(|best| early.improves(value, best.value)) {
                let epoch = record.epoch;
                core.progress.best = Some(Best {
                    epoch,
                    monitor,
                    value,
                });
                core.progress.waited = 0;
                // Handles, not copies: the next step gives the model memory of its own.
                core.best_weights = early.restore_best.then(|| model.state());
            } else {
                core.progress.waited += 1;
            }
            let epochs = core.progress.waited;
            if epochs >= early.patience {
                reason = Some(StopReason::NoImprovement { monitor, epochs });
            }
        }
        let loss = record.loss;
        match self.stop.loss_below {
            Some(threshold) if loss < threshold => {
                Ok(Some(StopReason::LossBelow { loss, threshold }))
            }
            _ => Ok(reason),
        }
    }

    /// Calls all callbacks, the last of which to ask for the end is heard.
    fn notify(
        &mut self,
        model: &dyn Parameters,
        mut call: impl FnMut(&mut dyn Callback, &TrainView) -> Result<Flow, BoxError>,
    ) -> Result<Option<StopReason>> {
        let mut reason = None;
        for callback in &mut self.callbacks {
            let view = TrainView::new(&self.core, model);
            match call(&mut **callback, &view) {
                Ok(Flow::Continue) => {}
                Ok(Flow::Stop(message)) => reason = Some(StopReason::Callback { message }),
                Err(source) => {
                    return Err(Error::Callback {
                        epoch: self.core.progress.epoch,
                        step: self.core.progress.step,
                        source,
                    });
                }
            }
        }
        Ok(reason)
    }
}

fn not_known(who: &'static str, monitor: Monitor) -> Error {
    let problem = format!(
        "it watches the {monitor}, which this training does not report: give validation data, or counts of correct samples"
    );
    Error::config(who, problem)
}
