//! Values against the definitions written out, and gradients against differences.

mod use_and_misuse;

use super::*;
use crate::testing::grid;
use nn_core::autograd::{GradCheck, gradient_check};

const REDUCTIONS: [Reduction; 3] = [Reduction::Mean, Reduction::Sum, Reduction::None];

fn floats(values: &[f64], shape: &[usize]) -> Tensor {
    Tensor::from_slice(values, shape).unwrap()
}

fn labels(values: &[u32]) -> Tensor {
    Tensor::from_slice(values, [values.len()]).unwrap()
}

/// Compares a loss with one term per element or sample, and its gradient with differences.
fn check(loss: &Loss, x: &Tensor, target: &Tensor, terms: &[f64], mean_over: f64) {
    let with = |reduction: Reduction| {
        let mut json = serde_json::to_value(loss).unwrap();
        json["reduction"] = serde_json::to_value(reduction).unwrap();
        serde_json::from_value::<Loss>(json).unwrap()
    };
    for reduction in REDUCTIONS {
        let loss = with(reduction);
        let values = loss.forward(x, target).unwrap().to_vec::<f64>().unwrap();
        let sum: f64 = terms.iter().sum();
        let expected = match reduction {
            Reduction::Mean => vec![sum / mean_over],
            Reduction::Sum => vec![sum],
            Reduction::None => terms.to_vec(),
        };
        assert_eq!(values.len(), expected.len(), "{loss:?}");
        for (value, expected) in values.iter().zip(&expected) {
            let close = (value - expected).abs() <= 1e-11 * expected.abs().max(1.0);
            assert!(close, "{loss:?}: {value}, not {expected}");
        }
        let report = gradient_check(
            |x| loss.forward(&x[0], target),
            std::slice::from_ref(x),
            &GradCheck::default(),
        );
        report.unwrap_or_else(|e| panic!("{loss:?}: {e}"));
    }
}

/// A prediction and target of shape [3, 4], element by element.
fn pairs() -> (Tensor, Tensor, Vec<(f64, f64)>) {
    let (x, t) = (
        grid([3, 4]),
        grid([5, 4]).slice(0, 2..).unwrap().contiguous().unwrap(),
    );
    let pairs = x
        .to_vec::<f64>()
        .unwrap()
        .into_iter()
        .zip(t.to_vec::<f64>().unwrap())
        .collect();
    (x, t, pairs)
}

#[test]
fn regression_losses_are_their_formulas() {
    let (x, t, pairs) = pairs();
    let terms = |f: &dyn Fn(f64) -> f64| pairs.iter().map(|(x, t)| f(x - t)).collect::<Vec<_>>();
    check(&Mse::default().into(), &x, &t, &terms(&|d| d * d), 12.0);
    check(&Mae::default().into(), &x, &t, &terms(&f64::abs), 12.0);
    for delta in [0.3, 1.0, 100.0] {
        let huber = |d: f64| {
            if d.abs() <= delta {
                0.5 * d * d
            } else {
                delta * (d.abs() - 0.5 * delta)
            }
        };
        check(
            &Huber {
                delta,
                ..Huber::default()
            }
            .into(),
            &x,
            &t,
            &terms(&huber),
            12.0,
        );
    }
}

