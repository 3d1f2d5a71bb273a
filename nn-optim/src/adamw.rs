//! AdamW.

use nn_core::kernels::float::Float;
use nn_core::kernels::optim::Slot;
use serde::{Deserialize, Serialize};

use crate::engine::{Fused, Hyper, Rule};
use crate::{AdamConfig, GroupSpec, Result};

/// [`Adam`](crate::Adam) whose weight decay acts on the parameters themselves, not through the averages:
/// first `θ ← θ·(1 − ηλ)`, then Adam's step with the gradient as it is.
///
/// An L1 penalty is still added to the gradient. Loshchilov and Hutter, "Decoupled Weight Decay
/// Regularization", 2019.
///
/// ```
/// use nn_optim::{AdamW, AdamWConfig};
/// let optimizer = AdamW::new(AdamWConfig { lr: 3e-4, weight_decay: 0.1, ..AdamWConfig::default() })?;
/// # Ok::<(), nn_optim::Error>(())
/// ```
pub type AdamW = Fused<AdamWConfig>;

/// The settings of [`AdamW`], with PyTorch's names and defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamWConfig {
    /// Learning rate η. Default 10⁻³.
    #[serde(alias = "learning_rate")]
    pub lr: f64,
    /// Shares β₁ and β₂ of the old averages. Default 0.9 and 0.999.
    pub betas: (f64, f64),
    /// Added to the root, ε. Default 10⁻⁸.
    pub eps: f64,
    /// Weight decay λ, multiplied by the learning rate. Default 10⁻².
    pub weight_decay: f64,
    /// L1 penalty λ₁: the gradient of `λ₁·Σ|θ|`. Default 0.
    pub l1: f64,
    /// Other settings for some of the parameters. Default none.
    pub groups: Vec<GroupSpec>,
}

impl Default for AdamWConfig {
    fn default() -> Self {
        AdamWConfig {
            lr: 1e-3,
            betas: (0.9, 0.999),
            eps: 1e-8,
            weight_decay: 1e-2,
            l1: 0.0,
            groups: Vec::new(),
        }
    }
}

impl AdamWConfig {
    /// Adam with the same numbers.
    fn adam(&self) -> AdamConfig {
        AdamConfig {
            lr: self.lr,
            betas: self.betas,
            eps: self.eps,
            weight_decay: self.weight_decay,
            l1: self.l1,
            groups: Vec::new(),
        }
    }
}

impl Rule for AdamWConfig {
    const NAME: &'static str = "adamw";

    fn validate(&self) -> Result<()> {
        self.adam().check(Self::NAME)
    }

    fn groups(&self) -> &[GroupSpec] {
        &self.groups
    }

    fn states(&self) -> &'static [&'static str] {
        &["exp_avg", "exp_avg_sq"]
    }

    fn hyper(&self) -> Hyper {
        self.adam().hyper()
    }

    fn lr_mut(&mut self) -> &mut f64 {
        &mut self.lr
    }

    fn momentum(&self) -> Option<f64> {
        Some(self.betas.0)
    }

    fn momentum_mut(&mut self) -> Option<&mut f64> {
        Some(&mut self.betas.0)
    }

    fn update<T: Float>(&self, slots: &mut [Slot<T>], step: u64, scale: T) {
        self.adam().run(slots, step, scale, true);
    }
}
