//! How much a model depends on each of its inputs: by what its score loses when the input is shuffled.

use nn_core::{DType, Purpose, Rng, Tensor};
use serde::Serialize;

use crate::error::{Error, Result};

/// The draws of this file, apart from all others.
const SHUFFLES: Purpose = Purpose::Other(0x696d_706f_7274);

/// How inputs are shuffled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shuffling {
    /// How often each input is shuffled. Default 5.
    pub repeats: usize,
    /// Seed of the orders. Default 0.
    pub seed: u64,
}

impl Default for Shuffling {
    fn default() -> Self {
        Shuffling {
            repeats: 5,
            seed: 0,
        }
    }
}

/// How much the score depends on an input.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Importance {
    /// The columns that were shuffled together.
    pub columns: Vec<usize>,
    /// Mean loss of score.
    pub mean: f64,
    /// Its standard deviation over the repeats (with the divisor n, as scikit-learn's).
    pub deviation: f64,
    /// The loss of score in each repeat.
    pub drops: Vec<f64>,
}

/// Permutation importance (Breiman 2001; Fisher, Rudin and Dominici 2019): the score on `inputs` `[samples, columns]` minus the score
/// after the values of an input were shuffled among the samples. `score` is any function of inputs of which more is better; `groups`
/// are the columns that make up each input (those of one category belong together). The result is in the order of the groups.
///
/// Two inputs that say the same hide each other: each looks dispensable as long as the other is there. Measured on training samples it
/// shows what the model uses, on others what helps it.
///
/// ```
/// use nn_core::{DType, Tensor};
/// use nn_data::diagnose::{Shuffling, permutation_importance};
///
/// let inputs = Tensor::from_vec(vec![1.0f32, 5.0, 2.0, 6.0, 3.0, 7.0, 4.0, 8.0], [4, 2])?;
/// // A model that looks at the first column alone; minus its squared error is its score.
/// let score = |inputs: &Tensor| -> nn_data::Result<f64> {
///     let said = inputs.to_vec::<f32>()?;
///     Ok(-(0..4).map(|at| (said[2 * at] - (at as f32 + 1.0)).powi(2)).sum::<f32>() as f64)
/// };
/// let found = permutation_importance(&inputs, &[vec![0], vec![1]], &Shuffling::default(), score)?;
/// assert!(found[0].mean > 1.0 && found[1].mean == 0.0);
/// # Ok::<(), nn_data::Error>(())
/// ```
///
/// # Errors
/// If the inputs are not a matrix, a group names a column that is not there, or the score fails.
pub fn permutation_importance<E: From<Error>>(
    inputs: &Tensor,
    groups: &[Vec<usize>],
    shuffling: &Shuffling,
    mut score: impl FnMut(&Tensor) -> Result<f64, E>,
) -> Result<Vec<Importance>, E> {
    let core = |error: nn_core::Error| E::from(Error::Core(error));
    let &[samples, width] = inputs.dims() else {
        let problem = format!("inputs must be [samples, columns], not {:?}", inputs.dims());
        return Err(Error::argument("permutation importance", problem).into());
    };
    if let Some(column) = groups.iter().flatten().find(|&&column| column >= width) {
        let problem = format!("there is no column {column}, the inputs have {width}");
        return Err(Error::argument("permutation importance", problem).into());
    }
    if shuffling.repeats == 0 {
        let problem = "each input must be shuffled at least once";
        return Err(Error::argument("permutation importance", problem).into());
    }
    let inputs = inputs.to_dtype(DType::F32).map_err(core)?;
    let whole = score(&inputs)?;
    let values = inputs.to_vec::<f32>().map_err(core)?;
    let mut shuffled = values.clone();
    let mut found = Vec::with_capacity(groups.len());
    for (at, columns) in groups.iter().enumerate() {
        let mut drops = Vec::with_capacity(shuffling.repeats);
        for repeat in 0..shuffling.repeats {
            let mut rng = Rng::addressed(shuffling.seed, SHUFFLES, repeat as u64, at as u64);
            for (row, from) in rng.permutation(samples).into_iter().enumerate() {
                for &column in columns {
                    shuffled[row * width + column] = values[from * width + column];
                }
            }
            let tensor = Tensor::from_slice(&shuffled, [samples, width]).map_err(core)?;
            drops.push(whole - score(&tensor)?);
        }
        for row in 0..samples {
            for &column in columns {
                shuffled[row * width + column] = values[row * width + column];
            }
        }
        let n = drops.len() as f64;
        let mean = drops.iter().sum::<f64>() / n;
        let squares: f64 = drops.iter().map(|drop| (drop - mean).powi(2)).sum();
        found.push(Importance {
            columns: columns.clone(),
            mean,
            deviation: (squares / n).sqrt(),
            drops,
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// y = 3 x0 + x1 of independent columns, and the model knows it: shuffling x0 costs 2·9 of squared error, x1 2·1, x2 nothing.
    #[test]
    fn linear_models_lose_twice_the_squared_weight() {
        let mut rng = Rng::addressed(1, Purpose::Other(4), 0, 0);
        let values: Vec<f32> = (0..3 * 4000).map(|_| rng.normal() as f32).collect();
        let truth: Vec<f32> = values.chunks(3).map(|row| 3.0 * row[0] + row[1]).collect();
        let inputs = Tensor::from_vec(values, [4000, 3]).unwrap();
        let score = |inputs: &Tensor| -> Result<f64> {
            let rows = inputs.to_vec::<f32>()?;
            let errors = rows.chunks(3).zip(&truth);
            let squares = errors.map(|(row, y)| f64::from(3.0 * row[0] + row[1] - y).powi(2));
            Ok(-squares.sum::<f64>() / 4000.0)
        };
        let groups = [vec![0], vec![1], vec![2], vec![0, 1]];
        let run =
            || permutation_importance(&inputs, &groups, &Shuffling::default(), score).unwrap();
        let found = run();
        for (importance, expected) in found.iter().zip([18.0, 2.0, 0.0, 20.0]) {
            assert!(
                (importance.mean - expected).abs() < 0.08 * expected + 1e-9,
                "{importance:?}"
            );
            assert_eq!(importance.drops.len(), 5);
        }
        assert_eq!(found[2].deviation, 0.0);
        assert_eq!(found, run());
    }

    #[test]
    fn odd_input_is_refused() {
        let inputs = Tensor::zeros([3, 2], DType::F32).unwrap();
        let score = |_: &Tensor| -> Result<f64> { Ok(0.0) };
        let none = Shuffling {
            repeats: 0,
            ..Shuffling::default()
        };
        assert!(permutation_importance(&inputs, &[vec![2]], &Shuffling::default(), score).is_err());
        assert!(permutation_importance(&inputs, &[vec![1]], &none, score).is_err());
        let cube = Tensor::zeros([3, 2, 2], DType::F32).unwrap();
        assert!(permutation_importance(&cube, &[], &none, score).is_err());
    }
}
