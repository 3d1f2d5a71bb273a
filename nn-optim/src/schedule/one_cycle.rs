//! The one-cycle policy.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{Per, Schedule, Time};
use crate::error::check;
use crate::{Error, Result};

/// How a value moves between two others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Anneal {
    /// Along half a cosine.
    Cos,
    /// On a line.
    Linear,
}

impl Anneal {
    fn between(self, start: f64, end: f64, t: f64) -> f64 {
        match self {
            Anneal::Cos => end + (start - end) / 2.0 * (1.0 + (PI * t).cos()),
            Anneal::Linear => start + (end - start) * t,
        }
    }
}

/// The learning rate rises from `max/25` to `max` and then falls to `max/250 000`, while the momentum moves
/// the other way.
///
/// PyTorch's `OneCycleLR` with its defaults. Smith and Topin, "Super-Convergence", 2018. After the last step
/// the rate stays. Momentum is that of SGD or `β₁` of Adam; an optimizer that has none is left as it is.
///
/// ```
/// use nn_optim::schedule::{OneCycle, Schedule, Time};
/// let schedule = OneCycle { max_lr: Some(1.0), ..OneCycle::new(100) };
/// let rate = |step| schedule.rate(0.1, Time { epoch: 0, step });
/// assert!((rate(0) - 0.04).abs() < 1e-12);
/// assert!((rate(29) - 1.0).abs() < 1e-12);
/// assert!((rate(99) - 4e-6).abs() < 1e-12);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OneCycle {
    /// The highest rate. Default: the optimizer's learning rate.
    pub max_lr: Option<f64>,
    /// The length of the cycle, in steps or epochs. If it is none, the length of training must be put in with
    /// [`ScheduleSpec::resolve`](super::ScheduleSpec::resolve).
    pub total_steps: Option<u64>,
    /// The part of the cycle in which the rate rises. Default 0.3.
    pub pct_start: f64,
    /// The form of rise and fall. Default cosine.
    pub anneal_strategy: Anneal,
    /// Whether the momentum moves too. Default yes.
    pub cycle_momentum: bool,
    /// The momentum while the rate is highest. Default 0.85.
    pub base_momentum: f64,
    /// The momentum while the rate is lowest. Default 0.95.
    pub max_momentum: f64,
    /// The first rate is the highest divided by this. Default 25.
    pub div_factor: f64,
    /// The last rate is the first divided by this. Default 10⁴.
    pub final_div_factor: f64,
    /// Whether the fall first mirrors the rise, and then goes below the start. Default no.
    pub three_phase: bool,
    /// What is counted. Default steps.
    pub per: Per,
}

impl Default for OneCycle {
    fn default() -> Self {
        OneCycle {
            max_lr: None,
            total_steps: None,
            pct_start: 0.3,
            anneal_strategy: Anneal::Cos,
            cycle_momentum: true,
            base_momentum: 0.85,
            max_momentum: 0.95,
            div_factor: 25.0,
            final_div_factor: 1e4,
            three_phase: false,
            per: Per::Step,
        }
    }
}

impl OneCycle {
    /// One cycle of `total_steps` steps.
    pub fn new(total_steps: u64) -> OneCycle {
        OneCycle {
            total_steps: Some(total_steps),
            ..OneCycle::default()
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        let what = "schedule one_cycle";
        let positive = |setting: &str, value: f64| {
            let valid = value.is_finite() && value > 0.0;
            check(what, setting, value, valid, "a finite number above 0")
        };
        positive("max_lr", self.max_lr.unwrap_or(1.0))?;
        positive("div_factor", self.div_factor)?;
        positive("final_div_factor", self.final_div_factor)?;
        let valid = (0.0..=1.0).contains(&self.pct_start);
        check(what, "pct_start", self.pct_start, valid, "in [0, 1]")?;
        crate::error::check_fraction(what, "base_momentum", self.base_momentum)?;
        crate::error::check_fraction(what, "max_momentum", self.max_momentum)?;
        match self.total_steps {
            Some(0) => Err(Error::config(
                what,
                "total_steps is 0, it must be at least 1",
            )),
            None => Err(Error::config(
                what,
                "total_steps, the length of the cycle, is missing",
            )),
            Some(_) => Ok(()),
        }
    }

    /// The value at a time that takes the three `levels` low, high, final at the ends of the phases.
    fn at(&self, time: Time, low: f64, high: f64, last: f64) -> f64 {
        let total = self.total_steps.unwrap_or(1) as f64;
        let t = (time.per(self.per) as f64).min(total - 1.0);
        let rise = self.pct_start * total - 1.0;
        let mut phases = [
            (rise, low, high),
            (total - 1.0, high, last),
            (total - 1.0, last, last),
        ];
        if self.three_phase {
            phases[1] = (2.0 * self.pct_start * total - 2.0, high, low);
            phases[2] = (total - 1.0, low, last);
        }
        let mut start = 0.0;
        for (end, from, to) in phases {
            if t <= end {
                // A phase of no length is at its end.
                let part = if end > start {
                    (t - start) / (end - start)
                } else {
                    1.0
                };
                return self.anneal_strategy.between(from, to, part);
            }
            start = end;
        }
        last
    }
}

impl Schedule for OneCycle {
    fn rate(&self, base: f64, time: Time) -> f64 {
        let high = self.max_lr.unwrap_or(base);
        let low = high / self.div_factor;
        self.at(time, low, high, low / self.final_div_factor)
    }

    fn momentum(&self, time: Time) -> Option<f64> {
        let (low, high) = (self.max_momentum, self.base_momentum);
        self.cycle_momentum.then(|| self.at(time, low, high, low))
    }
}
