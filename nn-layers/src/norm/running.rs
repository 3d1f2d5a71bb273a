//! Running statistics: what a normalisation in use normalises by.

use nn_core::{BatchStatistics, Context, DType, Error, Parameter, Result, Tensor};

/// Mean 0, variance 1 and no batch yet, for each channel.
pub(super) fn fresh(channels: usize, dtype: DType) -> Result<(Parameter, Parameter, Parameter)> {
    Ok((
        Parameter::buffer(Tensor::zeros([channels], dtype)?),
        Parameter::buffer(Tensor::ones([channels], dtype)?),
        Parameter::buffer(Tensor::zeros((), DType::I64)?),
    ))
}

/// The buffers of a layer that tracks statistics.
#[derive(Clone, Copy)]
pub(super) struct Running<'a> {
    pub(super) mean: &'a Parameter,
    pub(super) variance: &'a Parameter,
    pub(super) batches: &'a Parameter,
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
        let seen = self.batches.value().item()? as i64;
        let seen = seen.saturating_add(1);
        let share = momentum.unwrap_or(1.0 / seen as f64);
        for (buffer, new) in [(self.mean, &batch.mean), (self.variance, &batch.variance)] {
            let kept = buffer.value().mul_scalar(1.0 - share)?;
            cx.update_buffer(buffer, &kept.add(&new.mul_scalar(share)?)?);
        }
        cx.update_buffer(self.batches, &Tensor::scalar(seen)?);
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