#[test]
fn binary_losses_are_their_formulas() {
    let x = grid([2, 3]);
    let t = floats(&[0.0, 1.0, 0.25, 1.0, 0.0, 1.0], &[2, 3]);
    let weight = [0.5, 2.0, 3.0];
    let (xs, ts) = (x.to_vec::<f64>().unwrap(), t.to_vec::<f64>().unwrap());
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let terms = |yes: &dyn Fn(usize) -> f64, all: &dyn Fn(usize) -> f64| -> Vec<f64> {
        let term = |i: usize| {
            let p = sigmoid(xs[i]);
            -all(i % 3) * (yes(i % 3) * ts[i] * p.ln() + (1.0 - ts[i]) * (1.0 - p).ln())
        };
        (0..6).map(term).collect()
    };
    check(
        &BinaryCrossEntropy::default().into(),
        &x,
        &t,
        &terms(&|_| 1.0, &|_| 1.0),
        6.0,
    );
    let weighted = BinaryCrossEntropy {
        pos_weight: Some(weight.to_vec()),
        ..BinaryCrossEntropy::default()
    };
    check(
        &weighted.into(),
        &x,
        &t,
        &terms(&|i| weight[i], &|_| 1.0),
        6.0,
    );
    let weighted = BinaryCrossEntropy {
        class_weights: Some(weight.to_vec()),
        ..BinaryCrossEntropy::default()
    };
    check(
        &weighted.into(),
        &x,
        &t,
        &terms(&|_| 1.0, &|i| weight[i]),
        6.0,
    );

    let signs = floats(&[1.0, -1.0, -1.0, 1.0, 1.0, -1.0], &[2, 3]);
    let bits = Tensor::from_vec(vec![1u8, 0, 0, 1, 1, 0], [2, 3]).unwrap();
    let hinge = |margin: f64, x: f64, t: f64| (margin - t * x).max(0.0);
    let signs_of = signs.to_vec::<f64>().unwrap();
    for margin in [1.0, 0.0] {
        let terms: Vec<f64> = xs
            .iter()
            .zip(&signs_of)
            .map(|(&x, &t)| hinge(margin, x, t))
            .collect();
        let loss = Hinge {
            margin,
            ..Hinge::default()
        };
        check(&loss.clone().into(), &x, &signs, &terms, 6.0);
        check(&loss.clone().into(), &x, &bits, &terms, 6.0);
        let squared: Vec<f64> = terms.iter().map(|t| t * t).collect();
        check(
            &Hinge {
                squared: true,
                ..loss
            }
            .into(),
            &x,
            &signs,
            &squared,
            6.0,
        );
    }
}

#[test]
fn class_losses_are_their_formulas() {
    let x = grid([4, 3]);
    let y = [2u32, 0, 1, 2];
    let weight = [0.5, 2.0, 3.0];
    let rows: Vec<Vec<f64>> = x
        .to_vec::<f64>()
        .unwrap()
        .chunks(3)
        .map(<[f64]>::to_vec)
        .collect();
    let log_p = |row: &[f64], i: usize| row[i] - row.iter().map(|x| x.exp()).sum::<f64>().ln();
    let per_row = |f: &dyn Fn(&[f64], usize) -> f64| -> Vec<f64> {
        rows.iter()
            .zip(y)
            .map(|(row, y)| f(row, y as usize))
            .collect()
    };

    check(
        &CrossEntropy::default().into(),
        &x,
        &labels(&y),
        &per_row(&|r, y| -log_p(r, y)),
        4.0,
    );
    let total: f64 = y.iter().map(|&y| weight[y as usize]).sum();
    let weighted = CrossEntropy {
        class_weights: Some(weight.to_vec()),
        ..CrossEntropy::default()
    };
    let terms = per_row(&|r, y| -weight[y] * log_p(r, y));
    check(&weighted.into(), &x, &labels(&y), &terms, total);
    let smooth = CrossEntropy {
        label_smoothing: 0.3,
        ..CrossEntropy::default()
    };
    let terms =
        per_row(&|r, y| -0.7 * log_p(r, y) - 0.1 * (0..3).map(|i| log_p(r, i)).sum::<f64>());
    check(&smooth.clone().into(), &x, &labels(&y), &terms, 4.0);
    let mut one_hot = vec![0.0; 12];
    y.iter()
        .enumerate()
        .for_each(|(i, &y)| one_hot[i * 3 + y as usize] = 1.0);
    check(&smooth.into(), &x, &floats(&one_hot, &[4, 3]), &terms, 4.0);
    let ignoring = CrossEntropy {
        ignore_index: Some(0),
        ..CrossEntropy::default()
    };
    let terms = per_row(&|r, y| if y == 0 { 0.0 } else { -log_p(r, y) });
    check(&ignoring.into(), &x, &labels(&y), &terms, 3.0);

    check(
        &Nll::default().into(),
        &x,
        &labels(&y),
        &per_row(&|r, y| -r[y]),
        4.0,
    );
    let weighted = Nll {
        class_weights: Some(weight.to_vec()),
        ignore_index: Some(1),
        ..Nll::default()
    };
    let terms = per_row(&|r, y| if y == 1 { 0.0 } else { -weight[y] * r[y] });
    check(&weighted.into(), &x, &labels(&y), &terms, total - weight[1]);

    let rivals = |r: &[f64], y: usize| -> Vec<f64> {
        (0..3)
            .filter(|&j| j != y)
            .map(|j| (1.5 + r[j] - r[y]).max(0.0))
            .collect()
    };
    let all = MultiClassHinge {
        margin: 1.5,
        ..MultiClassHinge::default()
    };
    let terms = per_row(&|r, y| rivals(r, y).iter().sum::<f64>() / 3.0);
    check(&all.clone().into(), &x, &labels(&y), &terms, 4.0);
    let terms = per_row(&|r, y| rivals(r, y).into_iter().fold(0.0, f64::max));
    check(
        &MultiClassHinge {
            rivals: Rivals::Worst,
            ..all
        }
        .into(),
        &x,
        &labels(&y),
        &terms,
        4.0,
    );
}

