//! Elementwise functions of one and two operands.

mod binary;
mod broadcast;
mod strided;
mod unary;

pub use binary::{Binary, add_assign, add_scaled, axpy, binary, mul_assign, scale};
pub use broadcast::{Compare, binary_broadcast, compare_broadcast, select_broadcast};
pub(super) use strided::{Layout, collapse};
pub use unary::{Unary, unary, unary_backward};

#[cfg(test)]
mod tests;
