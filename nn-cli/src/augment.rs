//! From `[augment]` to what changes training pictures.

use nn_data::dataset::TargetKind;
use nn_data::transform::augment::{Augment, Augmenter};
use nn_data::{Dataset, Subset};
use nn_layers::Loss;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::recipe::Recipe;

/// How many training pictures tell what value white has.
const SAMPLES: usize = 32;

/// The steps of a recipe made ready for its training part; nothing where there are none.
///
/// # Errors
/// If they do not fit the samples or the loss.
pub fn augmenter(recipe: &Recipe, train: &Subset) -> Result<Option<Augmenter>> {
    if recipe.augment.is_empty() {
        return Ok(None);
    }
    let steps = recipe.augment.steps.clone();
    check_loss(recipe, train.target_kind())
        .and_then(|()| ready(steps, train, recipe.seed))
        .map(Some)
        .map_err(|e| {
            let problem = e.to_string();
            let problem = problem.strip_prefix("augment: ").unwrap_or(&problem);
            Error::input(format!("{}: [augment] {problem}", recipe.file.display()))
        })
}

/// The steps made ready for pictures like these.
///
/// # Errors
/// If they do not fit.
pub fn ready(steps: Vec<Augment>, pictures: &dyn Dataset, seed: u64) -> Result<Augmenter> {
    let changes_values = !steps.iter().all(only_moves);
    let augmenter = Augmenter::new(steps, pictures.input_shape(), seed)?;
    match white(pictures)? {
        Some(white) => Ok(augmenter.white(white)?),
        None if changes_values => Err(Error::input(
            "it changes pixels from 0 to 255 or from 0 to 1, but the samples have other values; scale them in [preprocess], not before",
        )),
        None => Ok(augmenter),
    }
}

/// Whether a step is the same whatever value white has.
fn only_moves(step: &Augment) -> bool {
    matches!(step, Augment::Flip(_) | Augment::VerticalFlip(_)) || step.mixes()
}

/// The value of white: 255, or 1 where no pixel is brighter than that; nothing where values are no pixels.
///
/// # Errors
/// If a sample cannot be read.
pub fn white(pictures: &dyn Dataset) -> Result<Option<f32>> {
    let indices: Vec<usize> = (0..pictures.len().min(SAMPLES)).collect();
    let values = pictures.batch(&indices)?.inputs.to_vec::<f32>()?;
    let (low, high) = values.iter().fold((0.0_f32, 0.0_f32), |(low, high), &v| {
        (low.min(v), high.max(v))
    });
    Ok(match (low < 0.0, high) {
        (true, _) => None,
        (false, high) if high <= 1.0 => Some(1.0),
        (false, high) if high <= 255.0 => Some(255.0),
        _ => None,
    })
}

/// Whether the loss takes targets that are mixed.
fn check_loss(recipe: &Recipe, target: &TargetKind) -> Result<()> {
    let mixing = recipe.augment.steps.iter().find(|step| step.mixes());
    match (mixing, target, &recipe.loss) {
        (None, _, _)
        | (_, TargetKind::Regression { .. }, _)
        | (_, TargetKind::Classes { .. }, Loss::CrossEntropy(_)) => Ok(()),
        (Some(step), _, loss) => Err(Error::input(format!(
            "{} mixes classes, which the loss {} does not take; use cross_entropy, or take the step out",
            step.name(),
            loss.name()
        ))),
    }
}

/// A step in words, as short as a recipe may put it.
pub fn words(step: &Augment) -> String {
    let name = step.name();
    let key = Augment::main_key(name).unwrap_or_default();
    let value = serde_json::to_value(step).ok();
    let value = value.as_ref().and_then(|value| value.get(key));
    match value.map(short) {
        // How often a step is made is worth a word only where it is the main thing about it.
        Some(value) if key != "p" && !value.is_empty() => format!("{name} {value}"),
        _ => name.to_string(),
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::Number(number) => number.as_f64().map_or(String::new(), |n| n.to_string()),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(short).collect();
            items.join("…")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::step;

    #[test]
    fn steps_are_put_in_words() {
        for text in [
            "flip",
            "crop 4",
            "rotate 15",
            "hue 0.1",
            "mixup 0.2",
            "cutout 8",
        ] {
            assert_eq!(words(&step(text).expect("a step")), text);
        }
        assert_eq!(words(&step("flip 0.3").expect("a step")), "flip");
        assert_eq!(
            words(&step("resized_crop").expect("a step")),
            "resized_crop 0.08…1"
        );
        assert!(step("rotat 15").is_err() && step("").is_err());
    }
}
