use super::*;
use crate::kernels::math::dispatch::for_each_isa;
use crate::kernels::threads::set_threads;

fn data(len: usize, size: f64) -> Vec<f64> {
    (0..len).map(|i| (i as f64 * 2.11).sin() * size).collect()
}

fn single(x: &[f64]) -> Vec<f32> {
    x.iter().map(|&x| x as f32).collect()
}

fn log_softmax(x: &[f64]) -> Vec<f64> {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = x.iter().map(|x| (x - largest).exp()).sum();
    x.iter().map(|x| x - largest - sum.ln()).collect()
}

/// Loss of one row as its definition says: −Σ w_c q_c log p_c with smoothed one-hot q.
fn naive_row(x: &[f64], q: &[f64], smoothing: f64, weights: &[f64]) -> f64 {
    let classes = x.len() as f64;
    let log_p = log_softmax(x);
    (0..x.len())
        .map(|c| -weights[c] * (q[c] * (1.0 - smoothing) + smoothing / classes) * log_p[c])
        .sum()
}

fn one_hot(target: usize, classes: usize) -> Vec<f64> {
    (0..classes).map(|c| f64::from(c == target)).collect()
}

/// PyTorch weighs the smooth part of a labelled row by each class, the hard part by the label.
fn naive_label_row(x: &[f64], target: usize, smoothing: f64, weights: &[f64]) -> f64 {
    let q = one_hot(target, x.len());
    naive_row(x, &q, smoothing, weights)
}

fn class_weights(cols: usize) -> Vec<f64> {
    (0..cols).map(|c| 0.5 + (c % 5) as f64 * 0.4).collect()
}

struct Case {
    cols: usize,
    smoothing: f64,
    weighted: bool,
    size: f64,
}

fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for cols in [1, 2, 3, 10, 16, 37, 1000] {
        for smoothing in [0.0, 0.1, 1.0] {
            for weighted in [false, true] {
                for size in [2.0, 1e4] {
                    all.push(Case {
                        cols,
                        smoothing,
                        weighted,
                        size,
                    });
                }
            }
        }
    }
    all
}

