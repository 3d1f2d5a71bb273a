//! Augmentation: changes to training pictures that leave their meaning as it is, drawn anew for every sample and epoch.
//!
//! [`Augment`] is one step as a recipe says it, [`Augmenter`] the steps made ready for the pictures of a data set. It works on batches
//! before they are scaled, of bytes or of floats, and is given to [`Loader::augment`](crate::Loader::augment).
//!
//! What happens to a sample is a function of seed, epoch and the sample's place in the data set: batch size, order, threads and
//! restarts change nothing. Only [`Mixup`] and [`Cutmix`] look at other samples of the batch.
//!
//! Values are changed as 32-bit floats and rounded to bytes once, at the end. Changes of place in a row are carried out as one, in a
//! single pass, or by copying rows where pixels only shift; what one of them moves out of sight and the next back in is still there.
//!
//! | step | what it does |
//! |---|---|
//! | [`Flip`], [`VerticalFlip`] | mirror image |
//! | [`Crop`], [`Translate`] | move by whole pixels |
//! | [`Rotate`], [`Zoom`], [`Shear`], [`ResizedCrop`] | turn, enlarge or shrink, slant, enlarge a part |
//! | [`Elastic`] | distort like rubber |
//! | [`Brightness`], [`Contrast`], [`Saturation`], [`Hue`] | other light and colours |
//! | [`GaussianNoise`], [`SaltAndPepper`], [`Blur`] | a worse camera |
//! | [`Cutout`], [`Erase`] | cover parts |
//! | [`Mixup`], [`Cutmix`] | mix samples of a batch, and their targets |

mod augmenter;
mod blur;
mod colour;
mod convolve;
mod crop;
mod cutout;
mod elastic;
mod flip;
mod geometry;
mod hue;
mod mixing;
mod noise;
mod normal;
mod picture;
mod resample;
mod resized_crop;
mod rotate;
mod settings;
mod shear;
#[cfg(test)]
mod tests;
mod zoom;

use nn_core::Rng;
use serde::{Deserialize, Serialize};

pub use augmenter::Augmenter;
pub use blur::Blur;
pub use colour::{Brightness, Contrast, Saturation};
pub use crop::{Crop, Translate};
pub use cutout::{Cover, CoverWord, Cutout, Erase};
pub use elastic::Elastic;
pub use flip::{Flip, VerticalFlip};
pub use hue::Hue;
pub use mixing::{Cutmix, Mixup};
pub use noise::{GaussianNoise, SaltAndPepper};
pub use resized_crop::ResizedCrop;
pub use rotate::Rotate;
pub use settings::{Edge, Extent, Fill, Interpolation, Spread};
pub use shear::Shear;
pub use zoom::Zoom;

use crate::error::Result;
use picture::{Frame, Picture};

/// A change of one picture.
pub(crate) trait Change {
    /// The probability that it takes place.
    fn p(&self) -> f64;

    /// Refuses settings out of range.
    fn check(&self) -> Result<()>;

    /// Refuses pictures that it cannot change.
    fn fits(&self, frame: &Frame) -> Result<()> {
        let _ = frame;
        Ok(())
    }

    /// Draws and changes.
    fn apply(&self, rng: &mut Rng, picture: &mut Picture);
}

/// One step of augmentation with its settings; `type` in a recipe.
///
/// ```
/// use nn_data::transform::augment::{Augment, Spread};
///
/// let step: Augment = serde_json::from_str(r#"{"type": "rotate", "degrees": 15}"#).unwrap();
/// let Augment::Rotate(rotate) = &step else { panic!() };
/// assert_eq!((rotate.degrees, rotate.p), (Spread::About(15.0), 1.0));
/// assert!(serde_json::from_str::<Augment>(r#"{"type": "rotate", "degree": 15}"#).is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Augment {
    /// Left and right swapped.
    #[serde(alias = "horizontal_flip", alias = "hflip")]
    Flip(Flip),
    /// Top and bottom swapped.
    #[serde(alias = "vflip")]
    VerticalFlip(VerticalFlip),
    /// Padded, and the own size cut out at random.
    #[serde(alias = "random_crop")]
    Crop(Crop),
    /// Moved by whole pixels.
    #[serde(alias = "shift")]
    Translate(Translate),
    /// Turned about the middle.
    #[serde(alias = "rotation")]
    Rotate(Rotate),
    /// Enlarged or shrunk about the middle.
    Zoom(Zoom),
    /// Slanted.
    Shear(Shear),
    /// A part enlarged to the whole.
    #[serde(alias = "random_resized_crop")]
    ResizedCrop(ResizedCrop),
    /// Distorted like rubber.
    Elastic(Elastic),
    /// Lighter or darker.
    Brightness(Brightness),
    /// Flatter or harsher.
    Contrast(Contrast),
    /// Greyer or more colourful.
    Saturation(Saturation),
    /// Other colours.
    Hue(Hue),
    /// A little noise everywhere.
    #[serde(alias = "noise")]
    GaussianNoise(GaussianNoise),
    /// Some pixels white, some black.
    SaltAndPepper(SaltAndPepper),
    /// Out of focus.
    #[serde(alias = "gaussian_blur")]
    Blur(Blur),
    /// Squares covered.
    Cutout(Cutout),
    /// A rectangle covered.
    #[serde(alias = "random_erasing")]
    Erase(Erase),
    /// Another sample added.
    Mixup(Mixup),
    /// A rectangle of another sample put in.
    Cutmix(Cutmix),
}

