//! The vector operations that the micro-kernels are written in, and the portable form of them.

#[cfg(target_arch = "x86_64")]
pub(in crate::kernels) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(in crate::kernels) mod avx512;

use crate::kernels::float::Float;

/// A vector of `LANES` numbers and the instructions on it.
///
/// # Safety
/// All functions are `unsafe` because they may need processor features, and pointers valid for the lanes they touch.
/// They are `#[inline(always)]`, so that they take on the features of the function they are used in.
pub(in crate::kernels) trait Simd: Copy + 'static {
    /// The number type.
    type T: Float;
    /// The register.
    type V: Copy;
    /// Numbers in a register.
    const LANES: usize;

    /// All lanes zero.
    unsafe fn zero() -> Self::V;
    /// All lanes `x`.
    unsafe fn splat(x: Self::T) -> Self::V;
    /// `LANES` numbers from `p`.
    unsafe fn load(p: *const Self::T) -> Self::V;
    /// The first `n < LANES` lanes from `p`, zero in the others; reads nothing beyond.
    unsafe fn load_first(p: *const Self::T, n: usize) -> Self::V;
    /// `LANES` numbers to `p`.
    unsafe fn store(p: *mut Self::T, v: Self::V);
    /// The first `n < LANES` lanes to `p`; writes nothing beyond.
    unsafe fn store_first(p: *mut Self::T, n: usize, v: Self::V);
    /// `a * b + c`
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `a + b`
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    /// `x` where `x > 0` or NaN, else 0.
    unsafe fn relu(x: Self::V) -> Self::V;
    /// A bit for each lane, the lowest for the first: whether it is not zero (NaN is not).
    unsafe fn nonzero(x: Self::V) -> u32;
    /// Four numbers.
    type Quad: Copy;
    /// The sums over the lanes of four registers, each always in the same order.
    unsafe fn sum4(a: Self::V, b: Self::V, c: Self::V, d: Self::V) -> Self::Quad;
    /// Writes the first `n <= 4` of four numbers to `p`, or adds them to what is there.
    unsafe fn write4(p: *mut Self::T, n: usize, sums: Self::Quad, accumulate: bool);
    /// Brings the cache line of `p` near; any address is allowed.
    unsafe fn prefetch(p: *const Self::T);

    /// Reads `rows` (at most `LANES`) rows of `LANES` consecutive numbers, `row_stride` apart, and writes them
    /// transposed: column `j` to `dst + j * dst_stride`, `LANES` numbers each (the lanes from `rows` on are zero). Where
    /// columns overlap because `dst_stride` is below `LANES`, the first `dst_stride` numbers of each are its own.
    unsafe fn transpose(
        src: *const Self::T,
        row_stride: usize,
        rows: usize,
        dst: *mut Self::T,
        dst_stride: usize,
    );
}

/// Vectors as small arrays, for the compiler to map to whatever the target has.
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Portable<T>(std::marker::PhantomData<T>);

macro_rules! portable {
    ($t:ty, $lanes:expr) => {
        impl Simd for Portable<$t> {
            type T = $t;
            type V = [$t; $lanes];
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn zero() -> Self::V {
                [0.0; $lanes]
            }
            #[inline(always)]
            unsafe fn splat(x: $t) -> Self::V {
                [x; $lanes]
            }
            #[inline(always)]
            unsafe fn load(p: *const $t) -> Self::V {
                // SAFETY: `p` is valid for `LANES` numbers.
                unsafe { p.cast::<Self::V>().read_unaligned() }
            }
            #[inline(always)]
            unsafe fn load_first(p: *const $t, n: usize) -> Self::V {
                let mut v = [0.0; $lanes];
                for (i, lane) in v.iter_mut().enumerate().take(n) {
                    // SAFETY: `p` is valid for `n` numbers.
                    *lane = unsafe { *p.add(i) };
                }
                v
            }
            #[inline(always)]
            unsafe fn store(p: *mut $t, v: Self::V) {
                // SAFETY: `p` is valid for `LANES` numbers.
                unsafe { p.cast::<Self::V>().write_unaligned(v) }
            }
            #[inline(always)]
            unsafe fn store_first(p: *mut $t, n: usize, v: Self::V) {
                for (i, lane) in v.iter().enumerate().take(n) {
                    // SAFETY: `p` is valid for `n` numbers.
                    unsafe { *p.add(i) = *lane };
                }
            }
            #[inline(always)]
            unsafe fn fma(a: Self::V, b: Self::V, mut c: Self::V) -> Self::V {
                for i in 0..$lanes {
                    // `mul_add` is one instruction on aarch64, a library call on baseline x86-64.
                    c[i] = if cfg!(any(target_arch = "aarch64", target_feature = "fma")) {
                        a[i].mul_add(b[i], c[i])
                    } else {
                        a[i] * b[i] + c[i]
                    };
                }
                c
            }
            #[inline(always)]
            unsafe fn add(a: Self::V, mut b: Self::V) -> Self::V {
                for i in 0..$lanes {
                    b[i] += a[i];
                }
                b
            }
            #[inline(always)]
            unsafe fn relu(mut x: Self::V) -> Self::V {
                for lane in &mut x {
                    *lane = if *lane > 0.0 || lane.is_nan() {
                        *lane
                    } else {
                        0.0
                    };
                }
                x
            }
            #[inline(always)]
            unsafe fn nonzero(x: Self::V) -> u32 {
                let mut bits = 0;
                for i in 0..$lanes {
                    bits |= u32::from(x[i] != 0.0) << i;
                }
                bits
            }
            type Quad = [$t; 4];
            #[inline(always)]
            unsafe fn sum4(a: Self::V, b: Self::V, c: Self::V, d: Self::V) -> [$t; 4] {
                let mut sums = [0.0; 4];
                for (sum, mut v) in sums.iter_mut().zip([a, b, c, d]) {
                    let mut width = $lanes;
                    while width > 1 {
                        width /= 2;
                        for i in 0..width {
                            v[i] += v[i + width];
                        }
                    }
                    *sum = v[0];
                }
                sums
            }
            #[inline(always)]
            unsafe fn write4(p: *mut $t, n: usize, sums: [$t; 4], accumulate: bool) {
                for (i, sum) in sums.iter().enumerate().take(n) {
                    // SAFETY: `p` is valid for `n` numbers.
                    unsafe {
                        let before = if accumulate { *p.add(i) } else { 0.0 };
                        *p.add(i) = before + *sum;
                    }
                }
            }
            #[inline(always)]
            unsafe fn prefetch(_: *const $t) {}
            #[inline(always)]
            unsafe fn transpose(
                src: *const $t,
                row_stride: usize,
                rows: usize,
                dst: *mut $t,
                dst_stride: usize,
            ) {
                for j in 0..$lanes {
                    for i in 0..$lanes {
                        // SAFETY: `rows` rows of `LANES` numbers are readable, `LANES` columns writable.
                        unsafe {
                            let x = if i < rows {
                                *src.add(i * row_stride + j)
                            } else {
                                0.0
                            };
                            *dst.add(j * dst_stride + i) = x;
                        }
                    }
                }
            }
        }
    };
}

portable!(f32, 4);
portable!(f64, 2);
