//! Made-up data whose shape is known: for trying things out, for tests, and for seeing what a network learns.
//!
//! Each is a function of its arguments and the seed alone.

use nn_core::{Purpose, Rng, Tensor};

use super::{InMemory, Targets};
use crate::error::{Error, Result};

/// The streams of random numbers that made-up data is drawn from.
const PURPOSE: Purpose = Purpose::Other(0x5EED);

/// The most values that a set may have: 4 GiB.
const MAX_VALUES: usize = 1 << 30;

/// Rows of two coordinates or more, with a class each, in random order.
struct Rows {
    name: &'static str,
    width: usize,
    values: Vec<f32>,
    labels: Vec<u32>,
}

impl Rows {
    fn new(name: &'static str, samples: usize, width: usize) -> Result<Self> {
        let values = samples.checked_mul(width).filter(|&n| n <= MAX_VALUES);
        match values {
            Some(n) if n > 0 => Ok(Rows {
                name,
                width,
                values: Vec::with_capacity(n),
                labels: Vec::with_capacity(samples),
            }),
            _ => Err(Error::argument(
                "made-up data",
                format!("{samples} samples of {width} values; it takes 1 to {MAX_VALUES} values"),
            )),
        }
    }

    fn push(&mut self, class: usize, row: impl IntoIterator<Item = f64>) {
        self.values.extend(row.into_iter().map(|v| v as f32));
        self.labels.push(class as u32);
    }

    fn finish(self, classes: &[&str], features: Vec<String>, rng: &mut Rng) -> Result<InMemory> {
        let order = rng.permutation(self.labels.len());
        let mut values = Vec::with_capacity(self.values.len());
        for &row in &order {
            values.extend_from_slice(&self.values[row * self.width..(row + 1) * self.width]);
        }
        let targets = Targets::Classes {
            labels: order.iter().map(|&row| self.labels[row]).collect(),
            names: classes.iter().map(ToString::to_string).collect(),
        };
        let inputs = Tensor::from_vec(values, [order.len(), self.width])?;
        InMemory::new(self.name, inputs, targets)?.with_feature_names(features)
    }
}

fn plane() -> Vec<String> {
    vec!["x".into(), "y".into()]
}

fn check_noise(noise: f64) -> Result<()> {
    if noise >= 0.0 && noise.is_finite() {
        return Ok(());
    }
    let problem = format!("the noise is {noise}, it must be 0 or above");
    Err(Error::argument("made-up data", problem))
}

/// Two half circles that interlock: `[2]`, two classes. No straight line divides them.
///
/// # Errors
/// If there are no or too many samples, or the noise (the deviation of each coordinate) is below 0.
///
/// ```
/// use nn_data::{Dataset, dataset};
///
/// let moons = dataset::moons(200, 0.1, 1)?;
/// assert_eq!((moons.len(), moons.input_shape()), (200, &[2][..]));
/// # Ok::<(), nn_data::Error>(())
/// ```
pub fn moons(samples: usize, noise: f64, seed: u64) -> Result<InMemory> {
    check_noise(noise)?;
    let mut rng = Rng::addressed(seed, PURPOSE, 0, 0);
    let mut rows = Rows::new("moons", samples, 2)?;
    for i in 0..samples {
        let class = i % 2;
        let (sin, cos) = (std::f64::consts::PI * rng.uniform()).sin_cos();
        let (x, y) = [(cos, sin), (1.0 - cos, 0.5 - sin)][class];
        rows.push(class, [x + noise * rng.normal(), y + noise * rng.normal()]);
    }
    rows.finish(&["upper", "lower"], plane(), &mut rng)
}

/// A ring around another whose radius is `factor` times as large: `[2]`, two classes.
///
/// # Errors
/// If there are no or too many samples, the noise is below 0, or the factor is not between 0 and 1.
pub fn circles(samples: usize, noise: f64, factor: f64, seed: u64) -> Result<InMemory> {
    check_noise(noise)?;
    if !(factor > 0.0 && factor < 1.0) {
        let problem = format!("the factor is {factor}, it must be between 0 and 1");
        return Err(Error::argument("made-up data", problem));
    }
    let mut rng = Rng::addressed(seed, PURPOSE, 1, 0);
    let mut rows = Rows::new("circles", samples, 2)?;
    for i in 0..samples {
        let radius = [1.0, factor][i % 2];
        let (sin, cos) = (std::f64::consts::TAU * rng.uniform()).sin_cos();
        let place = [cos, sin].map(|c| radius * c + noise * rng.normal());
        rows.push(i % 2, place);
    }
    rows.finish(&["outer", "inner"], plane(), &mut rng)
}

