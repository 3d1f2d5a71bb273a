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
use super::math::map::WIDTH;
use super::reduce::{LogSumExp, Max, fold_row};
use super::softmax::exp_sum;
use super::softmax::small::{MAX_COLS, RowSums, Tile};

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

/// The part of a loss that differs between labels and probabilities.
trait Target<T>: Sync {
    /// (loss, weight) of one row `x` of logits. Turns its exponentials exp(x − largest) into its
    /// gradient, unless that is empty.
    fn row<const FMA: bool>(
        &self,
        row: usize,
        x: &[T],
        sum: &RowSum<T>,
        gradient: &mut [T],
    ) -> (T, T);
}

struct Rows<'a, T, L> {
    logits: &'a [T],
    cols: usize,
    target: L,
    losses: Disjoint<'a, T>,
    row_weights: Disjoint<'a, T>,
    /// Empty if not asked for.
    gradient: Disjoint<'a, T>,
}

impl<T: Float, L: Target<T>> Rows<'_, T, L> {
    /// `WIDTH` rows, or fewer, of at most `MAX_COLS` columns.
    #[inline(always)]
    fn short_rows<const FMA: bool>(&self, first: usize, x: &[T], out: [&mut [T]; 3]) {
        let cols = self.cols;
        let [losses, row_weights, gradient] = out;
        let mut tile = Tile::load(x, cols);
        let RowSums { largest, sum } = tile.exp::<FMA>();
        let mut log = sum;
        for log in &mut log {
            *log = log.lane_ln::<FMA>();
        }
        if !gradient.is_empty() {
            tile.store(&[T::ONE; WIDTH], gradient);
        }
        for (i, x) in x.chunks_exact(cols).enumerate() {
            let sum = RowSum {
                largest: largest[i],
                log: log[i],
                inverse: T::ONE / sum[i],
            };
            let gradient = part(gradient, i * cols..(i + 1) * cols);
            (losses[i], row_weights[i]) = self.target.row::<FMA>(first + i, x, &sum, gradient);
        }
    }

    #[inline(always)]
    fn long_row<const FMA: bool>(&self, row: usize, x: &[T], gradient: &mut [T]) -> (T, T) {
        let largest = fold_row::<FMA, T, Max>(x, T::ZERO);
        let sum = if gradient.is_empty() {
            fold_row::<FMA, T, LogSumExp>(x, largest)
        } else {
            exp_sum::<FMA, T>(x, largest, gradient)
        };
        let sum = RowSum {
            largest,
            log: sum.lane_ln::<FMA>(),
            inverse: T::ONE / sum,
        };
        self.target.row::<FMA>(row, x, &sum, gradient)
    }
}

/// `x[range]`, or nothing of nothing.
#[inline(always)]
fn part<T>(x: &mut [T], range: Range<usize>) -> &mut [T] {
    if x.is_empty() { x } else { &mut x[range] }
}

impl<T: Float, L: Target<T>> Kernel for Rows<'_, T, L> {
    const PER_ISA: bool = is_single::<T>();

    #[inline(always)]
    fn run<const FMA: bool>(&self, range: Range<usize>) {
        let cols = self.cols;
        let elements = range.start * cols..range.end * cols;
        // SAFETY: item i is row i, here and below.
        let losses = unsafe { self.losses.range(range.clone()) };
        // SAFETY: as above.
        let row_weights = unsafe { self.row_weights.range(range.clone()) };
        // SAFETY: as above.
        let gradient = unsafe { self.gradient.range_or_empty(elements.clone()) };
        let logits = &self.logits[elements];
        if cols <= MAX_COLS {
            for (group, x) in logits.chunks(WIDTH * cols).enumerate() {
                let start = group * WIDTH;
                let rows = start..start + x.len() / cols;
                let gradient = part(gradient, start * cols..rows.end * cols);
                let out = [&mut losses[rows.clone()], &mut row_weights[rows], gradient];
                self.short_rows::<FMA>(range.start + start, x, out);
            }
        } else {
            for (i, x) in logits.chunks_exact(cols).enumerate() {
                let gradient = part(gradient, i * cols..(i + 1) * cols);
                (losses[i], row_weights[i]) = self.long_row::<FMA>(range.start + i, x, gradient);
            }
        }
    }
}

struct Labels<'a, T> {
    targets: &'a [u32],
    config: CrossEntropyRows<'a, T>,
    /// Σ of the class weights.
    weight_sum: T,
}

impl<T: Float> Target<T> for Labels<'_, T> {
    #[inline(always)]
    fn row<const FMA: bool>(
        &self,
        row: usize,
        x: &[T],
        sum: &RowSum<T>,
        gradient: &mut [T],
    ) -> (T, T) {
        let config = &self.config;
        if config.is_ignored(self.targets[row]) {
            gradient.fill(T::ZERO);
            return (T::ZERO, T::ZERO);
        }
        let target = self.targets[row] as usize;
        let weight = config.weight(target);
        let hard = (T::ONE - config.label_smoothing) * weight;
        let spread = config.label_smoothing / T::from_f64(x.len() as f64);
        let mut loss = hard * sum.gap(x[target]);
        let smooth = spread > T::ZERO;
        if smooth {
            loss += spread * sum_classes(x.len(), |c| config.weight(c) * sum.gap(x[c]));
        }
        if !gradient.is_empty() {
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
    if cols == 0 {
        // Then every row is ignored.
        losses.fill(T::ZERO);
        row_weights.fill(T::ZERO);
        return Ok(());
    }
    let target = Labels {
        targets,
        config: *config,
        weight_sum: class_weight_sum(config, cols),
    };
    let kernel = Rows {
        logits,
        cols,
        target,
        losses: Disjoint::new(losses),
        row_weights: Disjoint::new(row_weights),
        gradient: Disjoint::new(dlogits),
    };
    run_parallel(&kernel, rows, rows_per_task(cols, COSTLY));
    Ok(())
}

struct Probabilities<'a, T> {
    targets: &'a [T],
    config: CrossEntropyRows<'a, T>,
}

impl<T: Float> Target<T> for Probabilities<'_, T> {
    #[inline(always)]
    fn row<const FMA: bool>(
        &self,
        row: usize,
        x: &[T],
        sum: &RowSum<T>,
        gradient: &mut [T],
    ) -> (T, T) {
        let cols = x.len();
        let config = &self.config;
        let keep = T::ONE - config.label_smoothing;
        let spread = config.label_smoothing / T::from_f64(cols as f64);
        let q = &self.targets[row * cols..][..cols];
        let target = |c: usize| config.weight(c) * q[c].lane_fma::<FMA>(keep, spread);
        let loss = sum_classes(cols, |c| {
            // A class that is no target costs nothing, even at a logit of −∞.
            let q = target(c);
            if q == T::ZERO {
                T::ZERO
            } else {
                q * sum.gap(x[c])
            }
        });
        if !gradient.is_empty() {
            let total = sum_classes(cols, target);
            scale_row(gradient, total * sum.inverse);
            for (c, g) in gradient.iter_mut().enumerate() {
                *g -= target(c);
            }
        }
        (loss, T::ONE)
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
    if cols == 0 {
        losses.fill(T::ZERO);
        return row_weights.fill(T::ONE);
    }
    let target = Probabilities {
        targets: target_probs,
        config: *config,
    };
    let kernel = Rows {
        logits,
        cols,
        target,
        losses: Disjoint::new(losses),
        row_weights: Disjoint::new(row_weights),
        gradient: Disjoint::new(dlogits),
    };
    run_parallel(&kernel, rows, rows_per_task(cols, COSTLY));
}

#[cfg(test)]
mod tests;
