//! Adam.

use nn_core::kernels::float::Float;
use nn_core::kernels::optim::{self as kernel, Slot};
use serde::{Deserialize, Serialize};

use crate::engine::{Fused, Hyper, Rule};
use crate::error::{check_fraction, check_not_negative};
use crate::{GroupSpec, Result};

/// Averages of the gradient and of its square, both corrected for their start at 0:
///
/// `m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²;`
/// `θ ← θ − η · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)`
///
/// Weight decay λ and the L1 penalty λ₁ are added to the gradient first: `g ← ∇ + λθ + λ₁·sign(θ)`. For decay
/// that the averages do not see, take [`AdamW`](crate::AdamW). Each parameter counts its own updates `t`.
/// Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015; ε as in PyTorch. PyTorch's `amsgrad`
/// variant is not offered.
///
/// ```
/// use nn_optim::{Adam, AdamConfig};
/// let optimizer = Adam::new(AdamConfig { lr: 3e-4, betas: (0.9, 0.98), ..AdamConfig::default() })?;
/// # Ok::<(), nn_optim::Error>(())
/// ```
pub type Adam = Fused<AdamConfig>;

/// The settings of [`Adam`], with PyTorch's names and defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamConfig {
    /// Learning rate η. Default 10⁻³.
    #[serde(alias = "learning_rate")]
    pub lr: f64,
    /// Shares β₁ and β₂ of the old averages. Default 0.9 and 0.999.
    pub betas: (f64, f64),
    /// Added to the root, ε. Default 10⁻⁸.
    pub eps: f64,
    /// Weight decay λ: the gradient of the L2 penalty `λ/2·Σθ²`. Default 0.
    pub weight_decay: f64,
    /// L1 penalty λ₁: the gradient of `λ₁·Σ|θ|`. Default 0.
    pub l1: f64,
    /// Other settings for some of the parameters. Default none.
    pub groups: Vec<GroupSpec>,
}

impl Default for AdamConfig {
    fn default() -> Self {
        AdamConfig {
            lr: 1e-3,
            betas: (0.9, 0.999),
            eps: 1e-8,
            weight_decay: 0.0,
            l1: 0.0,
            groups: Vec::new(),
        }
    }
}

impl AdamConfig {
    pub(crate) fn check(&self, what: &'static str) -> Result<()> {
        for (setting, value) in [
            ("lr", self.lr),
            ("eps", self.eps),
            ("weight_decay", self.weight_decay),
            ("l1", self.l1),
        ] {
            check_not_negative(what, setting, value)?;
        }
        check_fraction(what, "betas[0]", self.betas.0)?;
        check_fraction(what, "betas[1]", self.betas.1)
    }

    pub(crate) fn run<T: Float>(
        &self,
        slots: &mut [Slot<T>],
        step: u64,
        scale: T,
        decoupled: bool,
    ) {
        let config = kernel::Adam {
            beta1: T::from_f64(self.betas.0),
            beta2: T::from_f64(self.betas.1),
            eps: T::from_f64(self.eps),
            step,
            decoupled,
            grad_scale: scale,
        };
        kernel::adam(slots, &config);
    }
}

impl Rule for AdamConfig {
    const NAME: &'static str = "adam";

    fn validate(&self) -> Result<()> {
        self.check(Self::NAME)
    }

    fn groups(&self) -> &[GroupSpec] {
        &self.groups
    }

    fn states(&self) -> &'static [&'static str] {
        &["exp_avg", "exp_avg_sq"]
    }

    fn hyper(&self) -> Hyper {
        Hyper {
            lr: self.lr,
            weight_decay: self.weight_decay,
            l1: self.l1,
        }
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
        self.run(slots, step, scale, false);
    }
}
