//! Preparation of inputs: fitted on the training data, stored in the model, applied to every batch. And [`augment`]: changes to
//! training pictures, drawn anew in each epoch.
//!
//! A [`Pipeline`] holds fitted [`Step`]s; [`Preparation`] says which are wanted. Each is fitted on what the ones before it yield,
//! in a few passes over the training data, which may be larger than memory.
//!
//! | step | what becomes of x | undone |
//! |---|---|---|
//! | [`FixedScale`] | x · factor + offset | yes |
//! | [`MeanRemoval`] | x − mean | yes |
//! | [`StandardScaler`] | (x − mean) / standard deviation | yes |
//! | [`MinMaxScaler`] | to a range | yes |
//! | [`MaxAbsScaler`] | x / max \|x\| | yes |
//! | [`RobustScaler`] | (x − median) / distance of the quartiles | yes |
//! | [`Normalizer`], [`SampleStandard`] | each sample by its own length, or mean and deviation | no |
//! | [`LocalContrast`] | each pixel by its neighbourhood | no |
//! | [`Pca`] | principal components, whitened or not | as far as components were kept |
//! | [`Zca`] | no correlations, variance 1, columns in their places | yes |
//! | [`Imputer`] | missing values filled in | no |
//! | [`Polynomial`] | products of features | yes |
//! | [`Encoder`] | codes as one-hot vectors or places in order | yes |
//!
//! Statistics and scalings are per value of a sample, per channel or over all values ([`Over`]).

mod affine;
pub mod augment;
mod columns;
mod contrast;
mod eigen;
mod encode;
mod impute;
mod max_abs;
mod pca;
mod per_sample;
mod pipeline;
mod polynomial;
mod preparation;
mod projection;
mod quantiles;
mod robust;
mod rows;
mod scalers;
mod statistics;
mod step;
mod stream;
mod zca;

pub use contrast::LocalContrast;
pub use encode::Encoder;
pub use impute::{Imputer, Strategy, Typical};
pub use max_abs::MaxAbsScaler;
pub use pca::{Components, Pca, PcaOptions, Precision, Solver};
pub use per_sample::{Norm, Normalizer, SampleStandard};
pub use pipeline::Pipeline;
pub use polynomial::Polynomial;
pub use preparation::Preparation;
pub use robust::RobustScaler;
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
