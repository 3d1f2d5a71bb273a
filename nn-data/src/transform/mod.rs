//! Scaling of inputs: fitted on the training data, stored in the model, applied to every batch. And [`augment`]: changes to training
//! pictures, drawn anew in each epoch.

mod affine;
pub mod augment;
mod columns;
mod eigen;
mod pca;
mod pipeline;
mod preparation;
mod projection;
mod scalers;
mod statistics;
mod step;
mod stream;
mod zca;

pub use pca::{Components, Pca, PcaOptions, Precision, Solver};
pub use pipeline::Pipeline;
pub use preparation::Preparation;
pub use scalers::{FixedScale, MeanRemoval, MinMaxScaler, StandardScaler};
pub use statistics::{Over, Statistics};
pub use step::Step;
pub use zca::Zca;

use nn_core::Tensor;

use crate::error::{Error, Result};

/// A change of the samples of a batch, each by itself.
pub trait Transform: Send + Sync {
    /// The shape that samples of shape `sample` get.
    ///
    /// # Errors
    /// If such samples are not those that the transform was fitted on.
    fn output_shape(&self, sample: &[usize]) -> Result<Vec<usize>>;

    /// Changes a batch `[batch, …sample shape]`, in place where its shape stays. Integers become f32 first; a tensor whose
    /// memory is shared is copied first.
    ///
    /// # Errors
    /// If a sample has not the number of values that the transform was fitted on.
    fn apply(&self, batch: &mut Tensor) -> Result<()>;

    /// Undoes [`apply`](Transform::apply) up to rounding.
    ///
    /// # Errors
    /// As [`apply`](Transform::apply), or if it cannot be undone.
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

/// Refuses samples of another number of values than the `expected`.
fn check_width(what: &'static str, width: usize, expected: usize) -> Result<()> {
    if width == expected {
        return Ok(());
    }
    let problem = format!(
        "it was fitted on samples of {expected} values, these have {width}; give data of the same kind"
    );
    Err(Error::argument(what, problem))
}
