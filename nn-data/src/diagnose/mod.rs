//! What is wrong with a trained model, and what to do about it: from numbers alone, whatever made them.
//!
//! | question | answer |
//! |---|---|
//! | too simple, too fitted, or fine? can the numbers be trusted? | [`Verdict`], from [`Estimate`]s of the errors |
//! | does validation see what training has seen? does one column tell all? | [`Leak`], [`leaks`] |

mod estimate;
mod leaks;
mod verdict;

pub use estimate::{Estimate, Gap};
pub use leaks::{Leak, leaks, shared_samples};
pub use verdict::{Action, Advice, Errors, Finding, Verdict};

/// A share as a percentage, with as many places as it needs.
fn percent(share: f64) -> String {
    let value = 100.0 * share;
    match value.abs() {
        size if size == 0.0 || size >= 9.95 => format!("{value:.0} %"),
        size if size >= 0.95 => format!("{value:.1} %"),
        _ => format!("{value:.2} %"),
    }
}

/// A difference of shares.
fn points(difference: f64) -> String {
    percent(difference).replace('%', "points")
}
