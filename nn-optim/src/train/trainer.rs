//! The trainer: an optimizer with all that goes around it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use nn_core::Tensor;

use super::callback::{OnEpoch, OnStep};
use super::checkpoint::{Progress, TrainerState};
use super::{Callback, EpochRecord, Flow, StepRecord, Stop, TrainView};
use crate::schedule::{Schedule, Time};
use crate::{BoxError, Clip, Error, Optimizer, Penalty, Result};

/// Trains a model: an optimizer with schedule, clipping, rules for stopping, and callbacks.
///
/// ```
/// use nn_core::{Parameter, Tensor};
/// use nn_optim::{Clip, Flow, Sgd, StepOutput, Stop, Trainer, schedule::Cosine};
///
/// let mut w = Parameter::new(Tensor::scalar(1.0f32)?);
/// let mut losses = Vec::new();
/// let mut trainer = Trainer::new(Sgd::with_lr(0.3)?)
///     .schedule(Cosine::new(10))
///     .clip(Clip::Norm { max_norm: 5.0 })
///     .stop(Stop::after_epochs(10))
///     .seed(42)
///     .on_epoch(|_view, epoch| {
///         losses.push(epoch.loss);
///         Ok(Flow::Continue)
///     });
/// // Full-batch gradient descent: one batch is the whole data.
/// trainer.fit(&mut w, |_| [Ok::<_, nn_core::Error>(())], |w, (), cx| {
///     Ok(StepOutput::new(cx.param(w).square()?, 1))
/// })?;
/// drop(trainer);
/// assert!(losses[9] < 0.01 * losses[0]);
/// # Ok::<(), nn_optim::Error>(())
/// ```
pub struct Trainer<'a> {
    pub(super) core: Core<'a>,
    pub(super) stop: Stop,
    pub(super) callbacks: Vec<Box<dyn Callback + 'a>>,
    pub(super) interrupt: Option<Arc<AtomicBool>>,
}

/// All of a trainer that callbacks may see.
pub(super) struct Core<'a> {
    pub optimizer: Box<dyn Optimizer + 'a>,
    pub schedule: Option<Box<dyn Schedule + 'a>>,
    pub clip: Option<Clip>,
    pub penalty: Option<Penalty>,
    pub base_learning_rate: f64,
    pub seed: u64,
    pub progress: Progress,
    pub best_weights: Option<Vec<(String, Tensor)>>,
    pub clock: Clock,
}

/// Measures the training of an epoch in this call.
#[derive(Debug)]
pub(super) struct Clock {
    pub start: Instant,
    pub samples: u64,
}

impl Clock {
    pub fn started() -> Clock {
        Clock {
            start: Instant::now(),
            samples: 0,
        }
    }

    pub fn samples_per_second(&self) -> f64 {
        let seconds = self.start.elapsed().as_secs_f64();
        if seconds > 0.0 {
            self.samples as f64 / seconds
        } else {
            0.0
        }
    }
}

impl Core<'_> {
    pub fn time(&self) -> Time {
        Time {
            epoch: self.progress.epoch,
            step: self.progress.step,
        }
    }

    pub fn state(&self) -> TrainerState {
        let schedule = self.schedule.as_ref();
        TrainerState {
            seed: self.seed,
            base_learning_rate: self.base_learning_rate,
            optimizer: self.optimizer.state(),
            schedule: schedule.map(|s| s.state()).unwrap_or_default(),
            progress: self.progress.clone(),
            best_weights: self.best_weights.clone(),
        }
    }
}

