//! The order of elements in memory, where it is not that of the axes.
//!
//! A tensor of images has the shape `[N, C, spatial…]`, but convolution and its companions are fastest when the
//! channels of a pixel lie side by side. Strides express that: the shape stays, the memory is *channels-last*. What
//! works element by element takes over the order it finds, so a network stays channels-last from its first convolution
//! to the point where a row-major matrix is asked for.

use std::sync::Arc;

use super::Tensor;
use crate::dtype::{Element, for_any};
use crate::kernels::buffer::Plain;
use crate::kernels::copy;
use crate::shape::Dims;
use crate::{Error, Result, Shape};

/// The axes from the outermost in memory to the innermost. Axes of one index come first: where they lie is all the same.
fn axes_outwards_in(shape: &Shape, strides: &[usize]) -> Dims {
    let mut axes: Dims = (0..shape.rank()).collect();
    axes.sort_by_key(|&axis| (shape[axis] != 1, std::cmp::Reverse(strides[axis])));
    axes
}

/// The strides of a channels-last tensor of shape `[N, C, spatial…]`.
fn channels_last_strides(shape: &Shape) -> Dims {
    let mut strides = shape.contiguous_strides();
    if shape.rank() > 2 {
        let channels = shape[1];
        let mut stride = channels;
        for axis in (2..shape.rank()).rev() {
            strides[axis] = stride;
            stride = stride.saturating_mul(shape[axis]);
        }
        strides[1] = 1;
        strides[0] = stride;
    }
    strides
}

/// Whether two layouts of a shape put every element in the same place.
fn same_places(shape: &Shape, a: &[usize], b: &[usize]) -> bool {
    shape.numel() == 0 || (0..shape.rank()).all(|axis| shape[axis] == 1 || a[axis] == b[axis])
}

impl Tensor {
    /// Whether the elements fill a piece of memory without gaps, each once, in any order of the axes.
    pub(crate) fn is_dense(&self) -> bool {
        if self.is_empty() || self.is_contiguous() {
            return true;
        }
        let mut expected = 1;
        for &axis in axes_outwards_in(&self.shape, &self.strides).iter().rev() {
            if self.shape[axis] != 1 && self.strides[axis] != expected {
                return false;
            }
            expected = expected.saturating_mul(self.shape[axis]);
        }
        true
    }

    /// Elements without gaps, in the order they lie in: this tensor if it is so, else a row-major copy; on no tape.
    pub(crate) fn dense(&self) -> Result<Tensor> {
        if self.is_dense() {
            Ok(self.detach())
        } else {
            self.compact()
        }
    }

    /// The elements of a dense tensor in the order of memory.
    pub(crate) fn memory<T: Element + Plain>(&self) -> &[T] {
        debug_assert!(self.is_dense());
        &self.raw()[..self.len()]
    }

    /// The elements of a dense tensor in the order of memory, for writing; a copy if they are shared.
    pub(crate) fn memory_mut<T: Element + Plain>(&mut self) -> Result<&mut [T]> {
        debug_assert!(self.is_dense());
        if !self.is_unique() {
            let copy = Tensor::build_like::<T>(self, |out| out.copy_from_slice(self.memory()))?;
            *self = copy;
        }
        self.node = None;
        let (offset, len) = (self.offset, self.len());
        match Arc::get_mut(&mut self.buffer) {
            Some(buffer) => Ok(&mut buffer.as_mut_slice()[offset..offset + len]),
            None => Err(Error::value("memory_mut", "the memory is still shared")),
        }
    }

    /// The same tensor with the strides of a dense layout: this one if it has them, else a copy; on no tape.
    pub(crate) fn in_order(&self, strides: &[usize]) -> Result<Tensor> {
        if same_places(&self.shape, &self.strides, strides) {
            return Ok(self.detach());
        }
        let axes = axes_outwards_in(&self.shape, strides);
        let dims: Dims = axes.iter().map(|&axis| self.shape[axis]).collect();
        let from: Dims = axes.iter().map(|&axis| self.strides[axis]).collect();
        let copy = for_any!(self.dtype, T => Tensor::build::<T>(self.shape.clone(), |out| {
            copy::copy_strided(&dims, self.raw::<T>(), &from, out);
        }))?;
        Ok(copy.with_layout(self.shape.clone(), strides.into(), 0))
    }

    /// Whether another tensor of the same shape has its elements in the same order.
    pub(crate) fn is_in_order_of(&self, other: &Tensor) -> bool {
        self.shape == other.shape && same_places(&self.shape, &self.strides, &other.strides)
    }

