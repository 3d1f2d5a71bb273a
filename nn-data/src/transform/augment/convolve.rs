//! Smoothing with a kernel that is the same along both axes.

use super::geometry::reflect;
use super::picture::Frame;

/// The weights of a Gaussian at −radius … radius, which add up to 1.
pub(super) fn gaussian(sigma: f64, radius: usize, kernel: &mut Vec<f32>) {
    let weight = |at: usize| {
        let distance = at as f64 - radius as f64;
        (-0.5 * (distance / sigma).powi(2)).exp()
    };
    let size = 2 * radius + 1;
    let sum: f64 = (0..size).map(weight).sum();
    kernel.clear();
    kernel.extend((0..size).map(|at| (weight(at) / sum) as f32));
}

/// Convolves a channel with `kernel` along rows and along columns; beyond the edge it is mirrored, the edge not repeated.
///
/// `spare` is as large as the channel, `line` any memory.
pub(super) fn convolve(
    frame: &Frame,
    plane: &mut [f32],
    spare: &mut [f32],
    line: &mut Vec<f32>,
    kernel: &[f32],
) {
    let Frame { height, width, .. } = *frame;
    let radius = kernel.len() / 2;
    line.resize(width + 2 * radius, 0.0);
    for (from, to) in plane.chunks_exact(width).zip(spare.chunks_exact_mut(width)) {
        line[radius..radius + width].copy_from_slice(from);
        for at in 0..radius {
            line[radius - 1 - at] = from[reflect(-1 - at as i64, width)];
            line[radius + width + at] = from[reflect((width + at) as i64, width)];
        }
        weighted_sum(kernel, to, |offset| &line[offset..offset + width]);
    }
    for (y, to) in plane.chunks_exact_mut(width).enumerate() {
        weighted_sum(kernel, to, |offset| {
            let row = reflect(y as i64 + offset as i64 - radius as i64, height);
            &spare[row * width..(row + 1) * width]
        });
    }
}

/// Values that are summed up in registers.
const BLOCK: usize = 16;

/// `to[i] = Σ kernel[k]·from(k)[i]`
fn weighted_sum<'a>(kernel: &[f32], to: &mut [f32], from: impl Fn(usize) -> &'a [f32]) {
    let whole = to.len() - to.len() % BLOCK;
    for start in (0..whole).step_by(BLOCK) {
        let mut sums = [0.0_f32; BLOCK];
        for (offset, &weight) in kernel.iter().enumerate() {
            for (sum, &from) in sums.iter_mut().zip(&from(offset)[start..start + BLOCK]) {
                *sum += weight * from;
            }
        }
        to[start..start + BLOCK].copy_from_slice(&sums);
    }
    for (at, to) in to.iter_mut().enumerate().skip(whole) {
        let taps = kernel.iter().enumerate();
        *to = taps
            .map(|(offset, &weight)| weight * from(offset)[at])
            .sum();
    }
}
