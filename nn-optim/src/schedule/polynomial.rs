//! Polynomial decay.

use serde::{Deserialize, Serialize};

use super::{Per, Schedule, Time};
use crate::error::check_not_negative;
use crate::{Error, Result};

/// The learning rate falls to 0 along a power: `η(t) = η·(1 − min(t, T)/T)^p`.
///
/// PyTorch's `PolynomialLR`.
///
/// ```
/// use nn_optim::schedule::{Polynomial, Schedule, Time};
/// let schedule = Polynomial { total_iters: Some(10), power: 2.0, ..Polynomial::default() };
/// assert_eq!(schedule.rate(1.0, Time { epoch: 5, step: 0 }), 0.25);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Polynomial {
    /// The length `T` of the fall, in epochs or steps. If it is none, the length of training must be put in
    /// with [`ScheduleSpec::resolve`](super::ScheduleSpec::resolve).
    pub total_iters: Option<u64>,
    /// The power `p`. Default 1.
    pub power: f64,
    /// What is counted. Default epochs.
    pub per: Per,
}

impl Default for Polynomial {
    fn default() -> Self {
        Polynomial {
            total_iters: None,
            power: 1.0,
            per: Per::Epoch,
        }
    }
}

impl Polynomial {
    pub(super) fn validate(&self) -> Result<()> {
        let what = "schedule polynomial";
        check_not_negative(what, "power", self.power)?;
        match self.total_iters {
            Some(0) => Err(Error::config(
                what,
                "total_iters is 0, it must be at least 1",
            )),
            None => Err(Error::config(
                what,
                "total_iters, the length of the fall, is missing",
            )),
            Some(_) => Ok(()),
        }
    }
}

impl Schedule for Polynomial {
    fn rate(&self, base: f64, time: Time) -> f64 {
        let total = self.total_iters.unwrap_or(1).max(1);
        let left = 1.0 - time.per(self.per).min(total) as f64 / total as f64;
        base * left.powf(self.power)
    }
}
