//! What training has come to.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Monitor, StopReason, Validation};

/// One pass over the training data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// Which one, counted from 0.
    pub epoch: u64,
    /// Whether the pass was complete; it is not if training ended within it.
    pub complete: bool,
    /// The steps done since the start of training.
    pub steps: u64,
    /// The loss on training data while it was learned, averaged over the samples.
    pub loss: f64,
    /// The part of the training samples classified correctly, in `[0, 1]`, if that is known.
    pub accuracy: Option<f64>,
    /// The number of training samples.
    pub samples: u64,
    /// Other numbers of the loss closure, averaged over the samples, by name.
    pub metrics: BTreeMap<String, f64>,
    /// The averages on validation data, if there are any.
    pub validation: Option<Validation>,
    /// The learning rate of the last step.
    pub learning_rate: f64,
    /// The time for training, in seconds, without validation; since the resumption if the epoch was resumed.
    pub seconds: f64,
    /// Training samples a second, without validation.
    pub samples_per_second: f64,
}

/// The best epoch by the number that early stopping watches.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// The epoch, counted from 0.
    pub epoch: u64,
    /// What was watched.
    pub monitor: Monitor,
    /// Its value in that epoch.
    pub value: f64,
}

/// How training went and why it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingReport {
    /// All epochs since the very start, also of a run that was resumed; the last one may be incomplete.
    pub history: Vec<EpochRecord>,
    /// Why training ended.
    pub reason: StopReason,
    /// The steps done since the very start.
    pub steps: u64,
    /// The time of this call, in seconds, with validation and callbacks.
    pub seconds: f64,
    /// The best epoch, if early stopping watched for it.
    pub best: Option<Best>,
    /// Whether the model has been given back the weights of the best epoch.
    pub restored_best: bool,
}

impl TrainingReport {
    /// The last epoch.
    pub fn last(&self) -> Option<&EpochRecord> {
        self.history.last()
    }
}

impl fmt::Display for TrainingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let epochs = self.history.iter().filter(|epoch| epoch.complete).count();
        write!(
            f,
            "{epochs} epochs, {} steps in {:.1} s: {}",
            self.steps, self.seconds, self.reason
        )?;
        if let Some(last) = self.last() {
            write!(f, "; training loss {:.6}", last.loss)?;
            if let Some(validation) = &last.validation {
                write!(f, ", validation loss {:.6}", validation.loss)?;
            }
        }
        if let (Some(best), true) = (&self.best, self.restored_best) {
            let (monitor, value, epoch) = (best.monitor, best.value, best.epoch);
            write!(
                f,
                "; weights of epoch {epoch} restored, whose {monitor} was {value:.6}"
            )?;
        }
        Ok(())
    }
}
