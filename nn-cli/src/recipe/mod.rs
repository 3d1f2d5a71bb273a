//! The recipe: everything that decides how a network is trained, in one TOML file.
//!
//! Every key has a default but `data.source` and `network.layers` (or `network.preset`). Unknown keys, wrong types and values out of range are refused
//! with the line where they stand.

mod augment;
mod balance;
mod data;
mod load;
mod network;
mod node;
mod problem;
mod read;
mod ready;
mod train;

use std::path::PathBuf;

use nn_layers::Loss;
use nn_layers::loss::CrossEntropy;
use nn_optim::OptimizerSpec;
use nn_optim::schedule::ScheduleSpec;
use serde::{Deserialize, Serialize};

pub use augment::{Augment, step};
pub use balance::{Balance, Method, Threshold};
pub use data::{ColumnName, Columns, Data, Preprocess, Scale};
pub use load::{Overrides, for_data, load, resolved};
pub use network::Network;
pub use problem::Problem;
pub use ready::READY;
use train::{Stop, Train};

/// A whole recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The file it was read from, for messages.
    #[serde(skip)]
    pub file: PathBuf,
    /// Names the run folder; by default the name of the recipe file.
    #[serde(default)]
    pub name: String,
    /// One line about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Seed of every random choice.
    #[serde(default = "one")]
    pub seed: u64,
    /// Number of threads; 0 takes what `NN_THREADS` says, or else all processors.
    #[serde(default)]
    pub threads: usize,
    /// Where the samples come from.
    pub data: Data,
    /// What is done to them before the network sees them.
    #[serde(default)]
    pub preprocess: Preprocess,
    /// What is changed about training samples.
    #[serde(default, skip_serializing_if = "Augment::is_empty")]
    pub augment: Augment,
    /// What is done about classes that are rare.
    #[serde(default, skip_serializing_if = "Balance::is_empty")]
    pub balance: Balance,
    /// From which probability on a sample counts as positive.
    #[serde(default, skip_serializing_if = "Threshold::is_empty")]
    pub threshold: Threshold,
    /// The layers.
    pub network: Network,
    /// What is minimised.
    #[serde(default = "cross_entropy")]
    pub loss: Loss,
    /// How.
    #[serde(default)]
    pub optimizer: OptimizerSpec,
    /// How the learning rate changes on the way.
    #[serde(default)]
    pub schedule: ScheduleSpec,
    /// Epochs, batches, shuffling, clipping.
    #[serde(default)]
    pub train: Train,
    /// When to stop before the epochs are over.
    #[serde(default)]
    pub stop: Stop,
}

fn cross_entropy() -> Loss {
    CrossEntropy::default().into()
}

fn one() -> u64 {
    1
}

/// Whether a loss compares real numbers rather than classes.
pub fn is_regression(loss: &Loss) -> bool {
    matches!(loss, Loss::Mse(_) | Loss::Mae(_) | Loss::Huber(_))
}

/// Seeds are written to TOML, whose whole numbers have 63 bits and a sign.
pub const LARGEST_SEED: u64 = i64::MAX as u64;

#[cfg(test)]
mod tests;
