//! Checked views of matrices, and what follows a product.

use crate::kernels::activation::Activation;

/// A matrix to read: any strides, also 0 (a repeated row or column) and transposed.
#[derive(Clone, Copy, Debug)]
pub struct MatRef<'a, T> {
    pub(super) data: &'a [T],
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) row_stride: usize,
    pub(super) col_stride: usize,
}

/// A matrix to write: the elements of a row are adjacent, rows may be padded.
#[derive(Debug)]
pub struct MatMut<'a, T> {
    pub(super) data: &'a mut [T],
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) row_stride: usize,
}

/// The length that a slice needs for dimensions with strides; `None` where it overflows.
pub(super) fn span(dims: &[(usize, usize)]) -> Option<usize> {
    if dims.iter().any(|(n, _)| *n == 0) {
        return Some(0);
    }
    dims.iter().try_fold(1usize, |end, (n, stride)| {
        end.checked_add((n - 1).checked_mul(*stride)?)
    })
}

impl<'a, T> MatRef<'a, T> {
    /// Element `(i, j)` is `data[i * row_stride + j * col_stride]`. `None` if the slice is too short for that.
    ///
    /// ```
    /// use nn_core::kernels::gemm::MatRef;
    /// let data = [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0];
    /// assert!(MatRef::new(&data, 2, 3, 3, 1).is_some());
    /// assert!(MatRef::new(&data, 3, 3, 3, 1).is_none());
    /// ```
    pub fn new(
        data: &'a [T],
        rows: usize,
        cols: usize,
        row_stride: usize,
        col_stride: usize,
    ) -> Option<Self> {
        let fits = span(&[(rows, row_stride), (cols, col_stride)])? <= data.len();
        fits.then_some(MatRef {
            data,
            rows,
            cols,
            row_stride,
            col_stride,
        })
    }

    /// A matrix whose rows follow each other without gaps.
    pub fn row_major(data: &'a [T], rows: usize, cols: usize) -> Option<Self> {
        MatRef::new(data, rows, cols, cols, 1)
    }

    /// The transposed view of the same elements.
    #[must_use]
    pub fn t(self) -> Self {
        MatRef {
            data: self.data,
            rows: self.cols,
            cols: self.rows,
            row_stride: self.col_stride,
            col_stride: self.row_stride,
        }
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Columns.
    pub fn cols(&self) -> usize {
        self.cols
    }
}

impl<'a, T> MatMut<'a, T> {
    /// Element `(i, j)` is `data[i * row_stride + j]`. `None` if rows would overlap or the slice is too short.
    pub fn new(data: &'a mut [T], rows: usize, cols: usize, row_stride: usize) -> Option<Self> {
        let fits = span(&[(rows, row_stride), (cols, 1)])? <= data.len();
        let apart = rows <= 1 || row_stride >= cols;
        (fits && apart).then_some(MatMut {
            data,
            rows,
            cols,
            row_stride,
        })
    }

    /// A matrix whose rows follow each other without gaps.
    pub fn row_major(data: &'a mut [T], rows: usize, cols: usize) -> Option<Self> {
        MatMut::new(data, rows, cols, cols)
    }
}

/// What happens to `C` besides the product, in the same pass: `C = activation(A·B + [C] + [bias])`.
#[derive(Clone, Copy, Debug)]
pub struct Epilogue<'a, T> {
    /// Add what was in `C` before.
    pub accumulate: bool,
    /// One number per column of `C`, added to each row.
    pub bias: Option<&'a [T]>,
    /// Applied last.
    pub activation: Activation,
}

impl<T> Default for Epilogue<'_, T> {
    /// Nothing: `C = A·B`.
    fn default() -> Self {
        Epilogue {
            accumulate: false,
            bias: None,
            activation: Activation::Identity,
        }
    }
}

impl<T> Epilogue<'_, T> {
    /// `C += A·B`
    pub fn accumulate() -> Self {
        Epilogue {
            accumulate: true,
            ..Epilogue::default()
        }
    }
}

/// The arithmetic of a product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Precision {
    /// Products and sums in the element type.
    #[default]
    F32,
}

/// Why a product was refused: the shapes of its operands do not fit each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapeMismatch {
    /// Rows and columns of `A`.
    pub a: (usize, usize),
    /// Rows and columns of `B`.
    pub b: (usize, usize),
    /// Rows and columns of `C`.
    pub c: (usize, usize),
    /// Elements of the bias.
    pub bias: Option<usize>,
}

impl std::fmt::Display for ShapeMismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ShapeMismatch { a, b, c, bias } = self;
        write!(
            f,
            "[{}, {}] x [{}, {}] does not give [{}, {}]",
            a.0, a.1, b.0, b.1, c.0, c.1
        )?;
        match bias {
            Some(n) => write!(f, " with a bias of {n}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ShapeMismatch {}
