//! When training ends.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Monitor;
use crate::error::{check, check_not_negative};
use crate::{Error, Result};

/// The rules that end training; the first one that applies ends it. At least one is needed.
///
/// ```
/// use nn_optim::{EarlyStopping, Stop};
/// let stop = Stop { early: Some(EarlyStopping::with_patience(5)), ..Stop::after_epochs(100) };
/// # let _ = stop;
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stop {
    /// After this many epochs since the very start, also of a run that was resumed.
    pub epochs: Option<u64>,
    /// After this many steps since the very start.
    pub steps: Option<u64>,
    /// When the mean training loss of an epoch falls under this.
    pub loss_below: Option<f64>,
    /// When the norm of the gradient falls under this in a step. That means most where each batch is the whole
    /// data set; a norm over few samples is also small by chance.
    pub gradient_norm_below: Option<f64>,
    /// When a watched number no longer improves.
    pub early: Option<EarlyStopping>,
}

impl Stop {
    /// After a number of epochs.
    pub fn after_epochs(epochs: u64) -> Stop {
        Stop {
            epochs: Some(epochs),
            ..Stop::default()
        }
    }

    /// After a number of steps.
    pub fn after_steps(steps: u64) -> Stop {
        Stop {
            steps: Some(steps),
            ..Stop::default()
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        if *self == Stop::default() {
            let problem = "no rule is given, training would never end; set epochs, for example";
            return Err(Error::config("stop", problem));
        }
        if let Some(loss) = self.loss_below {
            check("stop", "loss_below", loss, loss.is_finite(), "finite")?;
        }
        if let Some(norm) = self.gradient_norm_below {
            check_not_negative("stop", "gradient_norm_below", norm)?;
        }
        self.early.as_ref().map_or(Ok(()), EarlyStopping::validate)
    }
}

/// Ends training when a watched number has not improved for some epochs. Prechelt, "Early Stopping – But
/// When?", 1998.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EarlyStopping {
    /// What is watched. Default the validation loss.
    pub monitor: Monitor,
    /// The number of epochs without improvement after which training ends, at least 1. Default 10.
    pub patience: u64,
    /// An improvement must be larger than this. Default 0.
    pub min_delta: f64,
    /// Whether the model gets back the weights of its best epoch, whatever rule ended training. Default yes.
    pub restore_best: bool,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        EarlyStopping {
            monitor: Monitor::ValidationLoss,
            patience: 10,
            min_delta: 0.0,
            restore_best: true,
        }
    }
}

impl EarlyStopping {
    /// The defaults with another patience.
    pub fn with_patience(patience: u64) -> EarlyStopping {
        EarlyStopping {
            patience,
            ..EarlyStopping::default()
        }
    }

    fn validate(&self) -> Result<()> {
        if self.patience == 0 {
            let problem = "patience is 0, it must be at least 1 epoch";
            return Err(Error::config("early stopping", problem));
        }
        check_not_negative("early stopping", "min_delta", self.min_delta)
    }

    /// Whether a value is better than the best so far.
    pub(super) fn improves(&self, value: f64, best: f64) -> bool {
        match self.monitor.is_maximized() {
            true => value > best + self.min_delta,
            false => value < best - self.min_delta,
        }
    }
}

/// Why training ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum StopReason {
    /// The wanted number of epochs is done.
    Epochs {
        /// That number.
        epochs: u64,
    },
    /// The wanted number of steps is done.
    Steps {
        /// That number.
        steps: u64,
    },
    /// The mean training loss of an epoch fell under the threshold.
    LossBelow {
        /// The loss.
        loss: f64,
        /// The threshold.
        threshold: f64,
    },
    /// The norm of the gradient fell under the threshold.
    GradientNormBelow {
        /// The norm.
        norm: f64,
        /// The threshold.
        threshold: f64,
    },
    /// The watched number did not improve for the patience.
    NoImprovement {
        /// What was watched.
        monitor: Monitor,
        /// The epochs since the best one.
        epochs: u64,
    },
    /// A callback asked for the end.
    Callback {
        /// What it gave as its reason.
        message: String,
    },
    /// The interrupt flag was set, by Ctrl-C for example. The model is left as it is, to be continued.
    Interrupted,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StopReason::Epochs { epochs } => write!(f, "{epochs} epochs are done"),
            StopReason::Steps { steps } => write!(f, "{steps} steps are done"),
            StopReason::LossBelow { loss, threshold } => {
                write!(f, "the training loss {loss:.6} is under {threshold}")
            }
            StopReason::GradientNormBelow { norm, threshold } => {
                write!(
                    f,
                    "the norm of the gradient {norm:.3e} is under {threshold:e}"
                )
            }
            StopReason::NoImprovement { monitor, epochs } => {
                write!(f, "the {monitor} has not improved for {epochs} epochs")
            }
            StopReason::Callback { message } => f.write_str(message),
            StopReason::Interrupted => f.write_str("training was interrupted"),
        }
    }
}
