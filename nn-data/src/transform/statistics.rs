//! Mean, variance and range of the values of a data set, in one streaming pass.

use nn_core::kernels::float::Float;
use nn_core::{DType, Tensor};
use serde::{Deserialize, Serialize};

use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::transform::Pipeline;
use crate::transform::stream::{Side, Stream};

/// More values than a sample that is scaled value by value can sensibly have.
const MAX_GROUPS: usize = 1 << 28;

/// Which values of a sample share their statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// Each value of a sample has its own: a column of a table, a pixel position.
    #[default]
    Feature,
    /// The first axis of a sample: the channels of an image `[channels, height, width]`.
    Channel,
    /// All values together.
    Global,
}

impl Over {
    /// How many groups the values of a sample form, and how many values each has.
    fn groups(self, shape: &[usize]) -> Result<(usize, usize)> {
        let width = shape
            .iter()
            .try_fold(1usize, |n, &d| n.checked_mul(d))
            .filter(|&w| w > 0);
        let Some(width) = width else {
            return Err(Error::argument(
                "scaling",
                format!("a sample of shape {shape:?} is empty"),
            ));
        };
        Ok(match self {
            Over::Feature => (width, 1),
            Over::Channel if shape.len() > 1 => (shape[0], width / shape[0]),
            Over::Channel => (width, 1),
            Over::Global => (1, width),
        })
    }
}

/// Count, mean, variance, minimum and maximum of each group of values, in f64.
///
/// Batches are merged by the formula of Chan, Golub and LeVeque ("Updating formulae and a pairwise
/// algorithm for computing sample variances", 1979), each batch in two passes, so that data far
/// from zero loses no digits.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    repeat: usize,
    /// Values per group so far.
    count: f64,
    samples: u64,
    mean: Vec<f64>,
    /// Sum of squared distances from the mean.
    squares: Vec<f64>,
    min: Vec<f64>,
    max: Vec<f64>,
}

impl Statistics {
    /// Nothing added yet, for samples of `shape`.
    ///
    /// # Errors
    /// If a sample has no values.
    pub fn new(shape: &[usize], over: Over) -> Result<Self> {
        let (groups, repeat) = over.groups(shape)?;
        if groups > MAX_GROUPS {
            let problem = format!("{groups} values of a sample apart, at most {MAX_GROUPS}");
            return Err(Error::argument("statistics", problem));
        }
        Ok(Statistics {
            repeat,
            count: 0.0,
            samples: 0,
            mean: vec![0.0; groups],
            squares: vec![0.0; groups],
            min: vec![f64::INFINITY; groups],
            max: vec![f64::NEG_INFINITY; groups],
        })
    }

    /// The statistics of a whole data set.
    ///
    /// # Errors
    /// If there are no samples, or a value is NaN or infinite.
    pub fn of(dataset: &dyn Dataset, over: Over) -> Result<Self> {
        let nothing = Pipeline::new();
        Self::of_stream(&Stream::new(dataset, &nothing, Side::Inputs)?, over)
    }

    /// The statistics of a stream.
    pub(crate) fn of_stream(stream: &Stream<'_>, over: Over) -> Result<Self> {
        let mut statistics = Self::new(stream.shape(), over)?;
        stream.each(|block, first| {
            statistics.add(block)?;
            if statistics.mean.iter().any(|m| !m.is_finite()) {
                stream.finite(block, first)?;
            }
            Ok(())
        })?;
        Ok(statistics)
    }

    /// Adds a batch `[batch, …sample shape]`.
    ///
    /// # Errors
    /// If a sample has another number of values.
    pub fn add(&mut self, batch: &Tensor) -> Result<()> {
        let width = self.mean.len() * self.repeat;
        let (samples, shape) = batch
            .dims()
            .split_first()
            .map_or((0, &[][..]), |(n, s)| (*n, s));
        if shape.iter().product::<usize>() != width || batch.rank() == 0 {
            let problem = format!(
                "a batch {:?} does not hold samples of {width} values",
                batch.dims()
            );
            return Err(Error::argument("statistics", problem));
        }
        if samples == 0 {
            return Ok(());
        }
        match batch.dtype() {
            DType::F64 => self.add_values(batch.contiguous()?.as_slice::<f64>()?, samples),
            DType::F32 => self.add_values(batch.contiguous()?.as_slice::<f32>()?, samples),
            _ => self.add_values(batch.to_dtype(DType::F64)?.as_slice::<f64>()?, samples),
        }
        Ok(())
    }

    fn add_values<T: Float>(&mut self, values: &[T], samples: usize) {
        let (groups, repeat) = (self.mean.len(), self.repeat);
        let count = (samples * repeat) as f64;
        let mut mean = vec![0.0; groups];
        let mut squares = vec![0.0; groups];
        if repeat == 1 {
            // A column each: whole rows at a time, so that neighbouring columns are added together.
            for row in values.chunks_exact(groups) {
                for (mean, v) in mean.iter_mut().zip(row) {
                    *mean += v.to_f64();
                }
            }
            mean.iter_mut().for_each(|m| *m /= count);
            for row in values.chunks_exact(groups) {
                for ((square, &mean), v) in squares.iter_mut().zip(&mean).zip(row) {
                    let distance = v.to_f64() - mean;
                    *square += distance * distance;
                }
                for ((min, max), v) in self.min.iter_mut().zip(&mut self.max).zip(row) {
                    widen(min, max, v.to_f64());
                }
            }
        } else {
            each_group(values, groups, repeat, |g, group: &[T]| {
                mean[g] += sum(group, |v| v)
            });
            mean.iter_mut().for_each(|m| *m /= count);
            each_group(values, groups, repeat, |g, group| {
                let center = mean[g];
                squares[g] += sum(group, |v| (v - center) * (v - center));
                let (mut min, mut max) = (self.min[g], self.max[g]);
                group
                    .iter()
                    .for_each(|v| widen(&mut min, &mut max, v.to_f64()));
                (self.min[g], self.max[g]) = (min, max);
            });
        }
        let total = self.count + count;
        for g in 0..groups {
            let distance = mean[g] - self.mean[g];
            self.mean[g] += distance * (count / total);
            self.squares[g] += squares[g] + distance * distance * (self.count * count / total);
        }
        self.count = total;
        self.samples += samples as u64;
    }

