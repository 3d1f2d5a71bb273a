//! Walking several strided operands of one shape.

use smallvec::SmallVec;

/// One dimension: its size and each operand's stride, in elements.
pub(crate) type Dim<const N: usize> = (usize, [usize; N]);

/// A shape with the strides of `N` operands, in the fewest dimensions that describe it.
pub(crate) struct Layout<const N: usize> {
    /// All but the innermost dimension, outermost first.
    pub(crate) outer: SmallVec<[Dim<N>; 6]>,
    /// The innermost dimension.
    pub(crate) inner: Dim<N>,
    /// Elements in the whole shape.
    pub(crate) len: usize,
}

/// Drops dimensions of size 1 and joins neighbours that every operand walks as one.
///
/// # Panics
/// If the numbers of dimensions differ.
pub(crate) fn collapse<const N: usize>(shape: &[usize], strides: [&[usize]; N]) -> Layout<N> {
    for s in strides {
        assert_eq!(s.len(), shape.len());
    }
    let mut dims: SmallVec<[Dim<N>; 6]> = SmallVec::new();
    let mut len = 1;
    for (axis, &size) in shape.iter().enumerate() {
        len *= size;
        if size == 1 {
            continue;
        }
        let stride: [usize; N] = std::array::from_fn(|k| strides[k][axis]);
        match dims.last_mut() {
            Some((outer_size, outer)) if (0..N).all(|k| outer[k] == stride[k] * size) => {
                *outer_size *= size;
                *outer = stride;
            }
            _ => dims.push((size, stride)),
        }
    }
    let inner = dims.pop().unwrap_or((1, [1; N]));
    Layout {
        outer: dims,
        inner,
        len,
    }
}

impl<const N: usize> Layout<N> {
    /// Number of innermost rows.
    pub(crate) fn rows(&self) -> usize {
        self.outer.iter().map(|d| d.0).product()
    }

    /// One more than the largest index the operand `k` is read at; 0 for an empty shape.
    pub(crate) fn extent(&self, k: usize) -> usize {
        if self.len == 0 {
            return 0;
        }
        1 + self
            .outer
            .iter()
            .chain([&self.inner])
            .map(|(size, stride)| (size - 1) * stride[k])
            .sum::<usize>()
    }

    /// The rows from `first` on.
    pub(crate) fn walk(&self, first: usize) -> Walk<'_, N> {
        let mut index: SmallVec<[usize; 6]> = SmallVec::from_elem(0, self.outer.len());
        let mut offset = [0; N];
        let mut rest = first;
        for (i, (size, stride)) in index.iter_mut().zip(&self.outer).rev() {
            *i = rest % size;
            rest /= size;
            for k in 0..N {
                offset[k] += *i * stride[k];
            }
        }
        Walk {
            outer: &self.outer,
            index,
            offset,
        }
    }
}

/// Position of a walk over the rows of a [`Layout`].
pub(crate) struct Walk<'a, const N: usize> {
    outer: &'a [Dim<N>],
    index: SmallVec<[usize; 6]>,
    /// Where each operand's current row starts.
    pub(crate) offset: [usize; N],
}

impl<const N: usize> Walk<'_, N> {
    /// Goes to the next row; after the last one, back to the first.
    #[inline(always)]
    pub(crate) fn advance(&mut self) {
        for (i, (size, stride)) in self.index.iter_mut().zip(self.outer).rev() {
            *i += 1;
            if *i < *size {
                for k in 0..N {
                    self.offset[k] += stride[k];
                }
                return;
            }
            for k in 0..N {
                self.offset[k] -= (*size - 1) * stride[k];
            }
            *i = 0;
        }
    }
}
