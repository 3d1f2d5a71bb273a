//! The real `nn` binary, called in temporary folders as a person would call it.

mod augment;
mod bad_input;
mod browser;
mod describe;
#[cfg(feature = "fetch")]
mod fetch;
mod filter;
mod formats;
mod interruption;
mod journeys;
mod pictures;
mod report;
mod seeing;
#[cfg(feature = "fetch")]
mod server;
mod support;
mod well_formed;
