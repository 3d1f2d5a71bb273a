//! Normalisation.

mod channel;
mod local_response;
pub(in crate::ops) mod plan;
mod row;

pub use channel::{BatchStatistics, Moments};
