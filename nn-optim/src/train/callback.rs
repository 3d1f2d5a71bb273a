//! Code that looks on while a model is trained.

use nn_core::Parameters;

use super::checkpoint::{Checkpoint, TrainerState};
use super::trainer::Core;
use super::{EpochRecord, StepRecord, TrainingReport};
use crate::BoxError;

/// Whether training goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flow {
    /// It goes on.
    Continue,
    /// It ends, for this reason.
    Stop(String),
}

/// Code that is called while a model is trained. Each method does nothing unless it is written.
///
/// The order is: `on_train_start`; for each epoch `on_epoch_start`, `on_step_end` after each step,
/// `on_epoch_end` after validation; `on_train_end`. Several callbacks are called in the order in which they
/// were added. An error ends training with [`Error::Callback`](crate::Error::Callback).
///
/// ```
/// use nn_optim::{BoxError, Callback, Flow, train::{EpochRecord, TrainView}};
///
/// /// Ends training when it becomes slow.
/// struct Impatient;
///
/// impl Callback for Impatient {
///     fn on_epoch_end(&mut self, _: &TrainView, epoch: &EpochRecord) -> Result<Flow, BoxError> {
///         match epoch.samples_per_second < 100.0 {
///             true => Ok(Flow::Stop("training has become slow".into())),
///             false => Ok(Flow::Continue),
///         }
///     }
/// }
/// ```
pub trait Callback {
    /// Before the first epoch of this call.
    ///
    /// # Errors
    /// Any; it ends training.
    fn on_train_start(&mut self, view: &TrainView) -> Result<Flow, BoxError> {
        let _ = view;
        Ok(Flow::Continue)
    }

    /// Before the first step of an epoch.
    ///
    /// # Errors
    /// Any; it ends training.
    fn on_epoch_start(&mut self, view: &TrainView) -> Result<Flow, BoxError> {
        let _ = view;
        Ok(Flow::Continue)
    }

    /// After a step: the weights are updated.
    ///
    /// # Errors
    /// Any; it ends training.
    fn on_step_end(&mut self, view: &TrainView, step: &StepRecord) -> Result<Flow, BoxError> {
        let _ = (view, step);
        Ok(Flow::Continue)
    }

    /// After an epoch and its validation. The view stands at the start of the next epoch, so its
    /// [checkpoint](TrainView::checkpoint) continues there. Also called if a rule or callback ended training
    /// within the epoch; not called if it was interrupted.
    ///
    /// # Errors
    /// Any; it ends training.
    fn on_epoch_end(&mut self, view: &TrainView, epoch: &EpochRecord) -> Result<Flow, BoxError> {
        let _ = (view, epoch);
        Ok(Flow::Continue)
    }

    /// After training, whatever ended it but an error; the best weights are restored.
    ///
    /// # Errors
    /// Any; it is passed on.
    fn on_train_end(&mut self, view: &TrainView, report: &TrainingReport) -> Result<(), BoxError> {
        let _ = (view, report);
        Ok(())
    }
}

impl<C: Callback + ?Sized> Callback for &mut C {
    fn on_train_start(&mut self, view: &TrainView) -> Result<Flow, BoxError> {
        (**self).on_train_start(view)
    }
    fn on_epoch_start(&mut self, view: &TrainView) -> Result<Flow, BoxError> {
        (**self).on_epoch_start(view)
    }
    fn on_step_end(&mut self, view: &TrainView, step: &StepRecord) -> Result<Flow, BoxError> {
        (**self).on_step_end(view, step)
    }
    fn on_epoch_end(&mut self, view: &TrainView, epoch: &EpochRecord) -> Result<Flow, BoxError> {
        (**self).on_epoch_end(view, epoch)
    }
    fn on_train_end(&mut self, view: &TrainView, report: &TrainingReport) -> Result<(), BoxError> {
        (**self).on_train_end(view, report)
    }
}

/// A look at training as it stands.
pub struct TrainView<'v> {
    core: &'v Core<'v>,
    model: &'v dyn Parameters,
}

impl<'v> TrainView<'v> {
    pub(super) fn new(core: &'v Core<'v>, model: &'v dyn Parameters) -> TrainView<'v> {
        TrainView { core, model }
    }

    /// The epoch that is going on, counted from 0: how many are complete.
    pub fn epoch(&self) -> u64 {
        self.core.progress.epoch
    }

    /// The steps done since the start of training.
    pub fn step(&self) -> u64 {
        self.core.progress.step
    }

    /// The steps done in this epoch.
    pub fn epoch_step(&self) -> u64 {
        self.core.progress.epoch_step
    }

    /// The samples seen in this epoch.
    pub fn epoch_samples(&self) -> u64 {
        self.core.progress.totals.samples
    }

    /// The training loss, averaged over this epoch's samples so far; none before the first step.
    pub fn mean_loss(&self) -> Option<f64> {
        self.core.progress.totals.mean().map(|mean| mean.loss)
    }

    /// The training accuracy over this epoch's samples so far, if it is known.
    pub fn mean_accuracy(&self) -> Option<f64> {
        self.core.progress.totals.mean()?.accuracy
    }

    /// The optimizer's learning rate.
    pub fn learning_rate(&self) -> f64 {
        self.core.optimizer.learning_rate()
    }

    /// Training samples a second in this epoch so far; 0 before the first step.
    pub fn samples_per_second(&self) -> f64 {
        self.core.clock.samples_per_second()
    }

    /// The complete epochs.
    pub fn history(&self) -> &[EpochRecord] {
        &self.core.progress.history
    }

    /// The model that is being trained.
    pub fn model(&self) -> &'v dyn Parameters {
        self.model
    }

    /// All that is needed to go on from here, except the model's weights.
    pub fn state(&self) -> TrainerState {
        self.core.state()
    }

    /// All that is needed to go on from here. Nothing is copied; while it is kept, the next step takes memory of
    /// its own.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(self.model, self.state())
    }
}

impl std::fmt::Debug for TrainView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "TrainView at epoch {}, step {}",
            self.epoch(),
            self.step()
        )
    }
}

/// A closure called after each step; made by [`Trainer::on_step`](super::Trainer::on_step).
pub(super) struct OnStep<F>(pub F);

impl<F: FnMut(&TrainView, &StepRecord) -> Result<Flow, BoxError>> Callback for OnStep<F> {
    fn on_step_end(&mut self, view: &TrainView, step: &StepRecord) -> Result<Flow, BoxError> {
        (self.0)(view, step)
    }
}

/// A closure called after each epoch; made by [`Trainer::on_epoch`](super::Trainer::on_epoch).
pub(super) struct OnEpoch<F>(pub F);

impl<F: FnMut(&TrainView, &EpochRecord) -> Result<Flow, BoxError>> Callback for OnEpoch<F> {
    fn on_epoch_end(&mut self, view: &TrainView, epoch: &EpochRecord) -> Result<Flow, BoxError> {
        (self.0)(view, epoch)
    }
}