/// Round clouds: `[features]`, one class each. Their centres are drawn from −10 to 10 in every coordinate.
///
/// # Errors
/// If there are no or too many samples, classes or features, or the deviation is below 0.
pub fn blobs(
    samples: usize,
    classes: usize,
    features: usize,
    deviation: f64,
    seed: u64,
) -> Result<InMemory> {
    check_noise(deviation)?;
    if !(1..=10_000).contains(&classes) {
        let problem = format!("{classes} classes, it takes 1 to 10000");
        return Err(Error::argument("made-up data", problem));
    }
    let mut rng = Rng::addressed(seed, PURPOSE, 2, 0);
    let mut rows = Rows::new("blobs", samples, features)?;
    Rows::new("blobs", classes, features)?;
    let centres: Vec<f64> = (0..classes * features)
        .map(|_| rng.uniform_range(-10.0, 10.0))
        .collect();
    for i in 0..samples {
        let class = i % classes;
        let centre = &centres[class * features..(class + 1) * features];
        rows.push(class, centre.iter().map(|c| c + deviation * rng.normal()));
    }
    let names: Vec<String> = (0..classes).map(|c| c.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let features = (1..=features).map(|f| format!("x{f}")).collect();
    rows.finish(&names, features, &mut rng)
}

/// Arms that wind around each other one and a half times: `[2]`, one class an arm. Hard for a shallow network.
///
/// # Errors
/// If there are no or too many samples, no or more than 100 arms, or the noise is below 0.
pub fn spirals(samples: usize, arms: usize, noise: f64, seed: u64) -> Result<InMemory> {
    check_noise(noise)?;
    if !(1..=100).contains(&arms) {
        let problem = format!("{arms} arms, it takes 1 to 100");
        return Err(Error::argument("made-up data", problem));
    }
    let mut rng = Rng::addressed(seed, PURPOSE, 3, 0);
    let mut rows = Rows::new("spirals", samples, 2)?;
    for i in 0..samples {
        let arm = i % arms;
        // The root spreads samples evenly over the area.
        let along = rng.uniform().sqrt();
        let turn = 1.5 * along + arm as f64 / arms as f64;
        let (sin, cos) = (std::f64::consts::TAU * turn).sin_cos();
        let place = [cos, sin].map(|c| along * c + noise * rng.normal());
        rows.push(arm, place);
    }
    let names: Vec<String> = (0..arms).map(|arm| format!("arm {}", arm + 1)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    rows.finish(&names, plane(), &mut rng)
}

/// Columns of [`rare`].
const RARE_FEATURES: [&str; 8] = [
    "amount", "hour", "distance", "age", "visits", "speed", "drift", "load",
];

/// Two classes of which one is rare, "yes" with the given share: `[8]`. The classes overlap; what tells them apart lies in
/// a shell around the origin of the first three columns and in the sign of the product of the next two, the rest is noise.
/// Who always says "no" is right in all other samples, and has found nothing.
///
/// # Errors
/// If the share is not between 0 and 1, or leaves a class without samples.
pub fn rare(samples: usize, share: f64, seed: u64) -> Result<InMemory> {
    let positives = (samples as f64 * share).round() as usize;
    if !(share > 0.0 && share < 1.0) || positives == 0 || positives >= samples {
        let problem = format!("a share of {share} of {samples} samples leaves a class empty");
        return Err(Error::argument("made-up data", problem));
    }
    let mut rng = Rng::addressed(seed, PURPOSE, 4, 0);
    let mut rows = Rows::new("rare", samples, RARE_FEATURES.len())?;
    for i in 0..samples {
        let mut row: [f64; 8] = std::array::from_fn(|_| rng.normal());
        let positive = i < positives;
        if positive {
            let length = row[..3].iter().map(|v| v * v).sum::<f64>().sqrt().max(1e-9);
            let radius = 3.3 + 0.35 * rng.normal();
            row[..3].iter_mut().for_each(|v| *v *= radius / length);
            row[4] = row[3].signum() * (row[4].abs() + 0.4);
        }
        rows.push(usize::from(positive), row);
    }
    let features = RARE_FEATURES.iter().map(ToString::to_string).collect();
    rows.finish(&["no", "yes"], features, &mut rng)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Dataset;

    fn all(data: &InMemory) -> (Vec<f32>, Vec<u32>) {
        let batch = data.batch(&(0..data.len()).collect::<Vec<_>>()).unwrap();
        (
            batch.inputs.to_vec().unwrap(),
            batch.targets.to_vec().unwrap(),
        )
    }

    #[test]
    fn each_is_a_function_of_the_seed() {
        type Make = fn(u64) -> Result<InMemory>;
        let makes: [Make; 5] = [
            |seed| moons(60, 0.1, seed),
            |seed| circles(60, 0.1, 0.5, seed),
            |seed| blobs(60, 3, 4, 1.0, seed),
            |seed| spirals(60, 3, 0.05, seed),
            |seed| rare(400, 0.05, seed),
        ];
        for make in makes {
            let (data, same, other) = (make(1).unwrap(), make(1).unwrap(), make(2).unwrap());
            assert_eq!(all(&data), all(&same));
            assert_ne!(all(&data), all(&other));
            assert!(data.feature_names().is_some());
            assert!(all(&data).0.iter().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn shapes_are_what_they_are_called() {
        let (values, labels) = all(&circles(200, 0.0, 0.5, 3).unwrap());
        for (row, label) in values.chunks(2).zip(labels) {
            let radius = row[0].hypot(row[1]);
            assert!((radius - [1.0, 0.5][label as usize]).abs() < 1e-6);
        }
        let labels = all(&rare(20_000, 0.005, 0).unwrap()).1;
        assert_eq!(labels.iter().filter(|&&l| l == 1).count(), 100);
        let (values, labels) = all(&moons(100, 0.0, 3).unwrap());
        for (row, label) in values.chunks(2).zip(labels) {
            let (x, y) = if label == 0 {
                (row[0], row[1])
            } else {
                (1.0 - row[0], 0.5 - row[1])
            };
            assert!((x.hypot(y) - 1.0).abs() < 1e-6 && y >= -1e-6);
        }
    }

    #[test]
    fn misuse_is_refused() {
        assert!(moons(0, 0.1, 1).is_err());
        assert!(moons(usize::MAX, 0.1, 1).is_err());
        assert!(moons(10, f64::NAN, 1).is_err());
        assert!(circles(10, 0.1, 1.0, 1).is_err());
        assert!(blobs(10, 0, 2, 1.0, 1).is_err());
        assert!(blobs(10, 2, 0, 1.0, 1).is_err());
        assert!(blobs(10, 2, usize::MAX, 1.0, 1).is_err());
        assert!(spirals(10, 0, 0.1, 1).is_err());
        assert!(rare(100, 0.001, 1).is_err());
        assert!(rare(100, f64::NAN, 1).is_err());
    }
}
