//! What a person does from the first command to the shipped weights.

use crate::support::{FLOWERS, NN, Place, flowers, iris, metrics};

#[test]
fn the_first_command_trains_judges_and_says_what_to_do_next() {
    let place = Place::new();
    let call = place.good([
        "train",
        "--set",
        "data.limit=1500",
        "--set",
        "train.epochs=2",
    ]);
    // Progress on stderr.
    for part in [
        "784",
        "Linear",
        "epoch 1/2",
        "epoch 2/2",
        "validation loss",
        "1 125 to learn from",
        "/s",
    ] {
        assert!(call.err.contains(part), "{part:?} is not in:\n{}", call.err);
    }
    // Results on stdout.
    for part in [
        "test accuracy",
        "precision",
        "recall",
        "F1",
        "said",
        "worst mistakes",
        "true ",
        "saved in runs/digits-1",
        "nn predict runs/digits-1",
    ] {
        assert!(call.out.contains(part), "{part:?} is not in:\n{}", call.out);
    }
    assert!(
        !call.err.contains('\u{1b}') && !call.out.contains('\u{1b}'),
        "no colours where there is no terminal"
    );
    for file in ["recipe.toml", "metrics.jsonl", "model.nn", "curve.png"] {
        assert!(
            place.path(&format!("runs/digits-1/{file}")).is_file(),
            "{file}"
        );
    }
    let log = metrics(&place.path("runs/digits-1"));
    let kinds: Vec<&str> = log
        .iter()
        .map(|line| line["kind"].as_str().unwrap_or("?"))
        .collect();
    assert_eq!(kinds, ["epoch", "epoch", "end"]);
    let norm = &log[0]["gradient_norm"];
    assert!(
        norm["mean"].as_f64() <= norm["max"].as_f64() && norm["mean"].as_f64() > Some(0.0),
        "{norm}"
    );
    let curve = image::open(place.path("runs/digits-1/curve.png")).expect("a picture");
    assert!(curve.width() > 600 && curve.height() > 300);

    // The saved run gives the same scores as the training reported.
    let judged = place.good(["eval", "runs/digits-1", "--json"]).json();
    assert_eq!(judged["accuracy"], log[2]["test"]["accuracy"]);
    assert_eq!(judged["loss"], log[2]["test"]["loss"]);
    assert_eq!(judged["samples"], 225);
    let text = place.good(["eval", "runs/digits-1/model.nn"]);
    assert!(text.out.contains("test accuracy"), "{}", text.out);

    // Its resolved recipe trains the same network again.
    place.good([
        "train",
        "runs/digits-1/recipe.toml",
        "--quiet",
        "--out",
        "again",
    ]);
    let again = metrics(&place.path("again"));
    assert_eq!(again[1]["loss"], log[1]["loss"]);
    let second = place.good([
        "train",
        "--set",
        "data.limit=400",
        "--set",
        "train.epochs=1",
        "--quiet",
    ]);
    assert!(
        second.out.contains("saved in runs/digits-2") && second.err.is_empty(),
        "{}",
        second.err
    );
}

#[test]
fn the_embedded_digits_are_learnt() {
    let place = Place::new();
    let result = place
        .good(["train", "--set", "train.epochs=4", "--quiet", "--json"])
        .json();
    let accuracy = result["test"]["accuracy"].as_f64().expect("an accuracy");
    assert!(accuracy > 0.94, "{accuracy}");
    assert_eq!(result["run"], "runs/digits-1");
}

#[test]
fn every_ready_recipe_trains() {
    let place = Place::new();
    let list = place.good(["recipes"]).out;
    for (name, least, measure) in [
        ("softmax-digits", 0.85, "accuracy"),
        ("iris", 0.86, "accuracy"),
        ("wine", 0.90, "accuracy"),
        ("breast-cancer", 0.91, "accuracy"),
        ("logistic-breast-cancer", 0.91, "accuracy"),
        ("perceptron-breast-cancer", 0.88, "accuracy"),
        ("diabetes", 0.3, "r2"),
        ("linear-diabetes", 0.3, "r2"),
    ] {
        assert!(list.contains(name));
        let epochs = if name == "softmax-digits" {
            vec!["--set", "train.epochs=5"]
        } else {
            vec![]
        };
        let args = [vec!["train", name, "--quiet", "--json"], epochs].concat();
        let result = place.good(args).json();
        let score = result["test"][measure].as_f64().unwrap_or(f64::NAN);
        assert!(score >= least, "{name}: {measure} {score}");
        // A recipe printed to a file is the same recipe.
        let text = place.good(["recipes", name]).out;
        place.file(&format!("{name}-copy.toml"), &text);
        assert!(text.contains("description"), "{text}");
    }
    // The full MNIST is not part of the repository: the recipe itself must still be right.
    place.refused(
        &["train", "mnist-mlp"],
        2,
        &["mnist: there is no such file or folder"],
    );
}

