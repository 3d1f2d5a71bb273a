//! Decompositions, tested by the identities that define them and by values known in closed form.

use nalgebra::DMatrix;
use nn_core::linalg::{
    cholesky, determinant, from_dmatrix, inverse, lstsq, solve, svd, symmetric_eigen, to_dmatrix,
};
use nn_core::{DType, Error, Purpose, Rng, Tensor};

/// Small, odd, tall and wide.
const SHAPES: [(usize, usize); 9] = [
    (1, 1),
    (2, 2),
    (3, 3),
    (4, 4),
    (7, 3),
    (3, 7),
    (1, 5),
    (5, 1),
    (30, 17),
];

fn random(rows: usize, columns: usize, seed: u64) -> Tensor {
    let mut rng = Rng::addressed(seed, Purpose::Other(1), 0, 0);
    let values = (0..rows * columns).map(|_| rng.normal()).collect();
    Tensor::from_vec(values, [rows, columns]).unwrap()
}

fn matrix(t: &Tensor) -> DMatrix<f64> {
    to_dmatrix(t).unwrap()
}

fn tensor(m: &DMatrix<f64>) -> Tensor {
    from_dmatrix(m).unwrap()
}

fn diagonal(t: &Tensor) -> DMatrix<f64> {
    DMatrix::from_diagonal(&t.to_vec::<f64>().unwrap().into())
}

fn list(values: &[f64], shape: &[usize]) -> Tensor {
    Tensor::from_slice(values, shape).unwrap()
}

#[track_caller]
fn assert_close(a: &DMatrix<f64>, b: &DMatrix<f64>, tolerance: f64) {
    assert_eq!(a.shape(), b.shape());
    let error = if a.is_empty() { 0.0 } else { (a - b).amax() };
    assert!(error <= tolerance, "differ by {error:e}\n{a}{b}");
}

#[track_caller]
fn assert_orthonormal_columns(q: &DMatrix<f64>) {
    assert_close(
        &q.tr_mul(q),
        &DMatrix::identity(q.ncols(), q.ncols()),
        1e-12,
    );
}

/// A matrix of the given rank.
fn of_rank(m: usize, n: usize, rank: usize, seed: u64) -> DMatrix<f64> {
    matrix(&random(m, rank, seed)) * matrix(&random(rank, n, seed + 1000))
}

