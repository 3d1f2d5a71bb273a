//! The micro-kernels of each instruction set, instantiated.

use super::dots::dots;
use super::products::{Products, products};
use super::tile::{Tile, TileFn, depthwise_tile, tile};
use super::winograd::transform::{self, Ahead, Output, Points};
#[cfg(target_arch = "x86_64")]
use crate::kernels::simd::avx2::Avx2F32;
#[cfg(target_arch = "x86_64")]
use crate::kernels::simd::avx512::Avx512F32;
use crate::kernels::simd::{Portable, Simd};

/// A micro-kernel of the weight gradient for a fixed number of rows and vectors.
pub(super) type ProductsFn<T> = unsafe fn(&Products<T>);

/// A kernel and the number of positions it is for.
pub(super) type ForPositions<K> = (usize, K);

/// The micro-kernels for one instruction set and element type.
pub(super) trait Family: Simd {
    /// For 1, 2 and 3 vectors: the kernels by number of positions, most first, down to 1.
    const TILES: [&'static [ForPositions<TileFn<Self::T>>]; 3];
    /// The most positions of a depthwise tile; what is left over is done one by one.
    const DEPTHWISE: usize;
    /// For 1 and 2 vectors: the kernels by number of rows less one.
    const PRODUCTS: [&'static [ProductsFn<Self::T>]; 2];

    /// Runs [`depthwise_tile`] for [`Family::DEPTHWISE`] positions, or for one.
    ///
    /// # Safety
    /// As there; the processor has the instruction set.
    unsafe fn depthwise(t: &Tile<'_, Self::T>, stride: usize, one: bool);

    /// Runs [`dots`].
    ///
    /// # Safety
    /// As there; the processor has the instruction set.
    unsafe fn dots(t: &Tile<'_, Self::T>, count: usize, filters: usize);

    /// Runs [`transform::input`].
    ///
    /// # Safety
    /// As there; the processor has the instruction set.
    unsafe fn winograd_input(
        to: &Points<Self::T>,
        places: &[*const Self::T; 36],
        ahead: &Ahead<Self::T>,
    );

    /// Runs [`transform::gradient`].
    ///
    /// # Safety
    /// As there; the processor has the instruction set.
    unsafe fn winograd_gradient(to: &Points<Self::T>, places: &[*const Self::T; 16]);

    /// Runs [`transform::output`].
    ///
    /// # Safety
    /// As there; the processor has the instruction set.
    unsafe fn winograd_output(
        from: &Points<Self::T>,
        y: *mut Self::T,
        places: &[usize; 16],
        finish: &Output<Self::T>,
    );

    /// Runs [`transform::weight`].
    ///
    /// # Safety
    /// As there; the processor has the instruction set.
    unsafe fn winograd_weight(to: &Points<Self::T>, taps: *const Self::T);

    /// Runs [`transform::weight_back`].
    ///
    /// # Safety
    /// As there; the processor has the instruction set.
    unsafe fn winograd_weight_back(from: &Points<Self::T>, taps: *mut Self::T);
}

macro_rules! family {
    ($s:ty, $t:ty, [$($m1:expr),*], [$($m2:expr),*], [$($m3:expr),*], $depthwise:expr, [$($rows:expr),*],
     $module:ident $(, $feature:expr)?) => {
        mod $module {
            use super::*;

            /// # Safety
            /// As `tile`; the processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn kernel<const MR: usize, const NV: usize>(t: &Tile<'_, $t>) {
                // SAFETY: by the contract of this function.
                unsafe { tile::<$s, MR, NV>(t) }
            }

            /// # Safety
            /// As `depthwise_tile`; the processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn depthwise(t: &Tile<'_, $t>, stride: usize, one: bool) {
                // SAFETY: by the contract of this function.
                unsafe {
                    match (one, t.tail < <$s>::LANES) {
                        (false, false) => depthwise_tile::<$s, $depthwise, false>(t, stride),
                        (false, true) => depthwise_tile::<$s, $depthwise, true>(t, stride),
                        (true, false) => depthwise_tile::<$s, 1, false>(t, stride),
                        (true, true) => depthwise_tile::<$s, 1, true>(t, stride),
                    }
                }
            }

            /// # Safety
            /// As `dots`; the processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn all_dots(t: &Tile<'_, $t>, count: usize, filters: usize) {
                // SAFETY: by the contract of this function.
                unsafe { dots::<$s>(t, count, filters) }
            }

            /// # Safety
            /// As `transform::input`; the processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn input(to: &Points<$t>, places: &[*const $t; 36], ahead: &Ahead<$t>) {
                // SAFETY: by the contract of this function.
                unsafe { transform::input::<$s>(to, places, ahead) }
            }

            /// # Safety
            /// As `transform::gradient`; the processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn gradient(to: &Points<$t>, places: &[*const $t; 16]) {
                // SAFETY: by the contract of this function.
                unsafe { transform::gradient::<$s>(to, places) }
            }

            /// # Safety
            /// As `transform::output`; the processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn output(from: &Points<$t>, y: *mut $t, places: &[usize; 16], finish: &Output<$t>) {
                // SAFETY: by the contract of this function.
                unsafe { transform::output::<$s>(from, y, places, finish) }
            }

