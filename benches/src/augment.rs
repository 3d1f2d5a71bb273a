//! Augmentation of CIFAR-like pictures, as `peers/augment.py` does it with torchvision.

use nn_core::Tensor;
use nn_data::dataset::Targets;
use nn_data::transform::augment::{
    Augment, Augmenter, Crop, Extent, Fill, Flip, Interpolation, Rotate, Spread,
};
use nn_data::transform::{FixedScale, Pipeline, Step};
use nn_data::{InMemory, Loader};

/// Pictures of a data set that is worked through again and again.
pub const PICTURES: usize = 4096;

/// Random pictures of 3×32×32 bytes with ten classes.
///
/// # Errors
/// If memory is exhausted.
pub fn pictures() -> Result<InMemory, nn_data::Error> {
    let mut rng = nn_core::Rng::new(1);
    let pixels: Vec<u8> = (0..PICTURES * 3 * 32 * 32)
        .map(|_| rng.below(256) as u8)
        .collect();
    let labels = (0..PICTURES as u32).map(|at| at % 10).collect();
    let inputs = Tensor::from_vec(pixels, [PICTURES, 3, 32, 32])?;
    InMemory::new("pictures", inputs, Targets::classes(labels, 10))
}

/// Crop with padding 4, flip, rotation by up to 15 degrees with bilinear interpolation.
pub fn steps() -> Vec<Augment> {
    vec![
        Augment::Crop(Crop {
            padding: Extent::Both(4),
            fill: Fill::default(),
            p: 1.0,
        }),
        Augment::Flip(Flip { p: 0.5 }),
        Augment::Rotate(Rotate {
            degrees: Spread::About(15.0),
            interpolation: Interpolation::Bilinear,
            fill: Fill::default(),
            p: 1.0,
        }),
    ]
}

/// Batches of 128, made ready by `steps` and normalised: bytes gathered, changed, scaled.
///
/// # Errors
/// If the steps do not fit.
pub fn loader(steps: Vec<Augment>) -> Result<Loader, nn_data::Error> {
    let augmenter = Augmenter::new(steps, &[3, 32, 32], 1)?;
    // To 0 … 1, then mean 0.5 and deviation 0.25.
    let normalise = Pipeline::from_steps(vec![
        Step::Fixed(FixedScale {
            factor: 1.0 / 255.0,
            offset: 0.0,
        }),
        Step::Fixed(FixedScale {
            factor: 4.0,
            offset: -2.0,
        }),
    ])?;
    Ok(Loader::new(pictures()?)
        .batch_size(128)?
        .shuffle(1)
        .augment(augmenter)
        .transform(normalise))
}
