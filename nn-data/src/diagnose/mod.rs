//! What is wrong with a trained model, and what to do about it: from numbers alone, whatever made them.
//!
//! | question | answer |
//! |---|---|
//! | too simple, too fitted, or fine? can the numbers be trusted? | [`Verdict`], from [`Estimate`]s of the errors |
//! | does validation see what training has seen? does one column tell all? | [`Leak`], [`leaks`] |
//! | would more data help? | [`LearningCurve`], over [`nested_subsets`] |
//! | how much regularisation, how large a network? | [`ValidationCurve`] |
//! | which samples go wrong, and what have they in common? | [`ErrorAnalysis`], [`slices`] |
//! | which labels may be wrong? | [`label_noise`] |
//! | on which inputs does the model depend? | [`permutation_importance`] |

mod advice;
mod errors;
mod estimate;
mod importance;
mod label_noise;
mod leaks;
mod learning_curve;
mod power_law;
mod slices;
mod statistics;
mod validation_curve;
mod verdict;

pub use advice::{Action, Advice, Finding};
pub use errors::{Band, ErrorAnalysis, Mistake, Pair};
pub use estimate::{Estimate, Gap};
pub use importance::{Importance, Shuffling, permutation_importance};
pub use label_noise::{LabelNoise, Suspect, label_noise};
pub use leaks::{Leak, leaks};
pub use learning_curve::{CurvePoint, LearningCurve, curve_sizes, nested_subsets};
pub use power_law::{PowerLaw, Projection};
pub use slices::{Column, Slice, slices};
pub use validation_curve::{Fit, ValidationCurve, ValuePoint};
pub use verdict::{Errors, Verdict};

/// A share as a percentage, with as many places as it needs.
fn percent(share: f64) -> String {
    // There is no minus before nothing.
    let value = 100.0 * share + 0.0;
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
