//! What all optimizers have in common.

use nn_core::{Gradients, Parameters};

use crate::{OptimizerState, Result};

/// A rule that moves parameters against their gradients.
///
/// An optimizer owns what it remembers about each parameter and finds it by the parameter's identity, or, in a
/// network built again, by its name; so one optimizer serves one network. Frozen parameters and buffers are
/// left alone, and so is a parameter that has no gradient: the loss did not depend on it.
///
/// ```
/// use nn_core::{Context, Parameter, Tensor};
/// use nn_optim::{Optimizer, Sgd};
///
/// // f(w) = w², from w = 1 with rate 0.25: each step halves w.
/// let mut w = Parameter::new(Tensor::from_vec(vec![1.0f32], [1])?);
/// let mut optimizer = Sgd::with_lr(0.25)?;
/// for step in 0..3 {
///     let mut cx = Context::train(0, step);
///     let loss = cx.param(&w).square()?.sum(..)?;
///     let gradients = cx.backward(&loss)?;
///     optimizer.step(&mut w, &gradients)?;
/// }
/// assert_eq!(w.value().item()?, 0.125);
/// # Ok::<(), nn_optim::Error>(())
/// ```
pub trait Optimizer: Send {
    /// Its name in recipes and saved states, such as `adam`.
    fn name(&self) -> &'static str;

    /// One update of `params` with `scale` times the gradients: one pass over all parameters. The scale is
    /// where clipping by norm comes in without a pass of its own. Either all parameters are updated or, on an
    /// error, none.
    ///
    /// # Errors
    /// [`Error::Parameter`](crate::Error::Parameter) if a gradient, or a state loaded before, does not fit its
    /// parameter; [`Error::Config`](crate::Error::Config) if learning rate or momentum were set outside their
    /// domain; [`Error::Core`](crate::Error::Core) if memory is exhausted.
    fn step_scaled(
        &mut self,
        params: &mut dyn Parameters,
        gradients: &Gradients,
        scale: f64,
    ) -> Result<()>;

    /// One update of `params` with the gradients as they are.
    ///
    /// # Errors
    /// As [`Optimizer::step_scaled`].
    fn step(&mut self, params: &mut dyn Parameters, gradients: &Gradients) -> Result<()> {
        self.step_scaled(params, gradients, 1.0)
    }

    /// The learning rate of parameters in no group.
    fn learning_rate(&self) -> f64;

    /// Sets the learning rate, as schedules do.
    fn set_learning_rate(&mut self, learning_rate: f64);

    /// The momentum, or Adam's `β₁`, if the optimizer was made with one.
    fn momentum(&self) -> Option<f64>;

    /// Sets the momentum, as schedules do; does nothing if [`Optimizer::momentum`] is none.
    fn set_momentum(&mut self, momentum: f64);

    /// The number of updates done.
    fn steps(&self) -> u64;

    /// All it remembers.
    fn state(&self) -> OptimizerState;

    /// Takes over what an optimizer of the same kind remembered, to go on as if nothing had happened.
    ///
    /// # Errors
    /// [`Error::State`](crate::Error::State) if the state is another optimizer's or does not hold what this one
    /// needs. Whether it fits the network shows at the next step.
    fn load_state(&mut self, state: &OptimizerState) -> Result<()>;
}

impl<O: Optimizer + ?Sized> Optimizer for Box<O> {
    fn name(&self) -> &'static str {
        (**self).name()
    }
    fn step_scaled(
        &mut self,
        params: &mut dyn Parameters,
        gradients: &Gradients,
        scale: f64,
    ) -> Result<()> {
        (**self).step_scaled(params, gradients, scale)
    }
    fn learning_rate(&self) -> f64 {
        (**self).learning_rate()
    }
    fn set_learning_rate(&mut self, learning_rate: f64) {
        (**self).set_learning_rate(learning_rate);
    }
    fn momentum(&self) -> Option<f64> {
        (**self).momentum()
    }
    fn set_momentum(&mut self, momentum: f64) {
        (**self).set_momentum(momentum);
    }
    fn steps(&self) -> u64 {
        (**self).steps()
    }
    fn state(&self) -> OptimizerState {
        (**self).state()
    }
    fn load_state(&mut self, state: &OptimizerState) -> Result<()> {
        (**self).load_state(state)
    }
}
