//! Batch, instance and group normalisation: by statistics of channels.
//!
//! All three are one operation on `[batches, rows, channels]` with `groups` of channels that share their statistics:
//!
//! | | batches | rows | groups |
//! |---|---|---|---|
//! | batch | 1 | N·places | C |
//! | instance | N | places | C |
//! | group | N | places | G |

use super::plan::{Coefficients, Plan, Rounded, doubles, expect_channels, join_groups};
use crate::autograd::{Grads, Recorder};
use crate::dtype::for_float;
use crate::kernels::norm::channel::{self as kernel, Affine, Rows};
use crate::ops::activation;
use crate::{Activation, Error, FloatElement, Result, Tensor};

/// The statistics of the channels of a batch, as running statistics take them up.
#[derive(Debug, Clone)]
pub struct BatchStatistics {
    /// The means, `[C]`.
    pub mean: Tensor,
    /// The unbiased variances (by n − 1), `[C]`.
    pub variance: Tensor,
}

/// `act(weight·(x − mean)/√(variance + eps) + bias)`; where `own`, mean and variance depend on x. `saved` is x,
/// channels-last.
fn normalise(
    x: &Tensor,
    saved: Tensor,
    plan: &Plan<'_>,
    coefficients: Coefficients,
    own: bool,
) -> Result<Tensor> {
    let (name, act, rows) = (plan.name, plan.activation, plan.rows);
    let mut inputs = vec![x];
    inputs.extend(plan.weight);
    inputs.extend(plan.bias);
    let recorder = Recorder::of(&inputs);
    let has = (plan.weight.is_some(), plan.bias.is_some());

    let relu = act == Activation::Relu;
    let z = for_float!(name, x.dtype(), T => {
        let Rounded { scale, shift, .. } = coefficients.rounded::<T>();
        let map = Affine { scale: &scale, shift: &shift, relu };
        Tensor::build_channels_last::<T>(x.shape().clone(), |y| {
            kernel::affine(saved.memory::<T>(), rows, &map, y);
        })
    })?;
    // Any other activation is a pass of its own, and remembers what it needs.
    let apart = !relu && act != Activation::Identity;
    let y = if apart { z.activate(act)? } else { z.clone() };
    recorder.record(name, y.clone(), || {
        let remembered = apart.then_some(if act.needs_input() { z } else { y });
        Box::new(move |grad, needed| {
            let grad = match remembered {
                Some(remembered) => activation::backward(act, &remembered, &grad)?,
                None if grad.is_channels_last() => grad,
                None => grad.to_channels_last()?,
            };
            for_float!(name, grad.dtype(), T => {
                backward::<T>(&saved, grad, &coefficients, (relu, own), has, needed)
            })
        })
    })
}

