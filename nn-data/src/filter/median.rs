//! The median of a square: takes away specks and keeps edges.

use nn_core::Tensor;
use nn_core::kernels::lines;

use super::planes::{Lines, Planes};
use super::{Border, window};
use crate::error::Result;

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
    match size {
        1 => Ok(image.detach().contiguous()?),
        3 | 5 => by_row(&planes, size, border, &of_lines),
        _ => match levels(&planes, border)? {
            Some(levels) => {
                let ranks = planes.combine([], |pixel, []| levels.rank(pixel))?;
                let ranks = Planes::of("median", &ranks)?;
                by_row(&ranks, size, border, &|rows, out| {
                    counted(rows, &levels, out);
                })
            }
            None => by_row(&planes, size, border, &selected),
        },
    }
}

/// Calls `f` for every row of an image, with the rows that the windows around its pixels cover.
fn by_row(planes: &Planes, size: usize, border: Border, f: &RowMedians<'_>) -> Result<Tensor> {
    let widened = planes.widened(size / 2, border)?;
    let lines = widened.lines()?;
    let width = planes.width;
    let zeros = vec![0.0; width + 2 * (size / 2)];
    planes.rows(|first, part| {
        for (at, out) in part.chunks_exact_mut(width).enumerate() {
            f(&rows_under(&lines, first + at, size, &zeros), out);
        }
    })
}

/// The rows that the windows around the pixels of row `row` cover.
fn rows_under<'a>(lines: &Lines<'a>, row: usize, size: usize, zeros: &'a [f32]) -> Vec<&'a [f32]> {
    let reach = (size / 2) as isize;
    (-reach..=reach)
        .map(|down| lines.at(row, down).unwrap_or(zeros))
        .collect()
}

/// Medians of small windows: the pixels at each place of the window are a line, and the median is taken of lines.
fn of_lines(rows: &[&[f32]], out: &mut [f32]) {
    let size = rows.len();
    let places = rows
        .iter()
        .flat_map(|row| (0..size).map(|start| &row[start..]));
    lines::median(&places.collect::<Vec<_>>(), out);
}

/// The different values of an image in order.
struct Levels {
    values: Vec<f32>,
    /// The place of zero, where zeros stand beyond the border; else 0.
    zero: usize,
}

impl Levels {
    /// The place of a value, counted from that of zero: what stands beyond the border has rank 0 then.
    fn rank(&self, pixel: f32) -> f32 {
        let place = self.values.partition_point(|level| *level < pixel);
        place as f32 - self.zero as f32
    }

    /// The place of a value from its rank.
    fn place(&self, rank: f32) -> usize {
        ((rank + self.zero as f32) as usize).min(self.values.len() - 1)
    }
}

/// The different values of an image, when they are few.
fn levels(planes: &Planes, border: Border) -> Result<Option<Levels>> {
    let mut values = planes.pixels()?.to_vec();
    if border == Border::Zero {
        values.push(0.0);
    }
    values.sort_unstable_by(f32::total_cmp);
    // −0 and 0 are one value.
    values.dedup_by(|a, b| *a == *b);
    let zero = match border {
        Border::Zero => values.partition_point(|level| *level < 0.0),
        _ => 0,
    };
    Ok((values.len() <= MOST_LEVELS).then_some(Levels { values, zero }))
}

/// Medians along a row of ranks by a histogram that moves with the window (Huang, Yang and Tang 1979).
fn counted(rows: &[&[f32]], levels: &Levels, out: &mut [f32]) {
    let size = rows.len();
    let half = (size * size / 2) as u32;
    let mut counts = vec![0_u32; levels.values.len()];
    // `below` pixels of the window lie under level `at`.
    let (mut at, mut below) = (0, 0);
    let columns = rows.first().map_or(0, |row| row.len());
    for column in 0..columns {
        for row in rows {
            let place = levels.place(row[column]);
            counts[place] += 1;
            below += u32::from(place < at);
        }
        if column >= size {
            for row in rows {
                let place = levels.place(row[column - size]);
                counts[place] -= 1;
                below -= u32::from(place < at);
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
            out[column + 1 - size] = levels.values[at];
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
        let levels = Levels {
            values: (0..23).map(|level| level as f32).collect(),
            zero: 0,
        };
        let (mut a, mut b) = (vec![0.0; 24], vec![0.0; 24]);
        counted(&rows, &levels, &mut a);
        selected(&rows, &mut b);
        assert_eq!(a, b);
    }
}
