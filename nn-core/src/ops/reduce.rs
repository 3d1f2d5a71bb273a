//! Reductions: many numbers to one, along some axes.

use std::ops::RangeFull;

use crate::autograd::{Recorder, grads};
use crate::dtype::for_float;
use crate::kernels::reduce::{self, Reduce};
use crate::shape::{Dims, count};
use crate::{Error, Result, Shape, Tensor};

/// The axes of a reduction: `..` for all, one number, or an array; negative numbers count from the end.
///
/// ```
/// # use nn_core::{DType, Tensor};
/// # fn main() -> nn_core::Result<()> {
/// let x = Tensor::ones([2, 3, 4], DType::F32)?;
/// assert_eq!(x.sum(..)?.item()?, 24.0);
/// assert_eq!(x.sum(-1)?.dims(), [2, 3]);
/// assert_eq!(x.sum([0, 2])?.dims(), [3]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axes(Option<Vec<isize>>);

impl From<RangeFull> for Axes {
    fn from(_: RangeFull) -> Self {
        Axes(None)
    }
}

impl From<isize> for Axes {
    fn from(axis: isize) -> Self {
        Axes(Some(vec![axis]))
    }
}

impl<const N: usize> From<[isize; N]> for Axes {
    fn from(axes: [isize; N]) -> Self {
        Axes(Some(axes.to_vec()))
    }
}

impl From<&[isize]> for Axes {
    fn from(axes: &[isize]) -> Self {
        Axes(Some(axes.to_vec()))
    }
}

/// A reduction seen as one over the middle of `[outer, n, inner]`.
struct Plan {
    /// The elements in an order that makes the reduced axes neighbours.
    x: Tensor,
    outer: usize,
    n: usize,
    inner: usize,
    /// The result's shape, reduced axes kept with size 1.
    kept: Shape,
    /// The result's shape, reduced axes removed.
    dropped: Shape,
}

impl Plan {
    fn new(name: &'static str, x: &Tensor, axes: Axes) -> Result<Plan> {
        let rank = x.rank();
        let mut reduced = Dims::from_elem(0, rank);
        match axes.0 {
            None => reduced.fill(1),
            Some(axes) => {
                for axis in axes {
                    let axis = x.shape().axis(name, axis)?;
                    if reduced[axis] == 1 {
                        return Err(Error::value(name, format!("axis {axis} is named twice")));
                    }
                    reduced[axis] = 1;
                }
            }
        }
        let (mut kept, mut dropped) = (x.shape().clone(), Dims::new());
        for axis in 0..rank {
            match reduced[axis] {
                1 => kept.dims_mut()[axis] = 1,
                _ => dropped.push(x.dims()[axis]),
            }
        }
        // The reduced axes from the first to the last, if they are neighbours.
        let first = reduced.iter().position(|&r| r == 1).unwrap_or(rank);
        let axes = reduced.iter().sum::<usize>();
        let neighbours = reduced[first..].iter().take(axes).all(|&r| r == 1);
        let (source, first) = if neighbours {
            (x.compact()?, first)
        } else {
            let stay = (0..rank).filter(|&a| reduced[a] == 0);
            let order: Dims = stay.chain((0..rank).filter(|&a| reduced[a] == 1)).collect();
            (x.detach().permute(&order)?.compact()?, rank - axes)
        };
        let dims = source.dims();
        let (outer, n, inner) = (
            count(&dims[..first]),
            count(&dims[first..first + axes]),
            count(&dims[first + axes..]),
        );
        Ok(Plan {
            outer,
            n,
            inner,
            kept,
            dropped: dropped.into(),
            x: source,
        })
    }

    fn run(&self, name: &'static str, f: Reduce) -> Result<Tensor> {
        for_float!(name, self.x.dtype(), T => Tensor::build::<T>(self.kept.clone(), |out| {
            reduce::reduce(f, self.x.data::<T>(), self.outer, self.n, self.inner, out);
        }))
    }

