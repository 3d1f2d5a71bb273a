//! Made-up pictures of characters: digits, letters or any others, drawn with many fonts, colours, distortions and
//! backgrounds, and labelled by what they show.
//!
//! A picture is a function of the settings, the fonts, the seed and its number alone: none has to be stored, and a data
//! set of millions takes no memory. Learning from such pictures is a start where few real ones are at hand (Jaderberg
//! et al. 2014, "Synthetic data and artificial neural networks for natural scene text recognition").

mod background;
mod font;
mod glyph;
mod ink;
mod settings;

use nn_core::random::{Purpose, Rng};
use nn_core::{Shape, Tensor};

use crate::batch::Batch;
use crate::dataset::{Dataset, TargetKind, check_indices};
use crate::error::{Error, Result};
use background::Background;
pub use font::{Fonts, Typeface};
use glyph::{Outline, Placement};
use ink::Ink;
pub use settings::{SynthSettings, class_name, letters};

/// Numbers of this module's random draws.
const DRAWS: Purpose = Purpose::Other(0x53594e54);

/// Pictures of characters, made when they are asked for.
///
/// Sample `i` shows character `i mod classes`, so that classes are even.
///
/// # Shapes
/// inputs `[N, 1, H, W]` or `[N, 3, H, W]`, bytes 0 to 255 as `u8`; targets `[N]`, the character's number.
///
/// ```
/// use nn_data::{Dataset, synth::{Fonts, Synth, SynthSettings}};
///
/// let fonts = Fonts::installed();
/// let settings = SynthSettings { characters: ('0'..='9').collect(), ..SynthSettings::default() };
/// match Synth::new(settings, fonts, 1000) {
///     Ok(digits) => assert_eq!(digits.batch(&[7])?.inputs.dims(), [1, 1, 28, 28]),
///     // A machine without fonts says so.
///     Err(error) => assert!(error.to_string().contains("font")),
/// }
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Synth {
    settings: SynthSettings,
    fonts: Fonts,
    samples: usize,
    shape: [usize; 3],
    target: TargetKind,
    /// For each class, the fonts that can draw it.
    usable: Vec<Vec<usize>>,
}

impl Synth {
    /// So many pictures.
    ///
    /// # Errors
    /// If a setting is outside its range, a character is given twice, or none of the fonts can draw one of them.
    pub fn new(settings: SynthSettings, fonts: Fonts, samples: usize) -> Result<Synth> {
        settings.check()?;
        let usable: Vec<Vec<usize>> = settings
            .characters
            .iter()
            .map(|&character| fonts.drawing(character))
            .collect();
        if let Some(at) = usable.iter().position(Vec::is_empty) {
            let problem = format!(
                "none of the {} fonts can draw '{}'; give a font that can, or leave the character out",
                fonts.len(),
                settings.characters[at]
            );
            return Err(Error::argument("synth", problem));
        }
        let names = settings.characters.iter();
        let target = TargetKind::Classes {
            names: names
                .map(|&c| class_name(c, &settings.characters))
                .collect(),
        };
        Ok(Synth {
            shape: [settings.color.channels(), settings.height, settings.width],
            settings,
            fonts,
            samples,
            target,
            usable,
        })
    }

    /// How many fonts there are to draw with.
    pub fn fonts(&self) -> usize {
        self.fonts.len()
    }

    /// The font that sample `index` is drawn with.
    pub fn typeface(&self, index: usize) -> &Typeface {
        let mut rng = Rng::addressed(self.settings.seed, DRAWS, 0, index as u64);
        self.fonts.get(self.pick(index, &mut rng))
    }

    fn pick(&self, index: usize, rng: &mut Rng) -> usize {
        let usable = &self.usable[index % self.usable.len()];
        usable[rng.below(usable.len())]
    }

    /// The bytes of sample `index`, channel by channel.
    pub fn pixels(&self, index: usize) -> Vec<u8> {
        let settings = &self.settings;
        let mut rng = Rng::addressed(settings.seed, DRAWS, 0, index as u64);
        let font = self.fonts.get(self.pick(index, &mut rng));
        let character = settings.characters[index % settings.characters.len()];
        let [channels, height, width] = self.shape;

        let placement = Placement::draw(settings, &mut rng);
        let ink = Ink::draw(settings, channels, &mut rng);
        let background = Background::draw(settings, &ink, &mut rng);
        let coverage = Outline::of(font, character).render(&placement, height, width);
        let mut pixels = Vec::with_capacity(channels * height * width);
        for channel in 0..channels {
            for (at, &cover) in coverage.iter().enumerate() {
                let (y, x) = (at / width, at % width);
                let ground =
                    background.at(channel, y as f64 / height as f64, x as f64 / width as f64);
                pixels.push(ground + f64::from(cover) * (ink.color[channel] - ground));
            }
        }
        let noise = rng.uniform() * settings.noise;
        let byte = |value: f64, rng: &mut Rng| {
            let noisy = if noise > 0.0 {
                value + noise * rng.normal()
            } else {
                value
            };
            (noisy * 255.0).round().clamp(0.0, 255.0) as u8
        };
        pixels.into_iter().map(|v| byte(v, &mut rng)).collect()
    }
}

impl Dataset for Synth {
    fn name(&self) -> &str {
        "made-up characters"
    }

    fn len(&self) -> usize {
        self.samples
    }

    fn input_shape(&self) -> &[usize] {
        &self.shape
    }

    fn target_kind(&self) -> &TargetKind {
        &self.target
    }

    fn batch(&self, indices: &[usize]) -> Result<Batch> {
        check_indices(self.samples, indices)?;
        let sample: usize = self.shape.iter().product();
        let mut pixels = vec![0u8; indices.len() * sample];
        nn_core::kernels::threads::for_each_chunk(&mut pixels, sample.max(1), |at, out| {
            out.copy_from_slice(&self.pixels(indices[at]));
        });
        let shape: Shape = [&[indices.len()][..], &self.shape].concat().into();
        let classes = self.settings.characters.len();
        let labels: Vec<u32> = indices.iter().map(|i| (i % classes) as u32).collect();
        Ok(Batch {
            inputs: Tensor::from_vec(pixels, shape)?,
            targets: Tensor::from_vec(labels, [indices.len()])?,
            indices: indices.to_vec(),
        })
    }

    fn is_finite(&self) -> bool {
        true
    }

    fn class_labels(&self) -> Result<Option<Vec<u32>>> {
        let classes = self.settings.characters.len();
        Ok(Some(
            (0..self.samples).map(|i| (i % classes) as u32).collect(),
        ))
    }
}

#[cfg(test)]
mod tests;
