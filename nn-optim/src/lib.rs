//! Optimizers, learning-rate schedules and the training loop.
//!
//! This crate knows tensors and parameters, but neither layers nor data sets: the loop asks for an iterator of
//! batches and a closure from batch to loss.
//!
//! ```
//! use nn_core::{Parameter, Tensor};
//! use nn_optim::{Adam, StepOutput, Stop, Trainer};
//!
//! // Fit y = 3x by minimising (wx − y)².
//! let mut w = Parameter::new(Tensor::from_vec(vec![0.0f32], [1])?);
//! let batches = vec![(1.0, 3.0), (2.0, 6.0), (-1.0, -3.0)];
//!
//! let mut trainer = Trainer::new(Adam::with_lr(0.1)?).stop(Stop::after_epochs(200));
//! let report = trainer.fit(
//!     &mut w,
//!     |_epoch| batches.iter().map(Ok::<_, nn_core::Error>),
//!     |w, (x, y), cx| {
//!         let error = cx.param(w).mul_scalar(*x)?.add_scalar(-y)?;
//!         Ok(StepOutput::new(error.square()?.sum(..)?, 1))
//!     },
//! )?;
//! assert!((w.value().item()? - 3.0).abs() < 0.01);
//! assert_eq!(report.history.len(), 200);
//! # Ok::<(), nn_optim::Error>(())
//! ```
//!
//! | module | what lives there |
//! |---|---|
//! | [`Sgd`], [`Adagrad`], [`RmsProp`], [`Adam`], [`AdamW`] | the optimizers, each one fused pass; [`OptimizerSpec`] is their form in recipes |
//! | [`GroupSpec`], [`ParamGroup`] | other settings for some parameters |
//! | [`Clip`], [`Penalty`] | clipping of gradients, penalties on weights |
//! | [`schedule`] | learning rates over time; [`ScheduleSpec`] is their form in recipes |
//! | [`train`] | the loop, callbacks, stopping, checkpoints |

mod adagrad;
mod adam;
mod adamw;
mod clip;
mod engine;
mod error;
mod group;
mod memory;
mod optimizer;
mod regularize;
mod rmsprop;
pub mod schedule;
mod sgd;
mod spec;
mod state;
pub mod train;

pub use adagrad::{Adagrad, AdagradConfig};
pub use adam::{Adam, AdamConfig};
pub use adamw::{AdamW, AdamWConfig};
pub use clip::{Clip, clip_by_global_norm, clip_by_value, clip_factor, global_norm};
pub use engine::Fused;
pub use error::{BoxError, Error, Result};
pub use group::{GroupSpec, ParamGroup, name_matches};
pub use optimizer::Optimizer;
pub use regularize::Penalty;
pub use rmsprop::{RmsProp, RmsPropConfig};
pub use schedule::{Schedule, ScheduleSpec};
pub use sgd::{MomentumForm, Sgd, SgdConfig};
pub use spec::OptimizerSpec;
pub use state::{OptimizerState, ParamState};
pub use train::{
    Callback, EarlyStopping, Flow, StepOutput, Stop, StopReason, Trainer, TrainingReport,
    Validation,
};
