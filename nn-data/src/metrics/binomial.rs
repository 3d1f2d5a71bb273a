//! Draws from the binomial distribution, for resampling counts.

use nn_core::Rng;

/// From here on rejection is faster than counting waiting times.
const LARGE_MEAN: f64 = 10.0;

/// How many of `trials` succeed when each does with probability `p`, 0 to 1.
pub(super) fn binomial(rng: &mut Rng, trials: u64, p: f64) -> u64 {
    if p > 0.5 {
        return trials - binomial(rng, trials, 1.0 - p);
    }
    if trials == 0 || p <= 0.0 {
        return 0;
    }
    match trials as f64 * p < LARGE_MEAN {
        true => by_waiting(rng, trials, p),
        false => by_rejection(rng, trials, p),
    }
}

/// Adds up the trials from one success to the next, which are geometrically distributed.
fn by_waiting(rng: &mut Rng, trials: u64, p: f64) -> u64 {
    let per_trial = (-p).ln_1p();
    let (mut used, mut successes) = (0.0, 0);
    loop {
        // 1 − u is above 0, so that its logarithm is finite.
        used += ((1.0 - rng.uniform()).ln() / per_trial).floor() + 1.0;
        if used > trials as f64 {
            return successes;
        }
        successes += 1;
    }
}

/// Transformed rejection with squeeze, algorithm BTRS of Hörmann (1993).
fn by_rejection(rng: &mut Rng, trials: u64, p: f64) -> u64 {
    let n = trials as f64;
    let deviation = (n * p * (1.0 - p)).sqrt();
    let b = 1.15 + 2.53 * deviation;
    let a = -0.0873 + 0.0248 * b + 0.01 * p;
    let centre = n * p + 0.5;
    let squeeze = 0.92 - 4.2 / b;
    let alpha = (2.83 + 5.1 / b) * deviation;
    let odds = p / (1.0 - p);
    let mode = ((n + 1.0) * p).floor();
    loop {
        let u = rng.uniform() - 0.5;
        let v = rng.uniform();
        let us = 0.5 - u.abs();
        let k = ((2.0 * a / us + b) * u + centre).floor();
        if us >= 0.07 && v <= squeeze {
            return k as u64;
        }
        if !(0.0..=n).contains(&k) {
            continue;
        }
        let height = (v * alpha / (a / (us * us) + b)).ln();
        let bound = (mode + 0.5) * ((mode + 1.0) / (odds * (n - mode + 1.0))).ln()
            + (n + 1.0) * ((n - mode + 1.0) / (n - k + 1.0)).ln()
            + (k + 0.5) * (odds * (n - k + 1.0) / (k + 1.0)).ln()
            + stirling_rest(mode)
            + stirling_rest(n - mode)
            - stirling_rest(k)
            - stirling_rest(n - k);
        if height <= bound {
            return k as u64;
        }
    }
}

/// ln k! less Stirling's formula (k + ½)·ln(k + 1) − (k + 1) + ½·ln 2π.
fn stirling_rest(k: f64) -> f64 {
    if k < 10.0 {
        let factorial: f64 = (1..=k as u32).map(f64::from).product();
        let half_log_tau = 0.5 * std::f64::consts::TAU.ln();
        return factorial.ln() - ((k + 0.5) * (k + 1.0).ln() - (k + 1.0) + half_log_tau);
    }
    let square = (k + 1.0) * (k + 1.0);
    (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / (k + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_mean_and_variance_of_the_distribution() {
        let mut rng = Rng::new(1);
        let draws = 20_000;
        for (trials, p) in [
            (40, 0.02),
            (40, 0.5),
            (30, 0.97),
            (10_000, 0.3),
            (1_000_000_000, 0.001),
        ] {
            let values: Vec<f64> = (0..draws)
                .map(|_| binomial(&mut rng, trials, p) as f64)
                .collect();
            let mean = values.iter().sum::<f64>() / f64::from(draws);
            let spread = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / f64::from(draws);
            let (expected, variance) = (trials as f64 * p, trials as f64 * p * (1.0 - p));
            let error = (variance / f64::from(draws)).sqrt();
            assert!(
                (mean - expected).abs() < 4.0 * error,
                "{trials} {p}: {mean}"
            );
            assert!(
                (spread / variance - 1.0).abs() < 0.06,
                "{trials} {p}: {spread}"
            );
        }
        assert_eq!(binomial(&mut rng, 5, 0.0), 0);
        assert_eq!(binomial(&mut rng, 5, 1.0), 5);
        assert_eq!(binomial(&mut rng, 0, 0.5), 0);
    }
}
