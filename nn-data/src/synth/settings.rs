//! What is drawn, and how much it varies.

use crate::error::{Error, Result};
use crate::picture::Color;

/// The most pixels of a side.
const LARGEST: usize = 1024;

/// What is drawn, and how much it varies. Every quantity is drawn anew for each picture, from its range.
#[derive(Debug, Clone, PartialEq)]
pub struct SynthSettings {
    /// The characters, one class each. Default: the ten digits.
    pub characters: Vec<char>,
    /// Rows of a picture. Default 28.
    pub height: usize,
    /// Columns of a picture. Default 28.
    pub width: usize,
    /// Grey or in colours. Default grey.
    pub color: Color,
    /// The character's larger side as a share of the picture's, from and to. Default 0.55 to 0.9.
    pub size: (f64, f64),
    /// Turned by up to so many degrees either way. Default 12.
    pub rotation: f64,
    /// Slanted by up to so many degrees either way. Default 8.
    pub shear: f64,
    /// Moved off the middle by up to this share of the picture. Default 0.08.
    pub shift: f64,
    /// The least difference of brightness between character and background, 0 to 1. Default 0.35.
    pub contrast: f64,
    /// Whether characters are always light on dark, as in MNIST. Default `false`: either way.
    pub light_on_dark: bool,
    /// How far the background strays from one colour, 0 (plain) to 1 (gradients and textures of full strength). Default 0.5.
    pub background: f64,
    /// The largest standard deviation of the pixels' noise, 1 being from black to white. Default 0.06.
    pub noise: f64,
    /// Default 0.
    pub seed: u64,
}

impl Default for SynthSettings {
    fn default() -> Self {
        SynthSettings {
            characters: ('0'..='9').collect(),
            height: 28,
            width: 28,
            color: Color::Grey,
            size: (0.55, 0.9),
            rotation: 12.0,
            shear: 8.0,
            shift: 0.08,
            contrast: 0.35,
            light_on_dark: false,
            background: 0.5,
            noise: 0.06,
            seed: 0,
        }
    }
}

impl SynthSettings {
    pub(super) fn check(&self) -> Result<()> {
        let wrong = |problem: String| Err(Error::argument("synth", problem));
        if self.characters.is_empty() {
            return wrong("there are no characters to draw".into());
        }
        let mut sorted = self.characters.clone();
        sorted.sort_unstable();
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return wrong(format!("the character '{}' is given twice", pair[0]));
        }
        if let Some(&blank) = sorted.iter().find(|c| c.is_whitespace() || c.is_control()) {
            return wrong(format!("{blank:?} leaves no ink; take it out"));
        }
        for (name, side) in [("height", self.height), ("width", self.width)] {
            if !(4..=LARGEST).contains(&side) {
                return wrong(format!("{name} = {side} must be from 4 to {LARGEST}"));
            }
        }
        let (least, most) = self.size;
        if !(least > 0.0 && least <= most && most <= 2.0) {
            return wrong(format!(
                "size from {least} to {most} must rise within 0 to 2, shares of the picture"
            ));
        }
        for (name, value, limit) in [
            ("rotation", self.rotation, 180.0),
            ("shear", self.shear, 60.0),
            ("shift", self.shift, 1.0),
            ("contrast", self.contrast, 0.95),
            ("background", self.background, 1.0),
            ("noise", self.noise, 1.0),
        ] {
            if !(0.0..=limit).contains(&value) {
                return wrong(format!("{name} = {value} must be from 0 to {limit}"));
            }
        }
        Ok(())
    }
}

/// Characters by a word (`digits`, `upper`, `lower`, `letters`, `alphanumeric`), or those of the text itself.
///
/// ```
/// assert_eq!(nn_data::synth::letters("digits").len(), 10);
/// assert_eq!(nn_data::synth::letters("αβγ"), ['α', 'β', 'γ']);
/// ```
pub fn letters(text: &str) -> Vec<char> {
    let (digits, upper, lower) = ('0'..='9', 'A'..='Z', 'a'..='z');
    match text {
        "digits" => digits.collect(),
        "upper" => upper.collect(),
        "lower" => lower.collect(),
        "letters" => upper.chain(lower).collect(),
        "alphanumeric" => digits.chain(upper).chain(lower).collect(),
        other => other.chars().collect(),
    }
}

/// What the class of a character is called, a name that any file system takes for a folder: the character itself if it is
/// a letter or digit (with `lower_` before it where its capital is a class too, since some file systems do not tell them
/// apart), else its code, as `U+0025`.
pub fn class_name(character: char, all: &[char]) -> String {
    let capital = || character.to_uppercase().any(|c| all.contains(&c));
    if !character.is_alphanumeric() {
        format!("U+{:04X}", u32::from(character))
    } else if character.is_lowercase() && capital() {
        format!("lower_{character}")
    } else {
        character.to_string()
    }
}
