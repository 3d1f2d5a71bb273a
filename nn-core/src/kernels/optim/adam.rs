//! Adam and AdamW.

use super::slots::{Hyper, Rule, Slot, apply, penalized};
use crate::kernels::float::Float;

/// Parameters of [`adam`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam<T> {
    /// Share of the old first moment; usually 0.9.
    pub beta1: T,
    /// Share of the old second moment; usually 0.999.
    pub beta2: T,
    /// Added to the root of the corrected second moment; usually 1e-8.
    pub eps: T,
    /// 1 at the first step; for the bias corrections.
    pub step: u64,
    /// Whether the weight decay acts on the parameter itself (AdamW) and not through the gradient.
    pub decoupled: bool,
    /// Factor on every gradient; usually 1.
    pub grad_scale: T,
}

#[derive(Clone, Copy)]
struct AdamRule<T, const DECOUPLED: bool> {
    scale: T,
    beta2: T,
    take1: T,
    take2: T,
    eps: T,
    /// 1 / (1 − β₁ᵗ).
    correction1: T,
    /// 1 / √(1 − β₂ᵗ).
    correction2: T,
}

impl<T: Float, const DECOUPLED: bool> Rule<T> for AdamRule<T, DECOUPLED> {
    const STATES: usize = 2;
    #[inline(always)]
    fn at<const FMA: bool>(self, hyper: Hyper<T>, [p, g, m, v]: [T; 4]) -> [T; 3] {
        let decay = if DECOUPLED {
            T::ZERO
        } else {
            hyper.weight_decay
        };
        let g = penalized::<FMA, T>(hyper, decay, self.scale, p, g);
        let p = if DECOUPLED {
            p * (T::ONE - hyper.lr * hyper.weight_decay)
        } else {
            p
        };
        let m = (g - m).lane_fma::<FMA>(self.take1, m);
        let v = v.lane_fma::<FMA>(self.beta2, self.take2 * g * g);
        let root = v.sqrt().lane_fma::<FMA>(self.correction2, self.eps);
        let rate = hyper.lr * self.correction1;
        [p - rate * m / root, m, v]
    }
}

/// One step of Adam (Kingma & Ba 2015) or AdamW (Loshchilov & Hutter 2019), with both bias
/// corrections:
/// m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²;
/// p ← p − lr · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + eps).
/// Decoupled, p is first multiplied by 1 − lr·weight_decay. `state1` is m, `state2` is v.
///
/// ```
/// use nn_core::kernels::optim::{Adam, Slot, adam};
/// let (mut p, mut m, mut v) = ([1.0_f64], [0.0], [0.0]);
/// let mut slots = [Slot {
///     param: &mut p,
///     grad: &[0.5],
///     state1: &mut m,
///     state2: &mut v,
///     weight_decay: 0.0,
///     lr: 0.1,
///     l1: 0.0,
/// }];
/// let config = Adam {
///     beta1: 0.9,
///     beta2: 0.999,
///     eps: 1e-8,
///     step: 1,
///     decoupled: false,
///     grad_scale: 1.0,
/// };
/// adam(&mut slots, &config);
/// assert!((p[0] - 0.9).abs() < 1e-8); // the first step has size lr
/// ```
///
/// # Panics
/// If the slices of a slot differ in length; callers in this workspace have checked them.
pub fn adam<T: Float>(slots: &mut [Slot<T>], config: &Adam<T>) {
    if config.decoupled {
        apply(rule::<T, true>(config), slots);
    } else {
        apply(rule::<T, false>(config), slots);
    }
}

/// The corrections are computed in `f64`: 1 − β₂ᵗ loses most of its digits in `f32`.
fn rule<T: Float, const DECOUPLED: bool>(config: &Adam<T>) -> AdamRule<T, DECOUPLED> {
    let rest = |beta: T| 1.0 - beta.to_f64().powf(config.step as f64);
    AdamRule {
        scale: config.grad_scale,
        beta2: config.beta2,
        take1: T::ONE - config.beta1,
        take2: T::ONE - config.beta2,
        eps: config.eps,
        correction1: T::from_f64(1.0 / rest(config.beta1)),
        correction2: T::from_f64(1.0 / rest(config.beta2).sqrt()),
    }
}
