use super::*;
use crate::dataset;

fn cloud(count: usize, width: usize, seed: u64) -> Points {
    let mut rng = Rng::addressed(seed, Purpose::Other(13), 0, 0);
    // Four groups, some way apart.
    let values = (0..count * width).map(|at| {
        let group = at / width % 4;
        (if at % width == group { 6.0 } else { 0.0 } + rng.normal()) as f32
    });
    Points {
        values: values.collect(),
        count,
        width,
    }
}

fn descent(count: usize, angle: Option<f64>) -> Descent {
    let points = cloud(count, 5, 1);
    let mut rng = Rng::addressed(2, Purpose::Other(13), 0, 0);
    let mut place = || (0..count).map(|_| 2.0 * rng.normal()).collect();
    let map = [place(), place()];
    Descent::new(Affinities::of(&points, count - 1, 8.0), angle, map)
}

#[test]
fn the_gradient_is_the_derivative_of_the_divergence() {
    let mut descent = descent(41, None);
    let (gradient, _) = descent.gradient(1.0);
    let step = 1e-5;
    for (axis, gradient) in gradient.iter().enumerate() {
        for at in [0, 7, 40] {
            let place = descent.map[axis][at];
            let mut with = |place: f64| {
                descent.map[axis][at] = place;
                let total = descent.gradient(1.0).1;
                descent.divergence(total)
            };
            let slope = (with(place + step) - with(place - step)) / (2.0 * step);
            descent.map[axis][at] = place;
            // p is kept in f32: its sum differs from 1 by rounding, and the gradient takes it for 1.
            assert!(
                (gradient[at] - slope).abs() < 1e-6,
                "{} is not {slope}",
                gradient[at]
            );
        }
    }
}

#[test]
fn barnes_and_hut_come_near() {
    let (exact, near) = (descent(600, None), descent(600, Some(0.5)));
    let ((a, total), (b, near_total)) = (exact.gradient(1.0), near.gradient(1.0));
    assert!(
        (near_total / total - 1.0).abs() < 0.01,
        "{near_total} {total}"
    );
    let length = |v: &[Vec<f64>; 2]| v.iter().flatten().map(|g| g * g).sum::<f64>().sqrt();
    let mut difference = a.clone();
    for (difference, b) in difference.iter_mut().zip(&b) {
        difference.iter_mut().zip(b).for_each(|(d, b)| *d -= b);
    }
    assert!(length(&difference) < 0.05 * length(&a));
}

/// The share of near samples that stay near (Venna and Kaski 2001): 1 where all do.
fn trustworthiness(rows: &[Vec<f32>], map: &[Vec<f32>], neighbours: usize) -> f64 {
    let n = rows.len();
    let order = |rows: &[Vec<f32>], at: usize| {
        let distance = |other: usize| crate::points::squared_distance(&rows[at], &rows[other]);
        let mut others: Vec<usize> = (0..n).filter(|other| *other != at).collect();
        others.sort_by(|&a, &b| distance(a).total_cmp(&distance(b)));
        others
    };
    let mut penalty = 0;
    for at in 0..n {
        let mut rank = vec![0; n];
        order(rows, at)
            .iter()
            .enumerate()
            .for_each(|(r, other)| rank[*other] = r + 1);
        for other in &order(map, at)[..neighbours] {
            penalty += rank[*other].saturating_sub(neighbours);
        }
    }
    let (n, k) = (n as f64, neighbours as f64);
    1.0 - 2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0)) * penalty as f64
}

fn rows(values: &Tensor) -> Vec<Vec<f32>> {
    let width = values.dims()[1];
    values
        .to_vec::<f32>()
        .unwrap()
        .chunks(width)
        .map(<[f32]>::to_vec)
        .collect()
}

#[test]
fn neighbours_stay_neighbours_on_both_ways() {
    let iris = dataset::iris().unwrap();
    for exact_to in [2000, 0] {
        let options = TsneOptions {
            exact_to,
            iterations: 500,
            ..TsneOptions::default()
        };
        let map = Tsne::fit(&iris, &options).unwrap();
        let kept = trustworthiness(&rows(iris.inputs()), &rows(map.points()), 10);
        assert!(kept > 0.97, "{kept}");
    }
}

#[test]
fn threads_and_repeats_change_nothing() {
    let points = cloud(300, 6, 3);
    let rows = Tensor::from_vec(points.values, [300, 6]).unwrap();
    let run = |threads, exact_to| {
        nn_core::kernels::threads::set_threads(threads);
        let options = TsneOptions {
            iterations: 120,
            exact_to,
            ..TsneOptions::default()
        };
        Tsne::fit_rows(&rows, &options)
            .unwrap()
            .points()
            .to_vec::<f32>()
            .unwrap()
    };
    for exact_to in [2000, 0] {
        let one = run(1, exact_to);
        assert_eq!(one, run(3, exact_to));
        assert!(one.iter().all(|v| v.is_finite()));
    }
}

#[test]
fn odd_data_and_options() {
    let fit = |values: Vec<f32>, width: usize, options: TsneOptions| {
        let rows = Tensor::from_vec(values.clone(), [values.len() / width, width]).unwrap();
        Tsne::fit_rows(&rows, &options)
    };
    let small = TsneOptions {
        perplexity: 3.0,
        iterations: 60,
        ..TsneOptions::default()
    };
    // All in one place; one column; far apart.
    for (values, width) in [
        (vec![1.0; 20], 2),
        ((0..12).map(|v| v as f32).collect(), 1),
        ((0..24).map(|v| v as f32 * 1e15).collect(), 2),
    ] {
        let map = fit(values, width, small).unwrap();
        assert!(
            map.points()
                .to_vec::<f32>()
                .unwrap()
                .iter()
                .all(|v| v.is_finite())
                && map.divergence().is_finite()
        );
    }
    let error = |options| fit(vec![0.0; 20], 2, options).unwrap_err().to_string();
    assert!(error(TsneOptions::default()).contains("to below 10"));
    assert!(
        error(TsneOptions {
            angle: 0.0,
            ..small
        })
        .contains("angle")
    );
    assert!(
        error(TsneOptions {
            learning_rate: Some(0.0),
            ..small
        })
        .contains("learning rate")
    );
    let many = TsneOptions {
        exact_to: usize::MAX,
        ..small
    };
    assert!(
        many.check(20_001)
            .unwrap_err()
            .to_string()
            .contains("memory")
            && many.check(20_000).is_ok()
    );
    assert!(fit(vec![f32::INFINITY; 20], 2, small).is_err());
}
