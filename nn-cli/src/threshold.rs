//! From which probability on a sample counts as positive, and which of two classes is the positive one.

use nn_data::dataset::TargetKind;
use nn_data::metrics::{RankedScores, Threshold, ThresholdRule};
use nn_data::{Dataset, Subset};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::{Model, shorten};
use crate::opened::{Predictions, Truth};
use crate::recipe::Recipe;

/// A threshold as it is stored with a model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// What it was chosen by.
    pub rule: ThresholdRule,
    /// It, and what came of it on the validation part.
    pub chosen: Threshold,
}

/// Which of two classes is the positive one: as the recipe says, or the rarer in the training part; of equally frequent ones the second.
///
/// # Errors
/// If the recipe names a class that there is not, or there are not two.
pub fn positive(recipe: &Recipe, train: &Subset) -> Result<Option<usize>> {
    let wrong = |problem: String| Error::input(format!("{}: {problem}", recipe.file.display()));
    let names = match train.target_kind() {
        TargetKind::Classes { names } => names,
        _ => &Vec::new(),
    };
    if names.len() != 2 {
        let key = match (&recipe.data.positive, recipe.threshold.by) {
            (Some(_), _) => "[data] positive",
            (_, Some(_)) => "[threshold]",
            _ => return Ok(None),
        };
        let problem = match names.len() {
            0 => "the targets are numbers".to_string(),
            count => format!("the data has {count} classes ({})", shorten(names)),
        };
        return Err(wrong(format!(
            "{key} is for two classes, but {problem}; take it out"
        )));
    }
    match &recipe.data.positive {
        Some(name) => match names.iter().position(|known| known == name) {
            Some(class) => Ok(Some(class)),
            None => Err(wrong(format!(
                "[data] positive: there is no class \"{name}\"; the classes are {}",
                names.join(" and ")
            ))),
        },
        None => {
            let labels = train.class_labels()?.unwrap_or_default();
            let second = labels.iter().filter(|&&label| label == 1).count();
            Ok(Some(usize::from(2 * second <= labels.len())))
        }
    }
}

/// Whether a threshold can be chosen as the recipe asks.
///
/// # Errors
/// If there is nothing to choose it by.
pub fn check(recipe: &Recipe, has_validation: bool, has_probabilities: bool) -> Result<()> {
    let problem = match recipe.threshold.by {
        Some(_) if !has_validation => {
            "is chosen on the validation part, of which there is none; set [data] validation = 0.2"
        }
        Some(_) if !has_probabilities => {
            "needs probabilities, which this loss gives none of; use cross_entropy or focal"
        }
        _ => return Ok(()),
    };
    Err(Error::input(format!(
        "{}: [threshold] {problem}",
        recipe.file.display()
    )))
}

/// Chooses the threshold on the validation part.
///
/// # Errors
/// If no threshold does what is wanted.
pub fn choose(model: &Model, rule: ThresholdRule, validation: &Subset) -> Result<Decision> {
    let (Some(positive), Truth::Classes(labels), predictions) = (
        model.plan.header.positive,
        // The classes alone are cheap to have twice.
        Truth::Classes(validation.class_labels()?.unwrap_or_default()),
        Predictions::of(model, validation)?,
    ) else {
        return Err(Error::input("[threshold] is for two classes"));
    };
    let truth: Vec<bool> = labels
        .iter()
        .map(|&label| label as usize == positive)
        .collect();
    let column = predictions
        .said
        .iter()
        .skip(positive)
        .step_by(predictions.width);
    let scores: Vec<f32> = column.copied().collect();
    let mut chosen = RankedScores::new(&truth, &scores)?.best_threshold(&rule)?;
    if chosen.counts.flagged() == 0 {
        // Above every score as the scores are stored.
        chosen.value = (chosen.value as f32).next_up().into();
    }
    Ok(Decision { rule, chosen })
}
