//! What a figure comes to: shapes at places, in pixels, painted in order.

use super::canvas::Anchor;
use super::palette::{LEVELS, Tone};

/// Shapes on a piece of paper.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// Its width.
    pub width: f32,
    /// Its height.
    pub height: f32,
    /// In the order of painting.
    pub shapes: Vec<Shape>,
}

/// A tone and how much of it covers what is below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ink {
    /// The colour.
    pub tone: Tone,
    /// Of [`LEVELS`].
    pub level: u8,
}

impl From<Tone> for Ink {
    fn from(tone: Tone) -> Ink {
        Ink {
            tone,
            level: LEVELS,
        }
    }
}

impl Ink {
    /// A part of the full colour, 0 to 1.
    pub fn share(tone: Tone, share: f64) -> Ink {
        let level = (share.clamp(0.0, 1.0) * f64::from(LEVELS)).round() as u8;
        Ink { tone, level }
    }

    /// As a number from 0 to 1.
    pub fn opacity(self) -> f32 {
        f32::from(self.level) / f32::from(LEVELS)
    }
}

/// A shape.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A line through points.
    Path {
        /// Its points.
        points: Vec<(f32, f32)>,
        /// Of the pen.
        width: f32,
        /// Its colour.
        ink: Ink,
        /// Whether it is broken.
        dashed: bool,
    },
    /// A filled outline.
    Area {
        /// Its corners.
        points: Vec<(f32, f32)>,
        /// Its colour.
        ink: Ink,
    },
    /// A filled rectangle.
    Rect {
        /// Left, top, width, height.
        place: (f32, f32, f32, f32),
        /// Its colour.
        ink: Ink,
        /// Shown where a pointer rests; empty for none.
        hint: String,
    },
    /// Discs.
    Dots {
        /// Their middles.
        points: Vec<(f32, f32)>,
        /// Their radius.
        radius: f32,
        /// Their colour.
        ink: Ink,
    },
    /// A line of text.
    Text {
        /// The text.
        text: String,
        /// Where its anchor stands, on the baseline.
        at: (f32, f32),
        /// Height of its capitals.
        size: f32,
        /// Its colour.
        look: TextLook,
        /// Which point of it stands there.
        anchor: Anchor,
        /// Whether it runs upwards.
        turned: bool,
    },
}

/// How text is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextLook {
    /// In a tone.
    Tone(Tone),
    /// To be read on a cell of this shade.
    OnCell(u8),
}
