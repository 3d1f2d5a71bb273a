//! Views: other layouts of the same memory. All of them can be differentiated.

use std::ops::{Bound, RangeBounds};

use super::Tensor;
use crate::autograd::{Recorder, grads};
use crate::shape::{Dims, count};
use crate::{Error, Result, Shape};

impl Tensor {
    /// The same elements in row-major order under another shape of as many elements. Copies only if the
    /// memory order does not allow a view.
    ///
    /// # Errors
    /// [`Error::Shape`] if the numbers of elements differ.
    pub fn reshape(&self, shape: impl Into<Shape>) -> Result<Tensor> {
        let shape = shape.into();
        if shape.numel() != self.len() {
            return Err(Error::shape(
                "reshape",
                format!(
                    "{} has {} elements and cannot become {shape}, which has {}",
                    self.shape,
                    self.len(),
                    shape.numel()
                ),
            ));
        }
        let base = self.compact()?;
        let strides = shape.contiguous_strides();
        let out = base.with_layout(shape, strides, base.offset);
        let from = self.shape.clone();
        Recorder::of(&[self]).record("reshape", out, move || {
            Box::new(move |grad, _| Ok(grads![grad.reshape(from)?]))
        })
    }

    /// Merges the axes from `start` to `end` (both included, may count from the end) into one.
    ///
    /// # Errors
    /// [`Error::Index`] if an axis does not exist; [`Error::Value`] if `end` comes before `start`.
    pub fn flatten(&self, start: isize, end: isize) -> Result<Tensor> {
        let (start, end) = (
            self.shape.axis("flatten", start)?,
            self.shape.axis("flatten", end)?,
        );
        if end < start {
            return Err(Error::value(
                "flatten",
                format!("the last axis, {end}, comes before the first, {start}"),
            ));
        }
        let dims = self.dims();
        let merged = count(&dims[start..=end]);
        let shape: Shape = dims[..start]
            .iter()
            .copied()
            .chain([merged])
            .chain(dims[end + 1..].iter().copied())
            .collect();
        self.reshape(shape)
    }

    /// Puts axis `axes[i]` at place `i`.
    ///
    /// # Errors
    /// [`Error::Value`] if `axes` is not a permutation of the axes.
    pub fn permute(&self, axes: &[usize]) -> Result<Tensor> {
        let mut inverse = Dims::from_elem(usize::MAX, self.rank());
        for (place, &axis) in axes.iter().enumerate() {
            if axis < self.rank() && inverse[axis] == usize::MAX {
                inverse[axis] = place;
            }
        }
        if axes.len() != self.rank() || inverse.contains(&usize::MAX) {
            return Err(Error::value(
                "permute",
                format!(
                    "{axes:?} is not a permutation of the {} axes of {}",
                    self.rank(),
                    self.shape
                ),
            ));
        }
        let shape = axes.iter().map(|&a| self.shape[a]).collect();
        let strides = axes.iter().map(|&a| self.strides[a]).collect();
        let out = self.with_layout(shape, strides, self.offset);
        Recorder::of(&[self]).record("permute", out, move || {
            Box::new(move |grad, _| Ok(grads![grad.permute(&inverse)?]))
        })
    }

    /// Swaps two axes, which may count from the end.
    ///
    /// # Errors
    /// [`Error::Index`] if an axis does not exist.
    pub fn transpose(&self, a: isize, b: isize) -> Result<Tensor> {
        let (a, b) = (
            self.shape.axis("transpose", a)?,
            self.shape.axis("transpose", b)?,
        );
        let mut axes: Dims = (0..self.rank()).collect();
        axes.swap(a, b);
        self.permute(&axes)
    }

    /// The transpose of a matrix, or of each matrix in a batch: swaps the last two axes.
    ///
    /// # Errors
    /// [`Error::Index`] if there are fewer than two axes.
    pub fn t(&self) -> Result<Tensor> {
        self.transpose(-2, -1)
    }

    /// The part of the tensor with the given range of indices along an axis.
    ///
    /// ```
    /// # use nn_core::{DType, Tensor};
    /// # fn main() -> nn_core::Result<()> {
    /// let x = Tensor::arange(0.0, 6.0, 1.0, DType::F32)?.reshape([2, 3])?;
    /// assert_eq!(x.slice(1, 1..)?.to_vec::<f32>()?, [1.0, 2.0, 4.0, 5.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Index`] if the axis does not exist or the range leaves it.
    pub fn slice(&self, axis: isize, range: impl RangeBounds<usize>) -> Result<Tensor> {
        self.slice_step(axis, range, 1)
    }

