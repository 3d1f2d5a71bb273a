//! Elementary functions as branch-free bodies that compilers turn into vector code.
//!
//! Each function is written once, for one element, without branches or calls (`f32`), and is
//! inlined into loops that [`dispatch`] instantiates for each instruction set. The parameter
//! `FMA` says whether fused multiply-add is an instruction there: where it is not, `mul_add`
//! would be a library call, so products and sums are rounded separately.

pub(crate) mod dispatch;
mod double;
pub(crate) mod map;
mod single;
#[cfg(test)]
mod tests;

/// Vector forms of the elementary functions. `f32` forms are own polynomials, at most a few units
/// in the last place from the true value over the whole range, denormal numbers included.
/// `f64` forms are the standard library's, and own rational forms for erf.
///
/// This is the seal of [`Float`](super::float::Float).
#[doc(hidden)]
pub trait Lanes: Sized {
    /// Elements in the widest vector register when the functions below are vectorised,
    /// 1 when they are calls.
    const WIDTH: usize;

    /// An integer ordered as the numbers are; NaN comes last.
    type Key: Ord + Copy;

    /// The place of this number in the order.
    fn lane_key(self) -> Self::Key;
    /// The number at a place in the order.
    fn lane_from_key(key: Self::Key) -> Self;
    /// a·b + c, in one rounding if `FMA`.
    fn lane_fma<const FMA: bool>(self, b: Self, c: Self) -> Self;
    /// eˣ.
    fn lane_exp<const FMA: bool>(self) -> Self;
    /// eˣ − 1.
    fn lane_expm1<const FMA: bool>(self) -> Self;
    /// ln x.
    fn lane_ln<const FMA: bool>(self) -> Self;
    /// ln(1 + x).
    fn lane_log1p<const FMA: bool>(self) -> Self;
    /// tanh x.
    fn lane_tanh<const FMA: bool>(self) -> Self;
    /// 1 / (1 + e⁻ˣ).
    fn lane_sigmoid<const FMA: bool>(self) -> Self;
    /// ln(1 + eˣ).
    fn lane_softplus<const FMA: bool>(self) -> Self;
    /// erf x.
    fn lane_erf<const FMA: bool>(self) -> Self;
    /// The normal distribution at x: (probability of a smaller value, density).
    fn lane_normal<const FMA: bool>(self) -> (Self, Self);
}
