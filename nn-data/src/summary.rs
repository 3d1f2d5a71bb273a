//! What is in a data set, at a glance.

use std::fmt;

use nn_core::DType;
use serde::{Deserialize, Serialize};

use crate::dataset::{Dataset, TargetKind};
use crate::error::Result;

/// Classes listed one by one in the drawing.
const MAX_LISTED: usize = 40;
/// A smallest class with less than this share of the largest is worth a warning.
const IMBALANCE: f64 = 0.1;

/// What is in a data set, and what looks wrong with it.
///
/// ```
/// let summary = nn_data::Summary::of(&nn_data::dataset::iris()?)?;
/// assert_eq!(summary.samples, 150);
/// assert!(summary.warnings.is_empty());
/// println!("{summary}");
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// What the data set is called.
    pub name: String,
    /// Number of samples.
    pub samples: usize,
    /// Shape of one sample.
    pub input_shape: Vec<usize>,
    /// Smallest, mean and largest of all finite input values, where there are any.
    pub inputs: Option<Range>,
    /// Number of inputs that are NaN or infinite.
    pub not_finite: u64,
    /// Inputs that have the same value in every sample, by position.
    pub constant_features: Vec<usize>,
    /// What is to be predicted.
    pub target: TargetSummary,
    /// What looks wrong, each a sentence.
    pub warnings: Vec<String>,
}

/// Smallest, mean and largest of some numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// The smallest.
    pub min: f64,
    /// The mean.
    pub mean: f64,
    /// The largest.
    pub max: f64,
}

/// What is to be predicted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetSummary {
    /// Classes and how many samples each has.
    Classes(Vec<(String, usize)>),
    /// Outputs and the range of each.
    Regression(Vec<(String, Option<Range>)>),
    /// Nothing.
    None,
}

/// Collects smallest, mean and largest.
#[derive(Clone, Copy)]
struct Extent {
    min: f64,
    max: f64,
    sum: f64,
    count: u64,
}

impl Extent {
    const EMPTY: Extent = Extent {
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
        sum: 0.0,
        count: 0,
    };

    /// Adds a value; false where it is NaN or infinite.
    fn add(&mut self, value: f64) -> bool {
        if value.is_finite() {
            self.min = self.min.min(value);
            self.max = self.max.max(value);
            self.sum += value;
            self.count += 1;
        }
        value.is_finite()
    }

    fn range(&self) -> Option<Range> {
        let mean = self.sum / self.count as f64;
        (self.count > 0).then_some(Range {
            min: self.min,
            mean,
            max: self.max,
        })
    }
}

impl Summary {
    /// Reads every sample once.
    ///
    /// # Errors
    /// If a sample cannot be read. Bad values are counted and reported, not refused.
    pub fn of(data: &dyn Dataset) -> Result<Self> {
        // Without samples there is nothing to collect, however large a sample would be.
        let width: usize = if data.is_empty() {
            0
        } else {
            data.input_shape().iter().product()
        };
        let outputs = match data.target_kind() {
            TargetKind::Regression { names } => names.len(),
            _ => 0,
        };
        let mut inputs = vec![Extent::EMPTY; width];
        let mut targets = vec![Extent::EMPTY; outputs];
        let (mut not_finite, mut bad_targets) = (0, 0);
        let all: Vec<usize> = (0..data.len()).collect();
        for indices in all.chunks(1024) {
            let batch = data.batch(indices)?;
            let values = batch.inputs.to_dtype(DType::F64)?;
            not_finite += collect(&mut inputs, values.contiguous()?.as_slice::<f64>()?);
            if outputs > 0 {
                let values = batch.targets.to_dtype(DType::F64)?;
                bad_targets += collect(&mut targets, values.contiguous()?.as_slice::<f64>()?);
            }
        }
        let constant_features = match data.len() {
            0 | 1 => Vec::new(),
            _ => (0..width)
                .filter(|&i| inputs[i].count > 0 && inputs[i].min == inputs[i].max)
                .collect(),
        };
        let mut whole = Extent::EMPTY;
        for extent in &inputs {
            whole.min = whole.min.min(extent.min);
            whole.max = whole.max.max(extent.max);
            whole.sum += extent.sum;
            whole.count += extent.count;
        }
        let target = match data.target_kind() {
            TargetKind::Classes { names } => {
                let mut counts: Vec<(String, usize)> =
                    names.iter().map(|name| (name.clone(), 0)).collect();
                for label in data.class_labels()?.unwrap_or_default() {
                    if let Some((_, count)) = counts.get_mut(label as usize) {
                        *count += 1;
                    }
                }
                TargetSummary::Classes(counts)
            }
            TargetKind::Regression { names } => {
                let ranges = targets.iter().map(Extent::range);
                TargetSummary::Regression(names.iter().cloned().zip(ranges).collect())
            }
            TargetKind::None => TargetSummary::None,
        };
        let mut summary = Summary {
            name: data.name().to_string(),
            samples: data.len(),
            input_shape: data.input_shape().to_vec(),
            inputs: whole.range(),
            not_finite,
            constant_features,
            target,
            warnings: Vec::new(),
        };
        summary.warnings = summary.find_warnings(bad_targets);
        Ok(summary)
    }

