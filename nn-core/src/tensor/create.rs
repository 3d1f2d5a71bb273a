//! Making tensors.

use super::{Tensor, allocate};
use crate::dtype::{Element, for_any};
use crate::kernels::buffer::{Buffer, Plain};
use crate::{DType, Error, Result, Shape};

impl Tensor {
    /// A tensor of these elements in row-major order.
    ///
    /// # Errors
    /// [`Error::Shape`] if the number of elements is not that of the shape.
    pub fn from_vec<T: Element + Plain>(data: Vec<T>, shape: impl Into<Shape>) -> Result<Tensor> {
        Self::from_slice(&data, shape)
    }

    /// A tensor of a copy of these elements in row-major order.
    ///
    /// # Errors
    /// [`Error::Shape`] if the number of elements is not that of the shape.
    pub fn from_slice<T: Element + Plain>(data: &[T], shape: impl Into<Shape>) -> Result<Tensor> {
        let shape = shape.into();
        if data.len() != shape.numel() {
            return Err(Error::shape(
                "from_slice",
                format!(
                    "shape {shape} holds {} elements, {} were given",
                    shape.numel(),
                    data.len()
                ),
            ));
        }
        Self::build(shape, |out| out.copy_from_slice(data))
    }

    /// A tensor of shape `[]` holding one number.
    ///
    /// ```
    /// # use nn_core::Tensor;
    /// assert_eq!(Tensor::scalar(2.5f32)?.item()?, 2.5);
    /// # Ok::<(), nn_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::TooLarge`] if memory is exhausted.
    pub fn scalar<T: Element + Plain>(value: T) -> Result<Tensor> {
        Self::build(Shape::default(), |out| out[0] = value)
    }

    /// A tensor of zeros.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if there is not enough memory.
    pub fn zeros(shape: impl Into<Shape>, dtype: DType) -> Result<Tensor> {
        let shape = shape.into();
        let buffer = allocate(&shape, dtype, Buffer::zeroed)?;
        Ok(Self::over(buffer, dtype, shape))
    }

    /// A tensor of ones.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if there is not enough memory.
    pub fn ones(shape: impl Into<Shape>, dtype: DType) -> Result<Tensor> {
        Self::full(shape, 1.0, dtype)
    }

    /// A tensor with `value` everywhere, converted to `dtype` as Rust's `as` does it.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if there is not enough memory.
    pub fn full(shape: impl Into<Shape>, value: f64, dtype: DType) -> Result<Tensor> {
        let shape = shape.into();
        for_any!(dtype, T => Self::build::<T>(shape, |out| out.fill(T::from_f64(value))))
    }

    /// Zeros, in the shape and type of this tensor.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if there is not enough memory.
    pub fn zeros_like(&self) -> Result<Tensor> {
        Self::zeros(&self.shape, self.dtype)
    }

    /// `value` everywhere, in the shape and type of this tensor.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if there is not enough memory.
    pub fn full_like(&self, value: f64) -> Result<Tensor> {
        Self::full(&self.shape, value, self.dtype)
    }

    /// `start, start + step, …` up to but not including `end`.
    ///
    /// # Errors
    /// [`Error::Value`] if `step` is zero or leads away from `end`, or a bound is not finite.
    pub fn arange(start: f64, end: f64, step: f64, dtype: DType) -> Result<Tensor> {
        let count = ((end - start) / step).ceil();
        if !(start.is_finite() && end.is_finite() && count.is_finite() && count >= 0.0) {
            return Err(Error::value(
                "arange",
                format!("steps of {step} do not lead from {start} to {end}"),
            ));
        }
        for_any!(dtype, T => Self::build::<T>(Shape::from(count as usize), |out| {
            for (i, x) in out.iter_mut().enumerate() {
                *x = T::from_f64(start + i as f64 * step);
            }
        }))
    }

    /// `count` numbers at equal distances from `start` to `end`, both included.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if there is not enough memory.
    pub fn linspace(start: f64, end: f64, count: usize, dtype: DType) -> Result<Tensor> {
        let last = count.saturating_sub(1).max(1) as f64;
        for_any!(dtype, T => Self::build::<T>(Shape::from(count), |out| {
            for (i, x) in out.iter_mut().enumerate() {
                let t = i as f64 / last;
                *x = T::from_f64(start * (1.0 - t) + end * t);
            }
        }))
    }

    /// The identity matrix of `n` rows.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if there is not enough memory.
    pub fn eye(n: usize, dtype: DType) -> Result<Tensor> {
        let mut eye = Self::zeros([n, n], dtype)?;
        for_any!(dtype, T => {
            for x in eye.make_mut::<T>()?.iter_mut().step_by(n + 1) {
                *x = T::from_f64(1.0);
            }
        });
        Ok(eye)
    }
}
