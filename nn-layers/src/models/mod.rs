//! Small networks by name: the one-layer classics and the multi-layer perceptron.
//!
//! | model | network | loss |
//! |---|---|---|
//! | [`Perceptron`] | `sign(w·x + b)` | none: Rosenblatt's rule |
//! | [`linear_regression`] | `W·x + b` | [`Mse`](crate::loss::Mse) |
//! | [`logistic_regression`] | `w·x + b`, a logit | [`BinaryCrossEntropy`](crate::loss::BinaryCrossEntropy) |
//! | [`softmax_regression`] | `W·x + b`, logits | [`CrossEntropy`](crate::loss::CrossEntropy) |
//! | [`mlp`] | linear layers with activations between | any |
//!
//! Each is shown on real data in `examples/`.

mod mlp;
mod perceptron;
mod regression;

pub use mlp::mlp;
pub use perceptron::Perceptron;
pub use regression::{linear_regression, logistic_regression, softmax_regression};
