//! Sizes of a convolution, and its passes written as one form.

use smallvec::SmallVec;

/// One spatial axis of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// W: places of the input.
    pub input: usize,
    /// K: taps of the kernel.
    pub kernel: usize,
    /// S: places of the input from one output to the next.
    pub stride: usize,
    /// D: places of the input from one tap to the next.
    pub dilation: usize,
    /// Zeros before the input.
    pub before: usize,
    /// Zeros after the input.
    pub after: usize,
}

impl Axis {
    /// An axis that is not there: one place, one tap.
    pub const NONE: Axis = Axis {
        input: 1,
        kernel: 1,
        stride: 1,
        dilation: 1,
        before: 0,
        after: 0,
    };

    /// The places that the kernel covers, `D·(K − 1) + 1`.
    pub fn span(&self) -> usize {
        (self.kernel - 1)
            .saturating_mul(self.dilation)
            .saturating_add(1)
    }

    /// O = ⌊(W − span + P)/S⌋ + 1, with P zeros on both sides together; `None` if the kernel does not fit.
    pub fn output(&self) -> Option<usize> {
        let padded = self
            .input
            .checked_add(self.before)?
            .checked_add(self.after)?;
        Some(padded.checked_sub(self.span())? / self.stride + 1)
    }

    fn is_plain(&self) -> bool {
        self.kernel == 1 && self.stride == 1 && self.before == 0 && self.after == 0
    }
}

/// The sizes of a convolution over images, channels-last: input `[batch, axes…, groups·channels]`, weight
/// `[groups·filters, channels, kernel…]`, output `[batch, outputs of the axes…, groups·filters]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Images.
    pub batch: usize,
    /// Parts into which channels and filters are divided, each part seeing only its own.
    pub groups: usize,
    /// Input channels of a group.
    pub channels: usize,
    /// Output channels of a group.
    pub filters: usize,
    /// Depth, height and width; those that are not there are [`Axis::NONE`].
    pub axes: [Axis; 3],
}

impl Geometry {
    /// The places of the output along each axis.
    ///
    /// # Panics
    /// If the kernel does not fit into the input; callers in this crate have checked that.
    pub fn outputs(&self) -> [usize; 3] {
        self.axes
            .map(|axis| axis.output().expect("a kernel that fits"))
    }

    /// Elements of the input.
    pub fn input_len(&self) -> usize {
        self.batch
            * self.groups
            * self.channels
            * self.axes.iter().map(|a| a.input).product::<usize>()
    }

    /// Elements of the weight.
    pub fn weight_len(&self) -> usize {
        self.groups * self.filters * self.channels * self.kernel_len()
    }

    /// Elements of the output.
    pub fn output_len(&self) -> usize {
        self.batch * self.groups * self.filters * self.outputs().iter().product::<usize>()
    }

    /// Taps of the kernel.
    pub(super) fn kernel_len(&self) -> usize {
        self.axes.iter().map(|axis| axis.kernel).product()
    }

    /// Whether it is a matrix product of pixels and weights as they lie.
    pub(super) fn is_product(&self) -> bool {
        self.groups == 1 && self.axes.iter().all(Axis::is_plain)
    }

    /// Whether each channel has one filter of its own.
    pub(super) fn is_depthwise(&self) -> bool {
        self.groups > 1 && self.channels == 1 && self.filters == 1
    }

    /// The forward pass: gathers the output from the input.
    pub(super) fn forward(&self) -> Gather {
        let lines = self.axes.map(|axis| Line {
            source: axis.input,
            step: axis.stride,
            taps: (0..axis.kernel)
                .map(|k| Tap {
                    k,
                    offset: (k * axis.dilation) as isize - axis.before as isize,
                })
                .collect(),
            count: axis.output().unwrap_or(0),
            first: 0,
            dest_step: 1,
            dest: axis.output().unwrap_or(0),
        });
        Gather {
            batch: self.batch,
            groups: self.groups,
            channels: self.channels,
            filters: self.filters,
            lines,
        }
    }

    /// The gradient of the input: with a stride of S, every S-th place of it is gathered from the same taps, so it
    /// falls into as many parts as the strides multiply to, each with the taps that reach it.
    pub(super) fn backward(&self) -> Vec<Gather> {
        let parts = self.axes.map(|axis| {
            (0..axis.stride.min(axis.input))
                .map(|phase| axis.backward(phase))
                .collect::<Vec<_>>()
        });
        let mut all = Vec::new();
        for depth in &parts[0] {
            for height in &parts[1] {
                for width in &parts[2] {
                    all.push(Gather {
                        batch: self.batch,
                        groups: self.groups,
                        channels: self.filters,
                        filters: self.channels,
                        lines: [depth.clone(), height.clone(), width.clone()],
                    });
                }
            }
        }
        all
    }
}

impl Axis {
    /// How the places `phase`, `phase + S`, … of the input's gradient are gathered from that of the output: tap k of
    /// output o reached the place `o·S + k·D − before`.
    fn backward(&self, phase: usize) -> Line {
        let stride = self.stride as isize;
        let mut taps: SmallVec<[Tap; 8]> = (0..self.kernel)
            .filter_map(|k| {
                let distance = (phase + self.before) as isize - (k * self.dilation) as isize;
                (distance.rem_euclid(stride) == 0).then(|| Tap {
                    k,
                    offset: distance.div_euclid(stride),
                })
            })
            .collect();
        taps.sort_by_key(|tap| tap.offset);
        Line {
            source: self.output().unwrap_or(0),
            step: 1,
            taps,
            count: (self.input - phase).div_ceil(self.stride),
            first: phase,
            dest_step: self.stride,
            dest: self.input,
        }
    }
}

/// One tap along one axis.
#[derive(Clone, Copy, Debug)]
pub struct Tap {
    /// Its place in the kernel.
    pub k: usize,
    /// Where it reads, from the place of the position; may lie outside the source.
    pub offset: isize,
}

/// One axis of a [`Gather`].
#[derive(Clone, Debug)]
pub struct Line {
    /// Places of the source.
    pub source: usize,
    /// Places of the source from one position to the next.
    pub step: usize,
    /// By ascending offset.
    pub taps: SmallVec<[Tap; 8]>,
    /// Positions computed.
    pub count: usize,
    /// Place of the first position in the destination.
    pub first: usize,
    /// Places of the destination from one position to the next.
    pub dest_step: usize,
    /// Places of the destination.
    pub dest: usize,
}

impl Line {
    /// The lowest place read, and the place after the highest.
    pub fn reach(&self) -> (isize, isize) {
        let (Some(first), Some(last)) = (self.taps.first(), self.taps.last()) else {
            return (0, 0);
        };
        let far = (self.count.saturating_sub(1) * self.step) as isize;
        (first.offset, far + last.offset + 1)
    }
}

/// `dest[position, f] = Σ over taps and channels of source[position·step + offset, c] · weight[tap, c, f]`, where places
/// outside the source are zero. Both passes of a convolution towards its data have this form.
#[derive(Clone, Debug)]
pub struct Gather {
    pub batch: usize,
    pub groups: usize,
    /// Channels of the source, per group.
    pub channels: usize,
    /// Channels of the destination, per group.
    pub filters: usize,
    pub lines: [Line; 3],
}

impl Gather {
    /// Multiply-adds per image.
    pub fn work(&self) -> usize {
        let along = |line: &Line| line.count.saturating_mul(line.taps.len());
        let places: usize = self.lines.iter().map(along).product();
        places
            .saturating_mul(self.groups)
            .saturating_mul(self.channels)
            .saturating_mul(self.filters)
    }
}
