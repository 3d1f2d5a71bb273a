//! `[diagnose]`: what `nn diagnose` compares with where the command line does not say.

use serde::{Deserialize, Serialize};

/// Errors to compare with, as shares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Diagnose {
    /// The error that is achievable: of people, of a competitor, of an earlier system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f64>,
    /// From where on a gap between two errors matters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_gap: Option<f64>,
}

impl Diagnose {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Diagnose::default()
    }
}
