//! Mean and covariance of a stream, in one pass.
//!
//! The stream is taken up in sections of a few blocks. The blocks of a section are read and brought into form side by side;
//! then its scatter Σ (x − o)(x − o)ᵀ about an origin o is computed, cut into cells that are shared among the threads. A cell
//! adds up block after block, so that the number of threads changes no bit. From the scatter about the origins that about the
//! mean follows as in Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances",
//! 1979: data far from zero loses no digits, as the origin then is the mean of the section.

use std::ops::Range;

use nn_core::kernels::sparse::{Element, GROUP, Groups, STRIP, Strips, add_product};
use nn_core::kernels::threads::{for_each_chunk, map_long};
use nn_core::{DType, Tensor};

use super::super::columns::{Columns, Runs};
use super::super::stream::Stream;
use super::Precision;
use crate::error::{Error, Result};

/// Samples in a block, over which products are added up in the type that was asked for; the rest in f64.
const ROWS: usize = 512;
/// Blocks in a section.
const BLOCKS: usize = 8;
/// Most values in a section.
const VALUES: usize = 1 << 24;
/// Groups of columns along each side of a cell.
const CELL: usize = 6;
/// Rows and columns of a cell.
const SIDE: usize = CELL * GROUP;
/// Sections after whose means are folded into the whole.
const FOLD: usize = 64;

/// Number, mean and scatter Σ (x − mean)(x − mean)ᵀ of the samples so far.
struct Moments {
    width: usize,
    count: f64,
    mean: Vec<f64>,
    /// Row-major `[width, width]`, on and above the diagonal.
    scatter: Vec<f64>,
    /// The sections whose scatter is not yet about the common mean.
    sections: Vec<Section>,
    /// Room for the scatter of a section, kept from one to the next.
    cells: Cells,
}

struct Section {
    count: f64,
    mean: Vec<f64>,
    /// The mean less the origin of the scatter.
    shift: Vec<f64>,
}

/// The result: covariance of the columns that vary.
pub(super) struct Covariance {
    pub(super) mean: Vec<f64>,
    /// The columns that vary.
    pub(super) columns: Runs,
    /// Σ (x − mean)(x − mean)ᵀ / (n − 1) of these columns, row-major and symmetric.
    pub(super) matrix: Vec<f64>,
}

impl Covariance {
    /// Of a whole stream.
    pub(super) fn of(stream: &Stream<'_>, precision: Precision) -> Result<Covariance> {
        let mut moments = Moments::new(stream.width())?;
        let rows = stream.block_rows(ROWS);
        let blocks = (VALUES / (rows * stream.width())).clamp(1, BLOCKS);
        for first in (0..stream.len()).step_by(rows * blocks) {
            let samples = first..stream.len().min(first + rows * blocks);
            match precision {
                Precision::Single => moments.add::<f32>(stream, samples, rows)?,
                Precision::Double => moments.add::<f64>(stream, samples, rows)?,
            }
        }
        moments.covariance()
    }
}

impl Moments {
    fn new(width: usize) -> Result<Self> {
        let mut scatter = Vec::new();
        scatter.try_reserve_exact(width * width).map_err(|_| {
            Error::argument(
                "pca",
                format!("the covariance of {width} columns does not fit into memory"),
            )
        })?;
        scatter.resize(width * width, 0.0);
        Ok(Moments {
            width,
            count: 0.0,
            mean: vec![0.0; width],
            scatter,
            sections: Vec::new(),
            cells: Cells::default(),
        })
    }

