//! Values against the definitions written out, gradients against differences, and what is refused.

use nn_core::autograd::{GradCheck, gradient_check};
use nn_core::{DType, Error};

use super::*;
use crate::testing::grid;

const REDUCTIONS: [Reduction; 3] = [Reduction::Mean, Reduction::Sum, Reduction::None];

fn floats(values: &[f64], shape: &[usize]) -> Tensor {
    Tensor::from_slice(values, shape).unwrap()
}

fn labels(values: &[u32]) -> Tensor {
    Tensor::from_slice(values, [values.len()]).unwrap()
}

/// Compares a loss with one term per element or sample, and its gradient with differences.
fn check(loss: &Loss, x: &Tensor, target: &Tensor, terms: &[f64], mean_over: f64) {
    let values = loss.forward(x, target).unwrap().to_vec::<f64>().unwrap();
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
    assert!(values.iter().all(|v| v.is_finite()));
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

#[test]
fn sequences_of_labels_are_many_samples() {
    let x = grid([2, 3, 4]);
    let y = Tensor::from_vec(vec![0u32, 1, 2, 3, 0, 1], [2, 3]).unwrap();
    let flat = (x.reshape([6, 4]).unwrap(), y.reshape([6]).unwrap());
    for loss in [
        Loss::from(CrossEntropy::default()),
        Nll::default().into(),
        MultiClassHinge::default().into(),
    ] {
        let value = loss.forward(&x, &y).unwrap().item().unwrap();
        assert!((value - loss.forward(&flat.0, &flat.1).unwrap().item().unwrap()).abs() < 1e-14);
    }
}

#[test]
fn huge_logits_stay_finite() {
    let logits = Tensor::from_vec(vec![1e4f32, -1e4, 0.0, -1e4, 1e4, 3e4], [2, 3]).unwrap();
    let y = labels(&[1, 2]);
    let losses = CrossEntropy {
        reduction: Reduction::None,
        ..CrossEntropy::default()
    };
    assert_eq!(
        losses
            .forward(&logits, &y)
            .unwrap()
            .to_vec::<f32>()
            .unwrap(),
        [2e4, 0.0]
    );
    let bits = Tensor::from_vec(vec![0u8, 1, 1, 0, 1, 0], [2, 3]).unwrap();
    let losses = BinaryCrossEntropy {
        reduction: Reduction::None,
        ..BinaryCrossEntropy::default()
    };
    let values = losses
        .forward(&logits, &bits)
        .unwrap()
        .to_vec::<f32>()
        .unwrap();
    assert_eq!(values, [1e4, 1e4, std::f32::consts::LN_2, 0.0, 0.0, 3e4]);
}

#[test]
fn a_column_fits_a_vector_and_nothing_else_is_broadcast() {
    let column = grid([4, 1]);
    let vector = grid([4]);
    for loss in [
        Loss::from(Mse::default()),
        Mae::default().into(),
        Huber::default().into(),
    ] {
        assert_eq!(loss.forward(&column, &vector).unwrap().item().unwrap(), 0.0);
        let error = loss.forward(&vector, &column).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "{}: prediction is [4], target is [4, 1]; they must have one shape",
                loss.name()
            )
        );
    }
    let counts = Tensor::from_vec(vec![1u32, 2, 3, 4], [4]).unwrap();
    assert!(
        Mse::default()
            .forward(&column, &counts)
            .unwrap()
            .item()
            .unwrap()
            > 0.0
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    let x = grid([2, 3]);
    let message = |loss: Loss, target: &Tensor| loss.forward(&x, target).unwrap_err().to_string();
    assert_eq!(
        message(Nll::default().into(), &labels(&[0, 7])),
        "nll: label 7 of sample 1 is outside the classes, which are 0 to 2"
    );
    assert_eq!(
        message(CrossEntropy::default().into(), &labels(&[0, 7])),
        "cross_entropy: label 7 of sample 1 is outside the classes, which are 0 to 2"
    );
    assert_eq!(
        message(MultiClassHinge::default().into(), &labels(&[0, 1, 2])),
        "multi_class_hinge: predictions [2, 3] need labels [2], the target is [3]"
    );
    assert_eq!(
        message(Nll::default().into(), &grid([2])),
        "nll: expected u32, i64 or u8 labels elements, got f64"
    );
    let weighted = CrossEntropy {
        class_weights: Some(vec![1.0]),
        ..CrossEntropy::default()
    };
    assert_eq!(
        message(weighted.into(), &labels(&[0, 1])),
        "cross_entropy: there are 1 class_weights, the prediction's last axis has size 3"
    );
    let weighted = Nll {
        class_weights: Some(vec![1.0, -1.0, 0.0]),
        ..Nll::default()
    };
    assert_eq!(
        message(weighted.into(), &labels(&[0, 1])),
        "nll: class_weights must be finite and not negative, -1 is not"
    );
    assert_eq!(
        message(
            BinaryCrossEntropy::default().into(),
            &x.mul_scalar(0.0).unwrap().add_scalar(2.0).unwrap()
        ),
        "binary_cross_entropy: targets must be between 0 and 1, 2 is not"
    );
    assert_eq!(
        message(Hinge::default().into(), &x.mul_scalar(0.0).unwrap()),
        "hinge: targets must be -1 or 1, 0 is not"
    );
    assert_eq!(
        message(
            Hinge::default().into(),
            &Tensor::full([2, 3], 2.0, DType::U8).unwrap()
        ),
        "hinge: labels must be 0 or 1, 2 is not"
    );
    assert_eq!(
        message(
            Huber {
                delta: 0.0,
                ..Huber::default()
            }
            .into(),
            &x
        ),
        "huber: delta = 0 must be above 0 and finite"
    );
    let error = CrossEntropy::default().forward(&Tensor::scalar(1.0f64).unwrap(), &labels(&[0]));
    assert!(matches!(error, Err(Error::Shape { .. })));
}

