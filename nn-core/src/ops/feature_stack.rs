//! Features that grow layer by layer, as in a densely connected network.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::binary::expect_same_type;
use super::norm::plan::{Coefficients, Rounded, doubles, expect_channels};
use super::norm::{BatchStatistics, Moments};
use crate::autograd::{Grads, Recorder, grads};
use crate::dtype::for_float;
use crate::kernels::buffer::Plain;
use crate::kernels::gemm::GemmElement;
use crate::kernels::norm::channel::{Rows, moments};
use crate::kernels::stack::{self as kernel, Columns, Projection, Sums};
use crate::shape::count;
use crate::{Element, Error, FloatElement, Result, Shape, Tensor};

/// The features of a dense block: its input, and what each layer adds along the channels (axis 1).
///
/// `[y₀, y₁, …]` is never joined anew: there is room for all channels from the start, and each
/// [`push`](FeatureStack::push) fills the next ones. A layer that begins with batch normalisation, ReLU and a 1×1
/// convolution of everything so far takes [`norm_relu_project`](FeatureStack::norm_relu_project), which stores nothing
/// of the size of the stack: statistics of a channel are computed once, when it arrives, and normalised values only in
/// the cache, block by block. Pleiss et al. 2017, "Memory-efficient implementation of DenseNets", recompute for the same
/// reason.
///
/// ```
/// use nn_core::{DType, FeatureStack, Tensor};
/// # fn main() -> nn_core::Result<()> {
/// let x = Tensor::from_vec(vec![1.0f32, -1.0, 2.0, 0.0], [1, 1, 2, 2])?;
/// let mut stack = FeatureStack::new(&x, 3)?;
/// let weight = Tensor::ones([2, 1, 1, 1], DType::F32)?;
/// let new = stack.norm_relu_project(None, None, 1e-5, &weight)?;
/// assert_eq!((new.h.dims(), new.statistics.mean.item()?), (&[1, 2, 2, 2][..], 0.5));
/// stack.push(&new.h)?;
/// assert_eq!(stack.finish()?.dims(), [1, 3, 2, 2]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FeatureStack {
    state: Arc<Mutex<State>>,
    /// Stands on the tape for the channels so far; it has no elements, since the gradient is in the state.
    token: Tensor,
    /// That of the whole in the end.
    shape: Shape,
    channels: usize,
    /// Those that came last.
    last: usize,
}

/// What [`FeatureStack::norm_relu_project`] makes.
#[derive(Debug)]
pub struct Projected {
    /// `[N, filters, …]`
    pub h: Tensor,
    /// Those of h, for a batch normalisation that follows.
    pub moments: Moments,
    /// Those of the stack, to be taken up into running ones.
    pub statistics: BatchStatistics,
}

const NAME: &str = "feature stack";

#[derive(Debug)]
struct State {
    /// Channels-last; the channels to come hold any numbers.
    features: Tensor,
    /// Of each channel so far.
    mean: Vec<f64>,
    /// By n.
    variance: Vec<f64>,
    /// Of the features, while going back; `slope·(x − mean) + constant` is still to be added.
    gradient: Option<Tensor>,
    /// A channel, and a copy of the gradient from there up to where the last pass looked.
    last: Option<(usize, Tensor)>,
    slope: Vec<f64>,
    constant: Vec<f64>,
}

type Shared = Arc<Mutex<State>>;

