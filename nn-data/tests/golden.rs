//! Metrics and scalers against values from scikit-learn; `golden/make.py` says how they were made.

use nn_core::{DType, Tensor};
use nn_data::dataset::Targets;
use nn_data::metrics::{
    Averages, ClassScores, ClassificationReport, ConfusionMatrix, LogLoss, RegressionErrors, TopK,
    argmax_rows, binary_scores, log_loss,
};
use nn_data::transform::{Over, Pipeline, Preparation, Step, Transform};
use nn_data::{Dataset, InMemory};
use serde_json::Value;

fn golden(file: &str) -> Value {
    let path = format!("{}/tests/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn cases<'a>(file: &'a Value, group: &str) -> &'a [Value] {
    file[group].as_array().unwrap()
}

fn name(case: &Value) -> &str {
    case["name"].as_str().unwrap()
}

/// All numbers of a nested list, in order.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

fn labels(value: &Value) -> Vec<u32> {
    numbers(value).iter().map(|&v| v as u32).collect()
}

fn floats(value: &Value) -> Vec<f32> {
    numbers(value).iter().map(|&v| v as f32).collect()
}

#[track_caller]
fn close(what: &str, got: f64, expected: f64, tolerance: f64) {
    let error = (got - expected).abs();
    assert!(
        error <= tolerance * expected.abs().max(1.0),
        "{what}: {got}, expected {expected}"
    );
}

#[track_caller]
fn all_close(what: &str, got: &[f64], expected: &Value, tolerance: f64) {
    let expected = numbers(expected);
    assert_eq!(got.len(), expected.len(), "{what}");
    for (&got, expected) in got.iter().zip(expected) {
        close(what, got, expected, tolerance);
    }
}

#[test]
fn confusion_precision_recall_and_f1() {
    let file = golden("metrics.json");
    for case in cases(&file, "classification") {
        let what = name(case);
        let classes = case["classes"].as_u64().unwrap() as usize;
        let (truth, predicted) = (labels(&case["truth"]), labels(&case["predicted"]));
        let mut matrix = ConfusionMatrix::with_classes(classes).unwrap();
        matrix.add(&truth, &predicted).unwrap();
        let counts: Vec<f64> = matrix.rows().flatten().map(|&c| c as f64).collect();
        all_close(what, &counts, &case["confusion"], 0.0);

        let report = ClassificationReport::new(&matrix).unwrap();
        close(
            what,
            report.accuracy,
            case["accuracy"].as_f64().unwrap(),
            1e-15,
        );
        let column = |f: fn(&ClassScores) -> f64| report.classes.iter().map(f).collect::<Vec<_>>();
        let expected = &case["per_class"];
        all_close(
            what,
            &column(|c| c.precision),
            &expected["precision"],
            1e-15,
        );
        all_close(what, &column(|c| c.recall), &expected["recall"], 1e-15);
        all_close(what, &column(|c| c.f1), &expected["f1"], 1e-15);
        all_close(
            what,
            &column(|c| c.support as f64),
            &expected["support"],
            0.0,
        );

        let check = |averages: Averages, expected: &Value, scale: f64| {
            let of = |key: &str| expected[key].as_f64().unwrap() * scale;
            close(what, averages.precision, of("precision"), 1e-14);
            close(what, averages.recall, of("recall"), 1e-14);
            close(what, averages.f1, of("f1"), 1e-14);
        };
        check(report.micro, &case["micro"], 1.0);
        check(report.weighted, &case["weighted"], 1.0);
        // The script names every class to scikit-learn, so that a class which does not occur
        // counts as 0 there; here, as in scikit-learn without that list, it does not count.
        let occurring = report.classes.iter().filter(|c| c.occurs()).count();
        check(
            report.macro_mean,
            &case["macro"],
            classes as f64 / occurring as f64,
        );

        if let Some(binary) = case.get("binary") {
            let scores = binary_scores(&truth, &predicted, 1).unwrap();
            close(
                what,
                scores.precision,
                binary["precision"].as_f64().unwrap(),
                1e-15,
            );
            close(
                what,
                scores.recall,
                binary["recall"].as_f64().unwrap(),
                1e-15,
            );
            close(what, scores.f1, binary["f1"].as_f64().unwrap(), 1e-15);
        }
    }
}

#[test]
fn top_k_and_log_loss() {
    let file = golden("metrics.json");
    for case in cases(&file, "scored") {
        let what = name(case);
        let classes = case["classes"].as_u64().unwrap() as usize;
        let truth = labels(&case["truth"]);
        let (scores, probabilities) = (floats(&case["scores"]), floats(&case["probabilities"]));
        let expected = case["log_loss"].as_f64().unwrap();
        close(
            what,
            log_loss(&truth, &probabilities, classes).unwrap(),
            expected,
            1e-6,
        );
        let mut from_logits = LogLoss::new();
        from_logits.add_logits(&truth, &scores, classes).unwrap();
        close(what, from_logits.value().unwrap(), expected, 1e-6);

        // Where scores tie, scikit-learn ranks the higher class first and this crate the lower:
        // with the classes in reverse both must agree.
        let last = classes as u32 - 1;
        let truth: Vec<u32> = truth.iter().map(|t| last - t).collect();
        let scores: Vec<f32> = scores
            .chunks(classes)
            .flat_map(|row| row.iter().rev().copied())
            .collect();
        for (k, share) in case["top_k"].as_object().into_iter().flatten() {
            let mut top = TopK::new(k.parse().unwrap()).unwrap();
            let half = truth.len() / 2;
            top.add(&truth[..half], &scores[..half * classes], classes)
                .unwrap();
            top.add(&truth[half..], &scores[half * classes..], classes)
                .unwrap();
            close(what, top.value().unwrap(), share.as_f64().unwrap(), 1e-15);
        }
        if let Some(accuracy) = case["top_k"].get("1") {
            let predicted = argmax_rows(&scores, classes).unwrap();
            let got = nn_data::metrics::accuracy(&truth, &predicted).unwrap();
            close(what, got, accuracy.as_f64().unwrap(), 1e-15);
        }
    }
}

#[test]
fn regression_errors() {
    let file = golden("metrics.json");
    for case in cases(&file, "regression") {
        let what = name(case);
        let outputs = case["truth"][0].as_array().map_or(1, Vec::len);
        let (truth, predicted) = (numbers(&case["truth"]), numbers(&case["predicted"]));
        let mut errors = RegressionErrors::new(outputs).unwrap();
        let half = truth.len() / outputs / 2 * outputs;
        errors.add_f64(&truth[..half], &predicted[..half]).unwrap();
        errors.add_f64(&truth[half..], &predicted[half..]).unwrap();
        let scores = errors.scores().unwrap();
        for (key, got) in [
            ("mse", scores.mse),
            ("rmse", scores.rmse),
            ("mae", scores.mae),
            ("r2", scores.r2),
        ] {
            close(
                &format!("{what} {key}"),
                got,
                case[key].as_f64().unwrap(),
                1e-9,
            );
        }
        assert_eq!(scores.constant_target, what.contains("constant"), "{what}");
    }
}

#[test]
fn scalers() {
    let file = golden("scalers.json");
    let tensor =
        |value: &Value| Tensor::from_vec(numbers(value), [value.as_array().unwrap().len(), 5]);
    let (train, test) = (
        tensor(&file["train"]).unwrap(),
        tensor(&file["test"]).unwrap(),
    );
    let data = InMemory::new("train", train.clone(), Targets::None).unwrap();
    let data = data.with_input_dtype(DType::F64).unwrap();
    assert_eq!(data.input_shape(), [5]);
    let mut seen = 0;
    for case in cases(&file, "cases") {
        let what = name(case);
        let over = Over::Feature;
        let scaling = match what {
            "standard" => Preparation::Standard { over },
            "mean_removal" => Preparation::Mean { over },
            "min_max" => Preparation::MinMax {
                over,
                low: 0.0,
                high: 1.0,
            },
            "min_max_signed" => Preparation::MinMax {
                over,
                low: -1.0,
                high: 1.0,
            },
            _ => continue,
        };
        seen += 1;
        let pipeline = Pipeline::fit(&[scaling], &data).unwrap();
        match &pipeline.steps()[0] {
            Step::Standard(s) => {
                all_close(what, &s.mean, &case["mean"], 1e-14);
                all_close(what, &s.deviation, &case["scale"], 1e-14);
            }
            Step::Mean(s) => all_close(what, &s.mean, &case["mean"], 1e-14),
            Step::MinMax(s) if what == "min_max" => {
                all_close(what, &s.min, &case["minimum"], 0.0);
                all_close(what, &s.max, &case["maximum"], 0.0);
            }
            _ => {}
        }
        for (rows, key) in [(&train, "train"), (&test, "test")] {
            if let Some(expected) = case.get(key) {
                let scaled = pipeline.transform(rows).unwrap();
                all_close(what, &scaled.to_vec::<f64>().unwrap(), expected, 1e-11);
                let back = pipeline
                    .inverse_transform(&scaled)
                    .unwrap()
                    .to_vec::<f64>()
                    .unwrap();
                for (got, expected) in back.iter().zip(rows.to_vec::<f64>().unwrap()) {
                    close(what, *got, expected, 1e-12);
                }
            }
        }
    }
    assert_eq!(seen, 4);
}
