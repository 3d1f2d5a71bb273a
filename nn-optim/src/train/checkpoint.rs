//! Interrupting training and going on.

use std::path::Path;

use nn_core::store::checkpoint;
use nn_core::{Parameters, Tensor};
use serde::{Deserialize, Serialize};

use super::output::Totals;
use super::{Best, EpochRecord, Trainer};
use crate::{OptimizerState, Result};

/// How far training has come.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Complete epochs.
    pub epoch: u64,
    /// Steps since the start.
    pub step: u64,
    /// Steps in the epoch that is going on.
    pub epoch_step: u64,
    /// Sums over that epoch.
    pub totals: Totals,
    /// Epochs since the watched number last improved.
    pub waited: u64,
    pub best: Option<Best>,
    pub history: Vec<EpochRecord>,
}

/// All that a [`Trainer`] needs to go on as if it had not been interrupted, except the model's weights: what
/// optimizer and schedule remember, the time, the sums of a half-done epoch, and the best weights for early
/// stopping.
///
/// Written with serde in a format that keeps floats exactly (bincode does, `serde_json` only with its feature
/// `float_roundtrip`), read back, and given to [`Trainer::load_state`], it leads to the same bits as an uninterrupted
/// run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrainerState {
    pub(super) seed: u64,
    pub(super) base_learning_rate: f64,
    pub(super) optimizer: OptimizerState,
    pub(super) schedule: Vec<f64>,
    pub(super) progress: Progress,
    pub(super) best_weights: Option<Vec<(String, Tensor)>>,
}

impl TrainerState {
    /// Complete epochs.
    pub fn epoch(&self) -> u64 {
        self.progress.epoch
    }

    /// Steps since the start of training.
    pub fn step(&self) -> u64 {
        self.progress.step
    }

    /// The seed of training.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The complete epochs.
    pub fn history(&self) -> &[EpochRecord] {
        &self.progress.history
    }
}

/// What a file that holds a [`Checkpoint`] says it is.
const KIND: &str = "training";

/// The weights of a model and the state of its training.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("last.nn");
/// use nn_core::{Context, Parameter, Tensor};
/// use nn_optim::{Adam, StepOutput, Stop, Trainer, train::Checkpoint};
///
/// let start = || Parameter::new(Tensor::scalar(1.0f32).unwrap());
/// let batch = |_| [Ok::<_, nn_core::Error>(())];
/// let loss = |w: &Parameter, (): &(), cx: &mut Context| {
///     Ok(StepOutput::new(cx.param(w).square()?, 1))
/// };
/// let (mut w, mut trainer) = (start(), Trainer::new(Adam::with_lr(0.1)?));
/// trainer = trainer.stop(Stop::after_epochs(1));
/// trainer.fit(&mut w, batch, loss)?;
/// Checkpoint::new(&w, trainer.state()).save(&path)?;
///
/// // Another day: the same model and trainer, and one epoch more.
/// let (mut w, mut trainer) = (start(), Trainer::new(Adam::with_lr(0.1)?));
/// trainer = trainer.stop(Stop::after_epochs(2));
/// Checkpoint::load(&path)?.restore(&mut w, &mut trainer)?;
/// assert_eq!(trainer.fit(&mut w, batch, loss)?.steps, 2);
/// # Ok::<(), nn_optim::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The values of all parameters and buffers, by name.
    pub weights: Vec<(String, Tensor)>,
    /// The state of training.
    pub trainer: TrainerState,
}

impl Checkpoint {
    /// The weights of a model, with the state of its training. Tensors are handles: nothing is copied.
    pub fn new(model: &dyn Parameters, trainer: TrainerState) -> Checkpoint {
        let weights = model.state();
        Checkpoint { weights, trainer }
    }

    /// Writes it to a file, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Core`](crate::Error::Core) if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        Ok(checkpoint::save(path, KIND, self)?)
    }

    /// Reads what [`Checkpoint::save`] has written.
    ///
    /// # Errors
    /// [`Error::Core`](crate::Error::Core) if the file cannot be read, is damaged or is something else.
    pub fn load(path: impl AsRef<Path>) -> Result<Checkpoint> {
        Ok(checkpoint::load(path, KIND)?)
    }

    /// Puts the weights into a model and the state into a trainer, both made as at the start.
    ///
    /// # Errors
    /// [`Error::Core`](crate::Error::Core) if the weights do not fit the model;
    /// [`Error::State`](crate::Error::State) if the state does not fit the trainer.
    pub fn restore(&self, model: &mut dyn Parameters, trainer: &mut Trainer) -> Result<()> {
        trainer.load_state(&self.trainer)?;
        model.load_state(&self.weights)?;
        Ok(())
    }
}
