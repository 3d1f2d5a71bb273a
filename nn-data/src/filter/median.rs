//! The median of a square: takes away specks and keeps edges.

use nn_core::Tensor;

use super::planes::{Lines, Planes};
use super::{Border, window};
use crate::error::Result;

/// Pixels that are worked on side by side.
const LANES: usize = 16;
/// With at most so many different values in an image, windows are counted rather than sorted.
const MOST_LEVELS: usize = 4096;

/// From the rows under the windows to the medians of one row.
type RowMedians<'a> = dyn Fn(&[&[f32]], &mut [f32]) + Sync + 'a;

/// The median of the `size × size` pixels around each. Zeros beyond the border count as pixels.
///
/// Windows of 3 and 5 take the same number of steps for every image. Larger ones are quick where an image has few different values,
/// such as the 256 of a picture file, and slow (about `size²` steps a pixel) where it has not.
///
/// # Shapes
/// `[H, W]` or `[C, H, W]` to the same.
///
/// # Errors
/// [`Error::Argument`](crate::Error::Argument) if `size` is even or too large, or it is not an image of finite `f32`.
pub fn median(image: &Tensor, size: usize, border: Border) -> Result<Tensor> {
    let size = window("median", size)?;
    let planes = Planes::of("median", image)?;
    let widened = planes.widened(size / 2, border)?;
    let lines = widened.lines()?;
    let width = planes.width;
    let by_row = |f: &RowMedians<'_>| {
        let zeros = vec![0.0; width + 2 * (size / 2)];
        planes.rows(|first, part| {
            for (at, out) in part.chunks_exact_mut(width).enumerate() {
                f(&rows_under(&lines, first + at, size, &zeros), out);
            }
        })
    };
    match size {
        1 => Ok(image.detach().contiguous()?),
        3 => by_row(&|rows, out| lanes::<9>(rows, out)),
        5 => by_row(&|rows, out| lanes::<25>(rows, out)),
        _ => match levels(&planes, border)? {
            Some(levels) => by_row(&|rows, out| counted(rows, &levels, out)),
            None => by_row(&selected),
        },
    }
}

/// The rows that the windows around the pixels of row `row` cover.
fn rows_under<'a>(lines: &Lines<'a>, row: usize, size: usize, zeros: &'a [f32]) -> Vec<&'a [f32]> {
    let reach = (size / 2) as isize;
    (-reach..=reach)
        .map(|down| lines.at(row, down).unwrap_or(zeros))
        .collect()
}

/// Medians of windows of `N` pixels, many at once.
fn lanes<const N: usize>(rows: &[&[f32]], out: &mut [f32]) {
    let size = rows.len();
    let mut window = [[0.0_f32; LANES]; N];
    for (block, out) in out.chunks_mut(LANES).enumerate() {
        let start = block * LANES;
        for (place, lane) in window.iter_mut().enumerate() {
            let from = start + place % size;
            let pixels = &rows[place / size][from..from + out.len()];
            lane[..out.len()].copy_from_slice(pixels);
        }
        out.copy_from_slice(&middle(&mut window)[..out.len()]);
    }
}

/// The median of each lane. A value that is the least or the greatest among more than half of all cannot be the median: such pairs are
/// dropped, and as many values taken in, until one is left.
fn middle<const N: usize>(window: &mut [[f32; LANES]; N]) -> [f32; LANES] {
    let (mut first, mut last) = (0, N / 2 + 1);
    let mut next = last + 1;
    while first < last {
        // The least to the front, the greatest to the end.
        for at in first + 1..=last {
            order(window, first, at);
        }
        for at in first + 1..last {
            order(window, at, last);
        }
        first += 1;
        last -= 1;
        if next < N {
            last += 1;
            window[last] = window[next];
            next += 1;
        }
    }
    window[first]
}

/// Puts the smaller values at `low` and the greater at `high`.
fn order<const N: usize>(window: &mut [[f32; LANES]; N], low: usize, high: usize) {
    let Ok([low, high]) = window.get_disjoint_mut([low, high]) else {
        return;
    };
    for (low, high) in low.iter_mut().zip(high) {
        let (a, b) = (*low, *high);
        *low = if a < b { a } else { b };
        *high = if a < b { b } else { a };
    }
}

