//! `nn diagnose` and `nn data project`, as a person calls them.

use crate::support::{FLOWERS, Place, bars, flowers, iris};

#[test]
fn a_run_is_diagnosed_with_its_own_parts() {
    let place = Place::new();
    place.good(iris("run"));
    let said = place.good(["diagnose", "run", "--baseline", "0.02", "--out", "why"]);
    for part in [
        "training error",
        "validation error",
        "105 samples",
        "15 samples",
        "always \"setosa\"",
        "verdict:",
        "try next",
        "would be wasted",
        "petal",
        "wrote errors.csv, label-noise.csv in why",
    ] {
        assert!(said.out.contains(part), "{part:?} is not in:\n{}", said.out);
    }
    let head = place.read("why/errors.csv");
    assert!(
        head.starts_with("sample,true,said,confidence,chance,"),
        "{head}"
    );
    // The model itself may be named, and gives the same.
    let json = place
        .good(["diagnose", "run/model.nn", "--baseline", "0.02", "--json"])
        .json();
    let wrong = json["errors"]["mistakes"].as_array().map_or(0, Vec::len);
    assert_eq!(head.lines().count(), 1 + wrong);
    assert_eq!(json["baseline"], 0.02);
    assert_eq!(json["importance"].as_array().map(Vec::len), Some(4));
    // The quiet trainer and the one that is watched give the same network.
    let quiet = [
        "diagnose",
        "iris",
        "--set",
        "train.epochs=5",
        "--set",
        "diagnose.baseline=0.02",
        "--json",
    ];
    let quiet = place.good(quiet).json();
    assert_eq!(quiet["verdict"], json["verdict"]);
    assert_eq!(quiet["validation"], json["validation"]);
    assert_eq!(quiet["importance"], json["importance"]);
}

#[test]
fn curves_are_measured_said_and_drawn() {
    let place = Place::new();
    let said = place.good([
        "diagnose",
        "wine",
        "--set",
        "train.epochs=12",
        "--learning-curve",
        "--validation-curve",
        "train.l2=0,0.1,3",
        "--out",
        "why",
    ]);
    for part in [
        "learning curve",
        "twice as many",
        "validation curve",
        "train.l2 = ",
        "learning-curve.png",
    ] {
        assert!(said.out.contains(part), "{part:?} is not in:\n{}", said.out);
    }
    assert!(
        said.err.contains("learning curve: 31 samples") && said.err.contains("train.l2 = 3"),
        "{}",
        said.err
    );
    for file in ["why/learning-curve.png", "why/validation-curve.png"] {
        assert!(image::open(place.path(file)).expect("a picture").width() > 600);
    }
}

#[test]
fn mistakes_on_pictures_become_a_sheet() {
    let place = Place::new();
    bars(&place, "bars", 200, 20);
    place.file(
        "bars.toml",
        "[data]\nsource = \"bars\"\nvalidation = 0.3\n[network]\nlayers = [\"flatten\", \"linear 2\"]\n\
         [optimizer]\ntype = \"sgd\"\nlearning_rate = 1e-5\n[train]\nepochs = 1\n",
    );
    let said = place
        .good(["diagnose", "bars.toml", "--errors", "why", "--json"])
        .json();
    // There are only twelve different bars: validation cannot but repeat training.
    assert_eq!(said["verdict"]["finding"], "leaking", "{said:#}");
    assert_eq!(said["leaks"][0]["kind"], "copies");
    let written = said["written"].to_string();
    assert!(written.contains("errors.png"), "{written}");
    assert!(
        image::open(place.path("why/errors.png"))
            .expect("a picture")
            .height()
            > 80
    );
}

#[test]
fn what_cannot_be_diagnosed_is_said() {
    let place = Place::new();
    place.refused(&["diagnose", "nothing-here"], 2, &["no such file"]);
    place.refused(
        &["diagnose", "iris", "--set", "data.validation=0"],
        2,
        &["no validation part"],
    );
    place.good(iris("run"));
    place.refused(
        &["diagnose", "run", "--set", "train.epochs=2"],
        2,
        &["--set changes a recipe"],
    );
    let call = place.call(["diagnose", "run", "--baseline", "2"]);
    assert!(
        call.code == 2 && call.err.contains("2 % is 0.02"),
        "{}",
        call.err
    );
    let call = place.call(["diagnose", "run", "--validation-curve", "train.l2"]);
    assert!(
        call.code == 2 && call.err.contains("train.l2=0,0.001"),
        "{}",
        call.err
    );
    place.refused(
        &[
            "diagnose",
            "run",
            "--validation-curve",
            "train.l3=0,1",
            "-q",
        ],
        2,
        &["l3"],
    );
    place.file("flowers.csv", flowers(20));
    let few = place.file("few.toml", FLOWERS);
    let few = few.to_string_lossy();
    place.refused(
        &["diagnose", &few, "--learning-curve", "-q"],
        2,
        &["too few for a learning curve"],
    );
    place.refused(
        &["diagnose", "iris", "--set", "diagnose.baseline=2"],
        2,
        &["diagnose.baseline", "a share from 0 to 1"],
    );
    // Where a folder is needed, a file stands.
    place.file("taken", "x");
    place.refused(&["diagnose", "run", "--out", "taken"], 2, &["taken"]);
}

#[test]
fn data_and_runs_become_maps() {
    let place = Place::new();
    let said = place.good(["data", "project", "wine", "--out", "wine.png"]);
    assert!(
        said.out.contains("124 samples, t-SNE with perplexity 30"),
        "{}",
        said.out
    );
    assert!(
        image::open(place.path("wine.png"))
            .expect("a picture")
            .width()
            > 900
    );
    place.good(iris("run"));
    let said = place.good([
        "data",
        "project",
        "run",
        "--method",
        "pca",
        "--out",
        "learnt.csv",
    ]);
    assert!(
        said.out.contains("what layer") && said.out.contains("principal components with"),
        "{}",
        said.out
    );
    let table = place.read("learnt.csv");
    assert_eq!(table.lines().count(), 1 + 15);
    assert!(
        table.starts_with("sample,x,y,target\n") && table.contains("\"virginica\""),
        "{table}"
    );
    // Numbers to predict shade the points; a table by its path.
    place.good([
        "data", "project", "diabetes", "--method", "pca", "--limit", "40",
    ]);
    place.file("flowers.csv", flowers(40));
    place.good([
        "data",
        "project",
        "flowers.csv",
        "--perplexity",
        "5",
        "--out",
        "flowers.png",
    ]);

    place.refused(
        &["data", "project", "wine", "--out", "wine.gif"],
        2,
        &["picture (.png) or a table (.csv)"],
    );
    place.refused(
        &["data", "project", "wine", "--perplexity", "500"],
        2,
        &["perplexity is 500"],
    );
    place.refused(&["data", "project", "nothing.csv"], 2, &["no such file"]);
}
