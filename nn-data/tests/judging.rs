//! Metrics of ranked, skewed, multi-class and multi-label data against scikit-learn; `golden/judging.py` says how the
//! values were made.

use nn_data::metrics::{
    Against, Average, Averages, BinaryCounts, Binning, CalibrationBin, ConfusionMatrix,
    KappaWeights, MultiLabelScores, RankedScores, average_precision_classes, binary_log_loss,
    brier_score, brier_score_classes, calibration_curve, expected_calibration_error,
    one_against_rest, roc_auc_classes,
};
use serde_json::Value;

const TOLERANCE: f64 = 1e-9;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/judging.json")).unwrap()
}

fn cases<'a>(file: &'a Value, group: &str) -> &'a [Value] {
    file[group].as_array().unwrap()
}

/// All numbers of a nested list, in order; what is undefined is NaN.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(list) => list.iter().flat_map(numbers).collect(),
        Value::Bool(b) => vec![f64::from(u8::from(*b))],
        number => vec![number.as_f64().unwrap_or(f64::NAN)],
    }
}

fn flags(value: &Value) -> Vec<bool> {
    numbers(value).iter().map(|&v| v == 1.0).collect()
}

fn labels(value: &Value) -> Vec<u32> {
    numbers(value).iter().map(|&v| v as u32).collect()
}

#[track_caller]
fn close(what: &Value, got: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!(
        (got - expected).abs() <= TOLERANCE,
        "{what}: {got}, expected {expected}"
    );
}

#[track_caller]
fn all_close(what: &Value, got: &[f64], expected: &Value) {
    let expected = numbers(expected);
    assert_eq!(got.len(), expected.len(), "{what}");
    for (got, expected) in got.iter().zip(expected) {
        // Infinite thresholds cannot be written as JSON.
        let same = (got - expected).abs() <= TOLERANCE * expected.abs().max(1.0);
        assert!(
            same || (got.is_infinite() && expected.is_nan()),
            "{what}: {got}, expected {expected}"
        );
    }
}

#[test]
fn curves_areas_and_calibration() {
    let file = golden();
    for case in cases(&file, "ranked") {
        let what = &case["name"];
        let (truth, scores) = (flags(&case["truth"]), numbers(&case["scores"]));
        let ranked = RankedScores::new(&truth, &scores).unwrap();
        close(what, ranked.roc_auc().unwrap(), &case["roc_auc"]);
        close(what, ranked.average_precision(), &case["average_precision"]);
        let (roc, expected) = (ranked.roc().unwrap(), &case["roc"]);
        all_close(what, &roc.false_positive_rate, &expected["fpr"]);
        all_close(what, &roc.true_positive_rate, &expected["tpr"]);
        all_close(what, &roc.thresholds, &expected["thresholds"]);
        let (curve, expected) = (ranked.precision_recall(), &case["precision_recall"]);
        all_close(what, &curve.precision, &expected["precision"]);
        all_close(what, &curve.recall, &expected["recall"]);
        all_close(what, &curve.thresholds, &expected["thresholds"]);
        if case.get("brier").is_none() {
            continue;
        }
        close(what, brier_score(&truth, &scores).unwrap(), &case["brier"]);
        close(
            what,
            binary_log_loss(&truth, &scores).unwrap(),
            &case["log_loss"],
        );
        for (name, binning) in [
            ("uniform", Binning::Uniform),
            ("quantile", Binning::Quantile),
        ] {
            let expected = &case[name];
            let bins = expected["bins"].as_u64().unwrap() as usize;
            let curve = calibration_curve(&truth, &scores, bins, binning).unwrap();
            let column = |f: fn(&CalibrationBin) -> f64| curve.iter().map(f).collect::<Vec<_>>();
            all_close(what, &column(|b| b.fraction), &expected["fraction"]);
            all_close(what, &column(|b| b.mean_score), &expected["mean"]);
        }
        let ece = expected_calibration_error(&truth, &scores, 10, Binning::Uniform).unwrap();
        close(what, ece, &case["ece"]);
    }
    for case in cases(&file, "one_class") {
        let ranked = RankedScores::new(&flags(&case["truth"]), &numbers(&case["scores"])).unwrap();
        close(
            &case["name"],
            ranked.average_precision(),
            &case["average_precision"],
        );
        all_close(
            &case["name"],
            &ranked.precision_recall().recall,
            &case["recall"],
        );
        assert!(ranked.roc_auc().is_err());
    }
}

