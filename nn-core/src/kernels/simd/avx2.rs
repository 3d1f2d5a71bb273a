//! The vector operations in AVX2 with fused multiply-add.
//!
//! Each function here is inlined into a kernel compiled for the features it needs; that is what makes the intrinsics
//! valid.

use super::Simd;
use std::arch::x86_64::*;

#[derive(Clone, Copy)]
pub(in crate::kernels) struct Avx2F32;
#[derive(Clone, Copy)]
pub(in crate::kernels) struct Avx2F64;

// SAFETY (all blocks below): the caller runs on a processor with the features, and gives pointers valid for the lanes
// touched; masked loads and stores touch only the lanes of the mask.

impl Simd for Avx2F32 {
    type T = f32;
    type V = __m256;
    const LANES: usize = 8;

    #[inline(always)]
    unsafe fn zero() -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_setzero_ps() }
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn load_first(p: *const f32, n: usize) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_maskload_ps(p, lanes8(n)) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: __m256) {
        // SAFETY: see above.
        unsafe { _mm256_storeu_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn store_first(p: *mut f32, n: usize, v: __m256) {
        // SAFETY: see above.
        unsafe { _mm256_maskstore_ps(p, lanes8(n), v) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m256, b: __m256, c: __m256) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn add(a: __m256, b: __m256) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn relu(x: __m256) -> __m256 {
        // SAFETY: see above.
        unsafe { _mm256_max_ps(_mm256_setzero_ps(), x) }
    }
    #[inline(always)]
    unsafe fn nonzero(x: __m256) -> u32 {
        // SAFETY: see above.
        unsafe { _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_NEQ_UQ>(x, _mm256_setzero_ps())) as u32 }
    }
    type Quad = __m128;
    #[inline(always)]
    unsafe fn sum4(a: __m256, b: __m256, c: __m256, d: __m256) -> __m128 {
        // SAFETY: see above.
        unsafe {
            let abcd = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
            _mm_add_ps(
                _mm256_castps256_ps128(abcd),
                _mm256_extractf128_ps::<1>(abcd),
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
            for column in [0, 4] {
                let p = src.add(column);
                let (r0, r1) = (
                    halves(p, row_stride, rows, 0),
                    halves(p, row_stride, rows, 1),
                );
                let (r2, r3) = (
                    halves(p, row_stride, rows, 2),
                    halves(p, row_stride, rows, 3),
                );
                let a = _mm256_castps_pd(_mm256_unpacklo_ps(r0, r1));
                let b = _mm256_castps_pd(_mm256_unpackhi_ps(r0, r1));
                let c = _mm256_castps_pd(_mm256_unpacklo_ps(r2, r3));
                let d = _mm256_castps_pd(_mm256_unpackhi_ps(r2, r3));
                let out = dst.add(column * dst_stride);
                _mm256_storeu_ps(out, _mm256_castpd_ps(_mm256_unpacklo_pd(a, c)));
                _mm256_storeu_ps(
                    out.add(dst_stride),
                    _mm256_castpd_ps(_mm256_unpackhi_pd(a, c)),
                );
                _mm256_storeu_ps(
                    out.add(2 * dst_stride),
                    _mm256_castpd_ps(_mm256_unpacklo_pd(b, d)),
                );
                _mm256_storeu_ps(
                    out.add(3 * dst_stride),
                    _mm256_castpd_ps(_mm256_unpackhi_pd(b, d)),
                );
            }
        }
    }
}

impl Simd for Avx2F64 {
    type T = f64;
    type V = __m256d;
    const LANES: usize = 4;

    #[inline(always)]
    unsafe fn zero() -> __m256d {
        // SAFETY: see above.
        unsafe { _mm256_setzero_pd() }
    }
    #[inline(always)]
    unsafe fn splat(x: f64) -> __m256d {
        // SAFETY: see above.
        unsafe { _mm256_set1_pd(x) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f64) -> __m256d {
        // SAFETY: see above.
        unsafe { _mm256_loadu_pd(p) }
    }
    #[inline(always)]
    unsafe fn load_first(p: *const f64, n: usize) -> __m256d {
        // SAFETY: see above.
        unsafe { _mm256_maskload_pd(p, lanes4(n)) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f64, v: __m256d) {
        // SAFETY: see above.
        unsafe { _mm256_storeu_pd(p, v) }
    }
    #[inline(always)]
    unsafe fn store_first(p: *mut f64, n: usize, v: __m256d) {
        // SAFETY: see above.
        unsafe { _mm256_maskstore_pd(p, lanes4(n), v) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m256d, b: __m256d, c: __m256d) -> __m256d {
        // SAFETY: see above.
        unsafe { _mm256_fmadd_pd(a, b, c) }
    }
    #[inline(always)]
    unsafe fn add(a: __m256d, b: __m256d) -> __m256d {
        // SAFETY: see above.
        unsafe { _mm256_add_pd(a, b) }
    }
    #[inline(always)]
    unsafe fn relu(x: __m256d) -> __m256d {
        // SAFETY: see above.
        unsafe { _mm256_max_pd(_mm256_setzero_pd(), x) }
    }
    #[inline(always)]
    unsafe fn nonzero(x: __m256d) -> u32 {
        // SAFETY: see above.
        unsafe { _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_NEQ_UQ>(x, _mm256_setzero_pd())) as u32 }
    }
    type Quad = __m256d;
    #[inline(always)]
    unsafe fn sum4(a: __m256d, b: __m256d, c: __m256d, d: __m256d) -> __m256d {
        // SAFETY: see above.
        unsafe {
            let (ab, cd) = (_mm256_hadd_pd(a, b), _mm256_hadd_pd(c, d));
            let low = _mm256_permute2f128_pd::<0x20>(ab, cd);
            _mm256_add_pd(low, _mm256_permute2f128_pd::<0x31>(ab, cd))
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
        // SAFETY: see above; rows from `rows` on are not read.
        unsafe {
            let (r0, r1) = (
                four_f64(src, row_stride, rows, 0),
                four_f64(src, row_stride, rows, 1),
            );
            let (r2, r3) = (
                four_f64(src, row_stride, rows, 2),
                four_f64(src, row_stride, rows, 3),
            );
            let a = _mm256_unpacklo_pd(r0, r1);
            let b = _mm256_unpackhi_pd(r0, r1);
            let c = _mm256_unpacklo_pd(r2, r3);
            let d = _mm256_unpackhi_pd(r2, r3);
            _mm256_storeu_pd(dst, _mm256_permute2f128_pd::<0x20>(a, c));
            _mm256_storeu_pd(dst.add(dst_stride), _mm256_permute2f128_pd::<0x20>(b, d));
            _mm256_storeu_pd(
                dst.add(2 * dst_stride),
                _mm256_permute2f128_pd::<0x31>(a, c),
            );
            _mm256_storeu_pd(
                dst.add(3 * dst_stride),
                _mm256_permute2f128_pd::<0x31>(b, d),
            );
        }
    }
}

/// Four numbers from row `r`, or zeros.
#[inline(always)]
pub(in crate::kernels) unsafe fn four(
    p: *const f32,
    row_stride: usize,
    rows: usize,
    r: usize,
) -> __m128 {
    // SAFETY: see above; rows from `rows` on are not read.
    unsafe {
        if r < rows {
            _mm_loadu_ps(p.add(r * row_stride))
        } else {
            _mm_setzero_ps()
        }
    }
}

/// Four numbers from row `r`, or zeros.
#[inline(always)]
unsafe fn four_f64(p: *const f64, row_stride: usize, rows: usize, r: usize) -> __m256d {
    // SAFETY: see above; rows from `rows` on are not read.
    unsafe {
        if r < rows {
            _mm256_loadu_pd(p.add(r * row_stride))
        } else {
            _mm256_setzero_pd()
        }
    }
}

/// Four numbers from each of the rows `i` and `i + 4`.
#[inline(always)]
unsafe fn halves(p: *const f32, row_stride: usize, rows: usize, i: usize) -> __m256 {
    // SAFETY: see above; rows from `rows` on are not read.
    unsafe {
        let v = _mm256_zextps128_ps256(four(p, row_stride, rows, i));
        _mm256_insertf128_ps::<1>(v, four(p, row_stride, rows, i + 4))
    }
}

#[inline(always)]
unsafe fn lanes8(n: usize) -> __m256i {
    // SAFETY: see above.
    unsafe {
        _mm256_cmpgt_epi32(
            _mm256_set1_epi32(n as i32),
            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
        )
    }
}

#[inline(always)]
unsafe fn lanes4(n: usize) -> __m256i {
    // SAFETY: see above.
    unsafe { _mm256_cmpgt_epi64(_mm256_set1_epi64x(n as i64), _mm256_setr_epi64x(0, 1, 2, 3)) }
}

#[inline(always)]
pub(in crate::kernels) unsafe fn write4_f32(
    p: *mut f32,
    n: usize,
    mut sums: __m128,
    accumulate: bool,
) {
    // SAFETY: see above.
    unsafe {
        if n == 4 {
            if accumulate {
                sums = _mm_add_ps(_mm_loadu_ps(p), sums);
            }
            _mm_storeu_ps(p, sums);
        } else {
            let lanes = _mm_cmpgt_epi32(_mm_set1_epi32(n as i32), _mm_setr_epi32(0, 1, 2, 3));
            if accumulate {
                sums = _mm_add_ps(_mm_maskload_ps(p, lanes), sums);
            }
            _mm_maskstore_ps(p, lanes, sums);
        }
    }
}

#[inline(always)]
pub(in crate::kernels) unsafe fn write4_f64(
    p: *mut f64,
    n: usize,
    mut sums: __m256d,
    accumulate: bool,
) {
    // SAFETY: see above.
    unsafe {
        if n == 4 {
            if accumulate {
                sums = _mm256_add_pd(_mm256_loadu_pd(p), sums);
            }
            _mm256_storeu_pd(p, sums);
        } else {
            if accumulate {
                sums = _mm256_add_pd(_mm256_maskload_pd(p, lanes4(n)), sums);
            }
            _mm256_maskstore_pd(p, lanes4(n), sums);
        }
    }
}
