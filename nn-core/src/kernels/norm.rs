//! Normalisation: statistics, the normalised values, and their derivatives.

pub mod channel;
pub mod local_response;
pub mod row;
mod sums;
