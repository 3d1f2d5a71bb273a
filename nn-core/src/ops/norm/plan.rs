//! What is normalised together, and the coefficients that follow from its statistics.

use crate::kernels::norm::channel::Rows;
use crate::ops::binary::expect_same_type;
use crate::shape::count;
use crate::{Activation, DType, Element, Error, FloatElement, Result, Tensor};

/// What is normalised together, with the learned scale and shift.
pub(in crate::ops) struct Plan<'a> {
    pub(in crate::ops) name: &'static str,
    pub(in crate::ops) rows: Rows,
    pub(in crate::ops) groups: usize,
    pub(in crate::ops) weight: Option<&'a Tensor>,
    pub(in crate::ops) bias: Option<&'a Tensor>,
    pub(in crate::ops) eps: f64,
    pub(in crate::ops) addend: Option<&'a Tensor>,
    pub(in crate::ops) activation: Activation,
}

impl<'a> Plan<'a> {
    /// Checks what all three have in common. Each sample is a batch of its own if `by_sample`.
    pub(in crate::ops) fn new(
        name: &'static str,
        x: &Tensor,
        by_sample: bool,
        (weight, bias): (Option<&'a Tensor>, Option<&'a Tensor>),
        eps: f64,
        activation: Activation,
    ) -> Result<Plan<'a>> {
        let &[samples, channels, ref places @ ..] = x.dims() else {
            let problem = format!("input is {}, it must be [N, C, …]", x.shape());
            return Err(Error::shape(name, problem));
        };
        if !(eps >= 0.0 && eps.is_finite()) {
            let problem = format!("eps = {eps} must be a number of at least 0");
            return Err(Error::value(name, problem));
        }
        for coefficient in [weight, bias].into_iter().flatten() {
            expect_same_type(name, x, coefficient)?;
            expect_channels(name, "weight and bias", coefficient, channels)?;
        }
        let (batches, rows) = match (by_sample, x.is_empty()) {
            (true, false) => (samples, count(places)),
            (true, true) => (0, 0),
            (false, false) => (1, samples * count(places)),
            (false, true) => (1, 0),
        };
        let rows = Rows {
            batches,
            rows,
            channels,
        };
        Ok(Plan {
            name,
            rows,
            groups: channels,
            weight,
            bias,
            eps,
            addend: None,
            activation,
        })
    }

    /// With something to be added before the activation.
    pub(in crate::ops) fn adding(self, x: &Tensor, addend: Option<&'a Tensor>) -> Result<Plan<'a>> {
        if let Some(addend) = addend {
            expect_same_type(self.name, x, addend)?;
            if addend.shape() != x.shape() {
                let problem = format!(
                    "input is {}, what is added to it must have that shape, not {}",
                    x.shape(),
                    addend.shape()
                );
                return Err(Error::shape(self.name, problem));
            }
        }
        Ok(Plan { addend, ..self })
    }

    /// Elements that share their statistics.
    pub(in crate::ops) fn group_size(&self) -> usize {
        self.rows.rows * (self.rows.channels / self.groups.max(1))
    }
}

pub(in crate::ops) fn expect_channels(
    name: &'static str,
    what: &str,
    tensor: &Tensor,
    channels: usize,
) -> Result<()> {
    if tensor.dims() == [channels] {
        return Ok(());
    }
    let problem = format!(
        "{what} must have shape [{channels}] for {channels} channels, not {}",
        tensor.shape()
    );
    Err(Error::shape(name, problem))
}

/// Statistics and coefficients of every channel of every batch, in double precision.
pub(in crate::ops) struct Coefficients {
    pub(in crate::ops) rows: Rows,
    pub(in crate::ops) groups: usize,
    pub(in crate::ops) mean: Vec<f64>,
    /// 1/√(variance + eps)
    pub(in crate::ops) inverse: Vec<f64>,
    pub(in crate::ops) weight: Option<Vec<f64>>,
    pub(in crate::ops) bias: Option<Vec<f64>>,
}

