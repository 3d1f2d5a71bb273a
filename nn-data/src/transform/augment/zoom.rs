//! Larger and smaller.

use nn_core::Rng;
use serde::{Deserialize, Serialize};

use super::Change;
use super::geometry::Map;
use super::picture::{Frame, Picture};
use super::settings::{Fill, Interpolation, Spread, always, check_p};
use crate::error::Result;

/// Enlarges or shrinks what is seen, about the middle of the picture, whose size stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zoom {
    /// The factor, drawn evenly; above 1 enlarges. A number `s` draws from 1 − s to 1 + s.
    pub scale: Spread,
    /// Default bilinear.
    #[serde(default)]
    pub interpolation: Interpolation,
    /// What comes into view around a smaller picture. Default black.
    #[serde(default)]
    pub fill: Fill,
    /// Probability; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

impl Change for Zoom {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        let rule = "from 0 to 0.99, or a pair [low, high] of factors within 0.01 and 100";
        self.scale
            .within("zoom", "scale", [0.01, 100.0], rule, 1.0)?;
        self.fill.check("zoom")?;
        check_p("zoom", self.p)
    }

    fn fits(&self, frame: &Frame) -> Result<()> {
        self.fill.fits("zoom", frame)
    }

    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        let [low, high] = self.scale.around(1.0);
        let frame = picture.frame();
        let back = 1.0 / rng.uniform_range(low, high);
        let map = Map::about_middle([back, 0.0, 0.0, back], frame.height, frame.width);
        picture.place(
            map,
            Some(self.fill.beyond(&frame)),
            Some(self.interpolation),
        );
    }
}
