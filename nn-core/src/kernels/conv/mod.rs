//! Convolutions of one to three spatial axes, channels-last, with stride, dilation, padding and groups.
//!
//! No matrix of patches is ever made. The forward pass and the gradient of the input have one form, a gather (`geometry`):
//! each place of the result sums, over taps and channels, what lies at offsets from it. The micro-kernel (`tile`) keeps a
//! few places by a few vectors of filters in registers and reads the source where it lies, or, where taps reach beyond
//! its border, a copy of a part with zeros around (`window`). The gradient of the weight sums products over places
//! (`weight_gradient`). Kernels of one tap and stride 1 are matrix products as they are; kernels of 3×3 and stride 1
//! with enough channels take Winograd's way (`winograd`), with a quarter of the multiplications.
//!
//! Each sum has an order of its own that depends on the sizes only, so results have the same bits for any number of
//! threads.

mod dots;
mod family;
mod gather;
mod geometry;
mod method;
mod pack;
#[expect(
    clippy::needless_range_loop,
    reason = "register tiles are indexed by constants"
)]
mod products;
#[expect(
    clippy::needless_range_loop,
    reason = "register tiles are indexed by constants"
)]
mod tile;
mod weight_gradient;
mod window;
#[expect(
    clippy::needless_range_loop,
    reason = "register tiles are indexed by constants"
)]
mod winograd;

pub use gather::Finish;
pub use geometry::{Axis, Geometry};

use std::marker::PhantomData;

use crate::kernels::activation::{Activation, activate_in_place};
use crate::kernels::buffer::{Buffer, Plain};
use crate::kernels::cpu::Isa;
use crate::kernels::float::Float;
use crate::kernels::gemm::{Epilogue, GemmElement, MatMut, MatRef, gemm};
use crate::kernels::math::dispatch::current_isa;
use crate::kernels::simd::Portable;
#[cfg(target_arch = "x86_64")]
use crate::kernels::simd::{avx2::Avx2F32, avx512::Avx512F32};
use geometry::Gather;
use method::{Method, packed, run, sum_products};
use pack::Strides;

/// There is no memory for what a pass needs beside its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

mod sealed {
    use super::{Buffer, Finish, Gather, Geometry, Isa, Method, Strides};

    pub trait Kernels: Sized {
        fn packed(
            isa: Isa,
            job: (&Gather, Method),
            weight: &[Self],
            strides: &Strides,
        ) -> Option<Buffer>;
        fn gather(
            isa: Isa,
            job: (&Gather, Method),
            source: &[Self],
            weight: &[Self],
            dest: &mut [Self],
            finish: &Finish<'_, Self>,
        );
        fn weight_gradient(
            isa: Isa,
            geometry: &Geometry,
            x: &[Self],
            dy: &[Self],
            dw: &mut [Self],
        ) -> Option<()>;
    }
}

/// The element types of convolutions: `f32`, and `f64` for checking gradients.
pub trait ConvElement: Float + GemmElement + Plain + sealed::Kernels {}

impl ConvElement for f32 {}
impl ConvElement for f64 {}

macro_rules! kernels {
    ($t:ty, $portable:ty $(, $isa:ident => $family:ty)*) => {
        impl sealed::Kernels for $t {
            fn packed(
                isa: Isa,
                (gather, method): (&Gather, Method),
                weight: &[$t],
                strides: &Strides,
            ) -> Option<Buffer> {
                // SAFETY: the processor has `isa`.
                unsafe {
                    match isa {
                        $(#[cfg(target_arch = "x86_64")]
                        Isa::$isa => packed::<$family>(gather, method, weight, strides),)*
                        _ => packed::<$portable>(gather, method, weight, strides),
                    }
                }
            }

            fn gather(
                isa: Isa,
                (gather, method): (&Gather, Method),
                source: &[$t],
                weight: &[$t],
                dest: &mut [$t],
                finish: &Finish<'_, $t>,
            ) {
                // SAFETY: the processor has `isa`.
                unsafe {
                    match isa {
                        $(#[cfg(target_arch = "x86_64")]
                        Isa::$isa => run::<$family>(gather, method, source, weight, dest, finish),)*
                        _ => run::<$portable>(gather, method, source, weight, dest, finish),
                    }
                }
            }

            fn weight_gradient(
                isa: Isa,
                geometry: &Geometry,
                x: &[$t],
                dy: &[$t],
                dw: &mut [$t],
            ) -> Option<()> {
                // SAFETY: the processor has `isa`.
                unsafe {
                    match isa {
                        $(#[cfg(target_arch = "x86_64")]
                        Isa::$isa => sum_products::<$family>(geometry, x, dy, dw),)*
                        _ => sum_products::<$portable>(geometry, x, dy, dw),
                    }
                }
            }
        }
    };
}