    /// Number of samples added.
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Number of values in a sample that share their statistics.
    pub fn repeat(&self) -> usize {
        self.repeat
    }

    /// The mean of each group.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The smallest value of each group.
    pub fn min(&self) -> &[f64] {
        &self.min
    }

    /// The largest value of each group.
    pub fn max(&self) -> &[f64] {
        &self.max
    }

    /// The variance of each group, Σ (x − mean)² / n.
    pub fn variance(&self) -> Vec<f64> {
        self.squares
            .iter()
            .map(|s| {
                if self.count > 0.0 {
                    s / self.count
                } else {
                    0.0
                }
            })
            .collect()
    }

    /// Whether each group is constant as far as rounding lets one tell: its variance is within the
    /// error bound of the algorithm.
    pub fn constant(&self) -> Vec<bool> {
        let n = self.count;
        let bound = |mean: f64, variance: f64| {
            n * f64::EPSILON * variance + (n * mean * f64::EPSILON).powi(2)
        };
        let variance = self.variance();
        self.mean
            .iter()
            .zip(&variance)
            .map(|(&m, &v)| v <= bound(m, v))
            .collect()
    }
}

fn widen(min: &mut f64, max: &mut f64, value: f64) {
    *min = if value < *min { value } else { *min };
    *max = if value > *max { value } else { *max };
}

fn each_group<T>(values: &[T], groups: usize, repeat: usize, mut f: impl FnMut(usize, &[T])) {
    for row in values.chunks_exact(groups * repeat) {
        for (g, group) in row.chunks_exact(repeat).enumerate() {
            f(g, group);
        }
    }
}

/// Σ f(v) in eight interleaved partial sums, whose order does not depend on anything.
fn sum<T: Float>(values: &[T], f: impl Fn(f64) -> f64) -> f64 {
    let (blocks, rest) = values.as_chunks::<8>();
    let mut partial = [0.0f64; 8];
    for block in blocks {
        for (p, v) in partial.iter_mut().zip(block) {
            *p += f(v.to_f64());
        }
    }
    let mut total: f64 = partial.iter().sum();
    for v in rest {
        total += f(v.to_f64());
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn batches_merge_to_the_whole(
            values in prop::collection::vec(-10.0f64..10.0, 24..120),
            cut in 0usize..20,
            shift in prop::sample::select(vec![0.0, 1e6, -1e8]),
        ) {
            let n = values.len() / 6;
            let values: Vec<f64> = values[..n * 6].iter().map(|v| v + shift).collect();
            let cut = cut.min(n);
            let tensor = |v: &[f64]| Tensor::from_slice(v, [v.len() / 6, 2, 3]).unwrap();
            for (over, groups) in [(Over::Feature, 6), (Over::Channel, 2), (Over::Global, 1)] {
                let mut s = Statistics::new(&[2, 3], over).unwrap();
                s.add(&tensor(&values[..cut * 6])).unwrap();
                s.add(&tensor(&values[cut * 6..])).unwrap();
                prop_assert_eq!(s.mean().len(), groups);
                for g in 0..groups {
                    let group: Vec<f64> = (values.iter().enumerate())
                        .filter(|(i, _)| i % 6 / (6 / groups) == g).map(|(_, v)| *v).collect();
                    let count = group.len() as f64;
                    let mean = shift + group.iter().map(|v| v - shift).sum::<f64>() / count;
                    let variance = group.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
                    prop_assert!((s.mean()[g] - mean).abs() <= 1e-14 * mean.abs().max(10.0) * count);
                    prop_assert!((s.variance()[g] - variance).abs() <= 1e-6 * variance.max(1e-3));
                    prop_assert_eq!(s.min()[g], group.iter().copied().fold(f64::INFINITY, f64::min));
                    prop_assert_eq!(s.max()[g], group.iter().copied().fold(f64::NEG_INFINITY, f64::max));
                }
            }
        }
    }

    #[test]
    fn constant_columns_are_known_as_such() {
        let mut s = Statistics::new(&[3], Over::Feature).unwrap();
        for chunk in 0..10 {
            let rows: Vec<f64> = (0..30)
                .flat_map(|i| [0.1, 1e9 / 3.0, f64::from(i + chunk)])
                .collect();
            s.add(&Tensor::from_vec(rows, [30, 3]).unwrap()).unwrap();
        }
        assert_eq!(s.constant(), [true, true, false]);
    }

    #[test]
    fn misfits_are_refused() {
        let mut s = Statistics::new(&[3], Over::Feature).unwrap();
        assert!(s.add(&Tensor::zeros([2, 4], DType::F32).unwrap()).is_err());
        assert!(s.add(&Tensor::scalar(1.0f32).unwrap()).is_err());
        assert!(Statistics::new(&[0], Over::Global).is_err());
    }
}