    /// Whether a tensor `[N, C, spatial…]` is channels-last.
    pub(crate) fn is_channels_last(&self) -> bool {
        same_places(
            &self.shape,
            &self.strides,
            &channels_last_strides(&self.shape),
        )
    }

    /// A tensor `[N, C, spatial…]` with the channels of each place side by side in memory: this one if it is so, else
    /// a copy; on no tape.
    pub(crate) fn to_channels_last(&self) -> Result<Tensor> {
        self.in_order(&channels_last_strides(&self.shape))
    }

    /// A new tensor of shape `[N, C, spatial…]` whose elements `fill` writes, all of them, channels-last.
    pub(crate) fn build_channels_last<T: Element + Plain>(
        shape: Shape,
        fill: impl FnOnce(&mut [T]),
    ) -> Result<Tensor> {
        let strides = channels_last_strides(&shape);
        let built = Tensor::build(shape.clone(), fill)?;
        Ok(built.with_layout(shape, strides, 0))
    }

    /// A new tensor with shape and memory order of a dense one, whose elements `fill` writes, all of them.
    pub(crate) fn build_like<T: Element + Plain>(
        model: &Tensor,
        fill: impl FnOnce(&mut [T]),
    ) -> Result<Tensor> {
        debug_assert!(model.is_dense());
        let built = Tensor::build(model.shape.clone(), fill)?;
        Ok(built.with_layout(model.shape.clone(), model.strides.clone(), 0))
    }

    /// The elements of a dense tensor in the order of memory, as a row-major tensor of another shape; on no tape.
    pub(crate) fn memory_as(&self, shape: impl Into<Shape>) -> Tensor {
        let shape = shape.into();
        debug_assert!(self.is_dense() && shape.numel() == self.len());
        let strides = shape.contiguous_strides();
        self.with_layout(shape, strides, self.offset)
    }

    /// The axes from the outermost in memory to the innermost.
    pub(crate) fn axes_outwards_in(&self) -> Dims {
        axes_outwards_in(&self.shape, &self.strides)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;

    fn counting(shape: impl Into<Shape>) -> Tensor {
        let shape = shape.into();
        let count = shape.numel() as f64;
        Tensor::arange(0.0, count, 1.0, DType::F32)
            .unwrap()
            .reshape(shape)
            .unwrap()
    }

    #[test]
    fn channels_last_moves_elements_and_changes_no_value() {
        let x = counting([2, 3, 2, 2]);
        let y = x.to_channels_last().unwrap();
        assert!(y.is_channels_last() && y.is_dense() && !y.is_contiguous());
        assert_eq!(y.memory::<f32>()[..6], [0.0, 4.0, 8.0, 1.0, 5.0, 9.0]);
        assert_eq!(y.to_vec::<f32>().unwrap(), x.to_vec::<f32>().unwrap());
        assert_eq!(y.get(&[1, 2, 0, 1]).unwrap(), x.get(&[1, 2, 0, 1]).unwrap());
        assert!(!x.is_channels_last() && x.is_dense());
        let back = y.in_order(x.strides()).unwrap();
        assert!(back.is_contiguous());
        assert_eq!(back.to_vec::<f32>().unwrap(), x.to_vec::<f32>().unwrap());
    }

    #[test]
    fn one_channel_or_one_place_is_channels_last_as_it_lies() {
        for shape in [[2, 1, 4, 5], [2, 7, 1, 1], [0, 3, 2, 2], [1, 1, 1, 1]] {
            assert!(counting(shape).is_channels_last(), "{shape:?}");
        }
        assert!(counting([4, 5]).is_channels_last());
        assert!(!counting([4, 5]).t().unwrap().is_channels_last());
    }

    #[test]
    fn gaps_and_repeats_are_not_dense() {
        let x = counting([4, 6]);
        assert!(x.t().unwrap().is_dense());
        assert!(!x.slice(1, 1..3).unwrap().is_dense());
        assert!(!x.slice_step(0, .., 2).unwrap().is_dense());
        assert!(!counting([1, 3]).broadcast_to([4, 3]).unwrap().is_dense());
        assert!(counting([4, 6]).slice(0, 1..3).unwrap().is_dense());
    }

    #[test]
    fn writing_in_memory_order_leaves_others_alone() {
        let x = counting([1, 2, 1, 2]).to_channels_last().unwrap();
        let mut y = x.clone();
        y.memory_mut::<f32>().unwrap()[1] = 9.0;
        assert_eq!(x.to_vec::<f32>().unwrap(), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(y.to_vec::<f32>().unwrap(), [0.0, 1.0, 9.0, 3.0]);
    }
}
