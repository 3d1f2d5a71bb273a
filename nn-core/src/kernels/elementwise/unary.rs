//! Functions of one operand and their derivatives.

use crate::kernels::float::Float;
use crate::kernels::math::map::{map, map2, maps1, maps2};

/// An elementwise function y = f(x).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unary {
    /// −x.
    Neg,
    /// |x|; derivative 0 at 0.
    Abs,
    /// eˣ.
    Exp,
    /// Natural logarithm.
    Ln,
    /// √x.
    Sqrt,
    /// x².
    Square,
    /// 1/x.
    Recip,
    /// sin x, in radians.
    Sin,
    /// cos x, in radians.
    Cos,
    /// Gauss error function.
    Erf,
    /// −1, 0 or 1; NaN of NaN. Derivative 0.
    Sign,
    /// Largest integer not above x. Derivative 0.
    Floor,
    /// Nearest integer, halves to even. Derivative 0.
    Round,
    /// ln(1 + x).
    Log1p,
    /// eˣ − 1.
    Expm1,
    /// xᵖ.
    Powf(f64),
    /// min(max(x, low), high); derivative 1 from low to high inclusive.
    Clamp(f64, f64),
    /// x + c.
    AddScalar(f64),
    /// c·x.
    MulScalar(f64),
}

maps1! {
    Neg costly false |x| -x;
    Abs costly false |x| x.abs();
    Exp costly true |x| x.lane_exp::<FMA>();
    Ln costly true |x| x.lane_ln::<FMA>();
    Sqrt costly false |x| x.sqrt();
    Square costly false |x| x * x;
    Recip costly false |x| T::ONE / x;
    Sin costly true |x| x.sin();
    Cos costly true |x| x.cos();
    Erf costly true |x| x.lane_erf::<FMA>();
    Sign costly false |x| sign(x);
    Floor costly false |x| x.floor();
    Round costly false |x| x.round_ties_even();
    Log1p costly true |x| x.lane_log1p::<FMA>();
    Expm1 costly true |x| x.lane_expm1::<FMA>();
    Cube costly false |x| x * x * x;
    Powf { p } costly true |x| x.powf(p);
    Clamp { low, high } costly false |x| {
        let x = if x < low { low } else { x };
        if x > high { high } else { x }
    };
    AddScalar { c } costly false |x| x + c;
    MulScalar { c } costly false |x| x * c;
}

/// −1, 0 or 1; NaN of NaN.
#[inline(always)]
pub(super) fn sign<T: Float>(x: T) -> T {
    let positive = if x > T::ZERO { T::ONE } else { x };
    if x < T::ZERO { -T::ONE } else { positive }
}

/// y = f(x), element by element.
///
/// # Panics
/// If the lengths differ; callers in this crate have checked them.
pub fn unary<T: Float>(op: Unary, x: &[T], y: &mut [T]) {
    match op {
        Unary::Neg => map(Neg::new(), x, y),
        Unary::Abs => map(Abs::new(), x, y),
        Unary::Exp => map(Exp::new(), x, y),
        Unary::Ln => map(Ln::new(), x, y),
        Unary::Sqrt => map(Sqrt::new(), x, y),
        Unary::Square => map(Square::new(), x, y),
        Unary::Recip => map(Recip::new(), x, y),
        Unary::Sin => map(Sin::new(), x, y),
        Unary::Cos => map(Cos::new(), x, y),
        Unary::Erf => map(Erf::new(), x, y),
        Unary::Sign => map(Sign::new(), x, y),
        Unary::Floor => map(Floor::new(), x, y),
        Unary::Round => map(Round::new(), x, y),
        Unary::Log1p => map(Log1p::new(), x, y),
        Unary::Expm1 => map(Expm1::new(), x, y),
        Unary::Powf(p) => power(p, x, y),
        Unary::Clamp(low, high) => {
            map(Clamp::new(T::from_f64(low), T::from_f64(high)), x, y);
        }
        Unary::AddScalar(c) => map(AddScalar::new(T::from_f64(c)), x, y),
        Unary::MulScalar(c) => map(MulScalar::new(T::from_f64(c)), x, y),
    }
}

