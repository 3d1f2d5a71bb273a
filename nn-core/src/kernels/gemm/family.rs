//! The micro-kernels of each instruction set, instantiated, and their parameters.

use super::dots::{Dots, dots};
use super::pack::copy_rows;
use super::panel::{Panel, PanelFn, panel};
use super::row::{Finish, RowTimes, finish, row_times};
#[cfg(target_arch = "x86_64")]
use crate::kernels::simd::avx2::{Avx2F32, Avx2F64};
#[cfg(target_arch = "x86_64")]
use crate::kernels::simd::avx512::{Avx512F32, Avx512F64};
use crate::kernels::simd::{Portable, Simd};

/// The micro-kernels for one instruction set and element type.
pub(super) trait Family: Simd {
    /// The most rows of a panel.
    const MR: usize;
    /// Kernels by number of rows less one, for an `A` whose rows are contiguous in `k`.
    const ROWS: &'static [PanelFn<Self::T>];
    /// The same for an `A` that is contiguous across rows (packed, or transposed as it lies).
    const COLUMNS: &'static [PanelFn<Self::T>];

    /// Runs [`dots`].
    ///
    /// # Safety
    /// As there; the processor has the instruction set.
    unsafe fn dots(p: &Dots<Self::T>);

    /// Runs [`row_times`].
    ///
    /// # Safety
    /// As there; the processor has the instruction set.
    unsafe fn row_times(p: &RowTimes<Self::T>);

    /// Runs [`finish`].
    ///
    /// # Safety
    /// As there; the processor has the instruction set.
    unsafe fn finish(p: &Finish<Self::T>);

    /// Runs [`copy_rows`].
    ///
    /// # Safety
    /// As there; the processor has the instruction set.
    unsafe fn copy_rows(
        src: *const Self::T,
        size: (usize, usize),
        k_stride: usize,
        dst: *mut Self::T,
        width: usize,
    );

    /// Transposes like [`Simd::transpose`], compiled for the instruction set.
    ///
    /// # Safety
    /// As there; the processor has the instruction set.
    unsafe fn transpose_block(
        src: *const Self::T,
        row_stride: usize,
        rows: usize,
        dst: *mut Self::T,
        dst_stride: usize,
    );
}

macro_rules! family {
    ($s:ty, $t:ty, $mr:expr, [$($m:expr),*], $dot_rows:expr, $module:ident $(, $feature:expr)?) => {
        mod $module {
            use super::*;

            /// # Safety
            /// As `panel`; the processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn kernel<const ROWS: bool, const MR: usize>(p: &Panel<$t>) {
                // SAFETY: by the contract of this function.
                unsafe { panel::<$s, ROWS, MR>(p) }
            }

            /// # Safety
            /// As `dots`; the processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn all_dots(p: &Dots<$t>) {
                // SAFETY: by the contract of this function.
                unsafe { dots::<$s, $dot_rows>(p) }
            }

            /// # Safety
            /// As `row_times`; the processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn row(p: &RowTimes<$t>) {
                // SAFETY: by the contract of this function.
                unsafe { row_times::<$s>(p) }
            }

            /// # Safety
            /// As `finish`; the processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn finish_row(p: &Finish<$t>) {
                // SAFETY: by the contract of this function.
                unsafe { finish::<$s>(p) }
            }

            /// # Safety
            /// As `copy_rows`; the processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn copy(
                src: *const $t,
                size: (usize, usize),
                k_stride: usize,
                dst: *mut $t,
                width: usize,
            ) {
                // SAFETY: by the contract of this function.
                unsafe {
                    if size.1 == 2 * <$s>::LANES {
                        copy_rows::<$s>(src, (size.0, 2 * <$s>::LANES), k_stride, dst, width)
                    } else {
                        copy_rows::<$s>(src, size, k_stride, dst, width)
                    }
                }
            }

            /// # Safety
            /// As `Simd::transpose`; the processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn transpose(
                src: *const $t,
                row_stride: usize,
                rows: usize,
                dst: *mut $t,
                dst_stride: usize,
            ) {
                // SAFETY: by the contract of this function.
                unsafe {
                    // The usual heights are constants, so that no row has to be asked for.
                    match rows {
                        16 if <$s>::LANES == 16 => <$s>::transpose(src, row_stride, 16, dst, dst_stride),
                        12 => <$s>::transpose(src, row_stride, 12, dst, dst_stride),
                        11 => <$s>::transpose(src, row_stride, 11, dst, dst_stride),
                        8 => <$s>::transpose(src, row_stride, 8, dst, dst_stride),
                        4 => <$s>::transpose(src, row_stride, 4, dst, dst_stride),
                        _ => <$s>::transpose(src, row_stride, rows, dst, dst_stride),
                    }
                }
            }
        }

        impl Family for $s {
            const MR: usize = $mr;
            const ROWS: &'static [PanelFn<$t>] = &[$($module::kernel::<true, $m>),*];
            const COLUMNS: &'static [PanelFn<$t>] = &[$($module::kernel::<false, $m>),*];

            unsafe fn dots(p: &Dots<$t>) {
                // SAFETY: by the contract of this function.
                unsafe { $module::all_dots(p) }
            }

            unsafe fn row_times(p: &RowTimes<$t>) {
                // SAFETY: by the contract of this function.
                unsafe { $module::row(p) }
            }

            unsafe fn finish(p: &Finish<$t>) {
                // SAFETY: by the contract of this function.
                unsafe { $module::finish_row(p) }
            }

            unsafe fn copy_rows(
                src: *const $t,
                size: (usize, usize),
                k_stride: usize,
                dst: *mut $t,
                width: usize,
            ) {
                // SAFETY: by the contract of this function.
                unsafe { $module::copy(src, size, k_stride, dst, width) }
            }

            #[inline(always)]
            unsafe fn transpose_block(
                src: *const $t,
                row_stride: usize,
                rows: usize,
                dst: *mut $t,
                dst_stride: usize,
            ) {
                // SAFETY: by the contract of this function.
                unsafe { $module::transpose(src, row_stride, rows, dst, dst_stride) }
            }
        }
    };
}

family!(Portable<f32>, f32, 4, [1, 2, 3, 4], 2, portable_f32);
family!(Portable<f64>, f64, 4, [1, 2, 3, 4], 2, portable_f64);
#[cfg(target_arch = "x86_64")]
family!(Avx2F32, f32, 6, [1, 2, 3, 4, 5, 6], 3, avx2_f32, "avx2,fma");
#[cfg(target_arch = "x86_64")]
family!(Avx2F64, f64, 6, [1, 2, 3, 4, 5, 6], 3, avx2_f64, "avx2,fma");
#[cfg(target_arch = "x86_64")]
family!(
    Avx512F32,
    f32,
    12,
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    6,
    avx512_f32,
    "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
);
#[cfg(target_arch = "x86_64")]
family!(
    Avx512F64,
    f64,
    12,
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    6,
    avx512_f64,
    "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
);
