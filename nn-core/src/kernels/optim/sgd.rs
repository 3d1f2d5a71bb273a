//! Stochastic gradient descent with momentum.

use super::slots::{Hyper, Rule, Slot, apply, penalized};
use crate::kernels::float::Float;

/// How past gradients g are remembered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Momentum<T> {
    /// Not at all: p ← p − lr·g.
    None,
    /// The field's common form: v ← μ·v + (1 − dampening)·g, at the first step v ← g;
    /// p ← p − lr·v, with `nesterov` p ← p − lr·(g + μ·v).
    Velocity {
        /// μ.
        momentum: T,
        /// Share of each gradient that is held back.
        dampening: T,
        /// Whether to look ahead (Nesterov).
        nesterov: bool,
        /// Whether this is the first step, at which v is set rather than averaged.
        first_step: bool,
    },
    /// The exponential average: m ← β·m + (1 − β)·g from m = 0; p ← p − lr·m, with `nesterov`
    /// p ← p − lr·(β·m + (1 − β)·g).
    Average {
        /// β.
        beta: T,
        /// Whether to look ahead (Nesterov).
        nesterov: bool,
    },
}

/// Parameters of [`sgd`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd<T> {
    /// How past gradients are remembered; needs `state1` unless `None`.
    pub momentum: Momentum<T>,
    /// Factor on every gradient, e.g. of clipping by norm; usually 1.
    pub grad_scale: T,
}

#[derive(Clone, Copy)]
struct Plain<T> {
    scale: T,
}

impl<T: Float> Rule<T> for Plain<T> {
    const STATES: usize = 0;
    #[inline(always)]
    fn at<const FMA: bool>(self, hyper: Hyper<T>, [p, g, ..]: [T; 4]) -> [T; 3] {
        let g = penalized::<FMA, T>(hyper, hyper.weight_decay, self.scale, p, g);
        [g.lane_fma::<FMA>(-hyper.lr, p), T::ZERO, T::ZERO]
    }
}

/// v ← keep·v + take·g; p ← p − lr·(ahead·v + direct·g).
#[derive(Clone, Copy)]
struct WithState<T> {
    scale: T,
    keep: T,
    take: T,
    ahead: T,
    direct: T,
}

impl<T: Float> Rule<T> for WithState<T> {
    const STATES: usize = 1;
    #[inline(always)]
    fn at<const FMA: bool>(self, hyper: Hyper<T>, [p, g, v, _]: [T; 4]) -> [T; 3] {
        let g = penalized::<FMA, T>(hyper, hyper.weight_decay, self.scale, p, g);
        let v = v.lane_fma::<FMA>(self.keep, g * self.take);
        let step = v.lane_fma::<FMA>(self.ahead, g * self.direct);
        [step.lane_fma::<FMA>(-hyper.lr, p), v, T::ZERO]
    }
}

/// One step of gradient descent over all slots; rules at [`Momentum`].
///
/// # Panics
/// If the slices of a slot differ in length; callers in this workspace have checked them.
pub fn sgd<T: Float>(slots: &mut [Slot<T>], config: &Sgd<T>) {
    let scale = config.grad_scale;
    let (one, zero) = (T::ONE, T::ZERO);
    match config.momentum {
        Momentum::None => apply(Plain { scale }, slots),
        Momentum::Velocity {
            momentum,
            dampening,
            nesterov,
            first_step,
        } => {
            if first_step {
                // Whatever the state holds does not count.
                for slot in &mut *slots {
                    slot.state1.fill(zero);
                }
            }
            let rule = WithState {
                scale,
                keep: momentum,
                take: if first_step { one } else { one - dampening },
                ahead: if nesterov { momentum } else { one },
                direct: if nesterov { one } else { zero },
            };
            apply(rule, slots);
        }
        Momentum::Average { beta, nesterov } => {
            let rule = WithState {
                scale,
                keep: beta,
                take: one - beta,
                ahead: if nesterov { beta } else { one },
                direct: if nesterov { one - beta } else { zero },
            };
            apply(rule, slots);
        }
    }
}
