//! One step: from a batch to its loss; and the judgement after an epoch.

use nn_core::{Context, Tensor};
use nn_data::transform::{Pipeline, Transform};
use nn_data::{Batch, Subset};
use nn_layers::{Layer, Loss, Sequential};
use nn_optim::train::Validation;
use nn_optim::{BoxError, StepOutput};

use super::check::is_binary;
use crate::error::Result;
use crate::evaluate::{Scores, evaluate, largest};
use crate::model::Plan;
use crate::recipe;

/// The loss of a batch, and how many samples were told right.
pub fn step(
    network: &Sequential,
    batch: &Batch,
    cx: &mut Context,
    loss: &Loss,
    scale: &Pipeline,
) -> Result<StepOutput, BoxError> {
    let outputs = network.forward(&batch.inputs, cx)?;
    let output = if scale.is_empty() {
        StepOutput::new(loss.forward(&outputs, &batch.targets)?, batch.len())
    } else {
        StepOutput::new(
            loss.forward(&outputs, &scale.transform(&batch.targets)?)?,
            batch.len(),
        )
    };
    if recipe::is_regression(loss) {
        return Ok(output);
    }
    Ok(output.correct(count_right(&outputs, &batch.targets, loss)?))
}

fn count_right(outputs: &Tensor, targets: &Tensor, loss: &Loss) -> Result<usize> {
    let outputs = outputs.detach().contiguous()?;
    let values = outputs.as_slice::<f32>()?;
    let classes = outputs.dims().last().copied().unwrap_or(1).max(1);
    let lines = values.chunks_exact(classes);
    if targets.dtype().is_float() {
        // Mixed samples: right is what most of the sample is.
        let shares = targets.as_slice::<f32>()?.chunks_exact(classes);
        return Ok(lines
            .zip(shares)
            .filter(|&(line, shares)| largest(line) == largest(shares))
            .count());
    }
    let labels = targets.as_slice::<u32>()?;
    if is_binary(loss) {
        return Ok(values
            .iter()
            .zip(labels)
            .filter(|&(&value, &label)| u32::from(value > 0.0) == label)
            .count());
    }
    Ok(lines
        .zip(labels)
        .filter(|&(line, &label)| largest(line) == label as usize)
        .count())
}

/// Loss and accuracy on the validation part.
///
/// # Errors
/// If it does not fit the network.
pub fn validate(plan: &Plan, network: &Sequential, data: &Subset) -> Result<Validation> {
    let evaluation = evaluate(plan, network, data, 0)?;
    let mut validation = Validation {
        loss: evaluation.loss,
        accuracy: evaluation.accuracy(),
        samples: evaluation.samples as u64,
        ..Validation::default()
    };
    if let Scores::Values(scores) = evaluation.scores {
        validation.metrics.insert("r2".into(), scores.scores.r2);
    }
    Ok(validation)
}
