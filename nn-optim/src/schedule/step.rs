//! Step decay.

use serde::{Deserialize, Serialize};

use super::{Per, Schedule, Time, power};
use crate::error::check;
use crate::{Error, Result};

/// The learning rate falls by a factor at equal intervals: `η(t) = η·γ^⌊t/s⌋`.
///
/// PyTorch's `StepLR`.
///
/// ```
/// use nn_optim::schedule::{Schedule, StepDecay, Time};
/// let schedule = StepDecay { gamma: 0.5, ..StepDecay::new(2) };
/// let rates: Vec<f64> = (0..5).map(|epoch| schedule.rate(1.0, Time { epoch, step: 0 })).collect();
/// assert_eq!(rates, [1.0, 1.0, 0.5, 0.5, 0.25]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepDecay {
    /// The interval `s`, in epochs or steps.
    pub step_size: u64,
    /// The factor γ. Default 0.1.
    #[serde(default = "tenth")]
    pub gamma: f64,
    /// What is counted. Default epochs.
    #[serde(default = "Per::epoch")]
    pub per: Per,
}

pub(super) const fn tenth() -> f64 {
    0.1
}

impl StepDecay {
    /// A tenth of the rate after every `step_size` epochs.
    pub fn new(step_size: u64) -> StepDecay {
        StepDecay {
            step_size,
            gamma: tenth(),
            per: Per::Epoch,
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        if self.step_size == 0 {
            return Err(Error::config(
                "schedule step",
                "step_size is 0, it must be at least 1",
            ));
        }
        check_gamma("schedule step", self.gamma)
    }
}

pub(super) fn check_gamma(what: &'static str, gamma: f64) -> Result<()> {
    let valid = gamma.is_finite() && gamma > 0.0;
    check(what, "gamma", gamma, valid, "a finite number above 0")
}

impl Schedule for StepDecay {
    fn rate(&self, base: f64, time: Time) -> f64 {
        base * power(self.gamma, time.per(self.per) / self.step_size.max(1))
    }
}
