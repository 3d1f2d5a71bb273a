//! Pictures, and other samples of many values: as a whole.

use std::hash::{DefaultHasher, Hasher};

use nn_core::DType;
use serde::{Deserialize, Serialize};

use super::columns::Bin;
use super::duplicates::Finder;
use super::reading;
use super::table::Outputs;
use super::{Description, Range, TargetDescription};
use crate::dataset::{Dataset, TargetKind};
use crate::error::Result;

/// Numbers that mean pictures may take, over all classes: 64 MiB.
const MEANS: usize = 8 << 20;
/// Bars of the histogram of brightness.
const BINS: usize = 24;

/// What pictures are like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PictureDescription {
    /// Channels, height and width.
    pub shape: [usize; 3],
    /// Mean and deviation of each channel, in the unit of the pixels.
    pub channels: Vec<(f64, f64)>,
    /// How bright pictures are on average: counts of their means, from the darkest possible to the brightest value that occurs.
    pub brightness: Vec<Bin>,
    /// The mean picture of each class, or of all where there are no classes; empty where these would be too large.
    pub means: Vec<Vec<f32>>,
}

/// Describes samples as a whole: the range, constant places, classes; and pictures as such.
pub fn describe(data: &dyn Dataset) -> Result<Description> {
    let width: usize = data.input_shape().iter().product();
    let shape = match *data.input_shape() {
        [channels, height, width] => Some([channels, height, width]),
        [height, width] => Some([1, height, width]),
        _ => None,
    };
    let labels = data.class_labels()?;
    let classes = data.target_kind().class_names().map_or(1, <[String]>::len);
    let keep = shape.is_some() && classes.saturating_mul(width) <= MEANS;
    let mut means =
        vec![vec![0.0_f64; if keep { width } else { 0 }]; if keep { classes } else { 0 }];
    let mut sizes = vec![0_u64; classes];
    let (mut low, mut high) = (vec![f64::INFINITY; width], vec![f64::NEG_INFINITY; width]);
    let channels = shape.map_or(1, |shape| shape[0]).max(1);
    let area = (width / channels).max(1);
    let mut sums = vec![(0.0_f64, 0.0_f64, 0_u64); channels];
    let mut brightness = Vec::with_capacity(data.len().min(1 << 24));
    let mut not_finite = 0_u64;
    let mut finder = Finder::default();
    let outputs = match data.target_kind() {
        TargetKind::Regression { names } => names.len(),
        _ => 0,
    };
    let all: Vec<usize> = (0..data.len()).collect();
    for indices in all.chunks(256) {
        let batch = data.batch(indices)?;
        let values = batch.inputs.to_dtype(DType::F32)?.to_vec::<f32>()?;
        let targets = match outputs {
            0 => Vec::new(),
            _ => batch.targets.to_dtype(DType::F64)?.to_vec::<f64>()?,
        };
        for (at, (sample, &index)) in values.chunks_exact(width.max(1)).zip(indices).enumerate() {
            let mut hasher = DefaultHasher::new();
            let mut bright = 0.0;
            for (c, plane) in sample.chunks(area).enumerate().take(channels) {
                let (mut sum, mut squares, mut count) = (0.0_f64, 0.0_f64, 0_u64);
                for (place, &value) in plane.iter().enumerate() {
                    hasher.write_u32(value.to_bits());
                    let wide = f64::from(value);
                    if !wide.is_finite() {
                        not_finite += 1;
                        continue;
                    }
                    let place = c * area + place;
                    low[place] = low[place].min(wide);
                    high[place] = high[place].max(wide);
                    sum += wide;
                    squares += wide * wide;
                    count += 1;
                }
                let total = &mut sums[c];
                *total = (total.0 + sum, total.1 + squares, total.2 + count);
                bright += sum;
            }
            if brightness.len() < 1 << 24 {
                brightness.push(bright / width.max(1) as f64);
            }
            let label = labels.as_ref().map_or(0, |labels| labels[index] as usize);
            if let Some(size) = sizes.get_mut(label) {
                *size += 1;
            }
            if let Some(mean) = means.get_mut(label) {
                mean.iter_mut()
                    .zip(sample)
                    .for_each(|(sum, &value)| *sum += f64::from(value));
            }
            let mut target = label as u64;
            for value in targets.iter().skip(at * outputs).take(outputs) {
                target = target.wrapping_mul(31).wrapping_add(value.to_bits());
            }
            finder.add(hasher.finish(), target);
        }
    }
    let least = low.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = high.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let count: u64 = sums.iter().map(|sum| sum.2).sum();
    let mean = sums.iter().map(|sum| sum.0).sum::<f64>() / count.max(1) as f64;
    let constant = match data.len() {
        0 | 1 => Vec::new(),
        _ => (0..width).filter(|&at| low[at] == high[at]).collect(),
    };
    let target = match data.target_kind() {
        TargetKind::Classes { names } => {
            let sizes = sizes.iter().map(|&size| size as usize);
            TargetDescription::Classes(names.iter().cloned().zip(sizes).collect())
        }
        TargetKind::Regression { .. } => {
            TargetDescription::Regression(reading::describe(&Outputs::new(data))?.columns)
        }
        TargetKind::None => TargetDescription::None,
    };
    let pictures = shape.map(|shape| PictureDescription {
        shape,
        channels: sums
            .iter()
            .map(|&(sum, squares, count)| {
                let n = count.max(1) as f64;
                (
                    sum / n,
                    (squares / n - (sum / n) * (sum / n)).max(0.0).sqrt(),
                )
            })
            .collect(),
        brightness: histogram(&brightness, least.min(0.0), greatest),
        means: means
            .into_iter()
            .zip(&sizes)
            .map(|(sum, &size)| {
                sum.into_iter()
                    .map(|value| (value / size.max(1) as f64) as f32)
                    .collect()
            })
            .collect(),
    });
    Ok(Description {
        samples: data.len(),
        inputs: (count > 0).then_some(Range {
            min: least,
            mean,
            max: greatest,
        }),
        not_finite,
        constant,
        target,
        pictures,
        duplicates: finder.found(),
        ..Description::empty(data.name(), data.input_shape())
    })
}

fn histogram(values: &[f64], low: f64, high: f64) -> Vec<Bin> {
    let width = (high - low) / BINS as f64;
    if !(width > 0.0 && width.is_finite()) {
        return Vec::new();
    }
    let mut bins: Vec<Bin> = (0..BINS)
        .map(|at| Bin {
            low: low + at as f64 * width,
            high: low + (at + 1) as f64 * width,
            count: 0,
        })
        .collect();
    for &value in values.iter().filter(|value| value.is_finite()) {
        bins[(((value - low) / width) as usize).min(BINS - 1)].count += 1;
    }
    bins
}
