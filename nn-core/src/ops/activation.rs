//! Activation functions.

use crate::autograd::{Recorder, grads};
use crate::dtype::for_float;
use crate::kernels::activation;
use crate::{Activation, Result, Tensor};

/// `dx = dy·f′`, from what the activation needs to remember: its input or its output.
pub(super) fn backward(act: Activation, saved: &Tensor, grad: &Tensor) -> Result<Tensor> {
    let grad = grad.in_order(saved.strides())?;
    if act == Activation::Identity {
        return Ok(grad);
    }
    for_float!("activation", grad.dtype(), T => {
        Tensor::build_like::<T>(&grad, |dx| {
            activation::activate_backward(act, saved.memory::<T>(), grad.memory::<T>(), dx);
        })
    })
}

impl Tensor {
    /// Applies an activation function to each element; [`Activation`] has the formulas.
    ///
    /// # Errors
    /// [`Error::DType`](crate::Error::DType) unless the elements are floats.
    pub fn activate(&self, act: Activation) -> Result<Tensor> {
        if act == Activation::Identity {
            return Ok(self.clone());
        }
        let x = self.dense()?;
        let y = for_float!("activate", self.dtype(), T => {
            Tensor::build_like::<T>(&x, |y| activation::activate(act, x.memory::<T>(), y))
        })?;
        let saved = if act.needs_input() { x } else { y.detach() };
        Recorder::of(&[self]).record("activate", y, move || {
            Box::new(move |grad, _| Ok(grads![backward(act, &saved, &grad)?]))
        })
    }
}

macro_rules! activations {
    ($($(#[$doc:meta])* $name:ident($($arg:ident)?) => $act:expr;)*) => {
        /// Activation functions by name; [`Activation`] has the formulas.
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// [`Error::DType`](crate::Error::DType) unless the elements are floats.
            pub fn $name(&self $(, $arg: f64)?) -> Result<Tensor> {
                self.activate($act)
            }
        )*}
    };
}

activations! {
    /// `max(x, 0)`.
    relu() => Activation::Relu;
    /// `x` above 0, `slope·x` below.
    leaky_relu(slope) => Activation::LeakyRelu(slope);
    /// `1/(1 + e⁻ˣ)`.
    sigmoid() => Activation::Sigmoid;
    /// The hyperbolic tangent.
    tanh() => Activation::Tanh;
    /// `x` above 0, `α(eˣ − 1)` below.
    elu(alpha) => Activation::Elu(alpha);
    /// The self-normalising scaled ELU.
    selu() => Activation::Selu;
    /// `x·Φ(x)` with the normal distribution function Φ.
    gelu() => Activation::Gelu;
    /// GELU by its tanh approximation.
    gelu_tanh() => Activation::GeluTanh;
    /// `x·sigmoid(x)`, also called swish.
    silu() => Activation::Silu;
    /// `ln(1 + eˣ)`.
    softplus() => Activation::Softplus;
    /// `x/(1 + |x|)`.
    softsign() => Activation::Softsign;
    /// `clamp(x/6 + 1/2, 0, 1)`.
    hard_sigmoid() => Activation::HardSigmoid;
    /// `clamp(x, −1, 1)`.
    hard_tanh() => Activation::HardTanh;
    /// `x·hard_sigmoid(x)`.
    hard_swish() => Activation::HardSwish;
}
