//! The number that early stopping and schedules watch.

use serde::{Deserialize, Serialize};

use super::EpochRecord;

/// A number of each epoch by which progress is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Monitor {
    /// The loss on validation data; lower is better.
    #[default]
    ValidationLoss,
    /// The accuracy on validation data; higher is better.
    ValidationAccuracy,
    /// The mean loss on training data; lower is better.
    TrainingLoss,
    /// The accuracy on training data; higher is better.
    TrainingAccuracy,
}

impl Monitor {
    /// Whether higher is better.
    pub fn is_maximized(self) -> bool {
        matches!(
            self,
            Monitor::ValidationAccuracy | Monitor::TrainingAccuracy
        )
    }

    /// Its value in an epoch; none if the epoch does not know it.
    pub fn value(self, epoch: &EpochRecord) -> Option<f64> {
        match self {
            Monitor::ValidationLoss => epoch.validation.as_ref().map(|v| v.loss),
            Monitor::ValidationAccuracy => epoch.validation.as_ref().and_then(|v| v.accuracy),
            Monitor::TrainingLoss => Some(epoch.loss),
            Monitor::TrainingAccuracy => epoch.accuracy,
        }
    }
}

impl std::fmt::Display for Monitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Monitor::ValidationLoss => "validation loss",
            Monitor::ValidationAccuracy => "validation accuracy",
            Monitor::TrainingLoss => "training loss",
            Monitor::TrainingAccuracy => "training accuracy",
        })
    }
}
