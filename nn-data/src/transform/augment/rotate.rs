//! Turning about the middle.

use nn_core::Rng;
use serde::{Deserialize, Serialize};

use super::Change;
use super::geometry::Map;
use super::picture::{Frame, Picture};
use super::settings::{Fill, Interpolation, Spread, always, check_p};
use crate::error::Result;

/// Turns by an angle drawn evenly, about the middle of the picture, whose size stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// Degrees, counter-clockwise: a number `d` draws from −d to d.
    pub degrees: Spread,
    /// Default bilinear.
    #[serde(default)]
    pub interpolation: Interpolation,
    /// What comes into view at the corners. Default black.
    #[serde(default)]
    pub fill: Fill,
    /// Probability; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

impl Change for Rotate {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        let rule = "from 0 to 360, or a pair [low, high] within −360 and 360";
        self.degrees
            .within("rotate", "degrees", [-360.0, 360.0], rule, 0.0)?;
        self.fill.check("rotate")?;
        check_p("rotate", self.p)
    }

    fn fits(&self, frame: &Frame) -> Result<()> {
        self.fill.fits("rotate", frame)
    }

    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        let [low, high] = self.degrees.around(0.0);
        let frame = picture.frame();
        let (sin, cos) = rng.uniform_range(low, high).to_radians().sin_cos();
        // Rows go down, so this is what turns the picture counter-clockwise.
        let map = Map::about_middle([cos, -sin, sin, cos], frame.height, frame.width);
        picture.place(
            map,
            Some(self.fill.beyond(&frame)),
            Some(self.interpolation),
        );
    }
}
