//! What a recipe does about rare classes: weights for the loss, and the samples that are learnt from.

use std::sync::Arc;

use nn_data::balance::{
    Smote, WeightedSampler, balanced_weights, oversample, sample_weights, undersample,
};
use nn_data::dataset::{ColumnKind, CsvSchema};
use nn_data::{Dataset, Subset};
use nn_layers::Loss;

use crate::error::{Error, Result};
use crate::recipe::{Balance, Method, Recipe};
use crate::samples::Parts;
use crate::view::number::{grouped, short};

/// A problem of this recipe's section.
fn wrong(recipe: &Recipe, problem: impl std::fmt::Display) -> Error {
    Error::input(format!("{}: [balance] {problem}", recipe.file.display()))
}

/// Labels and class names of what is learnt from.
fn classes(recipe: &Recipe, train: &Subset) -> Result<(Vec<u32>, Vec<String>)> {
    match (train.class_labels()?, train.target_kind().class_names()) {
        (Some(labels), Some(names)) => Ok((labels, names.to_vec())),
        _ => Err(wrong(
            recipe,
            "the targets are numbers, and only classes can be rare; take the section out",
        )),
    }
}

fn explicit<'a>(recipe: &'a Recipe, names: &[String]) -> Result<Option<&'a [f64]>> {
    match &recipe.balance.weights {
        Some(weights) if weights.len() != names.len() => Err(wrong(
            recipe,
            format!(
                "there are {} weights for {} classes",
                weights.len(),
                names.len()
            ),
        )),
        weights => Ok(weights.as_deref()),
    }
}

/// The loss with the weights that the recipe asks for.
///
/// # Errors
/// If the loss takes no such weights or has some already, or they do not fit the data.
pub fn weighted_loss(recipe: &Recipe, train: &Subset) -> Result<Loss> {
    let mut loss = recipe.loss.clone();
    if recipe.balance.method != Some(Method::ClassWeights) {
        return Ok(loss);
    }
    let (labels, names) = classes(recipe, train)?;
    let weights = match explicit(recipe, &names)? {
        Some(weights) => weights.to_vec(),
        None => balanced_weights(&labels, names.len()).map_err(|e| wrong(recipe, e))?,
    };
    let slot = match &mut loss {
        Loss::CrossEntropy(loss) => &mut loss.class_weights,
        Loss::Nll(loss) => &mut loss.class_weights,
        Loss::Focal(loss) => &mut loss.class_weights,
        Loss::BinaryCrossEntropy(loss) => &mut loss.pos_weight,
        Loss::BinaryFocal(loss) if loss.alpha.is_none() && weights.len() == 2 => {
            loss.alpha = Some(weights[1] / (weights[0] + weights[1]));
            return Ok(Loss::BinaryFocal(loss.clone()));
        }
        other => {
            let problem = format!(
                "class_weights: the loss {} takes none; use cross_entropy, binary_cross_entropy or focal, or another method",
                other.name()
            );
            return Err(wrong(recipe, problem));
        }
    };
    if slot.is_some() {
        return Err(wrong(
            recipe,
            "class_weights: [loss] has weights of its own; take one of them out",
        ));
    }
    *slot = Some(match recipe.loss {
        // The only output is that of class 1, whose weight counts against 1 for class 0.
        Loss::BinaryCrossEntropy(_) if weights.len() == 2 && weights[0] > 0.0 => {
            vec![weights[1] / weights[0]]
        }
        _ => weights,
    });
    Ok(loss)
}

/// The samples to learn from: the training part, or what the recipe makes of it.
///
/// # Errors
/// If the method does not fit the data: a class without samples, columns of categories for SMOTE.
pub fn learnt_from(recipe: &Recipe, parts: &Parts) -> Result<Subset> {
    let (balance, train) = (&recipe.balance, &parts.train);
    let ratio = balance.ratio.unwrap_or(1.0);
    let drawn = match balance.method {
        None | Some(Method::ClassWeights | Method::WeightedSampler) => return Ok(train.clone()),
        Some(Method::Smote) => return smote(recipe, parts, ratio),
        Some(Method::Oversample) => oversample,
        Some(Method::Undersample) => undersample,
    };
    let (labels, names) = classes(recipe, train)?;
    let drawn = drawn(&labels, names.len(), ratio, recipe.seed).map_err(|e| wrong(recipe, e))?;
    let indices = drawn.into_iter().map(|i| train.indices()[i]).collect();
    Ok(Subset::new(train.dataset().clone(), indices)?)
}

