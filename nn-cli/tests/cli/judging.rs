//! Rare classes, thresholds, splits by group and time, leakage: what is learnt from and how it is judged.

use crate::support::Place;

fn text(parts: &[&str], text: &str) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

#[test]
fn a_rare_class_is_found_and_the_report_says_why_accuracy_misleads() {
    let place = Place::new();
    // The same network without what the recipe does about the rare class.
    let recipe = include_str!("../../../recipes/rare.toml");
    let plain: Vec<&str> = (recipe.split("\n[").enumerate())
        .filter(|(at, section)| {
            *at == 0 || !section.starts_with("balance]") && !section.starts_with("threshold]")
        })
        .map(|(_, section)| section)
        .collect();
    place.file("plain.toml", plain.join("\n["));
    let f1 = |run: &str, recipe: &str| {
        let end = place
            .good(["train", recipe, "--quiet", "--json", "--out", run])
            .json();
        let test = &end["test"];
        assert_eq!(test["baseline"]["accuracy"], 0.995);
        assert!(test["accuracy"].as_f64().unwrap() < 0.997, "{test}");
        assert!(
            test["misleading"]
                .as_str()
                .unwrap()
                .contains("misses every \"yes\" (25)"),
            "{test}"
        );
        test["binary"]["f1"]["value"].as_f64().unwrap()
    };
    let (plain, better) = (f1("plain", "plain.toml"), f1("better", "rare"));
    assert!(
        better > 0.4 && better > 2.0 * plain,
        "F1 {plain} and {better}"
    );

    let report = place.good(["eval", "better"]).out;
    text(
        &[
            "test accuracy 99.",
            "95 % interval of the accuracy",
            "baseline: always saying \"no\" has accuracy 99.50 %",
            "The accuracy misleads here: 99.50 % of the samples are \"no\"",
            "Judge by F1, MCC and average precision.",
            "\"yes\", 25 of 5 000, said from probability 0.",
            "chosen on the validation part for the highest F1",
            "specificity",
            "ROC AUC",
            "calibration error",
        ],
        &report,
    );
    // The threshold is the model's: prediction and diagnosis go by it, and in a diagnosis of such data every class counts alike.
    let judged = place.good(["eval", "better", "--json"]).json();
    let diagnosis = place.good(["diagnose", "better", "--json"]).json();
    assert_eq!(diagnosis["measure"], "balanced error");
    assert_eq!(diagnosis["guess"], 0.5);
    let balanced = judged["balanced_accuracy"].as_f64().unwrap();
    let error = diagnosis["test"]["value"].as_f64().unwrap();
    assert!((1.0 - balanced - error).abs() < 1e-9, "{balanced} {error}");
    let diagnosis = place.good(["diagnose", "better"]).out;
    text(
        &["99.50 % of the samples are \"no\"", "counts alike"],
        &diagnosis,
    );
    // Samples are called by their place in the source, not in the part.
    let worst = judged["worst"].as_array().unwrap();
    let places = worst.iter().map(|mistake| mistake["sample"].as_u64());
    assert!(places.flatten().max() > judged["samples"].as_u64());
    let threshold = judged["binary"]["threshold"]["chosen"]["value"]
        .as_f64()
        .unwrap();
    place.file(
        "rows.csv",
        "amount,hour,distance,age,visits,speed,drift,load\n2.2,-2,2,1.8,0,0,0,0\n0,0,0,0,0,0,0,0\n",
    );
    let lines = place.good(["predict", "better", "rows.csv", "--json"]).out;
    let labels: Vec<(f64, String)> = lines
        .lines()
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let yes = row["probabilities"]["yes"].as_f64().unwrap();
            (yes, row["label"].as_str().unwrap().to_string())
        })
        .collect();
    for (yes, label) in &labels {
        assert_eq!(
            label == "yes",
            *yes >= threshold - 1e-9,
            "{yes} {label} {threshold}"
        );
    }
    let table = place.good(["predict", "better", "rows.csv"]).out;
    text(
        &[
            "\"yes\" is said from probability 0.",
            "as was chosen in training",
        ],
        &table,
    );
    assert_eq!(labels[0].1, "yes");
    assert_eq!(labels[1].1, "no");
}

