//! What travels through a forward pass beside the data.

use std::collections::BTreeMap;

use super::{Gradients, ParamId, Parameter, Parameters, Tape};
use crate::{Error, Purpose, Result, Rng, Tensor};

/// Whether the network learns or is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Dropout drops; batch statistics are those of the batch.
    Train,
    /// The network is used as it is.
    Evaluate,
}

/// Mode, tape and random stream of one forward pass.
///
/// One definition of a layer serves training and prediction: the context tells it which of the two it is.
///
/// ```
/// use nn_core::{Context, Parameter, Tensor};
/// # fn main() -> nn_core::Result<()> {
/// let w = Parameter::new(Tensor::from_vec(vec![3.0f32], [1])?);
/// let mut cx = Context::train(42, 0);
/// let loss = cx.param(&w).square()?.sum(..)?;
/// let gradients = cx.backward(&loss)?;
/// assert_eq!(gradients.param(w.id()).unwrap().item()?, 6.0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Context {
    mode: Mode,
    tape: Option<Tape>,
    seed: u64,
    step: u64,
    draws: u64,
    leaves: BTreeMap<ParamId, Tensor>,
    buffer_updates: Vec<(ParamId, Tensor)>,
    checks_finite: bool,
}

impl Context {
    fn new(mode: Mode, tape: Option<Tape>, seed: u64, step: u64) -> Context {
        Context {
            mode,
            tape,
            seed,
            step,
            draws: 0,
            leaves: BTreeMap::new(),
            buffer_updates: Vec::new(),
            checks_finite: false,
        }
    }

    /// For using a network: no tape, nothing random.
    pub fn evaluate() -> Context {
        Context::new(Mode::Evaluate, None, 0, 0)
    }

    /// For a training step: with a tape, and random draws addressed by `seed` and `step`.
    pub fn train(seed: u64, step: u64) -> Context {
        Context::new(Mode::Train, Some(Tape::new()), seed, step)
    }

    /// With the mode of training or of use, and a tape in either case: for gradients of a network in use.
    pub fn with_tape(mode: Mode, seed: u64, step: u64) -> Context {
        Context::new(mode, Some(Tape::new()), seed, step)
    }

    /// The same context, in which containers check each layer's output for NaN and infinity.
    #[must_use]
    pub fn checking_finite(mut self) -> Context {
        self.checks_finite = true;
        self
    }

    /// The mode.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether the network learns in this pass.
    pub fn is_training(&self) -> bool {
        self.mode == Mode::Train
    }

    /// The tape, if this pass is recorded.
    pub fn tape(&self) -> Option<&Tape> {
        self.tape.as_ref()
    }

    /// A parameter's value for use in this pass: on the tape, if there is one and the parameter learns.
    /// A parameter used several times is one leaf, and its gradients add up.
    pub fn param(&mut self, parameter: &Parameter) -> Tensor {
        match &self.tape {
            Some(tape) if parameter.requires_grad() => self
                .leaves
                .entry(parameter.id())
                .or_insert_with(|| tape.leaf(parameter.value(), Some(parameter.id())))
                .clone(),
            _ => parameter.value().clone(),
        }
    }

    /// A fresh stream of random numbers. It is a function of seed, step and how many streams this pass has
    /// asked for, and so the same after a restart and for any number of threads.
    pub fn rng(&mut self, purpose: Purpose) -> Rng {
        self.draws += 1;
        Rng::addressed(self.seed, purpose, self.step, self.draws)
    }

    /// Notes a new value for a buffer, such as running statistics; [`Context::apply_buffer_updates`] sets it.
    pub fn update_buffer(&mut self, buffer: &Parameter, value: &Tensor) {
        self.buffer_updates.push((buffer.id(), value.detach()));
    }

    /// Sets the buffers of `owner` to the values noted in this pass.
    ///
    /// # Errors
    /// [`Error::Shape`] if a noted value does not fit its buffer.
    pub fn apply_buffer_updates(&mut self, owner: &mut dyn Parameters) -> Result<()> {
        if self.buffer_updates.is_empty() {
            return Ok(());
        }
        let updates: BTreeMap<_, _> = self.buffer_updates.drain(..).collect();
        for parameter in owner.parameters_mut() {
            if let Some(value) = updates.get(&parameter.id()) {
                parameter.set_value(value)?;
            }
        }
        Ok(())
    }

    /// Passes a layer's output on; in a [checking](Context::checking_finite) pass, only if it is finite.
    ///
    /// # Errors
    /// [`Error::NonFinite`] if a checked output holds NaN or infinity.
    pub fn checked(&self, output: Tensor) -> Result<Tensor> {
        if self.checks_finite && !output.is_all_finite()? {
            return Err(Error::NonFinite {
                problem: "the output holds NaN or infinity".into(),
            });
        }
        Ok(output)
    }

    /// Differentiates `loss` with respect to every parameter used in this pass. The tape is consumed.
    ///
    /// # Errors
    /// [`Error::Autograd`] if the pass is not recorded or `loss` is not one number computed in it.
    pub fn backward(&mut self, loss: &Tensor) -> Result<Gradients> {
        self.leaves.clear();
        let tape = self.tape.take().ok_or_else(|| {
            Error::autograd("this pass has no tape; use Context::train, and call backward once")
        })?;
        tape.backward(loss)
    }
}
