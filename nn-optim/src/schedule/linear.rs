//! Linear change.

use serde::{Deserialize, Serialize};

use super::{Per, Schedule, Time};
use crate::error::check_not_negative;
use crate::{Error, Result};

/// The learning rate moves on a line from one multiple of itself to another and stays there:
/// `η(t) = η·(a + (b − a)·min(t, T)/T)`.
///
/// PyTorch's `LinearLR`, whose defaults make it a rise from a third to the whole within 5 epochs.
///
/// ```
/// use nn_optim::schedule::{Linear, Schedule, Time};
/// let fall = Linear { start_factor: 1.0, end_factor: 0.0, total_iters: Some(4), ..Linear::default() };
/// let rates: Vec<f64> = (0..6).map(|epoch| fall.rate(1.0, Time { epoch, step: 0 })).collect();
/// assert_eq!(rates, [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Linear {
    /// The factor `a` at the start. Default 1/3.
    pub start_factor: f64,
    /// The factor `b` at the end. Default 1.
    pub end_factor: f64,
    /// The length `T`, in epochs or steps. Default 5; in a recipe, the length of training can be put in with
    /// [`ScheduleSpec::resolve`](super::ScheduleSpec::resolve) by leaving it none.
    pub total_iters: Option<u64>,
    /// What is counted. Default epochs.
    pub per: Per,
}

impl Default for Linear {
    fn default() -> Self {
        Linear {
            start_factor: 1.0 / 3.0,
            end_factor: 1.0,
            total_iters: Some(5),
            per: Per::Epoch,
        }
    }
}

impl Linear {
    pub(super) fn validate(&self) -> Result<()> {
        let what = "schedule linear";
        check_not_negative(what, "start_factor", self.start_factor)?;
        check_not_negative(what, "end_factor", self.end_factor)?;
        match self.total_iters {
            Some(0) => Err(Error::config(
                what,
                "total_iters is 0, it must be at least 1",
            )),
            None => Err(Error::config(what, "total_iters is missing")),
            Some(_) => Ok(()),
        }
    }
}

impl Schedule for Linear {
    fn rate(&self, base: f64, time: Time) -> f64 {
        let total = self.total_iters.unwrap_or(5).max(1);
        let t = time.per(self.per).min(total) as f64 / total as f64;
        base * (self.start_factor + (self.end_factor - self.start_factor) * t)
    }
}
