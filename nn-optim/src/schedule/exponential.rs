//! Exponential decay.

use serde::{Deserialize, Serialize};

use super::step::check_gamma;
use super::{Per, Schedule, Time, power};
use crate::Result;

/// The learning rate falls by the same factor each time: `η(t) = η·γᵗ`.
///
/// PyTorch's `ExponentialLR`.
///
/// ```
/// use nn_optim::schedule::{Exponential, Schedule, Time};
/// let rate = Exponential::new(0.9).rate(1.0, Time { epoch: 2, step: 0 });
/// assert!((rate - 0.81).abs() < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exponential {
    /// The factor γ.
    pub gamma: f64,
    /// What is counted. Default epochs.
    #[serde(default = "Per::epoch")]
    pub per: Per,
}

impl Exponential {
    /// The rate is multiplied by `gamma` after every epoch.
    pub fn new(gamma: f64) -> Exponential {
        let per = Per::Epoch;
        Exponential { gamma, per }
    }

    pub(super) fn validate(&self) -> Result<()> {
        check_gamma("schedule exponential", self.gamma)
    }
}

impl Schedule for Exponential {
    fn rate(&self, base: f64, time: Time) -> f64 {
        base * power(self.gamma, time.per(self.per))
    }
}
