//! Signs that validation does not see what the world will be like.

use serde::Serialize;

use super::Estimate;
use crate::dataset::{Dataset, TargetKind};
use crate::error::Result;
use crate::split::shared_samples;

/// Samples read at once.
const CHUNK: usize = 1024;
/// So many samples of validation must have a copy before that is a sign of anything, and at least this share.
const COPIES: usize = 3;
const SHARE: f64 = 0.02;
/// A column tells the target when, on its own, it leaves at most this share of the error of a guess: for classes, and for numbers.
const TELLING_CLASSES: f64 = 0.02;
const TELLING_VALUES: f64 = 0.002;
/// Columns and samples that are looked at for that.
const COLUMNS: usize = 2000;
const SAMPLES: usize = 5000;
/// With fewer samples a column may tell the target by chance.
const LEAST: usize = 30;

/// A sign that information leaks into training that will be missing when the model is used.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Leak {
    /// Samples of validation are in training, too.
    Copies {
        /// How many.
        samples: usize,
        /// Of so many.
        of: usize,
        /// The error on the others, where that has been measured.
        others: Option<Estimate>,
    },
    /// One column predicts the target (nearly) perfectly on its own.
    Column {
        /// Its name, or its number counted from 0.
        name: String,
        /// The share of a guess's error that it leaves.
        left: f64,
    },
}

/// Looks for [`Leak`]s between a training and a validation part: copies, and for tables columns that tell the target on their own
/// (by the nearest other training sample in that column alone; the first 5000 samples and 2000 columns are compared).
///
/// Copies are no sign where the columns take so few values that equal rows are to be expected.
///
/// # Errors
/// If a sample cannot be read.
pub fn leaks(train: &dyn Dataset, validation: &dyn Dataset) -> Result<Vec<Leak>> {
    let mut found = Vec::new();
    let copies = shared_samples(train, validation)?;
    let table = match train.input_shape() {
        [columns] if *columns > 0 => Some(Columns::of(train)?),
        _ => None,
    };
    let enough = copies.len() >= COPIES && copies.len() as f64 >= SHARE * validation.len() as f64;
    if enough && table.as_ref().is_none_or(|table| !table.repeats()) {
        found.push(Leak::Copies {
            samples: copies.len(),
            of: validation.len(),
            others: None,
        });
    }
    if let Some(table) = table.filter(|table| table.width() > 1) {
        found.extend(table.telling(train.feature_names()));
    }
    Ok(found)
}

/// Calls `take` with the place, inputs and targets of each of the first `count` samples; the class is the one target of a classifier.
fn each_row(
    data: &dyn Dataset,
    count: usize,
    mut take: impl FnMut(usize, &[f32], &[f32]),
) -> Result<()> {
    let width: usize = data.input_shape().iter().product();
    let indices: Vec<usize> = (0..count.min(data.len())).collect();
    for chunk in indices.chunks(CHUNK) {
        let batch = data.batch(chunk)?;
        let inputs = match batch.inputs.dtype() {
            nn_core::DType::F32 => batch.inputs.contiguous()?,
            _ => batch.inputs.to_dtype(nn_core::DType::F32)?,
        };
        let targets = match batch.targets.dtype() {
            nn_core::DType::F32 => batch.targets.contiguous()?,
            _ => batch.targets.to_dtype(nn_core::DType::F32)?,
        };
        let (inputs, targets) = (inputs.as_slice::<f32>()?, targets.as_slice::<f32>()?);
        let outputs = targets.len() / chunk.len();
        for (row, &at) in chunk.iter().enumerate() {
            let target = &targets[row * outputs..(row + 1) * outputs];
            take(at, &inputs[row * width..(row + 1) * width], target);
        }
    }
    Ok(())
}

/// The columns of a table, those of them that are looked at.
struct Columns {
    columns: Vec<Vec<f32>>,
    /// The class, or the first target.
    target: Vec<f32>,
    /// 0 for a target of numbers.
    classes: usize,
}

impl Columns {
    fn of(data: &dyn Dataset) -> Result<Columns> {
        let width = data.input_shape().iter().product::<usize>().min(COLUMNS);
        let classes = match data.target_kind() {
            TargetKind::Classes { names } => names.len(),
            _ => 0,
        };
        let mut columns = vec![Vec::new(); width];
        let mut target = Vec::new();
        each_row(data, SAMPLES, |_, row, targets| {
            columns
                .iter_mut()
                .zip(row)
                .for_each(|(column, value)| column.push(*value));
            target.extend(targets.first());
        })?;
        Ok(Columns {
            columns,
            target,
            classes,
        })
    }