fn lock(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// The gradient of the channels from `at` on that `part` holds, complete.
    fn take(&mut self, at: usize, part: &Tensor) -> Result<Tensor> {
        let channels = part.dims()[1];
        let range = at..at + channels;
        for_float!(NAME, part.dtype(), T => {
            let round = |v: &[f64]| v[range.clone()].iter().map(|&v| T::from_f64(v)).collect::<Vec<T>>();
            let (mean, slope, constant) = (round(&self.mean), round(&self.slope), round(&self.constant));
            let copied = self.last.take().filter(|(start, copy)| (*start, copy.len()) == (at, part.len()));
            let whole = self.arrived()?;
            let gradient = match &copied {
                Some((_, copy)) => (copy.memory::<T>(), channels, 0),
                None => (whole.memory::<T>(), self.features.dims()[1], at),
            };
            let taken = Tensor::build_channels_last::<T>(part.shape().clone(), |out| {
                kernel::take(part.memory::<T>(), gradient, &mean, (&slope, &constant), out);
            })?;
            self.gradient = Some(whole);
            Ok(taken)
        })
    }

    /// What has arrived of the gradient, taken out; zero if nothing has.
    fn arrived(&mut self) -> Result<Tensor> {
        match self.gradient.take() {
            Some(gradient) => Ok(gradient),
            None => for_float!(NAME, self.features.dtype(), T => {
                Tensor::build_like::<T>(&self.features, |out| out.fill(T::from_f64(0.0)))
            }),
        }
    }
}

/// One layer's view of the stack, for the way back.
struct Pass {
    state: Shared,
    coefficients: Coefficients,
    weight: Tensor,
    has: [bool; 2],
    /// Channels that came last before it.
    last: usize,
}

impl FeatureStack {
    /// A stack that begins with the channels of `x` and will have `channels` in the end.
    ///
    /// # Errors
    /// [`Error::Shape`] if `x` is not `[N, C, …]` or has more channels; [`Error::DType`] unless it is of floats;
    /// [`Error::TooLarge`] if memory is exhausted.
    pub fn new(x: &Tensor, channels: usize) -> Result<FeatureStack> {
        let fits = x.rank() >= 2 && x.dims()[1] > 0 && x.dims()[1] <= channels;
        if !fits {
            let problem = format!(
                "input is {}, it must be [N, C, …] with C from 1 to {channels}, the channels in the end",
                x.shape()
            );
            return Err(Error::shape(NAME, problem));
        }
        let mut shape = x.shape().clone();
        shape.dims_mut()[1] = channels;
        let features = for_float!(NAME, x.dtype(), T => {
            Tensor::build_channels_last::<T>(shape.clone(), |_| ())
        })?;
        let state = State {
            features,
            mean: Vec::new(),
            variance: Vec::new(),
            gradient: None,
            last: None,
            slope: vec![0.0; channels],
            constant: vec![0.0; channels],
        };
        let mut stack = FeatureStack {
            state: Arc::new(Mutex::new(state)),
            token: Tensor::zeros([0], x.dtype())?,
            shape,
            channels: 0,
            last: 0,
        };
        stack.push(x)?;
        Ok(stack)
    }

    /// The channels so far.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Adds the channels of `part`, `[N, k, …]`, after those that are there.
    ///
    /// # Errors
    /// [`Error::Shape`] if an axis other than 1 differs or there is no room; [`Error::DType`] if the type differs.
    pub fn push(&mut self, part: &Tensor) -> Result<()> {
        expect_same_type(NAME, &self.token, part)?;
        let (whole, at) = (&self.shape, self.channels);
        let fits = part.rank() == whole.rank()
            && (0..whole.rank()).all(|axis| axis == 1 || part.dims()[axis] == whole[axis])
            && part.dims()[1] <= whole[1] - at;
        if !fits {
            let problem = format!(
                "{} is to be added to {at} of the {} channels of {whole}; only axis 1 may differ",
                part.shape(),
                whole[1]
            );
            return Err(Error::shape(NAME, problem));
        }
        let channels = part.dims()[1];
        let dense = part.to_channels_last()?;
        let rows = self.rows(channels);
        let (mut mean, mut squares) = (vec![0.0; channels], vec![0.0; channels]);
        let mut state = lock(&self.state);
        for_float!(NAME, part.dtype(), T => {
            let part = dense.memory::<T>();
            moments(part, rows, &mut mean, &mut squares);
            kernel::insert(part, channels, state.features.memory_mut::<T>()?, whole[1], at);
            Ok(())
        })?;
        let count = rows.rows.max(1) as f64;
        state.mean.extend(mean);
        state.variance.extend(squares.iter().map(|s| s / count));
        drop(state);

        let recorder = Recorder::of(&[&self.token, part]);
        let token = self.token.detach();
        self.token = recorder.record(NAME, token, || {
            let state = self.state.clone();
            Box::new(move |token, needed| {
                let part = needed[1].then(|| lock(&state).take(at, &dense));
                Ok(grads![token, part.transpose()?])
            })
        })?;
        self.channels += channels;
        self.last = channels;
        Ok(())
    }