#[test]
fn weights_do_not_depend_on_threads_but_on_the_seed() {
    let place = Place::new();
    let weights = |name: &str, more: &[&str]| {
        let base = [
            "train",
            "--set",
            "data.limit=900",
            "--set",
            "train.epochs=2",
            "--quiet",
            "--out",
            name,
        ];
        place.good([&base[..], more].concat());
        let file = format!("{name}.safetensors");
        place.good(["export", name, "--safetensors", &file]);
        std::fs::read(place.path(&file)).expect("weights")
    };
    let one = weights("one", &["--threads", "1"]);
    assert!(
        one == weights("two", &["--threads", "2"]),
        "1 and 2 threads differ"
    );
    assert!(
        one == weights("three", &["--threads", "3"]),
        "1 and 3 threads differ"
    );
    assert!(
        one != weights("seed", &["--seed", "2"]),
        "another seed gives the same weights"
    );
}

#[test]
fn a_run_can_start_from_given_weights_in_order_and_log_every_step() {
    let place = Place::new();
    place.good(iris("first"));
    place.good(["export", "first", "--safetensors", "weights.safetensors"]);
    let args = |out: &'static str| {
        vec![
            "train",
            "iris",
            "--quiet",
            "--out",
            out,
            "--set",
            "network.init=weights.safetensors",
            "--set",
            "train.shuffle=false",
            "--set",
            "train.log_every_step=true",
            "--set",
            "train.epochs=2",
            "--set",
            "data.validation=0",
            "--set",
            "optimizer.lr=1e-9",
            "--set",
            "stop.patience=5",
            "--set",
            "stop.monitor=training_loss",
        ]
    };
    place.good(args("second"));
    let log = metrics(&place.path("second"));
    let steps: Vec<_> = log.iter().filter(|line| line["kind"] == "step").collect();
    // 120 samples in batches of 16.
    assert_eq!(steps.len(), 2 * 8);
    assert_eq!(steps[15]["step"], 16);
    let loss = |line: &serde_json::Value| line["loss"].as_f64().expect("a loss");
    // Trained weights, nearly no learning, the same order: the second epoch repeats the first.
    assert!(
        loss(steps[0]) < 0.9,
        "starts from the given weights: {}",
        steps[0]
    );
    for at in 0..8 {
        assert!((loss(steps[at]) - loss(steps[at + 8])).abs() < 1e-5);
    }
    assert!(
        place
            .read("second/recipe.toml")
            .contains("weights.safetensors")
    );
}

#[test]
fn rules_end_training_early_and_the_best_weights_are_kept() {
    let place = Place::new();
    let result = |more: &[&str]| {
        let out = format!("run{}", more.join("").replace(['.', '='], ""));
        let base = ["train", "iris", "--quiet", "--json", "--out", &out];
        place.good([&base[..], more].concat()).json()
    };
    assert_eq!(result(&["--set", "stop.steps=11"])["steps"], 11);
    let below = result(&["--set", "stop.loss_below=0.4"]);
    assert!(
        below["reason"].as_str().expect("a reason").contains("loss"),
        "{below}"
    );
    assert!(below["epochs"].as_f64().expect("epochs") < 100.0);
    let patience = result(&[
        "--set",
        "stop.patience=2",
        "--set",
        "optimizer.lr=0.5",
        "--set",
        "train.epochs=400",
    ]);
    assert!(
        patience["epochs"].as_f64().expect("epochs") < 400.0 && patience["best_epoch"].is_u64(),
        "{patience}"
    );
    let gradient = result(&["--set", "stop.gradient_below=1000"]);
    assert_eq!(gradient["steps"], 1, "{gradient}");
}

#[test]
fn a_table_is_learnt_and_new_rows_are_predicted() {
    let place = Place::new();
    place.file("my/flowers.csv", flowers(60));
    place.file("my/flowers.toml", FLOWERS);
    place.good(["train", "my/flowers.toml", "--quiet"]);
    assert!(
        place
            .read("runs/flowers-1/recipe.toml")
            .contains("my/flowers.csv")
    );
    // Other columns, another order, no label.
    place.file("new.csv", "color,width,length\nred,2.9,1.1\nblue,0.6,2.4\n");
    let call = place.good(["predict", "runs/flowers-1", "new.csv"]);
    let lines: Vec<&str> = call
        .out
        .lines()
        .filter(|line| line.contains("new.csv"))
        .collect();
    assert!(
        lines.len() == 2 && lines[0].contains("rose") && lines[1].contains("lily"),
        "{}",
        call.out
    );
    let json = place
        .good([
            "predict",
            "runs/flowers-1",
            "new.csv",
            "--json",
            "--out",
            "p.npy",
        ])
        .out;
    let rows: Vec<serde_json::Value> = json
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(
        (rows[0]["label"].as_str(), rows[1]["row"].as_u64()),
        (Some("rose"), Some(2))
    );
    let sum: f64 = rows[0]["probabilities"]
        .as_object()
        .expect("all classes")
        .values()
        .filter_map(|p| p.as_f64())
        .sum();
    assert!((sum - 1.0).abs() < 1e-5);
    let bytes = std::fs::read(place.path("p.npy")).expect("probabilities");
    assert_eq!(bytes.len() % 64, 16, "a header and 2 × 2 floats");
    // The model can be judged on another table.
    place.file("more.csv", flowers(30));
    let judged = place
        .good(["eval", "runs/flowers-1", "--data", "more.csv", "--json"])
        .json();
    assert_eq!(judged["samples"], 30);
    assert!(judged["accuracy"].as_f64().expect("accuracy") > 0.9);
    place.refused(
        &["predict", "runs/flowers-1", "picture.png"],
        2,
        &["picture.png", "does not work on pictures"],
    );
}

