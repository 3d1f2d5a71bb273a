//! High bias, high variance, both or neither: read from training error, validation error and what is achievable.

mod reasons;

use std::fmt;

use serde::Serialize;

use super::{Action, Advice, Estimate, Finding, Gap, Leak};
use crate::error::{Error, Result};

/// A gap matters from this share of a guess's error on: where somebody stated what is achievable, and where nobody did.
const GAP_STATED: f64 = 0.02;
const GAP_UNSTATED: f64 = 0.05;

/// The errors to judge. All are in one unit: shares of wrong answers (0 to 1), or for numbers the share of the variance that is not
/// explained, 1 − R².
#[derive(Debug, Clone, PartialEq)]
pub struct Errors {
    /// J_train: on what was learnt from, measured without dropout and augmentation.
    pub train: Estimate,
    /// J_cv: on the validation part.
    pub validation: Estimate,
    /// On a test part that nothing was chosen by.
    pub test: Option<Estimate>,
    /// What is achievable, if somebody said so: the error of people, of a competitor, of an earlier system. Otherwise 0.
    pub baseline: Option<f64>,
    /// The error of doing nothing: always the most frequent class, or always the mean (then 1).
    pub guess: f64,
    /// From where on a gap matters; by default 2 % of `guess` with a stated baseline, 5 % without.
    pub target_gap: Option<f64>,
    /// Signs of leakage that were found in the data.
    pub leaks: Vec<Leak>,
    /// Whether the error was still falling when training ended.
    pub still_falling: bool,
}

/// Bias, variance, leakage: whether, why, and what to do.
///
/// The decision is Ng's (*Machine Learning Yearning*, 2018), with the noise of finite samples taken into account:
///
/// - avoidable bias = train − baseline, high if it matters and the baseline lies below the interval of the training error;
/// - variance = validation − train, high if it matters and the interval of the difference (see [`Estimate::above`]) excludes 0;
/// - leakage is suspected where [`leaks`](super::leaks) were found, or validation is better than training by more than noise.
///
/// A gap matters from [`target_gap`](Errors::target_gap) on.
///
/// ```
/// use nn_data::diagnose::{Action, Errors, Estimate, Finding, Verdict};
///
/// // 1 000 training samples, 12 wrong; 200 of validation, 31 wrong; ten classes; people get 1 % wrong.
/// let mut errors = Errors::new(Estimate::rate(12, 1000)?, Estimate::rate(31, 200)?, 0.9);
/// errors.baseline = Some(0.01);
/// let verdict = Verdict::of(&errors)?;
/// assert_eq!(verdict.finding, Finding::HighVariance);
/// assert!(verdict.try_next.iter().any(|advice| advice.action == Action::MoreData));
/// assert!(verdict.would_waste.iter().any(|advice| advice.action == Action::BiggerNetwork));
/// println!("{verdict}");
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// All in one word.
    pub finding: Finding,
    /// Whether the bias is high.
    pub bias: bool,
    /// Whether the variance is high.
    pub variance: bool,
    /// Whether leakage is suspected.
    pub leaking: bool,
    /// Training error above the baseline.
    pub avoidable_bias: f64,
    /// Validation error above the training error.
    pub gap: Gap,
    /// From where on a gap matters.
    pub target_gap: f64,
    /// The reasoning, a sentence for each step.
    pub sentences: Vec<String>,
    /// What is likely to help, the likeliest first.
    pub try_next: Vec<Advice>,
    /// What would cost time and help little.
    pub would_waste: Vec<Advice>,
}

impl Errors {
    /// Training and validation error, and that of a guess; nothing else is known.
    pub fn new(train: Estimate, validation: Estimate, guess: f64) -> Errors {
        Errors {
            train,
            validation,
            test: None,
            baseline: None,
            guess,
            target_gap: None,
            leaks: Vec::new(),
            still_falling: false,
        }
    }

    fn check(&self) -> Result<()> {
        let estimates = [Some(self.train), Some(self.validation), self.test];
        let finite = estimates.iter().flatten().all(|error| {
            [error.value, error.low, error.high]
                .iter()
                .all(|v| v.is_finite())
                && error.low <= error.value
                && error.value <= error.high
        });
        if !finite {
            let problem = "an error is not finite, or lies outside its interval";
            return Err(Error::argument("errors", problem));
        }
        for (what, value) in [("baseline", self.baseline), ("target gap", self.target_gap)] {
            if let Some(value) = value.filter(|value| !(0.0..=1.0).contains(value)) {
                let problem =
                    format!("{value} was given, a share from 0 to 1 is needed (2 % is 0.02)");
                return Err(Error::argument(what, problem));
            }
        }
        if !(self.guess.is_finite() && self.guess >= 0.0) {
            let problem = format!("the error of a guess cannot be {}", self.guess);
            return Err(Error::argument("errors", problem));
        }
        Ok(())
    }
}

