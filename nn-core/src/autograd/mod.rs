//! Reverse-mode differentiation on a flat tape, parameters, and the context of a forward pass.

mod check;
mod context;
mod gradients;
mod parameter;
mod path;
mod tape;

pub use check::{GradCheck, GradCheckReport, gradient_check, numeric_derivative, numeric_gradient};
pub use context::{Context, Mode};
pub use gradients::Gradients;
pub use parameter::{ParamId, Parameter, Parameters};
pub use path::Path;
pub use tape::Tape;
pub(crate) use tape::{Grads, Node, Recorder, grads};
