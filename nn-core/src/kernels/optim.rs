//! Optimizer steps: one fused pass over all parameters.
//!
//! A step takes a [`Slot`] per parameter tensor. Every element's new value depends on that element
//! alone, so the pass is cut into blocks anywhere and spread over the threads.
//! The update rules are PyTorch's unless said otherwise.

mod adam;
mod adaptive;
mod gradient;
mod sgd;
mod slots;

pub use adam::{Adam, adam};
pub use adaptive::{Adagrad, RmsProp, adagrad, rmsprop};
pub use gradient::{clip_by_value, scale_all, sum_of_squares};
pub use sgd::{Momentum, Sgd, sgd};
pub use slots::Slot;

#[cfg(test)]
mod tests;