/// y = xᵖ; the common exponents without a logarithm.
fn power<T: Float>(p: f64, x: &[T], y: &mut [T]) {
    if p == 0.0 {
        y.fill(T::ONE);
    } else if p == 1.0 {
        y.copy_from_slice(x);
    } else if p == 2.0 {
        map(Square::new(), x, y);
    } else if p == 3.0 {
        map(Cube::new(), x, y);
    } else if p == -1.0 {
        map(Recip::new(), x, y);
    } else {
        map(Powf::new(T::from_f64(p)), x, y);
    }
}

// dx from (x, dy) or (y, dy), as the name says.
maps2! {
    AbsGrad costly false |x, dy| dy * sign(x);
    ExpGradFromOutput costly false |y, dy| dy * y;
    LnGrad costly false |x, dy| dy / x;
    SqrtGradFromOutput costly false |y, dy| dy / (y + y);
    SquareGrad costly false |x, dy| dy * (x + x);
    RecipGradFromOutput costly false |y, dy| -dy * (y * y);
    SinGrad costly true |x, dy| dy * x.cos();
    CosGrad costly true |x, dy| -dy * x.sin();
    ErfGrad costly true |x, dy| {
        dy * T::from_f64(std::f64::consts::FRAC_2_SQRT_PI) * (-x * x).lane_exp::<FMA>()
    };
    Log1pGrad costly false |x, dy| dy / (T::ONE + x);
    Expm1Grad costly true |x, dy| dy * x.lane_exp::<FMA>();
    CubeGrad costly false |x, dy| dy * (T::from_f64(3.0) * x * x);
    PowfGrad { p, p_less_1 } costly true |x, dy| dy * (p * x.powf(p_less_1));
    ClampGrad { low, high } costly false |x, dy| {
        if (x < low) | (x > high) { T::ZERO } else { dy }
    };
}

/// dx = f′(x) · dy, element by element, where y = f(x).
///
/// # Panics
/// If the lengths differ.
pub fn unary_backward<T: Float>(op: Unary, x: &[T], y: &[T], dy: &[T], dx: &mut [T]) {
    match op {
        Unary::Neg => map(Neg::new(), dy, dx),
        Unary::Abs => map2(AbsGrad::new(), x, dy, dx),
        Unary::Exp => map2(ExpGradFromOutput::new(), y, dy, dx),
        Unary::Ln => map2(LnGrad::new(), x, dy, dx),
        Unary::Sqrt => map2(SqrtGradFromOutput::new(), y, dy, dx),
        Unary::Square => map2(SquareGrad::new(), x, dy, dx),
        Unary::Recip => map2(RecipGradFromOutput::new(), y, dy, dx),
        Unary::Sin => map2(SinGrad::new(), x, dy, dx),
        Unary::Cos => map2(CosGrad::new(), x, dy, dx),
        Unary::Erf => map2(ErfGrad::new(), x, dy, dx),
        Unary::Sign | Unary::Floor | Unary::Round => dx.fill(T::ZERO),
        Unary::Log1p => map2(Log1pGrad::new(), x, dy, dx),
        Unary::Expm1 => map2(Expm1Grad::new(), x, dy, dx),
        Unary::Powf(p) => power_backward(p, x, y, dy, dx),
        Unary::Clamp(low, high) => {
            let grad = ClampGrad::new(T::from_f64(low), T::from_f64(high));
            map2(grad, x, dy, dx);
        }
        Unary::AddScalar(_) => dx.copy_from_slice(dy),
        Unary::MulScalar(c) => map(MulScalar::new(T::from_f64(c)), dy, dx),
    }
}

fn power_backward<T: Float>(p: f64, x: &[T], y: &[T], dy: &[T], dx: &mut [T]) {
    if p == 0.0 {
        dx.fill(T::ZERO);
    } else if p == 1.0 {
        dx.copy_from_slice(dy);
    } else if p == 2.0 {
        map2(SquareGrad::new(), x, dy, dx);
    } else if p == 3.0 {
        map2(CubeGrad::new(), x, dy, dx);
    } else if p == -1.0 {
        map2(RecipGradFromOutput::new(), y, dy, dx);
    } else {
        let grad = PowfGrad::new(T::from_f64(p), T::from_f64(p - 1.0));
        map2(grad, x, dy, dx);
    }
}
