//! Functions of two numbers, applied to elements paired by broadcasting.

use crate::autograd::{Grads, Recorder, grads};
use crate::dtype::for_float;
use crate::kernels::elementwise::{self, Binary};
use crate::shape::Dims;
use crate::{Error, Result, Shape, Tensor};

/// Both operands must have the same element type.
pub(in crate::ops) fn expect_same_type(name: &'static str, a: &Tensor, b: &Tensor) -> Result<()> {
    if a.dtype() == b.dtype() {
        Ok(())
    } else {
        Err(Error::dtype(name, a.dtype().to_string(), b.dtype()))
    }
}

fn compute(name: &'static str, f: Binary, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    expect_same_type(name, a, b)?;
    let shape = Shape::broadcast(name, a.shape(), b.shape())?;
    if a.is_in_order_of(b) && a.is_dense() {
        return for_float!(name, a.dtype(), T => Tensor::build_like::<T>(a, |out| {
            elementwise::binary(f, a.memory::<T>(), b.memory::<T>(), out);
        }));
    }
    // The result lies as the operand of its shape does.
    let model = [a, b]
        .into_iter()
        .find(|x| *x.shape() == shape && x.is_dense());
    let axes: Dims = match model {
        Some(model) => model.axes_outwards_in(),
        None => (0..shape.rank()).collect(),
    };
    let ordered = |all: &[usize]| -> Dims { axes.iter().map(|&axis| all[axis]).collect() };
    let dims = ordered(&shape);
    let a_strides = ordered(&a.broadcast_strides(&shape));
    let b_strides = ordered(&b.broadcast_strides(&shape));
    for_float!(name, a.dtype(), T => {
        let fill = |out: &mut [T]| {
            elementwise::binary_broadcast(
                f, &dims, a.raw::<T>(), &a_strides, b.raw::<T>(), &b_strides, out,
            );
        };
        match model {
            Some(model) => Tensor::build_like::<T>(model, fill),
            None => Tensor::build::<T>(shape.clone(), fill),
        }
    })
}

fn backward(f: Binary, a: &Tensor, b: &Tensor, grad: Tensor, needed: &[bool]) -> Result<Grads> {
    let da = |grad: &Tensor| -> Result<Tensor> {
        match f {
            Binary::Add | Binary::Sub => Ok(grad.clone()),
            Binary::Mul => grad.mul(b),
            Binary::Div => grad.div(b),
            Binary::Maximum => grad.mul(&share(a, b)?),
            Binary::Minimum => grad.mul(&share(b, a)?),
            // d(aᵇ)/da = b·a^(b−1); where b is 0 the power is constant, also at a = 0.
            Binary::Pow => {
                let slope = b.mul(&a.pow(&b.sub_scalar(1.0)?)?)?;
                let zero = b.zeros_like()?;
                grad.mul(&b.eq(&zero)?.where_cond(&zero, &slope)?)
            }
        }
    };
    let db = |grad: &Tensor| -> Result<Tensor> {
        match f {
            Binary::Add => Ok(grad.clone()),
            Binary::Sub => grad.neg(),
            Binary::Mul => grad.mul(a),
            // d(a/b)/db = −a/b²
            Binary::Div => grad.mul(&a.div(&b.square()?)?)?.neg(),
            Binary::Maximum => grad.mul(&share(b, a)?),
            Binary::Minimum => grad.mul(&share(a, b)?),
            // d(aᵇ)/db = aᵇ·ln a; where a is 0 the power does not move.
            Binary::Pow => {
                let log = a.ln()?;
                let log = a
                    .eq(&a.zeros_like()?)?
                    .where_cond(&log.zeros_like()?, &log)?;
                grad.mul(&a.pow(b)?.mul(&log)?)
            }
        }
    };
    let da = needed[0]
        .then(|| da(&grad)?.sum_to(a.shape()))
        .transpose()?;
    let db = needed[1]
        .then(|| db(&grad)?.sum_to(b.shape()))
        .transpose()?;
    Ok(grads![da, db])
}

/// How much of the gradient of max(a, b) belongs to a: 1 where it is larger, ½ where they tie.
fn share(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let dtype = a.dtype();
    let larger = a.gt(b)?.to_dtype(dtype)?;
    let tied = a.eq(b)?.to_dtype(dtype)?;
    larger.add(&tied.mul_scalar(0.5)?)
}

fn binary(name: &'static str, f: Binary, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let out = compute(name, f, a, b)?;
    let recorder = Recorder::of(&[a, b]);
    recorder.record(name, out, || {
        let (a, b) = (a.detach(), b.detach());
        Box::new(move |grad, needed| backward(f, &a, &b, grad, needed))
    })
}

macro_rules! binary_methods {
    ($($(#[$doc:meta])* $name:ident => $f:ident;)*) => {
        /// Functions of two numbers. The operands are broadcast together: axes are aligned at the end, and
        /// axes of size 1 are repeated.
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// [`Error::Shape`] if the shapes do not broadcast; [`Error::DType`] unless both are floats of one type.
            pub fn $name(&self, other: &Tensor) -> Result<Tensor> {
                binary(stringify!($name), Binary::$f, self, other)
            }
        )*}
    };
}

binary_methods! {
    /// `a + b`.
    add => Add;
    /// `a − b`.
    sub => Sub;
    /// `a·b`, element by element.
    mul => Mul;
    /// `a/b`.
    div => Div;
    /// The larger of the two; NaN if either is. A tie shares the gradient equally.
    maximum => Maximum;
    /// The smaller of the two; NaN if either is. A tie shares the gradient equally.
    minimum => Minimum;
    /// `aᵇ`.
    pow => Pow;
}

macro_rules! operators {
    ($($trait:ident :: $method:ident),*) => {$(
        /// The method of the same name, as an operator; the result must be checked with `?`.
        impl std::ops::$trait for &Tensor {
            type Output = Result<Tensor>;
            fn $method(self, other: &Tensor) -> Result<Tensor> {
                Tensor::$method(self, other)
            }
        }
    )*};
}

operators!(Add::add, Sub::sub, Mul::mul, Div::div);

impl Tensor {
    /// `self + x`, in this tensor's own memory if nobody shares it.
    pub(crate) fn accumulate(mut self, x: &Tensor) -> Result<Tensor> {
        if !(self.is_unique() && self.is_dense() && self.shape() == x.shape()) {
            return self.detach().add(&x.detach());
        }
        expect_same_type("add", &self, x)?;
        let x = x.in_order(self.strides())?;
        for_float!("add", self.dtype(), T => {
            elementwise::add_assign(self.memory_mut::<T>()?, x.memory::<T>());
            Ok(())
        })?;
        Ok(self)
    }
}