#[test]
fn pictures_are_read_made_fit_and_named() {
    let place = Place::new();
    place.good([
        "train",
        "--set",
        "data.limit=3000",
        "--set",
        "train.epochs=4",
        "--quiet",
    ]);
    // A large black 1 on white paper.
    let mut picture = image::RgbImage::from_pixel(280, 280, image::Rgb([255, 255, 255]));
    for y in 45..235 {
        for x in 128..152 {
            picture.put_pixel(x, y, image::Rgb([10, 10, 10]));
        }
    }
    picture.save(place.path("one.png")).expect("written");
    picture.save(place.path("one.jpg")).expect("written");
    let call = place.good(["predict", "runs/digits-1", "one.png", "one.jpg"]);
    assert!(
        call.out
            .contains("inverted, its background is light, resized from 280×280"),
        "{}",
        call.out
    );
    assert!(
        call.out.contains('█'),
        "the picture as the network sees it: {}",
        call.out
    );
    let rows = place
        .good(["predict", "runs/digits-1", "one.png", "--json"])
        .json();
    assert_eq!(rows["label"], "1", "{rows}");
    assert_eq!(rows["notes"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_run_is_inspected_and_exported() {
    let place = Place::new();
    place.good(iris("run"));
    let text = place.good(["inspect", "run"]).out;
    for part in [
        "3 classes: setosa, versicolor, virginica",
        "mean 0, deviation 1",
        "Linear 4→16",
        "0.weight",
        "norm",
        "131",
    ] {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
    place.good(["export", "run", "--safetensors", "w.safetensors"]);
    let exported = place.good(["inspect", "w.safetensors", "--json"]).json();
    let own = place.good(["inspect", "run/model.nn", "--json"]).json();
    assert_eq!(exported["parameters"], 131);
    let names: Vec<&str> = exported["tensors"]
        .as_array()
        .expect("tensors")
        .iter()
        .filter_map(|t| t["name"].as_str())
        .collect();
    for name in ["0.weight", "0.bias", "2.weight", "2.bias"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let norm = |report: &serde_json::Value| {
        let tensors = report["tensors"].as_array().expect("tensors").clone();
        tensors
            .into_iter()
            .find(|t| t["name"] == "0.weight")
            .map(|t| t["norm"].clone())
    };
    assert_eq!(norm(&exported), norm(&own));
    place.refused(
        &["export", "run", "--safetensors", "w.safetensors"],
        2,
        &["w.safetensors", "--force"],
    );
    place.good(["export", "run", "--safetensors", "w.safetensors", "--force"]);
}

#[test]
fn help_is_quick_and_wrong_use_is_code_two() {
    let place = Place::new();
    let help = place.good(["--help"]).out;
    for part in [
        "train",
        "eval",
        "predict",
        "inspect",
        "export",
        "Examples:",
        "Exit codes:",
    ] {
        assert!(help.contains(part), "{part}");
    }
    for verb in [
        "train", "eval", "predict", "inspect", "explain", "filter", "export", "recipes",
    ] {
        assert!(
            place.good([verb, "--help"]).out.contains("Example"),
            "{verb}"
        );
    }
    for args in [
        &["nonsense"][..],
        &["train", "--epochs", "3"],
        &["predict"],
        &["train", "--threads", "0"],
        &["export", "run"],
        &[],
    ] {
        let call = place.call(args);
        assert_eq!(call.code, 2, "{args:?}: {}", call.err);
        assert!(!call.err.contains("panicked"));
    }
    // The least of many, so that a busy machine does not decide; generous, since this is not an optimised build.
    let time = |_| {
        let start = std::time::Instant::now();
        std::process::Command::new(NN)
            .arg("--help")
            .output()
            .expect("runs");
        start.elapsed()
    };
    let least = (0..20).map(time).min().expect("twenty");
    assert!(least.as_millis() < 50, "{least:?}");
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let place = Place::new();
    place.good(iris("run"));
    let output = std::process::Command::new("sh")
        .args([
            "-c",
            &format!("{NN} inspect run | head -1; {NN} recipes | true"),
        ])
        .current_dir(place.path("."))
        .output()
        .expect("sh runs");
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_run_folder_may_be_called_as_the_embedded_set_is() {
    let place = Place::new();
    place.good(["train", "iris", "--out", "iris", "--quiet"]);
    let recipe = std::fs::read_to_string(place.path("iris/recipe.toml")).expect("written");
    assert!(recipe.contains("source = \"iris\""), "{recipe}");
}