/// The mean of all is the mean of the parts' means by their weights.
#[test]
fn means_of_batches_combine() {
    let x = grid([5, 3]);
    let y = labels(&[2, 0, 1, 2, 0]);
    let parts = [(0, 2), (2, 3)];
    let weights = Some(vec![0.5, 2.0, 3.0]);
    let losses: [Loss; 5] = [
        CrossEntropy::default().into(),
        CrossEntropy {
            class_weights: weights.clone(),
            ..CrossEntropy::default()
        }
        .into(),
        CrossEntropy {
            class_weights: weights.clone(),
            ignore_index: Some(2),
            ..CrossEntropy::default()
        }
        .into(),
        Nll {
            class_weights: weights.clone(),
            ..Nll::default()
        }
        .into(),
        Focal {
            class_weights: weights,
            ..Focal::default()
        }
        .into(),
    ];
    for loss in losses {
        let (mut sum, mut total) = (0.0, 0.0);
        for (start, count) in parts {
            let (x, y) = (x.narrow(0, start, count), y.narrow(0, start, count));
            let (x, y) = (x.unwrap(), y.unwrap());
            let weight = loss.mean_weight(&y).unwrap();
            sum += loss.forward(&x, &y).unwrap().item().unwrap() * weight;
            total += weight;
        }
        let whole = loss.forward(&x, &y).unwrap().item().unwrap();
        assert!((sum / total - whole).abs() < 1e-12, "{loss:?}");
    }
    let weighted = CrossEntropy {
        class_weights: Some(vec![1.0]),
        ..CrossEntropy::default()
    };
    assert!(Loss::from(weighted).mean_weight(&y).is_err());
    assert_eq!(Loss::from(Mse::default()).mean_weight(&x).unwrap(), 5.0);
}