kernels!(f32, Portable<f32>, Avx512 => Avx512F32, Avx2Fma => Avx2F32);
kernels!(f64, Portable<f64>);

/// `y = activation(x ∗ w · scale + shift + residual)`
///
/// # Errors
/// [`OutOfMemory`] if there is no room for the packed weights.
///
/// # Panics
/// If lengths are not those of the geometry, or the kernel does not fit; callers in this crate have checked them.
pub fn forward<T: ConvElement>(
    geometry: &Geometry,
    x: &[T],
    weight: &[T],
    y: &mut [T],
    finish: &Finish<'_, T>,
) -> Result<(), OutOfMemory> {
    assert_eq!(
        [x.len(), weight.len(), y.len()],
        [
            geometry.input_len(),
            geometry.weight_len(),
            geometry.output_len()
        ]
    );
    if let Some(epilogue) = as_product(geometry, finish) {
        let (c, f) = (geometry.channels, geometry.filters);
        product((x, c), (weight, f, c, true), (y, f), &epilogue);
        return Ok(());
    }
    prepare(geometry, weight)?.forward(geometry.batch, x, y, finish);
    Ok(())
}

/// A weight in the order in which the micro-kernels read it, for inputs of one size: for use more than once.
#[derive(Debug)]
pub struct Prepared<T> {
    isa: Isa,
    gather: Gather,
    method: Method,
    packed: Buffer,
    output_len: usize,
    input_len: usize,
    element: PhantomData<T>,
}

/// Prepares a weight for images of the geometry's size; the number of images may differ.
///
/// # Errors
/// [`OutOfMemory`] if there is no room for the packed weights.
///
/// # Panics
/// As [`forward`].
pub fn prepare<T: ConvElement>(
    geometry: &Geometry,
    weight: &[T],
) -> Result<Prepared<T>, OutOfMemory> {
    assert_eq!(weight.len(), geometry.weight_len());
    let isa = current_isa();
    let one = Geometry {
        batch: 1,
        ..*geometry
    };
    let gather = one.forward();
    let method = Method::of::<T>(&one, &gather);
    let strides = Strides::forward(&one);
    let packed = T::packed(isa, (&gather, method), weight, &strides).ok_or(OutOfMemory)?;
    Ok(Prepared {
        isa,
        gather,
        method,
        packed,
        output_len: one.output_len(),
        input_len: one.input_len(),
        element: PhantomData,
    })
}

impl<T: ConvElement> Prepared<T> {
    /// [`forward`] for `batch` images.
    ///
    /// # Panics
    /// If lengths are not those of the geometry.
    pub fn forward(&self, batch: usize, x: &[T], y: &mut [T], finish: &Finish<'_, T>) {
        let lens = [batch * self.input_len, batch * self.output_len];
        assert_eq!([x.len(), y.len()], lens);
        let gather = Gather {
            batch,
            ..self.gather.clone()
        };
        let job = (&gather, self.method);
        T::gather(self.isa, job, x, self.packed.as_slice(), y, finish);
    }
}

