//! Shapes: the sizes of a tensor's axes, and the rules that combine them.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::{Error, Result};

/// Sizes or strides of the axes; four axes need no heap.
pub(crate) type Dims = SmallVec<[usize; 4]>;

/// The product of some sizes, saturating. A zero makes it zero, however large the others are.
pub(crate) fn count(sizes: &[usize]) -> usize {
    if sizes.contains(&0) {
        return 0;
    }
    sizes.iter().fold(1, |n, &d| n.saturating_mul(d))
}

/// The sizes of a tensor's axes, outermost first. The empty shape `[]` is that of a scalar.
///
/// ```
/// use nn_core::Shape;
/// let shape = Shape::from([2, 3]);
/// assert_eq!(shape.numel(), 6);
/// assert_eq!(shape.to_string(), "[2, 3]");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shape(Dims);

impl Shape {
    /// The sizes as a slice.
    pub fn dims(&self) -> &[usize] {
        &self.0
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// The number of elements: the product of the sizes, saturating.
    pub fn numel(&self) -> usize {
        count(&self.0)
    }

    /// Resolves an axis that may count from the end: `-1` is the last.
    ///
    /// # Errors
    /// [`Error::Index`] if there is no such axis.
    pub fn axis(&self, op: &'static str, axis: isize) -> Result<usize> {
        let rank = self.rank() as isize;
        let resolved = if axis < 0 { axis + rank } else { axis };
        if (0..rank).contains(&resolved) {
            Ok(resolved as usize)
        } else {
            Err(Error::index(
                op,
                format!("axis {axis} does not exist in {self}, which has {rank} axes"),
            ))
        }
    }

    /// The shape two operands are broadcast to: axes are aligned at the end, and a size of 1 stretches.
    ///
    /// # Errors
    /// [`Error::Shape`] if two aligned sizes differ and neither is 1.
    pub fn broadcast(op: &'static str, a: &Shape, b: &Shape) -> Result<Shape> {
        if a == b {
            return Ok(a.clone());
        }
        let rank = a.rank().max(b.rank());
        let mut dims = Dims::from_elem(1, rank);
        for i in 0..rank {
            let size = |s: &Shape| (i + s.rank()).checked_sub(rank).map_or(1, |j| s.0[j]);
            dims[i] = match (size(a), size(b)) {
                (x, y) if x == y => x,
                (1, y) => y,
                (x, 1) => x,
                (x, y) => {
                    return Err(Error::shape(
                        op,
                        format!(
                            "{a} and {b} cannot be broadcast together: sizes {x} and {y} differ and neither is 1"
                        ),
                    ));
                }
            };
        }
        Ok(Shape(dims))
    }

    /// The strides, in elements, of a row-major tensor of this shape.
    pub(crate) fn contiguous_strides(&self) -> Dims {
        let mut strides = Dims::from_elem(1, self.rank());
        for i in (1..self.rank()).rev() {
            strides[i - 1] = strides[i].saturating_mul(self.0[i].max(1));
        }
        strides
    }

    /// The sizes before, at and after `axis`, multiplied: `(outer, n, inner)`.
    pub(crate) fn around(&self, axis: usize) -> (usize, usize, usize) {
        (
            count(&self.0[..axis]),
            self.0[axis],
            count(&self.0[axis + 1..]),
        )
    }

    pub(crate) fn dims_mut(&mut self) -> &mut Dims {
        &mut self.0
    }
}

impl Deref for Shape {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.0
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.dims(), f)
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.dims(), f)
    }
}

impl From<()> for Shape {
    fn from((): ()) -> Self {
        Shape::default()
    }
}

impl From<usize> for Shape {
    fn from(size: usize) -> Self {
        Shape(Dims::from_slice(&[size]))
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(dims: [usize; N]) -> Self {
        Shape(Dims::from_slice(&dims))
    }
}

impl From<&[usize]> for Shape {
    fn from(dims: &[usize]) -> Self {
        Shape(Dims::from_slice(dims))
    }
}

impl From<Vec<usize>> for Shape {
    fn from(dims: Vec<usize>) -> Self {
        Shape(Dims::from_vec(dims))
    }
}

impl From<Dims> for Shape {
    fn from(dims: Dims) -> Self {
        Shape(dims)
    }
}

impl From<&Shape> for Shape {
    fn from(shape: &Shape) -> Self {
        shape.clone()
    }
}

impl FromIterator<usize> for Shape {
    fn from_iter<I: IntoIterator<Item = usize>>(iter: I) -> Self {
        Shape(iter.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_aligns_at_the_end() {
        let rule = |a: &[usize], b: &[usize]| {
            Shape::broadcast("add", &a.into(), &b.into()).map(|s| s.to_vec())
        };
        assert_eq!(rule(&[2, 3], &[3]).unwrap(), [2, 3]);
        assert_eq!(rule(&[2, 1, 4], &[5, 1]).unwrap(), [2, 5, 4]);
        assert_eq!(rule(&[], &[7]).unwrap(), [7]);
        assert_eq!(rule(&[0], &[1]).unwrap(), [0]);
        assert!(rule(&[2], &[3]).is_err());
        assert!(rule(&[0], &[3]).is_err());
    }

    #[test]
    fn the_count_saturates_and_zero_wins() {
        assert_eq!(Shape::from([usize::MAX, 2]).numel(), usize::MAX);
        assert_eq!(Shape::from([usize::MAX, usize::MAX, 0]).numel(), 0);
        assert_eq!(Shape::from(()).numel(), 1);
    }

    #[test]
    fn axes_count_from_both_ends() {
        let shape = Shape::from([2, 3]);
        assert_eq!(shape.axis("sum", -1).unwrap(), 1);
        assert!(shape.axis("sum", 2).is_err());
        assert!(shape.axis("sum", -3).is_err());
    }
}
