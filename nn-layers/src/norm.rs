//! Normalisation layers, one file each.

mod batch;
mod group;
mod instance;
mod layer;
mod local_response;
mod running;

pub use batch::{BatchNorm, BatchNormSpec};
pub use group::{GroupNorm, GroupNormSpec};
pub use instance::{InstanceNorm, InstanceNormSpec};
pub use layer::{LayerNorm, LayerNormSpec, RmsNorm, RmsNormSpec};
pub use local_response::LocalResponseNorm;

use nn_core::{DType, Error, Parameter, Result, Shape, Tensor};

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}

fn is_false(value: &bool) -> bool {
    !*value
}

fn usual_eps() -> f64 {
    1e-5
}

fn is_usual_eps(eps: &f64) -> bool {
    *eps == usual_eps()
}

/// Ones and zeros to scale and shift by, if they are to be learned.
fn affine(
    shape: &Shape,
    dtype: DType,
    affine: bool,
) -> Result<(Option<Parameter>, Option<Parameter>)> {
    if !affine {
        return Ok((None, None));
    }
    Ok((
        Some(Parameter::new(Tensor::ones(shape, dtype)?)),
        Some(Parameter::new(Tensor::zeros(shape, dtype)?)),
    ))
}

/// The number of channels of an input with batch axis.
fn channels_of(layer: &'static str, input: &Shape) -> Result<usize> {
    match input.dims() {
        &[_, channels, ..] if channels > 0 => Ok(channels),
        _ => Err(Error::shape(
            layer,
            format!("input is {input}, it must be [N, C, …] with at least one channel"),
        )),
    }
}

fn expect_channels(layer: &'static str, input: &Shape, channels: usize) -> Result<()> {
    if input.get(1) == Some(&channels) {
        return Ok(());
    }
    let problem = format!("input is {input}, its axis 1 must have {channels} channels");
    Err(Error::shape(layer, problem))
}

fn expect_eps(layer: &'static str, eps: f64) -> Result<()> {
    if eps >= 0.0 && eps.is_finite() {
        return Ok(());
    }
    Err(Error::value(
        layer,
        format!("eps = {eps} must be a number of at least 0"),
    ))
}
