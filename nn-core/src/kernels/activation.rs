//! Activation functions and their derivatives over slices.

use serde::{Deserialize, Serialize};

use super::float::Float;
use super::math::map::{in_blocks, map, map_in_place, map2, maps1, maps2};

/// An elementwise activation function y = f(x).
///
/// | variant | f(x) |
/// |---|---|
/// | `Identity` | x |
/// | `Relu` | max(x, 0) |
/// | `LeakyRelu(s)` | x for x > 0, else s·x |
/// | `Sigmoid` | σ(x) = 1 / (1 + e⁻ˣ) |
/// | `Tanh` | tanh x |
/// | `Elu(α)` | x for x > 0, else α (eˣ − 1) |
/// | `Selu` | λ·x for x > 0, else λα (eˣ − 1); λ = 1.0507…, α = 1.6732… (Klambauer et al. 2017) |
/// | `Gelu` | x Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016) |
/// | `GeluTanh` | ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))) |
/// | `Silu` | x σ(x), also called swish |
/// | `Softplus` | ln(1 + eˣ) |
/// | `Softsign` | x / (1 + \|x\|) |
/// | `HardSigmoid` | min(max(x/6 + ½, 0), 1) |
/// | `HardTanh` | min(max(x, −1), 1) |
/// | `HardSwish` | x · min(max(x + 3, 0), 6) / 6 |
///
/// NaN stays NaN in all of them. Definitions and default parameters are PyTorch's.
///
/// ```
/// use nn_core::kernels::activation::{Activation, activate};
/// let mut y = [0.0_f32; 3];
/// activate(Activation::Relu, &[-1.0, 0.5, 2.0], &mut y);
/// assert_eq!(y, [0.0, 0.5, 2.0]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// x.
    #[default]
    Identity,
    /// max(x, 0).
    Relu,
    /// x for x > 0, else slope·x.
    LeakyRelu(f64),
    /// 1 / (1 + e⁻ˣ).
    Sigmoid,
    /// tanh x.
    Tanh,
    /// x for x > 0, else α (eˣ − 1).
    Elu(f64),
    /// Scaled ELU with the self-normalising constants.
    Selu,
    /// x Φ(x), exact.
    Gelu,
    /// x Φ(x), by the tanh approximation.
    GeluTanh,
    /// x / (1 + e⁻ˣ).
    Silu,
    /// ln(1 + eˣ).
    Softplus,
    /// x / (1 + |x|).
    Softsign,
    /// min(max(x/6 + ½, 0), 1).
    HardSigmoid,
    /// min(max(x, −1), 1).
    HardTanh,
    /// x · min(max(x + 3, 0), 6) / 6.
    HardSwish,
}

impl Activation {
    /// Whether the derivative is computed from the input x; otherwise it follows from the output
    /// y = f(x) alone, and the input need not be kept.
    pub fn needs_input(self) -> bool {
        match self {
            Self::Gelu | Self::GeluTanh | Self::Silu | Self::HardSwish => true,
            // With a negative slope the sign of y no longer tells the side of x.
            Self::LeakyRelu(slope) | Self::Elu(slope) => slope.is_nan() || slope < 0.0,
            _ => false,
        }
    }
}

const SELU_SCALE: f64 = 1.050_700_987_355_480_5;
const SELU_ALPHA: f64 = 1.673_263_242_354_377_3;
/// √(2/π)
const SQRT_2_OVER_PI: f64 = 0.797_884_560_802_865_4;
const GELU_CUBIC: f64 = 0.044_715;

#[inline(always)]
fn value<T: Float>(x: f64) -> T {
    T::from_f64(x)
}

/// Below this, x times a vanishing factor is 0 in both types; it keeps −∞ · 0 away.
#[inline(always)]
fn bounded_below<T: Float>(x: T) -> T {
    let low = value(-1000.0);
    if x < low { low } else { x }
}

