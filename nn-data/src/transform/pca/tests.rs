//! Principal components against known answers, and on awkward data.

use nn_core::{DType, Rng, Tensor};

use super::subspace::{Sizes, orthonormalise};
use super::*;
use crate::dataset::{InMemory, Targets};
use crate::transform::Zca;

fn table(values: Vec<f32>, columns: usize) -> InMemory {
    let rows = values.len() / columns;
    let inputs = Tensor::from_vec(values, [rows, columns]).unwrap();
    InMemory::new("t", inputs, Targets::None).unwrap()
}

/// Correlated columns of different scale, far from zero.
fn mixed(rows: usize, columns: usize, seed: u64) -> InMemory {
    let mut rng = Rng::new(seed);
    let mut values = Vec::with_capacity(rows * columns);
    for _ in 0..rows {
        let common = rng.normal();
        for column in 0..columns {
            let own = rng.normal() / (1.0 + column as f64);
            values.push((own + common * (column % 3) as f64 * 0.5 + 3.0) as f32);
        }
    }
    table(values, columns)
}

fn values(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().to_vec().unwrap()
}

/// Σ (x − mean)(x − mean)ᵀ / (n − 1), plainly.
fn covariance(x: &[f64], columns: usize) -> Vec<f64> {
    let rows = x.len() / columns;
    let mean: Vec<f64> = (0..columns)
        .map(|c| x.iter().skip(c).step_by(columns).sum::<f64>() / rows as f64)
        .collect();
    let mut out = vec![0.0; columns * columns];
    for row in x.chunks_exact(columns) {
        for i in 0..columns {
            for j in 0..columns {
                out[i * columns + j] += (row[i] - mean[i]) * (row[j] - mean[j]) / (rows - 1) as f64;
            }
        }
    }
    out
}

/// Σ λᵢ vᵢ vᵢᵀ: the covariance, if the components are all there and right.
fn rebuilt(pca: &Pca) -> Vec<f64> {
    let columns = pca.mean().len();
    let components = values(pca.components());
    let mut out = vec![0.0; columns * columns];
    let rows = components.chunks_exact(columns);
    for (row, variance) in rows.zip(pca.explained_variance()) {
        for i in 0..columns {
            for j in 0..columns {
                out[i * columns + j] += variance * row[i] * row[j];
            }
        }
    }
    out
}

fn close(a: &[f64], b: &[f64], tolerance: f64) {
    assert_eq!(a.len(), b.len());
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!(
            (a - b).abs() <= tolerance * b.abs().max(1.0),
            "{i}: {a} {b}"
        );
    }
}

#[test]
fn components_diagonalise_the_covariance_in_every_way_of_computing_them() {
    // Several sections of several blocks.
    let data = mixed(5000, 7, 1);
    let expected = covariance(&values(data.inputs()), 7);
    for (solver, precision, tolerance) in [
        (Solver::Exact, Precision::Double, 1e-10),
        (Solver::Exact, Precision::Single, 1e-5),
        (Solver::Randomized, Precision::Double, 1e-5),
    ] {
        let mut options = PcaOptions::count(7).solver(solver);
        options.precision = Some(precision);
        let pca = Pca::fit(&data, &options).unwrap();
        close(&rebuilt(&pca), &expected, tolerance);
        let ratio: f64 = pca.explained_variance_ratio().iter().sum();
        assert!((ratio - 1.0).abs() < 1e-5);
        let flat = pca.transform(data.inputs()).unwrap();
        let after = covariance(&values(&flat), 7);
        for i in 0..7 {
            assert!((after[i * 8] - pca.explained_variance()[i]).abs() < 1e-4);
        }
        let back = values(&pca.inverse_transform(&flat).unwrap());
        close(&back, &values(data.inputs()), 1e-5);
    }
}

