//! Functions of one number, applied to each element.

use crate::autograd::{Recorder, grads};
use crate::dtype::for_float;
use crate::kernels::elementwise::{self, Unary};
use crate::{Error, Result, Tensor};

/// `y = f(x)` and, on the way back, `dx = dy·f′(x)`, which may use both x and y.
fn unary(x: &Tensor, name: &'static str, f: Unary) -> Result<Tensor> {
    let flat = x.dense()?;
    let y = for_float!(name, x.dtype(), T => Tensor::build_like::<T>(&flat, |y| {
        elementwise::unary(f, flat.memory::<T>(), y);
    }))?;
    let saved = y.detach();
    Recorder::of(&[x]).record(name, y, move || {
        Box::new(move |grad, _| {
            let grad = grad.in_order(flat.strides())?;
            let dx = for_float!(name, grad.dtype(), T => {
                Tensor::build_like::<T>(&grad, |dx| {
                    let (x, y) = (flat.memory::<T>(), saved.memory::<T>());
                    elementwise::unary_backward(f, x, y, grad.memory::<T>(), dx);
                })
            })?;
            Ok(grads![dx])
        })
    })
}

macro_rules! unary_methods {
    ($($(#[$doc:meta])* $name:ident => $f:ident;)*) => {
        /// Functions of one number. Each needs a float tensor and fails with [`Error::DType`] otherwise.
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// [`Error::DType`] unless the elements are floats.
            pub fn $name(&self) -> Result<Tensor> {
                unary(self, stringify!($name), Unary::$f)
            }
        )*}
    };
}

unary_methods! {
    /// `−x`.
    neg => Neg;
    /// `|x|`; its derivative at 0 is taken as 0.
    abs => Abs;
    /// `eˣ`.
    exp => Exp;
    /// The natural logarithm.
    ln => Ln;
    /// `√x`.
    sqrt => Sqrt;
    /// `x²`.
    square => Square;
    /// `1/x`.
    recip => Recip;
    /// The sine of x in radians.
    sin => Sin;
    /// The cosine of x in radians.
    cos => Cos;
    /// The error function `2/√π ∫₀ˣ e^(−t²) dt`.
    erf => Erf;
    /// −1, 0 or 1. Its derivative is 0.
    sign => Sign;
    /// The largest integer not above x. Its derivative is 0.
    floor => Floor;
    /// The nearest integer, halves to the even one. Its derivative is 0.
    round => Round;
    /// `ln(1 + x)`, accurate near 0.
    log1p => Log1p;
    /// `eˣ − 1`, accurate near 0.
    expm1 => Expm1;
}

impl Tensor {
    /// `xᵖ` for a fixed exponent.
    ///
    /// # Errors
    /// [`Error::DType`] unless the elements are floats.
    pub fn powf(&self, p: f64) -> Result<Tensor> {
        unary(self, "powf", Unary::Powf(p))
    }

    /// `min(max(x, low), high)`; the derivative is 1 inside and 0 outside.
    ///
    /// # Errors
    /// [`Error::DType`] unless the elements are floats; [`Error::Value`] if `low > high`.
    pub fn clamp(&self, low: f64, high: f64) -> Result<Tensor> {
        if low <= high {
            unary(self, "clamp", Unary::Clamp(low, high))
        } else {
            Err(Error::value(
                "clamp",
                format!("the lower bound {low} is above the upper bound {high}"),
            ))
        }
    }

    /// `x + c`.
    ///
    /// # Errors
    /// [`Error::DType`] unless the elements are floats.
    pub fn add_scalar(&self, c: f64) -> Result<Tensor> {
        unary(self, "add_scalar", Unary::AddScalar(c))
    }

    /// `x − c`.
    ///
    /// # Errors
    /// [`Error::DType`] unless the elements are floats.
    pub fn sub_scalar(&self, c: f64) -> Result<Tensor> {
        unary(self, "sub_scalar", Unary::AddScalar(-c))
    }

    /// `c·x`.
    ///
    /// # Errors
    /// [`Error::DType`] unless the elements are floats.
    pub fn mul_scalar(&self, c: f64) -> Result<Tensor> {
        unary(self, "mul_scalar", Unary::MulScalar(c))
    }

    /// `x/c`, computed as `x·(1/c)`.
    ///
    /// # Errors
    /// [`Error::DType`] unless the elements are floats.
    pub fn div_scalar(&self, c: f64) -> Result<Tensor> {
        unary(self, "div_scalar", Unary::MulScalar(1.0 / c))
    }
}
