//! The counts of a confusion matrix: all of them for few classes, those that are not 0 for many.

use std::collections::BTreeMap;

/// Up to so many classes every cell has its place: 32 MiB.
pub(super) const DENSE_CLASSES: usize = 2048;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cells {
    /// Row by row, classes × classes.
    Dense { classes: usize, counts: Vec<u64> },
    /// By (truth, predicted); grows with the kinds of mistakes, not with the square of the classes.
    Sparse(BTreeMap<(u32, u32), u64>),
}

impl Cells {
    pub(super) fn new(classes: usize) -> Self {
        match classes <= DENSE_CLASSES {
            true => Cells::Dense {
                classes,
                counts: vec![0; classes * classes],
            },
            false => Cells::Sparse(BTreeMap::new()),
        }
    }

    /// Both are classes of the matrix.
    pub(super) fn add(&mut self, truth: usize, predicted: usize, count: u64) {
        match self {
            Cells::Dense { classes, counts } => counts[truth * *classes + predicted] += count,
            Cells::Sparse(cells) => {
                *cells.entry((truth as u32, predicted as u32)).or_default() += count;
            }
        }
    }

    /// Both are classes of the matrix.
    pub(super) fn get(&self, truth: usize, predicted: usize) -> u64 {
        match self {
            Cells::Dense { classes, counts } => counts[truth * classes + predicted],
            Cells::Sparse(cells) => cells
                .get(&(truth as u32, predicted as u32))
                .copied()
                .unwrap_or(0),
        }
    }

    /// Every cell that is not 0, row by row.
    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = (usize, usize, u64)> + '_> {
        match self {
            Cells::Dense { classes, counts } => Box::new(
                (counts.iter().enumerate())
                    .filter(|(_, count)| **count > 0)
                    .map(move |(at, &count)| (at / classes, at % classes, count)),
            ),
            Cells::Sparse(cells) => Box::new(
                cells
                    .iter()
                    .map(|(&(t, p), &count)| (t as usize, p as usize, count)),
            ),
        }
    }

    /// All cells row by row, or nothing where only those that are not 0 are kept.
    pub(super) fn dense(&self) -> &[u64] {
        match self {
            Cells::Dense { counts, .. } => counts,
            Cells::Sparse(_) => &[],
        }
    }
}