impl Verdict {
    /// Judges the errors.
    ///
    /// # Errors
    /// If one is not finite, or the baseline or target gap is not a share from 0 to 1.
    pub fn of(errors: &Errors) -> Result<Verdict> {
        errors.check()?;
        let baseline = errors.baseline.unwrap_or(0.0);
        let share = match errors.baseline {
            Some(_) => GAP_STATED,
            None => GAP_UNSTATED,
        };
        let target_gap = errors.target_gap.unwrap_or(share * errors.guess);
        let avoidable_bias = errors.train.value - baseline;
        let gap = errors.validation.above(&errors.train);
        let bias = avoidable_bias > target_gap && errors.train.low > baseline;
        // What has learnt nothing has nothing to generalise: then a gap is chance, or noise that was learnt by heart.
        let learnt = errors.train.value < errors.guess - target_gap;
        let variance = learnt && gap.value > target_gap && gap.low > 0.0;
        let easier = -gap.value > target_gap && gap.high < 0.0;
        let leaking = easier || !errors.leaks.is_empty();
        let finding = match (leaking, bias, variance) {
            (true, _, _) => Finding::Leaking,
            (_, true, true) => Finding::Both,
            (_, true, false) => Finding::HighBias,
            (_, false, true) => Finding::HighVariance,
            (_, false, false) => Finding::Fine,
        };
        let mut verdict = Verdict {
            finding,
            bias,
            variance,
            leaking,
            avoidable_bias,
            gap,
            target_gap,
            sentences: Vec::new(),
            try_next: Vec::new(),
            would_waste: Vec::new(),
        };
        verdict.reason(errors, baseline, easier);
        verdict.advise(errors);
        Ok(verdict)
    }

    /// Whether so few samples were judged on that a gap that matters may have been missed.
    fn hidden(&self) -> bool {
        !self.variance && !self.leaking && self.gap.high > 2.0 * self.target_gap
    }

    fn advise(&mut self, errors: &Errors) {
        let (mut next, mut waste) = (Vec::new(), Vec::new());
        let advice = |action: Action, why: &str| Advice {
            action,
            why: why.into(),
        };
        if self.leaking {
            next.push(advice(
                Action::MendTheData,
                "take out what should not be there, divide again (copies and all of one person or source into one part), train again",
            ));
            waste.push(advice(
                Action::BiggerNetwork,
                "no change of the model can be judged before the numbers mean something",
            ));
            (self.try_next, self.would_waste) = (next, waste);
            return;
        }
        if self.bias {
            if errors.still_falling {
                next.push(advice(
                    Action::TrainLonger,
                    "the training loss was still falling when training ended",
                ));
            }
            next.push(advice(
                Action::BiggerNetwork,
                "more units or layers can express what the training samples demand",
            ));
            next.push(advice(
                Action::BetterFeatures,
                "inputs that say more: other columns, products of columns, a larger picture",
            ));
            next.push(advice(
                Action::LessRegularisation,
                "weight decay, dropout and strong augmentation hold training back",
            ));
            if !errors.still_falling {
                next.push(advice(
                    Action::TrainLonger,
                    "a learning rate that is too large or too small looks like bias",
                ));
            }
            if errors.baseline.is_none() {
                next.push(advice(
                    Action::StateABaseline,
                    "part of the error may be noise that nobody can remove; what do people get wrong?",
                ));
            }
        }
        if self.variance {
            next.push(advice(
                Action::MoreData,
                if self.bias {
                    "it narrows the gap, but not below the training error: lower that first"
                } else {
                    "the network knows its samples by heart; more of them force it to generalise (a learning curve says how much they bring)"
                },
            ));
            next.push(advice(
                Action::MoreRegularisation,
                "weight decay, dropout, early stopping",
            ));
            next.push(advice(
                Action::Augmentation,
                "changed copies are the cheapest new samples, where the answer stays the same",
            ));
            if !self.bias {
                next.push(advice(Action::SmallerNetwork, "less to fit noise with"));
            }
        }
        match (self.bias, self.variance) {
            (true, false) => {
                waste.push(advice(
                    Action::MoreData,
                    "the error on the samples that are there is already too high; more of them cannot lower it",
                ));
                waste.push(advice(
                    Action::MoreRegularisation,
                    "it raises the training error further",
                ));
            }
            (false, true) => {
                waste.push(advice(
                    Action::BiggerNetwork,
                    "training is mastered already; without regularisation it widens the gap",
                ));
                waste.push(advice(
                    Action::TrainLonger,
                    "it fits the training samples even closer",
                ));
            }
            (true, true) => waste.push(advice(
                Action::SmallerNetwork,
                "it narrows the gap by raising the training error, which is too high already",
            )),
            (false, false) => {
                let unclear = self.gap.value > self.target_gap;
                if self.hidden() {
                    next.push(advice(
                        Action::MoreValidation,
                        "so few samples cannot tell a gap from chance; or use cross-validation",
                    ));
                }
                next.push(advice(
                    Action::ErrorAnalysis,
                    "the mistakes that are left may have one cause: look at them",
                ));
                if !unclear {
                    next.push(advice(
                        Action::UseIt,
                        "judge it once on the test part; if that is good enough, it is done",
                    ));
                }
                waste.push(advice(
                    Action::BiggerNetwork,
                    "there is no gap that it could close",
                ));
            }
        }
        (self.try_next, self.would_waste) = (next, waste);
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.finding.name())?;
        for sentence in &self.sentences {
            writeln!(f, "  - {sentence}")?;
        }
        for (title, list) in [
            ("try next", &self.try_next),
            ("would be wasted", &self.would_waste),
        ] {
            if !list.is_empty() {
                writeln!(f, "{title}")?;
            }
            for advice in list {
                writeln!(f, "  - {}: {}", advice.action.name(), advice.why)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