    /// Every `step`-th index of a range along an axis.
    ///
    /// # Errors
    /// [`Error::Index`] if the axis does not exist or the range leaves it; [`Error::Value`] if `step` is 0.
    pub fn slice_step(
        &self,
        axis: isize,
        range: impl RangeBounds<usize>,
        step: usize,
    ) -> Result<Tensor> {
        let axis = self.shape.axis("slice", axis)?;
        let size = self.shape[axis];
        let start = match range.start_bound() {
            Bound::Included(&i) => i,
            Bound::Excluded(&i) => i.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&i) => i.saturating_add(1),
            Bound::Excluded(&i) => i,
            Bound::Unbounded => size,
        };
        if start > end || end > size {
            return Err(Error::index(
                "slice",
                format!("range {start}..{end} leaves axis {axis} of {}", self.shape),
            ));
        }
        if step == 0 {
            return Err(Error::value("slice", "the step must be at least 1"));
        }
        let (mut shape, mut strides) = (self.shape.clone(), self.strides.clone());
        shape.dims_mut()[axis] = (end - start).div_ceil(step);
        strides[axis] = strides[axis].saturating_mul(step);
        // An empty slice at the far end must not point past the memory.
        let offset = match shape.numel() {
            0 => self.offset,
            _ => self.offset + start * self.strides[axis],
        };
        let out = self.with_layout(shape, strides, offset);
        let from = self.shape.clone();
        Recorder::of(&[self]).record("slice", out, move || {
            Box::new(move |grad, _| Ok(grads![grad.scatter_slice(from, axis, start, step)?]))
        })
    }

    /// `length` indices from `start` on along an axis.
    ///
    /// # Errors
    /// [`Error::Index`] if the axis does not exist or the range leaves it.
    pub fn narrow(&self, axis: isize, start: usize, length: usize) -> Result<Tensor> {
        self.slice(axis, start..start.saturating_add(length))
    }

    /// Removes an axis of size 1.
    ///
    /// # Errors
    /// [`Error::Index`] if the axis does not exist; [`Error::Shape`] if its size is not 1.
    pub fn squeeze(&self, axis: isize) -> Result<Tensor> {
        let axis = self.shape.axis("squeeze", axis)?;
        if self.shape[axis] != 1 {
            return Err(Error::shape(
                "squeeze",
                format!(
                    "axis {axis} of {} has size {}, not 1",
                    self.shape, self.shape[axis]
                ),
            ));
        }
        let (mut shape, mut strides) = (self.shape.clone(), self.strides.clone());
        shape.dims_mut().remove(axis);
        strides.remove(axis);
        let out = self.with_layout(shape, strides, self.offset);
        Recorder::of(&[self]).record("squeeze", out, move || {
            Box::new(move |grad, _| Ok(grads![grad.unsqueeze(axis as isize)?]))
        })
    }

    /// Inserts an axis of size 1 so that it becomes axis `axis`; -1 puts it last.
    ///
    /// # Errors
    /// [`Error::Index`] if `axis` is beyond the end.
    pub fn unsqueeze(&self, axis: isize) -> Result<Tensor> {
        let rank = self.rank() as isize;
        let at = if axis < 0 { axis + rank + 1 } else { axis };
        if !(0..=rank).contains(&at) {
            return Err(Error::index(
                "unsqueeze",
                format!("a new axis cannot become number {axis} of {}", self.shape),
            ));
        }
        let (mut shape, mut strides) = (self.shape.clone(), self.strides.clone());
        shape.dims_mut().insert(at as usize, 1);
        strides.insert(at as usize, 1);
        let out = self.with_layout(shape, strides, self.offset);
        Recorder::of(&[self]).record("unsqueeze", out, move || {
            Box::new(move |grad, _| Ok(grads![grad.squeeze(at)?]))
        })
    }

    /// Repeats axes of size 1, and new axes in front, until the tensor has the given shape; copies nothing.
    ///
    /// # Errors
    /// [`Error::Shape`] if a size is neither 1 nor the wanted one.
    pub fn broadcast_to(&self, shape: impl Into<Shape>) -> Result<Tensor> {
        let shape = shape.into();
        if Shape::broadcast("broadcast_to", &self.shape, &shape)? != shape {
            return Err(Error::shape(
                "broadcast_to",
                format!("{} cannot be broadcast to {shape}", self.shape),
            ));
        }
        let strides = self.broadcast_strides(&shape);
        let out = self.with_layout(shape, strides, self.offset);
        let from = self.shape.clone();
        Recorder::of(&[self]).record("broadcast_to", out, move || {
            Box::new(move |grad, _| Ok(grads![grad.sum_to(&from)?]))
        })
    }

    /// The strides under which this tensor reads as one of a larger shape: 0 along repeated axes.
    pub(crate) fn broadcast_strides(&self, shape: &Shape) -> Dims {
        let added = shape.rank() - self.rank();
        let mut strides = Dims::from_elem(0, added);
        for (i, (&size, &stride)) in self.shape.iter().zip(&self.strides).enumerate() {
            strides.push(if size == 1 && shape[added + i] != 1 {
                0
            } else {
                stride
            });
        }
        strides
    }

    /// The same tensor with its elements in row-major order without gaps; copies if they are not.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if there is not enough memory.
    pub fn contiguous(&self) -> Result<Tensor> {
        if self.is_contiguous() {
            return Ok(self.clone());
        }
        let out = self.compact()?;
        Recorder::of(&[self]).record("contiguous", out, || Box::new(|grad, _| Ok(grads![grad])))
    }
}
