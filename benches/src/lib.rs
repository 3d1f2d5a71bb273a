//! What the benchmarks measure: shared by the criterion benches and by the binaries that are compared with the same
//! work in other libraries (`peers/`).

pub mod augment;
pub mod matmul;
pub mod metrics;
pub mod training;
pub mod vision;

/// The guide to the crates, whose programs run as tests: this crate is the one that sees all of them.
#[cfg(doctest)]
#[doc = include_str!("../../docs/library.md")]
pub struct LibraryGuide;

/// The programs of the README, which run as tests for the same reason.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
