//! `f64` elementary functions: the standard library's, and erf from own polynomials.
//!
//! `f64` is the type of gradient checks, where accuracy counts and speed does not.

use super::Lanes;

/// (erf(x) / x) − 1 on |x| < 1 as a polynomial in x², highest power first.
const ERF_SMALL: [f64; 13] = [
    5.957176147748911e-11,
    -1.1372848856791674e-9,
    1.4659775274047436e-8,
    -1.6350312701054695e-7,
    1.6461000484121368e-6,
    -1.4925595266831182e-5,
    0.0001205533111164271,
    -0.000854832698083379,
    0.0052239776248180145,
    -0.026866170645076792,
    0.11283791670954879,
    -0.3761263890318375,
    0.1283791670955126,
];

/// (x + 2) e^(x²) erfc(x) for 0.5 ≤ x ≤ 27.3 as a polynomial in (x − 2)/(x + 2).
const ERFC_LARGE: [f64; 22] = [
    -1.4796362584827313e-8,
    2.4016292999062783e-7,
    -1.9356477727570675e-7,
    -9.263858015542679e-7,
    -1.8649540266173186e-8,
    2.2559273669884996e-6,
    3.6086777807556077e-6,
    -1.2304405886808334e-6,
    -1.6096295888261297e-5,
    -2.1669397852732982e-5,
    3.4141373214767166e-5,
    0.00014446640038162886,
    3.437270144924428e-5,
    -0.0006630730636649386,
    -0.0008372961822750779,
    0.0030906120324887374,
    0.006479185073725914,
    -0.021510661888631367,
    -0.03644223150701216,
    0.27947209255604366,
    -0.6871606844138097,
    1.021582705242023,
];

fn polynomial(x: f64, coefficients: &[f64]) -> f64 {
    coefficients.iter().fold(0.0, |sum, &c| sum * x + c)
}

/// erf on |x| < 1.
fn erf_small(x: f64) -> f64 {
    x + x * polynomial(x * x, &ERF_SMALL)
}

/// erfc for x ≥ 0.5.
fn erfc_large(x: f64) -> f64 {
    let x = x.min(28.0);
    // x² as a sum of two numbers: the first has few enough bits to be squared exactly.
    let high = f64::from_bits(x.to_bits() & !0x0fff_ffff);
    let low = (x - high) * (x + high);
    let e = (-high * high).exp() * (-low).exp();
    e * polynomial((x - 2.0) / (x + 2.0), &ERFC_LARGE) / (x + 2.0)
}

/// Gauss error function.
fn erf(x: f64) -> f64 {
    if x.abs() < 1.0 {
        erf_small(x)
    } else if x.is_nan() {
        x
    } else {
        (1.0 - erfc_large(x.abs())).copysign(x)
    }
}

/// 1 − erf(x), accurate where erf(x) is near 1.
fn erfc(x: f64) -> f64 {
    if x.is_nan() {
        x
    } else if x >= 0.5 {
        erfc_large(x)
    } else if x > -1.0 {
        1.0 - erf_small(x)
    } else {
        2.0 - erfc_large(-x)
    }
}

impl Lanes for f64 {
    const WIDTH: usize = 1;
    type Key = i64;

    #[inline(always)]
    fn lane_key(self) -> i64 {
        let bits = self.to_bits() as i64;
        // Of two negative numbers the one with the larger bits is smaller.
        let key = bits ^ ((bits >> 63) & i64::MAX);
        if self.is_nan() { i64::MAX } else { key }
    }
    #[inline(always)]
    fn lane_from_key(key: i64) -> Self {
        f64::from_bits((key ^ ((key >> 63) & i64::MAX)) as u64)
    }

    #[inline(always)]
    fn lane_fma<const FMA: bool>(self, b: Self, c: Self) -> Self {
        if FMA {
            self.mul_add(b, c)
        } else {
            self * b + c
        }
    }
    #[inline(always)]
    fn lane_exp<const FMA: bool>(self) -> Self {
        self.exp()
    }
    #[inline(always)]
    fn lane_expm1<const FMA: bool>(self) -> Self {
        self.exp_m1()
    }
    #[inline(always)]
    fn lane_ln<const FMA: bool>(self) -> Self {
        self.ln()
    }
    #[inline(always)]
    fn lane_log1p<const FMA: bool>(self) -> Self {
        self.ln_1p()
    }
    #[inline(always)]
    fn lane_tanh<const FMA: bool>(self) -> Self {
        self.tanh()
    }
    #[inline(always)]
    fn lane_sigmoid<const FMA: bool>(self) -> Self {
        let e = (-self.abs()).exp();
        (if self < 0.0 { e } else { 1.0 }) / (1.0 + e)
    }
    #[inline(always)]
    fn lane_softplus<const FMA: bool>(self) -> Self {
        (if self < 0.0 { 0.0 } else { self }) + (-self.abs()).exp().ln_1p()
    }
    #[inline(always)]
    fn lane_erf<const FMA: bool>(self) -> Self {
        erf(self)
    }
    #[inline(always)]
    fn lane_normal<const FMA: bool>(self) -> (Self, Self) {
        let density = (self * self * -0.5).exp() * 0.398_942_280_401_432_7;
        (0.5 * erfc(-self * std::f64::consts::FRAC_1_SQRT_2), density)
    }
}
