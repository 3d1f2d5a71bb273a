//! Normalisation: statistics, the normalised values, and their derivatives.

pub mod channel;
mod sums;
