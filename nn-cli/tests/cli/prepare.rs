//! Preparation of inputs, from the recipe to prediction: steps that change the shape, missing values, tables left on disk.

use std::fmt::Write;

use crate::support::{Place, bars};

/// Two classes that two of five columns tell apart; some cells of the third are missing.
fn holes(rows: usize) -> String {
    let mut text = String::from("a,b,c,d,e,kind\n");
    for row in 0..rows {
        let side = if row % 2 == 0 { 1.0 } else { -1.0 };
        let wobble = |by: usize| ((row * by) % 17) as f64 / 17.0;
        let c = if row % 5 == 2 {
            String::new()
        } else {
            format!("{}", 100.0 + wobble(7))
        };
        let (a, b, d) = (side + wobble(3), 2.0 * side - wobble(5), 1e4 * wobble(11));
        let kind = if side > 0.0 { "up" } else { "down" };
        writeln!(text, "{a},{b},{c},{d},7,{kind}").expect("written");
    }
    text
}

const TABLE: &str = r#"
[data]
source = "holes.csv"

[preprocess]
steps = ["impute median indicator", "standard", "pca 4 whiten"]

[network]
layers = ["linear 8", "relu", "linear 2"]

[optimizer]
type = "adam"
learning_rate = 0.02

[train]
epochs = 20
batch_size = 16
"#;

#[test]
fn a_table_with_missing_values_is_imputed_and_reduced() {
    let place = Place::new();
    place.file("holes.csv", holes(200));
    place.file("holes.toml", TABLE);
    let call = place.good(["train", "holes.toml"]);
    let said = format!("{}{}", call.out, call.err);
    assert!(
        said.contains("missing values filled in, one column says where"),
        "{said}"
    );
    assert!(
        said.contains("4 principal components of 6 values"),
        "{said}"
    );
    let inspected = place.good(["inspect", "runs/holes-1"]).out;
    assert!(
        inspected.contains("whitened") && inspected.contains("[5]"),
        "{inspected}"
    );
    let judged = place
        .good(["eval", "runs/holes-1", "--data", "holes.csv", "--json"])
        .json();
    assert!(
        judged["accuracy"].as_f64().expect("accuracy") > 0.95,
        "{judged}"
    );
    // The report shows the network as it takes what was prepared.
    place.good(["report", "runs/holes-1", "--out", "holes.html"]);
    let page = place.read("holes.html");
    assert!(page.contains("Linear 4→8"), "the width after preparation");
    // Missing in prediction as well.
    place.file(
        "new.csv",
        "a,b,c,d,e\n1.2,2.0,,100,7\n-0.8,-2.1,100.5,9000,7\n",
    );
    let said = place.good(["predict", "runs/holes-1", "new.csv"]).out;
    assert!(said.contains("up") && said.contains("down"), "{said}");
    // Left on disk, the table trains the same network.
    let disk = [
        "train",
        "holes.toml",
        "--set",
        "data.memory_mib=0",
        "--quiet",
        "--json",
    ];
    let memory = ["train", "holes.toml", "--quiet", "--json"];
    let [disk, memory] = [&disk[..], &memory[..]].map(|args| place.good(args).json());
    assert_eq!(disk["test"], memory["test"]);
}

#[test]
fn missing_values_need_a_word_about_them() {
    let place = Place::new();
    place.file("holes.csv", holes(60));
    place.file("holes.toml", TABLE);
    let train = |more: &[&str], parts: &[&str]| {
        let args = [&["train", "holes.toml", "--quiet"], more].concat();
        place.refused(&args, 2, parts);
    };
    train(
        &["--set", "data.missing=refuse"],
        &["holes.csv: line 4, column \"c\": the value is missing"],
    );
    train(
        &["--set", "preprocess.steps=[\"standard\"]"],
        &[
            "line 4, column \"c\": the value is missing",
            "(missing = \"keep\")",
        ],
    );
    train(
        &[
            "--set",
            "preprocess.steps=[\"standard\"]",
            "--set",
            "data.missing=keep",
        ],
        &["missing = \"keep\"", "impute"],
    );
    train(&["--set", "data.missing=drp"], &["did you mean \"drop\"?"]);
    train(
        &["--set", "preprocess.steps=[\"impute\", \"pca 9\"]"],
        &["9 components are asked for", "at most 5"],
    );
    place.good([
        "train",
        "holes.toml",
        "--quiet",
        "--set",
        "data.missing=drop",
    ]);
}

#[test]
fn a_network_on_components_of_pictures_is_explained_pixel_by_pixel() {
    let place = Place::new();
    bars(&place, "bars", 160, 24);
    place.file(
        "bars.toml",
        r#"
[data]
source = "bars"

[preprocess]
steps = ["pixels", "pca 6 whiten epsilon=1e-3"]

[network]
layers = ["linear 8", "relu", "linear 2"]

[train]
epochs = 3
batch_size = 16
"#,
    );
    place.good(["train", "bars.toml", "--quiet"]);
    let inspected = place.good(["inspect", "runs/bars-1"]).out;
    assert!(
        inspected.contains("6 principal components of 64 values"),
        "{inspected}"
    );
    place.good(["eval", "runs/bars-1"]);
    let pixels: Vec<u8> = (0..64)
        .map(|at| if at % 8 == 2 { 255 } else { 0 })
        .collect();
    let mut picture = b"P5\n8 8\n255\n".to_vec();
    picture.extend(pixels);
    place.file("bar.pgm", picture);
    place.good(["predict", "runs/bars-1", "bar.pgm"]);
    place.good([
        "explain",
        "runs/bars-1",
        "bar.pgm",
        "--method",
        "saliency",
        "--out",
        "why.png",
    ]);
    assert!(place.path("why.png").exists());
    // A layer that wants pictures is told what comes out of the preparation.
    place.refused(
        &[
            "train",
            "bars.toml",
            "--quiet",
            "--set",
            "network.layers=[\"conv2d 4 kernel=3\", \"flatten\", \"linear 2\"]",
        ],
        2,
        &["[network]"],
    );
}

#[test]
fn columns_nothing_can_be_learnt_from_are_named_before_training() {
    let place = Place::new();
    let row = |at: usize| {
        let gap = if at == 7 {
            String::new()
        } else {
            at.to_string()
        };
        format!("u{at},{gap},3,{}\n", ["up", "down"][at % 2])
    };
    let rows: String = (0..60).map(row).collect();
    place.file("rows.csv", format!("who,a,same,kind\n{rows}"));
    place.file(
        "rows.toml",
        TABLE
            .replace("holes.csv\"", "rows.csv\"\nmissing = \"drop\"")
            .replace(
                "\"impute median indicator\", \"standard\", \"pca 4 whiten\"",
                "\"standard\"",
            )
            .replace("epochs = 20", "epochs = 1"),
    );
    let call = place.good(["train", "rows.toml"]);
    let said = format!("{}{}", call.out, call.err);
    for expected in [
        "1 row is left out, in which a value is missing",
        "column \"who\" has a text of its own in most rows",
        "\"same\" ",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}