fn backward<T: FloatElement + crate::kernels::buffer::Plain>(
    x: &Tensor,
    mut grad: Tensor,
    coefficients: &Coefficients,
    (relu, own): (bool, bool),
    (has_weight, has_bias): (bool, bool),
    needed: &[bool],
) -> Result<Grads> {
    let (rows, groups) = (coefficients.rows, coefficients.groups);
    let (channels, size) = (rows.channels, rows.channels / groups.max(1));
    let statistics = rows.statistics();
    let Rounded { mean, scale, shift } = coefficients.rounded::<T>();
    let map = Affine {
        scale: &scale,
        shift: &shift,
        relu,
    };
    let needs_sums = own || needed[1..].contains(&true);
    let (mut sum, mut dot) = (vec![0.0; statistics], vec![0.0; statistics]);
    if needs_sums {
        let sums = (&mut sum[..], &mut dot[..]);
        kernel::gradient_sums(x.memory::<T>(), grad.memory::<T>(), rows, &mean, &map, sums);
    }
    // From x − mean to the normalised x.
    for (dot, inverse) in dot.iter_mut().zip(&coefficients.inverse) {
        *dot *= inverse;
    }
    let by_channel = |of: &[f64]| -> Result<Tensor> {
        let mut total = vec![0.0; channels];
        for part in of.chunks(channels.max(1)) {
            total.iter_mut().zip(part).for_each(|(t, x)| *t += x);
        }
        let total = total.into_iter().map(<T as crate::Element>::from_f64);
        Tensor::from_vec(total.collect::<Vec<T>>(), [channels])
    };
    let (mut dw, mut db) = (None, None);
    if has_weight && needed[1] {
        dw = Some(by_channel(&dot)?);
    }
    if has_bias && needed[1 + usize::from(has_weight)] {
        db = Some(by_channel(&sum)?);
    }

    let mut dx = None;
    if needed[0] {
        let (mut slope, mut constant) = (vec![T::ZERO; statistics], vec![T::ZERO; statistics]);
        let count = (rows.rows * size) as f64;
        for first in (0..statistics).step_by(size.max(1)).take_while(|_| own) {
            let group = first..first + size;
            let weighted = |of: &[f64]| -> f64 {
                let terms = group
                    .clone()
                    .map(|i| coefficients.weight(i % channels) * of[i]);
                terms.sum::<f64>() / count
            };
            let (mean_gradient, mean_dot) = (weighted(&sum), weighted(&dot));
            for i in group.clone() {
                let inverse = coefficients.inverse[i];
                slope[i] = <T as crate::Element>::from_f64(-inverse * inverse * mean_dot);
                constant[i] = <T as crate::Element>::from_f64(-inverse * mean_gradient);
            }
        }
        let rest = (&slope[..], &constant[..]);
        dx = Some(if grad.is_unique() {
            let memory = grad.memory_mut::<T>()?;
            kernel::gradient((x.memory::<T>(), None), rows, &mean, &map, rest, memory);
            grad
        } else {
            Tensor::build_like::<T>(x, |dx| {
                let (x, dy) = (x.memory::<T>(), Some(grad.memory::<T>()));
                kernel::gradient((x, dy), rows, &mean, &map, rest, dx);
            })?
        });
    }
    let mut all = Grads::new();
    all.push(dx);
    if has_weight {
        all.push(dw);
    }
    if has_bias {
        all.push(db);
    }
    Ok(all)
}

/// Normalises by the statistics of x itself; also gives mean and variance (biased) of each channel of each batch.
fn by_own(x: &Tensor, plan: &Plan<'_>) -> Result<(Tensor, Vec<f64>, Vec<f64>)> {
    let rows = plan.rows;
    if plan.group_size() < 2 && rows.batches > 0 {
        return Err(Error::shape(
            plan.name,
            format!(
                "input is {}: each statistic would be of {} value, it takes at least 2",
                x.shape(),
                plan.group_size()
            ),
        ));
    }
    let dense = x.to_channels_last()?;
    let (mut mean, mut squares) = (vec![0.0; rows.statistics()], vec![0.0; rows.statistics()]);
    for_float!(plan.name, x.dtype(), T => {
        kernel::moments(dense.memory::<T>(), rows, &mut mean, &mut squares);
        Ok(())
    })?;
    join_groups(plan, &mut mean, &mut squares);
    let coefficients = Coefficients::new(plan, mean.clone(), &squares)?;
    let y = normalise(x, dense, plan, coefficients, true)?;
    Ok((y, mean, squares))
}

/// Means over the batches, with the variance made unbiased.
fn statistics(x: &Tensor, rows: Rows, mean: &[f64], variance: &[f64]) -> Result<BatchStatistics> {
    let count = rows.rows as f64;
    let average = |of: &[f64], factor: f64| -> Result<Tensor> {
        let total = (0..rows.channels).map(|c| {
            let parts = of.iter().skip(c).step_by(rows.channels.max(1));
            parts.sum::<f64>() * factor / rows.batches.max(1) as f64
        });
        Tensor::from_vec(total.collect::<Vec<f64>>(), [rows.channels])?.to_dtype(x.dtype())
    };
    Ok(BatchStatistics {
        mean: average(mean, 1.0)?,
        variance: average(variance, count / (count - 1.0).max(1.0))?,
    })
}

