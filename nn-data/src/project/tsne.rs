//! t-SNE: a map of the plane on which near samples stay near.

use std::sync::Mutex;

use nn_core::kernels::threads::parallel_for_long;
use nn_core::{Purpose, Rng, Tensor};

use super::affinity::Affinities;
use super::quadtree::{Quadtree, Repulsion};
use crate::dataset::{Dataset, InMemory, Targets};
use crate::error::{Error, Result};
use crate::points::Points;
use crate::transform::{Pca, PcaOptions};

/// The draws of this file, apart from all others.
const BEGIN: Purpose = Purpose::Other(0x7473_6e65);
/// Points of a task.
const ROWS: usize = 64;
/// Sums of several points at once, for the processor's vectors.
const LANES: usize = 8;
/// More samples are never taken in pairs: their probabilities would take gigabytes.
const EXACT: usize = 20_000;
/// How far apart points begin.
const SPREAD: f64 = 1e-4;
/// Momentum while groups form, and after.
const MOMENTUM: (f64, f64) = (0.5, 0.8);
/// The least gain.
const GAIN: f64 = 0.01;
/// It ends where the gradient is no longer than this.
const STILL: f64 = 1e-7;

/// Where points begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Begin {
    /// By the first two principal components: the map keeps the large order of the data, and is nearly the same for every seed.
    #[default]
    Pca,
    /// Anywhere.
    Random,
}

/// What a [`Tsne`] is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TsneOptions {
    /// How many neighbours a sample has, about. Default 30; must be below the number of samples.
    pub perplexity: f64,
    /// By how much attraction is too strong at first. Default 12.
    pub early_exaggeration: f64,
    /// For so many iterations. Default 250.
    pub exaggerated: usize,
    /// Iterations in all. Default 1000.
    pub iterations: usize,
    /// Default: samples / early exaggeration / 4, at least 50 (Belkina et al. 2019).
    pub learning_rate: Option<f64>,
    /// Barnes–Hut: how large a square may look to count as one point, above 0 to 0.7. Default 0.5.
    pub angle: f64,
    /// Up to so many samples every pair counts, beyond that the approximation of Barnes and Hut. Default 2000, at most 20 000.
    pub exact_to: usize,
    /// Where points begin.
    pub begin: Begin,
    /// Seed of what is random. Default 0.
    pub seed: u64,
}

impl Default for TsneOptions {
    fn default() -> Self {
        TsneOptions {
            perplexity: 30.0,
            early_exaggeration: 12.0,
            exaggerated: 250,
            iterations: 1000,
            learning_rate: None,
            angle: 0.5,
            exact_to: 2000,
            begin: Begin::Pca,
            seed: 0,
        }
    }
}

/// A map of samples (van der Maaten and Hinton 2008; van der Maaten 2014).
///
/// Pairs get probabilities p by their distance in the data, and q ∝ 1 / (1 + ‖yᵢ − yⱼ‖²) by that on the map; the map is moved down the
/// gradient of KL(p‖q) = Σ p·ln(p/q), with momentum and gains. Beyond [`TsneOptions::exact_to`] samples p is cut to the 3·perplexity
/// nearest, found by comparing all pairs (n² · width multiplications: bring wide data to some 50 principal components first), and
/// distant points are taken together. Defaults are those of scikit-learn. The result does not depend on the number of threads.
///
/// Distances between groups and sizes of groups on the map mean little: only who is near whom does.
///
/// ```
/// use nn_data::dataset;
/// use nn_data::project::{Tsne, TsneOptions};
///
/// let map = Tsne::fit(&dataset::iris()?, &TsneOptions { iterations: 300, ..TsneOptions::default() })?;
/// assert_eq!(map.points().dims(), [150, 2]);
/// assert!(map.divergence() < 0.5);
/// # Ok::<(), nn_data::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tsne {
    points: Tensor,
    divergence: f64,
    iterations: usize,
}

impl Tsne {
    /// The map of a data set's inputs, held in memory.
    ///
    /// # Errors
    /// If there are not more samples than the perplexity, a value is not finite, or an option is out of range.
    pub fn fit(data: &dyn Dataset, options: &TsneOptions) -> Result<Tsne> {
        Self::fit_points(Points::of_data(data)?, options)
    }

    /// The map of the rows of a tensor `[samples, …]`.
    ///
    /// # Errors
    /// As [`fit`](Self::fit).
    pub fn fit_rows(rows: &Tensor, options: &TsneOptions) -> Result<Tsne> {
        Self::fit_points(Points::of(rows)?, options)
    }