/// What a step acts on.
enum Act<'a> {
    /// Each picture by itself.
    Change(&'a dyn Change),
    Mixup(&'a Mixup),
    Cutmix(&'a Cutmix),
}

impl Augment {
    fn act(&self) -> Act<'_> {
        Act::Change(match self {
            Augment::Flip(step) => step,
            Augment::VerticalFlip(step) => step,
            Augment::Crop(step) => step,
            Augment::Translate(step) => step,
            Augment::Rotate(step) => step,
            Augment::Zoom(step) => step,
            Augment::Shear(step) => step,
            Augment::ResizedCrop(step) => step,
            Augment::Elastic(step) => step,
            Augment::Brightness(step) => step,
            Augment::Contrast(step) => step,
            Augment::Saturation(step) => step,
            Augment::Hue(step) => step,
            Augment::GaussianNoise(step) => step,
            Augment::SaltAndPepper(step) => step,
            Augment::Blur(step) => step,
            Augment::Cutout(step) => step,
            Augment::Erase(step) => step,
            Augment::Mixup(step) => return Act::Mixup(step),
            Augment::Cutmix(step) => return Act::Cutmix(step),
        })
    }

    /// The `type` of a step.
    pub fn name(&self) -> &'static str {
        match self {
            Augment::Flip(_) => "flip",
            Augment::VerticalFlip(_) => "vertical_flip",
            Augment::Crop(_) => "crop",
            Augment::Translate(_) => "translate",
            Augment::Rotate(_) => "rotate",
            Augment::Zoom(_) => "zoom",
            Augment::Shear(_) => "shear",
            Augment::ResizedCrop(_) => "resized_crop",
            Augment::Elastic(_) => "elastic",
            Augment::Brightness(_) => "brightness",
            Augment::Contrast(_) => "contrast",
            Augment::Saturation(_) => "saturation",
            Augment::Hue(_) => "hue",
            Augment::GaussianNoise(_) => "gaussian_noise",
            Augment::SaltAndPepper(_) => "salt_and_pepper",
            Augment::Blur(_) => "blur",
            Augment::Cutout(_) => "cutout",
            Augment::Erase(_) => "erase",
            Augment::Mixup(_) => "mixup",
            Augment::Cutmix(_) => "cutmix",
        }
    }

    /// The key of the settings of type `name` that may go without being named, as in `"rotate 15"`.
    pub fn main_key(name: &str) -> Option<&'static str> {
        match name {
            "flip" | "horizontal_flip" | "hflip" | "vertical_flip" | "vflip" => Some("p"),
            "crop" | "random_crop" => Some("padding"),
            "translate" | "shift" => Some("pixels"),
            "rotate" | "rotation" | "shear" => Some("degrees"),
            "zoom" | "resized_crop" | "random_resized_crop" => Some("scale"),
            "elastic" | "mixup" | "cutmix" => Some("alpha"),
            "brightness" | "contrast" | "saturation" => Some("factor"),
            "hue" => Some("shift"),
            "gaussian_noise" | "noise" => Some("std"),
            "salt_and_pepper" => Some("amount"),
            "blur" | "gaussian_blur" => Some("sigma"),
            "cutout" => Some("size"),
            "erase" | "random_erasing" => Some("p"),
            _ => None,
        }
    }

    /// Whether it mixes the samples of a batch, and with them the targets.
    pub fn mixes(&self) -> bool {
        !matches!(self.act(), Act::Change(_))
    }

    /// Refuses settings out of range.
    ///
    /// # Errors
    /// Which one, and what it must be.
    pub fn check(&self) -> Result<()> {
        match self.act() {
            Act::Change(step) => step.check(),
            Act::Mixup(step) => mixing::check("mixup", step),
            Act::Cutmix(step) => mixing::check("cutmix", step),
        }
    }
}