    fn rows(&self, channels: usize) -> Rows {
        Rows {
            batches: 1,
            rows: self.shape[0] * count(&self.shape[2..]),
            channels,
        }
    }

    /// `max(0, weight·(y − mean)/√(variance + eps) + bias) · projectionᵀ` of all channels so far: batch normalisation in
    /// training, ReLU, and a 1×1 convolution.
    ///
    /// # Shapes
    /// weight and bias `[C]` for C channels so far, projection `[filters, C, 1…]`; the result `[N, filters, …]`.
    ///
    /// # Errors
    /// [`Error::Shape`] if the shapes do not fit or a channel has only one value; [`Error::DType`] unless all are of
    /// one type; [`Error::Value`] if `eps` is negative.
    pub fn norm_relu_project(
        &self,
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        eps: f64,
        projection: &Tensor,
    ) -> Result<Projected> {
        let channels = self.channels;
        let rows = self.rows(channels);
        self.check(weight, bias, eps, projection)?;
        let state = lock(&self.state);
        let numbers = |t: Option<&Tensor>| t.map(doubles).transpose();
        let coefficients = Coefficients {
            rows,
            groups: channels,
            mean: state.mean.clone(),
            inverse: (state.variance.iter().map(|v| 1.0 / (v + eps).sqrt())).collect(),
            weight: numbers(weight)?,
            bias: numbers(bias)?,
        };
        let statistics = {
            let unbiased = rows.rows as f64 / (rows.rows as f64 - 1.0);
            let variance: Vec<f64> = state.variance.iter().map(|v| v * unbiased).collect();
            let tensor =
                |v: Vec<f64>| Tensor::from_vec(v, [channels])?.to_dtype(self.token.dtype());
            BatchStatistics {
                mean: tensor(state.mean.clone())?,
                variance: tensor(variance)?,
            }
        };
        let filters = projection.dims()[0];
        let matrix = projection.compact()?;
        let mut shape = self.shape.clone();
        shape.dims_mut()[1] = filters;
        let (mut mean, mut squares) = (vec![0.0; filters], vec![0.0; filters]);
        let h = for_float!(NAME, matrix.dtype(), T => {
            let rounded = coefficients.rounded::<T>();
            let projection = project::<T>(self.shape[1], rows, &rounded, &matrix);
            Tensor::build_channels_last::<T>(shape, |h| {
                projection.forward(state.features.memory::<T>(), h, (&mut mean, &mut squares));
            })
        })?;
        drop(state);
        let mut inputs = vec![&self.token, projection];
        inputs.extend(weight);
        inputs.extend(bias);
        let h = Recorder::of(&inputs).record(NAME, h, || {
            let pass = Pass {
                state: self.state.clone(),
                coefficients,
                weight: matrix,
                has: [weight.is_some(), bias.is_some()],
                last: self.last,
            };
            Box::new(move |grad, _| for_float!(NAME, grad.dtype(), T => pass.backward::<T>(&grad)))
        })?;
        let moments = Moments { mean, squares };
        Ok(Projected {
            h,
            moments,
            statistics,
        })
    }

    fn check(
        &self,
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        eps: f64,
        projection: &Tensor,
    ) -> Result<()> {
        let channels = self.channels;
        if !(eps >= 0.0 && eps.is_finite()) {
            let problem = format!("eps = {eps} must be a number of at least 0");
            return Err(Error::value(NAME, problem));
        }
        for coefficient in [weight, bias].into_iter().flatten() {
            expect_same_type(NAME, &self.token, coefficient)?;
            expect_channels(NAME, "weight and bias", coefficient, channels)?;
        }
        expect_same_type(NAME, &self.token, projection)?;
        let fits = projection.rank() >= 2
            && projection.dims()[1] == channels
            && projection.dims()[2..].iter().all(|&k| k == 1);
        if !fits {
            let problem = format!(
                "a projection of {channels} channels is [filters, {channels}, 1…], not {}",
                projection.shape()
            );
            return Err(Error::shape(NAME, problem));
        }
        if self.rows(1).rows < 2 {
            let problem = format!(
                "the stack is {}: each statistic would be of one value, it takes at least 2",
                self.shape
            );
            return Err(Error::shape(NAME, problem));
        }
        Ok(())
    }

