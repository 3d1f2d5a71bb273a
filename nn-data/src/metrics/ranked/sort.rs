//! Samples in the order of their scores, highest first: a radix sort into buckets of about equal size, which are then
//! sorted one by one in the cache.

use std::sync::{Mutex, PoisonError};

use nn_core::kernels::threads::map_long;

use super::super::blocks;
use super::super::score::Score;

/// Buckets of a long list.
const BUCKETS: usize = 1024;
/// Below this many samples there is one bucket.
const MIN_BUCKETS: usize = 1 << 15;
/// Highest bits of a key (less the lowest key) that tell buckets apart.
const CELL_BITS: u32 = 16;
/// Samples that are looked at to make the buckets equally large.
const PROBES: usize = 1 << 17;
/// Greater than the key of any number; it stands at the end of a run.
const END: u64 = u64::MAX;

/// The distinct scores from the highest to the lowest, and how many samples lie at or above each.
pub(super) struct Sorted {
    pub thresholds: Vec<f64>,
    /// Positives at or above the threshold.
    pub hits: Vec<u32>,
    /// Samples at or above the threshold.
    pub flagged: Vec<u32>,
}

/// A number whose order as an integer is the reverse order of the scores. −0 and 0 have the same key.
fn key(score: f64) -> u64 {
    let bits = (score + 0.0).to_bits();
    let negative = (bits as i64 >> 63) as u64;
    !(bits ^ (negative | 1 << 63))
}

/// The score of a key.
fn score(key: u64) -> f64 {
    let ascending = !key;
    let negative = (!ascending as i64 >> 63) as u64;
    f64::from_bits(ascending ^ (negative | 1 << 63))
}

/// Which bucket a key belongs to: a table over the highest bits of keys, made so that each gets about as many.
struct Buckets {
    lowest: u64,
    shift: u32,
    of_cell: Vec<u16>,
    count: usize,
}

impl Buckets {
    fn new<S: Score>(scores: &[S]) -> Self {
        if scores.len() < MIN_BUCKETS {
            return Buckets {
                lowest: 0,
                shift: u64::BITS - 1,
                of_cell: vec![0; 2],
                count: 1,
            };
        }
        let bounds = blocks::each(scores.len(), |range| {
            let keys = scores[range].iter().map(|s| key(s.wide()));
            keys.fold((u64::MAX, 0), |(low, high), k| (low.min(k), high.max(k)))
        });
        let lowest = bounds.iter().map(|b| b.0).min().unwrap_or(0);
        let range = bounds.iter().map(|b| b.1).max().unwrap_or(lowest) - lowest;
        let shift = (u64::BITS - range.leading_zeros()).saturating_sub(CELL_BITS);
        let mut buckets = Buckets {
            lowest,
            shift,
            of_cell: vec![0; (range >> shift) as usize + 1],
            count: BUCKETS,
        };
        buckets.divide(scores);
        buckets
    }

    fn divide<S: Score>(&mut self, scores: &[S]) {
        let mut weights = vec![0u32; self.of_cell.len()];
        let probes = scores.iter().step_by(scores.len().div_ceil(PROBES));
        let probes = probes
            .map(|s| weights[self.cell(key(s.wide()))] += 1)
            .count();
        let mut before = 0;
        for (bucket, weight) in self.of_cell.iter_mut().zip(weights) {
            *bucket = (before * self.count / probes).min(self.count - 1) as u16;
            before += weight as usize;
        }
    }

    fn cell(&self, key: u64) -> usize {
        ((key - self.lowest) >> self.shift) as usize
    }

    fn of(&self, key: u64) -> usize {
        self.of_cell[self.cell(key)].into()
    }
}

/// A stretch of the samples with its keys ordered by bucket, and in a bucket negatives before positives.
struct Stretch<'a> {
    keys: &'a [u64],
    /// Where each half bucket begins, and the end of the last.
    starts: Vec<u32>,
}

impl Stretch<'_> {
    fn part(&self, half: usize) -> &[u64] {
        &self.keys[self.starts[half] as usize..self.starts[half + 1] as usize]
    }
}

/// Orders the keys of one stretch by half bucket; returns where each begins.
fn distribute<S: Score>(
    buckets: &Buckets,
    truth: &[bool],
    scores: &[S],
    out: &mut [u64],
) -> Vec<u32> {
    let half = |truth: bool, key: u64| 2 * buckets.of(key) + usize::from(truth);
    let mut starts = vec![0u32; 2 * buckets.count + 1];
    for (&truth, s) in truth.iter().zip(scores) {
        starts[half(truth, key(s.wide())) + 1] += 1;
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    for (&truth, s) in truth.iter().zip(scores) {
        let key = key(s.wide());
        let place = &mut next[half(truth, key)];
        out[*place as usize] = key;
        *place += 1;
    }
    starts
}

/// The part of the result that one bucket fills.
struct Target<'a> {
    thresholds: &'a mut [f64],
    hits: &'a mut [u32],
    flagged: &'a mut [u32],
}

