//! The steps made ready for the pictures of a data set, and their application to batches.

use std::cell::RefCell;

use nn_core::kernels::threads::for_each_chunk;
use nn_core::{DType, Purpose, Rng};

use super::mixing::{mix_batch, mix_targets};
use super::picture::{Frame, Picture, Pixel};
use super::{Act, Augment};
use crate::batch::Batch;
use crate::dataset::TargetKind;
use crate::error::{Error, Result};

/// Values of a piece of a batch that one thread works through; enough to make handing it over cheap.
const PIECE: usize = 16 * 1024;

/// Most pixels of a picture, and along one side: places are told apart as 32-bit floats.
const MOST_PIXELS: usize = 1 << 28;
const LONGEST_SIDE: usize = 1 << 20;

/// Steps of augmentation for pictures of one shape.
///
/// ```
/// use nn_data::transform::augment::{Augment, Augmenter, Crop, Extent, Fill, Flip};
/// use nn_data::transform::{Pipeline, Preparation};
/// use nn_data::{Dataset, Loader, dataset};
///
/// let digits = dataset::digits()?;
/// let steps = vec![
///     Augment::Crop(Crop { padding: Extent::Both(2), fill: Fill::default(), p: 1.0 }),
///     Augment::Flip(Flip { p: 0.5 }),
/// ];
/// let augmenter = Augmenter::new(steps, digits.input_shape(), 42)?;
/// let scaling = Pipeline::fit(&[Preparation::pixels()], &digits)?;
/// let loader = Loader::new(digits).batch_size(64)?.augment(augmenter).transform(scaling);
/// let (first, second) = (loader.epoch(0).next().unwrap()?, loader.epoch(1).next().unwrap()?);
/// assert_ne!(first.inputs.to_vec::<f32>()?, second.inputs.to_vec::<f32>()?);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Augmenter {
    steps: Vec<Augment>,
    frame: Frame,
    seed: u64,
}

thread_local! {
    /// The memory that pictures are changed in, kept from batch to batch.
    static PICTURE: RefCell<Picture> = RefCell::new(Picture::new());
}

impl Augmenter {
    /// The steps, in order, for samples of shape `[C, H, W]` or `[H, W]`, whose values go from 0 (black) to 255 (white).
    ///
    /// # Errors
    /// If a setting is out of range, the samples are no pictures, a step cannot change such pictures, or a step that mixes samples is
    /// followed by one that changes them.
    pub fn new(steps: Vec<Augment>, sample_shape: &[usize], seed: u64) -> Result<Self> {
        let [channels, height, width] = match *sample_shape {
            [channels, height, width] => [channels, height, width],
            [height, width] => [1, height, width],
            _ => [0, 0, 0],
        };
        let pixels = height.saturating_mul(width);
        let large = pixels > MOST_PIXELS || height.max(width) > LONGEST_SIDE;
        if channels == 0 || pixels == 0 || large {
            let problem = format!(
                "it changes pictures, of shape [channels, height, width], but the samples have the shape {sample_shape:?}"
            );
            return Err(Error::argument("augment", problem));
        }
        let frame = Frame {
            channels,
            height,
            width,
            white: 255.0,
        };
        let mut mixes: Option<&Augment> = None;
        for step in &steps {
            step.check()?;
            match step.act() {
                Act::Change(change) => {
                    change.fits(&frame)?;
                    if let Some(before) = mixes {
                        let problem = format!(
                            "{} stands before {}; what mixes samples must come last",
                            before.name(),
                            step.name()
                        );
                        return Err(Error::argument("augment", problem));
                    }
                }
                Act::Mixup(_) | Act::Cutmix(_) => mixes = Some(step),
            }
        }
        Ok(Augmenter { steps, frame, seed })
    }

    /// Says what value full brightness has in pictures of floats, e.g. 1; default 255. For bytes it is always 255.
    ///
    /// # Errors
    /// If it is not positive and finite.
    pub fn white(mut self, white: f32) -> Result<Self> {
        if !(white > 0.0 && white.is_finite()) {
            let problem = format!("the value of white must be above 0, not {white}");
            return Err(Error::argument("augment", problem));
        }
        self.frame.white = white;
        Ok(self)
    }