#[test]
fn every_way_of_balancing_works_and_says_what_it_does() {
    let place = Place::new();
    let small = ["--set", "train.epochs=1", "--set", "data.limit=4000"];
    for (method, said) in [
        ("class_weights", "class weights 0.50"),
        ("oversample", "drawn again from"),
        ("undersample", "a part of"),
        ("smote", "by SMOTE from"),
        ("weighted_sampler", "drawn by weight from"),
    ] {
        let set = format!("balance.method={method}");
        let args = ["train", "rare", "--out", method, "--set", &set];
        let call = place.good(args.iter().chain(&small));
        text(&["balanced", said], &call.err);
        // What was trained with is in the run's recipe, and it is judged as it was.
        let judged = place.good(["eval", method, "--json"]).json();
        assert_eq!(judged["samples"], 1000);
    }
    let call = place.good(
        [
            "train",
            "rare",
            "--out",
            "ratio",
            "--set",
            "balance.method=oversample",
            "--set",
            "balance.ratio=0.1",
        ]
        .iter()
        .chain(&small),
    );
    text(
        &["balanced   1 991 no, 199 yes, drawn again from 1 991 no, 9 yes"],
        &call.err,
    );
    let focal = [
        "--set",
        "loss.type=binary_focal",
        "--set",
        "network.layers=[\"linear 8\", \"relu\", \"linear 1\"]",
    ];
    let call = place.good(
        ["train", "rare", "--out", "focal"]
            .iter()
            .chain(&small)
            .chain(&focal),
    );
    text(&["balanced   alpha 0.99", "binary_focal"], &call.err);
}

#[test]
fn what_cannot_be_balanced_or_decided_is_refused() {
    let place = Place::new();
    let refused = |recipe: &str, set: &[&str], parts: &[&str]| {
        let mut args = vec!["train", recipe];
        for set in set {
            args.extend(["--set", set]);
        }
        place.refused(&args, 2, parts);
    };
    refused(
        "rare",
        &["balance.method=smoke"],
        &["unknown", "\"smoke\"", "did you mean \"smote\"?"],
    );
    refused(
        "rare",
        &["balance.ratio=0.5"],
        &["[balance] ratio is for oversample"],
    );
    refused(
        "rare",
        &["balance.weights=[1, 2, 3]"],
        &["[balance] there are 3 weights for 2 classes"],
    );
    refused(
        "rare",
        &["balance.weights=[1, -2]"],
        &["a weight is -2, it must be 0 or above"],
    );
    refused(
        "rare",
        &["threshold.by=recall"],
        &["[threshold] this rule needs at_least as well"],
    );
    refused(
        "rare",
        &["threshold.at_least=0.5"],
        &["[threshold] at_least is for another rule"],
    );
    refused(
        "rare",
        &["data.validation=0"],
        &["[threshold] is chosen on the validation part, of which there is none"],
    );
    refused(
        "rare",
        &["data.positive=maybe"],
        &["there is no class \"maybe\"; the classes are no and yes"],
    );
    refused(
        "iris",
        &["threshold.by=f1"],
        &["[threshold] is for two classes, but the data has 3 classes"],
    );
    refused(
        "iris",
        &["data.positive=setosa"],
        &["[data] positive is for two classes"],
    );
    refused(
        "diabetes",
        &["balance.method=oversample"],
        &["[balance] the targets are numbers"],
    );
    refused(
        "iris",
        &["data.split=time"],
        &["needs the column that tells the time"],
    );
    refused(
        "iris",
        &["data.order=day"],
        &["order is for a split by time"],
    );
    refused(
        "iris",
        &["data.group=plot"],
        &["names a column of a .csv file"],
    );
    refused(
        "perceptron-breast-cancer",
        &["balance.method=class_weights"],
        &["[balance] class_weights: the loss", "takes none"],
    );
    refused(
        "digits",
        &["balance.method=smote", "data.limit=100"],
        &["[balance] SMOTE", "shape [1, 28, 28]"],
    );
    let mut table = String::from("size,colour,kind\n");
    for i in 0..40 {
        table.push_str(&format!(
            "{i}.5,{},{}\n",
            ["red", "blue"][i % 2],
            ["a", "b"][usize::from(i % 4 == 0)]
        ));
    }
    place.file("mixed.csv", table);
    place.file(
        "mixed.toml",
        "[data]\nsource = \"mixed.csv\"\n[network]\nlayers = [\"linear 2\"]\n[balance]\nmethod = \"smote\"\n",
    );
    refused(
        "mixed.toml",
        &[],
        &["[balance] smote: column \"colour\" holds categories"],
    );
}

/// Patients with several rows each, and the day of each row.
fn visits() -> String {
    let mut table = String::from("patient,day,pulse,weight,ill\n");
    for i in 0..120 {
        let (patient, ill) = (i / 4, (i / 4) % 3 == 0);
        let day = (i * 37) % 120;
        let pulse = 60 + (i * 7) % 20 + if ill { 25 } else { 0 };
        table.push_str(&format!(
            "p{patient},2024-{:02}-{:02},{pulse}.5,{}.25,{}\n",
            1 + day / 28,
            1 + day % 28,
            60 + i % 17,
            if ill { "yes" } else { "no" }
        ));
    }
    table
}

