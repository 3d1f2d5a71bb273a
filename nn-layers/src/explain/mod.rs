//! Looking into a network: what its layers make of an input, and which parts of the input its answer depends on.
//!
//! | question | answer |
//! |---|---|
//! | what does each layer see? | [`trace`] |
//! | which pixels would change the answer if they changed a little? | [`input_gradient`], [`smooth_gradient`], [`saliency`] |
//! | where is that which speaks for a class? | [`grad_cam`] |

mod grad_cam;
mod saliency;

use nn_core::{Context, Result, Tensor};

use crate::{Layer, LayerKind, Sequential};

pub use grad_cam::{GradCam, grad_cam};
pub use saliency::{SmoothGrad, input_gradient, saliency, smooth_gradient};

/// A layer at work.
#[derive(Debug)]
pub struct Step<'a> {
    /// The layer's full name, such as `encoder.2`.
    pub name: String,
    /// The layer.
    pub layer: &'a dyn Layer,
    /// What it made of its input.
    pub output: Tensor,
}

/// The layers of a network in a row, those of nested rows in their place, under their full names.
pub fn layers(network: &Sequential) -> Vec<(String, &dyn Layer)> {
    fn collect<'a>(prefix: &str, row: &'a Sequential, all: &mut Vec<(String, &'a dyn Layer)>) {
        for (name, layer) in row.iter() {
            let name = format!("{prefix}{name}");
            match layer.as_sequential() {
                Some(inner) => collect(&format!("{name}."), inner, all),
                None => all.push((name, layer)),
            }
        }
    }
    let mut all = Vec::new();
    collect("", network, &mut all);
    all
}

/// The output of every layer for the input `x`, whose first axis is that of the batch.
///
/// Each layer runs by itself: nothing is fused, so that the output before an activation can be seen too.
///
/// ```
/// use nn_core::{Activation, DType, Tensor};
/// use nn_layers::{explain, models};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let network = models::mlp(&[64, 16, 10], Activation::Relu, 1)?;
/// let steps = explain::trace(&network, &Tensor::ones([1, 64], DType::F32)?)?;
/// let shapes: Vec<_> = steps.iter().map(|step| step.output.dims().to_vec()).collect();
/// assert_eq!(shapes, [[1, 16], [1, 16], [1, 10]]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`nn_core::Error::Layer`] names the layer that the input does not fit.
pub fn trace<'a>(network: &'a Sequential, x: &Tensor) -> Result<Vec<Step<'a>>> {
    let mut steps: Vec<Step<'a>> = Vec::new();
    for (name, layer) in layers(network) {
        let input = steps.last().map_or(x, |step| &step.output);
        let output = run(&[(name.clone(), layer)], input, &mut Context::evaluate())?;
        steps.push(Step {
            name,
            layer,
            output,
        });
    }
    Ok(steps)
}

/// What is explained: a number that the network gives.
///
/// Where a network ends in a softmax, it is the number before it: probabilities change little once the network is sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// The output of this place.
    Output(usize),
    /// Minus the output of this place: the first of two classes, where one output speaks for the second.
    Minus(usize),
}

impl Score {
    /// The gradient of the score's sum over the batch with respect to outputs like these.
    fn gradient(self, outputs: &Tensor) -> Result<Tensor> {
        let (place, sign) = match self {
            Score::Output(place) => (place, 1.0),
            Score::Minus(place) => (place, -1.0),
        };
        let count = match *outputs.dims() {
            [_, count] => count,
            _ => 0,
        };
        if place >= count {
            return Err(nn_core::Error::index(
                "explain",
                format!(
                    "there is no output {place} in an output of shape {}",
                    outputs.shape()
                ),
            ));
        }
        let one = Tensor::full([outputs.dims()[0], 1], sign, outputs.dtype())?;
        let zeros = |count| Tensor::zeros([outputs.dims()[0], count], outputs.dtype());
        Tensor::concat(&[&zeros(place)?, &one, &zeros(count - place - 1)?], 1)
    }
}

/// The layers up to the numbers that are explained.
fn scoring(network: &Sequential) -> Vec<(String, &dyn Layer)> {
    let mut all = layers(network);
    let softmax = |layer: &dyn Layer| {
        let kind = layer.spec().map(|spec| spec.kind);
        matches!(kind, Some(LayerKind::Softmax(_) | LayerKind::LogSoftmax(_)))
    };
    while all.pop_if(|(_, layer)| softmax(*layer)).is_some() {}
    all
}

/// Passes `x` through layers one by one.
fn run(layers: &[(String, &dyn Layer)], x: &Tensor, cx: &mut Context) -> Result<Tensor> {
    layers.iter().try_fold(x.clone(), |x, (name, layer)| {
        layer
            .forward(&x, cx)
            .map_err(|e| e.in_layer(name, layer.describe()))
    })
}

/// The gradient of the score with respect to the input of `layers`.
fn gradient(layers: &[(String, &dyn Layer)], x: &Tensor, score: Score) -> Result<Tensor> {
    let mut cx = Context::with_tape(nn_core::Mode::Evaluate, 0, 0);
    let Some(tape) = cx.tape().cloned() else {
        return Err(nn_core::Error::autograd("this pass has no tape"));
    };
    let x = tape.watch(x);
    let outputs = run(layers, &x, &mut cx)?;
    let seed = score.gradient(&outputs)?;
    if !outputs.is_recorded() {
        return x.zeros_like();
    }
    let gradients = tape.backward_from(&outputs, seed)?;
    gradients
        .get(&x)
        .map_or_else(|| x.zeros_like(), |g| Ok(g.clone()))
}

#[cfg(test)]
mod tests;
