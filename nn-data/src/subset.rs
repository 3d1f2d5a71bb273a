//! Some samples of a data set, as a data set.

use std::fmt;
use std::sync::Arc;

use crate::batch::Batch;
use crate::dataset::{Dataset, TargetKind, check_indices};
use crate::error::Result;

/// A view of some samples of a data set, in an order of its own. Nothing is copied, and cloning is
/// cheap.
///
/// The [`Batch::indices`] of its batches count within the subset; [`original`](Self::original) tells
/// the position in the data set behind it.
#[derive(Clone)]
pub struct Subset {
    dataset: Arc<dyn Dataset>,
    indices: Arc<[usize]>,
}

impl Subset {
    /// The samples of `dataset` at `indices`.
    ///
    /// # Errors
    /// If an index is not below the number of samples.
    pub fn new(dataset: Arc<dyn Dataset>, indices: Vec<usize>) -> Result<Self> {
        check_indices(dataset.len(), &indices)?;
        Ok(Subset {
            dataset,
            indices: indices.into(),
        })
    }

    /// The first `n` samples, or all if there are fewer.
    pub fn first(&self, n: usize) -> Self {
        let indices = self.indices.iter().copied().take(n).collect();
        Subset {
            dataset: self.dataset.clone(),
            indices,
        }
    }

    /// The positions of the samples in the data set behind.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    /// The position of sample `index` in the data set behind.
    pub fn original(&self, index: usize) -> Option<usize> {
        self.indices.get(index).copied()
    }

    /// The data set behind.
    pub fn dataset(&self) -> &Arc<dyn Dataset> {
        &self.dataset
    }
}

impl fmt::Debug for Subset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Subset({} of {} samples of {})",
            self.len(),
            self.dataset.len(),
            self.name()
        )
    }
}

impl Dataset for Subset {
    fn name(&self) -> &str {
        self.dataset.name()
    }

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn input_shape(&self) -> &[usize] {
        self.dataset.input_shape()
    }

    fn target_kind(&self) -> &TargetKind {
        self.dataset.target_kind()
    }

    fn feature_names(&self) -> Option<&[String]> {
        self.dataset.feature_names()
    }

    fn batch(&self, indices: &[usize]) -> Result<Batch> {
        check_indices(self.len(), indices)?;
        let behind: Vec<usize> = indices.iter().map(|&i| self.indices[i]).collect();
        let mut batch = self.dataset.batch(&behind)?;
        batch.indices = indices.to_vec();
        Ok(batch)
    }

    fn source_index(&self, index: usize) -> usize {
        self.original(index)
            .map_or(index, |behind| self.dataset.source_index(behind))
    }

    fn is_finite(&self) -> bool {
        self.dataset.is_finite()
    }

    fn class_labels(&self) -> Result<Option<Vec<u32>>> {
        let labels = self.dataset.class_labels()?;
        Ok(labels.map(|labels| self.indices.iter().map(|&i| labels[i]).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{InMemory, Targets};
    use nn_core::Tensor;

    #[test]
    fn shows_the_chosen_samples() {
        let inputs = Tensor::from_vec(vec![0.0f32, 10.0, 20.0, 30.0], [4, 1]).unwrap();
        let data = InMemory::new("t", inputs, Targets::classes(vec![0, 1, 2, 3], 4)).unwrap();
        let subset = Subset::new(Arc::new(data), vec![3, 1]).unwrap();
        let batch = subset.batch(&[1, 0]).unwrap();
        assert_eq!(batch.inputs.to_vec::<f32>().unwrap(), [10.0, 30.0]);
        assert_eq!(batch.indices, [1, 0]);
        assert_eq!(subset.original(0), Some(3));
        assert_eq!(subset.class_labels().unwrap().unwrap(), [3, 1]);
        assert!(subset.batch(&[2]).is_err());
        assert!(Subset::new(subset.dataset().clone(), vec![4]).is_err());
        assert_eq!(subset.first(1).indices(), [3]);
        // A part of a part is named by the source as well.
        let part = Subset::new(Arc::new(subset), vec![1]).unwrap();
        assert_eq!((part.source_index(0), part.original(0)), (1, Some(1)));
        let part = Subset::new(Arc::new(part), vec![0]).unwrap();
        assert_eq!((part.source_index(0), part.original(0)), (1, Some(0)));
    }
}
