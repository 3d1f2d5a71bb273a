//! Against the definition, on matrices that are hard for one part or another.

use nn_core::Rng;

use super::*;

fn check(matrix: &[f64], n: usize, what: &str) -> Eigen {
    let found = symmetric(matrix.to_vec(), n, n).unwrap();
    assert_eq!(
        (found.values.len(), found.vectors.len()),
        (n, n * n),
        "{what}"
    );
    let size = matrix
        .iter()
        .fold(0.0f64, |most, v| most.max(v.abs()))
        .max(f64::MIN_POSITIVE);
    let tolerance = 1e-14 * (n as f64).max(10.0);
    for (i, row) in found.vectors.chunks_exact(n.max(1)).enumerate() {
        // A·v = λ·v
        for (line, v) in matrix.chunks_exact(n.max(1)).zip(row) {
            let error = dot(line, row) - found.values[i] * v;
            assert!(
                error.abs() <= tolerance * size * n as f64,
                "{what}: pair {i} is off by {error:e}"
            );
        }
        for (j, other) in found.vectors.chunks_exact(n.max(1)).enumerate() {
            let expected = if i == j { 1.0 } else { 0.0 };
            let error = dot(row, other) - expected;
            assert!(
                error.abs() <= tolerance,
                "{what}: vectors {i} and {j} are off by {error:e}"
            );
        }
    }
    assert!(found.values.is_sorted_by(|a, b| a >= b), "{what}");
    let trace: f64 = (0..n).map(|i| matrix[i * (n + 1)]).sum();
    let sum: f64 = found.values.iter().sum();
    assert!((trace - sum).abs() <= tolerance * size * n as f64, "{what}");
    found
}

fn random(n: usize, seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed);
    let mut matrix = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let v = rng.normal();
            (matrix[i * n + j], matrix[j * n + i]) = (v, v);
        }
    }
    matrix
}

/// Bᵀ·B for a random B of so many rows: rank-deficient where these are few.
fn gram(n: usize, rows: usize, seed: u64) -> Vec<f64> {
    let mut rng = Rng::new(seed);
    let b: Vec<f64> = (0..rows * n).map(|_| rng.normal()).collect();
    let mut matrix = vec![0.0; n * n];
    product(
        (&b, [n, rows], [1, n]),
        (&b, [rows, n], [n, 1]),
        &mut matrix,
        n,
        false,
    )
    .unwrap();
    for i in 0..n {
        for j in 0..i {
            matrix[i * n + j] = matrix[j * n + i];
        }
    }
    matrix
}

#[test]
fn random_matrices_of_many_sizes() {
    for n in [0, 1, 2, 3, 5, 31, 32, 33, 34, 64, 65, 100, 129, 200] {
        check(&random(n, n as u64), n, &format!("random {n}"));
    }
}

#[test]
fn matrices_with_eigenvalues_that_coincide() {
    let n = 90;
    let mut identity = vec![0.0; n * n];
    (0..n).for_each(|i| identity[i * (n + 1)] = 1.0);
    check(&identity, n, "identity");
    check(&vec![0.0; n * n], n, "zeros");
    check(&vec![1.0; n * n], n, "ones");
    check(&gram(n, 7, 1), n, "rank 7");
    let blocks: Vec<f64> = (0..n * n)
        .map(|at| f64::from(u8::from(at / n / 10 == at % n / 10)) * (1 + at / n / 30) as f64)
        .collect();
    check(&blocks, n, "blocks of ones");
    let steps: Vec<f64> = (0..n * n)
        .map(|at| {
            if at / n == at % n {
                (at / n / 9) as f64
            } else {
                0.0
            }
        })
        .collect();
    check(&steps, n, "diagonal with repetitions");
}

#[test]
fn tridiagonal_matrices_that_are_famous() {
    // Wilkinson's: pairs of eigenvalues that agree to many digits.
    let n = 101;
    let mut wilkinson = vec![0.0; n * n];
    for i in 0..n {
        wilkinson[i * (n + 1)] = (i as f64 - 50.0).abs();
        if i + 1 < n {
            (wilkinson[i * n + i + 1], wilkinson[(i + 1) * n + i]) = (1.0, 1.0);
        }
    }
    check(&wilkinson, n, "Wilkinson");
    // The second difference: λ = 2 − 2 cos(kπ/(n + 1)).
    let mut difference = vec![0.0; n * n];
    for i in 0..n {
        difference[i * (n + 1)] = 2.0;
        if i + 1 < n {
            (difference[i * n + i + 1], difference[(i + 1) * n + i]) = (-1.0, -1.0);
        }
    }
    let found = check(&difference, n, "second difference");
    for (k, value) in found.values.iter().rev().enumerate() {
        let expected = 2.0 - 2.0 * ((k + 1) as f64 * std::f64::consts::PI / (n + 1) as f64).cos();
        assert!((value - expected).abs() < 1e-13, "{k}: {value} {expected}");
    }
}

#[test]
fn graded_and_scaled_matrices() {
    let n = 80;
    let graded: Vec<f64> = (0..n * n)
        .map(|at| 10f64.powi(-((at / n + at % n) as i32) / 8))
        .collect();
    check(&graded, n, "graded");
    for scale in [1e-200, 1e-30, 1e30, 1e200] {
        let matrix: Vec<f64> = random(40, 3).iter().map(|v| v * scale).collect();
        let found = symmetric(matrix, 40, 40).unwrap();
        let plain = symmetric(random(40, 3), 40, 40).unwrap();
        for (a, b) in found.values.iter().zip(&plain.values) {
            assert!((a / scale - b).abs() < 1e-12);
        }
    }
    assert!(symmetric(vec![f64::NAN], 1, 1).is_err());
}

#[test]
fn the_largest_alone_are_those_of_all() {
    let matrix = gram(70, 200, 4);
    let (all, few) = (
        symmetric(matrix.clone(), 70, 70).unwrap(),
        symmetric(matrix, 70, 5).unwrap(),
    );
    assert_eq!(few.values, all.values[..5]);
    assert_eq!(few.vectors.len(), 5 * 70);
    for (a, b) in few.vectors.iter().zip(&all.vectors) {
        assert!((a - b).abs() < 1e-12);
    }
}

#[test]
fn it_agrees_with_another_solver() {
    let n = 150;
    let matrix = random(n, 9);
    let found = symmetric(matrix.clone(), n, n).unwrap();
    let tensor = nn_core::Tensor::from_vec(matrix, [n, n]).unwrap();
    let other = nn_core::linalg::symmetric_eigen(&tensor)
        .unwrap()
        .values
        .to_vec::<f64>()
        .unwrap();
    for (a, b) in found.values.iter().rev().zip(&other) {
        assert!((a - b).abs() < 1e-12 * n as f64, "{a} {b}");
    }
}
