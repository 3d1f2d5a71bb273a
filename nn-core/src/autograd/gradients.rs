//! The result of differentiation.

use std::collections::BTreeMap;

use super::ParamId;
use crate::{Result, Tensor};

/// Gradients of one number with respect to parameters and watched tensors.
///
/// They live here, not on the tensors: nothing has to be reset between steps.
#[derive(Default)]
pub struct Gradients {
    tape_id: u64,
    watched: BTreeMap<u32, Tensor>,
    params: BTreeMap<ParamId, Tensor>,
}

impl std::fmt::Debug for Gradients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Gradients of {} parameters and {} tensors",
            self.params.len(),
            self.watched.len()
        )
    }
}

impl Gradients {
    pub(super) fn of_tape(tape_id: u64) -> Gradients {
        Gradients {
            tape_id,
            ..Gradients::default()
        }
    }

    /// Keeps a leaf's gradient, without gaps, so that it can be read as a slice.
    pub(super) fn set_leaf(
        &mut self,
        index: u32,
        param: Option<ParamId>,
        grad: &Tensor,
    ) -> Result<()> {
        let grad = grad.compact()?;
        match param {
            Some(id) => self.params.insert(id, grad),
            None => self.watched.insert(index, grad),
        };
        Ok(())
    }

    /// The gradient of a tensor that came from [`Tape::watch`](crate::Tape::watch); none if the result does not depend on it.
    pub fn get(&self, watched: &Tensor) -> Option<&Tensor> {
        let (tape_id, index) = watched.node.as_ref()?.place();
        (tape_id == self.tape_id).then(|| self.watched.get(&index))?
    }

    /// The gradient of a parameter; none if the result does not depend on it or it is frozen.
    pub fn param(&self, id: ParamId) -> Option<&Tensor> {
        self.params.get(&id)
    }

    /// As [`Gradients::param`], for changing it.
    pub fn param_mut(&mut self, id: ParamId) -> Option<&mut Tensor> {
        self.params.get_mut(&id)
    }

    /// Sets the gradient of a parameter, for callers that compute or change gradients themselves.
    pub fn set_param(&mut self, id: ParamId, grad: Tensor) {
        self.params.insert(id, grad);
    }

    /// The gradients of all parameters, in order of the parameters' creation.
    pub fn params(&self) -> impl Iterator<Item = (ParamId, &Tensor)> {
        self.params.iter().map(|(&id, grad)| (id, grad))
    }

    /// As [`Gradients::params`], for changing them.
    pub fn params_mut(&mut self) -> impl Iterator<Item = (ParamId, &mut Tensor)> {
        self.params.iter_mut().map(|(&id, grad)| (id, grad))
    }

    /// The Euclidean norm of all parameters' gradients taken together, `√Σg²`.
    ///
    /// # Errors
    /// [`Error::TooLarge`](crate::Error::TooLarge) if memory is exhausted.
    pub fn global_norm(&self) -> Result<f64> {
        let mut sum = 0.0;
        for grad in self.params.values() {
            sum += grad.sum_of_squares()?;
        }
        Ok(sum.sqrt())
    }

    /// Adds the parameters' gradients of another batch to these, for accumulation over several.
    ///
    /// # Errors
    /// [`Error::Shape`](crate::Error::Shape) if a parameter's gradients have different shapes.
    pub fn accumulate(&mut self, other: Gradients) -> Result<()> {
        for (id, grad) in other.params {
            let sum = match self.params.remove(&id) {
                None => grad,
                Some(arrived) => arrived.accumulate(&grad)?,
            };
            self.params.insert(id, sum);
        }
        Ok(())
    }
}
