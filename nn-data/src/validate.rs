//! Checks of data before training: each says which sample and what to do.

use nn_core::{DType, Tensor};

use crate::dataset::{Dataset, TargetKind};
use crate::error::{Error, Result};

/// Refuses a label that is not below `classes`.
///
/// # Errors
/// Naming the first such sample.
pub fn labels_in_range(what: &str, labels: &[u32], classes: usize) -> Result<()> {
    match labels.iter().position(|&l| l as usize >= classes) {
        None => Ok(()),
        Some(sample) => Err(Error::data(
            what,
            format!(
                "sample {sample} has label {} but there are {classes} classes",
                labels[sample]
            ),
            match classes {
                0 => "name the classes".to_string(),
                n => format!("labels run from 0 to {}", n - 1),
            },
        )),
    }
}

/// Refuses a data set without samples.
///
/// # Errors
/// If there are none.
pub fn not_empty(data: &dyn Dataset) -> Result<()> {
    if !data.is_empty() {
        return Ok(());
    }
    Err(Error::data(
        data.name(),
        "there are no samples",
        "give a file with at least one row",
    ))
}

/// Refuses labels that all name one class: there is nothing to tell apart.
///
/// # Errors
/// If fewer than two classes occur.
pub fn several_classes(what: &str, labels: &[u32], names: &[String]) -> Result<()> {
    let Some((&first, rest)) = labels.split_first() else {
        return Err(Error::data(
            what,
            "there are no labels",
            "give a file with at least one row",
        ));
    };
    if rest.iter().any(|&l| l != first) {
        return Ok(());
    }
    let name = names
        .get(first as usize)
        .map_or_else(|| first.to_string(), Clone::clone);
    Err(Error::data(
        what,
        format!("all {} samples are of one class, \"{name}\"", labels.len()),
        "training needs samples of two classes or more",
    ))
}

/// Refuses NaN and infinity. `indices[row]` is the sample number used in the message.
///
/// # Errors
/// Naming the first sample and feature.
pub fn finite(
    what: &str,
    inputs: &Tensor,
    indices: &[usize],
    features: Option<&[String]>,
) -> Result<()> {
    refuse(what, inputs, indices, features, |v| !v.is_finite())
}

/// Refuses values that are `wrong`.
fn refuse(
    what: &str,
    inputs: &Tensor,
    indices: &[usize],
    features: Option<&[String]>,
    wrong: impl Fn(f64) -> bool,
) -> Result<()> {
    let position = match inputs.dtype() {
        DType::F32 => inputs
            .as_slice::<f32>()?
            .iter()
            .position(|v| wrong(f64::from(*v))),
        DType::F64 => inputs.as_slice::<f64>()?.iter().position(|v| wrong(*v)),
        _ => None,
    };
    let Some(position) = position else {
        return Ok(());
    };
    let width = inputs.len() / inputs.dims().first().copied().unwrap_or(1).max(1);
    let (row, feature) = (position / width, position % width);
    let value = match inputs.dtype() {
        DType::F32 => f64::from(inputs.as_slice::<f32>()?[position]),
        _ => inputs.as_slice::<f64>()?[position],
    };
    let sample = indices.get(row).copied().unwrap_or(row);
    let column = match features.and_then(|names| names.get(feature)) {
        Some(name) => format!("\"{name}\""),
        None => feature.to_string(),
    };
    Err(Error::data(
        what,
        format!("sample {sample}, feature {column} is {value}"),
        "remove the sample or fill in a number",
    ))
}

/// Everything a data set must satisfy before a network is trained on it: samples, finite inputs and
/// targets, labels in range, two classes or more. Reads every sample once, unless they are
/// [finite](Dataset::is_finite) by their nature and the targets are classes.
///
/// # Errors
/// The first thing found wrong.
///
/// ```
/// use nn_data::{dataset, validate};
///
/// validate::trainable(&dataset::iris()?)?;
/// # Ok::<(), nn_data::Error>(())
/// ```
pub fn trainable(data: &dyn Dataset) -> Result<()> {
    check(data, finite)
}

/// As [`trainable`], but inputs may be missing (NaN), as where an [`Imputer`](crate::transform::Imputer) fills them in.
///
/// # Errors
/// The first thing found wrong.
pub fn trainable_once_filled(data: &dyn Dataset) -> Result<()> {
    check(data, |what, inputs, indices, features| {
        refuse(what, inputs, indices, features, f64::is_infinite)
    })
}

fn check(
    data: &dyn Dataset,
    inputs: impl Fn(&str, &Tensor, &[usize], Option<&[String]>) -> Result<()>,
) -> Result<()> {
    not_empty(data)?;
    match data.target_kind() {
        TargetKind::Classes { names } => {
            let labels = data.class_labels()?.unwrap_or_default();
            labels_in_range(data.name(), &labels, names.len())?;
            several_classes(data.name(), &labels, names)?;
        }
        TargetKind::Regression { .. } => {}
        TargetKind::None => {
            return Err(Error::data(
                data.name(),
                "there are no targets to learn",
                "name the target column or file",
            ));
        }
    }
    if data.is_finite() && data.target_kind().class_names().is_some() {
        return Ok(());
    }
    for first in (0..data.len()).step_by(1024) {
        let indices: Vec<usize> = (first..data.len().min(first + 1024)).collect();
        let batch = data.batch(&indices)?;
        inputs(data.name(), &batch.inputs, &indices, data.feature_names())?;
        if let TargetKind::Regression { names } = data.target_kind() {
            let what = format!("{} (target)", data.name());
            finite(&what, &batch.targets, &indices, Some(names))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{InMemory, Targets};

    fn set(values: Vec<f32>, targets: Targets) -> InMemory {
        let n = values.len() / 2;
        InMemory::new("set", Tensor::from_vec(values, [n, 2]).unwrap(), targets).unwrap()
    }

    fn problem(data: InMemory) -> String {
        trainable(&data).unwrap_err().to_string()
    }

    #[test]
    fn each_kind_of_bad_data_is_named() {
        assert!(problem(set(vec![], Targets::classes(vec![], 2))).contains("no samples"));
        assert!(problem(set(vec![0.0; 4], Targets::None)).contains("no targets"));
        let one = problem(set(vec![0.0; 4], Targets::classes(vec![1, 1], 2)));
        assert_eq!(
            one,
            "set: all 2 samples are of one class, \"1\"; training needs samples of two classes or more"
        );
        let nan = problem(set(
            vec![0.0, 0.0, 0.0, f32::NAN],
            Targets::classes(vec![0, 1], 2),
        ));
        assert_eq!(
            nan,
            "set: sample 1, feature 1 is NaN; remove the sample or fill in a number"
        );
        let infinite = problem(set(
            vec![0.0; 4],
            Targets::regression(vec![1.0, f32::INFINITY], "y"),
        ));
        assert!(
            infinite.contains("(target): sample 1, feature \"y\" is inf"),
            "{infinite}"
        );
        trainable(&set(vec![0.0; 4], Targets::classes(vec![0, 1], 2))).unwrap();
    }

    #[test]
    fn labels_out_of_range() {
        let error = labels_in_range("t", &[0, 3], 3).unwrap_err().to_string();
        assert_eq!(
            error,
            "t: sample 1 has label 3 but there are 3 classes; labels run from 0 to 2"
        );
    }
}
