//! Samples that occur in two parts: a network that has learnt one by heart is judged too well on the other.

use std::fmt;

use nn_core::kernels::threads::map_long;
use nn_core::{DType, Tensor};

use crate::dataset::Dataset;
use crate::error::{Error, Result};

/// Samples read at once.
const CHUNK: usize = 256;

/// How many pairs are named.
const EXAMPLES: usize = 10;

/// What is remembered of a sample: 16 bytes.
#[derive(Clone, Copy)]
struct Mark {
    /// Of its values, all bits of them.
    hash: u64,
    /// Of its target.
    target: u32,
    sample: u32,
}

/// Duplicates between parts of a data set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leakage {
    /// For each two parts that share samples, in the order in which the parts were given.
    pub overlaps: Vec<Overlap>,
}

/// Samples of one part that occur in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// The part that has them too, such as "training".
    pub first: String,
    /// The part that is judged on, such as "test".
    pub second: String,
    /// Samples of the second part that are also in the first.
    pub duplicates: usize,
    /// How many of these have the same target there.
    pub agreeing: usize,
    /// All samples of the second part.
    pub samples: usize,
    /// Some of them.
    pub examples: Vec<LeakedPair>,
}

/// A sample that is in two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeakedPair {
    /// Its number in the first part.
    pub first: usize,
    /// Its number in the second part.
    pub second: usize,
    /// Whether both have the same target.
    pub agree: bool,
}

impl Leakage {
    /// Whether no sample is in two parts.
    pub fn is_clean(&self) -> bool {
        self.overlaps.is_empty()
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (are, have) = match self.duplicates {
            1 => ("is", "has"),
            _ => ("are", "have"),
        };
        write!(
            f,
            "{} of {} {} samples {are} also in the {} part",
            self.duplicates, self.samples, self.second, self.first
        )?;
        if let Some(example) = self.examples.first() {
            let LeakedPair { first, second, .. } = example;
            write!(
                f,
                " (for one, {} {second} = {} {first})",
                self.second, self.first
            )?;
        }
        match self.duplicates - self.agreeing {
            0 => write!(f, ", with the same target"),
            others => write!(f, ", {others} of which {have} another target there"),
        }
    }
}

/// Finds samples with exactly the same values in two of the named parts.
///
/// Samples are compared by a 64-bit hash of their values: of n and m samples a false alarm has the probability n·m / 2⁶⁴,
/// and each pair that is named has been compared value by value. It reads all data once and keeps 16 bytes a sample.
///
/// # Errors
/// If a sample cannot be read, or a part has more than 2³² samples.
///
/// ```
/// use nn_data::{Split, dataset, split::duplicates_across};
///
/// let parts = Split::fractions(0.5, 0.0, 0.5)?.apply(dataset::iris()?)?;
/// let leakage = duplicates_across(&[("training", &parts.train), ("test", &parts.test)])?;
/// for overlap in &leakage.overlaps {
///     println!("{overlap}"); // two of the irises have the same four lengths
/// }
/// # Ok::<(), nn_data::Error>(())
/// ```
pub fn duplicates_across(parts: &[(&str, &dyn Dataset)]) -> Result<Leakage> {
    let mut marked = Vec::with_capacity(parts.len());
    for (_, data) in parts {
        let mut marks = marks(*data)?;
        marks.sort_unstable_by_key(|mark| (mark.hash, mark.sample));
        marked.push(marks);
    }
    let mut leakage = Leakage::default();
    for second in 1..parts.len() {
        for first in 0..second {
            let overlap = overlap(
                (parts[first], &marked[first]),
                (parts[second], &marked[second]),
            )?;
            leakage.overlaps.extend(overlap);
        }
    }
    Ok(leakage)
}