#[test]
fn svd_multiplies_back_to_the_matrix() {
    for seed in 0..10 {
        for (m, n) in SHAPES {
            for rank in [m.min(n), m.min(n).div_ceil(2), 0] {
                let a = of_rank(m, n, rank, seed);
                for scale in [1.0, 1e-150, 1e150] {
                    let a = &a * scale;
                    let found = svd(&tensor(&a)).unwrap();
                    let (u, vt) = (matrix(&found.u), matrix(&found.vt));
                    assert_close(
                        &(&u * diagonal(&found.singular_values) * &vt / scale),
                        &(&a / scale),
                        1e-11,
                    );
                    assert_orthonormal_columns(&u);
                    assert_orthonormal_columns(&vt.transpose());
                    let values = found.singular_values.to_vec::<f64>().unwrap();
                    assert!(values.is_sorted_by(|a, b| a >= b) && values.iter().all(|&s| s >= 0.0));
                    let positive = values.iter().filter(|&&s| s > 1e-10 * scale).count();
                    assert_eq!(positive, rank);
                    for column in u.column_iter() {
                        assert!(
                            column[column.iamax()] > 0.0
                                || column.max() >= column.amax() * (1.0 - 1e-9)
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn symmetric_eigen_multiplies_back_to_the_matrix() {
    for seed in 0..10 {
        for n in [1, 2, 3, 4, 7, 20] {
            let half = matrix(&random(n, n, seed));
            let low_rank = of_rank(n, n, n.div_ceil(2), seed);
            for a in [
                &half + half.transpose(),
                &low_rank * low_rank.transpose(),
                DMatrix::identity(n, n),
                DMatrix::zeros(n, n),
            ] {
                let found = symmetric_eigen(&tensor(&a)).unwrap();
                let v = matrix(&found.vectors);
                assert_close(&(&v * diagonal(&found.values) * v.transpose()), &a, 1e-11);
                assert_orthonormal_columns(&v);
                assert!(found.values.to_vec::<f64>().unwrap().is_sorted());
                for column in v.column_iter() {
                    assert!(column.max() >= column.amax() * (1.0 - 1e-9), "{column}");
                }
            }
        }
    }
    // [[2, 1], [1, 2]] has eigenvalues 1 and 3 along the diagonals of the square.
    let found = symmetric_eigen(&list(&[2.0, 1.0, 1.0, 2.0], &[2, 2])).unwrap();
    let h = 0.5f64.sqrt();
    assert_close(
        &matrix(&found.vectors),
        &DMatrix::from_row_slice(2, 2, &[h, h, -h, h]),
        1e-15,
    );
    assert_close(
        &diagonal(&found.values),
        &DMatrix::from_diagonal(&vec![1.0, 3.0].into()),
        1e-15,
    );
}

#[test]
fn cholesky_multiplies_back_or_names_the_minor() {
    for n in [1, 2, 3, 8, 25] {
        let half = matrix(&random(n, n + 2, 5));
        let a = &half * half.transpose();
        let l = matrix(&cholesky(&tensor(&a)).unwrap());
        assert_close(&(&l * l.transpose()), &a, 1e-12 * a.amax() * n as f64);
        assert_eq!(l.upper_triangle(), DMatrix::from_diagonal(&l.diagonal()));
        for bad in 0..n {
            let mut spoiled = a.clone();
            spoiled[(bad, bad)] = -1.0;
            let error = cholesky(&tensor(&spoiled)).unwrap_err().to_string();
            assert!(
                error.contains(&format!("minor of order {} is", bad + 1)),
                "{error}"
            );
        }
    }
    assert_eq!(
        cholesky(&Tensor::zeros([0, 0], DType::F64).unwrap())
            .unwrap()
            .dims(),
        [0, 0]
    );
}

#[test]
fn least_squares_are_where_the_residual_is_orthogonal() {
    for seed in 0..10 {
        for (m, n) in SHAPES {
            let full = m.min(n);
            for rank in [full, full.div_ceil(2)] {
                let a = of_rank(m, n, rank, seed);
                let b = random(m, 2, seed + 7);
                let found = lstsq(&tensor(&a), &b).unwrap();
                assert_eq!(found.rank, rank);
                let x = matrix(&found.solution);
                // The normal equations Aᵀ(Ax − b) = 0 say that no step lowers the residual.
                let gradient = a.tr_mul(&(&a * &x - matrix(&b)));
                assert_close(&gradient, &DMatrix::zeros(n, 2), 1e-9 * a.amax().powi(2));
                // The shortest solution has no part that A does not see: it lies in the span of its rows.
                let eigen = symmetric_eigen(&tensor(&a.tr_mul(&a))).unwrap();
                let seen = matrix(&eigen.vectors)
                    .columns_range(n - rank..)
                    .clone_owned();
                assert_close(&(&seen * seen.tr_mul(&x)), &x, 1e-8 * x.amax().max(1.0));
            }
        }
    }
}

#[test]
fn least_squares_of_a_vector_is_a_vector() {
    let a = list(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0], &[3, 2]);
    let found = lstsq(&a, &list(&[1.0, 2.0, 6.0], &[3])).unwrap();
    assert_eq!((found.rank, found.solution.dims()), (1, &[2][..]));
    let x = found.solution.to_vec::<f64>().unwrap();
    assert!(x.iter().all(|x| (x - 1.5).abs() < 1e-14), "{x:?}");

    for (m, n) in [(0, 3), (3, 0), (0, 0)] {
        let a = Tensor::zeros([m, n], DType::F64).unwrap();
        let found = lstsq(&a, &Tensor::ones([m], DType::F64).unwrap()).unwrap();
        assert_eq!(
            (found.rank, found.solution.to_vec::<f64>().unwrap()),
            (0, vec![0.0; n])
        );
    }
}

#[test]
fn square_systems() {
    for n in [1, 2, 3, 4, 5, 40] {
        let a = matrix(&random(n, n, 3));
        let b = random(n, 3, 4);
        let x = matrix(&solve(&tensor(&a), &b).unwrap());
        assert_close(&(&a * x), &matrix(&b), 1e-9);
        assert_close(
            &(matrix(&inverse(&tensor(&a)).unwrap()) * &a),
            &DMatrix::identity(n, n),
            1e-9,
        );
        let d = determinant(&tensor(&a)).unwrap();
        assert!((d - a.determinant()).abs() <= 1e-12 * d.abs());
    }
    assert_eq!(
        determinant(&list(&[1.0, 2.0, 3.0, 4.0], &[2, 2])).unwrap(),
        -2.0
    );
    let singular = list(&[1.0, 2.0, 2.0, 4.0], &[2, 2]);
    assert_eq!(determinant(&singular).unwrap(), 0.0);
    for error in [
        inverse(&singular).unwrap_err(),
        solve(&singular, &list(&[1.0, 1.0], &[2])).unwrap_err(),
    ] {
        assert!(error.to_string().contains("singular"), "{error}");
    }
    let empty = Tensor::zeros([0, 0], DType::F64).unwrap();
    assert_eq!(determinant(&empty).unwrap(), 1.0);
    assert_eq!(inverse(&empty).unwrap().dims(), [0, 0]);
}

#[test]
fn single_precision_stays_single() {
    let a = random(6, 4, 1).to_dtype(DType::F32).unwrap();
    let b = random(6, 1, 2).to_dtype(DType::F32).unwrap();
    let x = lstsq(&a, &b).unwrap().solution;
    assert_eq!((x.dtype(), x.dims()), (DType::F32, &[4, 1][..]));
    let wide = |t: &Tensor| t.to_dtype(DType::F64).unwrap();
    let exact = lstsq(&wide(&a), &wide(&b)).unwrap().solution;
    assert_close(&matrix(&wide(&x)), &matrix(&exact), 1e-6);
    assert_eq!(
        to_dmatrix::<f32>(&a).unwrap()[(5, 3)] as f64,
        a.get(&[5, 3]).unwrap()
    );
    assert!(to_dmatrix::<f64>(&a).is_err());
    // Dependent up to single-precision rounding counts as dependent.
    let twice = Tensor::from_vec(vec![0.1f32, 0.3, 0.7, 2.1, 0.9, 2.7], [3, 2]).unwrap();
    let b = Tensor::ones([3], DType::F32).unwrap();
    assert_eq!(lstsq(&twice, &b).unwrap().rank, 1);
}

#[test]
fn views_are_read_through_their_strides() {
    let a = random(4, 6, 9);
    let part = a.t().unwrap().slice_step(0, 1.., 2).unwrap();
    assert_eq!(matrix(&part), matrix(&part.contiguous().unwrap()));
    assert_eq!(matrix(&part)[(1, 2)], a.get(&[2, 3]).unwrap());
}

#[test]
fn what_cannot_be_decomposed_is_refused() {
    let square = |x: f64| list(&[1.0, 0.5, 0.5, x], &[2, 2]);
    let b = list(&[1.0, 1.0], &[2]);
    for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for outcome in [
            svd(&square(x)).map(drop),
            symmetric_eigen(&square(x)).map(drop),
            cholesky(&square(x)).map(drop),
            lstsq(&square(x), &b).map(drop),
            lstsq(&square(1.0), &list(&[1.0, x], &[2])).map(drop),
            solve(&square(x), &b).map(drop),
            inverse(&square(x)).map(drop),
            determinant(&square(x)).map(drop),
        ] {
            let error = outcome.unwrap_err();
            assert!(matches!(error, Error::Value { .. }), "{error:?}");
            assert!(error.to_string().contains("[1, "), "{error}");
        }
    }
    let skew = list(&[1.0, 2.0, 3.0, 4.0], &[2, 2]);
    for error in [
        symmetric_eigen(&skew).unwrap_err(),
        cholesky(&skew).unwrap_err(),
    ] {
        assert!(
            error.to_string().contains("[1, 0] is 3, [0, 1] is 2"),
            "{error}"
        );
    }
    let wide = Tensor::ones([2, 3], DType::F64).unwrap();
    for outcome in [
        cholesky(&wide).map(drop),
        symmetric_eigen(&wide).map(drop),
        inverse(&wide).map(drop),
        solve(&wide, &b).map(drop),
        svd(&b).map(drop),
        lstsq(&wide, &Tensor::ones([3], DType::F64).unwrap()).map(drop),
        lstsq(&wide, &Tensor::ones([2, 1, 1], DType::F64).unwrap()).map(drop),
        lstsq(&Tensor::scalar(1.0f64).unwrap(), &b).map(drop),
    ] {
        assert!(matches!(outcome, Err(Error::Shape { .. })), "{outcome:?}");
    }
    let whole = Tensor::ones([2, 2], DType::I64).unwrap();
    assert!(matches!(svd(&whole), Err(Error::DType { .. })));
    assert!(matches!(
        lstsq(&wide, &Tensor::ones([2], DType::F32).unwrap()),
        Err(Error::DType { .. })
    ));
}

#[test]
fn results_do_not_stand_on_a_tape() {
    let tape = nn_core::Tape::new();
    let a = tape.watch(&random(3, 3, 1));
    assert!(!svd(&a).unwrap().u.is_recorded());
    assert!(!inverse(&a).unwrap().is_recorded());
}

/// Values from SciPy and NumPy; `golden/make.py` wrote the files.
#[test]
fn golden_values() {
    let folder = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let (tensors, _) =
        nn_core::store::safetensors::load(folder.join("linalg.safetensors")).unwrap();
    let get = |case: &str, role: &str| {
        let name = format!("{case}.{role}");
        let found = tensors.iter().find(|(n, _)| *n == name);
        found.unwrap_or_else(|| panic!("no {name}")).1.clone()
    };
    let index = std::fs::read(folder.join("linalg.json")).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&index).unwrap();
    let column = |t: &Tensor| t.reshape([t.len(), 1]).unwrap();
    let magnitudes = |t: &Tensor| matrix(t).abs();
    let cases = index["cases"].as_array().unwrap();
    assert!(cases.len() > 10);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let a = get(name, "a");
        match case["op"].as_str().unwrap() {
            "lstsq" => {
                let found = lstsq(&a, &get(name, "b")).unwrap();
                assert_close(&matrix(&found.solution), &matrix(&get(name, "x")), 1e-9);
                assert_eq!(found.rank, a.dims()[1]);
            }
            "cholesky" => assert_close(
                &matrix(&cholesky(&a).unwrap()),
                &matrix(&get(name, "l")),
                1e-12,
            ),
            "eigh" => {
                let found = symmetric_eigen(&a).unwrap();
                let values = get(name, "values");
                assert_close(
                    &matrix(&column(&found.values)),
                    &matrix(&column(&values)),
                    1e-12,
                );
                // The vectors' signs are free there.
                assert_close(
                    &magnitudes(&found.vectors),
                    &magnitudes(&get(name, "vectors")),
                    1e-10,
                );
            }
            "svd" => {
                let found = svd(&a).unwrap();
                let values = get(name, "s");
                assert_close(
                    &matrix(&column(&found.singular_values)),
                    &matrix(&column(&values)),
                    1e-12,
                );
                // Vectors of vanishing singular values are anyone's choice.
                let rank = values
                    .to_vec::<f64>()
                    .unwrap()
                    .iter()
                    .filter(|&&s| s > 1e-10)
                    .count();
                let first = |t: &Tensor, axis| magnitudes(&t.slice(axis, ..rank).unwrap());
                assert_close(&first(&found.u, 1), &first(&get(name, "u"), 1), 1e-10);
                assert_close(&first(&found.vt, 0), &first(&get(name, "vt"), 0), 1e-10);
            }
            other => panic!("golden file with an unknown operation {other}"),
        }
    }
}
