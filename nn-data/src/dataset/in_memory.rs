//! A data set held as one tensor of inputs, in the type it was stored in.

use std::sync::Arc;

use nn_core::{DType, Tensor};

use super::{Dataset, TargetKind, gather};
use crate::batch::Batch;
use crate::error::{Error, Result};

/// The targets of an [`InMemory`] data set.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Targets {
    /// One class per sample, numbered from 0.
    Classes {
        /// The class of each sample.
        labels: Vec<u32>,
        /// The name of each class.
        names: Vec<String>,
    },
    /// `names.len()` real numbers per sample, sample after sample.
    Regression {
        /// The values, row-major `[samples, outputs]`.
        values: Vec<f32>,
        /// The name of each output.
        names: Vec<String>,
    },
    /// No targets.
    None,
}

impl Targets {
    /// Classes named by their number: "0", "1", …
    pub fn classes(labels: Vec<u32>, classes: usize) -> Self {
        Targets::Classes {
            labels,
            names: (0..classes).map(|c| c.to_string()).collect(),
        }
    }

    /// One real number per sample.
    pub fn regression(values: Vec<f32>, name: impl Into<String>) -> Self {
        Targets::Regression {
            values,
            names: vec![name.into()],
        }
    }
}

/// A data set held in memory.
///
/// Images stay u8 (MNIST's 60 000 take 47 MB, not 188 MB) and become f32 batch by batch. Cloning is
/// cheap: clones share the samples.
///
/// ```
/// use nn_core::Tensor;
/// use nn_data::{Dataset, InMemory, dataset::Targets};
///
/// let inputs = Tensor::from_vec(vec![0u8, 255, 128, 64], [2, 2])?;
/// let data = InMemory::new("pixels", inputs, Targets::classes(vec![1, 0], 2))?;
/// let batch = data.batch(&[1])?;
/// assert_eq!(batch.inputs.to_vec::<f32>()?, [128.0, 64.0]);
/// assert_eq!(batch.targets.to_vec::<u32>()?, [0]);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct InMemory {
    name: Arc<str>,
    inputs: Tensor,
    shape: Vec<usize>,
    dtype: DType,
    targets: Arc<Targets>,
    kind: TargetKind,
    features: Option<Arc<[String]>>,
}

impl InMemory {
    /// A data set of `inputs` `[samples, …sample shape]` and their targets.
    ///
    /// Inputs of u8, f32 and f64 are handed out as f32, u32 and i64 (tokens) as they are; see
    /// [`with_input_dtype`](Self::with_input_dtype).
    ///
    /// # Errors
    /// If inputs are a scalar, the numbers of inputs and targets differ, or a label is not below the
    /// number of class names.
    pub fn new(name: impl Into<String>, inputs: Tensor, targets: Targets) -> Result<Self> {
        let name = name.into();
        if inputs.rank() == 0 {
            return Err(Error::data(
                name,
                "the inputs are a single number",
                "give an array whose first axis is the samples",
            ));
        }
        let samples = inputs.dims()[0];
        let width = inputs.dims()[1..]
            .iter()
            .try_fold(1usize, |n, &d| n.checked_mul(d));
        if width.is_none() {
            // Possible where there are no samples, which take no memory whatever their shape.
            let problem = format!(
                "a sample of shape {:?} is beyond counting",
                &inputs.dims()[1..]
            );
            return Err(Error::data(
                name,
                problem,
                "check where the file comes from",
            ));
        }
        let kind = match &targets {
            Targets::Classes { labels, names } => {
                same_number(&name, samples, labels.len(), "labels")?;
                crate::validate::labels_in_range(&name, labels, names.len())?;
                TargetKind::Classes {
                    names: names.clone(),
                }
            }
            Targets::Regression { values, names } => {
                if names.is_empty() {
                    return Err(Error::argument(
                        "targets",
                        "regression needs at least one output",
                    ));
                }
                if samples.checked_mul(names.len()) != Some(values.len()) {
                    let problem = format!(
                        "{} target values for {samples} samples with {} outputs each",
                        values.len(),
                        names.len()
                    );
                    return Err(Error::data(
                        name,
                        problem,
                        "give one value per sample and output",
                    ));
                }
                TargetKind::Regression {
                    names: names.clone(),
                }
            }
            Targets::None => TargetKind::None,
        };
        let inputs = inputs.detach().contiguous()?;
        let dtype = match inputs.dtype() {
            DType::U8 | DType::F32 | DType::F64 => DType::F32,
            other => other,
        };
        let shape = inputs.dims()[1..].to_vec();
        Ok(InMemory {
            name: name.into(),
            inputs,
            shape,
            dtype,
            targets: Arc::new(targets),
            kind,
            features: None,
        })
    }