fn smote(recipe: &Recipe, parts: &Parts, ratio: f64) -> Result<Subset> {
    classes(recipe, &parts.train)?;
    if let Some(name) = parts.schema.as_ref().and_then(category) {
        let problem = format!(
            "smote: column \"{name}\" holds categories, between which there is nothing to draw; use oversample or class_weights"
        );
        return Err(wrong(recipe, problem));
    }
    let smote = Smote {
        neighbours: recipe
            .balance
            .neighbours
            .unwrap_or(Smote::default().neighbours),
        ratio,
        seed: recipe.seed,
    };
    let made = smote.apply(&parts.train).map_err(|e| wrong(recipe, e))?;
    let all = (0..made.len()).collect();
    Ok(Subset::new(Arc::new(made), all)?)
}

/// The first column of categories.
fn category(schema: &CsvSchema) -> Option<String> {
    let mut inputs = schema.inputs.iter();
    let column = inputs.find(|column| column.kind != ColumnKind::Number)?;
    Some(
        column
            .name
            .clone()
            .unwrap_or_else(|| column.position.to_string()),
    )
}

/// What draws the samples of an epoch, if not every sample comes once.
///
/// # Errors
/// If the weights do not fit the data.
pub fn sampler(recipe: &Recipe, train: &Subset) -> Result<Option<WeightedSampler>> {
    if recipe.balance.method != Some(Method::WeightedSampler) {
        return Ok(None);
    }
    let (labels, names) = classes(recipe, train)?;
    let weights = sample_weights(&labels, names.len(), explicit(recipe, &names)?)
        .map_err(|e| wrong(recipe, e))?;
    let sampler =
        WeightedSampler::new(&weights, labels.len(), true).map_err(|e| wrong(recipe, e))?;
    Ok(Some(sampler))
}

/// What is balanced, in words: `loss` is the one with its weights, `learnt` what is learnt from.
///
/// # Errors
/// If a sample cannot be read.
pub fn words(
    balance: &Balance,
    loss: &Loss,
    train: &Subset,
    learnt: &Subset,
) -> Result<Option<String>> {
    let Some(method) = balance.method else {
        return Ok(None);
    };
    let list = |values: &[f64]| {
        values
            .iter()
            .map(|&v| short(v))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let counts = |part: &Subset| -> Result<String> {
        let names = part
            .target_kind()
            .class_names()
            .unwrap_or_default()
            .to_vec();
        let mut counts = vec![0u64; names.len()];
        for label in part.class_labels()?.unwrap_or_default() {
            counts[label as usize] += 1;
        }
        let shown = names.iter().zip(counts).take(8);
        let shown: Vec<String> = shown
            .map(|(name, n)| format!("{} {name}", grouped(n)))
            .collect();
        Ok(shown.join(", "))
    };
    Ok(Some(match method {
        Method::ClassWeights => match loss {
            Loss::CrossEntropy(l) => format!(
                "class weights {}",
                list(l.class_weights.as_deref().unwrap_or_default())
            ),
            Loss::Nll(l) => format!(
                "class weights {}",
                list(l.class_weights.as_deref().unwrap_or_default())
            ),
            Loss::Focal(l) => format!(
                "class weights {}",
                list(l.class_weights.as_deref().unwrap_or_default())
            ),
            Loss::BinaryCrossEntropy(l) => format!(
                "a yes weighs {}",
                list(l.pos_weight.as_deref().unwrap_or_default())
            ),
            Loss::BinaryFocal(l) => format!("alpha {}", l.alpha.map_or("none".into(), short)),
            _ => "class weights".into(),
        },
        Method::Oversample => format!("{}, drawn again from {}", counts(learnt)?, counts(train)?),
        Method::Undersample => format!("{}, a part of {}", counts(learnt)?, counts(train)?),
        Method::Smote => format!("{}, by SMOTE from {}", counts(learnt)?, counts(train)?),
        Method::WeightedSampler => format!("drawn by weight from {}", counts(train)?),
    }))
}
