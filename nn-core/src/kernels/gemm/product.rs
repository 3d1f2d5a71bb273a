//! A product by pointers, and which of the ways to compute it is taken.

use super::view::{Epilogue, MatMut, MatRef, ShapeMismatch};
use crate::kernels::activation::Activation;
use crate::kernels::cpu::Isa;

/// How a product is computed. Depends on shapes and strides only, so that results do not depend on threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Path {
    /// Panels of rows, tiles in registers, operands packed where that pays.
    Panels,
    /// Dot products of rows of `A` and columns of `B`, both contiguous.
    Dots,
    /// One row times a row-major matrix.
    Row,
}

/// A product, its shapes checked.
pub struct Product<T> {
    pub(super) m: usize,
    pub(super) n: usize,
    pub(super) k: usize,
    pub(super) a: *const T,
    pub(super) a_row: usize,
    pub(super) a_col: usize,
    pub(super) b: *const T,
    pub(super) b_row: usize,
    pub(super) b_col: usize,
    pub(super) c: *mut T,
    pub(super) c_row: usize,
    pub(super) accumulate: bool,
    /// Null for none.
    pub(super) bias: *const T,
    /// The bias is one number, for all of `C`.
    pub(super) bias_is_one: bool,
    pub(super) activation: Activation,
    /// `A` and `B` have changed places.
    pub(super) swapped: bool,
    pub(super) path: Path,
}

// SAFETY: the pointers come from slices that outlive the product; tasks write disjoint parts of `C` only.
unsafe impl<T: Sync> Sync for Product<T> {}

impl<T> Product<T> {
    pub(super) fn new(
        a: &MatRef<'_, T>,
        b: &MatRef<'_, T>,
        c: MatMut<'_, T>,
        epilogue: &Epilogue<'_, T>,
        isa: Isa,
    ) -> Result<Product<T>, ShapeMismatch> {
        let bias = epilogue.bias.map(<[T]>::len);
        let misfit = bias.is_some_and(|len| len != c.cols);
        if a.rows != c.rows || b.cols != c.cols || a.cols != b.rows || misfit {
            let (a, b, c) = ((a.rows, a.cols), (b.rows, b.cols), (c.rows, c.cols));
            return Err(ShapeMismatch { a, b, c, bias });
        }
        let mut product = Product {
            m: c.rows,
            n: c.cols,
            k: a.cols,
            a: a.data.as_ptr(),
            a_row: a.row_stride,
            a_col: a.col_stride,
            b: b.data.as_ptr(),
            b_row: b.row_stride,
            b_col: b.col_stride,
            c: c.data.as_mut_ptr(),
            c_row: c.row_stride,
            accumulate: epilogue.accumulate,
            bias: epilogue.bias.map_or(std::ptr::null(), <[T]>::as_ptr),
            bias_is_one: false,
            activation: epilogue.activation,
            swapped: false,
            path: Path::Panels,
        };
        product.choose(isa);
        Ok(product)
    }

    fn choose(&mut self, isa: Isa) {
        if self.k == 0 {
            // Panels write the zeros of an empty sum.
            return;
        }
        if self.n == 1 && self.m > 1 && self.c_row == 1 {
            // A contiguous column is the row of the transposed product.
            self.swap();
            self.path = self.row_path();
            if self.path == Path::Panels {
                self.swap();
            }
        } else if self.m == 1 {
            self.path = self.row_path();
        } else if self.a_col == 1 && self.b_row == 1 && self.dots_pay(isa) {
            self.path = Path::Dots;
        }
    }

    fn row_path(&self) -> Path {
        if self.a_col == 1 && self.b_row == 1 {
            Path::Dots
        } else if self.b_col == 1 {
            Path::Row
        } else {
            Path::Panels
        }
    }

    /// Whether dot products cost less than panels: what comes on top of the multiply-adds, in cycles as measured
    /// with 16 lanes.
    fn dots_pay(&self, isa: Isa) -> bool {
        let lanes = match isa {
            Isa::Avx512 => 64 / size_of::<T>(),
            Isa::Avx2Fma => 32 / size_of::<T>(),
            // Without wide registers, panels are faster always.
            Isa::Scalar => return false,
        };
        let (m, n, k) = (self.m as f64, self.n as f64, self.k as f64);
        let idle = |len: usize| (len.next_multiple_of(lanes) - len) as f64 / lanes as f64;
        // Adding up the lanes at the end, and idle lanes there.
        let dots = m * n * (1.0 + idle(self.k));
        // Packing a transposed `B`, and idle lanes at the right edge.
        let panels = 0.28 * k * n + m * k * idle(self.n);
        dots < panels
    }

    /// The transposed product, for a `C` of one contiguous column.
    fn swap(&mut self) {
        (self.m, self.n) = (self.n, self.m);
        (self.a, self.b) = (self.b, self.a);
        (self.a_row, self.b_col) = (self.b_col, self.a_row);
        (self.a_col, self.b_row) = (self.b_row, self.a_col);
        self.bias_is_one = !self.bias_is_one;
        self.swapped = !self.swapped;
    }
}
