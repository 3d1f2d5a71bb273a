//! Parameters with what an optimizer keeps for them, and the pass over all of them.

use std::ops::Range;

use crate::kernels::float::Float;
use crate::kernels::math::dispatch::{Disjoint, Kernel, is_single, run_parallel};

/// One parameter tensor in an optimizer step. All slices have the parameter's length, except
/// states that an optimizer does not use, which may be empty.
#[derive(Debug)]
pub struct Slot<'a, T> {
    /// The values to be changed.
    pub param: &'a mut [T],
    /// d loss / d param.
    pub grad: &'a [T],
    /// First state: the velocity of SGD, the first moment of Adam, the sum or mean of squares of
    /// Adagrad and RMSProp.
    pub state1: &'a mut [T],
    /// Second state: the second moment of Adam, the velocity of RMSProp.
    pub state2: &'a mut [T],
    /// L2 penalty (added to the gradient), or the decoupled decay of AdamW.
    pub weight_decay: T,
    /// Learning rate.
    pub lr: T,
    /// L1 penalty: `l1`·sign(param) is added to the gradient.
    pub l1: T,
}

/// Elements per task: all of a task's arrays fit in half of L2.
const BLOCK: usize = 32 * 1024;

/// The new (param, state1, state2) of one element.
pub(super) trait Rule<T>: Copy + Sync {
    /// Which states the rule uses.
    const STATES: usize;
    fn at<const FMA: bool>(self, hyper: Hyper<T>, element: [T; 4]) -> [T; 3];
}

/// A slot's own parameters.
#[derive(Clone, Copy)]
pub(super) struct Hyper<T> {
    pub(super) lr: T,
    pub(super) weight_decay: T,
    pub(super) l1: T,
}

/// A slot whose slices can be cut among tasks.
struct Parts<'a, T> {
    param: Disjoint<'a, T>,
    grad: &'a [T],
    state1: Disjoint<'a, T>,
    state2: Disjoint<'a, T>,
    hyper: Hyper<T>,
    /// Index of the slot's first element among all elements.
    start: usize,
}

struct Step<'a, T, R> {
    rule: R,
    parts: &'a [Parts<'a, T>],
}

#[inline(always)]
fn step<const FMA: bool, T: Float, R: Rule<T>>(
    rule: R,
    hyper: Hyper<T>,
    param: &mut [T],
    grad: &[T],
    state1: &mut [T],
    state2: &mut [T],
) {
    let n = param.len();
    match R::STATES {
        0 => {
            for (p, &g) in param.iter_mut().zip(grad) {
                [*p, _, _] = rule.at::<FMA>(hyper, [*p, g, T::ZERO, T::ZERO]);
            }
        }
        1 => {
            let state1 = &mut state1[..n];
            for ((p, &g), a) in param.iter_mut().zip(grad).zip(state1) {
                [*p, *a, _] = rule.at::<FMA>(hyper, [*p, g, *a, T::ZERO]);
            }
        }
        _ => {
            let states = state1[..n].iter_mut().zip(&mut state2[..n]);
            for ((p, &g), (a, b)) in param.iter_mut().zip(grad).zip(states) {
                [*p, *a, *b] = rule.at::<FMA>(hyper, [*p, g, *a, *b]);
            }
        }
    }
}

impl<T: Float, R: Rule<T>> Kernel for Step<'_, T, R> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let first = self
            .parts
            .partition_point(|part| part.start + part.grad.len() <= range.start);
        for part in &self.parts[first..] {
            if part.start >= range.end {
                break;
            }
            let from = range.start.max(part.start) - part.start;
            let to = part.grad.len().min(range.end - part.start);
            let states = |k: usize| if R::STATES >= k { from..to } else { 0..0 };
            // SAFETY: item i is element i of all slots taken together; the same for the states.
            let param = unsafe { part.param.range(from..to) };
            // SAFETY: as above.
            let state1 = unsafe { part.state1.range(states(1)) };
            // SAFETY: as above.
            let state2 = unsafe { part.state2.range(states(2)) };
            step::<FMA, T, R>(
                self.rule,
                part.hyper,
                param,
                &part.grad[from..to],
                state1,
                state2,
            );
        }
    }
}

/// Applies the rule to every element of every slot.
///
/// # Panics
/// If the slices of a slot differ in length.
pub(super) fn apply<T: Float, R: Rule<T>>(rule: R, slots: &mut [Slot<T>]) {
    let mut start = 0;
    let parts: Vec<Parts<T>> = slots
        .iter_mut()
        .map(|slot| {
            let len = slot.param.len();
            assert_eq!(slot.grad.len(), len);
            assert!(R::STATES < 1 || slot.state1.len() == len);
            assert!(R::STATES < 2 || slot.state2.len() == len);
            let part = Parts {
                param: Disjoint::new(slot.param),
                grad: slot.grad,
                state1: Disjoint::new(slot.state1),
                state2: Disjoint::new(slot.state2),
                hyper: Hyper {
                    lr: slot.lr,
                    weight_decay: slot.weight_decay,
                    l1: slot.l1,
                },
                start,
            };
            start += len;
            part
        })
        .collect();
    let kernel = Step {
        rule,
        parts: &parts,
    };
    run_parallel(&kernel, start, BLOCK);
}

/// The gradient with scale and penalties: scale·g + weight_decay·p + l1·sign(p).
#[inline(always)]
pub(super) fn penalized<const FMA: bool, T: Float>(
    hyper: Hyper<T>,
    weight_decay: T,
    scale: T,
    p: T,
    g: T,
) -> T {
    let l1 = if p < T::ZERO { -hyper.l1 } else { hyper.l1 };
    let l1 = if p == T::ZERO { T::ZERO } else { l1 };
    p.lane_fma::<FMA>(weight_decay, g * scale) + l1
}