#[test]
fn whitening_leaves_variance_one_and_no_correlation() {
    let data = mixed(3000, 6, 2);
    let identity: Vec<f64> = (0..36).map(|i| f64::from(u8::from(i % 7 == 0))).collect();
    let pca = Pca::fit(&data, &PcaOptions::new().whitened(0.0)).unwrap();
    let white = pca.transform(data.inputs()).unwrap();
    close(&covariance(&values(&white), 6), &identity, 1e-5);
    close(
        &values(&pca.inverse_transform(&white).unwrap()),
        &values(data.inputs()),
        1e-5,
    );

    let zca = Zca::fit(&data, 0.0).unwrap();
    let white = zca.transform(data.inputs()).unwrap();
    close(&covariance(&values(&white), 6), &identity, 1e-5);
    close(
        &values(&zca.inverse_transform(&white).unwrap()),
        &values(data.inputs()),
        1e-5,
    );
    // The map is symmetric: no other whitening changes the data less.
    let unit = Tensor::eye(6, DType::F64).unwrap();
    let at_zero = values(
        &zca.transform(&Tensor::zeros([1, 6], DType::F64).unwrap())
            .unwrap(),
    );
    let map = values(&zca.transform(&unit).unwrap());
    for i in 0..6 {
        for j in 0..6 {
            let (a, b) = (map[i * 6 + j] - at_zero[j], map[j * 6 + i] - at_zero[i]);
            assert!((a - b).abs() < 1e-9);
        }
    }
}

#[test]
fn epsilon_holds_back_directions_of_little_variance() {
    let data = mixed(500, 3, 3);
    let pca = Pca::fit(&data, &PcaOptions::new().whitened(0.5)).unwrap();
    let white = values(&pca.transform(data.inputs()).unwrap());
    let after = covariance(&white, 3);
    for (i, variance) in pca.explained_variance().iter().enumerate() {
        assert!((after[i * 4] - variance / (variance + 0.5)).abs() < 1e-5);
    }
}

#[test]
fn more_columns_than_samples() {
    let data = mixed(5, 40, 4);
    let pca = Pca::fit(&data, &PcaOptions::new().whitened(0.0)).unwrap();
    assert_eq!(pca.components().dims(), [5, 40]);
    // Five samples span four directions about their mean.
    assert!(pca.explained_variance()[3] > 1e-3 && pca.explained_variance()[4] == 0.0);
    let white = pca.transform(data.inputs()).unwrap();
    let last: Vec<f64> = values(&white).chunks(5).map(|row| row[4]).collect();
    assert_eq!(last, [0.0; 5]);
    close(
        &values(&pca.inverse_transform(&white).unwrap()),
        &values(data.inputs()),
        1e-5,
    );
    let few = Pca::fit(&data, &PcaOptions::count(2).solver(Solver::Randomized)).unwrap();
    close(
        few.explained_variance(),
        &pca.explained_variance()[..2],
        1e-6,
    );
    let error = Pca::fit(&data, &PcaOptions::count(6))
        .unwrap_err()
        .to_string();
    assert!(error.contains("have at most 5"), "{error}");
}

#[test]
fn constant_columns_take_no_part() {
    let plain = mixed(300, 3, 5);
    let rows = plain.inputs().to_vec::<f32>().unwrap();
    let padded: Vec<f32> = rows
        .chunks(3)
        .flat_map(|r| [0.1, r[0], r[1], 1e7, r[2]])
        .collect();
    let padded = table(padded, 5);
    for whiten in [false, true] {
        let mut options = PcaOptions::new();
        options.whiten = whiten;
        let (a, b) = (
            Pca::fit(&plain, &options).unwrap(),
            Pca::fit(&padded, &options).unwrap(),
        );
        let (a, b) = (
            a.transform(plain.inputs()).unwrap(),
            b.transform(padded.inputs()).unwrap(),
        );
        let (a, b) = (values(&a), values(&b));
        for (a, b) in a.chunks(3).zip(b.chunks(5)) {
            close(&b[..3], a, 1e-9);
            assert_eq!(b[3..], [0.0, 0.0]);
        }
    }
    let constant = table(vec![4.0; 12], 3);
    let pca = Pca::fit(&constant, &PcaOptions::count(2).whitened(0.0)).unwrap();
    assert_eq!(pca.explained_variance_ratio(), [0.0, 0.0]);
    assert_eq!(values(&pca.transform(constant.inputs()).unwrap()), [0.0; 8]);
}

