//! Randomness that is the same everywhere and can be asked for out of order.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng as _, SeedableRng};

use crate::dtype::for_float;
use crate::{DType, Error, Result, Shape, Tensor};

/// What random numbers are drawn for. Draws for one purpose never disturb those for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// First weights.
    Init,
    /// Order of samples.
    Shuffle,
    /// Splits of a data set.
    Split,
    /// Dropped activations.
    Dropout,
    /// Changes to samples.
    Augment,
    /// Anything else, told apart by a number of the caller's choice.
    Other(u64),
}

impl Purpose {
    fn code(self) -> u64 {
        match self {
            Purpose::Init => 1,
            Purpose::Shuffle => 2,
            Purpose::Split => 3,
            Purpose::Dropout => 4,
            Purpose::Augment => 5,
            Purpose::Other(n) => n.wrapping_add(1 << 32),
        }
    }
}

/// A seeded stream of random numbers: xoshiro256++, the same on every platform and in every version.
///
/// ```
/// use nn_core::{Purpose, Rng};
/// let mut a = Rng::addressed(42, Purpose::Shuffle, 3, 0);
/// let mut b = Rng::addressed(42, Purpose::Shuffle, 3, 0);
/// assert_eq!(a.permutation(10), b.permutation(10));
/// ```
#[derive(Debug, Clone)]
pub struct Rng(Xoshiro256PlusPlus);

/// SplitMix64's finaliser (Steele, Lea and Flood 2014): every input bit reaches every output bit.
fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Rng {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Rng {
        Rng(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// The stream at an address: for one purpose, epoch (or step) and index (of a sample or a draw).
    pub fn addressed(seed: u64, purpose: Purpose, epoch: u64, index: u64) -> Rng {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let parts = [purpose.code(), epoch, index];
        let hash = parts
            .iter()
            .fold(mix(seed.wrapping_add(GOLDEN)), |hash, &part| {
                mix(hash.wrapping_add(GOLDEN) ^ mix(part.wrapping_add(GOLDEN)))
            });
        Rng::new(hash)
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in `[0, 1)`, in steps of 2⁻⁵³.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// A number in `[low, high)`.
    pub fn uniform_range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// A number of the standard normal distribution (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        // 1 − uniform lies in (0, 1], whose logarithm is finite.
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// `true` with probability `p`.
    pub fn bernoulli(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// An integer in `0..n`, each equally likely; 0 if `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        // Lemire 2019: the high half of a product, redrawn in the few cases that would be unfair.
        let n = n as u64;
        let unfair_below = n.wrapping_neg().checked_rem(n).unwrap_or(0);
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            if product as u64 >= unfair_below {
                return (product >> 64) as usize;
            }
        }
    }

    /// Brings the items into a random order, each equally likely (Fisher and Yates 1938).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }

    /// `0..n` in a random order.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        self.shuffle(&mut order);
        order
    }
}

impl Tensor {
    /// Independent numbers of the uniform distribution on `[low, high)`.
    ///
    /// # Errors
    /// [`Error::DType`] unless the type is a float; [`Error::Value`] if a bound is not finite or they are swapped.
    pub fn rand_uniform(
        shape: impl Into<Shape>,
        low: f64,
        high: f64,
        dtype: DType,
        rng: &mut Rng,
    ) -> Result<Tensor> {
        if !(low <= high && low.is_finite() && high.is_finite()) {
            return Err(Error::value(
                "rand_uniform",
                format!("there is no uniform distribution on [{low}, {high})"),
            ));
        }
        let shape = shape.into();
        for_float!("rand_uniform", dtype, T => Tensor::build::<T>(shape, |out| {
            out.fill_with(|| rng.uniform_range(low, high) as T);
        }))
    }

    /// Independent numbers of the normal distribution.
    ///
    /// # Errors
    /// [`Error::DType`] unless the type is a float; [`Error::Value`] if `std` is negative or not finite.
    pub fn rand_normal(
        shape: impl Into<Shape>,
        mean: f64,
        std: f64,
        dtype: DType,
        rng: &mut Rng,
    ) -> Result<Tensor> {
        if !(std >= 0.0 && std.is_finite() && mean.is_finite()) {
            return Err(Error::value(
                "rand_normal",
                format!(
                    "there is no normal distribution with mean {mean} and standard deviation {std}"
                ),
            ));
        }
        let shape = shape.into();
        for_float!("rand_normal", dtype, T => Tensor::build::<T>(shape, |out| {
            out.fill_with(|| (mean + std * rng.normal()) as T);
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_streams_never_change() {
        // Saved runs depend on these numbers.
        let mut rng = Rng::new(0);
        let first: Vec<u64> = (0..3).map(|_| rng.next_u64()).collect();
        let mut addressed = Rng::addressed(42, Purpose::Dropout, 1, 2);
        let known = [
            5_987_356_902_031_041_503,
            7_051_070_477_665_621_255,
            6_633_766_593_972_829_180,
        ];
        assert_eq!(first, known);
        assert_eq!(addressed.next_u64(), 11_671_575_301_040_364_200);
    }

    #[test]
    fn addresses_are_independent() {
        let draw =
            |seed, purpose, epoch, index| Rng::addressed(seed, purpose, epoch, index).next_u64();
        let mut seen = std::collections::HashSet::new();
        for seed in 0..5 {
            for purpose in [
                Purpose::Init,
                Purpose::Shuffle,
                Purpose::Other(0),
                Purpose::Other(1),
            ] {
                for epoch in 0..10 {
                    for index in 0..10 {
                        assert!(seen.insert(draw(seed, purpose, epoch, index)));
                    }
                }
            }
        }
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let mut rng = Rng::new(7);
        let n = 200_000;
        let uniform: Vec<f64> = (0..n).map(|_| rng.uniform()).collect();
        let normal: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let mean = |xs: &[f64]| xs.iter().sum::<f64>() / xs.len() as f64;
        let var = |xs: &[f64]| {
            let center = mean(xs);
            mean(&xs.iter().map(|x| (x - center).powi(2)).collect::<Vec<_>>())
        };
        // Five standard errors.
        assert!((mean(&uniform) - 0.5).abs() < 0.0033);
        assert!((mean(&normal)).abs() < 0.0112);
        assert!((var(&uniform) - 1.0 / 12.0).abs() < 0.001);
        assert!((var(&normal) - 1.0).abs() < 0.016);
    }

    #[test]
    fn below_is_fair_and_permutations_complete() {
        let mut rng = Rng::new(1);
        let mut counts = [0; 6];
        for _ in 0..60_000 {
            counts[rng.below(6)] += 1;
        }
        assert!(
            counts.iter().all(|&c: &i32| (c - 10_000).abs() < 500),
            "{counts:?}"
        );
        assert_eq!(rng.below(0), 0);
        let mut order = rng.permutation(100);
        assert_ne!(order, (0..100).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
    }
}
