//! Normalisation.

mod channel;
mod plan;

pub use channel::BatchStatistics;
