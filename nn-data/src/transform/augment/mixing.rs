//! Mixing the pictures of a batch, and their targets in the same proportion.
//!
//! The partner of a sample is the next one in the batch, and of the last the first: batches are shuffled, so that is anyone. What is drawn,
//! how much of the partner and where, is a function of seed, epoch and sample as everywhere.

use nn_core::{DType, Rng, Tensor};
use serde::{Deserialize, Serialize};

use super::cutout::about;
use super::picture::{Frame, Pixel};
use super::settings::{always, check_number, check_p};
use crate::dataset::TargetKind;
use crate::error::{Error, Result};

/// Adds a partner: `x ← λ·x + (1 − λ)·x'`, with λ drawn from Beta(α, α) for each sample (Zhang et al. 2018).
///
/// The larger of λ and 1 − λ is the sample's own share: as partners are arbitrary, pairs and shares come as often as otherwise, but a batch
/// never holds nearly the same mixture twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mixup {
    /// α: near 0 one of the two dominates, 1 makes all proportions alike. Default 0.2.
    #[serde(default = "fifth")]
    pub alpha: f64,
    /// Probability for each sample; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

/// Puts a rectangle of a partner into the picture at the same place. Its area is the share 1 − λ, less what lies beyond the edge, with λ
/// drawn from Beta(α, α) for each sample and the centre evenly; targets mix by the area (Yun et al. 2019).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cutmix {
    /// α: near 0 one of the two dominates, 1 makes all proportions alike. Default 1.
    #[serde(default = "always")]
    pub alpha: f64,
    /// Probability for each sample; default 1.
    #[serde(default = "always")]
    pub p: f64,
}

fn fifth() -> f64 {
    0.2
}

/// A step that mixes the samples of a batch.
pub(super) trait Mix {
    /// α and the probability.
    fn settings(&self) -> (f64, f64);

    /// Mixes `partner` into `own` with about the share `own_share` of it left, and returns the share that really is left.
    fn mix<T: Pixel>(
        &self,
        own_share: f64,
        rng: &mut Rng,
        frame: &Frame,
        own: &mut [T],
        partner: &[T],
    ) -> f64;
}

/// Refuses settings out of range.
pub(super) fn check(what: &'static str, step: &impl Mix) -> Result<()> {
    let (alpha, p) = step.settings();
    let holds = (0.001..=1000.0).contains(&alpha);
    check_number(what, "alpha", alpha, holds, "from 0.001 to 1000")?;
    check_p(what, p)
}

impl Mix for Mixup {
    fn settings(&self) -> (f64, f64) {
        (self.alpha, self.p)
    }

    fn mix<T: Pixel>(
        &self,
        own_share: f64,
        _: &mut Rng,
        _: &Frame,
        own: &mut [T],
        partner: &[T],
    ) -> f64 {
        let own_share = own_share.max(1.0 - own_share);
        let share = own_share as f32;
        for (own, partner) in own.iter_mut().zip(partner) {
            let partner = partner.to_f32();
            *own = T::from_f32(partner + share * (own.to_f32() - partner));
        }
        own_share
    }
}

impl Mix for Cutmix {
    fn settings(&self) -> (f64, f64) {
        (self.alpha, self.p)
    }

    fn mix<T: Pixel>(
        &self,
        own_share: f64,
        rng: &mut Rng,
        frame: &Frame,
        own: &mut [T],
        partner: &[T],
    ) -> f64 {
        let side = (1.0 - own_share).max(0.0).sqrt();
        let cut = |whole: usize, rng: &mut Rng| {
            let size = (side * whole as f64) as usize;
            about(rng.below(whole), size, whole)
        };
        let (top, height) = cut(frame.height, rng);
        let (left, width) = cut(frame.width, rng);
        let lines = own.chunks_exact_mut(frame.width);
        for (at, (own, partner)) in lines.zip(partner.chunks_exact(frame.width)).enumerate() {
            if (top..top + height).contains(&(at % frame.height)) {
                let here = left..left + width;
                own[here.clone()].copy_from_slice(&partner[here]);
            }
        }
        1.0 - (height * width) as f64 / frame.area() as f64
    }
}

