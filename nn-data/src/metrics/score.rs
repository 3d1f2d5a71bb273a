//! The numbers that a network ranks samples by.

use super::{blocks, same_length};
use crate::error::{Error, Result};

/// A score of a sample: f32 or f64. Higher means more likely positive.
pub trait Score: Copy + Send + Sync + private::Sealed {
    /// The distance from 1 to the next number: probabilities are clipped to it before a logarithm.
    const EPSILON: f64;

    /// The same number as f64.
    fn wide(self) -> f64;
}

impl Score for f32 {
    const EPSILON: f64 = f32::EPSILON as f64;

    fn wide(self) -> f64 {
        self.into()
    }
}

impl Score for f64 {
    const EPSILON: f64 = f64::EPSILON;

    fn wide(self) -> f64 {
        self
    }
}

mod private {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// Checks that there is a score for each sample, at least one, and each a number.
pub(super) fn check_finite<S: Score>(
    what: &'static str,
    truth: &[bool],
    scores: &[S],
) -> Result<()> {
    check_each(what, truth, scores, "a finite number", |score| {
        score.is_finite()
    })
}

/// Checks that there is a probability for each sample, at least one, and each from 0 to 1.
pub(super) fn check_probabilities<S: Score>(
    what: &'static str,
    truth: &[bool],
    scores: &[S],
) -> Result<()> {
    check_each(what, truth, scores, "a probability from 0 to 1", |score| {
        (0.0..=1.0).contains(&score)
    })
}

fn check_each<S: Score>(
    what: &'static str,
    truth: &[bool],
    scores: &[S],
    wanted: &str,
    fits: impl Fn(f64) -> bool + Sync,
) -> Result<()> {
    same_length(what, truth.len(), scores.len())?;
    super::not_empty(what, truth.len())?;
    let all_fit = |range: std::ops::Range<usize>| {
        let misfits = scores[range.clone()].iter().map(|s| !fits(s.wide()));
        // Counted without a branch, which looks at many at once.
        match misfits.fold(0u32, |count, misfit| count + u32::from(misfit)) {
            0 => None,
            _ => range.into_iter().find(|&i| !fits(scores[i].wide())),
        }
    };
    match blocks::each(scores.len(), all_fit)
        .into_iter()
        .flatten()
        .next()
    {
        None => Ok(()),
        Some(sample) => Err(Error::argument(
            what,
            format!(
                "sample {sample} has the score {}, which is not {wanted}",
                scores[sample].wide()
            ),
        )),
    }
}
