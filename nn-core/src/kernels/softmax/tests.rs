use super::*;
use crate::kernels::math::dispatch::for_each_isa;
use crate::kernels::threads::set_threads;

fn data(len: usize, size: f64) -> Vec<f64> {
    (0..len)
        .map(|i| (i as f64 * 1.37).sin() * size + 0.3 * size)
        .collect()
}

fn single(x: &[f64]) -> Vec<f32> {
    x.iter().map(|&x| x as f32).collect()
}

fn naive(x: &[f64]) -> Vec<f64> {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = x.iter().map(|x| (x - largest).exp()).sum();
    x.iter().map(|x| (x - largest).exp() / sum).collect()
}

const COLS: [usize; 9] = [1, 2, 3, 10, 16, 17, 65, 1000, 5003];

#[test]
fn values_agree_with_the_formula_at_any_size_of_logits() {
    for cols in COLS {
        for size in [1.0, 30.0, 1e4] {
            let x32 = single(&data(3 * cols, size));
            let x: Vec<f64> = x32.iter().map(|&x| f64::from(x)).collect();
            for_each_isa(|isa| {
                let (mut y, mut log) = (vec![0.0; x.len()], vec![0.0; x.len()]);
                softmax_rows(&x, cols, &mut y);
                log_softmax_rows(&x, cols, &mut log);
                let (mut y32, mut log32) = (vec![0.0; x.len()], vec![0.0; x.len()]);
                softmax_rows(&x32, cols, &mut y32);
                log_softmax_rows(&x32, cols, &mut log32);
                for (row, x) in x.chunks(cols).enumerate() {
                    for (c, truth) in naive(x).into_iter().enumerate() {
                        let i = row * cols + c;
                        let label = format!("{cols} columns, {isa:?}: {truth}");
                        assert!((y[i] - truth).abs() < 1e-15 + 1e-13 * truth, "{label}");
                        // The difference from the largest logit is rounded.
                        let limit = 3e-7 * truth * (2.0 - truth.max(1e-300).ln()) + 1e-38;
                        let error = (f64::from(y32[i]) - truth).abs();
                        assert!(error < limit, "{label}: {}", y32[i]);
                        if truth > 1e-300 {
                            let truth = truth.ln();
                            assert!((log[i] - truth).abs() < 1e-12 * (1.0 - truth), "{label}");
                            let error = (f64::from(log32[i]) - truth).abs();
                            assert!(error < 3e-7 * (1.0 - truth), "{label}: {}", log32[i]);
                        }
                    }
                }
            });
        }
    }
}

type Forward<T> = fn(&[T], usize, &mut [T]);
type Backward<T> = fn(&[T], &[T], usize, &mut [T]);

/// Checks a derivative against central differences, and single precision against double.
fn check_derivative(
    (forward, backward): (Forward<f64>, Backward<f64>),
    (forward32, backward32): (Forward<f32>, Backward<f32>),
) {
    for cols in [1, 3, 10, 33] {
        let x = data(2 * cols, 2.0);
        let dy = data(2 * cols, 1.0);
        let loss = |x: &[f64]| -> f64 {
            let mut y = vec![0.0; x.len()];
            forward(x, cols, &mut y);
            y.iter().zip(&dy).map(|(y, dy)| y * dy).sum()
        };
        let (mut y, mut dx) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        forward(&x, cols, &mut y);
        backward(&y, &dy, cols, &mut dx);
        let h = 1e-5;
        for i in 0..x.len() {
            let (mut above, mut below) = (x.clone(), x.clone());
            above[i] += h;
            below[i] -= h;
            let numeric = (loss(&above) - loss(&below)) / (2.0 * h);
            assert!((dx[i] - numeric).abs() < 1e-9, "{} not {numeric}", dx[i]);
        }
        let (mut y32, mut dx32) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        forward32(&single(&x), cols, &mut y32);
        backward32(&y32, &single(&dy), cols, &mut dx32);
        for (&a, &b) in dx32.iter().zip(&dx) {
            assert!((f64::from(a) - b).abs() < 1e-5 * (1.0 + b.abs()));
        }
    }
}

#[test]
fn derivatives_agree_with_central_differences() {
    check_derivative(
        (softmax_rows, softmax_backward_rows),
        (softmax_rows, softmax_backward_rows),
    );
    check_derivative(
        (log_softmax_rows, log_softmax_backward_rows),
        (log_softmax_rows, log_softmax_backward_rows),
    );
}

#[test]
fn masked_entries_get_nothing_and_hopeless_rows_nan() {
    let inf = f32::INFINITY;
    let mut y = [0.0; 3];
    softmax_rows(&[-inf, 0.0, 0.0], 3, &mut y);
    assert_eq!(y, [0.0, 0.5, 0.5]);
    log_softmax_rows(&[-inf, 1.0, -inf], 3, &mut y);
    assert_eq!(y, [-inf, 0.0, -inf]);
    for row in [[-inf; 3], [0.0, inf, 1.0], [0.0, f32::NAN, 1.0]] {
        softmax_rows(&row, 3, &mut y);
        assert!(y.iter().any(|y| y.is_nan()));
    }
    softmax_rows::<f32>(&[], 0, &mut []);
}

#[test]
fn results_do_not_depend_on_threads() {
    for cols in [10, 1000] {
        let x = single(&data(100_000, 5.0));
        let run = |threads| {
            set_threads(threads);
            let (mut y, mut dx) = (vec![0.0; x.len()], vec![0.0; x.len()]);
            softmax_rows(&x, cols, &mut y);
            softmax_backward_rows(&y, &x, cols, &mut dx);
            let mut log = vec![0.0; x.len()];
            log_softmax_rows(&x, cols, &mut log);
            (y, dx, log)
        };
        let one = run(1);
        assert!(one == run(2) && one == run(3));
    }
}
