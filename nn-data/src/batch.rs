//! What a loader yields and a training step takes.

use nn_core::Tensor;

/// Some samples of a data set, stacked along the first axis.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The inputs, `[batch, …sample shape]`; f32 for images and tables.
    pub inputs: Tensor,
    /// The targets: u32 `[batch]` for classes (f32 `[batch, classes]`, probabilities, where an
    /// [`Augmenter`](crate::transform::augment::Augmenter) has mixed samples), f32 `[batch, outputs]`
    /// for regression, `[batch, 0]` where the data set has none.
    pub targets: Tensor,
    /// Which samples these are, as positions in the data set that was asked.
    pub indices: Vec<usize>,
}

impl Batch {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.indices.len()
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }
}
