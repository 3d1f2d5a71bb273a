//! Optimizers that divide by a root mean square of past gradients: Adagrad and RMSProp.

use super::slots::{Hyper, Rule, Slot, apply, penalized};
use crate::kernels::float::Float;

/// Parameters of [`adagrad`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adagrad<T> {
    /// Added to the root; PyTorch's default is 1e-10.
    pub eps: T,
    /// Decay of the learning rate: lr / (1 + (step − 1)·lr_decay).
    pub lr_decay: T,
    /// 1 at the first step.
    pub step: u64,
    /// Factor on every gradient; usually 1.
    pub grad_scale: T,
}

#[derive(Clone, Copy)]
struct AdagradRule<T> {
    scale: T,
    eps: T,
    rate: T,
}

impl<T: Float> Rule<T> for AdagradRule<T> {
    const STATES: usize = 1;
    #[inline(always)]
    fn at<const FMA: bool>(self, hyper: Hyper<T>, [p, g, sum, _]: [T; 4]) -> [T; 3] {
        let g = penalized::<FMA, T>(hyper, hyper.weight_decay, self.scale, p, g);
        let sum = g.lane_fma::<FMA>(g, sum);
        let rate = hyper.lr * self.rate;
        [p - rate * g / (sum.sqrt() + self.eps), sum, T::ZERO]
    }
}

/// One step of Adagrad (Duchi, Hazan & Singer 2011): s ← s + g²; p ← p − lr′·g / (√s + eps).
/// `state1` is s.
///
/// # Panics
/// If the slices of a slot differ in length; callers in this workspace have checked them.
pub fn adagrad<T: Float>(slots: &mut [Slot<T>], config: &Adagrad<T>) {
    let past = T::from_f64(config.step.saturating_sub(1) as f64);
    let rule = AdagradRule {
        scale: config.grad_scale,
        eps: config.eps,
        rate: T::ONE / (T::ONE + past * config.lr_decay),
    };
    apply(rule, slots);
}

/// Parameters of [`rmsprop`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RmsProp<T> {
    /// Share of the old mean of squares; PyTorch's default is 0.99.
    pub alpha: T,
    /// Added to the root; PyTorch's default is 1e-8.
    pub eps: T,
    /// Momentum of the scaled gradient; 0 for none, else `state2` is needed.
    pub momentum: T,
    /// Factor on every gradient; usually 1.
    pub grad_scale: T,
}

#[derive(Clone, Copy)]
struct RmsPropRule<T, const STATES: usize>(RmsProp<T>);

impl<T: Float, const STATES: usize> Rule<T> for RmsPropRule<T, STATES> {
    const STATES: usize = STATES;
    #[inline(always)]
    fn at<const FMA: bool>(self, hyper: Hyper<T>, [p, g, square, v]: [T; 4]) -> [T; 3] {
        let config = self.0;
        let g = penalized::<FMA, T>(hyper, hyper.weight_decay, config.grad_scale, p, g);
        let square = square.lane_fma::<FMA>(config.alpha, (T::ONE - config.alpha) * g * g);
        let step = g / (square.sqrt() + config.eps);
        // With one state v is 0, and so is the momentum.
        let v = v.lane_fma::<FMA>(config.momentum, step);
        [v.lane_fma::<FMA>(-hyper.lr, p), square, v]
    }
}

/// One step of RMSProp (Tieleman & Hinton 2012): s ← α·s + (1 − α)·g²; v ← μ·v + g / (√s + eps);
/// p ← p − lr·v. `state1` is s, `state2` is v.
///
/// # Panics
/// If the slices of a slot differ in length.
pub fn rmsprop<T: Float>(slots: &mut [Slot<T>], config: &RmsProp<T>) {
    if config.momentum == T::ZERO {
        apply(RmsPropRule::<T, 1>(*config), slots);
    } else {
        apply(RmsPropRule::<T, 2>(*config), slots);
    }
}
