//! SMOTE: new samples of rare classes between those there are.

use nn_core::kernels::threads::map_long;
use nn_core::{DType, Rng, Tensor};

use super::{PURPOSE, by_class, check_ratio, resample};
use crate::dataset::{Dataset, InMemory, Targets};
use crate::error::{Error, Result};

/// Finding neighbours compares each sample of a class with each other; beyond this many it takes too long.
const MAX_CLASS: usize = 50_000;

/// Synthetic minority oversampling (Chawla et al. 2002): a new sample lies on the line from a sample of a rare class to one
/// of its nearest neighbours of the same class, `x = a + u·(b − a)` with u uniform on \[0, 1).
///
/// Columns must be numbers that may take values in between; mixed tables are refused. Distances are measured in units of
/// each column's deviation in the class, so that no unit of measurement decides who is near.
///
/// ```
/// use nn_data::{Dataset, balance::Smote, dataset};
///
/// let data = dataset::rare(1000, 0.02, 1)?;
/// let balanced = Smote::default().apply(&data)?;
/// assert_eq!(balanced.len(), 2 * 980);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smote {
    /// How many nearest neighbours to draw from; default 5. A class with fewer samples uses those it has.
    pub neighbours: usize,
    /// Samples that each class gets, as a share of those of the most frequent one; default 1.
    pub ratio: f64,
    /// Default 0.
    pub seed: u64,
}

impl Default for Smote {
    fn default() -> Self {
        Smote {
            neighbours: 5,
            ratio: 1.0,
            seed: 0,
        }
    }
}

impl Smote {
    /// The samples of `data` followed by new ones of its rare classes.
    ///
    /// # Errors
    /// If the targets are not classes, samples are not rows of numbers, a column holds two different values only (a
    /// category, between which there is nothing), a class has no samples or too many, a class that needs new samples has
    /// a single one, or the settings are out of range.
    pub fn apply(&self, data: &dyn Dataset) -> Result<InMemory> {
        const WHAT: &str = "SMOTE";
        check_ratio(WHAT, self.ratio)?;
        if self.neighbours == 0 {
            return Err(Error::argument(WHAT, "0 neighbours, it takes 1 or more"));
        }
        let (Some(labels), Some(names)) = (data.class_labels()?, data.target_kind().class_names())
        else {
            return Err(Error::argument(WHAT, "the targets are not classes"));
        };
        let [width] = *data.input_shape() else {
            let problem = format!(
                "samples have the shape {:?}; it draws between rows of numbers, use oversampling or augmentation",
                data.input_shape()
            );
            return Err(Error::argument(WHAT, problem));
        };
        let groups = by_class(WHAT, &labels, names.len())?;
        let everything: Vec<usize> = (0..data.len()).collect();
        let mut values = data
            .batch(&everything)?
            .inputs
            .to_dtype(DType::F32)?
            .to_vec::<f32>()?;
        refuse_categories(data, &values, width)?;

        let wanted = resample::wanted(&groups, self.ratio);
        let mut all_labels = labels;
        for (class, group) in groups.iter().enumerate() {
            let missing = wanted.saturating_sub(group.len());
            if missing > 0 {
                let rows: Vec<&[f32]> = group
                    .iter()
                    .map(|&i| &values[i * width..(i + 1) * width])
                    .collect();
                let new = self.between(&rows, class, &names[class], missing)?;
                values.extend(new);
                all_labels.extend(std::iter::repeat_n(class as u32, missing));
            }
        }
        let inputs = Tensor::from_vec(values, [all_labels.len(), width])?;
        let targets = Targets::Classes {
            labels: all_labels,
            names: names.to_vec(),
        };
        let made = InMemory::new(data.name(), inputs, targets)?;
        match data.feature_names() {
            Some(features) => made.with_feature_names(features.to_vec()),
            None => Ok(made),
        }
    }

    /// `count` new rows between those of one class.
    fn between(&self, rows: &[&[f32]], class: usize, name: &str, count: usize) -> Result<Vec<f32>> {
        if !(2..=MAX_CLASS).contains(&rows.len()) {
            let problem = format!(
                "class \"{name}\" has {} sample(s), it takes 2 to {MAX_CLASS}; use oversampling",
                rows.len()
            );
            return Err(Error::argument("SMOTE", problem));
        }
        let near = neighbours(rows, self.neighbours.min(rows.len() - 1));
        let mut new = Vec::with_capacity(count * rows[0].len());
        for i in 0..count {
            let mut rng = Rng::addressed(self.seed, PURPOSE, 2 + class as u64, i as u64);
            let base = rng.below(rows.len());
            let other = near[base][rng.below(near[base].len())] as usize;
            let share = rng.uniform() as f32;
            new.extend(
                rows[base]
                    .iter()
                    .zip(rows[other])
                    .map(|(&a, &b)| a + share * (b - a)),
            );
        }
        Ok(new)
    }
}

/// The `k` nearest rows of each, the nearest first; of equally near ones the first.
fn neighbours(rows: &[&[f32]], k: usize) -> Vec<Vec<u32>> {
    let scaled = in_deviations(rows);
    let distance =
        |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum() };
    map_long(rows.len(), |row| {
        let mut others: Vec<(f32, u32)> = (0..rows.len())
            .filter(|&other| other != row)
            .map(|other| (distance(&scaled[row], &scaled[other]), other as u32))
            .collect();
        let order = |a: &(f32, u32), b: &(f32, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        others.select_nth_unstable_by(k - 1, order);
        others.truncate(k);
        others.sort_by(order);
        others.into_iter().map(|(_, other)| other).collect()
    })
}

