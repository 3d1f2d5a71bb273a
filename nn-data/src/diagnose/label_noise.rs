//! Labels that may be wrong: where the model disagrees with confidence.

use serde::Serialize;

use super::errors::check;
use crate::error::Result;

/// A label that may be wrong.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suspect {
    /// The sample's place in what was judged.
    pub sample: usize,
    /// The class it is labelled with.
    pub given: usize,
    /// The class it looks like.
    pub suggested: usize,
    /// Probability of the label.
    pub given_probability: f64,
    /// Probability of the class suggested.
    pub suggested_probability: f64,
}

/// Which labels of a data set may be wrong, and how many.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelNoise {
    /// The candidates, the clearest first: by the margin `p(suggested) − p(given)`.
    pub suspects: Vec<Suspect>,
    /// For each class, the mean probability of it among the samples that have it as their label.
    pub thresholds: Vec<f64>,
    /// The estimated share of wrong labels.
    pub share: f64,
}

/// Finds candidates by confident learning (Northcutt, Jiang and Chuang 2021).
///
/// With t_j the mean of p_j over the samples labelled j, a sample counts confidently as class j if p_j ≥ t_j; of several the likeliest
/// counts. It is a candidate where that class is not its label. Thresholds per class make up for classes of which the model is more
/// sure than of others. The share is estimated as in the paper, each class's candidates scaled up to all samples of the label.
///
/// `probabilities` `[samples, classes]` must come from a model that has not learnt from these samples (validation, test, or folds): a
/// network that knows the labels by heart disagrees with none.
///
/// ```
/// use nn_data::diagnose::label_noise;
/// let said = [0.9, 0.1, 0.8, 0.2, 0.2, 0.8, 0.1, 0.9];
/// let noise = label_noise(&said, 2, &[0, 0, 1, 0])?; // the last looks like class 1
/// assert_eq!((noise.suspects[0].sample, noise.suspects[0].suggested), (3, 1));
/// # Ok::<(), nn_data::Error>(())
/// ```
///
/// # Errors
/// If the numbers of probabilities, classes and labels do not fit, or a probability is not finite.
pub fn label_noise(probabilities: &[f32], classes: usize, labels: &[u32]) -> Result<LabelNoise> {
    check(probabilities, classes, labels)?;
    let mut thresholds = vec![0.0_f64; classes];
    let mut counts = vec![0_usize; classes];
    let rows = || probabilities.chunks_exact(classes).zip(labels);
    for (row, &label) in rows() {
        thresholds[label as usize] += f64::from(row[label as usize]);
        counts[label as usize] += 1;
    }
    for (threshold, &count) in thresholds.iter_mut().zip(&counts) {
        // No sample can count as a class that no label names.
        *threshold = if count > 0 {
            *threshold / count as f64
        } else {
            f64::INFINITY
        };
    }
    let mut suspects = Vec::new();
    // Of each label: samples that count confidently as it, and as another.
    let (mut own, mut other) = (vec![0_usize; classes], vec![0_usize; classes]);
    for (sample, (row, &label)) in rows().enumerate() {
        let label = label as usize;
        let confident = (0..classes).filter(|&class| f64::from(row[class]) >= thresholds[class]);
        // The first of equal ones.
        let best =
            confident.reduce(|best, class| if row[class] > row[best] { class } else { best });
        match best {
            Some(class) if class != label => {
                other[label] += 1;
                suspects.push(Suspect {
                    sample,
                    given: label,
                    suggested: class,
                    given_probability: f64::from(row[label]),
                    suggested_probability: f64::from(row[class]),
                });
            }
            Some(_) => own[label] += 1,
            None => {}
        }
    }
    let margin = |suspect: &Suspect| suspect.suggested_probability - suspect.given_probability;
    suspects.sort_by(|a, b| {
        margin(b)
            .total_cmp(&margin(a))
            .then(a.sample.cmp(&b.sample))
    });
    let wrong: f64 = (0..classes)
        .filter(|&class| own[class] + other[class] > 0)
        .map(|class| {
            counts[class] as f64 * other[class] as f64 / (own[class] + other[class]) as f64
        })
        .sum();
    for threshold in &mut thresholds {
        if !threshold.is_finite() {
            *threshold = 0.0;
        }
    }
    Ok(LabelNoise {
        suspects,
        thresholds,
        share: wrong / labels.len().max(1) as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn_core::{Purpose, Rng};

    #[test]
    fn thresholds_are_of_each_class() {
        // Of class 1 the model is never sure: 0.4 is much for it.
        let said = [0.9, 0.1, 0.95, 0.05, 0.6, 0.4, 0.65, 0.35, 0.62, 0.38];
        let noise = label_noise(&said, 2, &[0, 0, 1, 1, 0]).unwrap();
        assert!((noise.thresholds[0] - 2.47 / 3.0).abs() < 1e-6);
        assert!((noise.thresholds[1] - 0.375).abs() < 1e-6);
        let found: Vec<_> = noise
            .suspects
            .iter()
            .map(|s| (s.sample, s.suggested))
            .collect();
        assert_eq!(found, [(4, 1)]);
        // Of label 0: two count as 0, one as 1; of label 1 one counts as 1, and one as nothing.
        assert!((noise.share - 1.0 / 5.0).abs() < 1e-12);
    }

    #[test]
    fn flipped_labels_are_found() {
        let mut rng = Rng::addressed(5, Purpose::Other(3), 0, 0);
        let (mut said, mut labels, mut flipped) = (Vec::new(), Vec::new(), Vec::new());
        for sample in 0..2000 {
            let class = rng.below(4);
            let mut row: Vec<f64> = (0..4).map(|_| 3.0 * rng.uniform()).collect();
            row[class] += 12.0 * rng.uniform().sqrt();
            let sum: f64 = row.iter().sum();
            said.extend(row.iter().map(|p| (p / sum) as f32));
            if rng.bernoulli(0.1) {
                flipped.push(sample);
                labels.push(((class + 1 + rng.below(3)) % 4) as u32);
            } else {
                labels.push(class as u32);
            }
        }
        let noise = label_noise(&said, 4, &labels).unwrap();
        let right = |list: &[Suspect]| {
            list.iter()
                .filter(|s| flipped.binary_search(&s.sample).is_ok())
                .count() as f64
        };
        let all = right(&noise.suspects);
        assert!(
            all / flipped.len() as f64 > 0.7,
            "{all} of {} found",
            flipped.len()
        );
        assert!(
            right(&noise.suspects[..100]) > 97.0,
            "the clearest come first"
        );
        assert!((noise.share - 0.1).abs() < 0.03, "{}", noise.share);
    }

    #[test]
    fn odd_input() {
        assert_eq!(label_noise(&[], 3, &[]).unwrap().suspects, []);
        assert!(label_noise(&[0.5, f32::NAN], 2, &[0]).is_err());
        assert!(label_noise(&[0.5, 0.5], 2, &[2]).is_err());
        assert!(label_noise(&[0.5, 0.5], 0, &[]).is_err());
    }
}