    fn fit_points(mut points: Points, options: &TsneOptions) -> Result<Tsne> {
        options.check(points.count)?;
        points.centre();
        let (count, exact) = (points.count, points.count <= options.exact_to);
        let map = begin(&points, options)?;
        let neighbours = match exact {
            true => count - 1,
            false => ((3.0 * options.perplexity) as usize + 1).min(count - 1),
        };
        let affinities = Affinities::of(&points, neighbours, options.perplexity);
        drop(points);
        let mut descent = Descent::new(affinities, (!exact).then_some(options.angle), map);
        let auto = (count as f64 / options.early_exaggeration / 4.0).max(50.0);
        let rate = options.learning_rate.unwrap_or(auto);
        let mut iterations = 0;
        while iterations < options.iterations {
            let early = iterations < options.exaggerated;
            let (exaggeration, momentum) = match early {
                true => (options.early_exaggeration, MOMENTUM.0),
                false => (1.0, MOMENTUM.1),
            };
            if iterations == options.exaggerated {
                // What was too strong leaves nothing behind: momentum and gains begin anew, as scikit-learn has it.
                descent.rest();
            }
            iterations += 1;
            let (gradient, _) = descent.gradient(exaggeration);
            let norm: f64 = gradient.iter().flatten().map(|g| g * g).sum();
            descent.step(&gradient, rate, momentum);
            if !early && norm.sqrt() <= STILL {
                break;
            }
        }
        let total = descent.gradient(1.0).1;
        let divergence = descent.divergence(total);
        let [xs, ys] = &descent.map;
        let values = xs.iter().zip(ys).flat_map(|(x, y)| [*x as f32, *y as f32]);
        Ok(Tsne {
            points: Tensor::from_vec(values.collect::<Vec<f32>>(), [count, 2])?,
            divergence,
            iterations,
        })
    }

    /// Where each sample lies, `[samples, 2]`.
    pub fn points(&self) -> &Tensor {
        &self.points
    }

    /// KL(p‖q) at the end, in nats: what the map could not keep.
    pub fn divergence(&self) -> f64 {
        self.divergence
    }

    /// Iterations done.
    pub fn iterations(&self) -> usize {
        self.iterations
    }
}

impl TsneOptions {
    fn check(&self, samples: usize) -> Result<()> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let problem = if !(self.perplexity >= 1.0 && self.perplexity < samples as f64) {
            format!(
                "the perplexity is {}, with {samples} samples it must be from 1 to below {samples}",
                self.perplexity
            )
        } else if samples < 3 {
            format!("{samples} samples make no map, three or more do")
        } else if u32::try_from(samples).is_err() {
            "there are too many samples".into()
        } else if !(self.angle > 0.0 && self.angle <= 0.7) {
            format!(
                "the angle is {}, it must be above 0, at most 0.7",
                self.angle
            )
        } else if samples <= self.exact_to && samples > EXACT {
            format!(
                "every pair of {samples} samples would take too much memory; set exact_to to {EXACT} or less"
            )
        } else if self.early_exaggeration < 1.0 || !self.early_exaggeration.is_finite() {
            "early exaggeration must be 1 or more".into()
        } else if !self.learning_rate.is_none_or(positive) {
            "the learning rate must be above 0".into()
        } else {
            return Ok(());
        };
        Err(Error::argument("t-SNE", problem))
    }
}

/// The map before the first step.
fn begin(points: &Points, options: &TsneOptions) -> Result<[Vec<f64>; 2]> {
    let mut rng = Rng::addressed(options.seed, BEGIN, 0, 0);
    let mut random = || (0..points.count).map(|_| SPREAD * rng.normal()).collect();
    let mut map: [Vec<f64>; 2] = [random(), random()];
    if options.begin == Begin::Random {
        return Ok(map);
    }
    let kept = points.width.min(2);
    let rows = Tensor::from_slice(&points.values, [points.count, points.width])?;
    let data = InMemory::new("points", rows.clone(), Targets::None)?;
    let options = PcaOptions {
        seed: options.seed,
        ..PcaOptions::count(kept)
    };
    let parts = Pca::fit(&data, &options)?.transform(&rows)?;
    let parts = parts.to_dtype(nn_core::DType::F64)?.to_vec::<f64>()?;
    let first = parts.iter().step_by(kept).map(|v| v * v).sum::<f64>();
    let deviation = (first / points.count as f64).sqrt();
    if deviation > 0.0 {
        for (axis, map) in map.iter_mut().enumerate().take(kept) {
            *map = parts
                .iter()
                .skip(axis)
                .step_by(kept)
                .map(|v| SPREAD * v / deviation)
                .collect();
        }
    }
    Ok(map)
}

/// The map on its way down.
struct Descent {
    affinities: Affinities,
    /// Barnes–Hut with this angle, or every pair.
    angle: Option<f64>,
    map: [Vec<f64>; 2],
    velocity: [Vec<f64>; 2],
    gains: [Vec<f64>; 2],
}

impl Descent {
    fn new(affinities: Affinities, angle: Option<f64>, map: [Vec<f64>; 2]) -> Descent {
        let count = map[0].len();
        Descent {
            affinities,
            angle,
            map,
            velocity: [vec![0.0; count], vec![0.0; count]],
            gains: [vec![1.0; count], vec![1.0; count]],
        }
    }

