//! A rise before another schedule.

use super::{Per, Schedule, Time};
use crate::Result;
use crate::error::check_fraction;
use crate::train::Monitor;

/// The learning rate rises on a line for `n` steps to where another schedule starts, which then begins:
/// `η(t) = f(0)·(a + (1 − a)·t/n)` for `t < n`, then `f(t − n)`.
///
/// PyTorch's `SequentialLR` of a `LinearLR` and the other. The other schedule's own unit is kept: one that
/// counts epochs is not moved by a warm-up that counts steps. Goyal et al., "Accurate, Large Minibatch SGD",
/// 2017.
///
/// ```
/// use nn_optim::schedule::{Constant, Schedule, Time, Warmup};
/// let schedule = Warmup { start_factor: 0.0, ..Warmup::new(4, Constant {}) };
/// let rates: Vec<f64> = (0..6).map(|step| schedule.rate(1.0, Time { epoch: 0, step })).collect();
/// assert_eq!(rates, [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]);
/// ```
#[derive(Debug, Clone)]
pub struct Warmup<S> {
    /// The length `n` of the rise.
    pub steps: u64,
    /// The fraction `a` at which the rise starts. Default 1/3.
    pub start_factor: f64,
    /// What is counted. Default steps.
    pub per: Per,
    /// The schedule afterwards.
    pub then: S,
}

impl<S: Schedule> Warmup<S> {
    /// A rise from a third to the whole within `steps` steps, then `then`.
    pub fn new(steps: u64, then: S) -> Warmup<S> {
        Warmup {
            steps,
            start_factor: 1.0 / 3.0,
            per: Per::Step,
            then,
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        if self.start_factor == 1.0 {
            return Ok(());
        }
        check_fraction("schedule warmup", "start_factor", self.start_factor)
    }

    /// The time as the other schedule sees it.
    fn after(&self, time: Time) -> Time {
        let mut after = time;
        match self.per {
            Per::Epoch => after.epoch = time.epoch.saturating_sub(self.steps),
            Per::Step => after.step = time.step.saturating_sub(self.steps),
        }
        after
    }
}

impl<S: Schedule> Schedule for Warmup<S> {
    fn rate(&self, base: f64, time: Time) -> f64 {
        let rate = self.then.rate(base, self.after(time));
        let now = time.per(self.per);
        if now >= self.steps {
            return rate;
        }
        let t = now as f64 / self.steps as f64;
        rate * (self.start_factor + (1.0 - self.start_factor) * t)
    }

    fn momentum(&self, time: Time) -> Option<f64> {
        self.then.momentum(self.after(time))
    }

    fn observe(&mut self, base: f64, time: Time, watched: f64) {
        if time.per(self.per) >= self.steps {
            self.then.observe(base, self.after(time), watched);
        }
    }

    fn monitors(&self) -> Option<&'static [Monitor]> {
        self.then.monitors()
    }

    fn state(&self) -> Vec<f64> {
        self.then.state()
    }

    fn load_state(&mut self, state: &[f64]) -> Result<()> {
        self.then.load_state(state)
    }
}
