//! Softmax and cross-entropy in one pass from logits, with the gradient.
//!
//! For a row x of C logits with log-sum-exp L, class weights w and label smoothing ε
//! (PyTorch's `cross_entropy`):
//! - a label t: loss = (1 − ε) wₜ (L − xₜ) + ε/C Σ w_c (L − x_c), row weight wₜ;
//! - probabilities q: loss = Σ q′_c w_c (L − x_c) with q′ = (1 − ε) q + ε/C, row weight 1.
//!
//! The mean loss of a batch is Σ losses / Σ row weights. The largest logit is taken out of every
//! difference before it is formed, so logits of any finite size neither overflow nor lose the loss
//! of a small one.

use std::ops::Range;

use super::float::Float;
use super::math::dispatch::{COSTLY, Disjoint, Kernel, is_single, rows_per_task, run_parallel};
use super::reduce::{LogSumExp, Max, fold_row};
use super::softmax::exp_sum;

/// Options of [`cross_entropy_rows`] and [`cross_entropy_soft_rows`].
#[derive(Clone, Copy, Debug)]
pub struct CrossEntropyRows<'a, T> {
    /// ε in \[0, 1\]: the share of each target that is spread evenly over all classes. Default 0.
    pub label_smoothing: T,
    /// One factor per class. Default 1 each.
    pub class_weights: Option<&'a [T]>,
    /// Rows with this label count for nothing. Default none.
    pub ignore: Option<i64>,
}

impl<T: Float> Default for CrossEntropyRows<'_, T> {
    fn default() -> Self {
        Self {
            label_smoothing: T::ZERO,
            class_weights: None,
            ignore: None,
        }
    }
}

impl<T: Float> CrossEntropyRows<'_, T> {
    #[inline(always)]
    fn weight(&self, class: usize) -> T {
        self.class_weights.map_or(T::ONE, |w| w[class])
    }

    #[inline(always)]
    fn is_ignored(&self, label: u32) -> bool {
        self.ignore == Some(i64::from(label))
    }
}

/// What one row shares between loss and gradient.
struct RowSum<T> {
    /// The largest logit.
    largest: T,
    /// ln Σ exp(x − largest), so that L = largest + log.
    log: T,
    /// 1 / Σ exp(x − largest).
    inverse: T,
}

/// Sums the row; leaves exp(x − largest) in `exps` if given.
#[inline(always)]
fn sum_row<const FMA: bool, T: Float>(x: &[T], exps: Option<&mut [T]>) -> RowSum<T> {
    let largest = fold_row::<FMA, T, Max>(x, T::ZERO);
    let sum = match exps {
        Some(exps) => exp_sum::<FMA, T>(x, largest, exps),
        None => fold_row::<FMA, T, LogSumExp>(x, largest),
    };
    RowSum {
        largest,
        log: sum.lane_ln::<FMA>(),
        inverse: T::ONE / sum,
    }
}

impl<T: Float> RowSum<T> {
    /// L − x.
    #[inline(always)]
    fn gap(&self, x: T) -> T {
        (self.largest - x) + self.log
    }
}

/// Σ f(c) over the classes, in independent lanes.
#[inline(always)]
fn sum_classes<T: Float>(classes: usize, f: impl Fn(usize) -> T) -> T {
    const LANES: usize = 16;
    let mut lanes = [T::ZERO; LANES];
    for start in (0..classes).step_by(LANES) {
        for (i, lane) in lanes.iter_mut().enumerate().take(classes - start) {
            *lane += f(start + i);
        }
    }
    let mut sum = T::ZERO;
    for lane in lanes {
        sum += lane;
    }
    sum
}

/// Writes softmax·factor over exp(x − largest).
#[inline(always)]
fn scale_row<T: Float>(row: &mut [T], factor: T) {
    for p in row {
        *p *= factor;
    }
}

struct Labels<'a, T> {
    logits: &'a [T],
    cols: usize,
    targets: &'a [u32],
    config: CrossEntropyRows<'a, T>,
    /// Σ of the class weights.
    weight_sum: T,
    losses: Disjoint<'a, T>,
    row_weights: Disjoint<'a, T>,
    /// Empty if not asked for.
    gradient: Disjoint<'a, T>,
}

impl<T: Float> Labels<'_, T> {
    #[inline(always)]
    fn row<const FMA: bool>(
        &self,
        x: &[T],
        target: usize,
        mut gradient: Option<&mut [T]>,
    ) -> (T, T) {
        let config = &self.config;
        let sum = sum_row::<FMA, T>(x, gradient.as_deref_mut());
        let weight = config.weight(target);
        let hard = (T::ONE - config.label_smoothing) * weight;
        let spread = config.label_smoothing / T::from_f64(self.cols as f64);
        let mut loss = hard * sum.gap(x[target]);
        let smooth = spread > T::ZERO;
        if smooth {
            loss += spread * sum_classes(self.cols, |c| config.weight(c) * sum.gap(x[c]));
        }
        if let Some(gradient) = gradient {
            let share = if smooth {
                spread * self.weight_sum
            } else {
                T::ZERO
            };
            scale_row(gradient, (hard + share) * sum.inverse);
            gradient[target] -= hard;
            if smooth {
                for (c, g) in gradient.iter_mut().enumerate() {
                    *g -= spread * config.weight(c);
                }
            }
        }
        (loss, weight)
    }
}