#[test]
fn rows_are_divided_by_group_and_by_time() {
    let place = Place::new();
    place.file("visits.csv", visits());
    let recipe = |data: &str| {
        format!(
            "[data]\nsource = \"visits.csv\"\nvalidation = 0.2\ntest = 0.2\n{data}\n[network]\nlayers = [\"linear 2\"]\n[train]\nepochs = 2\n"
        )
    };
    place.file(
        "group.toml",
        recipe("group = \"patient\"\nignore = [\"day\"]"),
    );
    place.file(
        "time.toml",
        recipe("split = \"time\"\norder = \"day\"\nignore = [\"patient\"]"),
    );
    for name in ["group", "time"] {
        let call = place.good(["train", &format!("{name}.toml"), "--out", name]);
        text(
            &["72 to learn from, 24 for validation, 24 for the test"],
            &call.err,
        );
        // Neither column is an input.
        let model = place.good(["inspect", name]).out;
        assert!(
            !model.contains("patient") && !model.contains("day="),
            "{model}"
        );
        assert_eq!(place.good(["eval", name, "--json"]).json()["samples"], 24);
    }
    place.refused(
        &["train", "group.toml", "--set", "data.group=doctor"],
        2,
        &["visits.csv", "doctor"],
    );
    place.refused(
        &[
            "train",
            "group.toml",
            "--set",
            "data.split=time",
            "--set",
            "data.order=day",
        ],
        2,
        &["cannot keep groups together as well"],
    );
    place.file("gap.csv", visits().replacen("p3,", ",", 1));
    place.refused(
        &["train", "group.toml", "--data", "gap.csv"],
        2,
        &["gap.csv: line 14", "\"patient\"", "the cell is empty"],
    );
}

#[test]
fn samples_in_two_parts_are_told_before_training() {
    let place = Place::new();
    let rows: String = (0..40)
        .map(|i| format!("{i}.5,{},{}\n", i % 7, ["a", "b"][i % 2]))
        .collect();
    place.file("twice.csv", format!("size,weight,kind\n{rows}{rows}"));
    let recipe = |source: &str| {
        format!(
            "[data]\nsource = \"{source}\"\nvalidation = 0.3\ntest = 0.3\n[network]\nlayers = [\"linear 2\"]\n[train]\nepochs = 1\n"
        )
    };
    place.file("twice.toml", recipe("twice.csv"));
    place.file("moons.toml", recipe("moons"));
    let call = place.good(["train", "twice.toml"]);
    text(
        &[
            "leakage",
            "of 24 test samples are also in the training part (for one, test ",
            "with the same target",
        ],
        &call.err,
    );
    // All of class c is in one group, so that two parts go without.
    let rows: String = (0..40)
        .map(|i| {
            format!(
                "{i}.5,g{},{}\n",
                i % 4,
                if i % 4 == 0 {
                    "c"
                } else {
                    ["a", "b"][i / 4 % 2]
                }
            )
        })
        .collect();
    place.file("groups.csv", format!("size,plot,kind\n{rows}"));
    place.file(
        "groups.toml",
        recipe("groups.csv").replace("linear 2", "linear 3") + "[stop]\nsteps = 1\n",
    );
    let call = place.good(["train", "groups.toml", "--set", "data.group=plot"]);
    text(&["missing", "part has no sample of \"c\""], &call.err);
    let clean = place.good(["train", "moons.toml", "--out", "clean"]);
    assert!(!clean.err.contains("leakage"), "{}", clean.err);
}

#[test]
fn old_reports_have_their_baseline_too() {
    let place = Place::new();
    place.good([
        "train",
        "diabetes",
        "--quiet",
        "--set",
        "train.epochs=2",
        "--out",
        "values",
    ]);
    let report = place.good(["eval", "values"]).out;
    text(&["always the mean", "R²", "MAE"], &report);
    assert_eq!(
        place.good(["eval", "values", "--json"]).json()["baseline"]["r2"],
        0.0
    );
    place.good([
        "train",
        "iris",
        "--quiet",
        "--set",
        "train.epochs=2",
        "--out",
        "flowers",
    ]);
    let report = place.good(["eval", "flowers"]).out;
    text(&["baseline: always saying", "macro F1"], &report);
    assert!(!report.contains("misleads"), "{report}");
}
