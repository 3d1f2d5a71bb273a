//! Loops over several lines of numbers at once, place by place: what image filters are made of.

use std::ops::Range;

use super::math::dispatch::{Disjoint, Kernel, run_parallel};

/// Places that are worked on side by side in [`median`].
const LANES: usize = 32;
/// The most lines of which [`median`] is taken.
pub const MAX_MEDIAN: usize = 25;

/// `out[x] = Σ weight · line[x]` over `lines` of a weight and at least as many numbers as `out`, on this thread.
///
/// ```
/// use nn_core::kernels::lines::weighted_sum;
/// let mut out = [0.0; 2];
/// weighted_sum(&[(0.5, &[1.0, 2.0]), (10.0, &[3.0, 4.0, 5.0])], &mut out);
/// assert_eq!(out, [30.5, 41.0]);
/// ```
///
/// # Panics
/// If a line is shorter than `out`.
pub fn weighted_sum(lines: &[(f32, &[f32])], out: &mut [f32]) {
    let places = out.len();
    assert!(
        lines.iter().all(|(_, line)| line.len() >= places),
        "each line has a number for each place"
    );
    let kernel = WeightedSum {
        lines,
        out: Disjoint::new(out),
    };
    run_parallel(&kernel, places, places);
}

struct WeightedSum<'a> {
    lines: &'a [(f32, &'a [f32])],
    out: Disjoint<'a, f32>,
}

impl WeightedSum<'_> {
    /// Whole blocks of `N` places; gives the first place that is left. Sums stay in registers over all lines.
    #[inline(always)]
    fn blocks<const N: usize, const FMA: bool>(&self, out: &mut [f32], mut start: usize) -> usize {
        while let Some(block) = out.get_mut(start..start + N) {
            let mut sum = [0.0_f32; N];
            for &(weight, line) in self.lines {
                if let Some(part) = line.get(start..start + N) {
                    for (sum, &number) in sum.iter_mut().zip(part) {
                        *sum = if FMA {
                            weight.mul_add(number, *sum)
                        } else {
                            weight * number + *sum
                        };
                    }
                }
            }
            block.copy_from_slice(&sum);
            start += N;
        }
        start
    }
}

impl Kernel for WeightedSum<'_> {
    const PER_ISA: bool = true;

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        // SAFETY: there is one task, which has the whole range.
        let out = unsafe { self.out.range(range) };
        let mut start = 0;
        if FMA {
            start = self.blocks::<64, FMA>(out, start);
        }
        start = self.blocks::<16, FMA>(out, start);
        start = self.blocks::<4, FMA>(out, start);
        self.blocks::<1, FMA>(out, start);
    }
}

/// The median of the numbers at each place: `out[x]` is the middle one of `line[x]` over an odd number of `lines`, on this thread.
/// The numbers must be finite.
///
/// ```
/// let mut out = [0.0; 2];
/// nn_core::kernels::lines::median(&[&[5.0, 1.0], &[3.0, 9.0], &[4.0, 2.0]], &mut out);
/// assert_eq!(out, [4.0, 2.0]);
/// ```
///
/// # Panics
/// If the number of lines is even or above [`MAX_MEDIAN`], or a line is shorter than `out`.
pub fn median(lines: &[&[f32]], out: &mut [f32]) {
    let places = out.len();
    assert!(
        lines.len() % 2 == 1 && lines.len() <= MAX_MEDIAN,
        "an odd number of lines, up to {MAX_MEDIAN}"
    );
    assert!(
        lines.iter().all(|line| line.len() >= places),
        "each line has a number for each place"
    );
    let kernel = Median {
        lines,
        out: Disjoint::new(out),
    };
    run_parallel(&kernel, places, places);
}

struct Median<'a> {
    lines: &'a [&'a [f32]],
    out: Disjoint<'a, f32>,
}

type Lane = [f32; LANES];

impl Kernel for Median<'_> {
    const PER_ISA: bool = true;

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        // SAFETY: there is one task, which has the whole range.
        let out = unsafe { self.out.range(range) };
        let mut window = [[0.0_f32; LANES]; MAX_MEDIAN];
        let count = self.lines.len();
        for (block, out) in out.chunks_mut(LANES).enumerate() {
            let start = block * LANES;
            for (lane, line) in window.iter_mut().zip(self.lines) {
                if let Some(whole) = line.get(start..start + LANES) {
                    lane.copy_from_slice(whole);
                } else {
                    lane[..out.len()].copy_from_slice(&line[start..start + out.len()]);
                }
            }
            let median = match window.first_chunk::<9>() {
                Some(nine) if count == 9 => middle_of_nine(nine),
                _ => middle(&mut window[..count]),
            };
            out.copy_from_slice(&median[..out.len()]);
        }
    }
}