#[test]
fn labels_agree_with_the_definition() {
    let rows = 6;
    for case in cases() {
        let cols = case.cols;
        let x32 = single(&data(rows * cols, case.size));
        let x: Vec<f64> = x32.iter().map(|&x| f64::from(x)).collect();
        let mut targets: Vec<u32> = (0..rows).map(|r| (r * 7 % cols) as u32).collect();
        targets[4] = 9999;
        let weights = class_weights(cols);
        let weights32 = single(&weights);
        let ones = vec![1.0; cols];
        let used = if case.weighted { &weights } else { &ones };
        for_each_isa(|isa| {
            let config = CrossEntropyRows {
                label_smoothing: case.smoothing,
                class_weights: case.weighted.then_some(&weights[..]),
                ignore: Some(9999),
            };
            let config32 = CrossEntropyRows {
                label_smoothing: case.smoothing as f32,
                class_weights: case.weighted.then_some(&weights32[..]),
                ignore: Some(9999),
            };
            let (mut losses, mut row_weights) = (vec![7.0; rows], vec![7.0; rows]);
            let mut gradient = vec![7.0; x.len()];
            let run = cross_entropy_rows(
                &x,
                rows,
                cols,
                &targets,
                &config,
                &mut losses,
                &mut row_weights,
                Some(&mut gradient),
            );
            assert_eq!(run, Ok(()));
            // The loss alone is the same bits.
            let mut alone = vec![7.0; rows];
            let run = cross_entropy_rows(
                &x,
                rows,
                cols,
                &targets,
                &config,
                &mut alone,
                &mut row_weights,
                None,
            );
            assert_eq!((run, &alone), (Ok(()), &losses));
            let (mut losses32, mut row_weights32) = (vec![7.0; rows], vec![7.0; rows]);
            let mut gradient32 = vec![7.0; x.len()];
            let run = cross_entropy_rows(
                &x32,
                rows,
                cols,
                &targets,
                &config32,
                &mut losses32,
                &mut row_weights32,
                Some(&mut gradient32),
            );
            assert_eq!(run, Ok(()));
            for row in 0..rows {
                let at = row * cols..(row + 1) * cols;
                if row == 4 {
                    assert_eq!([losses[row], row_weights[row]], [0.0; 2]);
                    assert!(gradient[at.clone()].iter().all(|&g| g == 0.0));
                    assert!(gradient32[at].iter().all(|&g| g == 0.0));
                    continue;
                }
                let target = targets[row] as usize;
                let truth = naive_label_row(&x[at.clone()], target, case.smoothing, used);
                let scale = 1.0 + truth.abs();
                assert!((losses[row] - truth).abs() < 1e-13 * scale, "{isa:?}");
                let error = (f64::from(losses32[row]) - truth).abs();
                assert!(
                    error < 2e-6 * scale,
                    "{} not {truth}, {isa:?}",
                    losses32[row]
                );
                assert_eq!(row_weights[row], used[target]);
                assert!((f64::from(row_weights32[row]) - used[target]).abs() < 1e-6);
                // The gradient by its definition: p Σ q′w − q′w.
                let log_p = log_softmax(&x[at.clone()]);
                let q: Vec<f64> = one_hot(target, cols)
                    .iter()
                    .zip(used)
                    .map(|(q, w)| w * (q * (1.0 - case.smoothing) + case.smoothing / cols as f64))
                    .collect();
                let total: f64 = q.iter().sum();
                for c in 0..cols {
                    let truth = log_p[c].exp() * total - q[c];
                    let i = row * cols + c;
                    assert!((gradient[i] - truth).abs() < 1e-13, "{isa:?}");
                    assert!((f64::from(gradient32[i]) - truth).abs() < 2e-6, "{isa:?}");
                }
            }
        });
    }
}

#[test]
fn probabilities_agree_with_the_definition() {
    let rows = 5;
    for case in cases() {
        let cols = case.cols;
        let x = data(rows * cols, case.size);
        let q: Vec<f64> = (0..rows * cols).map(|i| (i % 7) as f64 / 6.0).collect();
        let weights = class_weights(cols);
        let ones = vec![1.0; cols];
        let used = if case.weighted { &weights } else { &ones };
        let config = CrossEntropyRows {
            label_smoothing: case.smoothing,
            class_weights: case.weighted.then_some(&weights[..]),
            ignore: None,
        };
        let (mut losses, mut row_weights) = (vec![7.0; rows], vec![7.0; rows]);
        let mut gradient = vec![7.0; x.len()];
        cross_entropy_soft_rows(
            &x,
            rows,
            cols,
            &q,
            &config,
            &mut losses,
            &mut row_weights,
            Some(&mut gradient),
        );
        let mut alone = vec![7.0; rows];
        cross_entropy_soft_rows(
            &x,
            rows,
            cols,
            &q,
            &config,
            &mut alone,
            &mut row_weights,
            None,
        );
        assert_eq!(alone, losses);
        assert_eq!(row_weights, [1.0; 5]);
        for row in 0..rows {
            let at = row * cols..(row + 1) * cols;
            let truth = naive_row(&x[at.clone()], &q[at.clone()], case.smoothing, used);
            assert!((losses[row] - truth).abs() < 1e-12 * (1.0 + truth.abs()));
            let log_p = log_softmax(&x[at.clone()]);
            let share = |c: usize| {
                used[c] * (q[at.start + c] * (1.0 - case.smoothing) + case.smoothing / cols as f64)
            };
            let total: f64 = (0..cols).map(share).sum();
            for c in 0..cols {
                let truth = log_p[c].exp() * total - share(c);
                assert!((gradient[at.start + c] - truth).abs() < 1e-11);
            }
        }
    }
}

