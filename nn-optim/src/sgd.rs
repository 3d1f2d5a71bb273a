//! Gradient descent, with and without momentum.

use nn_core::kernels::float::Float;
use nn_core::kernels::optim::{self as kernel, Slot};
use serde::{Deserialize, Serialize};

use crate::engine::{Fused, Hyper, Rule};
use crate::error::{check_fraction, check_not_negative};
use crate::{Error, GroupSpec, Result};

/// Gradient descent. Which of its kinds it is depends on the gradient it is given: that of all data (gradient
/// descent), of a few samples (mini-batch) or of one (stochastic gradient descent).
///
/// With weight decay λ and L1 penalty λ₁, `g ← ∇ + λθ + λ₁·sign(θ)`. Then, with learning rate η and momentum μ:
///
/// | [`MomentumForm`] | memory | step |
/// |---|---|---|
/// | none (`momentum` = 0) | | `θ ← θ − ηg` |
/// | `Velocity` | `v ← μv + (1 − dampening)·g`, first `v = g` | `θ ← θ − ηv` |
/// | `Velocity`, Nesterov | the same | `θ ← θ − η(g + μv)` |
/// | `Average` | `m ← μm + (1 − μ)g`, from 0 | `θ ← θ − ηm` |
/// | `Average`, Nesterov | the same | `θ ← θ − η(μm + (1 − μ)g)` |
///
/// `Velocity` is what PyTorch's `SGD` and most papers compute; a steady gradient is followed with the rate
/// η/(1 − μ). `Average` is the exponential average of gradients, as in Adam; a steady gradient is followed with
/// the rate η. Polyak 1964; Nesterov 1983; Sutskever et al., "On the importance of initialization and momentum
/// in deep learning", 2013.
///
/// ```
/// use nn_optim::{Sgd, SgdConfig};
/// let optimizer = Sgd::new(SgdConfig { lr: 0.1, momentum: 0.9, nesterov: true, ..SgdConfig::default() })?;
/// # Ok::<(), nn_optim::Error>(())
/// ```
pub type Sgd = Fused<SgdConfig>;

/// How past gradients enter a step of [`Sgd`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MomentumForm {
    /// `v ← μv + (1 − dampening)·g`, the field's common form.
    #[default]
    Velocity,
    /// `m ← μm + (1 − μ)g`, the exponential average.
    Average,
}

/// The settings of [`Sgd`], with PyTorch's names and defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SgdConfig {
    /// Learning rate η. Default 10⁻³.
    #[serde(alias = "learning_rate")]
    pub lr: f64,
    /// Momentum μ. Default 0.
    pub momentum: f64,
    /// What the momentum means. Default `Velocity`.
    pub momentum_form: MomentumForm,
    /// The part of each new gradient that the velocity does not take. Default 0.
    pub dampening: f64,
    /// Whether the step looks ahead along the momentum. Default no.
    pub nesterov: bool,
    /// Weight decay λ: the gradient of the L2 penalty `λ/2·Σθ²`. Default 0.
    pub weight_decay: f64,
    /// L1 penalty λ₁: the gradient of `λ₁·Σ|θ|`. Default 0.
    pub l1: f64,
    /// Other settings for some of the parameters. Default none.
    pub groups: Vec<GroupSpec>,
}

impl Default for SgdConfig {
    fn default() -> Self {
        SgdConfig {
            lr: 1e-3,
            momentum: 0.0,
            momentum_form: MomentumForm::Velocity,
            dampening: 0.0,
            nesterov: false,
            weight_decay: 0.0,
            l1: 0.0,
            groups: Vec::new(),
        }
    }
}

impl Rule for SgdConfig {
    const NAME: &'static str = "sgd";

    fn validate(&self) -> Result<()> {
        check_not_negative("sgd", "lr", self.lr)?;
        check_not_negative("sgd", "weight_decay", self.weight_decay)?;
        check_not_negative("sgd", "l1", self.l1)?;
        check_not_negative("sgd", "momentum", self.momentum)?;
        if !self.dampening.is_finite() {
            let problem = format!("dampening is {}, it must be finite", self.dampening);
            return Err(Error::config("sgd", problem));
        }
        if self.momentum_form == MomentumForm::Average {
            check_fraction("sgd", "momentum of the form average", self.momentum)?;
            if self.dampening != 0.0 {
                let problem = "dampening has no meaning for momentum of the form average";
                return Err(Error::config("sgd", problem));
            }
        }
        if self.nesterov && (self.momentum == 0.0 || self.dampening != 0.0) {
            let problem = "nesterov needs a momentum above 0 and a dampening of 0";
            return Err(Error::config("sgd", problem));
        }
        Ok(())
    }

    fn groups(&self) -> &[GroupSpec] {
        &self.groups
    }

    fn states(&self) -> &'static [&'static str] {
        match self.momentum {
            0.0 => &[],
            _ => &["momentum_buffer"],
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

    fn update<T: Float>(&self, slots: &mut [Slot<T>], step: u64, scale: T) {
        let momentum = match (self.momentum, self.momentum_form) {
            (0.0, _) => kernel::Momentum::None,
            (momentum, MomentumForm::Velocity) => kernel::Momentum::Velocity {
                momentum: T::from_f64(momentum),
                dampening: T::from_f64(self.dampening),
                nesterov: self.nesterov,
                first_step: step == 1,
            },
            (momentum, MomentumForm::Average) => kernel::Momentum::Average {
                beta: T::from_f64(momentum),
                nesterov: self.nesterov,
            },
        };
        let config = kernel::Sgd {
            momentum,
            grad_scale: scale,
        };
        kernel::sgd(slots, &config);
    }
}
