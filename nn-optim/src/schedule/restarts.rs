//! Cosine annealing with warm restarts.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{Per, Schedule, Time};
use crate::error::check_not_negative;
use crate::{Error, Result};

/// The learning rate falls along half a cosine again and again, each fall `t_mult` times as long as the one
/// before: `η(t) = η_min + (η − η_min)·(1 + cos(πt′/Tᵢ))/2`, where `t′` is the time since the last restart.
///
/// PyTorch's `CosineAnnealingWarmRestarts`. Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm
/// Restarts", 2017.
///
/// ```
/// use nn_optim::schedule::{CosineRestarts, Schedule, Time};
/// let schedule = CosineRestarts { t_mult: 2, ..CosineRestarts::new(10) };
/// let rate = |epoch| schedule.rate(1.0, Time { epoch, step: 0 });
/// assert_eq!((rate(0), rate(10), rate(30)), (1.0, 1.0, 1.0));
/// assert!(rate(9) < 0.03 && rate(29) < 0.01);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CosineRestarts {
    /// The length of the first fall, in epochs or steps.
    pub t_0: u64,
    /// How many times as long each fall is as the one before. Default 1.
    #[serde(default = "one")]
    pub t_mult: u64,
    /// The lowest rate. Default 0.
    #[serde(default)]
    pub eta_min: f64,
    /// What is counted. Default epochs.
    #[serde(default = "Per::epoch")]
    pub per: Per,
}

const fn one() -> u64 {
    1
}

impl CosineRestarts {
    /// Falls to 0 within `t_0` epochs each.
    pub fn new(t_0: u64) -> CosineRestarts {
        CosineRestarts {
            t_0,
            t_mult: 1,
            eta_min: 0.0,
            per: Per::Epoch,
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        let what = "schedule cosine_restarts";
        if self.t_0 == 0 || self.t_mult == 0 {
            return Err(Error::config(what, "t_0 and t_mult must be at least 1"));
        }
        check_not_negative(what, "eta_min", self.eta_min)
    }
}

impl Schedule for CosineRestarts {
    fn rate(&self, base: f64, time: Time) -> f64 {
        let (mut since, mut length) = (time.per(self.per), self.t_0.max(1));
        if self.t_mult <= 1 {
            since %= length;
        }
        while since >= length {
            since -= length;
            length = length.saturating_mul(self.t_mult);
        }
        let phase = PI * since as f64 / length as f64;
        self.eta_min + (base - self.eta_min) * (1.0 + phase.cos()) / 2.0
    }
}
