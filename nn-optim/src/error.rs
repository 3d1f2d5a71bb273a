//! The one error type of this crate.

/// What can go wrong, with `E` open so that callers can reuse the alias.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of code that the training loop calls but does not know: a data source, a loss closure, a
/// callback. The `?` operator turns any error into it.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Everything that can go wrong in `nn-optim`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A tensor operation failed.
    #[error(transparent)]
    Core(#[from] nn_core::Error),
    /// A setting is outside its domain, or is missing.
    #[error("{what}: {problem}")]
    Config {
        /// The optimizer, schedule or rule.
        what: &'static str,
        /// Which setting, what it is, and its domain.
        problem: String,
    },
    /// A gradient or a saved state does not fit the parameter it is meant for.
    #[error("parameter {name}: {problem}")]
    Parameter {
        /// The parameter's name.
        name: String,
        /// What differs.
        problem: String,
    },
    /// A saved state cannot be continued with this optimizer, schedule or trainer.
    #[error("cannot resume: {problem}")]
    State {
        /// What differs.
        problem: String,
    },
    /// The source of batches failed.
    #[error("epoch {epoch}, batch {batch}: reading the batch failed: {source}")]
    Batch {
        /// The epoch, counted from 0.
        epoch: u64,
        /// The batch within the epoch, counted from 0.
        batch: u64,
        /// What the source of batches said.
        source: BoxError,
    },
    /// The loss closure failed.
    #[error("epoch {epoch}, step {step}: {source}")]
    Step {
        /// The epoch, counted from 0.
        epoch: u64,
        /// The step since the start of training, counted from 0.
        step: u64,
        /// What the closure said.
        source: BoxError,
    },
    /// The validation closure failed.
    #[error("validation after epoch {epoch}: {source}")]
    Validation {
        /// The epoch, counted from 0.
        epoch: u64,
        /// What the closure said.
        source: BoxError,
    },
    /// A callback failed.
    #[error("epoch {epoch}, step {step}: a callback failed: {source}")]
    Callback {
        /// The epoch, counted from 0.
        epoch: u64,
        /// The steps done since the start of training.
        step: u64,
        /// What the callback said.
        source: BoxError,
    },
    /// A loss or gradient became NaN or infinite. The weights are those from before the step.
    #[error("step {step} (epoch {epoch}): {what}; {place}. {advice}")]
    Diverged {
        /// The epoch, counted from 0.
        epoch: u64,
        /// The step since the start of training, counted from 0.
        step: u64,
        /// Which number is not finite.
        what: String,
        /// Where that was seen first: a layer, a parameter, a gradient, or the loss itself.
        place: String,
        /// Likely causes, the likeliest first, and what to try.
        advice: String,
    },
}

impl Error {
    pub(crate) fn config(what: &'static str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Error::Config { what, problem }
    }

    pub(crate) fn state(problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Error::State { problem }
    }

    pub(crate) fn parameter(name: impl Into<String>, problem: impl Into<String>) -> Self {
        let (name, problem) = (name.into(), problem.into());
        Error::Parameter { name, problem }
    }
}

/// Checks that a setting lies in a domain, which `domain` describes.
pub(crate) fn check(
    what: &'static str,
    setting: &str,
    value: f64,
    valid: bool,
    domain: &str,
) -> Result<()> {
    if valid {
        return Ok(());
    }
    Err(Error::config(
        what,
        format!("{setting} is {value}, it must be {domain}"),
    ))
}

/// Checks that a setting is finite and not negative.
pub(crate) fn check_not_negative(what: &'static str, setting: &str, value: f64) -> Result<()> {
    let valid = value.is_finite() && value >= 0.0;
    check(what, setting, value, valid, "a finite number, not negative")
}

/// Checks that a setting lies in `[0, 1)`.
pub(crate) fn check_fraction(what: &'static str, setting: &str, value: f64) -> Result<()> {
    let valid = (0.0..1.0).contains(&value);
    check(what, setting, value, valid, "in [0, 1)")
}
