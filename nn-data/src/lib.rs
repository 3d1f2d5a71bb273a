//! Data for neural networks: reading it, dividing it, feeding it, scaling it, and judging what a
//! network makes of it.
//!
//! Data travels one way: a file becomes a [`Dataset`], a [`Split`] divides it into views, a
//! [`Loader`] yields mini-[`Batch`]es, a [`transform::Pipeline`] fitted on the training part scales
//! them, and [`metrics`] judge the predictions.
//!
//! ```
//! use nn_data::{Dataset, Loader, Split, dataset, metrics::ClassificationMeter};
//! use nn_data::transform::{Pipeline, Preparation};
//!
//! // 10 000 real handwritten digits that travel inside the crate.
//! let digits = dataset::digits()?;
//! let names = digits.target_kind().class_names().unwrap_or_default().to_vec();
//! let parts = Split::fractions(0.8, 0.1, 0.1)?.seed(1).stratified().apply(digits)?;
//!
//! // Scaling is learnt from the training part only, and stored with the model.
//! let scaling = Pipeline::fit(&[Preparation::pixels()], &parts.train)?;
//! let train = Loader::new(parts.train).batch_size(128)?.shuffle(1).transform(scaling.clone());
//! for batch in train.epoch(0) {
//!     let batch = batch?;
//!     assert_eq!(batch.inputs.dims(), [batch.len(), 1, 28, 28]); // f32, 0 to 1
//!     assert_eq!(batch.targets.dims(), [batch.len()]); // u32
//!     // … train on it …
//! #   break;
//! }
//!
//! // Judge: here a "network" that gives every class the same logit.
//! let mut meter = ClassificationMeter::new(names)?;
//! for batch in Loader::new(parts.test).batch_size(256)?.transform(scaling).epoch(0) {
//!     let batch = batch?;
//!     let logits = nn_core::Tensor::zeros([batch.len(), 10], nn_core::DType::F32)?;
//!     meter.add_logits(&logits, &batch.targets)?;
//! }
//! assert!((meter.log_loss().unwrap() - 10f64.ln()).abs() < 1e-6);
//! println!("{}\n{}", meter.confusion(), meter.report()?);
//! # Ok::<(), nn_data::Error>(())
//! ```
//!
//! | what | where |
//! |---|---|
//! | IDX (MNIST family), CIFAR, folders of pictures, CSV (also larger than memory), `.npy`, embedded sets | [`dataset`] |
//! | PNG, JPEG and other pictures as samples | `picture` |
//! | training, validation and test part, folds, leakage | [`Split`], [`KFold`], [`split`], [`Subset`] |
//! | rare classes: weights, resampling, SMOTE | [`balance`] |
//! | mini-batches, shuffling, prefetch | [`Loader`] |
//! | scaling, imputation, principal components, whitening, features | [`transform`] |
//! | made-up pictures of characters, from fonts | `synth` |
//! | blur, sharpening, edges: image kernels | [`filter`] |
//! | flips, crops, rotations, noise, MixUp and more, anew in each epoch | [`transform::augment`] |
//! | accuracy, F1, curves, thresholds, calibration, R² and their kin | [`metrics`] |
//! | bias, variance, leakage: what is wrong with a trained model and what to do | [`diagnose`] |
//! | k-means | [`cluster`] |
//! | t-SNE: data on a map | [`project`] |
//! | samples unlike the rest | [`anomaly`] |
//! | what is in a data set, and is it fit for training | [`describe`], [`validate`] |
//!
//! Whatever is wrong with a file is an [`Error`] that names file, place and remedy; no content of a
//! file can make this crate panic or claim memory that the file does not justify.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod anomaly;
pub mod balance;
mod batch;
pub mod cluster;
pub mod dataset;
pub mod describe;
pub mod diagnose;
mod error;
pub mod filter;
mod loader;
pub mod metrics;
#[cfg(feature = "images")]
pub mod picture;
mod points;
pub mod project;
mod source;
pub mod split;
mod subset;
#[cfg(feature = "synth")]
pub mod synth;
pub mod transform;
pub mod validate;

pub use batch::Batch;
pub use dataset::{Dataset, InMemory, TargetKind};
pub use error::{Error, Place, Result};
pub use loader::{Epoch, Loader};
pub use split::{Fold, KFold, PartIndices, Parts, Split};
pub use subset::Subset;