impl<T: Float> Kernel for Labels<'_, T> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let cols = self.cols;
        // SAFETY: item i is row i.
        let losses = unsafe { self.losses.range(range.clone()) };
        // SAFETY: item i is row i.
        let row_weights = unsafe { self.row_weights.range(range.clone()) };
        for ((row, loss), weight) in range.zip(losses).zip(row_weights) {
            let elements = row * cols..(row + 1) * cols;
            let gradient = if self.gradient.is_empty() {
                None
            } else {
                // SAFETY: item i is row i.
                Some(unsafe { self.gradient.range(elements.clone()) })
            };
            let target = self.targets[row];
            if self.config.is_ignored(target) {
                if let Some(gradient) = gradient {
                    gradient.fill(T::ZERO);
                }
                (*loss, *weight) = (T::ZERO, T::ZERO);
            } else {
                let x = &self.logits[elements];
                (*loss, *weight) = self.row::<FMA>(x, target as usize, gradient);
            }
        }
    }
}

fn class_weight_sum<T: Float>(config: &CrossEntropyRows<T>, cols: usize) -> T {
    match config.class_weights {
        Some(weights) => {
            assert_eq!(weights.len(), cols);
            sum_classes(cols, |c| weights[c])
        }
        None => T::from_f64(cols as f64),
    }
}

/// Cross-entropy of each row of logits against a label; formulas at the top of this module.
///
/// `losses` and `row_weights` take one value a row, `dlogits` (if given) d losses\[row\] / d logits,
/// not scaled by any mean. An ignored row gets 0 everywhere. A label that stands for a negative one
/// (as −100 in PyTorch) is to be mapped to a `u32` that `config.ignore` names.
///
/// # Errors
/// The first row whose label is not ignored and not in 0 … `cols` − 1; nothing is written then.
///
/// # Panics
/// If a slice's length does not fit; callers in this crate have checked them.
#[allow(clippy::too_many_arguments)]
pub fn cross_entropy_rows<T: Float>(
    logits: &[T],
    rows: usize,
    cols: usize,
    targets: &[u32],
    config: &CrossEntropyRows<T>,
    losses: &mut [T],
    row_weights: &mut [T],
    dlogits: Option<&mut [T]>,
) -> Result<(), usize> {
    assert_eq!(logits.len(), rows * cols);
    assert_eq!([targets.len(), losses.len(), row_weights.len()], [rows; 3]);
    let bad = |&target: &u32| target as usize >= cols && !config.is_ignored(target);
    if let Some(row) = targets.iter().position(bad) {
        return Err(row);
    }
    let dlogits = dlogits.unwrap_or(&mut []);
    assert!(dlogits.is_empty() || dlogits.len() == logits.len());
    let kernel = Labels {
        logits,
        cols,
        targets,
        config: *config,
        weight_sum: class_weight_sum(config, cols),
        losses: Disjoint::new(losses),
        row_weights: Disjoint::new(row_weights),
        gradient: Disjoint::new(dlogits),
    };
    run_parallel(&kernel, rows, rows_per_task(cols, COSTLY));
    Ok(())
}

struct Probabilities<'a, T> {
    logits: &'a [T],
    cols: usize,
    targets: &'a [T],
    config: CrossEntropyRows<'a, T>,
    losses: Disjoint<'a, T>,
    /// Empty if not asked for.
    gradient: Disjoint<'a, T>,
}

impl<T: Float> Kernel for Probabilities<'_, T> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let cols = self.cols;
        let keep = T::ONE - self.config.label_smoothing;
        let spread = self.config.label_smoothing / T::from_f64(cols as f64);
        // SAFETY: item i is row i.
        let losses = unsafe { self.losses.range(range.clone()) };
        for (row, loss) in range.zip(losses) {
            let elements = row * cols..(row + 1) * cols;
            let x = &self.logits[elements.clone()];
            let q = &self.targets[elements.clone()];
            let target = |c: usize| self.config.weight(c) * q[c].lane_fma::<FMA>(keep, spread);
            // A class that is no target costs nothing, even at a logit of −∞.
            let term = |q: T, gap: T| if q == T::ZERO { T::ZERO } else { q * gap };
            if self.gradient.is_empty() {
                let sum = sum_row::<FMA, T>(x, None);
                *loss = sum_classes(cols, |c| term(target(c), sum.gap(x[c])));
            } else {
                // SAFETY: item i is row i.
                let gradient = unsafe { self.gradient.range(elements) };
                let sum = sum_row::<FMA, T>(x, Some(gradient));
                *loss = sum_classes(cols, |c| term(target(c), sum.gap(x[c])));
                let total = sum_classes(cols, target);
                scale_row(gradient, total * sum.inverse);
                for (c, g) in gradient.iter_mut().enumerate() {
                    *g -= target(c);
                }
            }
        }
    }
}

/// Cross-entropy of each row of logits against a row of probabilities; formulas at the top of this
/// module. `row_weights` is filled with 1; `config.ignore` has no meaning here.
///
/// # Panics
/// If a slice's length does not fit.
#[allow(clippy::too_many_arguments)]
pub fn cross_entropy_soft_rows<T: Float>(
    logits: &[T],
    rows: usize,
    cols: usize,
    target_probs: &[T],
    config: &CrossEntropyRows<T>,
    losses: &mut [T],
    row_weights: &mut [T],
    dlogits: Option<&mut [T]>,
) {
    assert_eq!([logits.len(), target_probs.len()], [rows * cols; 2]);
    assert_eq!([losses.len(), row_weights.len()], [rows; 2]);
    assert!(config.class_weights.is_none_or(|w| w.len() == cols));
    let dlogits = dlogits.unwrap_or(&mut []);
    assert!(dlogits.is_empty() || dlogits.len() == logits.len());
    row_weights.fill(T::ONE);
    let kernel = Probabilities {
        logits,
        cols,
        targets: target_probs,
        config: *config,
        losses: Disjoint::new(losses),
        gradient: Disjoint::new(dlogits),
    };
    run_parallel(&kernel, rows, rows_per_task(cols, COSTLY));
}

#[cfg(test)]
mod tests;
