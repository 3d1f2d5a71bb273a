//! The kinds of values that settings have: ranges, sizes, what lies beyond the edge.

use serde::{Deserialize, Serialize};

use super::picture::{Beyond, Frame};
use crate::error::{Error, Result};

/// A range to draw from evenly, written as a number or as a pair.
///
/// What a number means stands with each setting; mostly the distance in both directions from no change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a range must be a number or a pair [low, high] of numbers"
)]
pub enum Spread {
    /// So far from no change in both directions.
    About(f64),
    /// From the first to the second.
    Between([f64; 2]),
}

impl Spread {
    /// The range where a number `b` means `[centre − b, centre + b]`.
    pub(super) fn around(self, centre: f64) -> [f64; 2] {
        match self {
            Spread::About(by) => [centre - by, centre + by],
            Spread::Between(pair) => pair,
        }
    }

    /// Refuses a range that is not ordered or leaves `low..=high`; `rule` says what it must be.
    pub(super) fn within(
        self,
        what: &'static str,
        key: &str,
        range: [f64; 2],
        rule: &str,
        centre: f64,
    ) -> Result<()> {
        let [low, high] = self.around(centre);
        // NaN fails every comparison.
        if range[0] <= low && low <= high && high <= range[1] {
            return Ok(());
        }
        let got = match self {
            Spread::About(by) => format!("{by}"),
            Spread::Between([low, high]) => format!("[{low}, {high}]"),
        };
        Err(Error::argument(
            what,
            format!("{key} must be {rule}, not {got}"),
        ))
    }
}

/// A number for both directions, or one for each.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a size must be a number or a pair of numbers")]
pub enum Extent<T> {
    /// The same in both directions.
    Both(T),
    /// The first and the second direction, which the setting names.
    Each([T; 2]),
}

impl<T: Copy> Extent<T> {
    /// One for each direction.
    pub fn pair(self) -> [T; 2] {
        match self {
            Extent::Both(one) => [one, one],
            Extent::Each(pair) => pair,
        }
    }
}

/// How a value between pixels comes about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interpolation {
    /// The value of the nearest pixel.
    Nearest,
    /// The four pixels around, weighted by closeness.
    #[default]
    Bilinear,
}

/// What comes into view from beyond the edge of a picture.
///
/// In a recipe: `0` (black) to `1` (white), one such number for each channel (of at most four), `"edge"` or `"reflect"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "fill must be a number from 0 (black) to 1 (white), a list of these, one for each channel, \"edge\" or \"reflect\""
)]
pub enum Fill {
    /// A brightness from 0 (black) to 1 (white).
    Level(f64),
    /// A brightness for each channel.
    Colour(Vec<f64>),
    /// What the picture's own edge gives.
    Own(Edge),
}

/// How a picture goes on beyond its edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// The edge, repeated.
    Edge,
    /// The picture, mirrored at its outermost pixels, which do not repeat.
    Reflect,
}

impl Default for Fill {
    fn default() -> Self {
        Fill::Level(0.0)
    }
}

/// Most channels that a colour can be given for.
pub(super) const COLOURS: usize = 4;

impl Fill {
    pub(super) fn check(&self, what: &'static str) -> Result<()> {
        match self {
            Fill::Level(level) => check_levels(what, std::slice::from_ref(level)),
            Fill::Colour(levels) => check_levels(what, levels),
            Fill::Own(_) => Ok(()),
        }
    }

    pub(super) fn fits(&self, what: &'static str, frame: &Frame) -> Result<()> {
        match self {
            Fill::Colour(levels) => fits_levels(what, levels, frame),
            _ => Ok(()),
        }
    }

    pub(super) fn beyond(&self, frame: &Frame) -> Beyond {
        match self {
            Fill::Level(level) => Beyond::Level([(*level as f32) * frame.white; COLOURS]),
            Fill::Colour(levels) => Beyond::Level(colour(levels, frame)),
            Fill::Own(Edge::Edge) => Beyond::Edge,
            Fill::Own(Edge::Reflect) => Beyond::Reflect,
        }
    }
}

/// Brightnesses as pixel values.
pub(super) fn colour(levels: &[f64], frame: &Frame) -> [f32; COLOURS] {
    let mut values = [0.0; COLOURS];
    for (value, level) in values.iter_mut().zip(levels) {
        *value = *level as f32 * frame.white;
    }
    values
}

pub(super) fn check_levels(what: &'static str, levels: &[f64]) -> Result<()> {
    match levels.iter().find(|level| !(0.0..=1.0).contains(*level)) {
        None => Ok(()),
        Some(level) => Err(Error::argument(
            what,
            format!("fill must be from 0 (black) to 1 (white), not {level}"),
        )),
    }
}

pub(super) fn fits_levels(what: &'static str, levels: &[f64], frame: &Frame) -> Result<()> {
    let channels = frame.channels;
    if levels.len() == channels && channels <= COLOURS {
        return Ok(());
    }
    Err(Error::argument(
        what,
        format!(
            "fill has {} values, the pictures have {channels} channel(s); give one number, or one for each of up to {COLOURS} channels",
            levels.len()
        ),
    ))
}

/// Refuses what is no probability.
pub(super) fn check_p(what: &'static str, p: f64) -> Result<()> {
    check_number(what, "p", p, (0.0..=1.0).contains(&p), "from 0 to 1")
}

/// Refuses a number for which `holds` is false.
pub(super) fn check_number(
    what: &'static str,
    key: &str,
    got: f64,
    holds: bool,
    rule: &str,
) -> Result<()> {
    if holds {
        return Ok(());
    }
    Err(Error::argument(
        what,
        format!("{key} must be {rule}, not {got}"),
    ))
}

/// p = 1
pub(super) fn always() -> f64 {
    1.0
}

/// p = 0.5
pub(super) fn half() -> f64 {
    0.5
}
