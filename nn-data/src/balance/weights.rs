//! Weights that make classes count alike.

use super::by_class;
use crate::error::Result;

/// n / (k·n_c) for each of k classes with n_c of n samples: the weights of a class's samples add up to n / k. The same as
/// scikit-learn's `class_weight="balanced"`.
///
/// # Errors
/// If a label is not below `classes` or a class has no samples.
///
/// ```
/// let weights = nn_data::balance::balanced_weights(&[0, 0, 0, 1], 2)?;
/// assert_eq!(weights, [4.0 / 6.0, 2.0]);
/// # Ok::<(), nn_data::Error>(())
/// ```
pub fn balanced_weights(labels: &[u32], classes: usize) -> Result<Vec<f64>> {
    let groups = by_class("class weights", labels, classes)?;
    let (samples, classes) = (labels.len() as f64, classes as f64);
    let weight = |group: &Vec<usize>| samples / (classes * group.len() as f64);
    Ok(groups.iter().map(weight).collect())
}

/// The weight of each sample's class; balanced if no `class_weights` are given.
///
/// # Errors
/// If a label has no weight, or a class no samples where weights are to be balanced.
pub fn sample_weights(
    labels: &[u32],
    classes: usize,
    class_weights: Option<&[f64]>,
) -> Result<Vec<f64>> {
    let balanced;
    let weights = match class_weights {
        Some(weights) => {
            super::super::validate::labels_in_range("class weights", labels, weights.len())?;
            weights
        }
        None => {
            balanced = balanced_weights(labels, classes)?;
            &balanced
        }
    };
    Ok(labels
        .iter()
        .map(|&label| weights[label as usize])
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_weigh_the_same_together() {
        let labels = [0u32, 1, 1, 2, 2, 2];
        let weights = balanced_weights(&labels, 3).unwrap();
        // scikit-learn's compute_class_weight("balanced").
        assert_eq!(weights, [2.0, 1.0, 2.0 / 3.0]);
        let each = sample_weights(&labels, 3, None).unwrap();
        assert!((each.iter().sum::<f64>() - 6.0).abs() < 1e-12);
        assert_eq!(
            sample_weights(&labels, 3, Some(&[1.0, 2.0, 3.0])).unwrap(),
            [1.0, 2.0, 2.0, 3.0, 3.0, 3.0]
        );
        assert!(sample_weights(&labels, 3, Some(&[1.0, 2.0])).is_err());
        let error = balanced_weights(&labels, 4).unwrap_err().to_string();
        assert!(error.contains("class 3 has no samples"), "{error}");
        assert!(balanced_weights(&labels, 2).is_err());
        assert!(balanced_weights(&[], 0).is_err());
    }
}
