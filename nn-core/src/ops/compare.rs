//! Comparisons, and choosing by them.

use super::binary::expect_same_type;
use crate::autograd::{Recorder, grads};
use crate::dtype::{for_any, for_float};
use crate::kernels::elementwise::{self, Compare};
use crate::kernels::reduce;
use crate::{DType, Error, Result, Shape, Tensor};

fn compare(name: &'static str, f: Compare, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    expect_same_type(name, a, b)?;
    let shape = Shape::broadcast(name, a.shape(), b.shape())?;
    let (a_strides, b_strides) = (a.broadcast_strides(&shape), b.broadcast_strides(&shape));
    for_any!(a.dtype(), T => Tensor::build::<u8>(shape.clone(), |out| {
        elementwise::compare_broadcast(
            f, &shape, a.raw::<T>(), &a_strides, b.raw::<T>(), &b_strides, out,
        );
    }))
}

macro_rules! compare_methods {
    ($($(#[$doc:meta])* $name:ident => $f:ident;)*) => {
        /// Comparisons: 1 where they hold, 0 where not, as `u8`. They broadcast and are constants for
        /// differentiation; any comparison with NaN but `ne` is 0.
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// [`Error::Shape`] if the shapes do not broadcast; [`Error::DType`] if the types differ.
            pub fn $name(&self, other: &Tensor) -> Result<Tensor> {
                compare(stringify!($name), Compare::$f, self, other)
            }
        )*}
    };
}

compare_methods! {
    /// `a = b`.
    eq => Eq;
    /// `a ≠ b`.
    ne => Ne;
    /// `a < b`.
    lt => Lt;
    /// `a ≤ b`.
    le => Le;
    /// `a > b`.
    gt => Gt;
    /// `a ≥ b`.
    ge => Ge;
}

impl Tensor {
    /// Takes elements of `yes` where this mask is not 0, and of `no` where it is; all three are broadcast.
    ///
    /// # Errors
    /// [`Error::DType`] unless this is a `u8` tensor and the others have one type; [`Error::Shape`] if the
    /// shapes do not broadcast.
    pub fn where_cond(&self, yes: &Tensor, no: &Tensor) -> Result<Tensor> {
        const NAME: &str = "where_cond";
        if self.dtype() != DType::U8 {
            return Err(Error::dtype(NAME, "u8", self.dtype()));
        }
        expect_same_type(NAME, yes, no)?;
        let shape = Shape::broadcast(NAME, yes.shape(), no.shape())?;
        let shape = Shape::broadcast(NAME, self.shape(), &shape)?;
        let strides = [self, yes, no].map(|t| t.broadcast_strides(&shape));
        let out = for_any!(yes.dtype(), T => Tensor::build::<T>(shape.clone(), |out| {
            elementwise::select_broadcast(
                &shape,
                self.raw::<u8>(), &strides[0],
                yes.raw::<T>(), &strides[1],
                no.raw::<T>(), &strides[2],
                out,
            );
        }))?;
        Recorder::of(&[yes, no]).record(NAME, out, || {
            let mask = self.detach();
            let (yes, no) = (yes.shape().clone(), no.shape().clone());
            Box::new(move |grad, _| {
                let zeros = Tensor::zeros((), grad.dtype())?;
                Ok(grads![
                    mask.where_cond(&grad, &zeros)?.sum_to(&yes)?,
                    mask.where_cond(&zeros, &grad)?.sum_to(&no)?,
                ])
            })
        })
    }

    /// Whether no element is NaN or infinite.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if memory for a copy of a strided view is exhausted.
    pub fn is_all_finite(&self) -> Result<bool> {
        if !self.dtype().is_float() {
            return Ok(true);
        }
        let x = self.compact()?;
        for_float!("is_all_finite", x.dtype(), T => Ok(reduce::all_finite(x.data::<T>())))
    }
}
