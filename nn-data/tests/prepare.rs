//! Steps of preparation against values from scikit-learn (`golden/prepare.py` says how they were made), and what a user meets:
//! awkward columns, stored pipelines, data of the wrong kind.

use nn_core::store::checkpoint;
use nn_core::{DType, Tensor};
use nn_data::dataset::Targets;
use nn_data::transform::{Pipeline, Preparation, Step, Strategy, Transform, Typical};
use nn_data::{InMemory, dataset};
use serde::Serialize;
use serde_json::Value;

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().unwrap();
    list.iter()
        .map(|v| v.as_f64().unwrap_or(f64::NAN))
        .collect()
}

fn samples(value: &Value, shape: &[usize]) -> Tensor {
    let values: Vec<f32> = numbers(value).iter().map(|&v| v as f32).collect();
    let rows = values.len() / shape.iter().product::<usize>();
    Tensor::from_vec(values, [&[rows], shape].concat()).unwrap()
}

fn table(values: Vec<f32>, columns: usize) -> InMemory {
    let inputs = Tensor::from_slice(&values, [values.len() / columns, columns]).unwrap();
    let data = InMemory::new("t", inputs, Targets::None).unwrap();
    data.with_feature_names((0..columns).map(|c| format!("c{c}")).collect())
        .unwrap()
}

fn steps(json: &str) -> Vec<Preparation> {
    serde_json::from_str(json).unwrap()
}

/// Compares rows of values; with `signs`, each column up to its sign.
fn same(what: &str, got: &Tensor, expected: &Value, signs: bool) {
    let got = got.to_dtype(DType::F64).unwrap();
    let width = got.len() / got.dims()[0];
    let (got, expected) = (got.to_vec::<f64>().unwrap(), numbers(expected));
    assert_eq!(got.len(), expected.len(), "{what}");
    for column in 0..width {
        let pairs = || {
            (column..got.len())
                .step_by(width)
                .map(|at| (got[at], expected[at]))
        };
        let along: f64 = pairs().map(|(a, b)| a * b).sum();
        let sign = if signs && along < 0.0 { -1.0 } else { 1.0 };
        for (row, (a, b)) in pairs().enumerate() {
            let error = (a * sign - b).abs();
            assert!(
                error <= 1e-5 * b.abs().max(1.0),
                "{what}: row {row}, column {column} is {a}, not {b}"
            );
        }
    }
}

#[test]
fn values_are_those_of_scikit_learn() {
    let path = format!("{}/tests/golden/prepare.json", env!("CARGO_MANIFEST_DIR"));
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 23);
    for case in cases {
        let what = case["name"].as_str().unwrap();
        let shape: Vec<usize> = numbers(&case["shape"])
            .iter()
            .map(|&v| v as usize)
            .collect();
        let (train, test) = (
            samples(&case["train"], &shape),
            samples(&case["test"], &shape),
        );
        let data = InMemory::new("train", train.clone(), Targets::None).unwrap();
        let pipeline = Pipeline::fit(&steps(&case["steps"].to_string()), &data).unwrap();
        let signs = case.get("signs").is_some();
        let expected_shape = pipeline.output_shape(&shape).unwrap();
        for (x, key) in [(&train, "from_train"), (&test, "from_test")] {
            let out = pipeline.transform(x).unwrap();
            assert_eq!(out.dims()[1..], expected_shape, "{what}");
            same(&format!("{what}, {key}"), &out, &case[key], signs);
        }
        if let (Some(back), [Step::Pca(pca)]) = (case.get("back"), pipeline.steps()) {
            let out = pipeline
                .inverse_transform(&pipeline.transform(&test).unwrap())
                .unwrap();
            same(&format!("{what}, back"), &out, back, false);
            for (got, key) in [
                (pca.explained_variance().to_vec(), "explained_variance"),
                (pca.explained_variance_ratio(), "explained_variance_ratio"),
            ] {
                for (got, expected) in got.iter().zip(numbers(&case[key])) {
                    assert!(
                        (got - expected).abs() <= 1e-8 * expected.abs().max(1.0),
                        "{what}, {key}"
                    );
                }
            }
        }
        // Written and read again, as in a model and as text.
        let bytes = checkpoint::to_bytes("test", &pipeline).unwrap();
        let again: Pipeline = checkpoint::from_bytes(&bytes, "test").unwrap();
        assert_eq!(again, pipeline, "{what}");
        let text = serde_json::to_string(&pipeline).unwrap();
        assert_eq!(
            serde_json::from_str::<Pipeline>(&text).unwrap(),
            pipeline,
            "{what}"
        );
        let [first, second] =
            [&pipeline, &again].map(|p| p.transform(&test).unwrap().to_vec::<f32>().unwrap());
        assert_eq!(first, second, "{what}");
    }
}

