//! Slanting.

use nn_core::Rng;
use serde::{Deserialize, Serialize};

use super::Change;
use super::geometry::Map;
use super::picture::{Frame, Picture};
use super::settings::{Fill, Interpolation, Spread, always, check_p};
use crate::error::Result;

/// Slants the picture about its middle: rows move along by `tan φ` of their height, and, where asked for, columns likewise.
///
/// With angles φ (along rows) and ψ (along columns) a point goes to `(x − tan φ · y, −tan ψ · x + (1 + tan φ tan ψ) · y)`, as in
/// torchvision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shear {
    /// φ in degrees, drawn evenly: a number `d` draws from −d to d.
    pub degrees: Spread,
    /// ψ in degrees, likewise. Default 0.
    #[serde(default = "none")]
    pub vertical: Spread,
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

fn none() -> Spread {
    Spread::About(0.0)
}

/// Steeper slants leave nothing of a picture.
const STEEPEST: f64 = 85.0;

impl Change for Shear {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        let rule = "from 0 to 85, or a pair [low, high] within −85 and 85";
        let range = [-STEEPEST, STEEPEST];
        self.degrees.within("shear", "degrees", range, rule, 0.0)?;
        self.vertical
            .within("shear", "vertical", range, rule, 0.0)?;
        self.fill.check("shear")?;
        check_p("shear", self.p)
    }

    fn fits(&self, frame: &Frame) -> Result<()> {
        self.fill.fits("shear", frame)
    }

    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        let frame = picture.frame();
        let mut tan = |spread: Spread| {
            let [low, high] = spread.around(0.0);
            rng.uniform_range(low, high).to_radians().tan()
        };
        let (along, across) = (tan(self.degrees), tan(self.vertical));
        let back = [1.0 + along * across, along, across, 1.0];
        let map = Map::about_middle(back, frame.height, frame.width);
        picture.place(
            map,
            Some(self.fill.beyond(&frame)),
            Some(self.interpolation),
        );
    }
}
