//! Step decay at given times.

use serde::{Deserialize, Serialize};

use super::step::{check_gamma, tenth};
use super::{Per, Schedule, Time, power};
use crate::{Error, Result};

/// The learning rate falls by a factor at each milestone: `η(t) = η·γ^|{m : m ≤ t}|`.
///
/// PyTorch's `MultiStepLR`.
///
/// ```
/// use nn_optim::schedule::{MultiStep, Schedule, Time};
/// let schedule = MultiStep { gamma: 0.5, ..MultiStep::new([1, 3]) };
/// let rates: Vec<f64> = (0..5).map(|epoch| schedule.rate(1.0, Time { epoch, step: 0 })).collect();
/// assert_eq!(rates, [1.0, 0.5, 0.5, 0.25, 0.25]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MultiStep {
    /// The times, in epochs or steps, in any order; one given twice counts twice.
    pub milestones: Vec<u64>,
    /// The factor γ. Default 0.1.
    #[serde(default = "tenth")]
    pub gamma: f64,
    /// What is counted. Default epochs.
    #[serde(default = "Per::epoch")]
    pub per: Per,
}

impl MultiStep {
    /// A tenth of the rate from each of these epochs on.
    pub fn new(milestones: impl Into<Vec<u64>>) -> MultiStep {
        MultiStep {
            milestones: milestones.into(),
            gamma: tenth(),
            per: Per::Epoch,
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        if self.milestones.is_empty() {
            return Err(Error::config(
                "schedule multi_step",
                "milestones is empty, name at least one",
            ));
        }
        check_gamma("schedule multi_step", self.gamma)
    }
}

impl Schedule for MultiStep {
    fn rate(&self, base: f64, time: Time) -> f64 {
        let now = time.per(self.per);
        let passed = self.milestones.iter().filter(|&&m| m <= now).count();
        base * power(self.gamma, passed as u64)
    }
}
