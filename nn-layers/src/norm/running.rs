//! Running statistics: what a normalisation in use normalises by.

use nn_core::{BatchStatistics, Context, DType, Error, Parameter, Result, Tensor};

/// The usual momentum.
pub(super) fn tenth() -> f64 {
    0.1
}

pub(super) fn is_tenth(momentum: &f64) -> bool {
    *momentum == tenth()
}

/// Mean, variance and number of batches.
type Buffers = (Option<Parameter>, Option<Parameter>, Option<Parameter>);

/// Mean 0, variance 1 and no batch yet, for each channel, if they are to be tracked.
pub(super) fn tracked(channels: usize, dtype: DType, track: bool) -> Result<Buffers> {
    if !track {
        return Ok((None, None, None));
    }
    Ok((
        Some(Parameter::buffer(Tensor::zeros([channels], dtype)?)),
        Some(Parameter::buffer(Tensor::ones([channels], dtype)?)),
        Some(Parameter::buffer(Tensor::zeros((), DType::I64)?)),
    ))
}

/// The buffers of a layer that tracks statistics.
#[derive(Clone, Copy)]
pub(super) struct Running<'a> {
    pub(super) mean: &'a Parameter,
    pub(super) variance: &'a Parameter,
    /// Their number, where it is counted.
    pub(super) batches: Option<&'a Parameter>,
}

impl Running<'_> {
    /// Takes up the statistics of one batch: `running ← (1 − m)·running + m·batch`, where m is the momentum, or 1
    /// over the number of batches, this one included, so that the running value is the mean of all.
    pub(super) fn update(
        &self,
        batch: &BatchStatistics,
        momentum: Option<f64>,
        cx: &mut Context,
    ) -> Result<()> {
        let mut share = momentum;
        if let Some(batches) = self.batches {
            let seen = (batches.value().item()? as i64).saturating_add(1);
            cx.update_buffer(batches, &Tensor::scalar(seen)?);
            share = share.or(Some(1.0 / seen as f64));
        }
        let share = share.unwrap_or(tenth());
        for (buffer, new) in [(self.mean, &batch.mean), (self.variance, &batch.variance)] {
            let kept = buffer.value().mul_scalar(1.0 - share)?;
            cx.update_buffer(buffer, &kept.add(&new.mul_scalar(share)?)?);
        }
        Ok(())
    }
}

/// Refuses a share that no average can have.
pub(super) fn expect_momentum(layer: &'static str, momentum: f64) -> Result<()> {
    if (0.0..=1.0).contains(&momentum) {
        return Ok(());
    }
    let problem = format!("momentum = {momentum} must be at least 0 and at most 1");
    Err(Error::value(layer, problem))
}
