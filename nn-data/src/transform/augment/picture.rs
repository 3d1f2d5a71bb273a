//! The picture that is being changed, with the memory that all changes share.

use super::geometry::Map;
use super::resample::{Taps, resample};
use super::settings::{COLOURS, Interpolation};

/// The form of the pictures of a data set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    /// The value of full brightness; black is 0.
    pub(super) white: f32,
}

impl Frame {
    /// Pixels of a channel.
    pub(super) fn area(&self) -> usize {
        self.height * self.width
    }

    /// Values of a picture.
    pub(super) fn values(&self) -> usize {
        self.channels * self.area()
    }
}

/// What lies beyond the edge of a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Beyond {
    /// A value for each channel; the last one also for all channels after it.
    Level([f32; COLOURS]),
    /// The edge, repeated.
    Edge,
    /// The mirrored picture.
    Reflect,
}

impl Beyond {
    pub(super) fn level(levels: &[f32; COLOURS], channel: usize) -> f32 {
        levels[channel.min(COLOURS - 1)]
    }
}

/// Changes of place that are not carried out yet, so that several in a row cost one pass and blur but once.
#[derive(Debug, Clone, Copy)]
struct Pending {
    map: Map,
    beyond: Option<Beyond>,
    interpolation: Option<Interpolation>,
}

const NOTHING_PENDING: Pending = Pending {
    map: Map::IDENTITY,
    beyond: None,
    interpolation: None,
};

/// One picture under change: channel after channel, row by row, as 32-bit floats whatever it came from.
pub(crate) struct Picture {
    frame: Frame,
    planes: Vec<f32>,
    pending: Pending,
    /// As large as `planes`.
    spare: Vec<f32>,
    /// Displacements of an elastic distortion, x and then y.
    pub(super) field: Vec<f32>,
    /// As large as a channel.
    pub(super) blurred: Vec<f32>,
    /// A row or column with its surroundings.
    pub(super) line: Vec<f32>,
    /// Weights of a blur.
    pub(super) kernel: Vec<f32>,
    taps: Taps,
}

impl Picture {
    pub(super) fn new() -> Self {
        Picture {
            frame: Frame {
                channels: 0,
                height: 0,
                width: 0,
                white: 1.0,
            },
            planes: Vec::new(),
            pending: NOTHING_PENDING,
            spare: Vec::new(),
            field: Vec::new(),
            blurred: Vec::new(),
            line: Vec::new(),
            kernel: Vec::new(),
            taps: Taps::default(),
        }
    }

    /// Takes a picture in. Allocates only where an earlier one was smaller.
    pub(super) fn load<T: Pixel>(&mut self, frame: &Frame, pixels: &[T]) {
        self.frame = *frame;
        self.pending = NOTHING_PENDING;
        self.planes.resize(frame.values(), 0.0);
        self.spare.resize(frame.values(), 0.0);
        for (to, &from) in self.planes.iter_mut().zip(pixels) {
            *to = from.to_f32();
        }
    }

    /// Gives the changed picture out.
    pub(super) fn store<T: Pixel>(&mut self, pixels: &mut [T]) {
        self.settle();
        for (to, &from) in pixels.iter_mut().zip(&self.planes) {
            *to = T::from_f32(from);
        }
    }

    pub(super) fn frame(&self) -> Frame {
        self.frame
    }

    /// Adds a change of place. Several in a row are carried out as one: what one of them moves out of sight and another
    /// back in is still there.
    pub(super) fn place(
        &mut self,
        map: Map,
        beyond: Option<Beyond>,
        interpolation: Option<Interpolation>,
    ) {
        let differ =
            |a: &Option<Beyond>, b: &Option<Beyond>| matches!((a, b), (Some(a), Some(b)) if a != b);
        let mixed =
            matches!((self.pending.interpolation, interpolation), (Some(a), Some(b)) if a != b);
        if mixed || differ(&self.pending.beyond, &beyond) {
            self.settle();
        }
        let pending = &mut self.pending;
        pending.map = pending.map.then(map);
        pending.beyond = pending.beyond.or(beyond);
        pending.interpolation = pending.interpolation.or(interpolation);
    }

    /// Carries out what is pending, with every pixel first displaced by the field (`field`, in pixels of the new picture).
    pub(super) fn displace(&mut self, beyond: Beyond, interpolation: Interpolation) {
        self.place(Map::IDENTITY, Some(beyond), Some(interpolation));
        self.carry_out(true);
    }

    /// The values, all changes of place carried out.
    pub(super) fn planes(&mut self) -> &mut [f32] {
        self.settle();
        &mut self.planes
    }

    /// The values and the memory beside them.
    pub(super) fn planes_and_spare(&mut self) -> Buffers<'_> {
        self.settle();
        Buffers {
            planes: &mut self.planes,
            spare: &mut self.spare,
            line: &mut self.line,
            kernel: &self.kernel,
        }
    }

    fn settle(&mut self) {
        self.carry_out(false);
    }

    fn carry_out(&mut self, displaced: bool) {
        let Pending {
            map,
            beyond,
            interpolation,
        } = std::mem::replace(&mut self.pending, NOTHING_PENDING);
        if map == Map::IDENTITY && !displaced {
            return;
        }
        let field = displaced.then(|| self.field.split_at(self.frame.area()));
        let in_spare = resample(
            &self.frame,
            map.snapped(),
            field,
            beyond.unwrap_or(Beyond::Edge),
            interpolation.unwrap_or_default(),
            &mut self.planes,
            &mut self.spare,
            &mut self.taps,
        );
        if in_spare {
            std::mem::swap(&mut self.planes, &mut self.spare);
        }
    }
}

/// A picture's values with the memory to work on them.
pub(super) struct Buffers<'a> {
    pub(super) planes: &'a mut Vec<f32>,
    pub(super) spare: &'a mut Vec<f32>,
    pub(super) line: &'a mut Vec<f32>,
    pub(super) kernel: &'a [f32],
}

/// Types that pictures are stored in.
pub(super) trait Pixel: Copy + Send + Sync {
    fn to_f32(self) -> f32;
    fn from_f32(value: f32) -> Self;
}

impl Pixel for f32 {
    fn to_f32(self) -> f32 {
        self
    }

    fn from_f32(value: f32) -> f32 {
        value
    }
}

impl Pixel for u8 {
    fn to_f32(self) -> f32 {
        self.into()
    }

    /// Rounded once, after all changes.
    fn from_f32(value: f32) -> u8 {
        (value + 0.5) as u8
    }
}
