//! Quantiles of the values of a stream: exact, in memory that does not grow with the number of samples.
//!
//! The bits of a 32-bit number can be ordered as the numbers are. The wanted ranks are found digit by digit (11, 11 and 10
//! bits): three passes over the data, each counting how often each digit occurs among the values that share the digits found
//! so far.

use nn_core::DType;

use super::statistics::Over;
use super::stream::Stream;
use crate::error::{Error, Result};

/// Bits of each digit, the highest first.
const DIGITS: [u32; 3] = [11, 11, 10];
/// Most counters at once (64 MiB); more groups are worked on one after the other.
const COUNTERS: usize = 1 << 24;

/// The quantiles `shares` (0 to 1) of each group of values, by linear interpolation between neighbours as NumPy does it, and
/// how many values each group has. Values are taken in single precision; NaN is left out.
pub(super) struct Quantiles {
    /// Number of values in a group that belong together.
    pub(super) repeat: usize,
    /// The quantiles of each group; `None` where all values are missing.
    pub(super) values: Vec<Option<Vec<f64>>>,
}

impl Quantiles {
    pub(super) fn of(stream: &Stream<'_>, over: Over, shares: &[f64]) -> Result<Self> {
        let (groups, repeat) = over.groups(stream.shape())?;
        if stream.len().saturating_mul(repeat) > u32::MAX as usize {
            return Err(Error::argument(
                "quantiles",
                "there are more than 4 294 967 295 values in a group",
            ));
        }
        // Two ranks for each share: its neighbours below and above.
        let per_group = (2 * shares.len()) << DIGITS[0];
        let at_once = (COUNTERS / per_group.max(1)).clamp(1, groups);
        let mut values = Vec::with_capacity(groups);
        for first in (0..groups).step_by(at_once) {
            let count = at_once.min(groups - first);
            values.extend(select(stream, repeat, first, count, shares)?);
        }
        Ok(Quantiles { repeat, values })
    }
}

/// One order statistic that is looked for.
#[derive(Clone, Copy, Default)]
struct Wanted {
    /// How many values that share the digits found so far are smaller.
    rank: u32,
    /// The digits found so far.
    prefix: u32,
}

fn select(
    stream: &Stream<'_>,
    repeat: usize,
    first: usize,
    groups: usize,
    shares: &[f64],
) -> Result<Vec<Option<Vec<f64>>>> {
    let ranks = 2 * shares.len();
    let mut counts = vec![0u32; groups];
    let mut wanted = vec![Wanted::default(); groups * ranks];
    let mut below = 32;
    for (pass, bits) in DIGITS.into_iter().enumerate() {
        below -= bits;
        // All ranks of a group look at the same values in the first pass.
        let looks = if pass == 0 { 1 } else { ranks };
        let size = 1usize << bits;
        let mut counters = vec![0u32; groups * looks * size];
        each_value(stream, repeat, first, groups, |group, key| {
            let (above, digit) = (
                key.checked_shr(below + bits).unwrap_or(0),
                (key >> below) as usize & (size - 1),
            );
            for look in 0..looks {
                if pass == 0 || wanted[group * ranks + look].prefix == above {
                    counters[(group * looks + look) * size + digit] += 1;
                }
            }
        })?;
        for group in 0..groups {
            if pass == 0 {
                counts[group] = counters[group * size..(group + 1) * size].iter().sum();
                for (at, share) in shares.iter().enumerate() {
                    let position = share * f64::from(counts[group].saturating_sub(1));
                    wanted[group * ranks + 2 * at].rank = position.floor() as u32;
                    wanted[group * ranks + 2 * at + 1].rank = position.ceil() as u32;
                }
            }
            for rank in 0..ranks {
                let look = if pass == 0 { 0 } else { rank };
                let counters = &counters[(group * looks + look) * size..][..size];
                let wanted = &mut wanted[group * ranks + rank];
                let mut digit = 0;
                while digit + 1 < size && wanted.rank >= counters[digit] {
                    wanted.rank -= counters[digit];
                    digit += 1;
                }
                wanted.prefix = (wanted.prefix << bits) | digit as u32;
            }
        }
    }
    let quantiles = |group: usize| {
        let found = |rank: usize| f64::from(number(wanted[group * ranks + rank].prefix));
        let between = |(at, share): (usize, &f64)| {
            let position = share * f64::from(counts[group] - 1);
            let (low, high) = (found(2 * at), found(2 * at + 1));
            low + (high - low) * position.fract()
        };
        (counts[group] > 0).then(|| shares.iter().enumerate().map(between).collect())
    };
    Ok((0..groups).map(quantiles).collect())
}

/// Calls `f` with the group, counted from `first`, and the key of every value of those groups that is not missing.
fn each_value(
    stream: &Stream<'_>,
    repeat: usize,
    first: usize,
    groups: usize,
    mut f: impl FnMut(usize, u32),
) -> Result<()> {
    let width = stream.width();
    let part = first * repeat..(first + groups) * repeat;
    stream.each(|block, _| {
        let block = block.to_dtype(DType::F32)?;
        for row in block.as_slice::<f32>()?.chunks_exact(width) {
            for (at, &v) in row[part.clone()].iter().enumerate() {
                if !v.is_nan() {
                    f(at / repeat, key(v));
                }
            }
        }
        Ok(())
    })
}

/// A whole number that is ordered as the value is.
fn key(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 1 {
        !bits
    } else {
        bits | 1 << 31
    }
}

fn number(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 {
        key & !(1 << 31)
    } else {
        !key
    })
}

#[cfg(test)]
mod tests {
    use nn_core::Tensor;
    use proptest::prelude::*;

    use super::*;
    use crate::dataset::{InMemory, Targets};
    use crate::transform::Pipeline;
    use crate::transform::stream::Side;

    proptest! {
        #[test]
        fn they_are_those_of_the_sorted_values(
            values in prop::collection::vec(prop_oneof![-3.0f32..3.0, Just(0.0), Just(1.5), Just(f32::NAN), -1e30f32..1e30], 3..90),
            share in 0.0f64..=1.0,
        ) {
            let rows = values.len() / 3;
            let values = &values[..rows * 3];
            let inputs = Tensor::from_slice(values, [rows, 3]).unwrap();
            let data = InMemory::new("t", inputs, Targets::None).unwrap();
            let nothing = Pipeline::new();
            let stream = Stream::new(&data, &nothing, Side::Inputs).unwrap();
            let found = Quantiles::of(&stream, Over::Feature, &[share, 0.5]).unwrap();
            for column in 0..3 {
                let mut sorted: Vec<f64> = values.iter().skip(column).step_by(3)
                    .filter(|v| !v.is_nan()).map(|&v| f64::from(v)).collect();
                sorted.sort_by(f64::total_cmp);
                let Some(last) = sorted.len().checked_sub(1) else {
                    prop_assert!(found.values[column].is_none());
                    continue;
                };
                for (at, share) in [share, 0.5].into_iter().enumerate() {
                    let position = share * last as f64;
                    let (low, high) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
                    let expected = low + (high - low) * position.fract();
                    prop_assert_eq!(found.values[column].as_ref().unwrap()[at], expected);
                }
            }
        }
    }
}
