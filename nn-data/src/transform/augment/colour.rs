//! Brightness, contrast and saturation: the picture blended with black, with its mean grey, with itself in grey.
//!
//! As in torchvision's `ColorJitter`: `y = f·x + (1 − f)·other`, kept within black and white.

use nn_core::Rng;
use serde::{Deserialize, Serialize};

use super::Change;
use super::picture::{Frame, Picture};
use super::settings::{Spread, always, check_p};
use crate::error::{Error, Result};

/// How bright red, green and blue look (ITU-R BT.601, rounded as in torchvision).
const LUMA: [f32; 3] = [0.2989, 0.587, 0.114];

/// `y = f·x`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brightness {
    /// f, drawn evenly: a number `b` draws from max(0, 1 − b) to 1 + b.
    pub factor: Spread,
    /// Probability; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

/// `y = f·x + (1 − f)·m` with the mean brightness m of the picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contrast {
    /// f, drawn evenly: a number `b` draws from max(0, 1 − b) to 1 + b.
    pub factor: Spread,
    /// Probability; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

/// `y = f·x + (1 − f)·g` with the brightness g of each pixel; colour pictures only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saturation {
    /// f, drawn evenly: a number `b` draws from max(0, 1 − b) to 1 + b.
    pub factor: Spread,
    /// Probability; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

/// The range of factors that `factor` means.
fn factors(factor: Spread) -> [f64; 2] {
    let [low, high] = factor.around(1.0);
    match factor {
        Spread::About(_) => [low.max(0.0), high],
        Spread::Between(_) => [low, high],
    }
}

fn check_factor(what: &'static str, factor: Spread) -> Result<()> {
    let rule = "0 or above, or a pair [low, high] of factors within 0 and 100";
    if let Spread::About(by) = factor
        && (by.is_nan() || by < 0.0)
    {
        return Err(Error::argument(
            what,
            format!("factor must be {rule}, not {by}"),
        ));
    }
    let range = Spread::Between(factors(factor));
    range.within(what, "factor", [0.0, 100.0], rule, 1.0)
}

/// Refuses pictures that are not red, green and blue.
pub(super) fn needs_colour(what: &'static str, frame: &Frame) -> Result<()> {
    match frame.channels {
        3 => Ok(()),
        channels => Err(Error::argument(
            what,
            format!(
                "it needs the channels red, green and blue, the pictures have {channels}; take it out"
            ),
        )),
    }
}

/// Red, green and blue of a colour picture.
pub(super) fn colours(planes: &mut [f32]) -> [&mut [f32]; 3] {
    let area = planes.len() / 3;
    let (red, rest) = planes.split_at_mut(area);
    let (green, blue) = rest.split_at_mut(area);
    [red, green, blue]
}

/// Sums in fixed blocks of lanes: fast, and the same whatever the processor.
fn sum(values: &[f32]) -> f64 {
    let mut total = 0.0_f64;
    for block in values.chunks(512) {
        let mut lanes = [0.0_f32; 8];
        let whole = block.chunks_exact(8);
        let rest: f32 = whole.remainder().iter().sum();
        for eight in whole {
            for (lane, value) in lanes.iter_mut().zip(eight) {
                *lane += value;
            }
        }
        total += f64::from(lanes.iter().sum::<f32>() + rest);
    }
    total
}

impl Change for Brightness {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        check_factor("brightness", self.factor)?;
        check_p("brightness", self.p)
    }

    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        let [low, high] = factors(self.factor);
        let factor = rng.uniform_range(low, high) as f32;
        let white = picture.frame().white;
        for value in picture.planes() {
            *value = (*value * factor).clamp(0.0, white);
        }
    }
}

impl Change for Contrast {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        check_factor("contrast", self.factor)?;
        check_p("contrast", self.p)
    }

    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        let [low, high] = factors(self.factor);
        let factor = rng.uniform_range(low, high) as f32;
        let frame = picture.frame();
        let planes = picture.planes();
        let mean = if frame.channels == 3 {
            let channels = planes.chunks_exact(frame.area()).zip(LUMA);
            channels
                .map(|(plane, share)| sum(plane) * f64::from(share))
                .sum::<f64>()
                / frame.area() as f64
        } else {
            sum(planes) / frame.values() as f64
        };
        let offset = (1.0 - factor) * mean as f32;
        for value in planes {
            *value = (*value * factor + offset).clamp(0.0, frame.white);
        }
    }
}

impl Change for Saturation {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        check_factor("saturation", self.factor)?;
        check_p("saturation", self.p)
    }

    fn fits(&self, frame: &Frame) -> Result<()> {
        needs_colour("saturation", frame)
    }

    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        let [low, high] = factors(self.factor);
        let factor = rng.uniform_range(low, high) as f32;
        let white = picture.frame().white;
        let [red, green, blue] = colours(picture.planes());
        for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
            let grey = LUMA[0] * *r + LUMA[1] * *g + LUMA[2] * *b;
            let offset = (1.0 - factor) * grey;
            *r = (*r * factor + offset).clamp(0.0, white);
            *g = (*g * factor + offset).clamp(0.0, white);
            *b = (*b * factor + offset).clamp(0.0, white);
        }
    }
}
