//! Getting known data sets from the internet.

pub mod catalogue;
#[cfg(feature = "fetch")]
mod client;
#[cfg(feature = "fetch")]
mod transfer;

#[cfg(feature = "fetch")]
pub use client::Client;
#[cfg(feature = "fetch")]
pub use transfer::{Outcome, Transfer};

#[cfg(all(test, feature = "fetch"))]
mod tests;
