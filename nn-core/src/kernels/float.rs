//! The real number types every numeric kernel accepts: `f32` and `f64`.

use std::fmt::{Debug, Display};
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use super::math::Lanes;

/// A floating-point element, `f32` or `f64`.
///
/// The trait is sealed. Its methods are the correctly documented scalar functions of the
/// standard library; the loops of this crate use branch-free vector forms of them, which agree
/// within a few units in the last place.
///
/// ```
/// use nn_core::kernels::float::Float;
/// fn hypotenuse<T: Float>(a: T, b: T) -> T {
///     (a * a + b * b).sqrt()
/// }
/// assert_eq!(hypotenuse(3.0_f32, 4.0), 5.0);
/// ```
pub trait Float:
    Lanes
    + Copy
    + Default
    + PartialOrd
    + Send
    + Sync
    + Debug
    + Display
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// Positive infinity.
    const INFINITY: Self;
    /// Negative infinity.
    const NEG_INFINITY: Self;
    /// Not a number.
    const NAN: Self;

    /// The nearest value to `value`.
    fn from_f64(value: f64) -> Self;
    /// This value as `f64`, exact for both types.
    fn to_f64(self) -> f64;
    /// eˣ.
    fn exp(self) -> Self;
    /// eˣ − 1, accurate near 0.
    fn exp_m1(self) -> Self;
    /// Natural logarithm.
    fn ln(self) -> Self;
    /// ln(1 + x), accurate near 0.
    fn ln_1p(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// Absolute value.
    fn abs(self) -> Self;
    /// Power with a real exponent.
    fn powf(self, exponent: Self) -> Self;
    /// Gauss error function 2/√π ∫₀ˣ e^(−t²) dt.
    fn erf(self) -> Self;
    /// Sine, argument in radians.
    fn sin(self) -> Self;
    /// Cosine, argument in radians.
    fn cos(self) -> Self;
    /// Largest integer not above this value.
    fn floor(self) -> Self;
    /// Nearest integer, halves to the even one.
    fn round_ties_even(self) -> Self;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// Not a number.
    fn is_nan(self) -> bool;

    /// The larger of two values; NaN if either is NaN (unlike `f32::max`, which drops it).
    #[inline(always)]
    fn maximum(self, other: Self) -> Self {
        if (self > other) | self.is_nan() {
            self
        } else {
            other
        }
    }

    /// The smaller of two values; NaN if either is NaN.
    #[inline(always)]
    fn minimum(self, other: Self) -> Self {
        if (self < other) | self.is_nan() {
            self
        } else {
            other
        }
    }
}

macro_rules! float {
    ($t:ident) => {
        impl Float for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const INFINITY: Self = $t::INFINITY;
            const NEG_INFINITY: Self = $t::NEG_INFINITY;
            const NAN: Self = $t::NAN;

            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as $t
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn exp(self) -> Self {
                $t::exp(self)
            }
            #[inline(always)]
            fn exp_m1(self) -> Self {
                $t::exp_m1(self)
            }
            #[inline(always)]
            fn ln(self) -> Self {
                $t::ln(self)
            }
            #[inline(always)]
            fn ln_1p(self) -> Self {
                $t::ln_1p(self)
            }
            #[inline(always)]
            fn tanh(self) -> Self {
                $t::tanh(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $t::sqrt(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $t::abs(self)
            }
            #[inline(always)]
            fn powf(self, exponent: Self) -> Self {
                $t::powf(self, exponent)
            }
            #[inline(always)]
            fn erf(self) -> Self {
                self.lane_erf::<false>()
            }
            #[inline(always)]
            fn sin(self) -> Self {
                $t::sin(self)
            }
            #[inline(always)]
            fn cos(self) -> Self {
                $t::cos(self)
            }
            #[inline(always)]
            fn floor(self) -> Self {
                $t::floor(self)
            }
            #[inline(always)]
            fn round_ties_even(self) -> Self {
                $t::round_ties_even(self)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                $t::is_finite(self)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                $t::is_nan(self)
            }
        }
    };
}

float!(f32);
float!(f64);