/// Mixes the samples of a batch in place and returns what is left of each. `rng` gives the stream of a sample by its place in the batch.
pub(super) fn mix_batch<T: Pixel>(
    step: &impl Mix,
    frame: &Frame,
    pixels: &mut [T],
    mut rng: impl FnMut(usize) -> Rng,
) -> Vec<f64> {
    let (alpha, p) = step.settings();
    let size = frame.values();
    let Some(first) = pixels.get(..size).map(<[T]>::to_vec) else {
        return Vec::new();
    };
    let samples = pixels.len() / size;
    (0..samples)
        .map(|at| {
            let mut rng = rng(at);
            if samples == 1 || !rng.bernoulli(p) {
                return 1.0;
            }
            let share = beta(alpha, &mut rng);
            // Each partner is as it was before the mixing: the next one is not mixed yet, and the first was kept.
            let (own, next) = pixels[at * size..].split_at_mut(size);
            let partner = next.get(..size).unwrap_or(&first);
            step.mix(share, &mut rng, frame, own, partner)
        })
        .collect()
}

/// The targets in the same proportion: classes as probabilities `[N, C]`, numbers as numbers.
pub(super) fn mix_targets(targets: &Tensor, kind: &TargetKind, own: &[f64]) -> Result<Tensor> {
    let mut targets = match kind {
        TargetKind::Classes { names } if !targets.dtype().is_float() => {
            one_hot(targets, names.len())?
        }
        _ => targets.clone(),
    };
    let width: usize = targets.dims().iter().skip(1).product();
    if targets.dtype() != DType::F32 || targets.dims().first() != Some(&own.len()) {
        let problem = format!(
            "targets are {:?} of {}, a row of f32 for each of {} samples was expected",
            targets.dims(),
            targets.dtype(),
            own.len()
        );
        return Err(Error::argument("augment", problem));
    }
    if width == 0 || own.is_empty() {
        return Ok(targets);
    }
    let rows = targets.make_mut::<f32>()?;
    let first = rows[..width].to_vec();
    for (at, &share) in own.iter().enumerate() {
        let (row, next) = rows[at * width..].split_at_mut(width);
        let partner = next.get(..width).unwrap_or(&first);
        let share = share as f32;
        for (own, partner) in row.iter_mut().zip(partner) {
            // Either summand is 0 for most classes; then this is exact.
            *own = share * *own + (1.0 - share) * partner;
        }
    }
    Ok(targets)
}

fn one_hot(labels: &Tensor, classes: usize) -> Result<Tensor> {
    let labels = labels.to_dtype(DType::I64)?.to_vec::<i64>()?;
    let mut rows = Tensor::zeros([labels.len(), classes], DType::F32)?;
    let values = rows.make_mut::<f32>()?;
    for (at, &label) in labels.iter().enumerate() {
        match usize::try_from(label) {
            Ok(label) if label < classes => values[at * classes + label] = 1.0,
            _ => {
                let problem = format!("label {label} of sample {at} is none of {classes} classes");
                return Err(Error::argument("augment", problem));
            }
        }
    }
    Ok(rows)
}

/// A draw from Beta(α, α): `X/(X + Y)` with X and Y from Gamma(α), by their logarithms, since for small α both may vanish.
fn beta(alpha: f64, rng: &mut Rng) -> f64 {
    let (x, y) = (ln_gamma_draw(alpha, rng), ln_gamma_draw(alpha, rng));
    1.0 / (1.0 + (y - x).exp())
}

/// The logarithm of a draw from Gamma(α) (Marsaglia and Tsang 2000): below 1 a draw from Gamma(α + 1) times U^(1/α).
fn ln_gamma_draw(alpha: f64, rng: &mut Rng) -> f64 {
    let (shape, boost) = if alpha < 1.0 {
        (alpha + 1.0, (1.0 - rng.uniform()).ln() / alpha)
    } else {
        (alpha, 0.0)
    };
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = rng.normal();
        let v = (1.0 + c * x).powi(3);
        if v <= 0.0 {
            continue;
        }
        let u = 1.0 - rng.uniform();
        if u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return (d * v).ln() + boost;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beta_has_its_moments() {
        for alpha in [0.1, 0.2, 0.5, 1.0, 2.0, 8.0] {
            let mut rng = Rng::new(5);
            let n = 60_000;
            let draws: Vec<f64> = (0..n).map(|_| beta(alpha, &mut rng)).collect();
            assert!(draws.iter().all(|x| (0.0..=1.0).contains(x)));
            let mean = draws.iter().sum::<f64>() / n as f64;
            let variance = draws.iter().map(|x| (x - 0.5).powi(2)).sum::<f64>() / n as f64;
            let expected = 1.0 / (4.0 * (2.0 * alpha + 1.0));
            assert!((mean - 0.5).abs() < 0.011, "α {alpha}: {mean}");
            assert!(
                (variance / expected - 1.0).abs() < 0.03,
                "α {alpha}: {variance}, not {expected}"
            );
        }
        let mut rng = Rng::new(5);
        assert!((0..1000).all(|_| beta(0.001, &mut rng).is_finite()));
    }
}
