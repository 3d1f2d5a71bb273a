//! Distortion as of a sheet of rubber.

use nn_core::Rng;
use serde::{Deserialize, Serialize};

use super::Change;
use super::convolve::{convolve, gaussian};
use super::picture::{Frame, Picture};
use super::settings::{Fill, Interpolation, always, check_number, check_p};
use crate::error::Result;

/// Moves every pixel a little, neighbours alike (Simard, Steinkraus and Platt 2003).
///
/// A displacement for each pixel and direction is drawn evenly from −1 … 1, smoothed with a Gaussian of `sigma` pixels, and multiplied
/// by `alpha`: a pixel then moves by about `α/(6·σ)` pixels. torchvision's `alpha` has to be twice as large for the same effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elastic {
    /// Strength, in pixels. Default 34.
    #[serde(default = "alpha")]
    pub alpha: f64,
    /// How far neighbours move alike, in pixels. Default 4.
    #[serde(default = "sigma")]
    pub sigma: f64,
    /// Default bilinear.
    #[serde(default)]
    pub interpolation: Interpolation,
    /// What comes into view. Default black.
    #[serde(default)]
    pub fill: Fill,
    /// Probability; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

fn alpha() -> f64 {
    34.0
}

fn sigma() -> f64 {
    4.0
}

impl Change for Elastic {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        let (alpha, sigma) = (self.alpha, self.sigma);
        let holds = (0.0..=1e5).contains(&alpha);
        check_number("elastic", "alpha", alpha, holds, "from 0 to 100000")?;
        let holds = (0.1..=100.0).contains(&sigma);
        check_number("elastic", "sigma", sigma, holds, "from 0.1 to 100")?;
        self.fill.check("elastic")?;
        check_p("elastic", self.p)
    }

    fn fits(&self, frame: &Frame) -> Result<()> {
        self.fill.fits("elastic", frame)
    }

    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        let frame = picture.frame();
        let Picture {
            field,
            line,
            kernel,
            blurred,
            ..
        } = picture;
        field.resize(2 * frame.area(), 0.0);
        blurred.resize(frame.area(), 0.0);
        for values in field.chunks_exact_mut(2) {
            // One draw for both directions: 32 bits are more than enough for each.
            let bits = rng.next_u64();
            values[0] = symmetric(bits as u32);
            values[1] = symmetric((bits >> 32) as u32);
        }
        gaussian(self.sigma, (3.0 * self.sigma).ceil() as usize, kernel);
        let alpha = self.alpha as f32;
        for plane in field.chunks_exact_mut(frame.area()) {
            convolve(&frame, plane, blurred, line, kernel);
            plane.iter_mut().for_each(|value| *value *= alpha);
        }
        picture.displace(self.fill.beyond(&frame), self.interpolation);
    }
}

/// Bits as a number from −1 to 1.
fn symmetric(bits: u32) -> f32 {
    bits as i32 as f32 / (1u32 << 31) as f32
}