    /// All channels, `[N, C, …]`.
    ///
    /// # Errors
    /// [`Error::Shape`] if channels are still missing.
    pub fn finish(self) -> Result<Tensor> {
        if self.channels != self.shape[1] {
            let (here, whole) = (self.channels, self.shape[1]);
            let problem = format!("{here} of {whole} channels are there");
            return Err(Error::shape(NAME, problem));
        }
        let features = lock(&self.state).features.clone();
        let token = self.token.detach();
        Recorder::of(&[&self.token]).record(NAME, features, || {
            Box::new(move |grad, _| {
                lock(&self.state).gradient = Some(grad.to_channels_last()?);
                Ok(grads![token])
            })
        })
    }
}

fn project<'a, T: FloatElement + GemmElement + Plain>(
    pitch: usize,
    rows: Rows,
    rounded: &'a Rounded<T>,
    matrix: &'a Tensor,
) -> Projection<'a, T> {
    Projection {
        columns: Columns {
            rows: rows.rows,
            pitch,
            channels: rows.channels,
        },
        mean: &rounded.mean,
        scale: &rounded.scale,
        shift: &rounded.shift,
        weight: matrix.data::<T>(),
        filters: matrix.dims()[0],
    }
}

impl Pass {
    fn backward<T: FloatElement + GemmElement + Plain>(self, grad: &Tensor) -> Result<Grads> {
        let channels = self.coefficients.rows.channels;
        let dh = grad.to_channels_last()?;
        let rounded = self.coefficients.rounded::<T>();
        let (mut sum, mut dot) = (vec![0.0; channels], vec![0.0; channels]);
        let mut state = lock(&self.state);
        let projection = project::<T>(
            state.features.dims()[1],
            self.coefficients.rows,
            &rounded,
            &self.weight,
        );
        let mut gradient = state.arrived()?;
        let mut done = None;
        let memory = gradient.memory_mut::<T>()?;
        let rows = self.coefficients.rows.rows;
        let mut last = Tensor::build::<T>([rows, self.last], |_| ())?;
        let copy = last.memory_mut::<T>()?;
        let weight = Tensor::build::<T>(self.weight.shape().clone(), |weight| {
            let sums = Sums {
                weight,
                sum: &mut sum,
                dot: &mut dot,
                last: copy,
            };
            done =
                projection.backward(state.features.memory::<T>(), dh.memory::<T>(), memory, sums);
        })?;
        done.ok_or_else(|| Error::TooLarge {
            problem: "there is no memory for the gradient of a projection".into(),
        })?;
        state.gradient = Some(gradient);
        state.last = Some((channels - self.last, last));
        // From x − mean to the normalised x.
        for (dot, inverse) in dot.iter_mut().zip(&self.coefficients.inverse) {
            *dot *= inverse;
        }
        let (slope, constant) = self.coefficients.gradient_terms::<f64>(&sum, &dot);
        let add = |to: &mut [f64], more: &[f64]| to.iter_mut().zip(more).for_each(|(t, m)| *t += m);
        add(&mut state.slope, &slope);
        add(&mut state.constant, &constant);
        drop(state);
        let by_channel = |of: &[f64]| {
            let of = of.iter().map(|&v| <T as Element>::from_f64(v));
            Tensor::from_vec(of.collect::<Vec<T>>(), [channels])
        };
        let mut all = grads![Tensor::zeros([0], grad.dtype())?, weight];
        if self.has[0] {
            all.push(Some(by_channel(&dot)?));
        }
        if self.has[1] {
            all.push(Some(by_channel(&sum)?));
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests;