    /// Names the input columns.
    ///
    /// # Errors
    /// If the number of names is not the number of values in a sample.
    pub fn with_feature_names(mut self, names: Vec<String>) -> Result<Self> {
        let width: usize = self.shape.iter().product();
        if names.len() != width {
            let problem = format!("{} names for samples of {width} values", names.len());
            return Err(Error::argument("feature names", problem));
        }
        self.features = Some(names.into());
        Ok(self)
    }

    /// Renames the classes.
    ///
    /// # Errors
    /// If the targets are not classes, or a label has no name.
    pub fn with_class_names(mut self, names: Vec<String>) -> Result<Self> {
        let Targets::Classes { labels, .. } = &*self.targets else {
            return Err(Error::argument(
                "class names",
                "the targets are not classes",
            ));
        };
        crate::validate::labels_in_range(&self.name, labels, names.len())?;
        self.kind = TargetKind::Classes {
            names: names.clone(),
        };
        self.targets = Arc::new(Targets::Classes {
            labels: labels.clone(),
            names,
        });
        Ok(self)
    }

    /// Gives every sample another shape with as many values, e.g. `[784]` for `[1, 28, 28]`.
    ///
    /// # Errors
    /// If the number of values differs.
    pub fn with_input_shape(mut self, shape: &[usize]) -> Result<Self> {
        let mut whole = vec![self.len()];
        whole.extend(shape);
        self.inputs = self.inputs.reshape(whole)?;
        self.shape = shape.to_vec();
        Ok(self)
    }

    /// Hands out inputs in another type: f32 from anything, f64 from anything but f32, or the type
    /// they are stored in.
    ///
    /// # Errors
    /// If the conversion is not one of these.
    pub fn with_input_dtype(mut self, dtype: DType) -> Result<Self> {
        if !gather::converts(self.inputs.dtype(), dtype) {
            let problem = format!(
                "samples stored as {} cannot be handed out as {dtype}",
                self.inputs.dtype()
            );
            return Err(Error::argument("input dtype", problem));
        }
        self.dtype = dtype;
        Ok(self)
    }

    /// All inputs in the type they are stored in, `[samples, …sample shape]`.
    pub fn inputs(&self) -> &Tensor {
        &self.inputs
    }

    /// All targets.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }
}

fn same_number(name: &str, inputs: usize, targets: usize, what: &str) -> Result<()> {
    if inputs == targets {
        return Ok(());
    }
    Err(Error::data(
        name,
        format!("{inputs} inputs but {targets} {what}"),
        "give the inputs and targets of the same set",
    ))
}

impl Dataset for InMemory {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> usize {
        self.inputs.dims()[0]
    }

    fn input_shape(&self) -> &[usize] {
        &self.shape
    }

    fn target_kind(&self) -> &TargetKind {
        &self.kind
    }

    fn feature_names(&self) -> Option<&[String]> {
        self.features.as_deref()
    }

    fn batch(&self, indices: &[usize]) -> Result<Batch> {
        check_indices(self.len(), indices)?;
        let inputs = gather::rows(&self.inputs, indices, self.dtype)?;
        let targets = match &*self.targets {
            Targets::Classes { labels, .. } => {
                let mut targets = Tensor::zeros([indices.len()], DType::U32)?;
                for (to, &index) in targets.make_mut::<u32>()?.iter_mut().zip(indices) {
                    *to = labels[index];
                }
                targets
            }
            Targets::Regression { values, names } => {
                let outputs = names.len();
                let mut targets = Tensor::zeros([indices.len(), outputs], DType::F32)?;
                let rows = targets.make_mut::<f32>()?.chunks_exact_mut(outputs);
                for (row, &index) in rows.zip(indices) {
                    row.copy_from_slice(&values[index * outputs..(index + 1) * outputs]);
                }
                targets
            }
            Targets::None => Tensor::zeros([indices.len(), 0], DType::F32)?,
        };
        Ok(Batch {
            inputs,
            targets,
            indices: indices.to_vec(),
        })
    }

    fn is_finite(&self) -> bool {
        !matches!(self.inputs.dtype(), DType::F32 | DType::F64)
    }

    fn class_labels(&self) -> Result<Option<Vec<u32>>> {
        Ok(match &*self.targets {
            Targets::Classes { labels, .. } => Some(labels.clone()),
            _ => None,
        })
    }
}

/// Refuses an index that is not below `len`.
pub(crate) fn check_indices(len: usize, indices: &[usize]) -> Result<()> {
    match indices.iter().find(|&&i| i >= len) {
        None => Ok(()),
        Some(index) => Err(Error::argument(
            "batch",
            format!("sample {index} was asked of a data set of {len} samples"),
        )),
    }
}

#[cfg(test)]
mod tests;