    fn find_warnings(&self, bad_targets: u64) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.samples == 0 {
            warnings.push("There are no samples.".to_string());
            return warnings;
        }
        if self.not_finite > 0 {
            warnings.push(format!("{} inputs are NaN or infinite.", self.not_finite));
        }
        if bad_targets > 0 {
            warnings.push(format!("{bad_targets} targets are NaN or infinite."));
        }
        if let TargetSummary::Classes(counts) = &self.target {
            let present: Vec<&(String, usize)> = counts.iter().filter(|c| c.1 > 0).collect();
            let absent: Vec<&str> = counts
                .iter()
                .filter(|c| c.1 == 0)
                .map(|c| c.0.as_str())
                .collect();
            if let [(name, _)] = present[..] {
                warnings.push(format!("All samples are of one class, \"{name}\"."));
            } else if !absent.is_empty() {
                let shown = absent
                    .iter()
                    .take(5)
                    .copied()
                    .collect::<Vec<_>>()
                    .join(", ");
                let more = if absent.len() > 5 { ", …" } else { "" };
                let are = if absent.len() == 1 {
                    "class has"
                } else {
                    "classes have"
                };
                warnings.push(format!("{} {are} no sample: {shown}{more}.", absent.len()));
            }
            let least = present.iter().min_by_key(|c| c.1);
            let most = present.iter().max_by_key(|c| c.1);
            if let (Some((least, few)), Some((most, many))) = (least, most)
                && (*few as f64) < IMBALANCE * *many as f64
            {
                warnings.push(format!(
                    "The classes are uneven: \"{most}\" has {many} samples, \"{least}\" has {few}; accuracy alone would mislead."
                ));
            }
        }
        if let TargetSummary::Regression(outputs) = &self.target {
            for (name, range) in outputs {
                if range.is_some_and(|r| r.min == r.max) && self.samples > 1 {
                    warnings.push(format!("The target \"{name}\" is the same in all samples."));
                }
            }
        }
        // Empty margins are usual in images and nothing to warn of.
        let constant = self.constant_features.len();
        if self.input_shape.len() == 1 && constant > 0 {
            let what = if constant == 1 {
                "input is"
            } else {
                "inputs are"
            };
            warnings.push(format!("{constant} {what} the same in all samples."));
        }
        warnings
    }
}