#[test]
fn focal_losses_are_their_formulas() {
    let (x, y, weight) = (grid([4, 3]), [2u32, 0, 1, 2], [0.5, 2.0, 3.0]);
    let values = x.to_vec::<f64>().unwrap();
    for gamma in [0.0, 0.5, 2.0, 5.0] {
        let terms = |alpha: &dyn Fn(usize) -> f64| -> Vec<f64> {
            let term = |(row, &y): (&[f64], &u32)| {
                let p = row[y as usize].exp() / row.iter().map(|x| x.exp()).sum::<f64>();
                -alpha(y as usize) * (1.0 - p).powf(gamma) * p.ln()
            };
            values.chunks(3).zip(&y).map(term).collect()
        };
        let loss = Focal {
            gamma,
            ..Focal::default()
        };
        check(&loss.clone().into(), &x, &labels(&y), &terms(&|_| 1.0), 4.0);
        let weighted = Focal {
            class_weights: Some(weight.to_vec()),
            ..loss
        };
        check(
            &weighted.into(),
            &x,
            &labels(&y),
            &terms(&|y| weight[y]),
            4.0,
        );

        let t = [0.0, 1.0, 0.25, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.5, 0.0];
        for alpha in [None, Some(0.25)] {
            let (yes, no) = alpha.map_or((1.0, 1.0), |a| (a, 1.0 - a));
            let term = |(x, t): (&f64, &f64)| {
                let p = 1.0 / (1.0 + (-x).exp());
                -yes * t * (1.0 - p).powf(gamma) * p.ln()
                    - no * (1.0 - t) * p.powf(gamma) * (1.0 - p).ln()
            };
            let terms: Vec<f64> = values.iter().zip(&t).map(term).collect();
            let loss = BinaryFocal {
                gamma,
                alpha,
                ..BinaryFocal::default()
            };
            check(&loss.into(), &x, &floats(&t, &[4, 3]), &terms, 12.0);
        }
    }
}

#[test]
fn focal_losses_and_their_gradients_stay_finite() {
    use nn_core::{Context, Parameter};
    let logits = Tensor::from_vec(vec![1e4f32, -1e4, 60.0, -60.0, -1e4, 1e4], [3, 2]).unwrap();
    for gamma in [0.0, 0.5, 2.0] {
        let mut cx = Context::train(1, 0);
        let weights = Parameter::new(logits.clone());
        let x = cx.param(&weights);
        let loss = Focal {
            gamma,
            ..Focal::default()
        };
        let value = loss.forward(&x, &labels(&[0, 0, 0])).unwrap();
        assert!(value.item().unwrap().is_finite());
        let gradients = cx.backward(&value).unwrap();
        let gradient = gradients
            .param(weights.id())
            .unwrap()
            .to_vec::<f32>()
            .unwrap();
        assert!(
            gradient.iter().all(|g| g.is_finite()),
            "{gamma}: {gradient:?}"
        );
    }
    let bad = Focal {
        gamma: -1.0,
        ..Focal::default()
    };
    assert!(bad.forward(&logits, &labels(&[0, 0, 0])).is_err());
    let bad = BinaryFocal {
        alpha: Some(1.5),
        ..BinaryFocal::default()
    };
    assert!(bad.forward(&logits, &logits.zeros_like().unwrap()).is_err());
}

#[test]
fn kl_divergence_is_its_formula() {
    let x = grid([2, 3]);
    let t = floats(&[0.5, 0.5, 0.0, 0.2, 0.7, 0.1], &[2, 3]);
    let log_p = x.log_softmax(-1).unwrap();
    let terms: Vec<f64> = log_p
        .to_vec::<f64>()
        .unwrap()
        .iter()
        .zip(t.to_vec::<f64>().unwrap())
        .map(|(log_p, t)| if t == 0.0 { 0.0 } else { t * (t.ln() - log_p) })
        .collect();
    let loss = KlDivergence::default();
    check(&loss.clone().into(), &x, &t, &terms, 2.0);
    check(
        &KlDivergence {
            from_logits: false,
            ..loss.clone()
        }
        .into(),
        &log_p,
        &t,
        &terms,
        2.0,
    );
    let log_t = t.slice(0, 1..).unwrap().ln().unwrap();
    let row = x.slice(0, 1..).unwrap();
    check(
        &KlDivergence {
            log_target: true,
            ..loss
        }
        .into(),
        &row,
        &log_t,
        &terms[3..],
        1.0,
    );
}
