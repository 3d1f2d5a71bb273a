//! `[optimizer]` and `[schedule]`.

use serde::{Deserialize, Serialize};

/// How the loss is minimised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Optimizer {
    /// Stochastic gradient descent, with or without momentum.
    Sgd {
        /// Step size.
        #[serde(default = "rate_sgd")]
        learning_rate: f64,
        /// Share of the last update that is kept.
        #[serde(default)]
        momentum: f64,
        /// Look ahead by the momentum before taking the gradient.
        #[serde(default)]
        nesterov: bool,
        /// Momentum as an exponential average, `m = βm + (1−β)g`, in place of the field's common `m = βm + g`.
        #[serde(default)]
        average: bool,
        /// L2 decay added to the gradient.
        #[serde(default)]
        weight_decay: f64,
    },
    /// Steps divided by the root of the sum of all squared gradients.
    Adagrad {
        /// Step size.
        #[serde(default = "rate_adagrad")]
        learning_rate: f64,
        /// Added to the denominator.
        #[serde(default = "eps_adagrad")]
        eps: f64,
        /// L2 decay added to the gradient.
        #[serde(default)]
        weight_decay: f64,
    },
    /// Steps divided by the root of a running mean of squared gradients.
    Rmsprop {
        /// Step size.
        #[serde(default = "rate_rmsprop")]
        learning_rate: f64,
        /// Share of the running mean that is kept.
        #[serde(default = "alpha")]
        alpha: f64,
        /// Added to the denominator.
        #[serde(default = "eps")]
        eps: f64,
        /// Share of the last update that is kept.
        #[serde(default)]
        momentum: f64,
        /// L2 decay added to the gradient.
        #[serde(default)]
        weight_decay: f64,
    },
    /// Adam with both bias corrections.
    Adam {
        /// Step size.
        #[serde(default = "rate_adam")]
        learning_rate: f64,
        /// Share kept of the running mean of gradients.
        #[serde(default = "beta1")]
        beta1: f64,
        /// Share kept of the running mean of squared gradients.
        #[serde(default = "beta2")]
        beta2: f64,
        /// Added to the denominator.
        #[serde(default = "eps")]
        eps: f64,
        /// L2 decay added to the gradient.
        #[serde(default)]
        weight_decay: f64,
    },
    /// Adam with decay applied to the weights themselves.
    Adamw {
        /// Step size.
        #[serde(default = "rate_adam")]
        learning_rate: f64,
        /// Share kept of the running mean of gradients.
        #[serde(default = "beta1")]
        beta1: f64,
        /// Share kept of the running mean of squared gradients.
        #[serde(default = "beta2")]
        beta2: f64,
        /// Added to the denominator.
        #[serde(default = "eps")]
        eps: f64,
        /// Share of each weight taken off per unit of learning rate.
        #[serde(default = "decay_adamw")]
        weight_decay: f64,
    },
}

impl Default for Optimizer {
    fn default() -> Self {
        Optimizer::Adam {
            learning_rate: rate_adam(),
            beta1: beta1(),
            beta2: beta2(),
            eps: eps(),
            weight_decay: 0.0,
        }
    }
}

impl Optimizer {
    /// The step size at the start.
    pub fn learning_rate(&self) -> f64 {
        match self {
            Optimizer::Sgd { learning_rate, .. }
            | Optimizer::Adagrad { learning_rate, .. }
            | Optimizer::Rmsprop { learning_rate, .. }
            | Optimizer::Adam { learning_rate, .. }
            | Optimizer::Adamw { learning_rate, .. } => *learning_rate,
        }
    }
}

fn rate_sgd() -> f64 {
    0.1
}

fn rate_adagrad() -> f64 {
    0.01
}

fn rate_rmsprop() -> f64 {
    0.001
}

fn rate_adam() -> f64 {
    0.001
}

fn eps_adagrad() -> f64 {
    1e-10
}

fn eps() -> f64 {
    1e-8
}

fn alpha() -> f64 {
    0.99
}

fn beta1() -> f64 {
    0.9
}

fn beta2() -> f64 {
    0.999
}

fn decay_adamw() -> f64 {
    0.01
}

/// How the learning rate changes on the way; each one scales the optimizer's `learning_rate`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// It stays.
    Constant {
        /// Share of the run in which it rises from 0.
        #[serde(default)]
        warmup: f64,
    },
    /// Times `factor` every `epochs` epochs.
    Step {
        /// Epochs between two changes.
        epochs: usize,
        /// What the rate is multiplied with.
        #[serde(default = "tenth")]
        factor: f64,
        /// Share of the run in which it rises from 0.
        #[serde(default)]
        warmup: f64,
    },
    /// Times `factor` every epoch.
    Exponential {
        /// What the rate is multiplied with.
        factor: f64,
        /// Share of the run in which it rises from 0.
        #[serde(default)]
        warmup: f64,
    },
    /// Falls along half a cosine wave to `end` times the rate.
    Cosine {
        /// Where it ends, as a share of the rate.
        #[serde(default)]
        end: f64,
        /// Share of the run in which it rises from 0.
        #[serde(default)]
        warmup: f64,
    },
    /// Falls along a straight line to `end` times the rate.
    Linear {
        /// Where it ends, as a share of the rate.
        #[serde(default)]
        end: f64,
        /// Share of the run in which it rises from 0.
        #[serde(default)]
        warmup: f64,
    },
    /// Rises to the rate and falls far below it, once (Smith 2018).
    OneCycle {
        /// Share of the run in which it rises.
        #[serde(default = "rise")]
        rise: f64,
    },
    /// Times `factor` when the validation loss has not improved for `patience` epochs.
    Plateau {
        /// Epochs without improvement.
        #[serde(default = "patience")]
        patience: usize,
        /// What the rate is multiplied with.
        #[serde(default = "tenth")]
        factor: f64,
    },
}

impl Default for Schedule {
    fn default() -> Self {
        Schedule::Constant { warmup: 0.0 }
    }
}

fn tenth() -> f64 {
    0.1
}

fn rise() -> f64 {
    0.3
}

fn patience() -> usize {
    10
}