    /// Takes the speed away.
    fn rest(&mut self) {
        self.velocity.iter_mut().for_each(|v| v.fill(0.0));
        self.gains.iter_mut().for_each(|g| g.fill(1.0));
    }

    /// The gradient of KL with p times `exaggeration`, and Σw over all ordered pairs.
    fn gradient(&self, exaggeration: f64) -> ([Vec<f64>; 2], f64) {
        let [xs, ys] = &self.map;
        let count = xs.len();
        let tree = self.angle.map(|angle| (Quadtree::of(xs, ys), angle));
        type Forces = Vec<([f64; 2], Repulsion)>;
        let slots: Vec<Mutex<Forces>> = (0..count.div_ceil(ROWS))
            .map(|_| Mutex::default())
            .collect();
        parallel_for_long(slots.len(), &|slot| {
            let mut stack = Vec::new();
            let rows = slot * ROWS..((slot + 1) * ROWS).min(count);
            let forces: Forces = rows
                .map(|at| {
                    let repulsion = match &tree {
                        Some((tree, angle)) => tree.repulsion(xs[at], ys[at], *angle, &mut stack),
                        None => all_pairs(xs, ys, at),
                    };
                    let mut attraction = [0.0; 2];
                    for (other, p) in self.affinities.row(at) {
                        let (dx, dy) = (xs[at] - xs[other], ys[at] - ys[other]);
                        let pull = p / (1.0 + dx * dx + dy * dy);
                        attraction[0] += pull * dx;
                        attraction[1] += pull * dy;
                    }
                    (attraction, repulsion)
                })
                .collect();
            if let Ok(mut slot) = slots[slot].lock() {
                *slot = forces;
            }
        });
        let forces: Forces = slots
            .into_iter()
            .flat_map(|slot| slot.into_inner().unwrap_or_default())
            .collect();
        let total: f64 = forces.iter().map(|(_, r)| r.weight).sum();
        let total = total.max(f64::MIN_POSITIVE);
        let axis = |attraction: usize, repulsion: fn(&Repulsion) -> f64| {
            forces
                .iter()
                .map(|(a, r)| 4.0 * (exaggeration * a[attraction] - repulsion(r) / total))
                .collect()
        };
        ([axis(0, |r| r.x), axis(1, |r| r.y)], total)
    }

    /// One step: gains grow where the gradient goes on in one direction and shrink where it turns (Jacobs 1988).
    fn step(&mut self, gradient: &[Vec<f64>; 2], rate: f64, momentum: f64) {
        let state = self.velocity.iter_mut().zip(&mut self.gains);
        for ((map, gradient), (velocity, gains)) in self.map.iter_mut().zip(gradient).zip(state) {
            let state = velocity.iter_mut().zip(gains);
            for ((place, g), (velocity, gain)) in map.iter_mut().zip(gradient).zip(state) {
                *gain = if *velocity * g < 0.0 {
                    *gain + 0.2
                } else {
                    (*gain * 0.8).max(GAIN)
                };
                *velocity = momentum * *velocity - rate * *gain * g;
                *place += *velocity;
            }
        }
    }

    /// KL(p‖q), with Σw over all ordered pairs.
    fn divergence(&self, total: f64) -> f64 {
        let [xs, ys] = &self.map;
        let mut sum = 0.0;
        for at in 0..xs.len() {
            for (other, p) in self.affinities.row(at) {
                let (dx, dy) = (xs[at] - xs[other], ys[at] - ys[other]);
                let q = 1.0 / ((1.0 + dx * dx + dy * dy) * total);
                if p > 0.0 {
                    sum += p * (p / q).ln();
                }
            }
        }
        sum
    }
}

/// The sums of a point over all others, in lanes of a fixed number.
fn all_pairs(xs: &[f64], ys: &[f64], at: usize) -> Repulsion {
    let (x, y) = (xs[at], ys[at]);
    let [mut fx, mut fy, mut weight] = [[0.0_f64; LANES]; 3];
    let mut add = |lane: usize, other_x: f64, other_y: f64| {
        let (dx, dy) = (x - other_x, y - other_y);
        let w = 1.0 / (1.0 + dx * dx + dy * dy);
        weight[lane] += w;
        fx[lane] += w * w * dx;
        fy[lane] += w * w * dy;
    };
    let (chunks, others) = (xs.chunks_exact(LANES), ys.chunks_exact(LANES));
    let (rest_x, rest_y) = (chunks.remainder(), others.remainder());
    for (chunk_x, chunk_y) in chunks.zip(others) {
        for lane in 0..LANES {
            add(lane, chunk_x[lane], chunk_y[lane]);
        }
    }
    for (lane, (other_x, other_y)) in rest_x.iter().zip(rest_y).enumerate() {
        add(lane, *other_x, *other_y);
    }
    Repulsion {
        x: fx.iter().sum(),
        y: fy.iter().sum(),
        // Without the point itself, at distance 0.
        weight: weight.iter().sum::<f64>() - 1.0,
    }
}

#[cfg(test)]
mod tests;
