//! NumPy arrays as a data set.

use std::path::Path;

use nn_core::{DType, Tensor, store};

use super::{InMemory, Targets};
use crate::error::{Error, Place, Result};

/// More classes than this in a label file is taken for a mistake.
const MAX_CLASSES: u32 = 1_000_000;

/// Loads inputs, and targets where given, from `.npy` files.
///
/// The first axis of both is the samples. Targets of an integer type are classes (`[samples]` or
/// `[samples, 1]`, named by their number), targets of a float type are regression outputs
/// (`[samples]` or `[samples, outputs]`).
///
/// # Errors
/// If a file cannot be read, the numbers of samples differ, a label is negative, or the targets have
/// another shape.
pub fn load_npy(inputs: impl AsRef<Path>, targets: Option<&Path>) -> Result<InMemory> {
    let path = inputs.as_ref();
    let inputs = store::npy::load(path)?;
    let targets = match targets {
        None => Targets::None,
        Some(path) => read_targets(path, &store::npy::load(path)?)?,
    };
    InMemory::new(path.display().to_string(), inputs, targets)
}

fn read_targets(path: &Path, tensor: &Tensor) -> Result<Targets> {
    let outputs = match tensor.dims() {
        [_] => 1,
        [_, outputs] => *outputs,
        shape => {
            let problem =
                format!("the array is {shape:?}, targets are [samples] or [samples, outputs]");
            return Err(Error::file(path, Place::Whole, problem, "reshape it"));
        }
    };
    if tensor.dtype().is_float() {
        let values = tensor.to_dtype(DType::F32)?.to_vec::<f32>()?;
        let names = match outputs {
            1 => vec!["target".to_string()],
            n => (0..n).map(|i| format!("target {i}")).collect(),
        };
        return Ok(Targets::Regression { values, names });
    }
    if outputs != 1 {
        let problem = format!("{outputs} whole numbers per sample, a class is one");
        return Err(Error::file(
            path,
            Place::Whole,
            problem,
            "give one label per sample",
        ));
    }
    let mut labels = Vec::with_capacity(tensor.len());
    for (sample, label) in tensor
        .to_dtype(DType::I64)?
        .to_vec::<i64>()?
        .into_iter()
        .enumerate()
    {
        match u32::try_from(label).ok().filter(|&l| l < MAX_CLASSES) {
            Some(label) => labels.push(label),
            None => {
                let place = Place::Sample(sample as u64);
                let problem = format!("label {label} is not a class number");
                return Err(Error::file(
                    path,
                    place,
                    problem,
                    "number the classes from 0",
                ));
            }
        }
    }
    let classes = labels.iter().max().map_or(0, |&m| m as usize + 1);
    Ok(Targets::classes(labels, classes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Dataset, TargetKind};

    fn save(folder: &Path, name: &str, tensor: &Tensor) -> std::path::PathBuf {
        let path = folder.join(name);
        store::npy::save(&path, tensor).unwrap();
        path
    }

    #[test]
    fn classes_regression_or_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let inputs = Tensor::from_vec(vec![1.0f32, 2.0, 3.0, 4.0], [2, 2]).unwrap();
        let x = save(folder.path(), "x.npy", &inputs);
        assert_eq!(load_npy(&x, None).unwrap().target_kind(), &TargetKind::None);

        let labels = save(
            folder.path(),
            "l.npy",
            &Tensor::from_vec(vec![2i64, 0], [2]).unwrap(),
        );
        let data = load_npy(&x, Some(&labels)).unwrap();
        assert_eq!(data.target_kind().outputs(), 3);
        assert_eq!(data.class_labels().unwrap().unwrap(), [2, 0]);

        let y = save(
            folder.path(),
            "y.npy",
            &Tensor::from_vec(vec![0.5f64, 1.5], [2, 1]).unwrap(),
        );
        let batch = load_npy(&x, Some(&y)).unwrap().batch(&[1]).unwrap();
        assert_eq!(batch.targets.to_vec::<f32>().unwrap(), [1.5]);
    }

    #[test]
    fn wrong_targets_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let x = save(
            folder.path(),
            "x.npy",
            &Tensor::zeros([2, 2], DType::F32).unwrap(),
        );
        let bad = save(
            folder.path(),
            "b.npy",
            &Tensor::from_vec(vec![0i64, -1], [2]).unwrap(),
        );
        let error = load_npy(&x, Some(&bad)).unwrap_err().to_string();
        assert!(
            error.contains("sample 1: label -1 is not a class number"),
            "{error}"
        );
        let short = save(
            folder.path(),
            "s.npy",
            &Tensor::from_vec(vec![0i64], [1]).unwrap(),
        );
        let error = load_npy(&x, Some(&short)).unwrap_err().to_string();
        assert!(error.contains("2 inputs but 1 labels"), "{error}");
        assert!(load_npy(folder.path().join("none.npy"), None).is_err());
    }
}