/// Rows with each column divided by its deviation.
fn in_deviations(rows: &[&[f32]]) -> Vec<Vec<f32>> {
    let n = rows.len() as f64;
    let column = |c: usize| rows.iter().map(move |row| f64::from(row[c]));
    let scale: Vec<f32> = (0..rows[0].len())
        .map(|c| {
            let mean = column(c).sum::<f64>() / n;
            let variance = column(c).map(|v| (v - mean).powi(2)).sum::<f64>() / n;
            if variance > 0.0 {
                (1.0 / variance.sqrt()) as f32
            } else {
                1.0
            }
        })
        .collect();
    let divide = |row: &&[f32]| row.iter().zip(&scale).map(|(v, s)| v * s).collect();
    rows.iter().map(divide).collect()
}

/// A column with two different values is yes or no, or one category of several: half of it means nothing.
fn refuse_categories(data: &dyn Dataset, values: &[f32], width: usize) -> Result<()> {
    for column in 0..width {
        let mut cells = values.iter().skip(column).step_by(width);
        let Some(&first) = cells.next() else { continue };
        let Some(&second) = cells.clone().find(|&&v| v != first) else {
            continue;
        };
        if cells.any(|&v| v != first && v != second) {
            continue;
        }
        let name = match data.feature_names().and_then(|names| names.get(column)) {
            Some(name) => format!("\"{name}\""),
            None => column.to_string(),
        };
        let problem = format!(
            "column {name} holds only {first} and {second}, a category, and there is nothing in between to draw; use oversampling or class weights"
        );
        return Err(Error::argument("SMOTE", problem));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::rare;

    fn table(rows: &[(f32, f32, u32)]) -> InMemory {
        let values: Vec<f32> = rows.iter().flat_map(|r| [r.0, r.1]).collect();
        let labels = rows.iter().map(|r| r.2).collect();
        let inputs = Tensor::from_vec(values, [rows.len(), 2]).unwrap();
        InMemory::new("t", inputs, Targets::classes(labels, 2)).unwrap()
    }

    #[test]
    fn new_samples_lie_between_neighbours_of_their_class() {
        // Two far groups of class 1: nothing may be drawn between them with one neighbour each.
        let mut rows: Vec<(f32, f32, u32)> =
            (0..20).map(|i| (i as f32, 0.5 * i as f32, 0)).collect();
        rows.extend([
            (100.0, 7.0, 1),
            (101.0, 7.5, 1),
            (200.0, 3.0, 1),
            (202.0, 3.5, 1),
        ]);
        let smote = Smote {
            neighbours: 1,
            ..Smote::default()
        };
        let made = smote.apply(&table(&rows)).unwrap();
        assert_eq!(made.len(), 40);
        let batch = made.batch(&(24..40).collect::<Vec<_>>()).unwrap();
        assert!(
            batch
                .targets
                .to_vec::<u32>()
                .unwrap()
                .iter()
                .all(|&l| l == 1)
        );
        let mut sides = [0, 0];
        for row in batch.inputs.to_vec::<f32>().unwrap().chunks(2) {
            let near = (100.0..=101.0).contains(&row[0])
                && (row[1] - 7.0 - (row[0] - 100.0) / 2.0).abs() < 1e-4;
            let far = (200.0..=202.0).contains(&row[0])
                && (row[1] - 3.0 - (row[0] - 200.0) / 4.0).abs() < 1e-4;
            assert!(near || far, "{row:?}");
            sides[usize::from(far)] += 1;
        }
        assert!(sides[0] > 0 && sides[1] > 0);
    }

    #[test]
    fn originals_come_first_and_threads_change_nothing() {
        let data = rare(2000, 0.02, 3).unwrap();
        let smote = Smote {
            ratio: 0.5,
            ..Smote::default()
        };
        let inputs = |data: &InMemory, n: usize| {
            let batch = data.batch(&(0..n).collect::<Vec<_>>()).unwrap();
            batch.inputs.to_vec::<f32>().unwrap()
        };
        let made = smote.apply(&data).unwrap();
        assert_eq!(made.len(), 2000 + 940);
        assert_eq!(inputs(&made, 2000), inputs(&data, 2000));
        assert_eq!(made.feature_names(), data.feature_names());
        nn_core::kernels::threads::set_threads(3);
        let again = smote.apply(&data).unwrap();
        assert_eq!(inputs(&again, 2940), inputs(&made, 2940));
    }

    #[test]
    fn what_has_nothing_in_between_is_refused() {
        let error = |rows: &[(f32, f32, u32)]| {
            Smote::default()
                .apply(&table(rows))
                .unwrap_err()
                .to_string()
        };
        let mixed = [
            (0.0, 1.0, 0),
            (1.0, 2.0, 0),
            (0.0, 3.0, 0),
            (1.0, 4.0, 1),
            (0.0, 5.0, 1),
        ];
        assert!(error(&mixed).contains("column 0 holds only 0 and 1, a category"));
        let single = [(0.0, 1.0, 0), (1.0, 2.0, 0), (2.0, 3.0, 0), (3.0, 4.0, 1)];
        assert!(
            error(&single).contains("class \"1\" has 1 sample(s)"),
            "{}",
            error(&single)
        );
        let absent = [(0.0, 1.0, 0), (1.0, 2.0, 0), (2.0, 3.0, 0)];
        assert!(error(&absent).contains("class 1 has no samples"));
        let digits = crate::dataset::digits().unwrap();
        assert!(
            Smote::default()
                .apply(&digits)
                .unwrap_err()
                .to_string()
                .contains("shape [1, 28, 28]")
        );
        let values = crate::dataset::diabetes().unwrap();
        assert!(
            Smote::default()
                .apply(&values)
                .unwrap_err()
                .to_string()
                .contains("not classes")
        );
        let none = Smote {
            neighbours: 0,
            ..Smote::default()
        };
        assert!(none.apply(&table(&single)).is_err());
    }
}