/// The steps that there were in the first version, in their places.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum FirstSteps {
    Fixed {
        factor: f64,
        offset: f64,
    },
    Mean {
        mean: Vec<f64>,
        repeat: usize,
    },
    MinMax {
        min: Vec<f64>,
        max: Vec<f64>,
        low: f64,
        high: f64,
        repeat: usize,
    },
    Standard {
        mean: Vec<f64>,
        deviation: Vec<f64>,
        repeat: usize,
    },
}

#[test]
fn pipelines_of_the_first_version_still_load() {
    let old = vec![
        FirstSteps::Fixed {
            factor: 2.0,
            offset: 1.0,
        },
        FirstSteps::Mean {
            mean: vec![1.0, 2.0],
            repeat: 1,
        },
        FirstSteps::MinMax {
            min: vec![0.0, 0.0],
            max: vec![2.0, 4.0],
            low: 0.0,
            high: 1.0,
            repeat: 1,
        },
        FirstSteps::Standard {
            mean: vec![0.0, 0.5],
            deviation: vec![0.5, 0.25],
            repeat: 1,
        },
    ];
    let bytes = checkpoint::to_bytes("test", &old).unwrap();
    let pipeline: Pipeline = checkpoint::from_bytes(&bytes, "test").unwrap();
    let x = Tensor::from_vec(vec![1.0f32, 2.5], [1, 2]).unwrap();
    // (2·1 + 1 − 1)/2/0.5 and ((2·2.5 + 1 − 2)/4 − 0.5)/0.25
    assert_eq!(
        pipeline.transform(&x).unwrap().to_vec::<f32>().unwrap(),
        [2.0, 2.0]
    );
}

#[test]
fn steps_that_cannot_be_undone_say_so() {
    let wine = dataset::wine().unwrap();
    for (step, why) in [
        (
            r#"[{"type": "normalize"}]"#,
            "the length of a sample is not kept",
        ),
        (
            r#"[{"type": "standard"}, {"type": "impute"}]"#,
            "which values were missing is not kept",
        ),
    ] {
        let pipeline = Pipeline::fit(&steps(step), &wine).unwrap();
        let error = pipeline
            .inverse_transform(wine.inputs())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("it cannot be undone") && error.contains(why),
            "{error}"
        );
    }
}

#[test]
fn a_column_without_values_is_named() {
    let nan = f32::NAN;
    let data = table(vec![1.0, nan, 2.0, nan, 3.0, nan], 2);
    for typical in [Typical::Mean, Typical::Median, Typical::MostFrequent] {
        let error = Pipeline::fit(&[Preparation::impute(Strategy::Of(typical))], &data)
            .unwrap_err()
            .to_string();
        assert_eq!(
            error,
            "t: column \"c1\" has no value in the training data; leave it out, or fill it with a number"
        );
    }
    let filled = Pipeline::fit(
        &[
            Preparation::impute(Strategy::Constant(7.0)),
            Preparation::standard(),
        ],
        &data,
    )
    .unwrap();
    assert_eq!(
        filled
            .transform(&Tensor::from_vec(vec![2.0f32, nan], [1, 2]).unwrap())
            .unwrap()
            .to_vec::<f32>()
            .unwrap(),
        [0.0, 0.0]
    );
}