    /// Adds a section of blocks of `rows` samples, with products in `T`.
    fn add<T: Element>(
        &mut self,
        stream: &Stream<'_>,
        samples: Range<usize>,
        rows: usize,
    ) -> Result<()> {
        let width = self.width;
        let read = map_long(samples.len().div_ceil(rows), |block| -> Result<_> {
            let first = samples.start + block * rows;
            let block = stream.rows(first, rows.min(samples.end - first))?;
            let columns = Columns::of(&block, width)?;
            Ok((block, columns))
        });
        let mut blocks: Vec<Tensor> = Vec::with_capacity(read.len());
        let mut whole: Option<Columns> = None;
        for result in read {
            let (block, columns) = result?;
            if columns.mean.iter().any(|mean| !mean.is_finite()) {
                stream.finite(&block, samples.start + blocks.len() * rows)?;
                let problem = "its sums leave the range of numbers";
                return Err(Error::data(
                    stream.name(),
                    problem,
                    "scale the values first",
                ));
            }
            whole = Some(match whole {
                None => columns,
                Some(whole) => whole.joined(&columns),
            });
            blocks.push(block);
        }
        let Some(columns) = whole else {
            return Ok(());
        };
        let origins: Vec<f64> = (0..width).map(|c| columns.origin(c)).collect();
        let starts = groups_of((0..width).filter(|&c| columns.varies(c)));
        let parts = map_long(blocks.len(), |at| -> Result<Part<T>> {
            let block = &blocks[at];
            Ok(match block.dtype() {
                DType::F64 => Groups::with_strips(block.as_slice::<f64>()?, &origins, &starts),
                _ => Groups::with_strips(block.as_slice::<f32>()?, &origins, &starts),
            })
        });
        drop(blocks);
        let parts = parts.into_iter().collect::<Result<Vec<_>>>()?;
        self.add_scatter(&parts, &starts, 1.0);
        let shift = columns.mean.iter().zip(&origins);
        let shift = shift.map(|(mean, origin)| mean - origin).collect();
        self.sections.push(Section {
            count: columns.count,
            mean: columns.mean,
            shift,
        });
        if self.sections.len() >= FOLD {
            self.fold();
        }
        Ok(())
    }

    /// Adds `factor` times the scatter of the blocks, which consist of groups of columns from `starts` on.
    fn add_scatter<T: Element>(&mut self, parts: &[Part<T>], starts: &[usize], factor: f64) {
        let width = self.width;
        let columns = starts.iter().flat_map(|&at| at..width.min(at + GROUP));
        let columns: Vec<usize> = columns.collect();
        self.cells.fill(parts, columns.len());
        let cells = &self.cells;
        for_each_chunk(&mut self.scatter, width, |row, sums| {
            let Ok(at) = columns.binary_search(&row) else {
                return;
            };
            for (first, values) in cells.row(at) {
                for (&column, v) in columns[first..].iter().zip(values) {
                    if column >= row {
                        sums[column] += factor * v;
                    }
                }
            }
        });
    }

    /// Brings the sections into mean and scatter: Σₛ nₛ (mₛ − m)(mₛ − m)ᵀ is added, and Σₛ nₛ (mₛ − oₛ)(mₛ − oₛ)ᵀ taken away.
    fn fold(&mut self) {
        let mut sections = std::mem::take(&mut self.sections);
        if self.count > 0.0 {
            sections.push(Section {
                count: self.count,
                mean: std::mem::take(&mut self.mean),
                shift: vec![0.0; self.width],
            });
        }
        (self.count, self.mean) = joint_mean(&sections, self.width);
        let starts = groups_of(0..self.width);
        let zeros = vec![0.0; self.width];
        for factor in [1.0, -1.0] {
            let rows: Vec<f64> = sections
                .iter()
                .flat_map(|section| {
                    let root = section.count.sqrt();
                    let (from, to) = match factor < 0.0 {
                        true => (&zeros, &section.shift),
                        false => (&self.mean, &section.mean),
                    };
                    to.iter()
                        .zip(from)
                        .map(move |(to, from)| (to - from) * root)
                })
                .collect();
            let parts = [Groups::<f64>::with_strips(&rows, &zeros, &starts)];
            self.add_scatter(&parts, &starts, factor);
        }
    }

