//! The recipe: everything that decides how a network is trained, in one TOML file.
//!
//! Every key has a default but `data.source` and `network.layers`. Unknown keys, wrong types and values out of range are refused
//! with the line where they stand.

mod data;
mod load;
mod nearest;
mod network;
mod node;
mod optimizer;
mod problem;
mod read;
mod ready;
mod train;

use serde::{Deserialize, Serialize};

pub use data::{Data, Preprocess, Scale};
pub use load::{Overrides, load, resolved};
pub use nearest::nearest;
pub use network::{Loss, Network};
pub use optimizer::{Optimizer, Schedule};
pub use problem::Problem;
pub use ready::{READY, Ready};
pub use train::{BatchSize, Stop, Train};

/// A whole recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
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
    /// The layers.
    pub network: Network,
    /// What is minimised.
    #[serde(default)]
    pub loss: Loss,
    /// How.
    #[serde(default)]
    pub optimizer: Optimizer,
    /// How the learning rate changes on the way.
    #[serde(default)]
    pub schedule: Schedule,
    /// Epochs, batches, shuffling, clipping.
    #[serde(default)]
    pub train: Train,
    /// When to stop before the epochs are over.
    #[serde(default)]
    pub stop: Stop,
}

fn one() -> u64 {
    1
}

/// Seeds are written to TOML, whose whole numbers have 63 bits and a sign.
pub const LARGEST_SEED: u64 = i64::MAX as u64;

#[cfg(test)]
mod tests;