    /// Reductions that have no value for nothing.
    fn expect_elements(&self, name: &'static str, least: usize) -> Result<()> {
        if self.n < least && !self.kept.contains(&0) {
            return Err(Error::value(
                name,
                format!(
                    "{} elements along the axes are too few, there must be at least {least}",
                    self.n
                ),
            ));
        }
        Ok(())
    }
}

/// What is to be computed.
#[derive(Clone, Copy)]
enum Kind {
    Sum,
    Mean,
    Max,
    Min,
    Variance(f64),
    LogSumExp,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Sum => "sum",
            Kind::Mean => "mean",
            Kind::Max => "max",
            Kind::Min => "min",
            Kind::Variance(_) => "variance",
            Kind::LogSumExp => "log_sum_exp",
        }
    }
}

fn reduce(x: &Tensor, axes: Axes, keep: bool, kind: Kind) -> Result<Tensor> {
    let name = kind.name();
    let plan = Plan::new(name, x, axes)?;
    let (n, kept) = (plan.n, plan.kept.clone());
    let mut mean = None;
    let out = match kind {
        Kind::Sum => plan.run(name, Reduce::Sum)?,
        Kind::Mean => {
            plan.expect_elements(name, 1)?;
            plan.run(name, Reduce::Mean)?
        }
        Kind::Max => {
            plan.expect_elements(name, 1)?;
            plan.run(name, Reduce::Max)?
        }
        Kind::Min => {
            plan.expect_elements(name, 1)?;
            plan.run(name, Reduce::Min)?
        }
        Kind::Variance(correction) => {
            plan.expect_elements(name, (correction.max(0.0) as usize).saturating_add(1))?;
            let (means, out) = plan.variance(correction)?;
            mean = Some(means);
            out
        }
        Kind::LogSumExp => plan.log_sum_exp()?,
    };
    let result = if keep {
        out.clone()
    } else {
        out.reshape(plan.dropped.clone())?
    };
    Recorder::of(&[x]).record(name, result, || {
        let x = x.detach();
        Box::new(move |grad, _| {
            let grad = grad.reshape(kept)?;
            let dx = match kind {
                Kind::Sum => grad.broadcast_to(x.shape())?,
                Kind::Mean => grad.mul_scalar(1.0 / n as f64)?.broadcast_to(x.shape())?,
                // Equal extremes share the gradient.
                Kind::Max | Kind::Min => {
                    let chosen = x.eq(&out)?.to_dtype(x.dtype())?;
                    let count = chosen.sum_to(out.shape())?;
                    chosen.mul(&grad.div(&count)?)?
                }
                Kind::Variance(correction) => {
                    let scaled = grad.mul_scalar(2.0 / (n as f64 - correction))?;
                    match &mean {
                        Some(mean) => x.sub(mean)?.mul(&scaled)?,
                        None => x.zeros_like()?,
                    }
                }
                Kind::LogSumExp => x.sub(&out)?.exp()?.mul(&grad)?,
            };
            Ok(grads![dx])
        })
    })
}

impl Plan {
    fn variance(&self, correction: f64) -> Result<(Tensor, Tensor)> {
        for_float!("variance", self.x.dtype(), T => {
            let mut means = Tensor::zeros(&self.kept, self.x.dtype())?;
            let mean_out = means.make_mut::<T>()?;
            let out = Tensor::build::<T>(self.kept.clone(), |out| {
                let x = self.x.data::<T>();
                reduce::variance(x, self.outer, self.n, self.inner, correction, mean_out, out);
            })?;
            Ok((means, out))
        })
    }

    fn log_sum_exp(&self) -> Result<Tensor> {
        for_float!("log_sum_exp", self.x.dtype(), T => Tensor::build::<T>(self.kept.clone(), |out| {
            reduce::log_sum_exp(self.x.data::<T>(), self.outer, self.n, self.inner, out);
        }))
    }
}

