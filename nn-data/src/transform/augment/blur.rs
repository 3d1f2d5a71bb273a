//! Out of focus.

use nn_core::Rng;
use serde::{Deserialize, Serialize};

use super::Change;
use super::convolve::{convolve, gaussian};
use super::picture::{Buffers, Picture};
use super::settings::{Spread, always, check_p};
use crate::error::{Error, Result};

/// Blurs with a Gaussian, `w(d) ∝ exp(−d²/2σ²)`; beyond the edge the picture is mirrored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blur {
    /// σ in pixels: a number is σ itself, a pair is drawn from evenly. Default `[0.1, 2]`.
    #[serde(default = "sigma")]
    pub sigma: Spread,
    /// Pixels of the kernel along each axis, odd. Default: as many as lie within 3σ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel_size: Option<usize>,
    /// Probability; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

fn sigma() -> Spread {
    Spread::Between([0.1, 2.0])
}

impl Blur {
    fn range(&self) -> [f64; 2] {
        match self.sigma {
            Spread::About(sigma) => [sigma, sigma],
            Spread::Between(pair) => pair,
        }
    }
}

impl Change for Blur {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        let rule = "from 0.01 to 100, or a pair [low, high] of such";
        Spread::Between(self.range()).within("blur", "sigma", [0.01, 100.0], rule, 0.0)?;
        if let Some(size) = self.kernel_size
            && (size % 2 == 0 || size > 999)
        {
            let problem = format!("kernel_size must be odd and below 1000, not {size}");
            return Err(Error::argument("blur", problem));
        }
        check_p("blur", self.p)
    }

    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        let [low, high] = self.range();
        let sigma = rng.uniform_range(low, high);
        let radius = match self.kernel_size {
            Some(size) => size / 2,
            None => (3.0 * sigma).ceil() as usize,
        };
        gaussian(sigma, radius, &mut picture.kernel);
        let frame = picture.frame();
        let Buffers {
            planes,
            spare,
            line,
            kernel,
        } = picture.planes_and_spare();
        let pairs = planes.chunks_exact_mut(frame.area());
        for (plane, spare) in pairs.zip(spare.chunks_exact_mut(frame.area())) {
            convolve(&frame, plane, spare, line, kernel);
        }
    }
}
