//! Errors over the number of training samples, and over the values of a recipe's key.

use std::path::Path;

use nn_data::diagnose::{Estimate, LearningCurve, ValidationCurve, curve_sizes, nested_subsets};
use nn_data::{Dataset, Subset};

use super::judged::{Judged, Unit};
use super::subject::Subject;
use crate::commands::train::fit::fit;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::picture;
use crate::recipe::{self, Overrides, Recipe};
use crate::samples::{self, Parts};
use crate::view::figure::{Axes, Dimension, Figure, Look, Mark, Plot, Scale, Tone, side_by_side};

/// Points of a learning curve, each with twice the samples of the one before it.
const SIZES: usize = 6;
/// The smallest training part that is tried, and the fewest samples for each class.
const LEAST: usize = 10;

/// A setting to vary: `train.l2=0,0.01,0.1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Varied {
    pub key: String,
    pub values: Vec<String>,
}

impl Varied {
    /// Reads `KEY=v1,v2,…`; commas within brackets, braces and quotes belong to a value.
    ///
    /// # Errors
    /// If there is no key, or fewer than two values.
    pub fn parse(text: &str) -> Result<Varied, String> {
        let wrong = || format!("{text}: give a key and its values, as in train.l2=0,0.001,0.01");
        let (key, list) = text.split_once('=').ok_or_else(wrong)?;
        let mut values = vec![String::new()];
        let (mut depth, mut quote) = (0_i32, None);
        for c in list.chars() {
            match (quote, c) {
                (Some(open), _) if open == c => quote = None,
                (None, '"' | '\'') => quote = Some(c),
                (None, '[' | '{') => depth += 1,
                (None, ']' | '}') => depth -= 1,
                (None, ',') if depth == 0 => {
                    values.push(String::new());
                    continue;
                }
                _ => {}
            }
            if let Some(value) = values.last_mut() {
                value.push(c);
            }
        }
        let values: Vec<String> = values
            .iter()
            .map(|value| value.trim().to_string())
            .collect();
        if key.trim().is_empty() || values.len() < 2 || values.iter().any(String::is_empty) {
            return Err(wrong());
        }
        Ok(Varied {
            key: key.trim().to_string(),
            values,
        })
    }
}

fn errors_of(model: &Model, parts: &Parts, unit: &Unit) -> Result<(Estimate, Estimate)> {
    let Some(validation) = &parts.validation else {
        return Err(Error::input(
            "there is no validation part to judge by; set [data] validation = 0.1",
        ));
    };
    let train = Judged::of_training(model, &parts.train, unit)?;
    Ok((train.error, Judged::of(model, validation, unit)?.error))
}

/// Trains on ever larger parts of the training samples; `said` is told of each size.
///
/// # Errors
/// If there are too few samples, or training fails.
pub fn learning(subject: &Subject, unit: &Unit, said: impl Fn(usize)) -> Result<LearningCurve> {
    let train = &subject.parts.train;
    let labels = train.class_labels()?;
    let least = LEAST.max(2 * labels.as_ref().map_or(0, |_| train.target_kind().outputs()));
    let sizes = curve_sizes(train.len(), SIZES, least);
    if sizes.len() < 2 {
        return Err(Error::input(format!(
            "{}: {} training samples are too few for a learning curve; at least {} are needed",
            train.name(),
            train.len(),
            2 * least
        )));
    }
    let subsets = nested_subsets(train.len(), labels.as_deref(), &sizes, subject.recipe.seed)?;
    LearningCurve::measure(&subsets, |subset| {
        said(subset.len());
        // All samples: that network is there already.
        if subset.len() == train.len() {
            return errors_of(&subject.model, &subject.parts, unit);
        }
        let chosen = subset.iter().map(|&at| train.indices()[at]).collect();
        let parts = Parts {
            train: Subset::new(train.dataset().clone(), chosen)?,
            ..subject.parts.clone()
        };
        let trained = fit(subject.recipe.clone(), parts)?;
        errors_of(&trained.model, &trained.parts, unit)
    })
}

/// Trains with each value of a key; `said` is told of each.
///
/// # Errors
/// If the key or a value is not right, or training fails.
pub fn validation(
    subject: &Subject,
    unit: &Unit,
    varied: &Varied,
    said: impl Fn(&str),
) -> Result<ValidationCurve> {
    let with = |value: &str| -> Result<Recipe> {
        let mut set = subject.overrides.set.clone();
        set.push(format!("{}={value}", varied.key));
        let overrides = Overrides {
            set,
            ..subject.overrides.clone()
        };
        Ok(recipe::load(Some(&subject.source), &overrides)?)
    };
    // A wrong value shows before the first training.
    let recipes: Vec<Recipe> = (varied.values.iter())
        .map(|value| with(value))
        .collect::<Result<_>>()?;
    let mut recipes = recipes.into_iter();
    ValidationCurve::measure(&varied.key, &varied.values, |value| {
        said(value);
        let recipe = recipes.next().map_or_else(|| with(value), Ok)?;
        let parts = if recipe.data == subject.recipe.data && recipe.seed == subject.recipe.seed {
            subject.parts.clone()
        } else {
            let source = samples::open(&recipe.data, recipe::is_regression(&recipe.loss))?;
            samples::divide(source, &recipe)?
        };
        let trained = fit(recipe, parts)?;
        errors_of(&trained.model, &trained.parts, unit)
    })
}

/// Draws training and validation error over `x`.
///
/// # Errors
/// If the picture cannot be written.
pub fn draw_errors(
    path: &Path,
    title: &str,
    x_label: &str,
    points: &[(f64, Estimate, Estimate)],
) -> Result<()> {
    let curve = |name: &str, tone, of: &dyn Fn(&(f64, Estimate, Estimate)) -> Estimate| {
        let at = |point| (point, of(point));
        let all = || points.iter().map(at);
        [
            Mark::Band {
                tone,
                points: all().map(|(p, e)| (p.0, e.low, e.high)).collect(),
            },
            Mark::Line {
                name: name.into(),
                tone,
                points: all().map(|(p, e)| (p.0, e.value)).collect(),
                look: Look::Plain,
            },
        ]
    };
    let training = curve("training", Tone::First, &|point| point.1);
    let validation = curve("validation", Tone::Second, &|point| point.2);
    let axes = Axes {
        x: Dimension {
            label: x_label.into(),
            scale: Scale::Auto,
            range: None,
        },
        y: Dimension {
            label: "error".into(),
            scale: Scale::Percent,
            range: None,
        },
        marks: training.into_iter().chain(validation).collect(),
    };
    let figure = Figure {
        name: "error".into(),
        title: "Error".into(),
        about: String::new(),
        plot: Plot::Axes(axes),
    };
    picture::save(path, &side_by_side(title, "", &[figure]).into())
}

#[cfg(test)]
mod tests {
    use super::Varied;

    #[test]
    fn values_are_told_apart() {
        let varied = Varied::parse("train.l2=0, 1e-3,0.1").expect("read");
        assert_eq!((varied.key.as_str(), varied.values.len()), ("train.l2", 3));
        assert_eq!(varied.values[1], "1e-3");
        let layers = r#"network.layers=["linear 2"],["linear 8", "relu", "linear 2"]"#;
        assert_eq!(
            Varied::parse(layers).expect("read").values[1],
            r#"["linear 8", "relu", "linear 2"]"#
        );
        for wrong in ["train.l2", "train.l2=1", "=1,2", "a=1,,2", "a="] {
            assert!(Varied::parse(wrong).is_err(), "{wrong}");
        }
    }
}
