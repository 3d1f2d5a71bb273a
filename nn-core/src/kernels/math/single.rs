//! `f32` elementary functions.
//!
//! The polynomials were fitted by interpolation at Chebyshev nodes with 60-digit arithmetic;
//! the argument reductions are the classic ones (Cody & Waite, *Software Manual for the
//! Elementary Functions*, 1980).

use super::Lanes;

const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// ln 2 in two parts; the first has 9 significant bits, so n·LN2_HI is exact for |n| < 2¹⁵.
const LN2_HI: f32 = 355.0 / 512.0;
const LN2_LO: f32 = -2.121_944_4e-4;
/// 1.5·2²³: adding it rounds a small number to an integer, held in the low mantissa bits.
const ROUND: f32 = 12_582_912.0;
const FRAC_1_SQRT_2PI: f32 = 0.398_942_3;

#[inline(always)]
fn fma<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// Horner's rule, coefficients from the highest power down.
#[inline(always)]
fn polynomial<const FMA: bool, const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    let mut sum = coefficients[0];
    let mut i = 1;
    while i < N {
        sum = fma::<FMA>(sum, x, coefficients[i]);
        i += 1;
    }
    sum
}

/// 2ⁿ for −126 ≤ n ≤ 127.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n + 127) << 23) as u32)
}

/// x = n·ln 2 + r with |r| ≤ ln 2 / 2; returns (n, r, (eʳ − 1 − r) / r²). Needs |x| < 2¹⁵.
#[inline(always)]
fn reduce_exp<const FMA: bool>(x: f32) -> (i32, f32, f32) {
    let shifted = fma::<FMA>(x, LOG2_E, ROUND);
    let whole = shifted - ROUND;
    let n = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let r = fma::<FMA>(whole, -LN2_LO, fma::<FMA>(whole, -LN2_HI, x));
    let q = polynomial::<FMA, 6>(
        r,
        [
            1.989_127_9e-4,
            1.393_391e-3,
            8.333_31e-3,
            4.166_646_3e-2,
            0.166_666_67,
            0.5,
        ],
    );
    (n, r, q)
}

/// (clamped to the given bounds) NaN stays NaN.
#[inline(always)]
fn clamp(x: f32, low: f32, high: f32) -> f32 {
    let x = if x > high { high } else { x };
    if x < low { low } else { x }
}

