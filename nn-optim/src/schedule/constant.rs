//! The learning rate that stays.

use serde::{Deserialize, Serialize};

use super::{Schedule, Time};

/// `η(t) = η`.
///
/// ```
/// use nn_optim::schedule::{Constant, Schedule, Time};
/// assert_eq!(Constant {}.rate(0.1, Time { epoch: 7, step: 900 }), 0.1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {}

impl Schedule for Constant {
    fn rate(&self, base: f64, _: Time) -> f64 {
        base
    }
}
