//! Functions of two operands of the same length, and the accumulating updates.

use crate::kernels::float::Float;
use crate::kernels::math::map::{map_in_place, map2, maps1, maps2, update};

/// An elementwise function of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// a + b.
    Add,
    /// a − b.
    Sub,
    /// a · b.
    Mul,
    /// a / b.
    Div,
    /// The larger; NaN if either is NaN.
    Maximum,
    /// The smaller; NaN if either is NaN.
    Minimum,
    /// aᵇ.
    Pow,
}

pub(super) mod maps {
    use super::{Float, maps2};
    maps2! {
        pub Add costly false |a, b| a + b;
        pub Sub costly false |a, b| a - b;
        pub Mul costly false |a, b| a * b;
        pub Div costly false |a, b| a / b;
        pub Maximum costly false |a, b| a.maximum(b);
        pub Minimum costly false |a, b| a.minimum(b);
        pub Pow costly true |a, b| a.powf(b);
    }
}

maps1! {
    Scale { factor } costly false |x| x * factor;
}

maps2! {
    Axpy { alpha } costly false |y, x| x.lane_fma::<FMA>(alpha, y);
    ScaleThenAdd { factor, alpha } costly false |y, x| x.lane_fma::<FMA>(alpha, y * factor);
}

/// out = f(a, b), element by element.
///
/// # Panics
/// If the lengths differ; callers in this crate have checked them.
pub fn binary<T: Float>(op: Binary, a: &[T], b: &[T], out: &mut [T]) {
    match op {
        Binary::Add => map2(maps::Add::new(), a, b, out),
        Binary::Sub => map2(maps::Sub::new(), a, b, out),
        Binary::Mul => map2(maps::Mul::new(), a, b, out),
        Binary::Div => map2(maps::Div::new(), a, b, out),
        Binary::Maximum => map2(maps::Maximum::new(), a, b, out),
        Binary::Minimum => map2(maps::Minimum::new(), a, b, out),
        Binary::Pow => map2(maps::Pow::new(), a, b, out),
    }
}

/// acc += x.
///
/// # Panics
/// If the lengths differ.
pub fn add_assign<T: Float>(acc: &mut [T], x: &[T]) {
    update(maps::Add::new(), acc, x);
}

/// acc *= x.
///
/// # Panics
/// If the lengths differ.
pub fn mul_assign<T: Float>(acc: &mut [T], x: &[T]) {
    update(maps::Mul::new(), acc, x);
}

/// x *= factor.
pub fn scale<T: Float>(x: &mut [T], factor: T) {
    map_in_place(Scale::new(factor), x);
}

/// y += α·x.
///
/// # Panics
/// If the lengths differ.
pub fn axpy<T: Float>(alpha: T, x: &[T], y: &mut [T]) {
    update(Axpy::new(alpha), y, x);
}

/// y = factor·y + α·x, the update of an exponential average.
///
/// # Panics
/// If the lengths differ.
pub fn add_scaled<T: Float>(factor: T, y: &mut [T], alpha: T, x: &[T]) {
    update(ScaleThenAdd::new(factor, alpha), y, x);
}
