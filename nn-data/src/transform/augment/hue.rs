//! Other colours: red becomes orange, green becomes blue.

use nn_core::Rng;
use serde::{Deserialize, Serialize};

use super::Change;
use super::colour::{colours, needs_colour};
use super::picture::{Frame, Picture};
use super::settings::{Spread, always, check_p};
use crate::error::Result;

/// Turns the hue (of hue, saturation and value) of every pixel on the colour circle; colour pictures only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hue {
    /// The part of a full turn, drawn evenly: a number `h` of at most 0.5 draws from −h to h.
    pub shift: Spread,
    /// Probability; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

impl Change for Hue {
    fn p(&self) -> f64 {
        self.p
    }

    fn check(&self) -> Result<()> {
        let rule = "from 0 to 0.5, or a pair [low, high] within −0.5 and 0.5";
        self.shift.within("hue", "shift", [-0.5, 0.5], rule, 0.0)?;
        check_p("hue", self.p)
    }

    fn fits(&self, frame: &Frame) -> Result<()> {
        needs_colour("hue", frame)
    }

    fn apply(&self, rng: &mut Rng, picture: &mut Picture) {
        let [low, high] = self.shift.around(0.0);
        let shift = 6.0 * rng.uniform_range(low, high) as f32;
        let [red, green, blue] = colours(picture.planes());
        for ((r, g), b) in red.iter_mut().zip(green).zip(blue) {
            (*r, *g, *b) = turned(*r, *g, *b, shift);
        }
    }
}

/// Brings −6 … 12 sixths of a turn to 0 … 6.
fn within_turn(at: f32) -> f32 {
    let at = if at < 0.0 { at + 6.0 } else { at };
    if at >= 6.0 { at - 6.0 } else { at }
}

/// A colour with its hue turned by `shift` sixths of a turn, −3 to 3. Value and chroma stay.
fn turned(r: f32, g: f32, b: f32, shift: f32) -> (f32, f32, f32) {
    let value = r.max(g).max(b);
    let chroma = value - r.min(g).min(b);
    // In sixths of a turn from red. Grey has no hue, and any will do.
    let scale = if chroma > 0.0 { 1.0 / chroma } else { 0.0 };
    let hue = if value == r {
        (g - b) * scale
    } else if value == g {
        (b - r) * scale + 2.0
    } else {
        (r - g) * scale + 4.0
    };
    let hue = within_turn(hue + shift);
    // Over a turn each channel goes from the value down to the value less the chroma and up again, in ramps of a sixth; red, green and
    // blue do so at different times.
    let channel = |begin: f32| {
        let at = within_turn(begin + hue);
        value - chroma * at.min(4.0 - at).clamp(0.0, 1.0)
    };
    (channel(5.0), channel(3.0), channel(1.0))
}

#[cfg(test)]
mod tests {
    use super::turned;

    #[test]
    fn pure_colours_turn_into_each_other() {
        let near = |got: (f32, f32, f32), wanted: (f32, f32, f32)| {
            let gap = (got.0 - wanted.0)
                .abs()
                .max((got.1 - wanted.1).abs())
                .max((got.2 - wanted.2).abs());
            assert!(gap < 1e-5, "{got:?}, not {wanted:?}");
        };
        near(turned(1.0, 0.0, 0.0, 1.0), (1.0, 1.0, 0.0));
        near(turned(1.0, 0.0, 0.0, 2.0), (0.0, 1.0, 0.0));
        near(turned(1.0, 0.0, 0.0, -2.0), (0.0, 0.0, 1.0));
        near(turned(0.2, 0.7, 0.4, 0.0), (0.2, 0.7, 0.4));
        near(turned(0.2, 0.7, 0.4, 3.0), (0.7, 0.2, 0.5));
        near(turned(0.5, 0.5, 0.5, 1.5), (0.5, 0.5, 0.5));
        near(turned(0.0, 0.0, 0.0, 1.5), (0.0, 0.0, 0.0));
    }
}