macro_rules! reductions {
    ($($(#[$doc:meta])* $name:ident, $keepdim:ident($($arg:ident)?) => $kind:expr;)*) => {
        /// Reductions along axes, which disappear, or stay with size 1 in the `_keepdim` forms. Sums are
        /// taken in fixed blocks: the result does not depend on the number of threads.
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// [`Error::Index`] if an axis does not exist; [`Error::Value`] if an axis is named twice or there
            /// are too few elements; [`Error::DType`] unless they are floats.
            pub fn $name(&self, axes: impl Into<Axes> $(, $arg: f64)?) -> Result<Tensor> {
                reduce(self, axes.into(), false, $kind)
            }

            /// The same, with the reduced axes kept at size 1.
            ///
            /// # Errors
            /// As without `_keepdim`.
            pub fn $keepdim(&self, axes: impl Into<Axes> $(, $arg: f64)?) -> Result<Tensor> {
                reduce(self, axes.into(), true, $kind)
            }
        )*}
    };
}

reductions! {
    /// `Σx`.
    sum, sum_keepdim() => Kind::Sum;
    /// `Σx / n`.
    mean, mean_keepdim() => Kind::Mean;
    /// The largest element; NaN if there is one. Equal ones share the gradient.
    max, max_keepdim() => Kind::Max;
    /// The smallest element; NaN if there is one. Equal ones share the gradient.
    min, min_keepdim() => Kind::Min;
    /// `Σ(x − mean)² / (n − correction)`: correction 0 for the variance of these numbers, 1 for an unbiased
    /// estimate from a sample.
    variance, variance_keepdim(correction) => Kind::Variance(correction);
    /// `ln Σeˣ`, without overflow.
    log_sum_exp, log_sum_exp_keepdim() => Kind::LogSumExp;
}

impl Tensor {
    /// The square root of [`Tensor::variance`].
    ///
    /// # Errors
    /// As [`Tensor::variance`].
    pub fn std(&self, axes: impl Into<Axes>, correction: f64) -> Result<Tensor> {
        self.variance(axes, correction)?.sqrt()
    }

    /// The index of the largest element along an axis, as `u32`; the first of equal ones, or of NaN.
    ///
    /// # Errors
    /// [`Error::Index`] if the axis does not exist; [`Error::Value`] if it is empty.
    pub fn argmax(&self, axis: isize) -> Result<Tensor> {
        self.arg("argmax", axis, true)
    }

    /// The index of the smallest element along an axis, as `u32`; the first of equal ones, or of NaN.
    ///
    /// # Errors
    /// [`Error::Index`] if the axis does not exist; [`Error::Value`] if it is empty.
    pub fn argmin(&self, axis: isize) -> Result<Tensor> {
        self.arg("argmin", axis, false)
    }

    fn arg(&self, name: &'static str, axis: isize, largest: bool) -> Result<Tensor> {
        let plan = Plan::new(name, self, axis.into())?;
        plan.expect_elements(name, 1)?;
        for_float!(name, self.dtype(), T => Tensor::build::<u32>(plan.dropped.clone(), |out| {
            reduce::arg_reduce(largest, plan.x.data::<T>(), plan.outer, plan.n, plan.inner, out);
        }))
    }

    /// `Σx²` in one pass, as a number.
    pub(crate) fn sum_of_squares(&self) -> Result<f64> {
        Plan::new("norm", self, Axes(None))?
            .run("norm", Reduce::SumSquares)?
            .item()
    }

    /// Sums over the axes along which a tensor of `shape` was broadcast to this one.
    pub(crate) fn sum_to(&self, shape: &Shape) -> Result<Tensor> {
        if self.shape() == shape {
            return Ok(self.clone());
        }
        let added = self.rank() - shape.rank();
        let repeated =
            |axis: usize| axis < added || (shape[axis - added] == 1 && self.dims()[axis] != 1);
        let axes: Vec<isize> = (0..self.rank())
            .filter(|&axis| repeated(axis))
            .map(|axis| axis as isize)
            .collect();
        let summed = if axes.is_empty() {
            self.clone()
        } else {
            self.sum(axes.as_slice())?
        };
        summed.reshape(shape)
    }
}
