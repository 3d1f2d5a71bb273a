//! Samples that occur more than once.

use serde::{Deserialize, Serialize};

/// Samples that are compared; each takes 16 bytes.
const COMPARED: usize = 10_000_000;

/// Samples that occur more than once: all inputs are the same, to the bit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duplicates {
    /// Samples that repeat an earlier one.
    pub copies: u64,
    /// Different samples that are repeated.
    pub repeated: u64,
    /// Of these, how many come with different targets.
    pub conflicting: u64,
    /// Samples that were compared: the first ten million.
    pub compared: u64,
}

/// Compares samples by a hash of 64 bits: among ten million, two different ones look the same with a probability of 3 in a million.
#[derive(Debug, Default)]
pub struct Finder {
    seen: Vec<(u64, u64)>,
}

impl Finder {
    /// Adds a sample by the hashes of its inputs and of its target.
    pub fn add(&mut self, inputs: u64, target: u64) {
        if self.seen.len() < COMPARED {
            self.seen.push((inputs, target));
        }
    }

    /// What was found.
    pub fn found(mut self) -> Duplicates {
        self.seen.sort_unstable();
        let mut found = Duplicates {
            compared: self.seen.len() as u64,
            ..Duplicates::default()
        };
        for group in self.seen.chunk_by(|a, b| a.0 == b.0) {
            if let [first, rest @ ..] = group
                && !rest.is_empty()
            {
                found.copies += rest.len() as u64;
                found.repeated += 1;
                found.conflicting += u64::from(rest.iter().any(|sample| sample.1 != first.1));
            }
        }
        found
    }
}