/// The samples of `second` whose inputs occur in `first`, by the same hash, in ascending order.
///
/// # Errors
/// As [`duplicates_across`].
pub fn shared_samples(first: &dyn Dataset, second: &dyn Dataset) -> Result<Vec<usize>> {
    let mut known: Vec<u64> = marks(first)?.into_iter().map(|mark| mark.hash).collect();
    known.sort_unstable();
    let marks = marks(second)?.into_iter();
    let shared = marks.filter(|mark| known.binary_search(&mark.hash).is_ok());
    let mut shared: Vec<usize> = shared.map(|mark| mark.sample as usize).collect();
    shared.sort_unstable();
    Ok(shared)
}

type Part<'a> = ((&'a str, &'a dyn Dataset), &'a [Mark]);

fn overlap(
    ((first_name, first_data), first): Part<'_>,
    ((second_name, second_data), second): Part<'_>,
) -> Result<Option<Overlap>> {
    let mut found: Vec<LeakedPair> = Vec::new();
    let mut rest = first;
    for mark in second {
        rest = &rest[rest.partition_point(|other| other.hash < mark.hash)..];
        let same: &[Mark] = &rest[..rest.partition_point(|other| other.hash == mark.hash)];
        let Some(any) = same.first() else { continue };
        let twin = same.iter().find(|other| other.target == mark.target);
        found.push(LeakedPair {
            first: twin.unwrap_or(any).sample as usize,
            second: mark.sample as usize,
            agree: twin.is_some(),
        });
    }
    found.sort_unstable_by_key(|pair| pair.second);
    let agreeing = found.iter().filter(|pair| pair.agree).count();
    let mut examples = Vec::new();
    for &pair in found.iter().take(EXAMPLES) {
        let values = |data: &dyn Dataset, at: usize| floats(&data.batch(&[at])?.inputs);
        if values(first_data, pair.first)? == values(second_data, pair.second)? {
            examples.push(pair);
        }
    }
    if examples.is_empty() {
        return Ok(None);
    }
    Ok(Some(Overlap {
        first: first_name.to_string(),
        second: second_name.to_string(),
        duplicates: found.len(),
        agreeing,
        samples: second.len(),
        examples,
    }))
}

fn marks(data: &dyn Dataset) -> Result<Vec<Mark>> {
    let samples = data.len();
    if u32::try_from(samples).is_err() {
        let problem = format!("{samples} samples, it takes up to {}", u32::MAX);
        return Err(Error::argument("duplicates", problem));
    }
    let chunks = map_long(samples.div_ceil(CHUNK), |chunk| {
        let range = chunk * CHUNK..((chunk + 1) * CHUNK).min(samples);
        let indices: Vec<usize> = range.clone().collect();
        let batch = data.batch(&indices)?;
        let (values, targets) = (floats(&batch.inputs)?, floats(&batch.targets)?);
        let rows = |values: &[f32], row: usize| {
            let width = values.len() / indices.len();
            hash(&values[row * width..(row + 1) * width])
        };
        Ok((range.enumerate())
            .map(|(row, sample)| Mark {
                hash: rows(&values, row),
                target: rows(&targets, row) as u32,
                sample: sample as u32,
            })
            .collect::<Vec<_>>())
    });
    Ok(chunks.into_iter().collect::<Result<Vec<_>>>()?.concat())
}

fn floats(tensor: &Tensor) -> Result<Vec<f32>> {
    Ok(tensor.to_dtype(DType::F32)?.to_vec::<f32>()?)
}

/// Four streams of multiplications at once, mixed at the end by SplitMix64's finaliser. −0 counts as 0.
fn hash(values: &[f32]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut lanes = [1u64, 2, 3, 4].map(|lane| lane.wrapping_mul(FACTOR));
    for four in values.chunks(4) {
        for (lane, value) in lanes.iter_mut().zip(four) {
            let bits = u64::from((value + 0.0).to_bits());
            *lane = (*lane ^ bits).wrapping_mul(FACTOR).rotate_left(29);
        }
    }
    lanes.into_iter().fold(values.len() as u64, |hash, lane| {
        let mut z = (hash ^ lane).wrapping_add(FACTOR);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}