    fn width(&self) -> usize {
        self.columns.len()
    }

    /// Whether the columns take so few values that samples must repeat.
    fn repeats(&self) -> bool {
        let distinct = |column: &Vec<f32>| {
            let mut values = column.clone();
            values.sort_by(f32::total_cmp);
            values.dedup();
            values.len().max(1)
        };
        let samples = self.target.len().max(1);
        let distinct: Vec<usize> = self.columns.iter().map(distinct).collect();
        // Measured values hardly occur twice, however few columns there are.
        let coarse = distinct.iter().all(|&count| count <= samples / 2);
        let combinations: f64 = distinct.iter().map(|&count| (count as f64).log10()).sum();
        coarse && combinations < (samples as f64).log10() + 2.0
    }

    fn telling(&self, names: Option<&[String]>) -> Vec<Leak> {
        let samples = self.target.len();
        let in_range = |&class: &f32| self.classes == 0 || (class as usize) < self.classes;
        let targets = samples == self.columns.first().map_or(0, Vec::len);
        if samples < LEAST || !targets || !self.target.iter().all(in_range) {
            return Vec::new();
        }
        let limit = if self.classes > 0 {
            TELLING_CLASSES
        } else {
            TELLING_VALUES
        };
        let columns = self.columns.iter().enumerate();
        columns
            .filter_map(|(at, column)| {
                let left = self.left(column)?;
                (left <= limit).then(|| Leak::Column {
                    name: names
                        .and_then(|names| names.get(at).cloned())
                        .unwrap_or_else(|| at.to_string()),
                    left,
                })
            })
            .collect()
    }

    /// The share of a guess's error that is left when the target is predicted from the nearest other samples in one column.
    fn left(&self, column: &[f32]) -> Option<f64> {
        let mut order: Vec<usize> = (0..column.len()).collect();
        order.sort_by(|&a, &b| column[a].total_cmp(&column[b]).then(a.cmp(&b)));
        // Runs of equal values: the places in `order` where each begins.
        let mut begins: Vec<usize> = (0..order.len())
            .filter(|&at| at == 0 || column[order[at]] != column[order[at - 1]])
            .collect();
        if begins.len() < 2 {
            return None;
        }
        begins.push(order.len());
        let run = |at: usize| &order[begins[at]..begins[at + 1]];
        let runs = begins.len() - 1;
        let nearest = |at: usize| {
            let value = |at: usize| column[run(at)[0]];
            match (at > 0, at + 1 < runs) {
                (true, true) if value(at) - value(at - 1) <= value(at + 1) - value(at) => at - 1,
                (true, false) => at - 1,
                _ => at + 1,
            }
        };
        if self.classes > 0 {
            self.left_of_classes(runs, run, nearest)
        } else {
            self.left_of_values(runs, run, nearest)
        }
    }

