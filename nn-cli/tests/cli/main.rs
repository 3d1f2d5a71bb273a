//! The real `nn` binary, called in temporary folders as a person would call it.

mod augment;
mod bad_input;
mod browser;
mod describe;
mod diagnose;
#[cfg(feature = "fetch")]
mod fetch;
mod filter;
mod formats;
mod interruption;
mod journeys;
mod judging;
mod pictures;
mod prepare;
mod report;
mod seeing;
#[cfg(feature = "fetch")]
mod server;
mod support;
#[cfg(feature = "synth")]
mod synth;
mod verdicts;
mod well_formed;