    fn covariance(mut self) -> Result<Covariance> {
        self.fold();
        let divisor = (self.count - 1.0).max(1.0);
        let columns =
            Runs::of((0..self.width).filter(|&c| self.scatter[c * (self.width + 1)] > 0.0));
        let places: Vec<usize> = columns.columns().collect();
        let n = places.len();
        let mut matrix = vec![0.0; n * n];
        for (i, &row) in places.iter().enumerate() {
            for (j, &column) in places.iter().enumerate().skip(i) {
                let value = self.scatter[row * self.width + column] / divisor;
                matrix[i * n + j] = value;
                matrix[j * n + i] = value;
            }
        }
        Ok(Covariance {
            mean: self.mean,
            columns,
            matrix,
        })
    }
}

/// Where groups start that hold these columns, given in ascending order; columns between them come along.
fn groups_of(columns: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut starts: Vec<usize> = Vec::new();
    for column in columns {
        if starts.last().is_none_or(|last| column >= last + GROUP) {
            starts.push(column);
        }
    }
    starts
}

/// A block as both operands of the product with itself.
type Part<T> = (Strips<T>, Groups<T>);

/// Σ x·xᵀ of a few blocks, in cells on and above the diagonal.
#[derive(Default)]
struct Cells {
    /// Cells along a side.
    across: usize,
    values: Vec<f64>,
}

impl Cells {
    fn fill<T: Element>(&mut self, parts: &[Part<T>], columns: usize) {
        let across = columns.div_ceil(SIDE);
        self.across = across;
        let len = across * (across + 1) / 2 * SIDE * SIDE;
        self.values.resize(len.max(self.values.len()), 0.0);
        let places: Vec<(usize, usize)> = (0..across)
            .flat_map(|down| (down..across).map(move |across| (down, across)))
            .collect();
        for_each_chunk(&mut self.values[..len], SIDE * SIDE, |cell, sums| {
            let (down, across) = places[cell];
            sums.fill(0.0);
            for (strips, groups) in parts {
                let part = |cell: usize, limit: usize| {
                    cell * CELL..((cell + 1) * CELL).min(limit.div_ceil(GROUP))
                };
                let (rows, right) = (part(down, columns), part(across, columns));
                let strips_of = |groups: Range<usize>| {
                    let each = GROUP / STRIP;
                    groups.start * each..(groups.end * each).min(strips.count())
                };
                if down == across {
                    // Left of the diagonal lies what is known by symmetry.
                    for group in rows.clone() {
                        let at = group - rows.start;
                        add_product(
                            (strips, strips_of(group..group + 1)),
                            (groups, group..right.end),
                            &mut sums[at * GROUP * SIDE + at * GROUP..],
                            SIDE,
                        );
                    }
                } else {
                    add_product((strips, strips_of(rows)), (groups, right), sums, SIDE);
                }
            }
        });
    }

    /// A row from the diagonal on: columns from the first one on, and the values there.
    fn row(&self, row: usize) -> impl Iterator<Item = (usize, &[f64])> {
        let down = row / SIDE;
        // The cells of the rows before: across + (across − 1) + …
        let before = down * (2 * self.across + 1 - down) / 2;
        (down..self.across).map(move |across| {
            let start = ((before + across - down) * SIDE + row % SIDE) * SIDE;
            (across * SIDE, &self.values[start..start + SIDE])
        })
    }
}

fn joint_mean(sections: &[Section], width: usize) -> (f64, Vec<f64>) {
    let count: f64 = sections.iter().map(|section| section.count).sum();
    let mut mean = vec![0.0; width];
    // About the first one, so that equal means stay exactly what they are.
    if let Some(first) = sections.first() {
        for section in sections {
            let means = section.mean.iter().zip(&first.mean);
            for (mean, (v, first)) in mean.iter_mut().zip(means) {
                *mean += (v - first) * (section.count / count);
            }
        }
        mean.iter_mut()
            .zip(&first.mean)
            .for_each(|(mean, first)| *mean += first);
    }
    (count, mean)
}