#[inline(always)]
fn clamp<T: Float>(x: T, low: f64, high: f64) -> T {
    let (low, high) = (value(low), value(high));
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// σ(2u) of the tanh form of GELU and 2 du/dx.
#[inline(always)]
fn gelu_tanh_gate<T: Float, const FMA: bool>(x: T) -> (T, T) {
    let square = x * x;
    let scale: T = value(2.0 * SQRT_2_OVER_PI);
    let inner = square.lane_fma::<FMA>(value(GELU_CUBIC), T::ONE);
    let slope = square.lane_fma::<FMA>(value(3.0 * GELU_CUBIC), T::ONE);
    ((scale * x * inner).lane_sigmoid::<FMA>(), scale * slope)
}

maps1! {
    Relu costly false |x| if x < T::ZERO { T::ZERO } else { x };
    LeakyRelu { slope } costly false |x| if x > T::ZERO { x } else { x * slope };
    Sigmoid costly true |x| x.lane_sigmoid::<FMA>();
    Tanh costly true |x| x.lane_tanh::<FMA>();
    Elu { alpha, scale } costly true |x| {
        let negative = alpha * x.lane_expm1::<FMA>();
        scale * if x > T::ZERO { x } else { negative }
    };
    Gelu costly true |x| {
        let x = bounded_below(x);
        x * x.lane_normal::<FMA>().0
    };
    GeluTanh costly true |x| {
        let x = bounded_below(x);
        x * gelu_tanh_gate::<T, FMA>(x).0
    };
    Silu costly true |x| {
        let x = bounded_below(x);
        x * x.lane_sigmoid::<FMA>()
    };
    Softplus costly true |x| x.lane_softplus::<FMA>();
    Softsign costly false |x| {
        let y = x / (T::ONE + x.abs());
        // ±∞ / ∞
        if x.abs() == T::INFINITY { if x > T::ZERO { T::ONE } else { -T::ONE } } else { y }
    };
    HardSigmoid costly false |x| clamp(x.lane_fma::<FMA>(value(1.0 / 6.0), value(0.5)), 0.0, 1.0);
    HardTanh costly false |x| clamp(x, -1.0, 1.0);
    HardSwish costly false |x| {
        let x = bounded_below(x);
        x * (clamp(x + value(3.0), 0.0, 6.0) * value(1.0 / 6.0))
    };
}

// dx from (saved, dy), where saved is y or, if `needs_input`, x.
maps2! {
    ReluGrad costly false |y, dy| if y <= T::ZERO { T::ZERO } else { dy };
    LeakyReluGrad { slope } costly false |s, dy| if s > T::ZERO { dy } else { dy * slope };
    SigmoidGrad costly false |y, dy| dy * (y * (T::ONE - y));
    TanhGrad costly false |y, dy| dy * (T::ONE - y * y);
    EluGrad { alpha, scale } costly false |y, dy| {
        dy * if y > T::ZERO { scale } else { y + alpha * scale }
    };
    EluGradFromInput { alpha } costly true |x, dy| {
        let negative = alpha * x.lane_exp::<FMA>();
        dy * if x > T::ZERO { T::ONE } else { negative }
    };
    GeluGrad costly true |x, dy| {
        let x = clamp(x, -1000.0, 1000.0);
        let (below, density) = x.lane_normal::<FMA>();
        dy * x.lane_fma::<FMA>(density, below)
    };
    GeluTanhGrad costly true |x, dy| {
        let x = clamp(x, -1000.0, 1000.0);
        let (gate, slope) = gelu_tanh_gate::<T, FMA>(x);
        dy * (x * slope * (T::ONE - gate)).lane_fma::<FMA>(gate, gate)
    };
    SiluGrad costly true |x, dy| {
        let x = clamp(x, -1000.0, 1000.0);
        let gate = x.lane_sigmoid::<FMA>();
        dy * (x * (T::ONE - gate)).lane_fma::<FMA>(gate, gate)
    };
    SoftplusGrad costly true |y, dy| dy * -(-y).lane_expm1::<FMA>();
    SoftsignGrad costly false |y, dy| {
        let rest = T::ONE - y.abs();
        dy * (rest * rest)
    };
    HardSigmoidGrad costly false |y, dy| {
        if (y <= T::ZERO) | (y >= T::ONE) { T::ZERO } else { dy * value(1.0 / 6.0) }
    };
    HardTanhGrad costly false |y, dy| {
        if (y <= -T::ONE) | (y >= T::ONE) { T::ZERO } else { dy }
    };
    HardSwishGrad costly false |x, dy| {
        let middle = x.lane_fma::<FMA>(value(1.0 / 3.0), value(0.5));
        let upper = if x <= value(3.0) { middle } else { T::ONE };
        let upper = if x.is_nan() { x } else { upper };
        dy * if x < value(-3.0) { T::ZERO } else { upper }
    };
}

/// y = f(x), element by element.
///
/// # Panics
/// If the lengths differ; callers in this crate have checked them.
pub fn activate<T: Float>(act: Activation, x: &[T], y: &mut [T]) {
    match act {
        Activation::Identity => y.copy_from_slice(x),
        Activation::Relu => map(Relu::new(), x, y),
        Activation::LeakyRelu(slope) => map(LeakyRelu::new(value(slope)), x, y),
        Activation::Sigmoid => map(Sigmoid::new(), x, y),
        Activation::Tanh => map(Tanh::new(), x, y),
        Activation::Elu(alpha) => map(Elu::new(value(alpha), T::ONE), x, y),
        Activation::Selu => map(Elu::new(value(SELU_ALPHA), value(SELU_SCALE)), x, y),
        Activation::Gelu => map(Gelu::new(), x, y),
        Activation::GeluTanh => map(GeluTanh::new(), x, y),
        Activation::Silu => map(Silu::new(), x, y),
        Activation::Softplus => map(Softplus::new(), x, y),
        Activation::Softsign => map(Softsign::new(), x, y),
        Activation::HardSigmoid => map(HardSigmoid::new(), x, y),
        Activation::HardTanh => map(HardTanh::new(), x, y),
        Activation::HardSwish => map(HardSwish::new(), x, y),
    }
}

/// x = f(x), element by element.
pub fn activate_in_place<T: Float>(act: Activation, x: &mut [T]) {
    match act {
        Activation::Identity => {}
        Activation::Relu => map_in_place(Relu::new(), x),
        _ => in_blocks(x, &|from, to| activate(act, from, to)),
    }
}

/// dx = f′ · dy, element by element. `saved` is x if [`Activation::needs_input`], else y = f(x).
///
/// At a corner the derivative is PyTorch's: 0 for ReLU at 0, the slope for leaky ReLU at 0,
/// 0 at both ends of the hard forms.
///
/// # Panics
/// If the lengths differ.
pub fn activate_backward<T: Float>(act: Activation, saved: &[T], dy: &[T], dx: &mut [T]) {
    match act {
        Activation::Identity => dx.copy_from_slice(dy),
        Activation::Relu => map2(ReluGrad::new(), saved, dy, dx),
        Activation::LeakyRelu(slope) => map2(LeakyReluGrad::new(value(slope)), saved, dy, dx),
        Activation::Sigmoid => map2(SigmoidGrad::new(), saved, dy, dx),
        Activation::Tanh => map2(TanhGrad::new(), saved, dy, dx),
        Activation::Elu(alpha) if act.needs_input() => {
            map2(EluGradFromInput::new(value(alpha)), saved, dy, dx);
        }
        Activation::Elu(alpha) => map2(EluGrad::new(value(alpha), T::ONE), saved, dy, dx),
        Activation::Selu => {
            let grad = EluGrad::new(value(SELU_ALPHA), value(SELU_SCALE));
            map2(grad, saved, dy, dx);
        }
        Activation::Gelu => map2(GeluGrad::new(), saved, dy, dx),
        Activation::GeluTanh => map2(GeluTanhGrad::new(), saved, dy, dx),
        Activation::Silu => map2(SiluGrad::new(), saved, dy, dx),
        Activation::Softplus => map2(SoftplusGrad::new(), saved, dy, dx),
        Activation::Softsign => map2(SoftsignGrad::new(), saved, dy, dx),
        Activation::HardSigmoid => map2(HardSigmoidGrad::new(), saved, dy, dx),
        Activation::HardTanh => map2(HardTanhGrad::new(), saved, dy, dx),
        Activation::HardSwish => map2(HardSwishGrad::new(), saved, dy, dx),
    }
}

#[cfg(test)]
mod tests;
