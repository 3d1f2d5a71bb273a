//! Reduction on a plateau.

use serde::{Deserialize, Serialize};

use super::{Schedule, Time};
use crate::error::{check, check_not_negative};
use crate::train::Monitor;
use crate::{Error, Result};

/// Which direction of the watched number is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlateauMode {
    /// Lower is better, as for a loss.
    Min,
    /// Higher is better, as for accuracy.
    Max,
}

/// How an improvement is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThresholdMode {
    /// As a part of the best value.
    Rel,
    /// As a difference from the best value.
    Abs,
}

/// The settings of [`Plateau`], with PyTorch's names and defaults.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlateauSpec {
    /// What the trainer lets it watch. Default the validation loss, or the training loss if there is no
    /// validation; in mode `max` the accuracies.
    pub monitor: Option<Monitor>,
    /// Which direction is better. Default lower.
    pub mode: PlateauMode,
    /// The factor on the learning rate. Default 0.1.
    pub factor: f64,
    /// The number of epochs without improvement that are tolerated. Default 10.
    pub patience: u64,
    /// The least improvement that counts. Default 10⁻⁴.
    pub threshold: f64,
    /// How it is measured. Default as a part of the best value.
    pub threshold_mode: ThresholdMode,
    /// The number of epochs after a reduction in which nothing is counted. Default 0.
    pub cooldown: u64,
    /// The lowest rate. Default 0.
    pub min_lr: f64,
    /// The least change of the rate that is carried out. Default 10⁻⁸.
    pub eps: f64,
}

impl Default for PlateauSpec {
    fn default() -> Self {
        PlateauSpec {
            monitor: None,
            mode: PlateauMode::Min,
            factor: 0.1,
            patience: 10,
            threshold: 1e-4,
            threshold_mode: ThresholdMode::Rel,
            cooldown: 0,
            min_lr: 0.0,
            eps: 1e-8,
        }
    }
}

/// The learning rate falls by a factor when a watched number, such as the validation loss, has not improved
/// for more than `patience` epochs.
///
/// PyTorch's `ReduceLROnPlateau`.
///
/// ```
/// use nn_optim::schedule::{Plateau, PlateauSpec, Schedule, Time};
/// let mut schedule = Plateau::new(PlateauSpec { patience: 1, ..PlateauSpec::default() })?;
/// for (epoch, loss) in [0.9, 0.7, 0.7, 0.7].into_iter().enumerate() {
///     schedule.observe(0.1, Time { epoch: epoch as u64 + 1, step: 0 }, loss);
/// }
/// assert!((schedule.rate(0.1, Time { epoch: 4, step: 0 }) - 0.01).abs() < 1e-12);
/// # Ok::<(), nn_optim::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Plateau {
    spec: PlateauSpec,
    best: f64,
    bad_epochs: u64,
    cooldown_left: u64,
    /// None until the first reduction.
    reduced: Option<f64>,
}

impl Plateau {
    /// A schedule that has seen nothing yet.
    ///
    /// # Errors
    /// [`Error::Config`] if a setting is outside its domain.
    pub fn new(spec: PlateauSpec) -> Result<Plateau> {
        let what = "schedule plateau";
        let valid = (0.0..1.0).contains(&spec.factor);
        check(what, "factor", spec.factor, valid, "in [0, 1)")?;
        check_not_negative(what, "threshold", spec.threshold)?;
        check_not_negative(what, "min_lr", spec.min_lr)?;
        check_not_negative(what, "eps", spec.eps)?;
        let best = match spec.mode {
            PlateauMode::Min => f64::INFINITY,
            PlateauMode::Max => f64::NEG_INFINITY,
        };
        Ok(Plateau {
            spec,
            best,
            bad_epochs: 0,
            cooldown_left: 0,
            reduced: None,
        })
    }

    fn improves(&self, watched: f64) -> bool {
        let (best, threshold) = (self.best, self.spec.threshold);
        match (self.spec.mode, self.spec.threshold_mode) {
            (PlateauMode::Min, ThresholdMode::Rel) => watched < best * (1.0 - threshold),
            (PlateauMode::Min, ThresholdMode::Abs) => watched < best - threshold,
            (PlateauMode::Max, ThresholdMode::Rel) => watched > best * (1.0 + threshold),
            (PlateauMode::Max, ThresholdMode::Abs) => watched > best + threshold,
        }
    }
}

impl Schedule for Plateau {
    fn rate(&self, base: f64, _: Time) -> f64 {
        self.reduced.unwrap_or(base)
    }

    fn observe(&mut self, base: f64, _: Time, watched: f64) {
        if self.improves(watched) {
            self.best = watched;
            self.bad_epochs = 0;
        } else {
            self.bad_epochs += 1;
        }
        if self.cooldown_left > 0 {
            self.cooldown_left -= 1;
            self.bad_epochs = 0;
        }
        if self.bad_epochs > self.spec.patience {
            let old = self.reduced.unwrap_or(base);
            let new = (old * self.spec.factor).max(self.spec.min_lr);
            if old - new > self.spec.eps {
                self.reduced = Some(new);
            }
            self.cooldown_left = self.spec.cooldown;
            self.bad_epochs = 0;
        }
    }

    fn monitors(&self) -> Option<&'static [Monitor]> {
        Some(match (self.spec.monitor, self.spec.mode) {
            (Some(Monitor::ValidationLoss), _) => &[Monitor::ValidationLoss],
            (Some(Monitor::ValidationAccuracy), _) => &[Monitor::ValidationAccuracy],
            (Some(Monitor::TrainingLoss), _) => &[Monitor::TrainingLoss],
            (Some(Monitor::TrainingAccuracy), _) => &[Monitor::TrainingAccuracy],
            (None, PlateauMode::Min) => &[Monitor::ValidationLoss, Monitor::TrainingLoss],
            (None, PlateauMode::Max) => &[Monitor::ValidationAccuracy, Monitor::TrainingAccuracy],
        })
    }

    fn state(&self) -> Vec<f64> {
        // A rate is never negative, so −1 can stand for none.
        let (bad, cooldown) = (self.bad_epochs as f64, self.cooldown_left as f64);
        vec![self.best, bad, cooldown, self.reduced.unwrap_or(-1.0)]
    }

    fn load_state(&mut self, state: &[f64]) -> Result<()> {
        let &[best, bad_epochs, cooldown, reduced] = state else {
            return Err(Error::state(
                "the saved schedule is not one of the type plateau, which the schedule is now",
            ));
        };
        self.best = best;
        self.bad_epochs = bad_epochs as u64;
        self.cooldown_left = cooldown as u64;
        self.reduced = (reduced >= 0.0).then_some(reduced);
        Ok(())
    }
}
