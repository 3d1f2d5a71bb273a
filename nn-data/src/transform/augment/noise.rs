//! Noise: on all pixels a little, or on a few entirely.

use nn_core::Rng;
use serde::{Deserialize, Serialize};

use super::Change;
use super::normal::fill_normal;
use super::picture::Picture;
use super::settings::{always, check_number, check_p};
use crate::error::Result;

/// Adds independent normal noise to every value; what leaves black and white is cut off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GaussianNoise {
    /// Standard deviation, 1 being the step from black to white. Default 0.05.
    #[serde(default = "twentieth")]
    pub std: f64,
    /// Probability; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

fn twentieth() -> f64 {
    0.05
}

/// Makes some pixels white and some black, in all channels alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaltAndPepper {
    /// Share of the pixels that are hit, each by itself. Default 0.02.
    #[serde(default = "fiftieth")]
    pub amount: f64,
    /// Share of the hit ones that become white. Default 0.5.
    #[serde(default = "half")]
    pub salt: f64,
    /// Probability; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

fn fiftieth() -> f64 {
    0.02
}

fn half() -> f64 {
    0.5
}

impl Change for GaussianNoise {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        let holds = (0.0..=10.0).contains(&self.std);
        check_number("gaussian_noise", "std", self.std, holds, "from 0 to 10")?;
        check_p("gaussian_noise", self.p)
    }

    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        let white = picture.frame().white;
        let std = self.std as f32 * white;
        let buffers = picture.planes_and_spare();
        fill_normal(rng, buffers.spare);
        for (value, noise) in buffers.planes.iter_mut().zip(buffers.spare.iter()) {
            *value = (*value + std * noise).clamp(0.0, white);
        }
    }
}

impl Change for SaltAndPepper {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        for (key, share) in [("amount", self.amount), ("salt", self.salt)] {
            let holds = (0.0..=1.0).contains(&share);
            check_number("salt_and_pepper", key, share, holds, "from 0 to 1")?;
        }
        check_p("salt_and_pepper", self.p)
    }

    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        let frame = picture.frame();
        let planes = picture.planes();
        for at in 0..frame.area() {
            let draw = rng.uniform();
            if draw >= self.amount {
                continue;
            }
            // Below the threshold the draw is even again.
            let white = draw < self.amount * self.salt;
            for channel in 0..frame.channels {
                planes[channel * frame.area() + at] = if white { frame.white } else { 0.0 };
            }
        }
    }
}