/// The coefficients in the type of the elements. Forward and backward make them alike, to the bit.
pub(in crate::ops) struct Rounded<T> {
    pub(in crate::ops) mean: Vec<T>,
    pub(in crate::ops) scale: Vec<T>,
    pub(in crate::ops) shift: Vec<T>,
}

impl Coefficients {
    pub(in crate::ops) fn new(
        plan: &Plan<'_>,
        mean: Vec<f64>,
        variance: &[f64],
    ) -> Result<Coefficients> {
        let numbers = |t: Option<&Tensor>| t.map(doubles).transpose();
        Ok(Coefficients {
            rows: plan.rows,
            groups: plan.groups,
            mean,
            inverse: variance
                .iter()
                .map(|v| 1.0 / (v + plan.eps).sqrt())
                .collect(),
            weight: numbers(plan.weight)?,
            bias: numbers(plan.bias)?,
        })
    }

    pub(in crate::ops) fn weight(&self, channel: usize) -> f64 {
        self.weight.as_ref().map_or(1.0, |w| w[channel])
    }

    pub(in crate::ops) fn rounded<T: FloatElement>(&self) -> Rounded<T> {
        let of = |f: &dyn Fn(usize, usize) -> f64| -> Vec<T> {
            let places = 0..self.mean.len();
            places
                .map(|i| <T as Element>::from_f64(f(i, i % self.rows.channels)))
                .collect()
        };
        let scale = |i: usize, c: usize| self.weight(c) * self.inverse[i];
        Rounded {
            mean: of(&|i, _| self.mean[i]),
            scale: of(&scale),
            shift: of(&|i, c| {
                self.bias.as_ref().map_or(0.0, |b| b[c]) - self.mean[i] * scale(i, c)
            }),
        }
    }
}

impl Coefficients {
    /// What the gradient of x has beside its share of that of y: `slope·(x − mean) + constant`, from the sums of the
    /// gradients of y and of their products with the normalised x.
    pub(in crate::ops) fn gradient_terms<T: FloatElement>(
        &self,
        sum: &[f64],
        dot: &[f64],
    ) -> (Vec<T>, Vec<T>) {
        let channels = self.rows.channels;
        let size = (channels / self.groups.max(1)).max(1);
        let count = (self.rows.rows * size) as f64;
        let (mut slope, mut constant) = (Vec::new(), Vec::new());
        for first in (0..self.mean.len()).step_by(size) {
            let group = first..first + size;
            let weighted = |of: &[f64]| -> f64 {
                let terms = group.clone().map(|i| self.weight(i % channels) * of[i]);
                terms.sum::<f64>() / count
            };
            let (mean_gradient, mean_dot) = (weighted(sum), weighted(dot));
            for i in group.clone() {
                let inverse = self.inverse[i];
                slope.push(<T as Element>::from_f64(-inverse * inverse * mean_dot));
                constant.push(<T as Element>::from_f64(-inverse * mean_gradient));
            }
        }
        (slope, constant)
    }
}

pub(in crate::ops) fn doubles(tensor: &Tensor) -> Result<Vec<f64>> {
    tensor.detach().to_dtype(DType::F64)?.to_vec()
}

/// The mean and variance of the groups, for each of their channels; in place of mean and squares of the channels.
pub(in crate::ops) fn join_groups(plan: &Plan<'_>, mean: &mut [f64], squares: &mut [f64]) {
    let size = plan.rows.channels / plan.groups.max(1);
    let count = plan.group_size() as f64;
    let groups = mean
        .chunks_mut(size.max(1))
        .zip(squares.chunks_mut(size.max(1)));
    for (mean, squares) in groups {
        let common = mean.iter().sum::<f64>() / size as f64;
        let within: f64 = squares.iter().sum();
        let between: f64 = mean.iter().map(|m| (m - common) * (m - common)).sum();
        mean.fill(common);
        squares.fill((within + between * plan.rows.rows as f64) / count);
    }
}
