//! The data formats, from training to prediction.

use crate::support::{Place, bars, floats, flowers, longs, npy};

const BARS: &str = r#"
[data]
source = "bars"

[preprocess]
scale = "pixels"

[network]
layers = ["flatten", "linear 16", "relu", "linear 2"]

[optimizer]
type = "adam"
learning_rate = 0.01

[train]
epochs = 12
batch_size = 16
"#;

#[test]
fn a_folder_of_idx_files_brings_its_own_test_part() {
    let place = Place::new();
    bars(&place, "bars", 240, 24);
    place.file("bars.toml", BARS);
    let result = place
        .good(["train", "bars.toml", "--quiet", "--json"])
        .json();
    assert_eq!(result["test"]["samples"], 24);
    assert!(
        result["test"]["accuracy"].as_f64().expect("accuracy") > 0.9,
        "{result}"
    );
    bars(&place, "other", 4, 60);
    let judged = place
        .good(["eval", "runs/bars-1", "--data", "other", "--json"])
        .json();
    assert_eq!(
        (judged["samples"].as_u64(), judged["data"].as_str()),
        (Some(60), Some("other"))
    );
    // --data in training takes the place of the recipe's source.
    let moved = place.good([
        "train",
        "bars.toml",
        "--data",
        "other",
        "--set",
        "train.epochs=1",
        "--set",
        "data.validation=0",
        "--quiet",
        "--json",
    ]);
    assert_eq!(moved.json()["test"]["samples"], 60);
    // Pictures as an array, with and without the axis of channels.
    let picture = |line: usize| (0..64).map(move |at| if at % 8 == line { 255.0_f32 } else { 0.0 });
    place.file(
        "standing.npy",
        npy("<f4", "(2, 8, 8)", &floats(picture(2).chain(picture(5)))),
    );
    let out = place
        .good(["predict", "runs/bars-1", "standing.npy", "--json"])
        .out;
    assert_eq!(out.lines().count(), 2);
    assert!(
        out.lines().all(|line| line.contains("\"label\":\"0\"")),
        "{out}"
    );
}

#[test]
fn arrays_are_learnt_with_labels_and_with_values() {
    let place = Place::new();
    let inputs = (0..80).flat_map(|at| [(at % 2) as f32 * 2.0 - 1.0, at as f32 / 80.0]);
    place.file("x.npy", npy("<f4", "(80, 2)", &floats(inputs)));
    place.file(
        "labels.npy",
        npy("<i8", "(80,)", &longs((0..80).map(|at| at % 2))),
    );
    place.file(
        "values.npy",
        npy(
            "<f4",
            "(80,)",
            &floats((0..80).map(|at| 100.0 + 3.0 * at as f32)),
        ),
    );
    let recipe = |rest: &str| {
        format!(
            "[data]\nsource = \"x.npy\"\n{rest}\n[optimizer]\ntype = \"adam\"\nlearning_rate = 0.05\n[train]\nepochs = 60\nbatch_size = 16\n"
        )
    };
    let network =
        |units: usize| format!("[network]\nlayers = [\"linear 8\", \"tanh\", \"linear {units}\"]");
    place.file(
        "c.toml",
        recipe(&format!(
            "labels = \"labels.npy\"\nclasses = [\"even\", \"odd\"]\n{}",
            network(2)
        )),
    );
    let result = place.good(["train", "c.toml", "--quiet", "--json"]).json();
    assert_eq!(result["test"]["accuracy"], 1.0, "{result}");
    assert_eq!(result["test"]["class_names"][1], "odd");
    let judged = place.good([
        "eval",
        "runs/c-1",
        "--data",
        "x.npy",
        "--labels",
        "labels.npy",
        "--json",
    ]);
    assert_eq!(judged.json()["samples"], 80);
    place.refused(
        &["eval", "runs/c-1", "--data", "x.npy"],
        2,
        &["no targets", "--labels"],
    );

    let values = format!(
        "labels = \"values.npy\"\n[preprocess]\nscale_targets = true\n{}\n[loss]\ntype = \"mse\"",
        network(1)
    );
    place.file("v.toml", recipe(&values));
    let call = place.good(["train", "v.toml", "--quiet"]);
    assert!(
        call.out.contains("R²") && call.out.contains("MAE"),
        "{}",
        call.out
    );
    // Predictions come back in the unit of the targets.
    let out = place.good(["predict", "runs/v-1", "x.npy", "--json"]).out;
    let first: serde_json::Value =
        serde_json::from_str(out.lines().next().expect("a line")).expect("JSON");
    let value = first["values"]["target"].as_f64().expect("a value");
    assert!((60.0..160.0).contains(&value), "{value}");
}

#[test]
fn columns_can_be_chosen_and_several_values_predicted() {
    let place = Place::new();
    place.file("flowers.csv", flowers(60));
    let recipe = r#"
        [data]
        source = "flowers.csv"
        target = ["length", "width"]
        ignore = ["color"]
        [preprocess]
        scale_targets = true
        [network]
        layers = ["linear 2"]
        [loss]
        type = "mae"
        [train]
        epochs = 3
    "#;
    place.file("r.toml", recipe);
    let call = place.good(["train", "r.toml", "--quiet"]);
    assert!(call.out.contains("R²"), "{}", call.out);
    place.file("kinds.csv", "kind\nrose\nlily\n");
    let out = place.good(["predict", "runs/r-1", "kinds.csv"]).out;
    assert!(out.contains("length") && out.contains("width"), "{out}");
}

#[test]
fn embedded_tables_are_predicted_from_csv_by_column_name() {
    let place = Place::new();
    place.good(["train", "iris", "--quiet", "--set", "train.epochs=40"]);
    let features =
        place.good(["inspect", "runs/iris-1", "--json"]).json()["header"]["features"].clone();
    let names: Vec<&str> = features
        .as_array()
        .expect("names")
        .iter()
        .filter_map(|name| name.as_str())
        .collect();
    assert_eq!(names.len(), 4);
    // A setosa has short petals; the columns stand the other way round.
    let reversed: Vec<&str> = names.iter().rev().copied().collect();
    place.file(
        "one.csv",
        format!("{}\n0.2,1.4,3.5,5.1\n", reversed.join(",")),
    );
    assert_eq!(
        place
            .good(["predict", "runs/iris-1", "one.csv", "--json"])
            .json()["label"],
        "setosa"
    );
    place.file("less.csv", format!("{},{}\n0.2,1.4\n", names[0], names[1]));
    place.refused(
        &["predict", "runs/iris-1", "less.csv"],
        2,
        &["less.csv", "no column", names[2]],
    );
}
