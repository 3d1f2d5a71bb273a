//! Pooling layers: fewer places, each from a window of the input's.

mod adaptive;
mod global;
mod window;

pub use adaptive::{AdaptiveAvgPool, AdaptiveMaxPool};
pub use global::{GlobalAvgPool, GlobalMaxPool};
pub use window::{AvgPool, MaxPool};
