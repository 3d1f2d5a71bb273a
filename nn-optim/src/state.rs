//! What an optimizer remembers, in a form that can be written and read.

use std::collections::BTreeMap;

use nn_core::Tensor;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What an optimizer remembers about one parameter.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParamState {
    /// The number of updates this parameter has had.
    pub steps: u64,
    /// The running averages under PyTorch's names, such as `exp_avg`.
    pub tensors: BTreeMap<String, Tensor>,
}

/// All that an optimizer needs to go on as if it had not been interrupted; made by
/// [`Optimizer::state`](crate::Optimizer::state).
///
/// It is keyed by the parameters' names, so it fits the same network built again. The tensors are handles:
/// taking a state copies nothing, but while it is kept the optimizer's next step takes memory of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerState {
    /// Which optimizer wrote it, such as `adam`.
    pub optimizer: String,
    /// The learning rate at that time.
    pub learning_rate: f64,
    /// The momentum at that time, if the optimizer has one: schedules may have moved it.
    pub momentum: Option<f64>,
    /// The number of steps done.
    pub steps: u64,
    /// What is remembered about each parameter.
    pub params: BTreeMap<String, ParamState>,
}

impl OptimizerState {
    /// Checks that the optimizer called `optimizer` has written this.
    pub(crate) fn expect(&self, optimizer: &str) -> Result<()> {
        if self.optimizer == optimizer {
            return Ok(());
        }
        Err(Error::state(format!(
            "the state was written by {}, the optimizer is now {optimizer}",
            self.optimizer
        )))
    }
}
