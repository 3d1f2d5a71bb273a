//! RMSProp.

use nn_core::kernels::float::Float;
use nn_core::kernels::optim::{self as kernel, Slot};
use serde::{Deserialize, Serialize};

use crate::engine::{Fused, Hyper, Rule};
use crate::error::{check_fraction, check_not_negative};
use crate::{GroupSpec, Result};

/// Gradient descent in units of each gradient's recent size:
/// `s ← αs + (1 − α)g²; v ← μv + g/(√s + ε); θ ← θ − ηv`.
///
/// Weight decay λ and the L1 penalty λ₁ are added to the gradient first: `g ← ∇ + λθ + λ₁·sign(θ)`.
/// Tieleman and Hinton, lecture 6.5 of "Neural Networks for Machine Learning", 2012; as in PyTorch, ε is added
/// outside the root. PyTorch's `centered` variant is not offered.
///
/// ```
/// use nn_optim::{RmsProp, RmsPropConfig};
/// let optimizer = RmsProp::new(RmsPropConfig { lr: 1e-3, alpha: 0.9, ..RmsPropConfig::default() })?;
/// # Ok::<(), nn_optim::Error>(())
/// ```
pub type RmsProp = Fused<RmsPropConfig>;

/// The settings of [`RmsProp`], with PyTorch's names and defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RmsPropConfig {
    /// Learning rate η. Default 10⁻².
    #[serde(alias = "learning_rate")]
    pub lr: f64,
    /// Share α of the old mean of squares. Default 0.99.
    pub alpha: f64,
    /// Added to the root, ε. Default 10⁻⁸.
    pub eps: f64,
    /// Momentum μ of the scaled gradients. Default 0.
    pub momentum: f64,
    /// Weight decay λ: the gradient of the L2 penalty `λ/2·Σθ²`. Default 0.
    pub weight_decay: f64,
    /// L1 penalty λ₁: the gradient of `λ₁·Σ|θ|`. Default 0.
    pub l1: f64,
    /// Other settings for some of the parameters. Default none.
    pub groups: Vec<GroupSpec>,
}

impl Default for RmsPropConfig {
    fn default() -> Self {
        RmsPropConfig {
            lr: 1e-2,
            alpha: 0.99,
            eps: 1e-8,
            momentum: 0.0,
            weight_decay: 0.0,
            l1: 0.0,
            groups: Vec::new(),
        }
    }
}

impl Rule for RmsPropConfig {
    const NAME: &'static str = "rmsprop";

    fn validate(&self) -> Result<()> {
        for (setting, value) in [
            ("lr", self.lr),
            ("eps", self.eps),
            ("momentum", self.momentum),
            ("weight_decay", self.weight_decay),
            ("l1", self.l1),
        ] {
            check_not_negative("rmsprop", setting, value)?;
        }
        check_fraction("rmsprop", "alpha", self.alpha)
    }

    fn groups(&self) -> &[GroupSpec] {
        &self.groups
    }

    fn states(&self) -> &'static [&'static str] {
        match self.momentum {
            0.0 => &["square_avg"],
            _ => &["square_avg", "momentum_buffer"],
        }
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
        (self.momentum != 0.0).then_some(self.momentum)
    }

    fn momentum_mut(&mut self) -> Option<&mut f64> {
        (self.momentum != 0.0).then_some(&mut self.momentum)
    }

    fn update<T: Float>(&self, slots: &mut [Slot<T>], _: u64, scale: T) {
        let config = kernel::RmsProp {
            alpha: T::from_f64(self.alpha),
            eps: T::from_f64(self.eps),
            momentum: T::from_f64(self.momentum),
            grad_scale: scale,
        };
        kernel::rmsprop(slots, &config);
    }
}
