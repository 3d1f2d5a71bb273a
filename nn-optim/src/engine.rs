//! What every optimizer is made of: settings with a formula, and a memory.

use nn_core::kernels::float::Float;
use nn_core::kernels::optim::Slot;
use nn_core::{Gradients, Parameters};

use crate::group::{GroupSpec, ParamGroup, build_groups};
use crate::memory::Memory;
use crate::state::OptimizerState;
use crate::{Optimizer, Result};

/// The settings and the formula of one optimizer. Not for use outside this crate.
pub trait Rule: Clone + Send {
    /// Its name in recipes and states.
    const NAME: &'static str;

    /// Checks the settings' domains.
    fn validate(&self) -> Result<()>;

    /// The groups named in the settings.
    fn groups(&self) -> &[GroupSpec];

    /// PyTorch's names of what it remembers for each element: none, one or two.
    fn states(&self) -> &'static [&'static str];

    /// What the first of them starts from; the second starts from 0.
    fn initial(&self) -> f64 {
        0.0
    }

    /// The learning rate, weight decay and L1 penalty of parameters in no group.
    fn hyper(&self) -> Hyper;

    /// The learning rate, for schedules.
    fn lr_mut(&mut self) -> &mut f64;

    /// The momentum, if the optimizer has been made with one.
    fn momentum(&self) -> Option<f64> {
        None
    }

    /// The momentum, for schedules.
    fn momentum_mut(&mut self) -> Option<&mut f64> {
        None
    }

    /// The update of all slots, for which this is update number `step`, the first being 1.
    fn update<T: Float>(&self, slots: &mut [Slot<T>], step: u64, scale: T);
}

/// What may differ between parameters.
#[derive(Debug, Clone, Copy)]
pub struct Hyper {
    /// Learning rate.
    pub lr: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// L1 penalty.
    pub l1: f64,
}

/// An optimizer with settings `C`: [`Sgd`](crate::Sgd), [`Adagrad`](crate::Adagrad),
/// [`RmsProp`](crate::RmsProp), [`Adam`](crate::Adam) or [`AdamW`](crate::AdamW).
///
/// One step is one fused pass over the values, gradients and memories of all parameters.
#[derive(Debug)]
pub struct Fused<C> {
    config: C,
    memory: Memory,
}

impl<C: Rule> Fused<C> {
    /// An optimizer that has done no step.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) if a setting is outside its domain.
    pub fn new(config: C) -> Result<Self> {
        config.validate()?;
        let groups = build_groups(C::NAME, config.groups())?;
        let mut memory = Memory::default();
        memory.groups = groups;
        Ok(Fused { config, memory })
    }

    /// An optimizer with the default settings except for the learning rate.
    ///
    /// # Errors
    /// [`Error::Config`](crate::Error::Config) if the learning rate is negative or not finite.
    pub fn with_lr(learning_rate: f64) -> Result<Self>
    where
        C: Default,
    {
        let mut config = C::default();
        *config.lr_mut() = learning_rate;
        Fused::new(config)
    }

    /// With one more parameter group. Groups are asked in the order in which they were given.
    #[must_use]
    pub fn group(mut self, group: ParamGroup) -> Self {
        self.memory.groups.push(group);
        self
    }

    /// The settings, with learning rate and momentum as they are now.
    pub fn config(&self) -> &C {
        &self.config
    }
}

impl<C: Rule> Optimizer for Fused<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }

    fn step_scaled(
        &mut self,
        params: &mut dyn Parameters,
        gradients: &Gradients,
        scale: f64,
    ) -> Result<()> {
        // Rate and momentum can be set, and groups added, after the optimizer was made.
        self.config.validate()?;
        for group in &self.memory.groups {
            group.validate(C::NAME)?;
        }
        self.memory.step(&self.config, params, gradients, scale)
    }

    fn learning_rate(&self) -> f64 {
        self.config.hyper().lr
    }

    fn set_learning_rate(&mut self, learning_rate: f64) {
        *self.config.lr_mut() = learning_rate;
    }

    fn momentum(&self) -> Option<f64> {
        self.config.momentum()
    }

    fn set_momentum(&mut self, momentum: f64) {
        if let Some(current) = self.config.momentum_mut() {
            *current = momentum;
        }
    }

    fn steps(&self) -> u64 {
        self.memory.steps
    }

    fn state(&self) -> OptimizerState {
        self.memory.state(&self.config)
    }

    fn load_state(&mut self, state: &OptimizerState) -> Result<()> {
        self.memory.load_state(&self.config, state)?;
        self.set_learning_rate(state.learning_rate);
        if let Some(momentum) = state.momentum {
            self.set_momentum(momentum);
        }
        Ok(())
    }
}