/// Merges negatives and positives, both sorted and closed by [`END`]; returns how many distinct scores there are.
fn merge(
    negatives: &[u64],
    positives: &[u64],
    before: (u32, u32),
    target: &mut Target<'_>,
) -> usize {
    let (mut i, mut j, mut distinct) = (0, 0, 0);
    let mut key = negatives[0].min(positives[0]);
    // Without branches that depend on the data: the order of positives and negatives cannot be foretold.
    for rank in 1..=target.flagged.len() {
        let hit = positives[j] < negatives[i];
        j += usize::from(hit);
        i += usize::from(!hit);
        target.thresholds[distinct] = score(key);
        target.hits[distinct] = before.0 + j as u32;
        target.flagged[distinct] = before.1 + rank as u32;
        let next = negatives[i].min(positives[j]);
        distinct += usize::from(next != key);
        key = next;
    }
    distinct
}

/// Sorts finite scores. There are as many as truths, at least 1 and at most `u32::MAX`.
pub(super) fn sort<S: Score>(truth: &[bool], scores: &[S]) -> Sorted {
    let samples = scores.len();
    let buckets = Buckets::new(scores);
    // Large enough that what a stretch has for a bucket is read in one go, small enough to stay in the cache.
    let stretch = (samples / 128).max(MIN_BUCKETS);
    let mut keys = vec![0u64; samples];
    let work: Vec<_> = (keys.chunks_mut(stretch)).map(Mutex::new).collect();
    let starts = map_long(work.len(), |task| {
        let mut out = work[task].lock().unwrap_or_else(PoisonError::into_inner);
        let range = task * stretch..task * stretch + out.len();
        distribute(&buckets, &truth[range.clone()], &scores[range], &mut out)
    });
    drop(work);
    let stretches: Vec<Stretch> = (keys.chunks(stretch).zip(starts))
        .map(|(keys, starts)| Stretch { keys, starts })
        .collect();

    let mut sorted = Sorted {
        thresholds: vec![0.0; samples],
        hits: vec![0; samples],
        flagged: vec![0; samples],
    };
    let distinct = fill(&buckets, &stretches, &mut sorted);
    sorted.close_gaps(&distinct);
    sorted
}

/// Sorts every bucket into its part of the result; returns where each part begins and how many distinct scores it has.
fn fill(buckets: &Buckets, stretches: &[Stretch<'_>], sorted: &mut Sorted) -> Vec<(usize, usize)> {
    let size = |half: usize| -> usize { stretches.iter().map(|s| s.part(half).len()).sum() };
    let (mut hits, mut rank) = (0, 0);
    let (mut thresholds, mut all_hits, mut flagged) = (
        &mut sorted.thresholds[..],
        &mut sorted.hits[..],
        &mut sorted.flagged[..],
    );
    let mut work = Vec::with_capacity(buckets.count);
    for bucket in 0..buckets.count {
        let (negatives, positives) = (size(2 * bucket), size(2 * bucket + 1));
        let len = negatives + positives;
        let target = Target {
            thresholds: take(&mut thresholds, len),
            hits: take(&mut all_hits, len),
            flagged: take(&mut flagged, len),
        };
        work.push(((hits, rank), Mutex::new(target)));
        hits += positives as u32;
        rank += len as u32;
    }
    map_long(work.len(), |bucket| {
        let (before, target) = &work[bucket];
        let mut target = target.lock().unwrap_or_else(PoisonError::into_inner);
        if target.flagged.is_empty() {
            return (before.1 as usize, 0);
        }
        let run = |half: usize| {
            let mut run = Vec::with_capacity(size(half) + 1);
            stretches
                .iter()
                .for_each(|s| run.extend_from_slice(s.part(half)));
            run.sort_unstable();
            run.push(END);
            run
        };
        let distinct = merge(&run(2 * bucket), &run(2 * bucket + 1), *before, &mut target);
        (before.1 as usize, distinct)
    })
}

/// The first `len` elements of what is left.
fn take<'a, T>(rest: &mut &'a mut [T], len: usize) -> &'a mut [T] {
    let (first, more) = std::mem::take(rest).split_at_mut(len);
    *rest = more;
    first
}

impl Sorted {
    /// Moves the parts together that equal scores left shorter.
    fn close_gaps(&mut self, parts: &[(usize, usize)]) {
        let mut end = 0;
        for &(start, len) in parts {
            if start > end {
                self.thresholds.copy_within(start..start + len, end);
                self.hits.copy_within(start..start + len, end);
                self.flagged.copy_within(start..start + len, end);
            }
            end += len;
        }
        self.thresholds.truncate(end);
        self.hits.truncate(end);
        self.flagged.truncate(end);
        if end < self.thresholds.capacity() / 2 {
            self.thresholds.shrink_to_fit();
            self.hits.shrink_to_fit();
            self.flagged.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_reverse_the_order_and_lead_back() {
        let values = [
            f64::MAX,
            1e10,
            1.0,
            f64::MIN_POSITIVE,
            5e-324,
            0.0,
            -5e-324,
            -0.5,
            -1e300,
            f64::MIN,
        ];
        for pair in values.windows(2) {
            assert!(key(pair[0]) < key(pair[1]), "{pair:?}");
        }
        for value in values {
            assert_eq!(score(key(value)), value);
            assert!(key(value) < END);
        }
        assert_eq!(key(-0.0), key(0.0));
    }
}
