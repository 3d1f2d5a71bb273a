//! Softmax and cross-entropy in one, against the definition that PyTorch documents.

use nn_core::{CrossEntropy, DType, Reduction, Tape, Tensor};

use crate::check::{LAYOUTS, check, tensor, values};
use crate::naive::Array;

/// The loss and the weight of each sample.
fn rows(
    logits: &Array,
    probabilities: &[Vec<f64>],
    hard: bool,
    weights: &[f64],
    smoothing: f64,
) -> Vec<(f64, f64)> {
    let classes = weights.len();
    probabilities
        .iter()
        .zip(logits.data.chunks(classes))
        .map(|(target, row)| {
            let sum: f64 = row.iter().map(|x| x.exp()).sum();
            let loss = (0..classes)
                .map(|c| {
                    let t = target[c] * (1.0 - smoothing) + smoothing / classes as f64;
                    -weights[c] * t * (row[c] - sum.ln())
                })
                .sum();
            let weight = if hard {
                target.iter().zip(weights).map(|(t, w)| t * w).sum()
            } else {
                1.0
            };
            (loss, weight)
        })
        .collect()
}

fn reduced(rows: &[(f64, f64)], reduction: Reduction, batch: &[usize]) -> Array {
    let sum: f64 = rows.iter().map(|r| r.0).sum();
    let weight: f64 = rows.iter().map(|r| r.1).sum();
    match reduction {
        Reduction::Mean => Array {
            shape: vec![],
            data: vec![sum / weight],
        },
        Reduction::Sum => Array {
            shape: vec![],
            data: vec![sum],
        },
        Reduction::None => Array {
            shape: batch.to_vec(),
            data: rows.iter().map(|r| r.0).collect(),
        },
    }
}

const REDUCTIONS: [Reduction; 3] = [Reduction::Mean, Reduction::Sum, Reduction::None];