    /// The steps.
    pub fn steps(&self) -> &[Augment] {
        &self.steps
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether targets come out mixed: classes as probabilities `[batch, classes]`.
    pub fn mixes(&self) -> bool {
        self.steps.iter().any(Augment::mixes)
    }

    /// Changes the samples of a batch, `[batch, …sample shape]` of u8 or f32, in place, and mixes the targets where a step says so.
    /// The samples are divided among threads.
    ///
    /// # Errors
    /// If the samples have another shape or type, or targets cannot be mixed.
    pub fn apply(&self, epoch: u64, batch: &mut Batch, targets: &TargetKind) -> Result<()> {
        if self.steps.is_empty() || batch.is_empty() {
            return Ok(());
        }
        let dims = batch.inputs.dims();
        let values: usize = dims.iter().skip(1).product();
        if dims.first() != Some(&batch.indices.len()) || values != self.frame.values() {
            let Frame {
                channels,
                height,
                width,
                ..
            } = self.frame;
            let problem = format!(
                "{} samples of {channels}×{height}×{width} were expected, not {dims:?}",
                batch.indices.len()
            );
            return Err(Error::argument("augment", problem));
        }
        if !batch.inputs.is_contiguous() {
            batch.inputs = batch.inputs.contiguous()?;
        }
        let own = match batch.inputs.dtype() {
            DType::U8 => {
                let frame = Frame {
                    white: 255.0,
                    ..self.frame
                };
                let pixels = batch.inputs.make_mut::<u8>()?;
                self.change(epoch, &frame, &batch.indices, pixels)
            }
            DType::F32 => {
                let pixels = batch.inputs.make_mut::<f32>()?;
                self.change(epoch, &self.frame, &batch.indices, pixels)
            }
            other => {
                let problem = format!("pictures are of u8 or f32, not of {other}");
                return Err(Error::argument("augment", problem));
            }
        };
        for shares in own {
            batch.targets = mix_targets(&batch.targets, targets, &shares)?;
        }
        Ok(())
    }

    /// Changes pictures, and returns the shares left of them for each step that mixed them.
    fn change<T: Pixel>(
        &self,
        epoch: u64,
        frame: &Frame,
        indices: &[usize],
        pixels: &mut [T],
    ) -> Vec<Vec<f64>> {
        let size = frame.values();
        let each = (PIECE / size).max(1);
        if self.steps.iter().any(|step| !step.mixes()) {
            for_each_chunk(pixels, each * size, |piece, pixels| {
                PICTURE.with_borrow_mut(|picture| {
                    let indices = &indices[piece * each..];
                    for (pixels, &index) in pixels.chunks_exact_mut(size).zip(indices) {
                        let rng = self.stream(0, epoch, index);
                        self.change_one(rng, frame, picture, pixels);
                    }
                });
            });
        }
        let steps = self.steps.iter().enumerate();
        steps
            .filter_map(|(place, step)| {
                let stream = |at: usize| self.stream(place + 1, epoch, indices[at]);
                match step.act() {
                    Act::Mixup(step) => Some(mix_batch(step, frame, pixels, stream)),
                    Act::Cutmix(step) => Some(mix_batch(step, frame, pixels, stream)),
                    Act::Change(_) => None,
                }
            })
            .collect()
    }

    /// The stream of a sample: number 0 for its own changes, another one for each mixing step.
    fn stream(&self, number: usize, epoch: u64, index: usize) -> Rng {
        let seed = self.seed ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Rng::addressed(seed, Purpose::Augment, epoch, index as u64)
    }

    fn change_one<T: Pixel>(
        &self,
        mut rng: Rng,
        frame: &Frame,
        picture: &mut Picture,
        pixels: &mut [T],
    ) {
        picture.load(frame, pixels);
        for step in &self.steps {
            if let Act::Change(change) = step.act()
                && (change.p() >= 1.0 || rng.bernoulli(change.p()))
            {
                change.apply(&mut rng, picture);
            }
        }
        picture.store(pixels);
    }
}
