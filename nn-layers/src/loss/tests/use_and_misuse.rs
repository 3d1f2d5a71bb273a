//! Shapes that fit and shapes that do not, extreme values, and losses in recipes.

use nn_core::{DType, Error};

use super::labels;
use crate::loss::*;
use crate::testing::grid;

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
