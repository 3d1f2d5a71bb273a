//! `[train]` and `[stop]`.

use std::fmt;

use nn_optim::train::Monitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Epochs, batches, shuffling, clipping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Train {
    /// Passes over the training data.
    pub epochs: u64,
    /// Samples per step, or `"full"` for all of them (gradient descent in the plain sense).
    pub batch_size: BatchSize,
    /// A new order of the samples in each epoch.
    pub shuffle: bool,
    /// Write a line to `metrics.jsonl` for each step, not only for each epoch.
    pub log_every_step: bool,
    /// Scale the gradient down to this norm where it is longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// Cut each component of the gradient to ± this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_value: Option<f64>,
    /// Penalty `l1 · Σ|w|` on the weights.
    pub l1: f64,
    /// Penalty `l2 / 2 · Σw²` on the weights.
    pub l2: f64,
}

impl Default for Train {
    fn default() -> Self {
        Train {
            epochs: 10,
            batch_size: BatchSize::Samples(64),
            shuffle: true,
            log_every_step: false,
            clip_norm: None,
            clip_value: None,
            l1: 0.0,
            l2: 0.0,
        }
    }
}

/// Samples per step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchSize {
    /// So many.
    Samples(usize),
    /// All of them.
    Full,
}

impl BatchSize {
    /// The number of samples in a step, of a training set of `samples`.
    pub fn of(self, samples: usize) -> usize {
        match self {
            BatchSize::Samples(size) => size.min(samples).max(1),
            BatchSize::Full => samples.max(1),
        }
    }
}

impl Serialize for BatchSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            BatchSize::Samples(size) => serializer.serialize_u64(*size as u64),
            BatchSize::Full => serializer.serialize_str("full"),
        }
    }
}

impl<'de> Deserialize<'de> for BatchSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = BatchSize;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number from 1, or \"full\"")
            }

            fn visit_i64<E: serde::de::Error>(self, size: i64) -> Result<BatchSize, E> {
                match usize::try_from(size) {
                    Ok(size) if size > 0 => Ok(BatchSize::Samples(size)),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Signed(size), &self)),
                }
            }

            fn visit_u64<E: serde::de::Error>(self, size: u64) -> Result<BatchSize, E> {
                self.visit_i64(i64::try_from(size).unwrap_or(i64::MAX))
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<BatchSize, E> {
                match word {
                    "full" => Ok(BatchSize::Full),
                    _ => Err(E::invalid_value(serde::de::Unexpected::Str(word), &self)),
                }
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// When to stop before the epochs are over; what is not set does not stop anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stop {
    /// After so many steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// When the mean training loss of an epoch is below this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss_below: Option<f64>,
    /// When the norm of the gradient is below this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gradient_below: Option<f64>,
    /// When the watched number has not improved for so many epochs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patience: Option<u64>,
    /// The number to watch: `validation_loss`, `validation_accuracy`, `training_loss` or `training_accuracy`.
    pub monitor: Monitor,
    /// What counts as an improvement.
    pub min_delta: f64,
    /// With `patience`: keep the weights of the best epoch, not those of the last.
    pub restore_best: bool,
}

impl Default for Stop {
    fn default() -> Self {
        Stop {
            steps: None,
            loss_below: None,
            gradient_below: None,
            patience: None,
            monitor: Monitor::default(),
            min_delta: 0.0,
            restore_best: true,
        }
    }
}
