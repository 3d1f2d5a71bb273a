//! On which columns of a table a network depends.

use nn_core::Tensor;
use nn_data::Dataset;
use nn_data::diagnose::{Shuffling, permutation_importance};
use serde::Serialize;

use super::judged::{Judged, Unit};
use crate::error::Result;
use crate::model::Model;
use crate::opened::Predictions;

/// More inputs than this are not shuffled one by one.
const INPUTS: usize = 256;
/// Samples that are shuffled at the most.
const SAMPLES: usize = 2000;

/// An input and what the error gains when it is shuffled.
#[derive(Clone, Debug, Serialize)]
pub struct Input {
    /// The column; those of one category are one input.
    pub name: String,
    /// Mean rise of the error.
    pub mean: f64,
    /// Its standard deviation over the repeats.
    pub deviation: f64,
}

/// The inputs, the most important first; nothing for pictures and very wide tables.
///
/// # Errors
/// If the samples do not fit the network.
pub fn importance(model: &Model, judged: &Judged, unit: &Unit, seed: u64) -> Result<Vec<Input>> {
    let part = judged.part.first(SAMPLES);
    let &[width] = part.input_shape() else {
        return Ok(Vec::new());
    };
    let groups = grouped(width, part.feature_names());
    if groups.is_empty() || groups.len() > INPUTS {
        return Ok(Vec::new());
    }
    let batch = part.batch(&(0..part.len()).collect::<Vec<_>>())?;
    let columns: Vec<Vec<usize>> = groups.iter().map(|(_, columns)| columns.clone()).collect();
    let shuffling = Shuffling {
        seed,
        ..Shuffling::default()
    };
    let mut predictions = Predictions::of(model, &part)?;
    let score = |inputs: &Tensor| -> Result<f64> {
        predictions.said = model.predict(inputs)?.to_vec::<f32>()?;
        let costs = unit.costs(&model.plan, &predictions);
        Ok(-costs.iter().sum::<f64>() / costs.len().max(1) as f64)
    };
    let found = permutation_importance(&batch.inputs, &columns, &shuffling, score)?;
    let mut inputs: Vec<Input> = groups
        .into_iter()
        .zip(found)
        .map(|((name, _), found)| Input {
            name,
            mean: found.mean,
            deviation: found.deviation,
        })
        .collect();
    inputs.sort_by(|a, b| b.mean.total_cmp(&a.mean));
    Ok(inputs)
}

/// Columns that belong together: those of a category are called `column=level`.
fn grouped(width: usize, names: Option<&[String]>) -> Vec<(String, Vec<usize>)> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for column in 0..width {
        let name = names.and_then(|names| names.get(column).cloned());
        let name = name.unwrap_or_else(|| column.to_string());
        match name.split_once('=') {
            Some((title, _)) => match groups.last_mut() {
                Some((last, columns)) if last == title => columns.push(column),
                _ => groups.push((title.to_string(), vec![column])),
            },
            None => groups.push((name, vec![column])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn levels_of_a_category_are_one_input() {
        let names = ["size", "colour=red", "colour=blue", "kind=a"].map(String::from);
        let groups = grouped(4, Some(&names));
        let expected = [("size", vec![0]), ("colour", vec![1, 2]), ("kind", vec![3])];
        assert_eq!(
            groups,
            expected.map(|(name, columns)| (name.to_string(), columns))
        );
        assert_eq!(grouped(2, None)[1], ("1".to_string(), vec![1]));
    }
}
