//! Data in which one class is rare: weights for the loss, and ways to draw samples so that classes count alike.
//!
//! All of it is for the training part alone. Judged is on data as it is, with metrics that mean something there
//! ([`metrics`](crate::metrics)), and with a [threshold](crate::metrics::ThresholdRule) chosen for what mistakes cost.

mod resample;
mod sampler;
mod smote;
mod weights;

pub use resample::{oversample, undersample};
pub use sampler::WeightedSampler;
pub use smote::Smote;
pub use weights::{balanced_weights, sample_weights};

use crate::error::{Error, Result};

/// The streams of random numbers that balancing draws from.
const PURPOSE: nn_core::Purpose = nn_core::Purpose::Other(0xBA1A);

/// Sample numbers of each class, and a check that every class has some.
fn by_class(what: &'static str, labels: &[u32], classes: usize) -> Result<Vec<Vec<usize>>> {
    let mut groups = vec![Vec::new(); classes];
    for (sample, &label) in labels.iter().enumerate() {
        match groups.get_mut(label as usize) {
            Some(group) => group.push(sample),
            None => {
                let problem =
                    format!("sample {sample} has label {label} but there are {classes} classes");
                return Err(Error::argument(what, problem));
            }
        }
    }
    match groups.iter().position(Vec::is_empty) {
        None if classes > 0 => Ok(groups),
        None => Err(Error::argument(what, "there are no classes")),
        Some(class) => Err(Error::argument(
            what,
            format!(
                "class {class} has no samples, so that nothing balances it; leave the class out or add samples of it"
            ),
        )),
    }
}

/// Checks a wanted ratio of a class to the most frequent one.
fn check_ratio(what: &'static str, ratio: f64) -> Result<()> {
    if ratio > 0.0 && ratio <= 1.0 {
        return Ok(());
    }
    let problem = format!("the ratio is {ratio}, it must be above 0 and at most 1");
    Err(Error::argument(what, problem))
}