/// Normalisation by channel. `eps` keeps the divisor away from 0; weight and bias are 1 and 0 if absent; the
/// activation is computed in the same pass over memory.
///
/// # Shapes
/// x `[N, C, …]`, weight and bias `[C]`, output as x.
impl Tensor {
    /// Batch normalisation (Ioffe and Szegedy 2015) in training:
    /// `y = act(weight·(x − mean)/√(variance + eps) + bias)`, mean and (biased) variance over all samples and places
    /// of a channel. Also returns those statistics, to be taken up into running ones.
    ///
    /// ```
    /// use nn_core::{Activation, Tensor};
    /// # fn main() -> nn_core::Result<()> {
    /// let x = Tensor::from_vec(vec![1.0f32, 3.0, 5.0], [3, 1])?;
    /// let (y, statistics) = x.batch_norm(None, None, 0.0, Activation::Relu)?;
    /// assert_eq!(y.to_vec::<f32>()?[..2], [0.0, 0.0]);
    /// assert_eq!(statistics.variance.item()?, 4.0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes do not fit or a channel has only one value; [`Error::DType`] unless all are
    /// floats of one type; [`Error::Value`] if `eps` is negative.
    pub fn batch_norm(
        &self,
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        eps: f64,
        activation: Activation,
    ) -> Result<(Tensor, BatchStatistics)> {
        let plan = Plan::new("batch_norm", self, false, (weight, bias), eps, activation)?;
        let (y, mean, variance) = by_own(self, &plan)?;
        Ok((y, statistics(self, plan.rows, &mean, &variance)?))
    }

    /// Batch or instance normalisation in use: [`Tensor::batch_norm`] with given mean and variance `[C]`, which are
    /// constants for differentiation.
    ///
    /// # Errors
    /// As [`Tensor::batch_norm`].
    pub fn batch_norm_with(
        &self,
        (mean, variance): (&Tensor, &Tensor),
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        eps: f64,
        activation: Activation,
    ) -> Result<Tensor> {
        let plan = Plan::new("batch_norm", self, false, (weight, bias), eps, activation)?;
        for statistic in [mean, variance] {
            expect_channels(
                plan.name,
                "mean and variance",
                statistic,
                plan.rows.channels,
            )?;
        }
        let coefficients = Coefficients::new(&plan, doubles(mean)?, &doubles(variance)?)?;
        normalise(self, self.to_channels_last()?, &plan, coefficients, false)
    }

    /// Instance normalisation (Ulyanov et al. 2016): as [`Tensor::batch_norm`], with statistics of each channel of
    /// each sample. The returned statistics are means over the samples.
    ///
    /// # Errors
    /// As [`Tensor::batch_norm`].
    pub fn instance_norm(
        &self,
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        eps: f64,
        activation: Activation,
    ) -> Result<(Tensor, BatchStatistics)> {
        let plan = Plan::new("instance_norm", self, true, (weight, bias), eps, activation)?;
        let (y, mean, variance) = by_own(self, &plan)?;
        Ok((y, statistics(self, plan.rows, &mean, &variance)?))
    }

    /// Group normalisation (Wu and He 2018): statistics of each sample over groups of neighbouring channels.
    ///
    /// # Errors
    /// As [`Tensor::batch_norm`]; [`Error::Value`] unless the channels divide into `groups`.
    pub fn group_norm(
        &self,
        groups: usize,
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        eps: f64,
        activation: Activation,
    ) -> Result<Tensor> {
        let mut plan = Plan::new("group_norm", self, true, (weight, bias), eps, activation)?;
        if groups == 0 || !plan.rows.channels.is_multiple_of(groups) {
            let problem = format!(
                "{} channels do not divide into {groups} groups",
                plan.rows.channels
            );
            return Err(Error::value(plan.name, problem));
        }
        plan.groups = groups;
        by_own(self, &plan).map(|(y, _, _)| y)
    }
}
