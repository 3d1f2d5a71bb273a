//! Augmentation against torchvision and scipy; `golden/augment.py` says how the values were made.

use nn_core::Tensor;
use nn_data::Batch;
use nn_data::dataset::TargetKind;
use nn_data::transform::augment::{Augment, Augmenter};
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap();
    list.iter().map(|v| v.as_f64().unwrap()).collect()
}

fn applied(step: &Value, shape: &[usize], pixels: Tensor) -> Tensor {
    let step: Augment = serde_json::from_value(step.clone()).unwrap();
    let augmenter = Augmenter::new(vec![step], shape, 1).unwrap();
    let mut batch = Batch {
        inputs: pixels,
        targets: Tensor::from_vec(vec![0u32], [1]).unwrap(),
        indices: vec![3],
    };
    let kind = TargetKind::Classes {
        names: vec!["a".into()],
    };
    augmenter.apply(2, &mut batch, &kind).unwrap();
    batch.inputs
}

#[test]
fn pictures_come_out_as_in_torchvision_and_scipy() {
    let path = format!("{}/tests/golden/augment.json", env!("CARGO_MANIFEST_DIR"));
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() > 100);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let picture = &golden["pictures"][case["picture"].as_str().unwrap()];
        let shape: Vec<usize> = numbers(&picture["shape"])
            .iter()
            .map(|&d| d as usize)
            .collect();
        let pixels: Vec<u8> = numbers(&picture["pixels"])
            .iter()
            .map(|&v| v as u8)
            .collect();
        let whole = [&[1], &shape[..]].concat();
        let expected = numbers(&case["expected"]);

        let floats: Vec<f32> = pixels.iter().map(|&v| v.into()).collect();
        let floats = Tensor::from_vec(floats, whole.clone()).unwrap();
        let got = applied(&case["step"], &shape, floats)
            .to_vec::<f32>()
            .unwrap();
        assert_eq!(got.len(), expected.len());
        for (at, (got, &wanted)) in got.iter().zip(&expected).enumerate() {
            let gap = (f64::from(*got) - wanted).abs();
            assert!(
                gap < 5e-3,
                "{name} of {}: value {at} is {got}, not {wanted}",
                case["picture"]
            );
        }

        let bytes = applied(
            &case["step"],
            &shape,
            Tensor::from_vec(pixels, whole).unwrap(),
        );
        // torchvision cuts bytes off where we round, and some of its steps round twice.
        let wanted = case.get("bytes").map_or(expected, numbers);
        for (at, (got, wanted)) in bytes.to_vec::<u8>().unwrap().iter().zip(wanted).enumerate() {
            let gap = (f64::from(*got) - wanted).abs();
            assert!(
                gap <= 1.0,
                "{name} of {}, bytes: value {at} is {got}, not {wanted}",
                case["picture"]
            );
        }
    }
}