/// The median of each lane. The least and the greatest of more than half of all numbers cannot be the median: such pairs are dropped, and
/// as many numbers taken in, until one is left.
#[inline(always)]
fn middle(window: &mut [Lane]) -> Lane {
    let (mut first, mut last) = (0, window.len() / 2 + 1);
    let mut next = last + 1;
    last = last.min(window.len() - 1);
    while first < last {
        // The least to the front, then the greatest of the others to the end.
        if let [least, others @ ..] = &mut window[first..=last] {
            for other in others {
                order(least, other);
            }
        }
        if let [others @ .., greatest] = &mut window[first + 1..=last] {
            for other in others {
                order(other, greatest);
            }
        }
        first += 1;
        last -= 1;
        if next < window.len() {
            last += 1;
            window[last] = window[next];
            next += 1;
        }
    }
    window[first]
}

/// The median of nine by the network of 19 exchanges of Smith (1996): sorted columns, of which only what can hold the median is compared
/// further. All places are constants, so the window stays in registers.
#[inline(always)]
fn middle_of_nine(window: &[Lane; 9]) -> Lane {
    let mut w = *window;
    macro_rules! exchange {
        ($(($low:literal, $high:literal))*) => {$(
            let (low, high) = ordered(&w[$low], &w[$high]);
            w[$low] = low;
            w[$high] = high;
        )*};
    }
    exchange!((1, 2)(4, 5)(7, 8)(0, 1)(3, 4)(6, 7)(1, 2)(4, 5)(7, 8));
    exchange!((0, 3)(5, 8)(4, 7)(3, 6)(1, 4)(2, 5)(4, 7)(4, 2)(6, 4)(4, 2));
    w[4]
}

/// Puts the smaller numbers into `low` and the greater into `high`.
#[inline(always)]
fn order(low: &mut Lane, high: &mut Lane) {
    (*low, *high) = ordered(low, high);
}

/// The smaller numbers, and the greater.
#[inline(always)]
fn ordered(a: &Lane, b: &Lane) -> (Lane, Lane) {
    let (mut low, mut high) = ([0.0; LANES], [0.0; LANES]);
    for lane in 0..LANES {
        low[lane] = if a[lane] < b[lane] { a[lane] } else { b[lane] };
        high[lane] = if a[lane] < b[lane] { b[lane] } else { a[lane] };
    }
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::math::dispatch::for_each_isa;

    fn line(seed: usize, len: usize) -> Vec<f32> {
        (0..len)
            .map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 - 500.0)
            .collect()
    }

    #[test]
    fn sums_are_those_of_a_plain_loop() {
        for_each_isa(|isa| {
            for places in [0, 1, 3, 4, 15, 16, 63, 64, 65, 200] {
                for count in [0, 1, 2, 9] {
                    let lines: Vec<Vec<f32>> =
                        (0..count).map(|seed| line(seed, places + seed)).collect();
                    let weighted: Vec<(f32, &[f32])> = lines
                        .iter()
                        .enumerate()
                        .map(|(at, line)| (at as f32 * 0.3 - 1.0, line.as_slice()))
                        .collect();
                    let mut out = vec![f32::NAN; places];
                    weighted_sum(&weighted, &mut out);
                    for (x, got) in out.iter().enumerate() {
                        let each = weighted
                            .iter()
                            .map(|(w, line)| f64::from(*w) * f64::from(line[x]));
                        let expected: f64 = each.sum();
                        let error = (f64::from(*got) - expected).abs();
                        assert!(error < 1e-3, "{isa:?} {places} {count}: {got} {expected}");
                    }
                }
            }
        });
    }

    #[test]
    fn medians_are_those_of_sorting() {
        for_each_isa(|isa| {
            for places in [0, 1, 31, 32, 33, 100] {
                for count in (1..=MAX_MEDIAN).step_by(2) {
                    let lines: Vec<Vec<f32>> =
                        (0..count).map(|seed| line(seed, places + 1)).collect();
                    let lines: Vec<&[f32]> = lines.iter().map(Vec::as_slice).collect();
                    let mut out = vec![f32::NAN; places];
                    median(&lines, &mut out);
                    for (x, got) in out.iter().enumerate() {
                        let mut all: Vec<f32> = lines.iter().map(|line| line[x]).collect();
                        all.sort_by(f32::total_cmp);
                        assert_eq!(*got, all[count / 2], "{isa:?} {places} {count}");
                    }
                }
            }
        });
    }

    #[test]
    fn nine_numbers_in_every_order_of_ties() {
        // A network of exchanges that is right for all zeros and ones is right for all numbers.
        let lines: Vec<Vec<f32>> = (0..9)
            .map(|line| {
                (0..512)
                    .map(|case| f32::from(u8::from(case >> line & 1 == 1)))
                    .collect()
            })
            .collect();
        let lines: Vec<&[f32]> = lines.iter().map(Vec::as_slice).collect();
        let mut out = vec![f32::NAN; 512];
        median(&lines, &mut out);
        for (case, got) in out.iter().enumerate() {
            assert_eq!(
                *got,
                f32::from(u8::from(case.count_ones() >= 5)),
                "{case:b}"
            );
        }
    }

    #[test]
    #[should_panic(expected = "each line has a number for each place")]
    fn short_lines_are_refused() {
        weighted_sum(&[(1.0, &[1.0])], &mut [0.0; 2]);
    }

    #[test]
    #[should_panic(expected = "an odd number of lines")]
    fn even_numbers_of_lines_have_no_middle() {
        median(&[&[1.0], &[2.0]], &mut [0.0]);
    }
}
