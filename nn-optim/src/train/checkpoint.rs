//! Interrupting training and going on.

use nn_core::{Parameters, Tensor};
use serde::{Deserialize, Serialize};

use super::output::Totals;
use super::{Best, EpochRecord, Trainer};
use crate::{NamedTensor, OptimizerState, Result};

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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainerState {
    pub(super) seed: u64,
    pub(super) base_learning_rate: f64,
    pub(super) optimizer: OptimizerState,
    pub(super) schedule: Vec<f64>,
    pub(super) progress: Progress,
    pub(super) best_weights: Option<Vec<NamedTensor>>,
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

/// The weights of a model and the state of its training.
///
/// [`store::checkpoint`](nn_core::store::checkpoint) writes and reads it as a file; any other serde format does
/// too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The values of all parameters and buffers.
    pub weights: Vec<NamedTensor>,
    /// The state of training.
    pub trainer: TrainerState,
}

impl Checkpoint {
    /// The weights of a model, with the state of its training.
    ///
    /// # Errors
    /// [`Error::Core`](crate::Error::Core) if memory is exhausted.
    pub fn new(model: &dyn Parameters, trainer: TrainerState) -> Result<Checkpoint> {
        let weights = to_named(&model.state())?;
        Ok(Checkpoint { weights, trainer })
    }

    /// Puts the weights into a model and the state into a trainer, both made as at the start.
    ///
    /// # Errors
    /// [`Error::Core`](crate::Error::Core) if the weights do not fit the model;
    /// [`Error::State`](crate::Error::State) if the state does not fit the trainer.
    pub fn restore(&self, model: &mut dyn Parameters, trainer: &mut Trainer) -> Result<()> {
        trainer.load_state(&self.trainer)?;
        model.load_state(&from_named(&self.weights)?)?;
        Ok(())
    }
}

pub(super) fn to_named(state: &[(String, Tensor)]) -> Result<Vec<NamedTensor>> {
    let named = state.iter();
    named
        .map(|(name, tensor)| NamedTensor::new(name, tensor))
        .collect()
}

pub(super) fn from_named(named: &[NamedTensor]) -> Result<Vec<(String, Tensor)>> {
    let tensors = named.iter();
    tensors
        .map(|t| Ok((t.name.clone(), t.to_tensor()?)))
        .collect()
}
