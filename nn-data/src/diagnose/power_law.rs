//! How errors fall with the number of samples, and what that says about more of them.

use nn_core::{Purpose, Rng};
use serde::Serialize;

/// The draws of this file, apart from all others.
const NOISE: Purpose = Purpose::Other(0x0063_7572_7665);
/// Curves drawn anew to see how far the law can be trusted.
const DRAWS: usize = 400;
/// Exponents that are tried.
const EXPONENTS: std::ops::RangeInclusive<usize> = 1..=40;

/// `error(n) = scale · n^(−exponent) + floor`, with scale and floor not below 0: the form that learning curves have been found to
/// follow (Hestness et al. 2017; Viering and Loog 2022).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PowerLaw {
    /// What is multiplied.
    pub scale: f64,
    /// How fast the error falls, 0.05 to 2.
    pub exponent: f64,
    /// What no number of samples goes below.
    pub floor: f64,
}

/// An error that was not measured but expected.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Projection {
    /// With so many samples.
    pub samples: usize,
    /// By the law.
    pub value: f64,
    /// Nine of ten redrawn curves lead above this,
    pub low: f64,
    /// and below this.
    pub high: f64,
}

/// A number of samples, the error with them, and its standard error.
pub(super) type Measured = (f64, f64, f64);

impl PowerLaw {
    /// The law that fits best, by least squares weighted with the standard errors; nothing with fewer than three sizes.
    pub(super) fn fit(points: &[Measured]) -> Option<PowerLaw> {
        if points.len() < 3 {
            return None;
        }
        let largest = points.iter().map(|p| p.0).fold(1.0, f64::max);
        let mut best: Option<(f64, PowerLaw)> = None;
        for step in EXPONENTS {
            let exponent = 0.05 * step as f64;
            // Sizes in units of the largest keep the numbers tame.
            let [mut sww, mut swx, mut swxx, mut swy, mut swxy] = [0.0; 5];
            for &(n, y, error) in points {
                let x = (n / largest).powf(-exponent);
                let w = 1.0 / (error * error).max(1e-12);
                sww += w;
                swx += w * x;
                swxx += w * x * x;
                swy += w * y;
                swxy += w * x * y;
            }
            let determinant = sww * swxx - swx * swx;
            let (mut scale, mut floor) = if determinant > 1e-12 * sww * swxx {
                (
                    (sww * swxy - swx * swy) / determinant,
                    (swxx * swy - swx * swxy) / determinant,
                )
            } else {
                (0.0, swy / sww)
            };
            if floor < 0.0 {
                (scale, floor) = (swxy / swxx, 0.0);
            }
            if scale < 0.0 {
                (scale, floor) = (0.0, (swy / sww).max(0.0));
            }
            let misfit: f64 = points
                .iter()
                .map(|&(n, y, error)| {
                    let said = scale * (n / largest).powf(-exponent) + floor;
                    (said - y).powi(2) / (error * error).max(1e-12)
                })
                .sum();
            if best.as_ref().is_none_or(|(least, _)| misfit < *least) {
                let law = PowerLaw {
                    scale: scale * largest.powf(exponent),
                    exponent,
                    floor,
                };
                best = Some((misfit, law));
            }
        }
        best.map(|(_, law)| law)
    }

    /// The error with so many samples.
    pub fn at(&self, samples: usize) -> f64 {
        self.scale * (samples.max(1) as f64).powf(-self.exponent) + self.floor
    }

    /// The error with so many samples, and how far curves redrawn within their standard errors lead from it.
    pub(super) fn project(points: &[Measured], samples: usize, seed: u64) -> Option<Projection> {
        let law = PowerLaw::fit(points)?;
        let mut said: Vec<f64> = (0..DRAWS)
            .filter_map(|draw| {
                let mut rng = Rng::addressed(seed, NOISE, draw as u64, samples as u64);
                let redrawn: Vec<Measured> = points
                    .iter()
                    .map(|&(n, y, error)| (n, (y + error * rng.normal()).max(0.0), error))
                    .collect();
                Some(PowerLaw::fit(&redrawn)?.at(samples))
            })
            .collect();
        said.sort_by(f64::total_cmp);
        let value = law.at(samples);
        let at = |share: f64| said[((share * said.len() as f64) as usize).min(said.len() - 1)];
        Some(Projection {
            samples,
            value,
            low: at(0.05).min(value),
            high: at(0.95).max(value),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(law: &PowerLaw, error: f64) -> Vec<Measured> {
        let sizes = [50, 100, 200, 400, 800, 1600];
        sizes.map(|n| (n as f64, law.at(n), error)).to_vec()
    }

    #[test]
    fn laws_are_found_again() {
        for (scale, exponent, floor) in [
            (3.0, 0.5, 0.05),
            (20.0, 1.0, 0.0),
            (0.8, 0.2, 0.1),
            (0.0, 0.3, 0.2),
        ] {
            let law = PowerLaw {
                scale,
                exponent,
                floor,
            };
            let found = PowerLaw::fit(&points(&law, 0.01)).unwrap();
            for n in [50, 1600, 12_800] {
                assert!(
                    (found.at(n) - law.at(n)).abs() < 1e-3,
                    "{found:?} is not {law:?}"
                );
            }
        }
    }

    #[test]
    fn projections_are_as_wide_as_the_noise_makes_them() {
        let law = PowerLaw {
            scale: 3.0,
            exponent: 0.5,
            floor: 0.05,
        };
        let near = PowerLaw::project(&points(&law, 0.002), 3200, 1).unwrap();
        let noisy = PowerLaw::project(&points(&law, 0.02), 3200, 1).unwrap();
        let far = PowerLaw::project(&points(&law, 0.02), 1_000_000, 1).unwrap();
        assert!(
            near.low <= law.at(3200) + 1e-3 && law.at(3200) - 1e-3 <= near.high,
            "{near:?}"
        );
        let width = |p: &Projection| p.high - p.low;
        assert!(
            width(&near) < width(&noisy) && width(&noisy) < width(&far),
            "{near:?} {noisy:?} {far:?}"
        );
        assert!(PowerLaw::fit(&points(&law, 0.1)[..2]).is_none());
        assert!(
            PowerLaw::fit(&[(1.0, 0.5, 0.0); 3])
                .unwrap()
                .at(100)
                .is_finite()
        );
    }
}