#[test]
fn labels_with_every_setting() {
    for (batch, classes) in [(&[1][..], 1), (&[4], 3), (&[5], 17), (&[2, 3], 4), (&[], 5)] {
        let n: usize = batch.iter().product();
        let shape = [batch, &[classes]].concat();
        let labels: Vec<u32> = (0..n).map(|i| ((i * 7 + 1) % classes) as u32).collect();
        for reduction in REDUCTIONS {
            for smoothing in [0.0, 0.1, 1.0] {
                for weighted in [false, true] {
                    for ignored in [None, Some(labels[0]), Some(1000)] {
                        if n == 1 && ignored == Some(labels[0]) && reduction == Reduction::Mean {
                            continue;
                        }
                        let weights: Vec<f64> = (0..classes)
                            .map(|c| if weighted { 0.5 + c as f64 * 0.25 } else { 1.0 })
                            .collect();
                        let naive = |x: &[Array]| {
                            let one_hot: Vec<Vec<f64>> = labels
                                .iter()
                                .map(|&l| {
                                    (0..classes)
                                        .map(|c| f64::from(u8::from(c == l as usize)))
                                        .collect()
                                })
                                .collect();
                            let mut rows = rows(&x[0], &one_hot, true, &weights, smoothing);
                            for (row, &label) in rows.iter_mut().zip(&labels) {
                                if Some(label) == ignored {
                                    *row = (0.0, 0.0);
                                }
                            }
                            reduced(&rows, reduction, batch)
                        };
                        let logits = Array::spread(&shape, -2.0, 2.0, 5);
                        for dtype in [DType::U32, DType::I64, DType::U8] {
                            let targets = Tensor::from_slice(&labels, batch)
                                .unwrap()
                                .to_dtype(dtype)
                                .unwrap();
                            let name = format!(
                                "{shape:?} {reduction:?} {smoothing} {weighted} {ignored:?} {dtype}"
                            );
                            check(
                                &name,
                                &[logits.clone()],
                                |x| {
                                    let class_weights = weighted
                                        .then(|| {
                                            Tensor::from_slice(&weights, [classes])?
                                                .to_dtype(x[0].dtype())
                                        })
                                        .transpose()?;
                                    let settings = CrossEntropy {
                                        label_smoothing: smoothing,
                                        class_weights,
                                        ignore_index: ignored.map(i64::from),
                                        reduction,
                                    };
                                    x[0].cross_entropy(&targets, &settings)
                                },
                                naive,
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn probabilities_with_every_setting() {
    for (batch, classes) in [(&[4][..], 3), (&[2, 3], 5)] {
        let n: usize = batch.iter().product();
        let shape = [batch, &[classes]].concat();
        let raw = Array::spread(&shape, 0.0, 1.0, 9);
        let targets: Vec<Vec<f64>> = raw
            .data
            .chunks(classes)
            .map(|row| row.iter().map(|t| t / row.iter().sum::<f64>()).collect())
            .collect();
        assert_eq!(targets.len(), n);
        let flat = Array {
            shape: shape.clone(),
            data: targets.concat(),
        };
        for reduction in REDUCTIONS {
            for smoothing in [0.0, 0.2] {
                for weighted in [false, true] {
                    let weights: Vec<f64> = (0..classes)
                        .map(|c| if weighted { 2.0 - c as f64 * 0.25 } else { 1.0 })
                        .collect();
                    let logits = Array::spread(&shape, -2.0, 2.0, 6);
                    let name = format!("{shape:?} {reduction:?} {smoothing} {weighted}");
                    check(
                        &name,
                        &[logits],
                        |x| {
                            let class_weights = weighted
                                .then(|| {
                                    Tensor::from_slice(&weights, [classes])?.to_dtype(x[0].dtype())
                                })
                                .transpose()?;
                            let settings = CrossEntropy {
                                label_smoothing: smoothing,
                                class_weights,
                                reduction,
                                ..CrossEntropy::default()
                            };
                            x[0].cross_entropy(&tensor(&flat, x[0].dtype(), LAYOUTS[1]), &settings)
                        },
                        |x| {
                            reduced(
                                &rows(&x[0], &targets, false, &weights, smoothing),
                                reduction,
                                batch,
                            )
                        },
                    );
                }
            }
        }
    }
}

#[test]
fn huge_logits_never_overflow() {
    for dtype in [DType::F32, DType::F64] {
        let logits = Tensor::from_vec(vec![1e4, -1e4, 0.0, -1e4, 1e4, 0.0], [2, 3]).unwrap();
        let logits = logits.to_dtype(dtype).unwrap();
        for (labels, expected) in [([0u32, 1], 0.0), ([1, 1], 1e4), ([2, 0], 1.5e4)] {
            let tape = Tape::new();
            let leaf = tape.watch(&logits);
            let targets = Tensor::from_slice(&labels, [2]).unwrap();
            let loss = leaf
                .cross_entropy(&targets, &CrossEntropy::default())
                .unwrap();
            assert!((loss.item().unwrap() - expected).abs() <= 1e-3, "{loss}");
            let gradients = tape.backward(&loss).unwrap();
            let slopes = values(gradients.get(&leaf).unwrap());
            let expected: Vec<f64> = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
                .iter()
                .zip(labels)
                .flat_map(|(p, l)| {
                    (0..3).map(move |c| (p[c] - f64::from(u8::from(c == l as usize))) / 2.0)
                })
                .collect();
            assert_eq!(slopes, expected);
        }
    }
}

#[test]
fn a_loss_that_is_scaled_scales_its_gradient() {
    let logits = Array::spread(&[3, 4], -1.0, 1.0, 2);
    let targets = Tensor::from_vec(vec![0u32, 3, 1], [3]).unwrap();
    let direct = |x: &[Tensor]| {
        x[0].cross_entropy(&targets, &CrossEntropy::default())?
            .mul_scalar(-2.5)
    };
    check("scaled", &[logits], direct, |x| {
        let t = Tensor::from_vec(x[0].data.clone(), [3, 4]).unwrap();
        let loss = t.cross_entropy(&targets, &CrossEntropy::default()).unwrap();
        Array {
            shape: vec![],
            data: vec![-2.5 * loss.item().unwrap()],
        }
    });
}
