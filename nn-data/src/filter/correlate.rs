//! Weighted sums over neighbourhoods: what every linear filter comes down to.

use nn_core::Tensor;
use nn_core::kernels::lines::weighted_sum;

use super::{Border, planes::Planes};
use crate::error::Result;

/// A line of pixels and what it is multiplied with.
type Line<'a> = (f32, &'a [f32]);

/// The filter whose matrix is `down · alongᵀ`: first the columns, then the row that comes of it.
pub(super) fn separable(
    planes: &Planes,
    down: &[f32],
    along: &[f32],
    border: Border,
) -> Result<Tensor> {
    let (width, reach, radius) = (planes.width, (down.len() / 2) as isize, along.len() / 2);
    let pixels = planes.pixels()?;
    planes.rows(|first, part| {
        let mut middle = vec![0.0_f32; width];
        let mut widened = vec![0.0_f32; width + 2 * radius];
        let mut column: Vec<Line<'_>> = Vec::with_capacity(down.len());
        for (at, out) in part.chunks_exact_mut(width).enumerate() {
            column.clear();
            column.extend(down.iter().enumerate().filter_map(|(place, &weight)| {
                let row = planes.neighbour(first + at, place as isize - reach, border)?;
                let line = &pixels[row * width..(row + 1) * width];
                (weight != 0.0).then_some((weight, line))
            }));
            weighted_sum(&column, &mut middle);
            border.extend(&middle, radius, &mut widened);
            let row: Vec<Line<'_>> = along
                .iter()
                .enumerate()
                .filter(|(_, weight)| **weight != 0.0)
                .map(|(place, &weight)| (weight, &widened[place..]))
                .collect();
            weighted_sum(&row, out);
        }
    })
}

/// The filter with the matrix `weights` of `columns` columns.
pub(super) fn full(
    planes: &Planes,
    weights: &[f32],
    columns: usize,
    border: Border,
) -> Result<Tensor> {
    let reach = (weights.len() / columns / 2) as isize;
    let widened = planes.widened(columns / 2, border)?;
    let lines = widened.lines()?;
    planes.rows(|first, part| {
        let mut under: Vec<Line<'_>> = Vec::with_capacity(weights.len());
        for (at, out) in part.chunks_exact_mut(planes.width).enumerate() {
            under.clear();
            for (place, row) in weights.chunks_exact(columns).enumerate() {
                let Some(line) = lines.at(first + at, place as isize - reach) else {
                    continue;
                };
                let row = row.iter().enumerate().filter(|(_, weight)| **weight != 0.0);
                under.extend(row.map(|(column, &weight)| (weight, &line[column..])));
            }
            weighted_sum(&under, out);
        }
    })
}