/// Mostly zeros; some columns vary in a part of the samples only, some never, some lie far from zero.
fn mostly_zeros(rows: usize, columns: usize) -> InMemory {
    let mut rng = Rng::new(8);
    let mut values = vec![0.0f32; rows * columns];
    for (row, sample) in values.chunks_exact_mut(columns).enumerate() {
        let common = rng.normal().abs();
        for (column, value) in sample.iter_mut().enumerate() {
            *value = match column {
                10..30 => 0.0,
                40 => 3.5,
                41 => (1000.0 + common) as f32,
                _ if row < rows / 2 && column > 100 => 0.0,
                _ if rng.uniform() < 0.8 => 0.0,
                _ => (common + rng.normal().abs()) as f32,
            };
        }
    }
    table(values, columns)
}

#[test]
fn zeros_that_are_passed_over_change_nothing() {
    let (rows, columns) = (9000, 130);
    let data = mostly_zeros(rows, columns);
    let expected = covariance(&values(data.inputs()), columns);
    for (precision, tolerance) in [(Precision::Double, 1e-10), (Precision::Single, 1e-5)] {
        let mut options = PcaOptions::new();
        options.precision = Some(precision);
        let pca = Pca::fit(&data, &options).unwrap();
        let components = values(pca.components());
        close(&rebuilt(&pca), &expected, tolerance);
        // A batch and its samples one by one give the same bits.
        let batch = data.inputs().narrow(0, 0, 301).unwrap();
        let flat = pca.transform(&batch).unwrap();
        let plain: f64 = (0..columns)
            .map(|c| {
                let x = values(&batch)[5 * columns + c] - pca.mean()[c];
                x * components[2 * columns + c]
            })
            .sum();
        assert!((flat.get(&[5, 2]).unwrap() - plain).abs() < 1e-5);
        for row in [0, 5, 300] {
            let alone = pca.transform(&batch.narrow(0, row, 1).unwrap()).unwrap();
            assert_eq!(values(&alone), values(&flat.narrow(0, row, 1).unwrap()));
        }
    }
}

#[test]
fn rows_become_orthonormal_and_dependent_ones_zero() {
    let (rows, n) = (21, 40);
    let mut rng = Rng::new(2);
    let mut q: Vec<f64> = (0..rows * n).map(|_| rng.normal()).collect();
    // Dependent on rows of the same block and of earlier ones; one is all but dependent.
    for i in 0..n {
        q[5 * n + i] = 2.0 * q[3 * n + i];
        q[13 * n + i] = q[n + i] - q[2 * n + i];
        q[20 * n + i] = q[i] + q[10 * n + i] + 1e-9 * q[20 * n + i];
    }
    orthonormalise(&mut q, n).unwrap();
    for i in 0..rows {
        for j in 0..rows {
            let product: f64 = (0..n).map(|at| q[i * n + at] * q[j * n + at]).sum();
            let expected = f64::from(u8::from(i == j && ![5, 13].contains(&i)));
            assert!((product - expected).abs() < 1e-13, "{i} {j}: {product}");
        }
    }
}

#[test]
fn a_share_of_the_variance_chooses_the_components() {
    let data = mixed(1000, 6, 6);
    let all = Pca::fit(&data, &PcaOptions::new())
        .unwrap()
        .explained_variance_ratio();
    let share = all[0] + all[1] + 0.5 * all[2];
    let options = PcaOptions {
        components: Some(Components::Variance(share)),
        ..PcaOptions::default()
    };
    assert_eq!(
        Pca::fit(&data, &options).unwrap().components().dims(),
        [3, 6]
    );
}

