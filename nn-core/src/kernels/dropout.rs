//! Dropout: elements zeroed at random, the rest scaled up.
//!
//! Whether an element stays is a function of the seed and its index alone, so neither the
//! number of threads nor the instruction set matters.

use std::ops::Range;

use super::float::Float;
use super::math::dispatch::{CHEAP, Disjoint, Kernel, is_single, run_parallel};

/// Elements that share a key; the last bits of the index are the counter.
const BLOCK: usize = 4096;

/// A bijection of `u64` that scatters neighbours (Steele, Lea & Flood, *Fast splittable
/// pseudorandom number generators*, 2014).
fn mix64(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A bijection of `u32` of two multiplications, with small bias (constants of C. Wellons, 2018).
#[inline(always)]
fn mix32(x: u32) -> u32 {
    let x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    let x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// Sets `mask` to 1 where an element stays, with probability 1 − threshold / 2³².
#[inline(always)]
fn draw(seed: u64, block: usize, threshold: u32, mask: &mut [u8]) {
    let key = mix64(seed ^ mix64(block as u64));
    let (low, high) = (key as u32, (key >> 32) as u32);
    for (i, mask) in mask.iter_mut().enumerate() {
        let random = mix32(mix32((i as u32) ^ low).wrapping_add(high));
        *mask = u8::from(random >= threshold);
    }
}

struct Drop<'a, T> {
    x: &'a [T],
    scale: T,
    seed: u64,
    threshold: u32,
    y: Disjoint<'a, T>,
    mask: Disjoint<'a, u8>,
}

impl<T: Float> Kernel for Drop<'_, T> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        for block in range {
            let elements = block * BLOCK..self.x.len().min((block + 1) * BLOCK);
            // SAFETY: item i is the i-th block of elements.
            let mask = unsafe { self.mask.range(elements.clone()) };
            // SAFETY: as above.
            let y = unsafe { self.y.range(elements.clone()) };
            draw(self.seed, block, self.threshold, mask);
            apply(&self.x[elements], mask, self.scale, y);
        }
    }
}

/// y = x·scale where the mask is set, else 0 (also for infinite and NaN x).
#[inline(always)]
fn apply<T: Float>(x: &[T], mask: &[u8], scale: T, y: &mut [T]) {
    for ((y, &x), &mask) in y.iter_mut().zip(x).zip(mask) {
        *y = if mask != 0 { x * scale } else { T::ZERO };
    }
}

/// y = x / (1 − p) with probability 1 − p, else 0, independently for each element, so that the
/// mean is kept (inverted dropout; Srivastava et al. 2014). `mask` gets 1 where x stayed, else 0.
///
/// p is taken into \[0, 1\], in steps of 2⁻³²; NaN counts as 0.
///
/// ```
/// let x = [1.0_f32; 1000];
/// let (mut y, mut mask) = ([0.0; 1000], [0; 1000]);
/// nn_core::kernels::dropout::dropout(&x, 0.2, 7, &mut y, &mut mask);
/// let kept = mask.iter().filter(|&&m| m == 1).count();
/// assert!((750..850).contains(&kept));
/// assert!(y.iter().all(|&y| y == 0.0 || y == 1.25));
/// ```
///
/// # Panics
/// If the lengths differ; callers in this crate have checked them.
pub fn dropout<T: Float>(x: &[T], p: f64, seed: u64, y: &mut [T], mask: &mut [u8]) {
    assert_eq!([y.len(), mask.len()], [x.len(); 2]);
    if p >= 1.0 {
        y.fill(T::ZERO);
        mask.fill(0);
        return;
    }
    let kernel = Drop {
        x,
        scale: keep_scale(p),
        seed,
        // Saturates to 0 for p ≤ 0 and NaN.
        threshold: (p * 4_294_967_296.0) as u32,
        y: Disjoint::new(y),
        mask: Disjoint::new(mask),
    };
    run_parallel(&kernel, x.len().div_ceil(BLOCK), 4);
}

/// 1 / (1 − p), and 1 for p that counts as 0.
fn keep_scale<T: Float>(p: f64) -> T {
    T::from_f64(if p > 0.0 { 1.0 / (1.0 - p) } else { 1.0 })
}

struct Backward<'a, T> {
    dy: &'a [T],
    mask: &'a [u8],
    scale: T,
    dx: Disjoint<'a, T>,
}

impl<T: Float> Kernel for Backward<'_, T> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        // SAFETY: item i is element i.
        let dx = unsafe { self.dx.range(range.clone()) };
        apply(&self.dy[range.clone()], &self.mask[range], self.scale, dx);
    }
}

/// dx = dy / (1 − p) where the mask of [`dropout`] is set, else 0.
///
/// # Panics
/// If the lengths differ.
pub fn dropout_backward<T: Float>(dy: &[T], mask: &[u8], p: f64, dx: &mut [T]) {
    assert_eq!([mask.len(), dx.len()], [dy.len(); 2]);
    let scale = if p >= 1.0 { T::ZERO } else { keep_scale(p) };
    let kernel = Backward {
        dy,
        mask,
        scale,
        dx: Disjoint::new(dx),
    };
    run_parallel(&kernel, dy.len(), CHEAP);
}

#[cfg(test)]
mod tests;
