//! Which of the ways to convolve is taken, by rule from the sizes.

use super::family::Family;
use super::gather::{self, Finish};
use super::geometry::{Gather, Geometry};
use super::pack::{self, Strides};
use super::{weight_gradient, winograd};
use crate::kernels::buffer::{Buffer, Plain};
use crate::kernels::math::dispatch::is_single;

/// How a gather is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Tap by tap.
    Direct,
    /// Tap by tap, each channel by itself.
    Depthwise,
    /// At the points of polynomials.
    Winograd,
    /// Filter by filter, for few of them.
    Dots,
}

impl Method {
    /// `f64`, in which gradients are checked, always takes the direct way.
    pub(super) fn of<T>(geometry: &Geometry, gather: &Gather) -> Method {
        if geometry.is_depthwise() {
            Method::Depthwise
        } else if is_single::<T>() && winograd::suits(gather) {
            Method::Winograd
        } else if geometry.groups == 1 && gather.filters <= 4 && gather.channels >= 8 {
            Method::Dots
        } else {
            Method::Direct
        }
    }
}

/// The weights as the micro-kernels read them.
///
/// # Safety
/// The processor has the instruction set of `S`.
pub(super) unsafe fn packed<S: Family>(
    gather: &Gather,
    method: Method,
    weight: &[S::T],
    strides: &Strides,
) -> Option<Buffer>
where
    S::T: Plain,
{
    let taps = || {
        gather
            .lines
            .iter()
            .map(|line| line.taps.len())
            .product::<usize>()
    };
    let len = match method {
        Method::Direct => pack::packed_len(gather, S::LANES),
        Method::Depthwise => gather.groups * taps(),
        Method::Dots => gather.filters * taps() * gather.channels,
        Method::Winograd => winograd::weight_len(gather, S::LANES),
    };
    let mut buffer = Buffer::new(len.checked_mul(size_of::<S::T>())?)?;
    let to = buffer.as_mut_slice();
    match method {
        Method::Direct => pack::pack(weight, strides, gather, S::LANES, to),
        Method::Depthwise => pack::transpose_taps(weight, strides, gather, to),
        Method::Dots => pack::filters_apart(weight, strides, gather, to),
        // SAFETY: by the contract of this function.
        Method::Winograd => unsafe { winograd::transform_weight::<S>(weight, strides, gather, to) },
    }
    Some(buffer)
}

/// Computes a gather with weights from [`packed`].
///
/// # Safety
/// The processor has the instruction set of `S`.
pub(super) unsafe fn run<S: Family>(
    gather: &Gather,
    method: Method,
    source: &[S::T],
    weight: &[S::T],
    dest: &mut [S::T],
    finish: &Finish<'_, S::T>,
) {
    // SAFETY: by the contract of this function.
    unsafe {
        match method {
            Method::Winograd => winograd::run::<S>(gather, source, weight, dest, finish),
            _ => gather::run::<S>(gather, method, source, weight, dest, finish),
        }
    }
}

/// The gradient of the weight.
///
/// # Safety
/// The processor has the instruction set of `S`.
pub(super) unsafe fn sum_products<S: Family>(
    geometry: &Geometry,
    x: &[S::T],
    dy: &[S::T],
    dw: &mut [S::T],
) -> Option<()>
where
    S::T: Plain,
{
    // SAFETY: by the contract of this function.
    unsafe {
        match Method::of::<S::T>(geometry, &geometry.forward()) {
            Method::Winograd if !dy.is_empty() => winograd::gradient::<S>(geometry, x, dy, dw),
            _ => weight_gradient::run::<S>(geometry, x, dy, dw),
        }
    }
}
