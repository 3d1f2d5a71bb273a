//! Cosine annealing.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{Per, Schedule, Time};
use crate::error::check_not_negative;
use crate::{Error, Result};

/// The learning rate falls along half a cosine: `η(t) = η_min + (η − η_min)·(1 + cos(πt/T))/2`.
///
/// PyTorch's `CosineAnnealingLR`; as there, the rate rises again after `T`. Loshchilov and Hutter, "SGDR:
/// Stochastic Gradient Descent with Warm Restarts", 2017.
///
/// ```
/// use nn_optim::schedule::{Cosine, Schedule, Time};
/// let schedule = Cosine::new(10);
/// assert!((schedule.rate(1.0, Time { epoch: 5, step: 0 }) - 0.5).abs() < 1e-15);
/// assert!(schedule.rate(1.0, Time { epoch: 10, step: 0 }) < 1e-15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cosine {
    /// The length `T` of the fall, in epochs or steps. If it is none, the length of training must be put in
    /// with [`ScheduleSpec::resolve`](super::ScheduleSpec::resolve).
    pub t_max: Option<u64>,
    /// The lowest rate. Default 0.
    pub eta_min: f64,
    /// What is counted. Default epochs.
    pub per: Per,
}

impl Default for Cosine {
    fn default() -> Self {
        Cosine {
            t_max: None,
            eta_min: 0.0,
            per: Per::Epoch,
        }
    }
}

impl Cosine {
    /// A fall to 0 within `t_max` epochs.
    pub fn new(t_max: u64) -> Cosine {
        Cosine {
            t_max: Some(t_max),
            ..Cosine::default()
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        let what = "schedule cosine";
        check_not_negative(what, "eta_min", self.eta_min)?;
        match self.t_max {
            Some(0) => Err(Error::config(what, "t_max is 0, it must be at least 1")),
            None => Err(Error::config(
                what,
                "t_max, the length of the fall, is missing",
            )),
            Some(_) => Ok(()),
        }
    }
}

impl Schedule for Cosine {
    fn rate(&self, base: f64, time: Time) -> f64 {
        let length = self.t_max.unwrap_or(1).max(1) as f64;
        let phase = PI * time.per(self.per) as f64 / length;
        self.eta_min + (base - self.eta_min) * (1.0 + phase.cos()) / 2.0
    }
}
