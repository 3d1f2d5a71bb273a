//! Optimizers as a recipe writes them.

use serde::{Deserialize, Serialize};

use crate::{
    Adagrad, AdagradConfig, Adam, AdamConfig, AdamW, AdamWConfig, Optimizer, Result, RmsProp,
    RmsPropConfig, Sgd, SgdConfig,
};

/// The description of an optimizer; the key `type` names it, the other keys are its settings.
///
/// ```
/// use nn_optim::{Optimizer, OptimizerSpec};
/// let spec: OptimizerSpec = serde_json::from_str(r#"{"type": "adam", "lr": 0.002}"#)?;
/// let optimizer = spec.build()?;
/// assert_eq!((optimizer.name(), optimizer.learning_rate()), ("adam", 0.002));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum OptimizerSpec {
    /// Gradient descent, with or without momentum.
    Sgd(SgdConfig),
    /// Adagrad.
    Adagrad(AdagradConfig),
    /// RMSProp.
    RmsProp(RmsPropConfig),
    /// Adam.
    Adam(AdamConfig),
    /// Adam with decoupled weight decay.
    AdamW(AdamWConfig),
}

impl Default for OptimizerSpec {
    /// Adam with its defaults.
    fn default() -> Self {
        OptimizerSpec::Adam(AdamConfig::default())
    }
}

impl OptimizerSpec {
    /// The optimizer.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) if a setting is outside its domain.
    pub fn build(&self) -> Result<Box<dyn Optimizer>> {
        Ok(match self.clone() {
            OptimizerSpec::Sgd(config) => Box::new(Sgd::new(config)?),
            OptimizerSpec::Adagrad(config) => Box::new(Adagrad::new(config)?),
            OptimizerSpec::RmsProp(config) => Box::new(RmsProp::new(config)?),
            OptimizerSpec::Adam(config) => Box::new(Adam::new(config)?),
            OptimizerSpec::AdamW(config) => Box::new(AdamW::new(config)?),
        })
    }

    /// The learning rate in the description.
    pub fn learning_rate(&self) -> f64 {
        match self {
            OptimizerSpec::Sgd(config) => config.lr,
            OptimizerSpec::Adagrad(config) => config.lr,
            OptimizerSpec::RmsProp(config) => config.lr,
            OptimizerSpec::Adam(config) => config.lr,
            OptimizerSpec::AdamW(config) => config.lr,
        }
    }
}
