//! Error over the value of a setting: where does underfitting end and overfitting begin?

use serde::Serialize;

use super::{Estimate, percent, points};
use crate::error::{Error, Result};

/// The errors of a model trained with one value of a setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValuePoint {
    /// The value, as it was written.
    pub value: String,
    /// On the training part.
    pub train: Estimate,
    /// On the validation part.
    pub validation: Estimate,
}

/// How a value does beside the best one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// The least validation error, or one that lies above it by no more than its standard error.
    Good,
    /// Worse, and the training error is worse, too: it holds the model back.
    Underfit,
    /// Worse, though training is at least as good: it lets the model fit noise.
    Overfit,
}

impl Fit {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Fit::Good => "good",
            Fit::Underfit => "underfits",
            Fit::Overfit => "overfits",
        }
    }
}

/// Errors over the values of a setting, such as λ.
///
/// ```
/// use nn_data::diagnose::{Estimate, Fit, ValidationCurve};
///
/// let curve = ValidationCurve::measure("train.l2", &["0", "0.01", "1"], |value| -> nn_data::Result<_> {
///     let (train, validation) = match value {
///         "0" => (0, 60),
///         "0.01" => (10, 30),
///         _ => (190, 95),
///     };
///     Ok((Estimate::rate(train, 1000)?, Estimate::rate(validation, 500)?))
/// })?;
/// assert_eq!(curve.best().map(|point| point.value.as_str()), Some("0.01"));
/// assert_eq!(curve.fits(), [Fit::Overfit, Fit::Good, Fit::Underfit]);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValidationCurve {
    /// What was varied.
    pub setting: String,
    /// In the order in which the values were given.
    pub points: Vec<ValuePoint>,
}

impl ValidationCurve {
    /// Calls `fit` with each value; it trains with it and gives training and validation error.
    ///
    /// # Errors
    /// Those of `fit`, and if there are no values.
    pub fn measure<E: From<Error>, V: AsRef<str>>(
        setting: &str,
        values: &[V],
        mut fit: impl FnMut(&str) -> Result<(Estimate, Estimate), E>,
    ) -> Result<ValidationCurve, E> {
        if values.is_empty() {
            return Err(Error::argument("validation curve", "there are no values").into());
        }
        let points = values.iter().map(|value| {
            let (train, validation) = fit(value.as_ref())?;
            Ok(ValuePoint {
                value: value.as_ref().to_string(),
                train,
                validation,
            })
        });
        Ok(ValidationCurve {
            setting: setting.to_string(),
            points: points.collect::<Result<_, E>>()?,
        })
    }

    /// The point with the least validation error, the first of equal ones.
    pub fn best(&self) -> Option<&ValuePoint> {
        let least =
            |a: &&ValuePoint, b: &&ValuePoint| a.validation.value.total_cmp(&b.validation.value);
        self.points.iter().min_by(least)
    }

    /// How each value does beside the best one.
    pub fn fits(&self) -> Vec<Fit> {
        let Some(best) = self.best() else {
            return Vec::new();
        };
        let limit = best.validation.value + best.validation.standard_error();
        self.points
            .iter()
            .map(|point| {
                if point.validation.value <= limit {
                    Fit::Good
                } else if point.train.value > best.train.value {
                    Fit::Underfit
                } else {
                    Fit::Overfit
                }
            })
            .collect()
    }

    /// What the curve says, in sentences.
    pub fn sentences(&self) -> Vec<String> {
        let Some(best) = self.best() else {
            return Vec::new();
        };
        let mut sentences = vec![format!(
            "the least validation error is {}, with {} = {}; training error {}",
            percent(best.validation.value),
            self.setting,
            best.value,
            percent(best.train.value)
        )];
        let fits = self.fits();
        let named = |fit: Fit| -> Vec<&str> {
            let with = self.points.iter().zip(&fits).filter(|(_, f)| **f == fit);
            with.map(|(point, _)| point.value.as_str()).collect()
        };
        let equals: Vec<&str> = named(Fit::Good)
            .into_iter()
            .filter(|value| *value != best.value)
            .collect();
        if !equals.is_empty() {
            sentences.push(format!(
                "within its standard error of {}: {}; of these the simplest model is the safest choice",
                points(best.validation.standard_error()),
                equals.join(", ")
            ));
        }
        for fit in [Fit::Underfit, Fit::Overfit] {
            let values = named(fit);
            if !values.is_empty() {
                sentences.push(format!("{}: {}", fit.name(), values.join(", ")));
            }
        }
        let edge =
            |point: Option<&ValuePoint>| point.is_some_and(|point| point.value == best.value);
        if self.points.len() > 1 && (edge(self.points.first()) || edge(self.points.last())) {
            sentences.push("the best value is at the end of those tried: try further ones".into());
        }
        sentences
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_and_ends_are_told() {
        let curve = ValidationCurve::measure(
            "l2",
            &["0", "0.1", "0.2", "1", "10"],
            |value| -> Result<_> {
                let (train, validation) = match value {
                    "0" => (0, 120),
                    "0.1" => (20, 100),
                    "0.2" => (22, 101),
                    "1" => (90, 130),
                    _ => (300, 310),
                };
                Ok((
                    Estimate::rate(train, 1000)?,
                    Estimate::rate(validation, 1000)?,
                ))
            },
        )
        .unwrap();
        use Fit::{Good, Overfit, Underfit};
        assert_eq!(curve.fits(), [Overfit, Good, Good, Underfit, Underfit]);
        let said = curve.sentences().join("\n");
        assert!(
            said.contains("l2 = 0.1")
                && said.contains(": 0.2; of these")
                && said.contains("underfits: 1, 10"),
            "{said}"
        );
        assert!(!said.contains("at the end"), "{said}");
        let one_sided = ValidationCurve {
            points: curve.points[1..].to_vec(),
            ..curve
        };
        assert!(one_sided.sentences().join(" ").contains("at the end"));
        assert!(
            ValidationCurve::measure("l2", &[] as &[&str], |_| -> Result<_> { unreachable!() })
                .is_err()
        );
    }
}
