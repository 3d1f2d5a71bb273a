//! The vector operations in AVX-512.
//!
//! Each function here is inlined into a kernel compiled for the features it needs; that is what makes the intrinsics
//! valid.

use super::Simd;
use super::avx2::{Avx2F64, four, write4_f32, write4_f64};
use std::arch::x86_64::*;

#[derive(Clone, Copy)]
pub(in crate::kernels) struct Avx512F32;
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Avx512F64;

// SAFETY (all blocks below): the caller runs on a processor with the features, and gives pointers valid for the lanes
// touched; masked loads and stores touch only the lanes of the mask.

impl Simd for Avx512F32 {
    type T = f32;
    type V = __m512;
    const LANES: usize = 16;

    #[inline(always)]
    unsafe fn zero() -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_setzero_ps() }
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn load_first(p: *const f32, n: usize) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_maskz_loadu_ps(mask16(n), p) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: __m512) {
        // SAFETY: see above.
        unsafe { _mm512_storeu_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn store_first(p: *mut f32, n: usize, v: __m512) {
        // SAFETY: see above.
        unsafe { _mm512_mask_storeu_ps(p, mask16(n), v) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn add(a: __m512, b: __m512) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn relu(x: __m512) -> __m512 {
        // `max(0, x)` is its second operand where one is NaN.
        // SAFETY: see above.
        unsafe { _mm512_max_ps(_mm512_setzero_ps(), x) }
    }
    #[inline(always)]
    unsafe fn nonzero(x: __m512) -> u32 {
        // SAFETY: see above.
        unsafe { u32::from(_mm512_cmp_ps_mask::<_CMP_NEQ_UQ>(x, _mm512_setzero_ps())) }
    }
    type Quad = __m128;
    #[inline(always)]
    unsafe fn sum4(a: __m512, b: __m512, c: __m512, d: __m512) -> __m128 {
        // SAFETY: see above.
        unsafe {
            let ab = _mm512_castps_pd(_mm512_add_ps(
                _mm512_unpacklo_ps(a, b),
                _mm512_unpackhi_ps(a, b),
            ));
            let cd = _mm512_castps_pd(_mm512_add_ps(
                _mm512_unpacklo_ps(c, d),
                _mm512_unpackhi_ps(c, d),
            ));
            let low = _mm512_castpd_ps(_mm512_unpacklo_pd(ab, cd));
            let abcd = _mm512_add_ps(low, _mm512_castpd_ps(_mm512_unpackhi_pd(ab, cd)));
            let half = _mm256_add_ps(
                _mm512_castps512_ps256(abcd),
                _mm512_extractf32x8_ps::<1>(abcd),
            );
            _mm_add_ps(
                _mm256_castps256_ps128(half),
                _mm256_extractf128_ps::<1>(half),
            )
        }
    }
    #[inline(always)]
    unsafe fn write4(p: *mut f32, n: usize, sums: __m128, accumulate: bool) {
        // SAFETY: see above.
        unsafe { write4_f32(p, n, sums, accumulate) }
    }
    #[inline(always)]
    unsafe fn prefetch(p: *const f32) {
        // SAFETY: a prefetch never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(p.cast()) }
    }
    #[inline(always)]
    unsafe fn transpose(
        src: *const f32,
        row_stride: usize,
        rows: usize,
        dst: *mut f32,
        dst_stride: usize,
    ) {
        // SAFETY: see above; rows from `rows` on are not read.
        unsafe {
            for column in [0, 4, 8, 12] {
                let p = src.add(column);
                let r0 = quarters(p, row_stride, rows, 0);
                let r1 = quarters(p, row_stride, rows, 1);
                let r2 = quarters(p, row_stride, rows, 2);
                let r3 = quarters(p, row_stride, rows, 3);
                let a = _mm512_castps_pd(_mm512_unpacklo_ps(r0, r1));
                let b = _mm512_castps_pd(_mm512_unpackhi_ps(r0, r1));
                let c = _mm512_castps_pd(_mm512_unpacklo_ps(r2, r3));
                let d = _mm512_castps_pd(_mm512_unpackhi_ps(r2, r3));
                let out = dst.add(column * dst_stride);
                _mm512_storeu_ps(out, _mm512_castpd_ps(_mm512_unpacklo_pd(a, c)));
                _mm512_storeu_ps(
                    out.add(dst_stride),
                    _mm512_castpd_ps(_mm512_unpackhi_pd(a, c)),
                );
                _mm512_storeu_ps(
                    out.add(2 * dst_stride),
                    _mm512_castpd_ps(_mm512_unpacklo_pd(b, d)),
                );
                _mm512_storeu_ps(
                    out.add(3 * dst_stride),
                    _mm512_castpd_ps(_mm512_unpackhi_pd(b, d)),
                );
            }
        }
    }
}

/// Four numbers from each of the rows `i`, `i + 4`, `i + 8` and `i + 12`, so that only transposes of 4 x 4 are left.
#[inline(always)]
unsafe fn quarters(p: *const f32, row_stride: usize, rows: usize, i: usize) -> __m512 {
    // SAFETY: see above; rows from `rows` on are not read.
    unsafe {
        let v = _mm512_zextps128_ps512(four(p, row_stride, rows, i));
        let v = _mm512_insertf32x4::<1>(v, four(p, row_stride, rows, i + 4));
        let v = _mm512_insertf32x4::<2>(v, four(p, row_stride, rows, i + 8));
        _mm512_insertf32x4::<3>(v, four(p, row_stride, rows, i + 12))
    }
}
impl Simd for Avx512F64 {
    type T = f64;
    type V = __m512d;
    const LANES: usize = 8;

    #[inline(always)]
    unsafe fn zero() -> __m512d {
        // SAFETY: see above.
        unsafe { _mm512_setzero_pd() }
    }
    #[inline(always)]
    unsafe fn splat(x: f64) -> __m512d {
        // SAFETY: see above.
        unsafe { _mm512_set1_pd(x) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f64) -> __m512d {
        // SAFETY: see above.
        unsafe { _mm512_loadu_pd(p) }
    }
    #[inline(always)]
    unsafe fn load_first(p: *const f64, n: usize) -> __m512d {
        // SAFETY: see above.
        unsafe { _mm512_maskz_loadu_pd(mask8(n), p) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f64, v: __m512d) {
        // SAFETY: see above.
        unsafe { _mm512_storeu_pd(p, v) }
    }
    #[inline(always)]
    unsafe fn store_first(p: *mut f64, n: usize, v: __m512d) {
        // SAFETY: see above.
        unsafe { _mm512_mask_storeu_pd(p, mask8(n), v) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m512d, b: __m512d, c: __m512d) -> __m512d {
        // SAFETY: see above.
        unsafe { _mm512_fmadd_pd(a, b, c) }
    }
    #[inline(always)]
    unsafe fn add(a: __m512d, b: __m512d) -> __m512d {
        // SAFETY: see above.
        unsafe { _mm512_add_pd(a, b) }
    }
    #[inline(always)]
    unsafe fn relu(x: __m512d) -> __m512d {
        // SAFETY: see above.
        unsafe { _mm512_max_pd(_mm512_setzero_pd(), x) }
    }
    #[inline(always)]
    unsafe fn nonzero(x: __m512d) -> u32 {
        // SAFETY: see above.
        unsafe { u32::from(_mm512_cmp_pd_mask::<_CMP_NEQ_UQ>(x, _mm512_setzero_pd())) }
    }
    type Quad = __m256d;
    #[inline(always)]
    unsafe fn sum4(a: __m512d, b: __m512d, c: __m512d, d: __m512d) -> __m256d {
        // SAFETY: see above.
        unsafe {
            let a = _mm256_add_pd(_mm512_castpd512_pd256(a), _mm512_extractf64x4_pd::<1>(a));
            let b = _mm256_add_pd(_mm512_castpd512_pd256(b), _mm512_extractf64x4_pd::<1>(b));
            let c = _mm256_add_pd(_mm512_castpd512_pd256(c), _mm512_extractf64x4_pd::<1>(c));
            let d = _mm256_add_pd(_mm512_castpd512_pd256(d), _mm512_extractf64x4_pd::<1>(d));
            Avx2F64::sum4(a, b, c, d)
        }
    }
    #[inline(always)]
    unsafe fn write4(p: *mut f64, n: usize, sums: __m256d, accumulate: bool) {
        // SAFETY: see above.
        unsafe { write4_f64(p, n, sums, accumulate) }
    }
    #[inline(always)]
    unsafe fn prefetch(p: *const f64) {
        // SAFETY: a prefetch never faults.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(p.cast()) }
    }
    #[inline(always)]
    unsafe fn transpose(
        src: *const f64,
        row_stride: usize,
        rows: usize,
        dst: *mut f64,
        dst_stride: usize,
    ) {
        // SAFETY: see above; each half of the block is transposed as AVX2 does it. The upper half comes first: where
        // `dst_stride` is below `LANES` it reaches into the lower half of the next column.
        unsafe {
            for half in [4, 0] {
                let upper = rows.saturating_sub(half).min(4);
                for column in [0, 4] {
                    let from = if upper > 0 {
                        src.add(half * row_stride + column)
                    } else {
                        src
                    };
                    Avx2F64::transpose(
                        from,
                        row_stride,
                        upper,
                        dst.add(column * dst_stride + half),
                        dst_stride,
                    );
                }
            }
        }
    }
}

/// The mask of the first `n < 16` lanes.
#[inline(always)]
fn mask16(n: usize) -> __mmask16 {
    ((1u32 << n) - 1) as __mmask16
}

/// The mask of the first `n < 8` lanes.
#[inline(always)]
fn mask8(n: usize) -> __mmask8 {
    ((1u32 << n) - 1) as __mmask8
}
