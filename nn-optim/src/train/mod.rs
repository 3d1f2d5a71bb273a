//! The training loop, which knows neither layers nor data sets.
//!
//! [`Trainer::fit`] asks for batches and a closure from model and batch to [`StepOutput`]; each step runs
//! forward, backward, penalty, clipping and the optimizer, in that order. [`Stop`] says when it ends, a
//! [`Callback`] looks on, [`Checkpoint`] lets it go on later.

mod callback;
mod checkpoint;
mod diagnose;
mod fit;
mod monitor;
mod output;
mod report;
mod step;
mod stop;
mod trainer;

pub use callback::{Callback, Flow, TrainView};
pub use checkpoint::{Checkpoint, TrainerState};
pub use monitor::Monitor;
pub use output::{StepOutput, StepRecord, Validation, evaluate};
pub use report::{Best, EpochRecord, TrainingReport};
pub use stop::{EarlyStopping, Stop, StopReason};
pub use trainer::Trainer;