impl<'a> Trainer<'a> {
    /// A trainer with this optimizer, whose learning rate is the base of a schedule. A rule for stopping must
    /// still be given.
    pub fn new(optimizer: impl Optimizer + 'a) -> Trainer<'a> {
        let core = Core {
            base_learning_rate: optimizer.learning_rate(),
            optimizer: Box::new(optimizer),
            schedule: None,
            clip: None,
            penalty: None,
            seed: 0,
            progress: Progress::default(),
            best_weights: None,
            clock: Clock::started(),
        };
        Trainer {
            core,
            stop: Stop::default(),
            callbacks: Vec::new(),
            interrupt: None,
        }
    }

    /// With a schedule for the learning rate. Default constant.
    #[must_use]
    pub fn schedule(mut self, schedule: impl Schedule + 'a) -> Self {
        self.core.schedule = Some(Box::new(schedule));
        self
    }

    /// With gradients clipped. Default none.
    #[must_use]
    pub fn clip(mut self, clip: Clip) -> Self {
        self.core.clip = Some(clip);
        self
    }

    /// With a penalty on the weights, whose gradient is added in each step. Reported losses are without it. The
    /// optimizers' own `l1` and `weight_decay` are faster.
    #[must_use]
    pub fn penalty(mut self, penalty: Penalty) -> Self {
        self.core.penalty = Some(penalty);
        self
    }

    /// With these rules for stopping.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.stop = stop;
        self
    }

    /// With a seed for all that is random in training steps, such as dropout. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.core.seed = seed;
        self
    }

    /// With one more callback. To look at it afterwards, give it as `&mut`.
    #[must_use]
    pub fn callback(mut self, callback: impl Callback + 'a) -> Self {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// With a closure that is called after each step.
    #[must_use]
    pub fn on_step(
        self,
        f: impl FnMut(&TrainView, &StepRecord) -> Result<Flow, BoxError> + 'a,
    ) -> Self {
        self.callback(OnStep(f))
    }

    /// With a closure that is called after each epoch and its validation.
    #[must_use]
    pub fn on_epoch(
        self,
        f: impl FnMut(&TrainView, &EpochRecord) -> Result<Flow, BoxError> + 'a,
    ) -> Self {
        self.callback(OnEpoch(f))
    }

    /// With a flag that ends training after the current step, for Ctrl-C. The model is then left as it is,
    /// without the best weights restored, so that it can be continued.
    #[must_use]
    pub fn interrupt(mut self, flag: Arc<AtomicBool>) -> Self {
        self.interrupt = Some(flag);
        self
    }

    /// The optimizer.
    pub fn optimizer(&self) -> &(dyn Optimizer + 'a) {
        &*self.core.optimizer
    }

    /// Complete epochs since the very start.
    pub fn epoch(&self) -> u64 {
        self.core.progress.epoch
    }

    /// Steps since the very start.
    pub fn step(&self) -> u64 {
        self.core.progress.step
    }

    /// All that is needed to go on from here, except the model's weights.
    pub fn state(&self) -> TrainerState {
        self.core.state()
    }

    /// Takes over a state, to go on from there. The trainer must be made as the one that gave the state, except
    /// for its rules for stopping and its callbacks. An epoch that was half done is continued: its first batches
    /// are asked for again, and passed over.
    ///
    /// # Errors
    /// [`Error::State`] if the state is from another seed, optimizer or kind of schedule.
    pub fn load_state(&mut self, state: &TrainerState) -> Result<()> {
        let core = &mut self.core;
        if state.seed != core.seed {
            return Err(Error::state(format!(
                "the state is from a run with seed {}, the seed is now {}",
                state.seed, core.seed
            )));
        }
        match &mut core.schedule {
            Some(schedule) => schedule.load_state(&state.schedule)?,
            None if state.schedule.is_empty() => {}
            None => {
                return Err(Error::state(
                    "the state is from a run whose schedule watched its progress, there is now no schedule",
                ));
            }
        }
        core.optimizer.load_state(&state.optimizer)?;
        core.base_learning_rate = state.base_learning_rate;
        core.progress = state.progress.clone();
        core.best_weights = state.best_weights.clone();
        Ok(())
    }
}

impl std::fmt::Debug for Trainer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trainer")
            .field("optimizer", &self.core.optimizer.name())
            .field("epoch", &self.core.progress.epoch)
            .field("step", &self.core.progress.step)
            .field("stop", &self.stop)
            .finish_non_exhaustive()
    }
}
