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
use crate::kernels::buffer::Plain;
use crate::kernels::norm::channel::{self as kernel, Affine, Rows};
use crate::ops::activation;
use crate::{Activation, Element, Error, FloatElement, Result, Tensor};

/// The statistics of the channels of a batch, as running statistics take them up.
#[derive(Debug, Clone)]
pub struct BatchStatistics {
    /// The means, `[C]`.
    pub mean: Tensor,
    /// The unbiased variances (by n − 1), `[C]`.
    pub variance: Tensor,
}

/// `act(weight·(x − mean)/√(variance + eps) + bias + addend)`; where `own`, mean and variance depend on x. `saved` is
/// x, channels-last.
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
    inputs.extend(plan.addend);
    let recorder = Recorder::of(&inputs);
    let has = [plan.weight, plan.bias, plan.addend].map(|input| input.is_some());

    let relu = act == Activation::Relu;
    let addend = plan.addend.map(Tensor::to_channels_last).transpose()?;
    let z = for_float!(name, x.dtype(), T => {
        let Rounded { scale, shift, .. } = coefficients.rounded::<T>();
        let map = Affine { scale: &scale, shift: &shift, relu };
        Tensor::build_channels_last::<T>(x.shape().clone(), |y| match &addend {
            Some(addend) => {
                kernel::affine_added(saved.memory::<T>(), addend.memory::<T>(), rows, &map, y);
            }
            None => kernel::affine(saved.memory::<T>(), rows, &map, y),
        })
    })?;
    // Any other activation is a pass of its own, and remembers what it needs.
    let apart = !relu && act != Activation::Identity;
    let y = if apart { z.activate(act)? } else { z.clone() };
    recorder.record(name, y.clone(), || {
        let pass = Pass {
            saved,
            coefficients,
            own,
            has,
            // With an addend, x alone no longer tells where a ReLU was off.
            output: (relu && has[2]).then(|| y.clone()),
            relu: relu && !has[2],
        };
        let remembered = apart.then_some(if act.needs_input() { z } else { y });
        Box::new(move |grad, needed| {
            let grad = match remembered {
                Some(remembered) => activation::backward(act, &remembered, &grad)?,
                None if grad.is_channels_last() => grad,
                None => grad.to_channels_last()?,
            };
            for_float!(name, grad.dtype(), T => pass.backward::<T>(grad, needed))
        })
    })
}

/// What a pass remembers for the way back.
struct Pass {
    saved: Tensor,
    coefficients: Coefficients,
    /// Whether the statistics were those of x.
    own: bool,
    /// Whether there were weight, bias and addend.
    has: [bool; 3],
    /// Whether negative results became 0.
    relu: bool,
    /// The output, if only it tells where.
    output: Option<Tensor>,
}

impl Pass {
    fn backward<T: FloatElement + Plain>(self, mut grad: Tensor, needed: &[bool]) -> Result<Grads> {
        let (x, coefficients) = (&self.saved, &self.coefficients);
        let rows = coefficients.rows;
        let statistics = rows.statistics();
        let Rounded { mean, scale, shift } = coefficients.rounded::<T>();
        let map = Affine {
            scale: &scale,
            shift: &shift,
            relu: self.relu,
        };
        let (mut sum, mut dot) = (vec![0.0; statistics], vec![0.0; statistics]);
        let sums = (&mut sum[..], &mut dot[..]);
        if let Some(output) = &self.output {
            let (x, y) = (x.memory::<T>(), output.memory::<T>());
            if grad.is_unique() {
                let memory = grad.memory_mut::<T>()?;
                kernel::gradient_sums_masked(x, (y, None), memory, rows, &mean, sums);
            } else {
                grad = Tensor::build_like::<T>(output, |masked| {
                    let dy = Some(grad.memory::<T>());
                    kernel::gradient_sums_masked(x, (y, dy), masked, rows, &mean, sums);
                })?;
            }
        } else if self.own || needed[1..].contains(&true) {
            kernel::gradient_sums(x.memory::<T>(), grad.memory::<T>(), rows, &mean, &map, sums);
        }
        // From x − mean to the normalised x.
        for (dot, inverse) in dot.iter_mut().zip(&coefficients.inverse) {
            *dot *= inverse;
        }
        let mut later = Grads::new();
        if self.has[0] {
            later.push(Some(by_channel::<T>(&dot, rows.channels)?));
        }
        if self.has[1] {
            later.push(Some(by_channel::<T>(&sum, rows.channels)?));
        }
        if self.has[2] {
            later.push(needed.last().is_some_and(|n| *n).then(|| grad.clone()));
        }
        let mut all = Grads::new();
        all.push(None);
        if needed[0] {
            let (slope, constant) = match self.own {
                true => coefficients.gradient_terms::<T>(&sum, &dot),
                false => (vec![T::ZERO; statistics], vec![T::ZERO; statistics]),
            };
            let rest = (&slope[..], &constant[..]);
            all[0] = Some(if grad.is_unique() {
                let memory = grad.memory_mut::<T>()?;
                kernel::gradient((x.memory::<T>(), None), rows, &mean, &map, rest, memory);
                grad
            } else {
                Tensor::build_like::<T>(x, |dx| {
                    let operands = (x.memory::<T>(), Some(grad.memory::<T>()));
                    kernel::gradient(operands, rows, &mean, &map, rest, dx);
                })?
            });
        }
        all.extend(later);
        Ok(all)
    }
}