#[test]
fn missing_values_stop_every_step_that_cannot_use_them() {
    let data = table(vec![1.0, 2.0, 3.0, f32::NAN, 5.0, 6.0], 2);
    for step in [
        "standard", "mean", "min_max", "robust", "max_abs", "pca", "zca",
    ] {
        let error = Pipeline::fit(&steps(&format!(r#"[{{"type": "{step}"}}]"#)), &data)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("t: sample 1, feature \"c1\" is NaN"),
            "{step}: {error}"
        );
    }
}

#[test]
fn constant_columns_never_become_nan() {
    let data = table((0..40).flat_map(|i| [3.0, i as f32, 0.0]).collect(), 3);
    for step in [
        "standard",
        "min_max",
        "robust",
        "max_abs",
        "pca",
        "zca",
        "normalize",
        "sample_standard",
        "polynomial",
    ] {
        let pipeline = Pipeline::fit(&steps(&format!(r#"[{{"type": "{step}"}}]"#)), &data).unwrap();
        let out = pipeline
            .transform(data.inputs())
            .unwrap()
            .to_vec::<f32>()
            .unwrap();
        assert!(out.iter().all(|v| v.is_finite()), "{step}");
    }
}

#[test]
fn codes_are_encoded_in_their_place_and_back() {
    let data = table(vec![5.0, 0.5, 1.0, -2.0, 1.5, 1.0, 5.0, 2.5, 3.0], 3);
    let one_hot = Pipeline::fit(
        &[Preparation::OneHot {
            columns: vec![2, 0],
        }],
        &data,
    )
    .unwrap();
    let out = one_hot.transform(data.inputs()).unwrap();
    assert_eq!(out.dims(), [3, 5]);
    assert_eq!(
        out.to_vec::<f32>().unwrap()[..10],
        [0.0, 1.0, 0.5, 1.0, 0.0, 1.0, 0.0, 1.5, 1.0, 0.0]
    );
    let ordinal = Pipeline::fit(&[Preparation::Ordinal { columns: vec![0] }], &data).unwrap();
    let places = ordinal.transform(data.inputs()).unwrap();
    assert_eq!(
        places.to_vec::<f32>().unwrap()[..6],
        [1.0, 0.5, 1.0, 0.0, 1.5, 1.0]
    );
    for (pipeline, out) in [(&one_hot, &out), (&ordinal, &places)] {
        let back = pipeline.inverse_transform(out).unwrap();
        assert_eq!(
            back.to_vec::<f32>().unwrap(),
            data.inputs().to_vec::<f32>().unwrap()
        );
    }
    let unknown = Tensor::from_vec(vec![4.0f32, 0.0, 1.0], [1, 3]).unwrap();
    let error = one_hot.transform(&unknown).unwrap_err().to_string();
    assert!(
        error.contains("column 0 holds 4, a code that the training data does not have"),
        "{error}"
    );
    assert!(Pipeline::fit(&[Preparation::OneHot { columns: vec![3] }], &data).is_err());
}

#[test]
fn gradients_go_back_through_all_steps() {
    let wine = dataset::wine().unwrap();
    let wanted = steps(
        r#"[{"type": "standard"}, {"type": "pca", "components": 4, "whiten": true}, {"type": "polynomial"}, {"type": "min_max"}]"#,
    );
    let pipeline = Pipeline::fit(&wanted, &wine).unwrap();
    let x = wine
        .inputs()
        .slice(0, 3..4)
        .unwrap()
        .to_dtype(DType::F64)
        .unwrap();
    let width = pipeline.output_shape(&[13]).unwrap()[0];
    let weights: Vec<f64> = (0..width).map(|i| (i as f64).sin()).collect();
    let gradient = Tensor::from_slice(&weights, [1, width]).unwrap();
    let found = pipeline
        .pull_back(&x, &gradient)
        .unwrap()
        .to_vec::<f64>()
        .unwrap();
    let score = |x: &[f64]| -> f64 {
        let out = pipeline
            .transform(&Tensor::from_slice(x, [1, 13]).unwrap())
            .unwrap();
        out.to_vec::<f64>()
            .unwrap()
            .iter()
            .zip(&weights)
            .map(|(y, w)| y * w)
            .sum()
    };
    let x = x.to_vec::<f64>().unwrap();
    for at in 0..13 {
        let (mut up, mut down) = (x.clone(), x.clone());
        let step = 1e-5 * x[at].abs().max(1e-2);
        up[at] += step;
        down[at] -= step;
        let expected = (score(&up) - score(&down)) / (2.0 * step);
        assert!(
            (found[at] - expected).abs() <= 1e-5 * expected.abs().max(1e-2),
            "{at}: {} {expected}",
            found[at]
        );
    }
    assert!(
        pipeline
            .pull_back(
                &Tensor::zeros([1, 13], DType::F64).unwrap(),
                &Tensor::zeros([1, 3], DType::F64).unwrap()
            )
            .is_err()
    );
}

#[test]
fn settings_out_of_range_and_unknown_ones_are_refused() {
    for (json, why) in [
        (
            r#"{"type": "robust", "quantiles": [75, 25]}"#,
            "the lower one first",
        ),
        (
            r#"{"type": "min_max", "low": 1, "high": 1}"#,
            "low must be below high",
        ),
        (r#"{"type": "pca", "components": 0}"#, "at least 1"),
        (
            r#"{"type": "pca", "components": 1.5}"#,
            "a share of the variance above 0 and below 1",
        ),
        (
            r#"{"type": "zca", "epsilon": -1}"#,
            "epsilon must be 0 or more",
        ),
        (
            r#"{"type": "local_contrast", "window": 4}"#,
            "window must be odd",
        ),
        (
            r#"{"type": "polynomial", "degree": 0}"#,
            "degree must be at least 1",
        ),
        (r#"{"type": "fixed", "factor": 0}"#, "a scale is 0"),
        (
            r#"{"type": "one_hot", "columns": []}"#,
            "at least one column",
        ),
    ] {
        let step: Preparation = serde_json::from_str(json).unwrap();
        let error = step.check().unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        assert!(Pipeline::fit(&[step], &dataset::iris().unwrap()).is_err());
    }
    assert!(serde_json::from_str::<Preparation>(r#"{"type": "pca", "component": 3}"#).is_err());
    assert!(
        serde_json::from_str::<Preparation>(r#"{"type": "impute", "strategy": "middle"}"#).is_err()
    );
    let misfit = r#"[{"polynomial":{"width":2,"degree":2,"interaction_only":false,"bias":false}},{"mean":{"mean":[0.0],"repeat":3}}]"#;
    assert!(serde_json::from_str::<Pipeline>(misfit).is_err());
    let endless =
        r#"[{"polynomial":{"width":100000,"degree":9,"interaction_only":false,"bias":false}}]"#;
    assert!(serde_json::from_str::<Pipeline>(endless).is_err());
}
