//! The micro-kernel for each instruction set.

use super::pack::{self, Room, Table};
use super::tile::{Add, MOST, Tiles, Write, tiles};
use crate::kernels::cpu::Isa;
use crate::kernels::float::Float;
use crate::kernels::simd::Portable;
#[cfg(target_arch = "x86_64")]
use crate::kernels::simd::avx2::{Avx2F32, Avx2F64};
#[cfg(target_arch = "x86_64")]
use crate::kernels::simd::avx512::{Avx512F32, Avx512F64};

/// The kernels of an element type, which run with those of `isa`, which the processor has; the seal of
/// [`Element`](super::Element).
pub trait Kernels: Sized {
    /// Strips of the rows of `x` less `origin`.
    fn pack_rows<I: Float>(isa: Isa, x: &[I], origin: &[f64], room: &mut Room<'_, Self>);
    /// Groups of columns, and strips of them if there is room for some.
    fn pack_groups<I: Float>(
        isa: Isa,
        table: &Table<'_, I>,
        strips: Option<&mut Room<'_, Self>>,
        groups: &mut [Self],
    );
    /// The tiles of a product.
    fn product(isa: Isa, p: &Tiles<'_, Self>, bias: &[Self], out: &mut [Self], pitch: usize);
    /// The same, added up in 64 bits.
    fn add_product(isa: Isa, p: &Tiles<'_, Self>, sums: &mut [f64], pitch: usize);
}

/// Registers of a tile where there are 16 of them: 8 sums, 2 operands.
const FEW: usize = 2;

macro_rules! family {
    ($s:ty, $t:ty, $vectors:expr, $module:ident $(, $feature:expr)?) => {
        mod $module {
            use super::*;

            /// # Safety
            /// The processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn pack_rows<I: Float>(x: &[I], origin: &[f64], room: &mut Room<'_, $t>) {
                // SAFETY: by the contract of this function.
                unsafe { pack::rows::<$s, I>(x, origin, room) }
            }

            /// # Safety
            /// The processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn pack_groups<I: Float>(
                table: &Table<'_, I>,
                strips: Option<&mut Room<'_, $t>>,
                groups: &mut [$t],
            ) {
                // SAFETY: by the contract of this function.
                unsafe { pack::groups::<$s, I>(table, strips, groups) }
            }

            /// # Safety
            /// The processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn product(p: &Tiles<'_, $t>, f: &mut Write<'_, $t>) {
                // SAFETY: by the contract of this function.
                unsafe { tiles::<$s>(p, $vectors, f) }
            }

            /// # Safety
            /// The processor has the features.
            $(#[target_feature(enable = $feature)])?
            pub(super) unsafe fn add_product(p: &Tiles<'_, $t>, f: &mut Add<'_>) {
                // SAFETY: by the contract of this function.
                unsafe { tiles::<$s>(p, $vectors, f) }
            }
        }
    };
}

family!(Portable<f32>, f32, FEW, portable_f32);
family!(Portable<f64>, f64, FEW, portable_f64);
#[cfg(target_arch = "x86_64")]
family!(Avx2F32, f32, FEW, avx2_f32, "avx2,fma");
#[cfg(target_arch = "x86_64")]
family!(Avx2F64, f64, FEW, avx2_f64, "avx2,fma");
#[cfg(target_arch = "x86_64")]
family!(
    Avx512F32,
    f32,
    MOST,
    avx512_f32,
    "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
);
#[cfg(target_arch = "x86_64")]
family!(
    Avx512F64,
    f64,
    MOST,
    avx512_f64,
    "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"
);

macro_rules! kernels {
    ($t:ty, $avx512:ident, $avx2:ident, $portable:ident) => {
        impl Kernels for $t {
            fn pack_rows<I: Float>(isa: Isa, x: &[I], origin: &[f64], room: &mut Room<'_, $t>) {
                // SAFETY: the processor has `isa`.
                unsafe {
                    match isa {
                        #[cfg(target_arch = "x86_64")]
                        Isa::Avx512 => $avx512::pack_rows(x, origin, room),
                        #[cfg(target_arch = "x86_64")]
                        Isa::Avx2Fma => $avx2::pack_rows(x, origin, room),
                        _ => $portable::pack_rows(x, origin, room),
                    }
                }
            }

            fn pack_groups<I: Float>(
                isa: Isa,
                table: &Table<'_, I>,
                strips: Option<&mut Room<'_, $t>>,
                groups: &mut [$t],
            ) {
                // SAFETY: the processor has `isa`.
                unsafe {
                    match isa {
                        #[cfg(target_arch = "x86_64")]
                        Isa::Avx512 => $avx512::pack_groups(table, strips, groups),
                        #[cfg(target_arch = "x86_64")]
                        Isa::Avx2Fma => $avx2::pack_groups(table, strips, groups),
                        _ => $portable::pack_groups(table, strips, groups),
                    }
                }
            }

            fn product(isa: Isa, p: &Tiles<'_, $t>, bias: &[$t], out: &mut [$t], pitch: usize) {
                let mut f = Write { bias, out, pitch };
                // SAFETY: the processor has `isa`.
                unsafe {
                    match isa {
                        #[cfg(target_arch = "x86_64")]
                        Isa::Avx512 => $avx512::product(p, &mut f),
                        #[cfg(target_arch = "x86_64")]
                        Isa::Avx2Fma => $avx2::product(p, &mut f),
                        _ => $portable::product(p, &mut f),
                    }
                }
            }

            fn add_product(isa: Isa, p: &Tiles<'_, $t>, sums: &mut [f64], pitch: usize) {
                let mut f = Add { sums, pitch };
                // SAFETY: the processor has `isa`.
                unsafe {
                    match isa {
                        #[cfg(target_arch = "x86_64")]
                        Isa::Avx512 => $avx512::add_product(p, &mut f),
                        #[cfg(target_arch = "x86_64")]
                        Isa::Avx2Fma => $avx2::add_product(p, &mut f),
                        _ => $portable::add_product(p, &mut f),
                    }
                }
            }
        }
    };
}

kernels!(f32, avx512_f32, avx2_f32, portable_f32);
kernels!(f64, avx512_f64, avx2_f64, portable_f64);
