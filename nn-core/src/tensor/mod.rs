//! The tensor: a cheap handle on a strided view of shared, typed memory.

mod access;
mod create;
mod layout;
mod print;
mod view;

use std::sync::Arc;

use crate::autograd::Node;
use crate::dtype::{Element, for_any};
use crate::kernels::buffer::{Buffer, Plain};
use crate::kernels::copy;
use crate::shape::Dims;
use crate::{DType, Error, Result, Shape};

/// An n-dimensional array of numbers.
///
/// A tensor is a handle: cloning it, transposing it or slicing it copies no elements. The shape and the
/// element type are known at run time. Elements are shared until someone writes, so a tensor behaves like
/// a value (see [`Tensor::make_mut`]).
///
/// A tensor may stand on a [`Tape`](crate::Tape); operations on it are then recorded for differentiation.
///
/// ```
/// use nn_core::Tensor;
/// # fn main() -> nn_core::Result<()> {
/// let x = Tensor::from_vec(vec![1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0], [2, 3])?;
/// let column_means = x.mean(0)?;
/// assert_eq!(column_means.to_vec::<f32>()?, [2.5, 3.5, 4.5]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tensor {
    buffer: Arc<Buffer>,
    dtype: DType,
    shape: Shape,
    strides: Dims,
    /// Position of the first element, in elements.
    offset: usize,
    pub(crate) node: Option<Node>,
}

impl Tensor {
    /// The sizes of the axes.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The sizes of the axes as a slice.
    pub fn dims(&self) -> &[usize] {
        &self.shape
    }

    /// The number of axes: 0 for a scalar.
    pub fn rank(&self) -> usize {
        self.shape.rank()
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.shape.numel()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// The distance, in elements, between neighbours along each axis; 0 where the axis is broadcast.
    pub fn strides(&self) -> &[usize] {
        &self.strides
    }

    /// Whether the elements lie in row-major order without gaps.
    pub fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        for (&size, &stride) in self.shape.iter().zip(&self.strides).rev() {
            if size == 0 {
                return true;
            }
            if size != 1 && stride != expected {
                return false;
            }
            expected = expected.saturating_mul(size);
        }
        true
    }

    /// Whether operations on this tensor are being recorded.
    pub fn is_recorded(&self) -> bool {
        self.node.as_ref().is_some_and(Node::is_live)
    }

    /// The same elements, standing on no tape: a constant for differentiation.
    pub fn detach(&self) -> Tensor {
        Tensor {
            buffer: self.buffer.clone(),
            shape: self.shape.clone(),
            strides: self.strides.clone(),
            node: None,
            ..*self
        }
    }

    /// A view of the same memory with another layout, which must lie inside it; on no tape.
    pub(crate) fn with_layout(&self, shape: Shape, strides: Dims, offset: usize) -> Tensor {
        debug_assert_eq!(shape.rank(), strides.len());
        Tensor {
            buffer: self.buffer.clone(),
            dtype: self.dtype,
            shape,
            strides,
            offset,
            node: None,
        }
    }

    /// The elements from the first one on, in memory order; layout is the caller's business.
    pub(crate) fn raw<T: Element + Plain>(&self) -> &[T] {
        debug_assert_eq!(T::DTYPE, self.dtype);
        &self.buffer.as_slice::<T>()[self.offset..]
    }

    /// The elements of a contiguous tensor of the right type. For operations that have checked both.
    pub(crate) fn data<T: Element + Plain>(&self) -> &[T] {
        debug_assert!(self.is_contiguous());
        &self.raw()[..self.len()]
    }

    /// A new contiguous tensor whose elements `fill` writes, all of them: they start as whatever the memory held before,
    /// which saves the pass that [`Tensor::zeros`] makes.
    ///
    /// ```
    /// # fn main() -> nn_core::Result<()> {
    /// use nn_core::Tensor;
    /// let squares = Tensor::build::<f32>([2, 2], |out| {
    ///     out.iter_mut().enumerate().for_each(|(i, v)| *v = (i * i) as f32);
    /// })?;
    /// assert_eq!(squares.to_vec::<f32>()?, [0.0, 1.0, 4.0, 9.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If memory is exhausted.
    pub fn build<T: Element + Plain>(
        shape: impl Into<Shape>,
        fill: impl FnOnce(&mut [T]),
    ) -> Result<Tensor> {
        Self::try_build(shape.into(), |out| {
            fill(out);
            Ok(())
        })
    }

    /// As [`Tensor::build`], with a `fill` that can fail.
    pub(crate) fn try_build<T: Element + Plain>(
        shape: Shape,
        fill: impl FnOnce(&mut [T]) -> Result<()>,
    ) -> Result<Tensor> {
        let mut buffer = allocate(&shape, T::DTYPE, Buffer::new)?;
        fill(buffer.as_mut_slice())?;
        Ok(Self::over(buffer, T::DTYPE, shape))
    }

    fn over(buffer: Buffer, dtype: DType, shape: Shape) -> Tensor {
        Tensor {
            buffer: Arc::new(buffer),
            dtype,
            strides: shape.contiguous_strides(),
            shape,
            offset: 0,
            node: None,
        }
    }

    /// Elements in row-major order without gaps: this tensor if it is so, else a copy; on no tape.
    pub(crate) fn compact(&self) -> Result<Tensor> {
        if self.is_contiguous() {
            return Ok(self.detach());
        }
        for_any!(self.dtype, T => Tensor::build::<T>(self.shape.clone(), |out| {
            copy::copy_strided(&self.shape, self.raw::<T>(), &self.strides, out);
        }))
    }

    /// Whether nobody else holds this memory, so that writing needs no copy.
    pub(crate) fn is_unique(&self) -> bool {
        Arc::strong_count(&self.buffer) == 1
    }
}

/// Memory for a tensor, or an error that says how much was asked for.
fn allocate(
    shape: &Shape,
    dtype: DType,
    get: impl FnOnce(usize) -> Option<Buffer>,
) -> Result<Buffer> {
    let refusal = || Error::TooLarge {
        problem: format!(
            "a tensor of shape {shape} and type {dtype} needs {:.1} GB, more than there is memory",
            shape.iter().map(|&d| d as f64).product::<f64>() * dtype.size() as f64 / 1e9
        ),
    };
    let bytes = shape
        .numel()
        .checked_mul(dtype.size())
        .filter(|_| shape.numel() != usize::MAX)
        .ok_or_else(refusal)?;
    get(bytes).ok_or_else(refusal)
}
