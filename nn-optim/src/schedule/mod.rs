//! Learning-rate schedules.
//!
//! A schedule is a function from the time of training to the learning rate. The formulas and the defaults are
//! PyTorch's; where PyTorch computes a rate from the one before, the closed form is used here, so that a
//! resumed run needs to know only the time.
//!
//! | `type` | schedule | rate at time t, from the base rate η |
//! |---|---|---|
//! | `constant` | [`Constant`] | η |
//! | `step` | [`StepDecay`] | η·γ^⌊t/s⌋ |
//! | `multi_step` | [`MultiStep`] | η·γ^(milestones passed) |
//! | `exponential` | [`Exponential`] | η·γᵗ |
//! | `linear` | [`Linear`] | η·(a + (b − a)·min(t, T)/T) |
//! | `cosine` | [`Cosine`] | η_min + (η − η_min)·(1 + cos(πt/T))/2 |
//! | `cosine_restarts` | [`CosineRestarts`] | the same again and again |
//! | `polynomial` | [`Polynomial`] | η·(1 − min(t, T)/T)^p |
//! | `warmup` | [`Warmup`] | rises for some time, then another schedule |
//! | `one_cycle` | [`OneCycle`] | rises to a maximum and falls far below the start |
//! | `plateau` | [`Plateau`] | falls when a watched number no longer improves |

mod constant;
mod cosine;
mod exponential;
mod linear;
mod multi_step;
mod one_cycle;
mod plateau;
mod polynomial;
mod restarts;
mod spec;
mod step;
mod warmup;

pub use constant::Constant;
pub use cosine::Cosine;
pub use exponential::Exponential;
pub use linear::Linear;
pub use multi_step::MultiStep;
pub use one_cycle::{Anneal, OneCycle};
pub use plateau::{Plateau, PlateauMode, PlateauSpec, ThresholdMode};
pub use polynomial::Polynomial;
pub use restarts::CosineRestarts;
pub use spec::{ScheduleSpec, WarmupSpec};
pub use step::StepDecay;
pub use warmup::Warmup;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::train::Monitor;

/// What a schedule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// Passes over the training data: the rate changes between epochs.
    Epoch,
    /// Updates: the rate changes with every batch.
    Step,
}

impl Per {
    pub(crate) const fn epoch() -> Per {
        Per::Epoch
    }

    pub(crate) const fn step() -> Per {
        Per::Step
    }
}

/// How far training has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Time {
    /// Complete passes over the training data; 0 in the first one.
    pub epoch: u64,
    /// Updates done; 0 before the first one.
    pub step: u64,
}

impl Time {
    /// The time in the unit of a schedule.
    pub fn per(self, unit: Per) -> u64 {
        match unit {
            Per::Epoch => self.epoch,
            Per::Step => self.step,
        }
    }
}

/// A rule for the learning rate over time.
///
/// ```
/// use nn_optim::schedule::{Schedule, StepDecay, Time};
/// let schedule = StepDecay::new(10);
/// let rate = schedule.rate(0.1, Time { epoch: 25, step: 0 });
/// assert!((rate - 0.001).abs() < 1e-12);
/// ```
pub trait Schedule: Send {
    /// The learning rate at a time, from the base rate, which is the optimizer's at the start of training.
    fn rate(&self, base: f64, time: Time) -> f64;

    /// The momentum at a time, if the schedule moves it too. Default: it does not.
    fn momentum(&self, time: Time) -> Option<f64> {
        let _ = time;
        None
    }

    /// Takes note of the watched number at the end of an epoch; `time` counts that epoch as done. Default:
    /// nothing.
    fn observe(&mut self, base: f64, time: Time, watched: f64) {
        let _ = (base, time, watched);
    }

    /// The numbers that the schedule wants to watch, the first that an epoch reports; none if it watches none.
    /// Default none.
    fn monitors(&self) -> Option<&'static [Monitor]> {
        None
    }

    /// What the schedule has learned from the watched numbers, for resuming. Default: nothing.
    fn state(&self) -> Vec<f64> {
        Vec::new()
    }

    /// Takes over a [`Schedule::state`].
    ///
    /// # Errors
    /// [`Error::State`](crate::Error::State) if it is not from a schedule of this kind.
    fn load_state(&mut self, state: &[f64]) -> Result<()> {
        if state.is_empty() {
            return Ok(());
        }
        Err(crate::Error::state(
            "the saved schedule remembered watched numbers, the schedule is now one that does not",
        ))
    }
}

impl<S: Schedule + ?Sized> Schedule for Box<S> {
    fn rate(&self, base: f64, time: Time) -> f64 {
        (**self).rate(base, time)
    }
    fn momentum(&self, time: Time) -> Option<f64> {
        (**self).momentum(time)
    }
    fn observe(&mut self, base: f64, time: Time, watched: f64) {
        (**self).observe(base, time, watched);
    }
    fn monitors(&self) -> Option<&'static [Monitor]> {
        (**self).monitors()
    }
    fn state(&self) -> Vec<f64> {
        (**self).state()
    }
    fn load_state(&mut self, state: &[f64]) -> Result<()> {
        (**self).load_state(state)
    }
}

/// `γᵗ`, also for times beyond what `powi` counts.
fn power(gamma: f64, t: u64) -> f64 {
    match i32::try_from(t) {
        Ok(t) => gamma.powi(t),
        Err(_) => gamma.powf(t as f64),
    }
}
