//! Rows too short to fill vectors: sixteen rows at once, one in each lane.

use crate::kernels::float::Float;
use crate::kernels::math::map::WIDTH;
use crate::kernels::reduce::{Max, Sum, join_vectors};

/// Rows with at most this many columns are taken together.
pub(crate) const MAX_COLS: usize = 16;

/// Up to `WIDTH` rows of at most `MAX_COLS` columns, transposed: `[column][row]`. Missing rows are 0.
pub(crate) struct Tile<T> {
    columns: [[T; WIDTH]; MAX_COLS],
    cols: usize,
}

/// What the rows of a tile share between their elements.
pub(crate) struct RowSums<T> {
    /// The largest element of each row.
    pub(crate) largest: [T; WIDTH],
    /// Σ exp(x − largest) of each row.
    pub(crate) sum: [T; WIDTH],
}

impl<T: Float> Tile<T> {
    /// The rows of `x`, `cols` elements each.
    #[inline(always)]
    pub(crate) fn load(x: &[T], cols: usize) -> Self {
        let mut tile = Self {
            columns: [[T::ZERO; WIDTH]; MAX_COLS],
            cols,
        };
        for (r, row) in x.chunks_exact(cols).enumerate().take(WIDTH) {
            for (column, &x) in tile.columns.iter_mut().zip(row) {
                column[r] = x;
            }
        }
        tile
    }

    /// Writes the rows of `y`, each multiplied by its factor.
    #[inline(always)]
    pub(crate) fn store(&self, factors: &[T; WIDTH], y: &mut [T]) {
        for (r, row) in y.chunks_exact_mut(self.cols).enumerate().take(WIDTH) {
            let factor = factors[r];
            for (y, column) in row.iter_mut().zip(&self.columns) {
                *y = column[r] * factor;
            }
        }
    }

    #[inline(always)]
    fn columns(&mut self) -> &mut [[T; WIDTH]] {
        &mut self.columns[..self.cols.min(MAX_COLS)]
    }

    /// Replaces each x by exp(x − largest of its row).
    #[inline(always)]
    pub(crate) fn exp<const FMA: bool>(&mut self) -> RowSums<T> {
        let mut largest = [T::NEG_INFINITY; WIDTH];
        for column in self.columns() {
            largest = join_vectors::<T, Max>(largest, *column);
        }
        let mut sum = [T::ZERO; WIDTH];
        for column in self.columns() {
            let exp = exp_vector::<FMA, T>(*column, largest);
            *column = exp;
            sum = join_vectors::<T, Sum>(sum, exp);
        }
        RowSums { largest, sum }
    }
}

/// y = softmax of up to `WIDTH` rows of `x`.
#[inline(always)]
pub(super) fn softmax<const FMA: bool, T: Float>(x: &[T], cols: usize, y: &mut [T]) {
    let mut tile = Tile::load(x, cols);
    let RowSums { sum, .. } = tile.exp::<FMA>();
    let mut inverse = sum;
    for inverse in &mut inverse {
        *inverse = T::ONE / *inverse;
    }
    tile.store(&inverse, y);
}

/// y = log-softmax of up to `WIDTH` rows of `x`.
#[inline(always)]
pub(super) fn log_softmax<const FMA: bool, T: Float>(x: &[T], cols: usize, y: &mut [T]) {
    let RowSums { largest, sum } = Tile::load(x, cols).exp::<FMA>();
    let mut log = sum;
    for log in &mut log {
        *log = log.lane_ln::<FMA>();
    }
    let rows = x.chunks_exact(cols).zip(y.chunks_exact_mut(cols));
    for ((x, y), (&largest, &log)) in rows.zip(largest.iter().zip(&log)) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = (x - largest) - log;
        }
    }
}

#[inline(always)]
fn exp_vector<const FMA: bool, T: Float>(x: [T; WIDTH], shift: [T; WIDTH]) -> [T; WIDTH] {
    let mut y = x;
    for r in 0..WIDTH {
        y[r] = (x[r] - shift[r]).lane_exp::<FMA>();
    }
    y
}
