//! Colours that can be told apart.

use nn_core::random::Rng;

use super::settings::SynthSettings;

/// Brightness of red, green and blue as the eye weighs them (ITU-R BT.601).
const WEIGHTS: [f64; 3] = [0.299, 0.587, 0.114];

/// The colours of character and background, 0 to 1; grey ones have three equal parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ink {
    pub(super) color: [f64; 3],
    pub(super) ground: [f64; 3],
}

pub(super) fn brightness(color: [f64; 3]) -> f64 {
    color.iter().zip(WEIGHTS).map(|(c, w)| c * w).sum()
}

/// A colour of about this brightness.
pub(super) fn of_brightness(level: f64, channels: usize, rng: &mut Rng) -> [f64; 3] {
    if channels == 1 {
        return [level; 3];
    }
    let mut color = [rng.uniform(), rng.uniform(), rng.uniform()];
    // Towards black or white, until the brightness is right.
    let now = brightness(color);
    for part in &mut color {
        *part = if level < now {
            *part * level / now
        } else {
            *part + (1.0 - *part) * (level - now) / (1.0 - now).max(1e-9)
        };
    }
    color
}

impl Ink {
    /// Two colours whose brightness differs by the contrast asked for, at least.
    pub(super) fn draw(settings: &SynthSettings, channels: usize, rng: &mut Rng) -> Ink {
        let apart = rng.uniform_range(settings.contrast, 1.0);
        let dark = rng.uniform_range(0.0, 1.0 - apart);
        let light_on_dark = rng.bernoulli(0.5) || settings.light_on_dark;
        let (ground, ink) = match light_on_dark {
            true => (dark, dark + apart),
            false => (dark + apart, dark),
        };
        Ink {
            ground: of_brightness(ground, channels, rng),
            color: of_brightness(ink, channels, rng),
        }
    }
}
