//! Adagrad.

use nn_core::kernels::float::Float;
use nn_core::kernels::optim::{self as kernel, Slot};
use serde::{Deserialize, Serialize};

use crate::engine::{Fused, Hyper, Rule};
use crate::error::check_not_negative;
use crate::{GroupSpec, Result};

/// Gradient descent whose rate falls, for each number by itself, with the gradients it has had:
/// `s ← s + g²; θ ← θ − η/(1 + (t − 1)·lr_decay) · g/(√s + ε)`.
///
/// Weight decay λ and the L1 penalty λ₁ are added to the gradient first: `g ← ∇ + λθ + λ₁·sign(θ)`.
/// Duchi, Hazan and Singer, "Adaptive Subgradient Methods", 2011.
///
/// ```
/// use nn_optim::{Adagrad, AdagradConfig};
/// let optimizer = Adagrad::new(AdagradConfig { lr: 0.05, ..AdagradConfig::default() })?;
/// # Ok::<(), nn_optim::Error>(())
/// ```
pub type Adagrad = Fused<AdagradConfig>;

/// The settings of [`Adagrad`], with PyTorch's names and defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdagradConfig {
    /// Learning rate η. Default 10⁻².
    #[serde(alias = "learning_rate")]
    pub lr: f64,
    /// Fall of the rate with the steps. Default 0.
    pub lr_decay: f64,
    /// What the sums of squares start from. Default 0.
    pub initial_accumulator_value: f64,
    /// Added to the root, ε. Default 10⁻¹⁰.
    pub eps: f64,
    /// Weight decay λ: the gradient of the L2 penalty `λ/2·Σθ²`. Default 0.
    pub weight_decay: f64,
    /// L1 penalty λ₁: the gradient of `λ₁·Σ|θ|`. Default 0.
    pub l1: f64,
    /// Other settings for some of the parameters. Default none.
    pub groups: Vec<GroupSpec>,
}

impl Default for AdagradConfig {
    fn default() -> Self {
        AdagradConfig {
            lr: 1e-2,
            lr_decay: 0.0,
            initial_accumulator_value: 0.0,
            eps: 1e-10,
            weight_decay: 0.0,
            l1: 0.0,
            groups: Vec::new(),
        }
    }
}

impl Rule for AdagradConfig {
    const NAME: &'static str = "adagrad";

    fn validate(&self) -> Result<()> {
        for (setting, value) in [
            ("lr", self.lr),
            ("lr_decay", self.lr_decay),
            ("initial_accumulator_value", self.initial_accumulator_value),
            ("eps", self.eps),
            ("weight_decay", self.weight_decay),
            ("l1", self.l1),
        ] {
            check_not_negative("adagrad", setting, value)?;
        }
        Ok(())
    }

    fn groups(&self) -> &[GroupSpec] {
        &self.groups
    }

    fn states(&self) -> &'static [&'static str] {
        &["sum"]
    }

    fn initial(&self) -> f64 {
        self.initial_accumulator_value
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

    fn update<T: Float>(&self, slots: &mut [Slot<T>], step: u64, scale: T) {
        let config = kernel::Adagrad {
            eps: T::from_f64(self.eps),
            lr_decay: T::from_f64(self.lr_decay),
            step,
            grad_scale: scale,
        };
        kernel::adagrad(slots, &config);
    }
}
