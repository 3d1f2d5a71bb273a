//! Samples drawn with a chance in proportion to their weights, anew in each epoch.

use std::sync::Arc;

use nn_core::{Purpose, Rng};

use crate::error::{Error, Result};

/// Draws the samples of an epoch by weight, as PyTorch's `WeightedRandomSampler` does. For a
/// [`Loader`](crate::Loader::sampler); with [`sample_weights`](super::sample_weights) batches hold all classes alike.
///
/// ```
/// use nn_data::balance::WeightedSampler;
///
/// let sampler = WeightedSampler::new(&[0.0, 1.0, 3.0], 8, true)?;
/// let drawn = sampler.draw(1, 0);
/// assert_eq!(drawn.len(), 8);
/// assert!(!drawn.contains(&0));
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedSampler {
    /// Sums of the weights up to and with each sample.
    sums: Arc<[f64]>,
    samples: usize,
    replacement: bool,
}

impl WeightedSampler {
    /// Draws `samples` samples an epoch, with replacement or without.
    ///
    /// # Errors
    /// If a weight is negative or not finite, all are 0, or fewer samples have a weight than are drawn without replacement.
    pub fn new(weights: &[f64], samples: usize, replacement: bool) -> Result<Self> {
        let wrong = |problem: String| Err(Error::argument("weighted sampler", problem));
        if let Some(at) = weights.iter().position(|w| !(w.is_finite() && *w >= 0.0)) {
            let weight = weights[at];
            return wrong(format!(
                "sample {at} has the weight {weight}, it must be 0 or above"
            ));
        }
        let mut sum = 0.0;
        let sums: Arc<[f64]> = weights
            .iter()
            .map(|w| {
                sum += w;
                sum
            })
            .collect();
        if !(sum > 0.0 && sum.is_finite()) {
            return wrong(format!(
                "the weights add up to {sum}, it must be a number above 0"
            ));
        }
        let possible = weights.iter().filter(|w| **w > 0.0).count();
        if samples == 0 || (!replacement && samples > possible) {
            return wrong(format!(
                "{samples} samples were asked of {possible} that have a weight"
            ));
        }
        Ok(WeightedSampler {
            sums,
            samples,
            replacement,
        })
    }

    /// Number of samples in an epoch.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// Number of samples that it draws from.
    pub fn population(&self) -> usize {
        self.sums.len()
    }

    /// The samples of an epoch, a function of the seed and its number.
    pub fn draw(&self, seed: u64, epoch: u64) -> Vec<usize> {
        let mut rng = Rng::addressed(seed, Purpose::Shuffle, epoch, 1);
        match self.replacement {
            true => (0..self.samples).map(|_| self.one(&mut rng)).collect(),
            false => self.without_replacement(&mut rng),
        }
    }

    fn one(&self, rng: &mut Rng) -> usize {
        let total = self.sums[self.sums.len() - 1];
        let at = rng.uniform() * total;
        // Rounding may bring the product up to the total itself.
        let found = self.sums.partition_point(|&sum| sum <= at);
        if found < self.sums.len() {
            return found;
        }
        self.sums.partition_point(|&sum| sum < total)
    }

    /// The samples with the largest keys u^(1/w), u uniform: drawn one after the other in proportion to what is left
    /// (Efraimidis and Spirakis 2006).
    fn without_replacement(&self, rng: &mut Rng) -> Vec<usize> {
        let mut before = 0.0;
        let mut keys: Vec<(f64, usize)> = Vec::with_capacity(self.sums.len());
        for (sample, &sum) in self.sums.iter().enumerate() {
            let (weight, u) = (sum - before, 1.0 - rng.uniform());
            before = sum;
            if weight > 0.0 {
                // The order of ln(u) / w is that of the keys.
                keys.push((u.ln() / weight, sample));
            }
        }
        keys.sort_by(|a, b| b.0.total_cmp(&a.0));
        keys.truncate(self.samples);
        keys.into_iter().map(|(_, sample)| sample).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_in_proportion_to_their_weights() {
        let weights = [1.0, 0.0, 3.0, 6.0];
        let sampler = WeightedSampler::new(&weights, 20_000, true).unwrap();
        let drawn = sampler.draw(3, 0);
        for (sample, weight) in weights.iter().enumerate() {
            let count = drawn.iter().filter(|&&d| d == sample).count() as f64;
            assert!(
                (count / 20_000.0 - weight / 10.0).abs() < 0.015,
                "{sample}: {count}"
            );
        }
        assert_eq!(drawn, sampler.draw(3, 0));
        assert_ne!(drawn, sampler.draw(3, 1));
        assert_ne!(drawn, sampler.draw(4, 0));
    }

    #[test]
    fn without_replacement_none_comes_twice() {
        let weights = [1.0, 0.0, 2.0, 1.0, 100.0];
        let sampler = WeightedSampler::new(&weights, 3, false).unwrap();
        let mut first = 0;
        for epoch in 0..500 {
            let drawn = sampler.draw(1, epoch);
            first += usize::from(drawn[0] == 4);
            let mut distinct = drawn.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(distinct.len(), 3);
            assert!(!drawn.contains(&1));
        }
        assert!(
            (first as f64 / 500.0 - 100.0 / 104.0).abs() < 0.03,
            "{first}"
        );
    }

    #[test]
    fn misuse_is_refused() {
        for weights in [
            &[][..],
            &[0.0],
            &[-1.0, 2.0],
            &[f64::NAN],
            &[f64::INFINITY],
            &[f64::MAX; 2],
        ] {
            assert!(
                WeightedSampler::new(weights, 1, true).is_err(),
                "{weights:?}"
            );
        }
        assert!(WeightedSampler::new(&[1.0, 0.0], 2, false).is_err());
        assert!(WeightedSampler::new(&[1.0], 0, true).is_err());
        assert!(WeightedSampler::new(&[1.0], 5, true).is_ok());
    }
}