#[test]
fn scores_of_tables() {
    let file = golden();
    for case in cases(&file, "tables") {
        let what = &case["name"];
        let classes = case["classes"].as_u64().unwrap() as usize;
        let mut matrix = ConfusionMatrix::with_classes(classes).unwrap();
        matrix
            .add(&labels(&case["truth"]), &labels(&case["predicted"]))
            .unwrap();
        close(what, matrix.mcc(), &case["mcc"]);
        close(what, matrix.balanced_accuracy(), &case["balanced_accuracy"]);
        let weights = [
            KappaWeights::None,
            KappaWeights::Linear,
            KappaWeights::Quadratic,
        ];
        all_close(
            what,
            &weights.map(|w| matrix.cohen_kappa(w)),
            &case["kappa"],
        );
        let counts = one_against_rest(&matrix);
        for (class, counts) in counts.iter().enumerate() {
            assert_eq!(
                *counts,
                BinaryCounts::one_against_rest(&matrix, class).unwrap()
            );
        }
        let column = |f: &dyn Fn(&BinaryCounts) -> f64| counts.iter().map(f).collect::<Vec<_>>();
        all_close(
            what,
            &column(&BinaryCounts::specificity),
            &case["specificity"],
        );
        for (key, beta) in [("f0.5", 0.5), ("f1", 1.0), ("f2", 2.0)] {
            let expected = &case[key];
            all_close(what, &column(&|c| c.f_beta(beta)), &expected["None"]);
            for (name, average) in AVERAGES {
                close(
                    what,
                    average.of(&counts, |c| c.f_beta(beta)),
                    &expected[name],
                );
            }
        }
    }
}

const AVERAGES: [(&str, Average); 3] = [
    ("micro", Average::Micro),
    ("macro", Average::Macro),
    ("weighted", Average::Weighted),
];

#[test]
fn areas_of_several_classes() {
    let file = golden();
    for case in cases(&file, "classes") {
        let what = &case["name"];
        let classes = case["classes"].as_u64().unwrap() as usize;
        let (truth, scores) = (labels(&case["truth"]), numbers(&case["scores"]));
        for (name, average) in AVERAGES {
            for (key, against) in [("rest", Against::Rest), ("each", Against::Each)] {
                match roc_auc_classes(&truth, &scores, classes, against, average) {
                    Ok(auc) => close(what, auc, &case[key][name]),
                    Err(e) => assert!(e.to_string().contains("no micro average"), "{e}"),
                }
            }
            let ap = average_precision_classes(&truth, &scores, classes, average).unwrap();
            close(what, ap, &case["average_precision"][name]);
        }
        close(
            what,
            brier_score_classes(&truth, &scores, classes).unwrap(),
            &case["brier"],
        );
        // One class more than there are samples of.
        let wider: Vec<f64> = scores
            .chunks(classes)
            .flat_map(|row| [row, &[0.0]].concat())
            .collect();
        let error = roc_auc_classes(&truth, &wider, classes + 1, Against::Rest, Average::Macro);
        assert!(error.unwrap_err().to_string().contains("has no samples"));
    }
}

#[test]
fn several_labels_a_sample() {
    let file = golden();
    for case in cases(&file, "labels") {
        let what = &case["name"];
        let width = case["labels"].as_u64().unwrap() as usize;
        let (truth, said) = (flags(&case["truth"]), flags(&case["said"]));
        let scores = MultiLabelScores::new(&truth, &said, width).unwrap();
        close(what, scores.subset_accuracy, &case["subset_accuracy"]);
        close(what, scores.hamming_loss, &case["hamming_loss"]);
        let of = |a: Averages| [a.precision, a.recall, a.f1];
        for (name, averages) in [
            ("micro", scores.micro),
            ("macro", scores.macro_mean),
            ("weighted", scores.weighted),
            ("samples", scores.samples),
        ] {
            all_close(what, &of(averages), &case[name]);
        }
        assert!(MultiLabelScores::new(&truth, &said, truth.len() + 1).is_err());
        assert!(MultiLabelScores::new(&truth, &said, 0).is_err());
    }
}