/// `dx`: the gradient of the input from that of the output.
///
/// # Errors
/// [`OutOfMemory`] if there is no room for the packed weights.
///
/// # Panics
/// As [`forward`].
pub fn input_gradient<T: ConvElement>(
    geometry: &Geometry,
    dy: &[T],
    weight: &[T],
    dx: &mut [T],
    finish: &Finish<'_, T>,
) -> Result<(), OutOfMemory> {
    let isa = current_isa();
    assert_eq!(
        [dx.len(), weight.len(), dy.len()],
        [
            geometry.input_len(),
            geometry.weight_len(),
            geometry.output_len()
        ]
    );
    if let Some(epilogue) = as_product(geometry, finish) {
        let (c, f) = (geometry.channels, geometry.filters);
        product((dy, f), (weight, f, c, false), (dx, c), &epilogue);
        return Ok(());
    }
    let parts = geometry.backward();
    // Parts interleave in memory, so a function of whole rows comes after all of them.
    let apart =
        parts.len() > 1 && !matches!(finish.activation, Activation::Relu | Activation::Identity);
    let part_finish = Finish {
        activation: if apart {
            Activation::Identity
        } else {
            finish.activation
        },
        ..*finish
    };
    for gather in &parts {
        let job = (gather, Method::of::<T>(geometry, gather));
        let packed =
            T::packed(isa, job, weight, &Strides::backward(geometry)).ok_or(OutOfMemory)?;
        T::gather(isa, job, dy, packed.as_slice(), dx, &part_finish);
    }
    if apart {
        activate_in_place(finish.activation, dx);
    }
    Ok(())
}

/// `dw`: the gradient of the weight from the input and the gradient of the output.
///
/// # Errors
/// [`OutOfMemory`] if there is no room for partial sums.
///
/// # Panics
/// As [`forward`].
pub fn weight_gradient<T: ConvElement>(
    geometry: &Geometry,
    x: &[T],
    dy: &[T],
    dw: &mut [T],
) -> Result<(), OutOfMemory> {
    assert_eq!(
        [x.len(), dw.len(), dy.len()],
        [
            geometry.input_len(),
            geometry.weight_len(),
            geometry.output_len()
        ]
    );
    if geometry.is_product() && !dy.is_empty() {
        let (c, f) = (geometry.channels, geometry.filters);
        let rows = x.len() / c.max(1);
        let views = (
            MatRef::row_major(dy, rows, f),
            MatRef::row_major(x, rows, c),
            MatMut::row_major(dw, f, c),
        );
        if let (Some(dy), Some(x), Some(dw)) = views {
            gemm(dy.t(), x, dw, &Epilogue::default()).expect("sizes that fit");
        }
        return Ok(());
    }
    T::weight_gradient(current_isa(), geometry, x, dy, dw).ok_or(OutOfMemory)
}

/// What follows the matrix product that a convolution is, if it is one and a product can be followed by that.
fn as_product<'a, T: ConvElement>(
    geometry: &Geometry,
    finish: &Finish<'a, T>,
) -> Option<Epilogue<'a, T>> {
    let simple = finish.scale.is_none() && finish.residual.is_none();
    (geometry.is_product() && simple).then(|| Epilogue {
        bias: finish.shift,
        activation: finish.activation,
        ..Epilogue::default()
    })
}

/// A convolution of one tap: `to [rows, n] = from [rows, k] · W` with `W` of `out` rows and `inner` columns, transposed
/// or as it lies.
fn product<T: ConvElement>(
    (from, k): (&[T], usize),
    (weight, out, inner, transposed): (&[T], usize, usize, bool),
    (to, n): (&mut [T], usize),
    epilogue: &Epilogue<'_, T>,
) {
    let rows = to.len() / n.max(1);
    let views = (
        MatRef::row_major(from, rows, k),
        MatRef::row_major(weight, out, inner),
        MatMut::row_major(to, rows, n),
    );
    if let (Some(from), Some(weight), Some(to)) = views {
        let weight = if transposed { weight.t() } else { weight };
        gemm(from, weight, to, epilogue).expect("sizes that fit");
    }
}

#[cfg(test)]
mod tests;
