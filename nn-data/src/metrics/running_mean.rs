//! The mean of a value over batches of different sizes, such as the loss of an epoch.

/// A mean in which each value counts as often as its batch has samples.
///
/// ```
/// let mut loss = nn_data::metrics::RunningMean::new();
/// loss.add(1.0, 128);
/// loss.add(4.0, 64);
/// assert_eq!(loss.value(), Some(2.0));
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct RunningMean {
    mean: f64,
    weight: f64,
}

impl RunningMean {
    /// Nothing added yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the mean `value` of `samples` samples.
    pub fn add(&mut self, value: f64, samples: usize) {
        if samples > 0 {
            self.weight += samples as f64;
            self.mean += (value - self.mean) * (samples as f64 / self.weight);
        }
    }

    /// The mean so far, or `None` before the first sample.
    pub fn value(&self) -> Option<f64> {
        (self.weight > 0.0).then_some(self.mean)
    }
}
