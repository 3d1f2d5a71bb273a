//! Matrix products `C = activation(A·B + [C] + [bias])` of any layout, without copies to transpose.
//!
//! - `panel` is the micro-kernel: a few rows of `C`, tile by tile in registers; it reads `A` and `B` packed or as
//!   they lie.
//! - `pack` copies (and transposes in registers) a block of an operand into the order in which `panel` reads it.
//! - `driver` cuts a product into blocks for the caches and into tasks for the threads.
//! - `family` instantiates the kernels for each instruction set.
//!
//! Threads split the output only, and each output element is summed in an order that depends on the shapes and strides
//! only, so the result has the same bits for every number of threads.

mod batched;
mod blocks;
#[expect(
    clippy::needless_range_loop,
    reason = "register tiles are indexed by constants"
)]
mod dots;
mod driver;
mod family;
mod pack;
#[expect(
    clippy::needless_range_loop,
    reason = "register tiles are indexed by constants"
)]
mod panel;
mod product;
mod row;
mod view;

pub use batched::{Batch, BatchError, gemm_batched};
pub use view::{Epilogue, MatMut, MatRef, Precision, ShapeMismatch};

use crate::kernels::cpu::{self, Isa};
use crate::kernels::float::Float;
use product::Product;

mod sealed {
    use super::{Isa, Product};

    pub trait Kernels: Sized {
        /// Runs the products with the kernels of `isa`, which the processor has.
        fn run(products: &Products<'_, Self>, isa: Isa);
    }

    /// One product, or many of the same shape: item `i` at `offsets(i)` elements from the first.
    pub struct Products<'a, T> {
        pub(in super::super) first: Product<T>,
        pub(in super::super) count: usize,
        pub(in super::super) offsets: &'a (dyn Fn(usize) -> [usize; 3] + Sync),
    }
}

/// The element types of products: `f32` and `f64`.
pub trait GemmElement: Float + sealed::Kernels {}

impl GemmElement for f32 {}
impl GemmElement for f64 {}

macro_rules! kernels {
    ($t:ty, $avx512:ident, $avx2:ident) => {
        impl sealed::Kernels for $t {
            fn run(products: &sealed::Products<'_, $t>, isa: Isa) {
                // SAFETY: the processor has `isa`, and the pointers come from checked views.
                unsafe {
                    match isa {
                        #[cfg(target_arch = "x86_64")]
                        Isa::Avx512 => {
                            driver::run::<crate::kernels::simd::avx512::$avx512>(products)
                        }
                        #[cfg(target_arch = "x86_64")]
                        Isa::Avx2Fma => driver::run::<crate::kernels::simd::avx2::$avx2>(products),
                        _ => driver::run::<crate::kernels::simd::Portable<$t>>(products),
                    }
                }
            }
        }
    };
}

kernels!(f32, Avx512F32, Avx2F32);
kernels!(f64, Avx512F64, Avx2F64);

/// `C = activation(A·B + [C] + [bias])`
///
/// # Shapes
/// `A` `[m, k]`, `B` `[k, n]`, `C` `[m, n]`, bias `[n]`. Any of them may be 0; with `k = 0` the product is zero.
///
/// # Errors
/// [`ShapeMismatch`] if the shapes do not fit; `C` is then untouched.
///
/// ```
/// use nn_core::kernels::gemm::{gemm, Epilogue, MatMut, MatRef};
/// // x [2, 3] times the transpose of w [2, 3], as a linear layer does.
/// let x = [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0];
/// let w = [1.0f32, 0.0, 0.0, 0.0, 1.0, 1.0];
/// let mut y = [0.0f32; 4];
/// let epilogue = Epilogue { bias: Some(&[10.0, 20.0]), ..Epilogue::default() };
/// gemm(
///     MatRef::row_major(&x, 2, 3).unwrap(),
///     MatRef::row_major(&w, 2, 3).unwrap().t(),
///     MatMut::row_major(&mut y, 2, 2).unwrap(),
///     &epilogue,
/// )
/// .unwrap();
/// assert_eq!(y, [11.0, 25.0, 14.0, 31.0]);
/// ```
pub fn gemm<T: GemmElement>(
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: MatMut<'_, T>,
    epilogue: &Epilogue<'_, T>,
) -> Result<(), ShapeMismatch> {
    gemm_in(Precision::F32, a, b, c, epilogue)
}

/// [`gemm`] with the arithmetic named.
///
/// # Errors
/// As [`gemm`].
pub fn gemm_in<T: GemmElement>(
    precision: Precision,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: MatMut<'_, T>,
    epilogue: &Epilogue<'_, T>,
) -> Result<(), ShapeMismatch> {
    match precision {
        Precision::F32 => gemm_with_isa(cpu::isa(), a, b, c, epilogue),
    }
}

/// [`gemm`] with the kernels of an instruction set, which the processor has.
fn gemm_with_isa<T: GemmElement>(
    isa: Isa,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: MatMut<'_, T>,
    epilogue: &Epilogue<'_, T>,
) -> Result<(), ShapeMismatch> {
    let first = Product::new(&a, &b, c, epilogue, isa)?;
    T::run(
        &sealed::Products {
            first,
            count: 1,
            offsets: &|_| [0; 3],
        },
        isa,
    );
    Ok(())
}

#[cfg(test)]
mod tests;
