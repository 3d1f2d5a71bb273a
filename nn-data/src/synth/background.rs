//! What characters stand on.

use nn_core::random::Rng;

use super::ink::{Ink, brightness, of_brightness};
use super::settings::SynthSettings;

/// Waves of a texture.
const WAVES: usize = 4;

/// One colour; one that turns into another across the picture; or a smooth texture of a few waves between two.
#[derive(Debug, Clone, Copy)]
pub(super) struct Background {
    from: [f64; 3],
    to: [f64; 3],
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Plain,
    /// Along this direction.
    Gradient([f64; 2]),
    /// Cycles down and across, and the phase.
    Texture([[f64; 3]; WAVES]),
}

impl Background {
    /// Never nearer to the ink than a share of the contrast that was asked for.
    pub(super) fn draw(settings: &SynthSettings, ink: &Ink, rng: &mut Rng) -> Background {
        let channels = settings.color.channels();
        let kind = match rng.below(3) {
            0 => Kind::Plain,
            1 => {
                let angle = rng.uniform() * std::f64::consts::TAU;
                Kind::Gradient([angle.sin(), angle.cos()])
            }
            _ => Kind::Texture([(); WAVES].map(|()| {
                let mut cycles = || rng.uniform_range(-3.0, 3.0);
                let (down, across) = (cycles(), cycles());
                [down, across, rng.uniform() * std::f64::consts::TAU]
            })),
        };
        let ground = brightness(ink.ground);
        let distance = ground - brightness(ink.color);
        // Away from the ink there is room up to black or white; towards it, a third of the distance.
        let limit = if distance > 0.0 { 1.0 } else { 0.0 };
        let reach = match rng.bernoulli(0.5) {
            true => limit - ground,
            false => -distance / 3.0,
        };
        let stray = settings.background * rng.uniform();
        let other = of_brightness(ground + stray * reach, channels, rng);
        // Of the same brightness throughout, a change of hue still shows.
        let mix = |(&a, &b): (&f64, &f64)| a + settings.background * (b - a);
        let mut to = [0.0; 3];
        for (to, pair) in to.iter_mut().zip(ink.ground.iter().zip(&other)) {
            *to = mix(pair);
        }
        Background {
            from: ink.ground,
            to: if channels == 1 { other } else { to },
            kind,
        }
    }

    /// The value at a place, rows and columns as shares of the picture.
    pub(super) fn at(&self, channel: usize, y: f64, x: f64) -> f64 {
        let share = match &self.kind {
            Kind::Plain => 0.0,
            Kind::Gradient([dy, dx]) => {
                let along = (y - 0.5) * dy + (x - 0.5) * dx;
                (along / std::f64::consts::SQRT_2 + 0.5).clamp(0.0, 1.0)
            }
            Kind::Texture(waves) => {
                let wave = |[down, across, phase]: &[f64; 3]| {
                    (std::f64::consts::TAU * (down * y + across * x) + phase).sin()
                };
                0.5 + 0.5 * waves.iter().map(wave).sum::<f64>() / WAVES as f64
            }
        };
        self.from[channel] + share * (self.to[channel] - self.from[channel])
    }
}