/// Sums over the batches.
fn by_channel<T: FloatElement + Plain>(of: &[f64], channels: usize) -> Result<Tensor> {
    let mut total = vec![0.0; channels];
    for part in of.chunks(channels.max(1)) {
        total.iter_mut().zip(part).for_each(|(t, x)| *t += x);
    }
    let total = total.into_iter().map(<T as Element>::from_f64);
    Tensor::from_vec(total.collect::<Vec<T>>(), [channels])
}

/// Mean and sum of squared deviations from it, of each channel over all samples and places of a tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    pub(in crate::ops) mean: Vec<f64>,
    pub(in crate::ops) squares: Vec<f64>,
}

impl Moments {
    fn of(x: &Tensor, rows: Rows) -> Result<Moments> {
        let (mut mean, mut squares) = (vec![0.0; rows.statistics()], vec![0.0; rows.statistics()]);
        for_float!("moments", x.dtype(), T => {
            kernel::moments(x.memory::<T>(), rows, &mut mean, &mut squares);
            Ok(())
        })?;
        Ok(Moments { mean, squares })
    }
}

/// Normalises by the statistics of x itself; also gives mean and variance (biased) of each channel of each batch.
/// `known` are its moments, where somebody has computed them already.
fn by_own(
    x: &Tensor,
    plan: &Plan<'_>,
    known: Option<&Moments>,
) -> Result<(Tensor, Vec<f64>, Vec<f64>)> {
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
    let Moments {
        mut mean,
        mut squares,
    } = match known {
        Some(known) => known.clone(),
        None => Moments::of(&dense, rows)?,
    };
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
    /// `y = act(weight·(x − mean)/√(variance + eps) + bias + addend)`, mean and (biased) variance over all samples and
    /// places of a channel; the addend, of the shape of x, is where a residual branch ends. Also returns those
    /// statistics, to be taken up into running ones.
    ///
    /// ```
    /// use nn_core::{Activation, Tensor};
    /// # fn main() -> nn_core::Result<()> {
    /// let x = Tensor::from_vec(vec![1.0f32, 3.0, 5.0], [3, 1])?;
    /// let (y, statistics) = x.batch_norm(None, None, 0.0, None, Activation::Relu)?;
    /// let y = y.to_vec::<f32>()?;
    /// assert!(y[0] == 0.0 && (y[2] - 1.5f32.sqrt()).abs() < 1e-6);
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
        addend: Option<&Tensor>,
        activation: Activation,
    ) -> Result<(Tensor, BatchStatistics)> {
        let plan = Plan::new("batch_norm", self, false, (weight, bias), eps, activation)?
            .adding(self, addend)?;
        let (y, mean, variance) = by_own(self, &plan, None)?;
        Ok((y, statistics(self, plan.rows, &mean, &variance)?))
    }

    /// [`Tensor::batch_norm`] of a tensor whose `moments` came with it, as from
    /// [`FeatureStack::norm_relu_project`](crate::FeatureStack::norm_relu_project): one pass over memory less.
    ///
    /// # Errors
    /// As [`Tensor::batch_norm`].
    pub fn batch_norm_by(
        &self,
        moments: &Moments,
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        eps: f64,
        activation: Activation,
    ) -> Result<(Tensor, BatchStatistics)> {
        let plan = Plan::new("batch_norm", self, false, (weight, bias), eps, activation)?;
        if moments.mean.len() != plan.rows.channels {
            let problem = format!(
                "input is {}, its moments are of {} channels",
                self.shape(),
                moments.mean.len()
            );
            return Err(Error::shape(plan.name, problem));
        }
        let (y, mean, variance) = by_own(self, &plan, Some(moments))?;
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
        addend: Option<&Tensor>,
        activation: Activation,
    ) -> Result<Tensor> {
        let plan = Plan::new("batch_norm", self, false, (weight, bias), eps, activation)?
            .adding(self, addend)?;
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
        let (y, mean, variance) = by_own(self, &plan, None)?;
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
        by_own(self, &plan, None).map(|(y, _, _)| y)
    }
}
