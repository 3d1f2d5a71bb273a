//! Reading and writing elements.

use std::sync::Arc;

use super::Tensor;
use crate::dtype::{Element, for_any};
use crate::kernels::buffer::Plain;
use crate::{Error, Result};

impl Tensor {
    fn expect_type<T: Element>(&self, op: &'static str) -> Result<()> {
        if self.dtype == T::DTYPE {
            Ok(())
        } else {
            Err(Error::dtype(op, T::DTYPE.to_string(), self.dtype))
        }
    }

    /// The elements in row-major order.
    ///
    /// # Errors
    /// [`Error::DType`] if `T` is not the type of the elements.
    pub fn to_vec<T: Element + Plain>(&self) -> Result<Vec<T>> {
        self.expect_type::<T>("to_vec")?;
        Ok(self.compact()?.data::<T>().to_vec())
    }

    /// The elements of a contiguous tensor, without a copy.
    ///
    /// # Errors
    /// [`Error::DType`] if `T` is not the type of the elements; [`Error::Shape`] if the tensor is a view
    /// with gaps (call [`Tensor::contiguous`] first).
    pub fn as_slice<T: Element + Plain>(&self) -> Result<&[T]> {
        self.expect_type::<T>("as_slice")?;
        if !self.is_contiguous() {
            return Err(Error::shape(
                "as_slice",
                format!(
                    "the elements of this view of shape {} are not contiguous; call contiguous() first",
                    self.shape
                ),
            ));
        }
        Ok(self.data())
    }

    /// The elements in row-major order, for writing. If the memory is shared or has gaps, this tensor first
    /// gets a copy of its own, so that no other tensor changes. The tensor leaves its tape.
    ///
    /// ```
    /// # use nn_core::Tensor;
    /// # fn main() -> nn_core::Result<()> {
    /// let a = Tensor::from_vec(vec![1u32, 2], [2])?;
    /// let mut b = a.clone();
    /// b.make_mut::<u32>()?[0] = 7;
    /// assert_eq!(a.to_vec::<u32>()?, [1, 2]);
    /// assert_eq!(b.to_vec::<u32>()?, [7, 2]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::DType`] if `T` is not the type of the elements.
    pub fn make_mut<T: Element + Plain>(&mut self) -> Result<&mut [T]> {
        self.expect_type::<T>("make_mut")?;
        if !self.is_contiguous() {
            *self = self.compact()?;
        } else if Arc::get_mut(&mut self.buffer).is_none() {
            *self = Tensor::from_slice(self.data::<T>(), &self.shape)?;
        }
        self.node = None;
        let (offset, len) = (self.offset, self.len());
        match Arc::get_mut(&mut self.buffer) {
            Some(buffer) => Ok(&mut buffer.as_mut_slice()[offset..offset + len]),
            None => Err(Error::value("make_mut", "the memory is still shared")),
        }
    }

    /// The only element of a tensor that has one.
    ///
    /// # Errors
    /// [`Error::Shape`] if there are more or none.
    pub fn item(&self) -> Result<f64> {
        if self.len() != 1 {
            return Err(Error::shape(
                "item",
                format!(
                    "a tensor of shape {} has {} elements, not one",
                    self.shape,
                    self.len()
                ),
            ));
        }
        Ok(for_any!(self.dtype, T => self.raw::<T>()[0].to_f64()))
    }

    /// The element at an index, one number for each axis.
    ///
    /// # Errors
    /// [`Error::Index`] if there is no such element.
    pub fn get(&self, index: &[usize]) -> Result<f64> {
        let inside =
            index.len() == self.rank() && index.iter().zip(self.dims()).all(|(i, size)| i < size);
        if !inside {
            return Err(Error::index(
                "get",
                format!(
                    "{index:?} is not an index into a tensor of shape {}",
                    self.shape
                ),
            ));
        }
        let at: usize = index.iter().zip(&self.strides).map(|(i, s)| i * s).sum();
        Ok(for_any!(self.dtype, T => self.raw::<T>()[at].to_f64()))
    }
}
