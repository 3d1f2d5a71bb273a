//! Covering parts of a picture, so that a network does not rely on one of them.

use nn_core::Rng;
use serde::{Deserialize, Serialize};

use super::Change;
use super::normal::fill_normal;
use super::picture::{Beyond, Frame, Picture};
use super::resized_crop::{Part, check_ratio, draw_size};
use super::settings::{
    COLOURS, Extent, always, check_levels, check_number, check_p, colour, fits_levels, half,
};
use crate::error::{Error, Result};

/// Tries to find a rectangle that fits.
const ATTEMPTS: usize = 10;

/// Covers squares whose centres are drawn evenly from the whole picture, so that a square may reach beyond its edge
/// (DeVries and Taylor 2017).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cutout {
    /// Pixels along a side, or `[height, width]`.
    pub size: Extent<usize>,
    /// Number of squares. Default 1.
    #[serde(default = "one")]
    pub count: usize,
    /// With what. Default black.
    #[serde(default)]
    pub fill: Cover,
    /// Probability; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

fn one() -> usize {
    1
}

/// Covers a rectangle of random area and proportion that lies within the picture (random erasing, Zhong et al. 2020).
///
/// Area and proportion are drawn as in torchvision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erase {
    /// The rectangle's share of the area, drawn evenly. Default `[0.02, 0.33]`.
    #[serde(default = "scale")]
    pub scale: [f64; 2],
    /// Height divided by width, drawn evenly in its logarithm. Default `[0.3, 3.3]`.
    #[serde(default = "ratio")]
    pub ratio: [f64; 2],
    /// With what. Default black.
    #[serde(default)]
    pub fill: Cover,
    /// Probability; default 0.5.
    #[serde(default = "half")]
    pub p: f64,
}

fn scale() -> [f64; 2] {
    [0.02, 0.33]
}

fn ratio() -> [f64; 2] {
    [0.3, 3.3]
}

/// What a part of a picture is covered with.
///
/// In a recipe: `0` (black) to `1` (white), one such number for each channel (of at most four), `"mean"` or `"noise"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "fill must be a number from 0 (black) to 1 (white), a list of these, one for each channel, \"mean\" or \"noise\""
)]
pub enum Cover {
    /// A brightness from 0 (black) to 1 (white).
    Level(f64),
    /// A brightness for each channel.
    Colour(Vec<f64>),
    /// Something that depends on the picture, or on chance.
    Word(CoverWord),
}

/// The covers that have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoverWord {
    /// The picture's mean, channel by channel.
    Mean,
    /// Normal noise about middle grey, with a quarter of the way from black to white as its deviation.
    Noise,
}

impl Default for Cover {
    fn default() -> Self {
        Cover::Level(0.0)
    }
}

impl Cover {
    fn check(&self, what: &'static str) -> Result<()> {
        match self {
            Cover::Level(level) => check_levels(what, std::slice::from_ref(level)),
            Cover::Colour(levels) => check_levels(what, levels),
            Cover::Word(_) => Ok(()),
        }
    }

    fn fits(&self, what: &'static str, frame: &Frame) -> Result<()> {
        match self {
            Cover::Colour(levels) => fits_levels(what, levels, frame),
            _ => Ok(()),
        }
    }

    fn apply(&self, part: Part, rng: &mut Rng, picture: &mut Picture) {
        let frame = picture.frame();
        let buffers = picture.planes_and_spare();
        let levels = match self {
            Cover::Level(level) => [*level as f32 * frame.white; COLOURS],
            Cover::Colour(levels) => colour(levels, &frame),
            Cover::Word(_) => [0.0; COLOURS],
        };
        for (channel, plane) in buffers.planes.chunks_exact_mut(frame.area()).enumerate() {
            let mut level = Beyond::level(&levels, channel);
            if *self == Cover::Word(CoverWord::Mean) {
                level = plane.iter().sum::<f32>() / frame.area() as f32;
            }
            for line in plane
                .chunks_exact_mut(frame.width)
                .skip(part.top)
                .take(part.height)
            {
                let line = &mut line[part.left..part.left + part.width];
                line.fill(level);
                if *self == Cover::Word(CoverWord::Noise) {
                    fill_normal(rng, line);
                    for value in line {
                        *value = ((0.5 + 0.25 * *value) * frame.white).clamp(0.0, frame.white);
                    }
                }
            }
        }
    }
}

/// `size` pixels about the centre `at`, within `0..whole`.
pub(super) fn about(at: usize, size: usize, whole: usize) -> (usize, usize) {
    let start = at as i64 - (size / 2) as i64;
    let end = start.saturating_add(i64::try_from(size).unwrap_or(i64::MAX));
    let start = start.max(0) as usize;
    (start, (end.max(0) as usize).min(whole) - start.min(whole))
}

impl Change for Cutout {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        for side in self.size.pair() {
            let holds = (1..=1_000_000).contains(&side);
            check_number("cutout", "size", side as f64, holds, "from 1 to 1000000")?;
        }
        let holds = (1..=1000).contains(&self.count);
        check_number(
            "cutout",
            "count",
            self.count as f64,
            holds,
            "from 1 to 1000",
        )?;
        self.fill.check("cutout")?;
        check_p("cutout", self.p)
    }

    fn fits(&self, frame: &Frame) -> Result<()> {
        self.fill.fits("cutout", frame)
    }

    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        let frame = picture.frame();
        let [h, w] = self.size.pair();
        for _ in 0..self.count {
            let (y, x) = (rng.below(frame.height), rng.below(frame.width));
            let (top, height) = about(y, h, frame.height);
            let (left, width) = about(x, w, frame.width);
            let part = Part {
                top,
                left,
                height,
                width,
            };
            self.fill.apply(part, rng, picture);
        }
    }
}

impl Change for Erase {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        let [low, high] = self.scale;
        if !(0.0 <= low && low <= high && high <= 1.0) {
            let problem =
                format!("scale must be a pair [low, high] within 0 and 1, not [{low}, {high}]");
            return Err(Error::argument("erase", problem));
        }
        check_ratio("erase", self.ratio)?;
        self.fill.check("erase")?;
        check_p("erase", self.p)
    }

    fn fits(&self, frame: &Frame) -> Result<()> {
        self.fill.fits("erase", frame)
    }

    /// Leaves the picture as it is where no rectangle fits.
    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        let frame = picture.frame();
        for _ in 0..ATTEMPTS {
            // The first of the two is the side that a larger ratio makes shorter: here the width.
            let Some((width, height)) = draw_size(self.scale, self.ratio, &frame, rng) else {
                continue;
            };
            if height < frame.height && width < frame.width {
                let part = Part {
                    top: rng.below(frame.height - height + 1),
                    left: rng.below(frame.width - width + 1),
                    height,
                    width,
                };
                return self.fill.apply(part, rng, picture);
            }
        }
    }
}