fn collect(extents: &mut [Extent], values: &[f64]) -> u64 {
    let mut bad = 0;
    for row in values.chunks_exact(extents.len().max(1)) {
        for (extent, &value) in extents.iter_mut().zip(row) {
            bad += u64::from(!extent.add(value));
        }
    }
    bad
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Range { min, mean, max } = self;
        write!(f, "{min:.4} to {max:.4}, mean {mean:.4}")
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<String> = self.input_shape.iter().map(ToString::to_string).collect();
        writeln!(
            f,
            "{}: {} samples of {}",
            self.name,
            self.samples,
            sizes.join("×")
        )?;
        if let Some(range) = &self.inputs {
            writeln!(f, "  inputs   {range}")?;
        }
        match &self.target {
            TargetSummary::None => writeln!(f, "  targets  none")?,
            TargetSummary::Regression(outputs) => {
                for (name, range) in outputs {
                    match range {
                        Some(range) => writeln!(f, "  target   {name}: {range}")?,
                        None => writeln!(f, "  target   {name}: no values")?,
                    }
                }
            }
            TargetSummary::Classes(counts) => {
                writeln!(f, "  classes  {}", counts.len())?;
                let name = |c: &(String, usize)| c.0.chars().count();
                let width = counts.iter().take(MAX_LISTED).map(name).max().unwrap_or(0);
                let largest = counts.iter().map(|c| c.1).max().unwrap_or(0).max(1);
                for (name, count) in counts.iter().take(MAX_LISTED) {
                    let bar = "█".repeat((count * 30).div_ceil(largest));
                    writeln!(f, "    {name:width$} {count:>8}  {bar}")?;
                }
                if counts.len() > MAX_LISTED {
                    writeln!(f, "    … and {} more", counts.len() - MAX_LISTED)?;
                }
            }
        }
        self.warnings
            .iter()
            .try_for_each(|warning| writeln!(f, "  ! {warning}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{self, InMemory, Targets};
    use nn_core::Tensor;

    #[test]
    fn counts_and_ranges() {
        let summary = Summary::of(&dataset::digits().unwrap()).unwrap();
        assert_eq!(
            (summary.samples, &summary.input_shape[..]),
            (10_000, &[1, 28, 28][..])
        );
        let range = summary.inputs.unwrap();
        assert_eq!((range.min, range.max), (0.0, 255.0));
        let TargetSummary::Classes(counts) = &summary.target else {
            panic!("{summary:?}")
        };
        assert_eq!(counts[1], ("1".to_string(), 1127));
        assert_eq!(summary.warnings, [""; 0]);
        assert!(
            summary
                .to_string()
                .starts_with("digits: 10000 samples of 1×28×28\n")
        );
        let summary = Summary::of(&dataset::diabetes().unwrap()).unwrap();
        let TargetSummary::Regression(outputs) = &summary.target else {
            panic!("{summary:?}")
        };
        assert_eq!(outputs[0].1.unwrap().max, 346.0);
    }

    #[test]
    fn what_looks_wrong_is_said() {
        let nan = f32::NAN;
        let inputs = Tensor::from_vec(vec![1.0f32, 5.0, nan, 5.0, 2.0, 5.0], [3, 2]).unwrap();
        let data = InMemory::new("t", inputs.clone(), Targets::classes(vec![1, 1, 1], 2)).unwrap();
        let summary = Summary::of(&data).unwrap();
        assert_eq!(
            (summary.not_finite, &summary.constant_features[..]),
            (1, &[1][..])
        );
        assert_eq!(
            summary.warnings,
            [
                "1 inputs are NaN or infinite.",
                "All samples are of one class, \"1\".",
                "1 input is the same in all samples."
            ]
        );
        let data = InMemory::new("t", inputs, Targets::regression(vec![1.0; 3], "y")).unwrap();
        let summary = Summary::of(&data).unwrap();
        assert!(
            summary
                .warnings
                .contains(&"The target \"y\" is the same in all samples.".into())
        );
        let none = Tensor::zeros([0, 2], DType::F32).unwrap();
        let summary = Summary::of(&InMemory::new("t", none, Targets::None).unwrap()).unwrap();
        assert_eq!(summary.warnings, ["There are no samples."]);
        let mut labels = vec![0; 100];
        labels[7] = 2;
        let inputs = Tensor::zeros([100, 1], DType::F32).unwrap();
        let data = InMemory::new("t", inputs, Targets::classes(labels, 3)).unwrap();
        let warnings = Summary::of(&data).unwrap().warnings.join("\n");
        assert!(warnings.contains("1 class has no sample: 1."), "{warnings}");
        assert!(
            warnings.contains("\"0\" has 99 samples, \"2\" has 1"),
            "{warnings}"
        );
    }
}
