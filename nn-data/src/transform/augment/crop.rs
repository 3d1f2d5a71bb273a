//! Cutting the picture's own size out of a padded picture, and moving it.

use nn_core::Rng;
use serde::{Deserialize, Serialize};

use super::Change;
use super::geometry::Map;
use super::picture::{Frame, Picture};
use super::settings::{Extent, Fill, always, check_number, check_p};
use crate::error::{Error, Result};

/// Pads the picture on all sides and cuts its own size out again at a random place, as is usual for CIFAR (He et al. 2016).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crop {
    /// Pixels on each side, or `[left and right, top and bottom]`.
    pub padding: Extent<usize>,
    /// What the padding holds. Default black.
    #[serde(default)]
    pub fill: Fill,
    /// Probability; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

/// Moves the picture by whole pixels, drawn evenly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Translate {
    /// The most pixels in each direction, or `[left and right, up and down]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixels: Option<Extent<usize>>,
    /// The same as a share of width and height, in place of `pixels`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fraction: Option<Extent<f64>>,
    /// What comes into view. Default black.
    #[serde(default)]
    pub fill: Fill,
    /// Probability; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

/// Moves by −most … most whole pixels in each direction; a crop of a padded picture is nothing else.
fn shift(most: [usize; 2], fill: &Fill, rng: &mut Rng, picture: &mut Picture) {
    let frame = picture.frame();
    let mut draw = |most: usize| rng.below(2 * most + 1) as f64 - most as f64;
    let (down, right) = (draw(most[1]), draw(most[0]));
    let map = Map::scaling(1.0, -right, 1.0, -down);
    picture.place(map, Some(fill.beyond(&frame)), None);
}

/// Refuses a move that can leave nothing of a picture.
fn stays_in_sight(what: &'static str, key: &str, most: [usize; 2], frame: &Frame) -> Result<()> {
    let Frame { height, width, .. } = *frame;
    if most[0] < width && most[1] < height {
        return Ok(());
    }
    let [x, y] = most;
    Err(Error::argument(
        what,
        format!(
            "{key} of {x} and {y} pixels moves pictures of {width}×{height} out of sight; make it smaller"
        ),
    ))
}

impl Change for Crop {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        let [x, y] = self.padding.pair();
        check_number("crop", "padding", 0.0, x > 0 || y > 0, "at least 1")?;
        self.fill.check("crop")?;
        check_p("crop", self.p)
    }

    fn fits(&self, frame: &Frame) -> Result<()> {
        stays_in_sight("crop", "a padding", self.padding.pair(), frame)?;
        self.fill.fits("crop", frame)
    }

    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        shift(self.padding.pair(), &self.fill, rng, picture);
    }
}

impl Translate {
    fn most(&self, frame: &Frame) -> [usize; 2] {
        match (self.pixels, self.fraction) {
            (Some(pixels), _) => pixels.pair(),
            (None, Some(fraction)) => {
                let [x, y] = fraction.pair();
                // Rounded, as a share of 0.1 of 28 pixels is 3.
                let pixels = |share: f64, size: usize| (share * size as f64).round() as usize;
                [pixels(x, frame.width), pixels(y, frame.height)]
            }
            (None, None) => [0, 0],
        }
    }
}

impl Change for Translate {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        match (self.pixels, self.fraction) {
            (Some(pixels), None) => {
                let [x, y] = pixels.pair();
                check_number("translate", "pixels", 0.0, x > 0 || y > 0, "at least 1")?;
            }
            (None, Some(fraction)) => {
                for share in fraction.pair() {
                    let holds = (0.0..1.0).contains(&share);
                    check_number("translate", "fraction", share, holds, "from 0 to below 1")?;
                }
            }
            _ => {
                return Err(Error::argument(
                    "translate",
                    "give either pixels or fraction, the most that pictures move",
                ));
            }
        }
        self.fill.check("translate")?;
        check_p("translate", self.p)
    }

    fn fits(&self, frame: &Frame) -> Result<()> {
        stays_in_sight("translate", "a move", self.most(frame), frame)?;
        self.fill.fits("translate", frame)
    }

    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        let most = self.most(&picture.frame());
        shift(most, &self.fill, rng, picture);
    }
}