#[test]
fn a_pass_over_the_data_finds_the_same_subspace_as_the_covariance() {
    // So wide that the randomised way does not compute the covariance.
    let (rows, columns) = (2500, 300);
    let data = mixed(rows, columns, 7);
    let mut options = PcaOptions::count(1).solver(Solver::Randomized);
    (options.oversample, options.iterations) = (Some(4), Some(8));
    assert!(!Sizes::new(&options, 1, columns).covariance_pays(columns));
    let random = Pca::fit(&data, &options).unwrap();
    let exact = Pca::fit(&data, &PcaOptions::count(1)).unwrap();
    close(
        &values(random.components()),
        &values(exact.components()),
        1e-4,
    );
    close(
        random.explained_variance(),
        exact.explained_variance(),
        1e-6,
    );
    assert!(
        (random.explained_variance_ratio()[0] - exact.explained_variance_ratio()[0]).abs() < 1e-6
    );
}

#[test]
fn samples_far_from_zero_and_in_order_lose_nothing() {
    // Sorted data: every block has another mean.
    let values_: Vec<f32> = (0..4000)
        .flat_map(|i| [i as f32 + 1e5, (i % 7) as f32])
        .collect();
    let data = table(values_, 2);
    let expected = covariance(&values(data.inputs()), 2);
    let mut options = PcaOptions::new();
    options.precision = Some(Precision::Single);
    let pca = Pca::fit(&data, &options).unwrap();
    assert!((pca.explained_variance()[0] / expected[0] - 1.0).abs() < 1e-6);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let data = mixed(6000, 20, 8);
    let mut options = PcaOptions::new().whitened(0.0);
    options.precision = Some(Precision::Single);
    nn_core::kernels::threads::set_threads(1);
    let one = Pca::fit(&data, &options).unwrap();
    let first = one
        .transform(data.inputs())
        .unwrap()
        .to_vec::<f32>()
        .unwrap();
    nn_core::kernels::threads::set_threads(3);
    let three = Pca::fit(&data, &options).unwrap();
    assert_eq!(one, three);
    assert_eq!(
        first,
        three
            .transform(data.inputs())
            .unwrap()
            .to_vec::<f32>()
            .unwrap()
    );
    nn_core::kernels::threads::set_threads(nn_core::kernels::threads::cores());
}

#[test]
fn wrong_wishes_and_wrong_data_are_refused() {
    let data = mixed(50, 3, 9);
    let refused = |options: PcaOptions| Pca::fit(&data, &options).unwrap_err().to_string();
    assert!(refused(PcaOptions::count(0)).contains("at least 1"));
    assert!(refused(PcaOptions::new().whitened(-1.0)).contains("epsilon must be 0 or more"));
    assert!(
        refused(PcaOptions::new().solver(Solver::Randomized))
            .contains("needs a number of components")
    );
    let one = Pca::fit(&mixed(1, 3, 1), &PcaOptions::new())
        .unwrap_err()
        .to_string();
    assert!(one.contains("one sample has no variance"), "{one}");
    let nan = table(vec![1.0, 2.0, f32::NAN, 4.0], 2);
    let error = Pca::fit(&nan, &PcaOptions::new()).unwrap_err().to_string();
    assert!(
        error.starts_with("t: sample 1, feature 0 is NaN"),
        "{error}"
    );
    let pca = Pca::fit(&data, &PcaOptions::count(2)).unwrap();
    let error = pca
        .transform(&Tensor::zeros([2, 4], DType::F32).unwrap())
        .unwrap_err()
        .to_string();
    assert!(error.contains("fitted on samples of 3 values"), "{error}");
}

#[test]
fn it_survives_being_written() {
    let data = mixed(50, 4, 10);
    for whiten in [false, true] {
        let mut options = PcaOptions::count(3);
        options.whiten = whiten;
        let pca = Pca::fit(&data, &options).unwrap();
        let text = serde_json::to_string(&pca).unwrap();
        assert_eq!(serde_json::from_str::<Pca>(&text).unwrap(), pca);
        let damaged = text.replace("\"total_variance\":", "\"total_variance\":-");
        assert!(serde_json::from_str::<Pca>(&damaged).is_err());
    }
    let zca = Zca::fit(&data, 1e-6).unwrap();
    let text = serde_json::to_string(&zca).unwrap();
    assert_eq!(serde_json::from_str::<Zca>(&text).unwrap(), zca);
}