#[test]
fn a_label_of_no_class_is_refused_with_its_row() {
    let config = CrossEntropyRows::default();
    let (mut losses, mut weights) = ([5.0_f32; 3], [5.0; 3]);
    let mut run = |targets: &[u32], config: &CrossEntropyRows<f32>| {
        cross_entropy_rows(
            &[0.0; 12],
            3,
            4,
            targets,
            config,
            &mut losses,
            &mut weights,
            None,
        )
    };
    assert_eq!(run(&[0, 3, 4], &config), Err(2));
    assert_eq!(run(&[0, u32::MAX, 4], &config), Err(1));
    let ignoring = CrossEntropyRows {
        ignore: Some(i64::from(u32::MAX)),
        ..config
    };
    assert_eq!(run(&[0, u32::MAX, 3], &ignoring), Ok(()));
    assert_eq!(losses[1], 0.0);
}

#[test]
fn extreme_rows() {
    let inf = f32::INFINITY;
    let config = CrossEntropyRows::default();
    let run = |row: &[f32], target: u32| {
        let (mut loss, mut weight) = ([0.0], [0.0]);
        let mut gradient = vec![0.0; row.len()];
        let cols = row.len();
        let done = cross_entropy_rows(
            row,
            1,
            cols,
            &[target],
            &config,
            &mut loss,
            &mut weight,
            Some(&mut gradient),
        );
        assert_eq!(done, Ok(()));
        (loss[0], gradient)
    };
    // The differences of large logits survive.
    let (loss, gradient) = run(&[1e4, 1e4 - 1.0, -1e4], 1);
    assert!((loss - 1.313_261_7).abs() < 1e-6);
    assert!((gradient[0] - 0.731_058_6).abs() < 1e-6 && gradient[2] == 0.0);
    assert_eq!(run(&[-1e4, 1e4], 0).0, 2e4);
    // A confident, right answer keeps its tiny loss.
    let (loss, _) = run(&[20.0, 0.0], 0);
    assert!((loss / 2.061_153_6e-9 - 1.0).abs() < 0.2 || loss == 0.0);
    // A masked class takes no part; a masked target costs infinitely much.
    let (loss, gradient) = run(&[-inf, 0.0, 0.0], 1);
    assert!((loss - std::f32::consts::LN_2).abs() < 1e-6);
    assert_eq!(gradient, [0.0, -0.5, 0.5]);
    assert_eq!(run(&[-inf, 0.0], 0).0, inf);
    assert!(run(&[-inf, -inf], 0).0.is_nan());
    assert!(run(&[0.0, f32::NAN], 0).0.is_nan());
    // In the form with probabilities too.
    let (mut loss, mut weight) = ([0.0], [0.0]);
    cross_entropy_soft_rows(
        &[-inf, 0.0, 0.0],
        1,
        3,
        &[0.0, 0.5, 0.5],
        &config,
        &mut loss,
        &mut weight,
        None,
    );
    assert!((loss[0] - std::f32::consts::LN_2).abs() < 1e-6);
}

#[test]
fn results_do_not_depend_on_threads() {
    for (rows, cols) in [(5000, 10), (37, 3001)] {
        let x = single(&data(rows * cols, 4.0));
        let targets: Vec<u32> = (0..rows).map(|r| (r % cols) as u32).collect();
        let config = CrossEntropyRows {
            label_smoothing: 0.1,
            ..CrossEntropyRows::default()
        };
        let run = |threads| {
            set_threads(threads);
            let (mut losses, mut weights) = (vec![0.0; rows], vec![0.0; rows]);
            let mut gradient = vec![0.0; x.len()];
            let done = cross_entropy_rows(
                &x,
                rows,
                cols,
                &targets,
                &config,
                &mut losses,
                &mut weights,
                Some(&mut gradient),
            );
            assert_eq!(done, Ok(()));
            (losses, gradient)
        };
        let one = run(1);
        assert!(one == run(2) && one == run(3));
    }
}