#[test]
fn responses_are_what_outputs_mean() {
    let x = grid([2, 3]);
    let sums = |loss: Loss, x: &Tensor| {
        loss.response(x)
            .unwrap()
            .sum(-1)
            .unwrap()
            .to_vec::<f64>()
            .unwrap()
    };
    for sum in sums(CrossEntropy::default().into(), &x)
        .into_iter()
        .chain(sums(KlDivergence::default().into(), &x))
        .chain(sums(Nll::default().into(), &x.log_softmax(-1).unwrap()))
    {
        assert!((sum - 1.0).abs() < 1e-14);
    }
    let p = Loss::from(BinaryCrossEntropy::default())
        .response(&Tensor::zeros([1], DType::F32).unwrap());
    assert_eq!(p.unwrap().item().unwrap(), 0.5);
    let same = Loss::from(Mse::default()).response(&x).unwrap();
    assert_eq!(same.to_vec::<f64>().unwrap(), x.to_vec::<f64>().unwrap());
}

#[test]
fn recipes_name_losses_and_typos_are_answered() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Recipe {
        loss: Loss,
    }
    let all: Vec<Loss> = vec![
        Mse {
            reduction: Reduction::Sum,
        }
        .into(),
        Mae::default().into(),
        Huber {
            delta: 2.0,
            ..Huber::default()
        }
        .into(),
        BinaryCrossEntropy {
            pos_weight: Some(vec![3.0]),
            ..BinaryCrossEntropy::default()
        }
        .into(),
        CrossEntropy {
            label_smoothing: 0.1,
            ignore_index: Some(-100),
            ..CrossEntropy::default()
        }
        .into(),
        Nll {
            class_weights: Some(vec![1.0, 2.0]),
            ..Nll::default()
        }
        .into(),
        Hinge {
            squared: true,
            ..Hinge::default()
        }
        .into(),
        MultiClassHinge {
            rivals: Rivals::Worst,
            ..MultiClassHinge::default()
        }
        .into(),
        KlDivergence {
            log_target: true,
            ..KlDivergence::default()
        }
        .into(),
    ];
    for loss in all {
        let name = loss.name();
        let recipe = Recipe { loss };
        let written = toml::to_string(&recipe).unwrap();
        assert!(written.contains(&format!("type = \"{name}\"")), "{written}");
        assert_eq!(
            toml::from_str::<Recipe>(&written).unwrap(),
            recipe,
            "{written}"
        );
        let json = serde_json::to_string(&recipe).unwrap();
        assert_eq!(
            serde_json::from_str::<Recipe>(&json).unwrap(),
            recipe,
            "{json}"
        );
    }
    let read = |text: &str| toml::from_str::<Recipe>(text);
    assert_eq!(
        read("loss = 'cross_entropy'").unwrap().loss,
        CrossEntropy::default().into()
    );
    assert_eq!(read("loss = 'l1'").unwrap().loss, Mae::default().into());
    let message = |text: &str| read(text).unwrap_err().message().to_string();
    assert_eq!(
        message("loss = 'crossentropy'"),
        "unknown loss \"crossentropy\": did you mean \"cross_entropy\"?"
    );
    assert_eq!(
        message("loss = { type = 'cross_entropy', smoothing = 0.1 }"),
        "loss \"cross_entropy\": unknown key \"smoothing\": did you mean \"label_smoothing\"?"
    );
    assert_eq!(
        message("loss = { type = 'mse', reduction = 'men' }"),
        "loss \"mse\": unknown name \"men\": did you mean \"mean\"?"
    );
}
