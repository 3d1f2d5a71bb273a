//! How far truth and predictions agree beyond what chance or a frequent class would give: balanced accuracy, Matthews'
//! correlation, Cohen's κ.

use serde::{Deserialize, Serialize};

use super::{ConfusionMatrix, quotient};

/// What a mistake weighs in Cohen's κ, by how far the classes lie apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KappaWeights {
    /// All mistakes the same.
    #[default]
    None,
    /// |i − j|: for classes in an order.
    Linear,
    /// (i − j)².
    Quadratic,
}

impl ConfusionMatrix {
    /// The mean recall of the classes that occur in the truth. 0 before the first sample.
    pub fn balanced_accuracy(&self) -> f64 {
        let support = self.truth_counts();
        let mut sum = 0.0;
        for (truth, predicted, count) in self.cells() {
            if truth == predicted {
                sum += count as f64 / support[truth] as f64;
            }
        }
        let occurring = support.iter().filter(|&&n| n > 0).count();
        quotient(sum, occurring as f64).0
    }

    /// Matthews' correlation of several classes, (c·s − Σ pₖtₖ) / √((s² − Σ pₖ²)(s² − Σ tₖ²)) with c right of s samples, pₖ
    /// predictions of class k and tₖ samples of it (Gorodkin 2004). 0 where truth or predictions are all of one class.
    pub fn mcc(&self) -> f64 {
        let (truth, predicted) = (self.truth_counts(), self.predicted_counts());
        let sum = |a: &[u64], b: &[u64]| -> f64 {
            a.iter().zip(b).map(|(&a, &b)| a as f64 * b as f64).sum()
        };
        let samples = self.total() as f64;
        let agreement = self.correct() as f64 * samples - sum(&truth, &predicted);
        let spread = |counts: &[u64]| samples * samples - sum(counts, counts);
        quotient(agreement, spread(&truth).sqrt() * spread(&predicted).sqrt()).0
    }

    /// Cohen's κ = 1 − Σ wᵢⱼ·oᵢⱼ / Σ wᵢⱼ·eᵢⱼ with the observed counts o and those e that independence would give
    /// (Cohen 1960, 1968). 0 where no mistake could be expected, as where everything is of one class.
    pub fn cohen_kappa(&self, weights: KappaWeights) -> f64 {
        let (truth, predicted) = (self.truth_counts(), self.predicted_counts());
        let total = self.total() as f64;
        let weight = |i: usize, j: usize| match weights {
            KappaWeights::None => f64::from(u8::from(i != j)),
            KappaWeights::Linear => i.abs_diff(j) as f64,
            KappaWeights::Quadratic => (i.abs_diff(j) as f64).powi(2),
        };
        let observed: f64 = self
            .cells()
            .map(|(t, p, count)| weight(t, p) * count as f64)
            .sum();
        let expected = expected(&truth, &predicted, weights) / total;
        match expected > 0.0 {
            true => 1.0 - observed / expected,
            false => 0.0,
        }
    }
}

/// Σᵢⱼ wᵢⱼ·tᵢ·pⱼ in time that grows with the classes, not with their square.
fn expected(truth: &[u64], predicted: &[u64], weights: KappaWeights) -> f64 {
    // With moments of p so far from the left, each class i costs one step: Σ p, Σ j·p, Σ j²·p.
    let moments = |counts: &[u64]| {
        counts
            .iter()
            .enumerate()
            .fold([0.0; 3], |[n, s, q], (j, &count)| {
                let (j, count) = (j as f64, count as f64);
                [n + count, s + j * count, q + j * j * count]
            })
    };
    let [n, s, q] = moments(predicted);
    let (mut below, mut below_sum) = (0.0, 0.0);
    let mut sum = 0.0;
    for (i, (&t, &p)) in truth.iter().zip(predicted).enumerate() {
        let (i, t, p) = (i as f64, t as f64, p as f64);
        sum += t * match weights {
            KappaWeights::None => n - p,
            KappaWeights::Linear => {
                let above = (s - below_sum) - i * (n - below);
                i * below - below_sum + above
            }
            KappaWeights::Quadratic => i * i * n - 2.0 * i * s + q,
        };
        below += p;
        below_sum += i * p;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_definitions(pairs in prop::collection::vec((0usize..5, 0usize..5), 1..50)) {
            let (truth, said): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
            let mut matrix = ConfusionMatrix::with_classes(5).unwrap();
            matrix.add(&truth, &said).unwrap();
            let n = pairs.len() as f64;
            let share = |list: &[usize], c: usize| list.iter().filter(|&&x| x == c).count() as f64 / n;
            for weights in [KappaWeights::None, KappaWeights::Linear, KappaWeights::Quadratic] {
                let weight = |i: usize, j: usize| {
                    let apart = i as f64 - j as f64;
                    match weights {
                        KappaWeights::None => f64::from(u8::from(i != j)),
                        KappaWeights::Linear => apart.abs(),
                        KappaWeights::Quadratic => apart * apart,
                    }
                };
                let observed: f64 = pairs.iter().map(|&(t, p)| weight(t, p)).sum::<f64>() / n;
                let mut by_chance = 0.0;
                for i in 0..5 {
                    for j in 0..5 {
                        by_chance += weight(i, j) * share(&truth, i) * share(&said, j);
                    }
                }
                let kappa = if by_chance > 0.0 { 1.0 - observed / by_chance } else { 0.0 };
                prop_assert!((matrix.cohen_kappa(weights) - kappa).abs() < 1e-9);
            }
            // The correlation of the indicator variables of all classes together.
            let dot = |a: &[usize], b: &[usize]| -> f64 {
                let agree = a.iter().zip(b).filter(|(x, y)| x == y).count() as f64 / n;
                agree - (0..5).map(|c| share(a, c) * share(b, c)).sum::<f64>()
            };
            let spread = (dot(&truth, &truth) * dot(&said, &said)).sqrt();
            let mcc = if spread > 0.0 { dot(&truth, &said) / spread } else { 0.0 };
            prop_assert!((matrix.mcc() - mcc).abs() < 1e-9);
        }

        #[test]
        fn two_classes_are_the_same_either_way(pairs in prop::collection::vec((0usize..2, 0usize..2), 1..40)) {
            let (truth, said): (Vec<usize>, Vec<usize>) = pairs.into_iter().unzip();
            let mut matrix = ConfusionMatrix::with_classes(2).unwrap();
            matrix.add(&truth, &said).unwrap();
            let counts = crate::metrics::BinaryCounts::one_against_rest(&matrix, 1).unwrap();
            prop_assert!((counts.mcc() - matrix.mcc()).abs() < 1e-12);
            prop_assert!((counts.cohen_kappa() - matrix.cohen_kappa(KappaWeights::None)).abs() < 1e-12);
            prop_assert!((counts.balanced_accuracy() - matrix.balanced_accuracy()).abs() < 1e-12);
        }
    }
}