            /// # Safety
            /// As `transform::weight`; the processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn weight(to: &Points<$t>, taps: *const $t) {
                // SAFETY: by the contract of this function.
                unsafe { transform::weight::<$s>(to, taps) }
            }

            /// # Safety
            /// As `transform::weight_back`; the processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn weight_back(from: &Points<$t>, taps: *mut $t) {
                // SAFETY: by the contract of this function.
                unsafe { transform::weight_back::<$s>(from, taps) }
            }

            /// # Safety
            /// As `products`; the processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn rows<const MR: usize, const NV: usize>(p: &Products<$t>) {
                // SAFETY: by the contract of this function.
                unsafe { products::<$s, MR, NV>(p) }
            }
        }

        impl Family for $s {
            const TILES: [&'static [ForPositions<TileFn<$t>>]; 3] = [
                &[$(($m1, $module::kernel::<$m1, 1>)),*],
                &[$(($m2, $module::kernel::<$m2, 2>)),*],
                &[$(($m3, $module::kernel::<$m3, 3>)),*],
            ];
            const DEPTHWISE: usize = $depthwise;
            const PRODUCTS: [&'static [ProductsFn<$t>]; 2] = [
                &[$($module::rows::<$rows, 1>),*],
                &[$($module::rows::<$rows, 2>),*],
            ];

            #[inline(always)]
            unsafe fn depthwise(t: &Tile<'_, $t>, stride: usize, one: bool) {
                // SAFETY: by the contract of this function.
                unsafe { $module::depthwise(t, stride, one) }
            }

            #[inline(always)]
            unsafe fn winograd_input(to: &Points<$t>, places: &[*const $t; 36], ahead: &Ahead<$t>) {
                // SAFETY: by the contract of this function.
                unsafe { $module::input(to, places, ahead) }
            }

            #[inline(always)]
            unsafe fn dots(t: &Tile<'_, $t>, count: usize, filters: usize) {
                // SAFETY: by the contract of this function.
                unsafe { $module::all_dots(t, count, filters) }
            }

            #[inline(always)]
            unsafe fn winograd_gradient(to: &Points<$t>, places: &[*const $t; 16]) {
                // SAFETY: by the contract of this function.
                unsafe { $module::gradient(to, places) }
            }

            #[inline(always)]
            unsafe fn winograd_output(from: &Points<$t>, y: *mut $t, places: &[usize; 16], finish: &Output<$t>) {
                // SAFETY: by the contract of this function.
                unsafe { $module::output(from, y, places, finish) }
            }

            #[inline(always)]
            unsafe fn winograd_weight(to: &Points<$t>, taps: *const $t) {
                // SAFETY: by the contract of this function.
                unsafe { $module::weight(to, taps) }
            }

            #[inline(always)]
            unsafe fn winograd_weight_back(from: &Points<$t>, taps: *mut $t) {
                // SAFETY: by the contract of this function.
                unsafe { $module::weight_back(from, taps) }
            }
        }
    };
}

family!(
    Portable<f32>,
    f32,
    [4, 1],
    [4, 1],
    [2, 1],
    4,
    [1, 2, 3, 4],
    portable_f32
);
family!(
    Portable<f64>,
    f64,
    [4, 1],
    [4, 1],
    [2, 1],
    4,
    [1, 2, 3, 4],
    portable_f64
);
#[cfg(target_arch = "x86_64")]
family!(
    Avx2F32,
    f32,
    [8, 4, 2, 1],
    [6, 4, 2, 1],
    [4, 2, 1],
    8,
    [1, 2, 3, 4, 5, 6],
    avx2_f32,
    "avx2,fma"
);
#[cfg(target_arch = "x86_64")]
family!(
    Avx512F32,
    f32,
    [16, 8, 4, 2, 1],
    [12, 8, 4, 2, 1],
    [8, 4, 2, 1],
    8,
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    avx512_f32,
    "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
);
