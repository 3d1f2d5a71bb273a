//! Cutting a part out and enlarging it to the whole.

use nn_core::Rng;
use serde::{Deserialize, Serialize};

use super::Change;
use super::geometry::Map;
use super::picture::{Beyond, Frame, Picture};
use super::settings::{Interpolation, Spread, always, check_p};
use crate::error::{Error, Result};

/// Tries to find a part that fits before a middle one is taken.
const ATTEMPTS: usize = 10;

/// Cuts out a part of random area and proportion and enlarges it to the picture's size (Szegedy et al. 2015).
///
/// Area and proportion are drawn as in torchvision. At the rim of the part, values are interpolated with the pixels beyond it where
/// the picture has such.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResizedCrop {
    /// The part's share of the area: a number `s` draws from s to 1. Default `[0.08, 1]`.
    #[serde(default = "scale")]
    pub scale: Spread,
    /// Width divided by height of the part, drawn evenly in its logarithm. Default `[3/4, 4/3]`.
    #[serde(default = "ratio")]
    pub ratio: [f64; 2],
    /// Default bilinear.
    #[serde(default)]
    pub interpolation: Interpolation,
    /// Probability; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

fn scale() -> Spread {
    Spread::Between([0.08, 1.0])
}

fn ratio() -> [f64; 2] {
    [3.0 / 4.0, 4.0 / 3.0]
}

/// A rectangle of whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) top: usize,
    pub(super) left: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

impl ResizedCrop {
    fn shares(&self) -> [f64; 2] {
        match self.scale {
            Spread::About(least) => [least, 1.0],
            Spread::Between(pair) => pair,
        }
    }

    fn draw(&self, frame: &Frame, rng: &mut Rng) -> Part {
        let (height, width) = (frame.height, frame.width);
        for _ in 0..ATTEMPTS {
            if let Some((h, w)) = draw_size(self.shares(), self.ratio, frame, rng)
                && (1..=height).contains(&h)
                && (1..=width).contains(&w)
            {
                return Part {
                    top: rng.below(height - h + 1),
                    left: rng.below(width - w + 1),
                    height: h,
                    width: w,
                };
            }
        }
        // The largest part in the middle whose proportion is within the limits.
        let own = width as f64 / height as f64;
        let (h, w) = if own < self.ratio[0] {
            ((width as f64 / self.ratio[0]).round() as usize, width)
        } else if own > self.ratio[1] {
            (height, (height as f64 * self.ratio[1]).round() as usize)
        } else {
            (height, width)
        };
        let (h, w) = (h.clamp(1, height), w.clamp(1, width));
        Part {
            top: (height - h) / 2,
            left: (width - w) / 2,
            height: h,
            width: w,
        }
    }
}

/// Height and width of a rectangle with a share of the area and a proportion (width to height) within limits; nothing where these are
/// beyond counting.
pub(super) fn draw_size(
    shares: [f64; 2],
    ratio: [f64; 2],
    frame: &Frame,
    rng: &mut Rng,
) -> Option<(usize, usize)> {
    let area = frame.area() as f64 * rng.uniform_range(shares[0], shares[1]);
    let proportion = rng.uniform_range(ratio[0].ln(), ratio[1].ln()).exp();
    let (h, w) = (
        (area / proportion).sqrt().round(),
        (area * proportion).sqrt().round(),
    );
    (h < 1e9 && w < 1e9).then_some((h as usize, w as usize))
}

/// Refuses limits that are no proportions.
pub(super) fn check_ratio(what: &'static str, ratio: [f64; 2]) -> Result<()> {
    let [low, high] = ratio;
    if 0.01 <= low && low <= high && high <= 100.0 {
        return Ok(());
    }
    Err(Error::argument(
        what,
        format!("ratio must be a pair [low, high] within 0.01 and 100, not [{low}, {high}]"),
    ))
}

impl Change for ResizedCrop {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        let rule = "above 0 and at most 1, or a pair [low, high] of such";
        Spread::Between(self.shares()).within(
            "resized_crop",
            "scale",
            [f64::MIN_POSITIVE, 1.0],
            rule,
            0.0,
        )?;
        check_ratio("resized_crop", self.ratio)?;
        check_p("resized_crop", self.p)
    }

    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        let frame = picture.frame();
        let part = self.draw(&frame, rng);
        // Half a pixel before its first centre a picture begins.
        let along = |size: usize, of: usize, from: usize| {
            let step = size as f64 / of as f64;
            (step, 0.5 * step - 0.5 + from as f64)
        };
        let (a, c) = along(part.width, frame.width, part.left);
        let (e, f) = along(part.height, frame.height, part.top);
        let map = Map::scaling(a, c, e, f);
        // Half a pixel more than the picture has is in view at most, which its edge can fill; so it does not keep other changes from
        // being made in the same pass unless they are filled otherwise.
        picture.place(map, Some(Beyond::Edge), Some(self.interpolation));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_the_areas_and_proportions_asked_for() {
        let crop = ResizedCrop {
            scale: Spread::About(0.25),
            ratio: [0.5, 2.0],
            interpolation: Interpolation::Bilinear,
            p: 1.0,
        };
        let frame = Frame {
            channels: 1,
            height: 100,
            width: 140,
            white: 1.0,
        };
        let mut rng = Rng::new(3);
        let mut areas = Vec::new();
        for _ in 0..4000 {
            let part = crop.draw(&frame, &mut rng);
            assert!(part.top + part.height <= 100 && part.left + part.width <= 140);
            let proportion = part.width as f64 / part.height as f64;
            assert!((0.48..2.1).contains(&proportion), "{part:?}");
            areas.push((part.width * part.height) as f64 / 14_000.0);
        }
        let (low, high) = areas
            .iter()
            .fold((1.0f64, 0.0f64), |(l, h), &a| (l.min(a), h.max(a)));
        assert!((0.24..0.26).contains(&low) && high > 0.95, "{low} {high}");
    }

    #[test]
    fn where_no_part_fits_the_middle_is_taken() {
        let crop = ResizedCrop {
            scale: Spread::Between([1.0, 1.0]),
            ratio: [1.0, 1.0],
            interpolation: Interpolation::Bilinear,
            p: 1.0,
        };
        let frame = Frame {
            channels: 1,
            height: 4,
            width: 10,
            white: 1.0,
        };
        let part = crop.draw(&frame, &mut Rng::new(0));
        assert_eq!(
            part,
            Part {
                top: 0,
                left: 3,
                height: 4,
                width: 4
            }
        );
    }
}