    fn left_of_classes<'a>(
        &self,
        runs: usize,
        run: impl Fn(usize) -> &'a [usize],
        nearest: impl Fn(usize) -> usize,
    ) -> Option<f64> {
        let class = |sample: usize| self.target[sample] as usize;
        let mut totals = vec![0_usize; self.classes];
        let mut counts = vec![0_usize; self.classes];
        (0..self.target.len()).for_each(|sample| totals[class(sample)] += 1);
        let guess = self.target.len() - totals.iter().max()?;
        let mut wrong = 0;
        for at in 0..runs {
            let here = run(at);
            let from = if here.len() > 1 {
                here
            } else {
                run(nearest(at))
            };
            from.iter().for_each(|&sample| counts[class(sample)] += 1);
            for &sample in here {
                let own = class(sample);
                let others = counts[own] - usize::from(here.len() > 1);
                let beaten = from.iter().any(|&other| {
                    let other = class(other);
                    other != own && counts[other] >= others.max(1)
                });
                wrong += usize::from(others == 0 || beaten);
            }
            from.iter().for_each(|&sample| counts[class(sample)] = 0);
        }
        (guess > 0).then(|| wrong as f64 / guess as f64)
    }

    fn left_of_values<'a>(
        &self,
        runs: usize,
        run: impl Fn(usize) -> &'a [usize],
        nearest: impl Fn(usize) -> usize,
    ) -> Option<f64> {
        let value = |sample: usize| f64::from(self.target[sample]);
        let sum = |samples: &[usize]| samples.iter().map(|&sample| value(sample)).sum::<f64>();
        let mean =
            self.target.iter().map(|&v| f64::from(v)).sum::<f64>() / self.target.len() as f64;
        let spread: f64 = self
            .target
            .iter()
            .map(|&v| (f64::from(v) - mean).powi(2))
            .sum();
        let mut squares = 0.0;
        for at in 0..runs {
            let here = run(at);
            let total = sum(here);
            for &sample in here {
                let said = if here.len() > 1 {
                    (total - value(sample)) / (here.len() - 1) as f64
                } else {
                    let from = run(nearest(at));
                    sum(from) / from.len() as f64
                };
                squares += (said - value(sample)).powi(2);
            }
        }
        (spread > 0.0).then(|| squares / spread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{InMemory, Targets};
    use nn_core::{Purpose, Rng, Tensor};

    fn table(rows: usize, width: usize, seed: u64, targets: impl Fn(&[f32]) -> f32) -> InMemory {
        let mut rng = Rng::addressed(seed, Purpose::Other(1), 0, 0);
        let values: Vec<f32> = (0..rows * width).map(|_| rng.normal() as f32).collect();
        let truth = values.chunks(width).map(targets).collect();
        let inputs = Tensor::from_vec(values, [rows, width]).unwrap();
        InMemory::new("t", inputs, Targets::regression(truth, "y")).unwrap()
    }

    fn classes(data: &InMemory) -> InMemory {
        let Targets::Regression { values, .. } = data.targets() else {
            panic!("numbers");
        };
        let labels = values.iter().map(|&v| u32::from(v > 0.0)).collect();
        InMemory::new("t", data.inputs().clone(), Targets::classes(labels, 2)).unwrap()
    }

    #[test]
    fn a_column_that_tells_the_target_is_named() {
        let sum = |row: &[f32]| row[0] + row[1] + row[2];
        let third = |row: &[f32]| 1.8 * row[2] + 32.0;
        let other = table(60, 3, 2, sum);
        assert_eq!(leaks(&table(400, 3, 1, sum), &other).unwrap(), []);
        let found = leaks(&table(400, 3, 1, third), &other).unwrap();
        assert!(
            matches!(&found[..], [Leak::Column { name, left }] if name == "2" && *left < 0.002),
            "{found:?}"
        );
        // For classes: a column on whose two sides the classes lie.
        let found = leaks(&classes(&table(400, 3, 1, |row| row[1])), &other).unwrap();
        assert!(
            matches!(&found[..], [Leak::Column { name, .. }] if name == "1"),
            "{found:?}"
        );
        assert_eq!(leaks(&classes(&table(400, 3, 1, sum)), &other).unwrap(), []);
    }

    #[test]
    fn numbers_of_samples_tell_nothing() {
        // Each value once, in an order that has nothing to do with the class.
        let values: Vec<f32> = (0..200).flat_map(|i| [i as f32, 1.0]).collect();
        let labels = (0..200).map(|i| (i / 2 % 2) as u32).collect();
        let inputs = Tensor::from_vec(values, [200, 2]).unwrap();
        let data = InMemory::new("t", inputs, Targets::classes(labels, 2)).unwrap();
        assert_eq!(leaks(&data, &data.clone()).unwrap().len(), 1, "only copies");
    }

    #[test]
    fn copies_count_unless_rows_must_repeat() {
        let sum = |row: &[f32]| row[0] + row[1];
        let train = table(300, 2, 1, sum);
        let part = crate::Subset::new(std::sync::Arc::new(train.clone()), vec![7, 0, 250]).unwrap();
        assert_eq!(shared_samples(&train, &part).unwrap(), [0, 1, 2]);
        assert!(
            shared_samples(&train, &table(50, 2, 9, sum))
                .unwrap()
                .is_empty()
        );
        assert!(matches!(
            leaks(&train, &part).unwrap()[..],
            [Leak::Copies {
                samples: 3,
                of: 3,
                ..
            }]
        ));

        let bits: Vec<f32> = (0..400).map(|i| (i / 3 % 2) as f32).collect();
        let labels = (0..100).map(|i| i % 2).collect();
        let inputs = Tensor::from_vec(bits, [100, 4]).unwrap();
        let coarse = InMemory::new("t", inputs, Targets::classes(labels, 2)).unwrap();
        assert_eq!(leaks(&coarse, &coarse.clone()).unwrap(), []);
    }
}
