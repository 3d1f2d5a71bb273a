//! The real `nn` binary, called in temporary folders as a person would call it.

mod augment;
mod bad_input;
mod filter;
mod formats;
mod interruption;
mod journeys;
mod seeing;
mod support;