#[inline(always)]
fn exp<const FMA: bool>(x: f32) -> f32 {
    let (n, r, q) = reduce_exp::<FMA>(clamp(x, -104.0, 89.0));
    let y = 1.0 + fma::<FMA>(r * r, q, r);
    // n runs from −150 to 128: two factors keep both in range, and only the second rounds.
    let half = n >> 1;
    y * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// eˣ − 1 for −87 ≤ x ≤ 87, where 2ⁿ is a normal number.
#[inline(always)]
fn expm1_moderate<const FMA: bool>(x: f32) -> f32 {
    let (n, r, q) = reduce_exp::<FMA>(x);
    let scale = power_of_two(n);
    fma::<FMA>(scale, fma::<FMA>(r * r, q, r), scale - 1.0)
}

#[inline(always)]
fn expm1<const FMA: bool>(x: f32) -> f32 {
    let clamped = clamp(x, -40.0, 89.0);
    let (n, r, q) = reduce_exp::<FMA>(clamped);
    // Half the scale, so that n = 128 stays finite until the last product.
    let scale = power_of_two(n.wrapping_sub(1));
    let y = fma::<FMA>(scale, fma::<FMA>(r * r, q, r), scale - 0.5) * 2.0;
    // Keeps −0 and the smallest numbers, for which eˣ − 1 = x.
    if x.abs() < 1e-8 { x } else { y }
}

/// ln(u) + c for a correction c much smaller than 1; u > 0 and finite.
#[inline(always)]
fn ln_positive<const FMA: bool>(u: f32, c: f32) -> f32 {
    let denormal = u < f32::MIN_POSITIVE;
    let u = if denormal { u * 8_388_608.0 } else { u };
    let bias = if denormal { 23.0 } else { 0.0 };
    // Subtracting the bits of √½ makes the mantissa m fall into [√½, √2).
    const SQRT_HALF: i32 = 0x3f35_04f3;
    let offset = (u.to_bits() as i32).wrapping_sub(SQRT_HALF);
    let e = (offset >> 23) as f32 - bias;
    let m = f32::from_bits((offset & 0x007f_ffff).wrapping_add(SQRT_HALF) as u32);
    let f = m - 1.0;
    let p = polynomial::<FMA, 9>(
        f,
        [
            6.971_612e-2,
            -0.114_797_34,
            0.116_854_2,
            -0.124_256_87,
            0.142_490_58,
            -0.166_678_03,
            0.200_007_16,
            -0.249_999_97,
            0.333_333_3,
        ],
    );
    let f2 = f * f;
    let tail = fma::<FMA>(f2 * f, p, fma::<FMA>(e, LN2_LO, c));
    let tail = fma::<FMA>(f2, -0.5, tail);
    fma::<FMA>(e, LN2_HI, f + tail)
}

#[inline(always)]
fn ln<const FMA: bool>(x: f32) -> f32 {
    let y = ln_positive::<FMA>(x, 0.0);
    let y = if x == f32::INFINITY { x } else { y };
    let y = if x == 0.0 { f32::NEG_INFINITY } else { y };
    // Also true for NaN.
    if x >= 0.0 { y } else { f32::NAN }
}

#[inline(always)]
fn log1p<const FMA: bool>(x: f32) -> f32 {
    let u = 1.0 + x;
    // What the sum lost, to first order of ln(u + δ) = ln u + δ/u.
    let lost = if x < 1.0 {
        x - (u - 1.0)
    } else {
        1.0 - (u - x)
    };
    let y = ln_positive::<FMA>(u, lost / u);
    let y = if x == f32::INFINITY { x } else { y };
    let y = if x == -1.0 { f32::NEG_INFINITY } else { y };
    let y = if x.abs() < 1e-8 { x } else { y };
    if x >= -1.0 { y } else { f32::NAN }
}

/// Magnitude of `magnitude`, sign of `sign`.
#[inline(always)]
fn with_sign(magnitude: f32, sign: f32) -> f32 {
    f32::from_bits((magnitude.to_bits() & 0x7fff_ffff) | (sign.to_bits() & 0x8000_0000))
}

#[inline(always)]
fn tanh<const FMA: bool>(x: f32) -> f32 {
    // With t = e^(−2|x|) − 1: tanh|x| = −t / (t + 2), exact to the last bit from 2|x| = 20 on.
    let double = x.abs() * -2.0;
    let t = expm1_moderate::<FMA>(if double < -20.0 { -20.0 } else { double });
    with_sign(t / (t + 2.0), x)
}

#[inline(always)]
fn sigmoid<const FMA: bool>(x: f32) -> f32 {
    let e = exp::<FMA>(-x.abs());
    let numerator = if x < 0.0 { e } else { 1.0 };
    numerator / (1.0 + e)
}

#[inline(always)]
fn softplus<const FMA: bool>(x: f32) -> f32 {
    let e = exp::<FMA>(-x.abs());
    let positive = if x < 0.0 { 0.0 } else { x };
    let u = 1.0 + e;
    let y = positive + ln_positive::<FMA>(u, (e - (u - 1.0)) / u);
    // Below, ln(1 + eˣ) = eˣ to the last bit.
    if x < -17.0 { e } else { y }
}

/// e^x for x ≤ 0, and 0 below −87, where the result would be a denormal number.
#[inline(always)]
fn exp_normal<const FMA: bool>(x: f32) -> f32 {
    let (n, r, q) = reduce_exp::<FMA>(if x < -87.0 { -87.0 } else { x });
    let y = fma::<FMA>(r * r, q, r);
    let scale = if x < -87.0 { 0.0 } else { power_of_two(n) };
    fma::<FMA>(scale, y, scale)
}

/// Normal distribution at −|x|: (probability of a smaller value, e^(−x²/2)), 0 beyond 13.19.
///
/// The probability is e^(−t²/2) R(t), where R falls like 1/t; (t + 4) R(t) is a polynomial in
/// u = (t − 2)/(t + 4), best conditioned where most arguments are.
#[inline(always)]
fn normal_tail<const FMA: bool>(x: f32) -> (f32, f32) {
    let t = x.abs();
    let t = if t > 15.0 { 15.0 } else { t };
    // x² as a sum of two numbers, since an error of one unit in 100 would show in e^(−x²/2).
    let square = t * t;
    let lost = if FMA {
        t.mul_add(t, -square)
    } else {
        let high = f32::from_bits(t.to_bits() & 0xffff_f000);
        let low = t - high;
        (high * high - square) + 2.0 * high * low + low * low
    };
    let e = exp_normal::<FMA>(square * -0.5);
    let e = fma::<FMA>(e * -0.5, lost, e);
    let inverse = 1.0 / (t + 4.0);
    let p = polynomial::<FMA, 10>(
        (t - 2.0) * inverse,
        [
            -1.645_013_9e-3,
            5.635_008_7e-3,
            4.183_879_6e-3,
            -3.481_879e-2,
            1.089_785_2e-2,
            0.206_307_95,
            -0.645_213_4,
            1.095_004_2,
            -1.249_966_1,
            1.008_612,
        ],
    );
    (e * (p * inverse), e)
}

#[inline(always)]
fn normal<const FMA: bool>(x: f32) -> (f32, f32) {
    let (tail, e) = normal_tail::<FMA>(x);
    let below = if x > 0.0 { 1.0 - tail } else { tail };
    (below, e * FRAC_1_SQRT_2PI)
}

#[inline(always)]
fn erf<const FMA: bool>(x: f32) -> f32 {
    let s = x * x;
    let small = polynomial::<FMA, 7>(
        s,
        [
            7.875_875e-5,
            -8.016_864_3e-4,
            5.189_087_2e-3,
            -2.685_421_1e-2,
            0.112_835_94,
            -0.376_126_26,
            0.128_379_17,
        ],
    );
    let small = fma::<FMA>(x, small, x);
    let (tail, _) = normal_tail::<FMA>(x * std::f32::consts::SQRT_2);
    let large = with_sign(1.0 - 2.0 * tail, x);
    if s < 1.0 { small } else { large }
}

impl Lanes for f32 {
    const WIDTH: usize = 16;
    type Key = i32;

    #[inline(always)]
    fn lane_key(self) -> i32 {
        let bits = self.to_bits() as i32;
        // Of two negative numbers the one with the larger bits is smaller.
        let key = bits ^ ((bits >> 31) & i32::MAX);
        if self.is_nan() { i32::MAX } else { key }
    }
    #[inline(always)]
    fn lane_from_key(key: i32) -> Self {
        f32::from_bits((key ^ ((key >> 31) & i32::MAX)) as u32)
    }

    #[inline(always)]
    fn lane_fma<const FMA: bool>(self, b: Self, c: Self) -> Self {
        fma::<FMA>(self, b, c)
    }
    #[inline(always)]
    fn lane_exp<const FMA: bool>(self) -> Self {
        exp::<FMA>(self)
    }
    #[inline(always)]
    fn lane_expm1<const FMA: bool>(self) -> Self {
        expm1::<FMA>(self)
    }
    #[inline(always)]
    fn lane_ln<const FMA: bool>(self) -> Self {
        ln::<FMA>(self)
    }
    #[inline(always)]
    fn lane_log1p<const FMA: bool>(self) -> Self {
        log1p::<FMA>(self)
    }
    #[inline(always)]
    fn lane_tanh<const FMA: bool>(self) -> Self {
        tanh::<FMA>(self)
    }
    #[inline(always)]
    fn lane_sigmoid<const FMA: bool>(self) -> Self {
        sigmoid::<FMA>(self)
    }
    #[inline(always)]
    fn lane_softplus<const FMA: bool>(self) -> Self {
        softplus::<FMA>(self)
    }
    #[inline(always)]
    fn lane_erf<const FMA: bool>(self) -> Self {
        erf::<FMA>(self)
    }
    #[inline(always)]
    fn lane_normal<const FMA: bool>(self) -> (Self, Self) {
        normal::<FMA>(self)
    }
}
