//! Schedules as a recipe writes them.

use serde::{Deserialize, Serialize};

use super::{
    Constant, Cosine, CosineRestarts, Exponential, Linear, MultiStep, OneCycle, Per, Plateau,
    PlateauSpec, Polynomial, Schedule, StepDecay, Time, Warmup,
};
use crate::Result;

/// The description of a schedule; the key `type` names it.
///
/// ```
/// use nn_optim::schedule::{Schedule, ScheduleSpec, Time};
/// let spec: ScheduleSpec = serde_json::from_str(r#"{"type": "step", "step_size": 30}"#)?;
/// let schedule = spec.build()?;
/// assert!((schedule.rate(0.1, Time { epoch: 30, step: 0 }) - 0.01).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ScheduleSpec {
    /// The rate stays.
    Constant(Constant),
    /// A fall by a factor at equal intervals.
    Step(StepDecay),
    /// A fall by a factor at given times.
    MultiStep(MultiStep),
    /// A fall by the same factor each time.
    Exponential(Exponential),
    /// A line between two factors.
    Linear(Linear),
    /// A fall along half a cosine.
    Cosine(Cosine),
    /// Falls along half a cosine, again and again.
    CosineRestarts(CosineRestarts),
    /// A fall along a power.
    Polynomial(Polynomial),
    /// A rise before another schedule.
    Warmup(WarmupSpec),
    /// A rise and a fall in one cycle.
    OneCycle(OneCycle),
    /// A fall when a watched number no longer improves.
    Plateau(PlateauSpec),
}

impl Default for ScheduleSpec {
    fn default() -> Self {
        ScheduleSpec::Constant(Constant {})
    }
}

/// The settings of [`Warmup`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarmupSpec {
    /// The length of the rise, in steps or epochs.
    pub steps: u64,
    /// The fraction of the rate at which the rise starts. Default 1/3.
    #[serde(default = "third")]
    pub start_factor: f64,
    /// What is counted. Default steps.
    #[serde(default = "Per::step")]
    pub per: Per,
    /// The schedule afterwards. Default constant.
    #[serde(default)]
    pub then: Box<ScheduleSpec>,
}

const fn third() -> f64 {
    1.0 / 3.0
}

impl ScheduleSpec {
    /// The schedule.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) if a setting is outside its domain, or a length is missing that
    /// [`ScheduleSpec::resolve`] was to put in.
    pub fn build(&self) -> Result<Box<dyn Schedule>> {
        Ok(match self {
            ScheduleSpec::Constant(schedule) => Box::new(*schedule),
            ScheduleSpec::Step(schedule) => {
                schedule.validate()?;
                Box::new(*schedule)
            }
            ScheduleSpec::MultiStep(schedule) => {
                schedule.validate()?;
                Box::new(schedule.clone())
            }
            ScheduleSpec::Exponential(schedule) => {
                schedule.validate()?;
                Box::new(*schedule)
            }
            ScheduleSpec::Linear(schedule) => {
                schedule.validate()?;
                Box::new(*schedule)
            }
            ScheduleSpec::Cosine(schedule) => {
                schedule.validate()?;
                Box::new(*schedule)
            }
            ScheduleSpec::CosineRestarts(schedule) => {
                schedule.validate()?;
                Box::new(*schedule)
            }
            ScheduleSpec::Polynomial(schedule) => {
                schedule.validate()?;
                Box::new(*schedule)
            }
            ScheduleSpec::Warmup(spec) => {
                let schedule = Warmup {
                    steps: spec.steps,
                    start_factor: spec.start_factor,
                    per: spec.per,
                    then: spec.then.build()?,
                };
                schedule.validate()?;
                Box::new(schedule)
            }
            ScheduleSpec::OneCycle(schedule) => {
                schedule.validate()?;
                Box::new(*schedule)
            }
            ScheduleSpec::Plateau(spec) => Box::new(Plateau::new(*spec)?),
        })
    }

    /// Puts the length of training in where a length was left out, so that a recipe need not repeat it.
    /// A schedule after a warm-up gets what the warm-up leaves.
    ///
    /// ```
    /// use nn_optim::schedule::{Cosine, ScheduleSpec, Time};
    /// let spec: ScheduleSpec = serde_json::from_str(r#"{"type": "cosine"}"#)?;
    /// let resolved = spec.resolve(Time { epoch: 20, step: 9380 });
    /// assert_eq!(resolved, ScheduleSpec::Cosine(Cosine::new(20)));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn resolve(&self, total: Time) -> ScheduleSpec {
        let mut resolved = self.clone();
        match &mut resolved {
            ScheduleSpec::Linear(s) => fill(&mut s.total_iters, total.per(s.per)),
            ScheduleSpec::Cosine(s) => fill(&mut s.t_max, total.per(s.per)),
            ScheduleSpec::Polynomial(s) => fill(&mut s.total_iters, total.per(s.per)),
            ScheduleSpec::OneCycle(s) => fill(&mut s.total_steps, total.per(s.per)),
            ScheduleSpec::Warmup(s) => {
                let mut rest = total;
                match s.per {
                    Per::Epoch => rest.epoch = total.epoch.saturating_sub(s.steps),
                    Per::Step => rest.step = total.step.saturating_sub(s.steps),
                }
                *s.then = s.then.resolve(rest);
            }
            ScheduleSpec::Constant(_)
            | ScheduleSpec::Step(_)
            | ScheduleSpec::MultiStep(_)
            | ScheduleSpec::Exponential(_)
            | ScheduleSpec::CosineRestarts(_)
            | ScheduleSpec::Plateau(_) => {}
        }
        resolved
    }
}

/// Fills in a missing length; a training of no length leaves it missing.
fn fill(length: &mut Option<u64>, total: u64) {
    if length.is_none() && total > 0 {
        *length = Some(total);
    }
}
