//! Scaling of inputs: fitted on the training data, stored in the model, applied to every batch. And [`augment`]: changes to training
//! pictures, drawn anew in each epoch.

mod affine;
pub mod augment;
mod pipeline;
mod scalers;
mod statistics;

pub use pipeline::Pipeline;
pub use scalers::{FixedScale, MeanRemoval, MinMaxScaler, Scaling, StandardScaler, Step};
pub use statistics::{Over, Statistics};

use nn_core::Tensor;

use crate::error::Result;

/// A change of the values of a batch that leaves its shape as it is.
pub trait Transform: Send + Sync {
    /// Changes a batch `[batch, …sample shape]` in place. Integers become f32 first; a tensor whose
    /// memory is shared is copied first.
    ///
    /// # Errors
    /// If a sample has not the number of values that the transform was fitted on.
    fn apply(&self, batch: &mut Tensor) -> Result<()>;

    /// Undoes [`apply`](Transform::apply) up to rounding.
    ///
    /// # Errors
    /// As [`apply`](Transform::apply).
    fn apply_inverse(&self, batch: &mut Tensor) -> Result<()>;

    /// The changed batch, the given one staying as it is.
    ///
    /// # Errors
    /// As [`apply`](Transform::apply).
    fn transform(&self, batch: &Tensor) -> Result<Tensor> {
        let mut batch = batch.clone();
        self.apply(&mut batch)?;
        Ok(batch)
    }

    /// The batch before it was changed, up to rounding.
    ///
    /// # Errors
    /// As [`apply`](Transform::apply).
    fn inverse_transform(&self, batch: &Tensor) -> Result<Tensor> {
        let mut batch = batch.clone();
        self.apply_inverse(&mut batch)?;
        Ok(batch)
    }
}
