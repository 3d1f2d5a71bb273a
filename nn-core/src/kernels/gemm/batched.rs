//! Many products of one shape.

use super::product::Product;
use super::view::{Epilogue, MatMut, MatRef, ShapeMismatch, span};
use super::{GemmElement, sealed};
use crate::kernels::cpu::{self, Isa};

/// Where the items of a batch lie: up to any number of batch dimensions, each with the distance (in elements) from
/// one item to the next in `A`, `B` and `C`. A distance of 0 in `A` or `B` uses the same matrix again.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The sizes of the batch dimensions, outermost first; none for a single product.
    pub dims: &'a [usize],
    /// Strides of `A`, one per dimension.
    pub a: &'a [usize],
    /// Strides of `B`, one per dimension.
    pub b: &'a [usize],
    /// Strides of `C`, one per dimension; items must not overlap.
    pub c: &'a [usize],
}

/// Why a batch of products was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchError {
    /// The shapes of one product do not fit.
    Shape(ShapeMismatch),
    /// There is not one stride per batch dimension.
    Strides,
    /// Items of this operand (`'a'`, `'b'` or `'c'`) lie beyond the end of its slice.
    OutOfBounds(char),
    /// Items of `C` overlap.
    Overlap,
}

impl std::fmt::Display for BatchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BatchError::Shape(mismatch) => mismatch.fmt(f),
            BatchError::Strides => {
                f.write_str("a batch needs one stride per dimension for each operand")
            }
            BatchError::OutOfBounds(operand) => {
                write!(f, "items of `{operand}` lie beyond the end of its slice")
            }
            BatchError::Overlap => f.write_str("items of the result overlap"),
        }
    }
}

impl std::error::Error for BatchError {}

impl From<ShapeMismatch> for BatchError {
    fn from(mismatch: ShapeMismatch) -> Self {
        BatchError::Shape(mismatch)
    }
}

/// [`gemm`](super::gemm) for every item of a batch. `a`, `b` and `c` describe the first item, over slices that reach
/// to the last. The bias is shared.
///
/// # Errors
/// [`BatchError`] if shapes, strides or bounds do not fit; `C` is then untouched.
///
/// ```
/// use nn_core::kernels::gemm::{gemm_batched, Batch, Epilogue, MatMut, MatRef};
/// // Two products [1, 2] x [2, 1] with the same right-hand side.
/// let (a, b, mut c) = ([1.0f32, 2.0, 3.0, 4.0], [10.0f32, 1.0], [0.0f32; 2]);
/// gemm_batched(
///     &Batch { dims: &[2], a: &[2], b: &[0], c: &[1] },
///     MatRef::row_major(&a, 1, 2).unwrap(),
///     MatRef::row_major(&b, 2, 1).unwrap(),
///     MatMut::row_major(&mut c, 1, 1).unwrap(),
///     &Epilogue::default(),
/// )
/// .unwrap();
/// assert_eq!(c, [12.0, 34.0]);
/// ```
pub fn gemm_batched<T: GemmElement>(
    batch: &Batch<'_>,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: MatMut<'_, T>,
    epilogue: &Epilogue<'_, T>,
) -> Result<(), BatchError> {
    gemm_batched_with_isa(cpu::isa(), batch, a, b, c, epilogue)
}

/// [`gemm_batched`] with the kernels of an instruction set, which the processor has.
pub(super) fn gemm_batched_with_isa<T: GemmElement>(
    isa: Isa,
    batch: &Batch<'_>,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: MatMut<'_, T>,
    epilogue: &Epilogue<'_, T>,
) -> Result<(), BatchError> {
    let rank = batch.dims.len();
    if batch.a.len() != rank || batch.b.len() != rank || batch.c.len() != rank {
        return Err(BatchError::Strides);
    }
    let reach = |strides: &[usize], dims: [(usize, usize); 2]| {
        let all: Vec<(usize, usize)> = batch
            .dims
            .iter()
            .copied()
            .zip(strides.iter().copied())
            .chain(dims)
            .collect();
        span(&all)
    };
    let fits = |strides, dims, len: usize| reach(strides, dims).is_some_and(|end| end <= len);
    if !fits(
        batch.a,
        [(a.rows, a.row_stride), (a.cols, a.col_stride)],
        a.data.len(),
    ) {
        return Err(BatchError::OutOfBounds('a'));
    }
    if !fits(
        batch.b,
        [(b.rows, b.row_stride), (b.cols, b.col_stride)],
        b.data.len(),
    ) {
        return Err(BatchError::OutOfBounds('b'));
    }
    if !fits(batch.c, [(c.rows, c.row_stride), (c.cols, 1)], c.data.len()) {
        return Err(BatchError::OutOfBounds('c'));
    }
    if overlaps(batch.dims, batch.c, &c) {
        return Err(BatchError::Overlap);
    }
    let empty = c.rows == 0 || c.cols == 0 || batch.dims.contains(&0);
    let first = Product::new(&a, &b, c, epilogue, isa)?;
    if empty {
        return Ok(());
    }
    let count = batch.dims.iter().product();
    let offsets = |item: usize| {
        let (mut rest, mut at) = (item, [0; 3]);
        for d in (0..rank).rev() {
            let i = rest % batch.dims[d];
            rest /= batch.dims[d];
            at[0] += i * batch.a[d];
            at[1] += i * batch.b[d];
            at[2] += i * batch.c[d];
        }
        at
    };
    T::run(
        &sealed::Products {
            first,
            count,
            offsets: &offsets,
        },
        isa,
    );
    Ok(())
}

/// Whether two elements of the result may lie at the same place: false only if, in order of stride, each dimension
/// steps beyond all that the smaller ones reach.
fn overlaps<T>(dims: &[usize], strides: &[usize], c: &MatMut<'_, T>) -> bool {
    let mut all: Vec<(usize, usize)> = strides.iter().copied().zip(dims.iter().copied()).collect();
    all.extend([(c.row_stride, c.rows), (1, c.cols)]);
    if all.iter().any(|(_, n)| *n == 0) {
        return false;
    }
    all.retain(|(_, n)| *n > 1);
    all.sort_unstable();
    let mut reach = 0;
    for (stride, n) in all {
        if stride <= reach {
            return true;
        }
        reach += (n - 1) * stride;
    }
    false
}