/// The different values of an image in order, when they are few.
fn levels(planes: &Planes, border: Border) -> Result<Option<Vec<f32>>> {
    let mut values = planes.pixels()?.to_vec();
    if border == Border::Zero {
        values.push(0.0);
    }
    values.sort_unstable_by(f32::total_cmp);
    // −0 and 0 are one value.
    values.dedup_by(|a, b| *a == *b);
    Ok((values.len() <= MOST_LEVELS).then_some(values))
}

/// Medians along a row by a histogram that moves with the window (Huang, Yang and Tang 1979).
fn counted(rows: &[&[f32]], levels: &[f32], out: &mut [f32]) {
    let size = rows.len();
    let half = size * size / 2;
    let level = |pixel: f32| {
        levels
            .partition_point(|level| *level < pixel)
            .min(levels.len() - 1)
    };
    let ranks: Vec<Vec<usize>> = rows
        .iter()
        .map(|row| row.iter().map(|&pixel| level(pixel)).collect())
        .collect();
    let mut counts = vec![0_usize; levels.len()];
    // `below` pixels of the window lie under level `at`.
    let (mut at, mut below) = (0, 0);
    let columns = ranks.first().map_or(0, Vec::len);
    for column in 0..columns {
        for rank in ranks.iter().map(|row| row[column]) {
            counts[rank] += 1;
            below += usize::from(rank < at);
        }
        if column >= size {
            for rank in ranks.iter().map(|row| row[column - size]) {
                counts[rank] -= 1;
                below -= usize::from(rank < at);
            }
        }
        if column + 1 >= size {
            while below > half {
                at -= 1;
                below -= counts[at];
            }
            while below + counts[at] <= half {
                below += counts[at];
                at += 1;
            }
            out[column + 1 - size] = levels[at];
        }
    }
}

/// Medians along a row by selection.
fn selected(rows: &[&[f32]], out: &mut [f32]) {
    let size = rows.len();
    let mut window = Vec::with_capacity(size * size);
    for (at, out) in out.iter_mut().enumerate() {
        window.clear();
        for row in rows {
            window.extend_from_slice(&row[at..at + size]);
        }
        let middle = window.len() / 2;
        *out = *window.select_nth_unstable_by(middle, f32::total_cmp).1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By sorting, pixel by pixel.
    fn naive(image: &[f32], height: usize, width: usize, size: usize, border: Border) -> Vec<f32> {
        let reach = (size / 2) as isize;
        let mut out = Vec::new();
        for y in 0..height as isize {
            for x in 0..width as isize {
                let mut window = Vec::new();
                for down in -reach..=reach {
                    for along in -reach..=reach {
                        let row = border.source(y + down, height);
                        let column = border.source(x + along, width);
                        let pixel = row.zip(column).map(|(r, c)| image[r * width + c]);
                        window.push(pixel.unwrap_or(0.0));
                    }
                }
                window.sort_by(f32::total_cmp);
                out.push(window[window.len() / 2]);
            }
        }
        out
    }

    #[test]
    fn every_way_gives_the_median() {
        for (height, width) in [(1, 1), (3, 5), (9, 40), (20, 23)] {
            let count = height * width;
            let bytes: Vec<f32> = (0..count)
                .map(|i| ((i * 7919) % 251) as f32 - 60.0)
                .collect();
            // More different values than are counted.
            let fine: Vec<f32> = (0..count)
                .map(|i| ((i * 7919) % 8191) as f32 / 7.0)
                .collect();
            for border in [Border::Zero, Border::Replicate, Border::Reflect] {
                for size in [1, 3, 5, 7, 11] {
                    for pixels in [&bytes, &fine] {
                        let image = Tensor::from_slice(pixels, [height, width]).unwrap();
                        let got = median(&image, size, border).unwrap();
                        let expected = naive(pixels, height, width, size, border);
                        assert_eq!(
                            got.to_vec::<f32>().unwrap(),
                            expected,
                            "{height}×{width}, {size}, {border:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn selection_and_counting_agree() {
        let rows: Vec<Vec<f32>> = (0..7)
            .map(|y| (0..30).map(|x| ((x * 31 + y * 17) % 23) as f32).collect())
            .collect();
        let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
        let levels: Vec<f32> = (0..23).map(|level| level as f32).collect();
        let (mut a, mut b) = (vec![0.0; 24], vec![0.0; 24]);
        counted(&rows, &levels, &mut a);
        selected(&rows, &mut b);
        assert_eq!(a, b);
    }
}
