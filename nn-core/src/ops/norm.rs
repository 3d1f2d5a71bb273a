//! Normalisation.

mod channel;
mod local_response;
mod plan;
mod row;

pub use channel::BatchStatistics;
