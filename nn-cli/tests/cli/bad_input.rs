//! Everything that can be wrong with what a person gives: one clear line with file, place and remedy, exit code 2 or 1.

use crate::support::{FLOWERS, Place, bars, floats, flowers, idx, iris, longs, npy};

/// The first bytes of the compressed digits that come with the data crate.
const GZ: &[u8] = include_bytes!("../../../nn-data/assets/digits-images-idx3-ubyte.gz");

fn table(place: &Place, csv: &str) {
    place.file("flowers.csv", csv);
    place.file("flowers.toml", FLOWERS);
}

#[test]
fn missing_files() {
    let place = Place::new();
    place.refused(
        &["train", "nowhere.toml"],
        2,
        &["nowhere.toml", "no such file", "nn recipes"],
    );
    place.refused(&["train", "irs"], 2, &["irs", "did you mean \"iris\"?"]);
    place.refused(
        &["train", "--data", "nowhere/mnist"],
        2,
        &["nowhere/mnist", "no such file or folder", "check the path"],
    );
    place.refused(
        &["train", "--data", "wines"],
        2,
        &["did you mean the embedded set \"wine\"?"],
    );
    place.refused(&["eval", "nowhere"], 2, &["nowhere", "no such run"]);
    place.refused(
        &["inspect", "nowhere.safetensors"],
        2,
        &["nowhere.safetensors"],
    );
    place.file("empty/readme", "");
    place.refused(&["eval", "empty"], 2, &["empty", "model.nn"]);
    place.refused(&["train", "--data", "empty"], 2, &["empty", "train-images"]);
    place.good(iris("run"));
    for file in ["nowhere.csv", "nowhere.npy"] {
        place.refused(&["predict", "run", file], 2, &[file, "no such file"]);
    }
    place.refused(
        &["eval", "run", "--data", "nowhere.csv"],
        2,
        &["nowhere.csv", "no such file"],
    );
    place.refused(
        &["train", "iris", "--set", "network.init=nowhere.safetensors"],
        2,
        &["nowhere.safetensors", "no such file"],
    );
    std::fs::remove_file(place.path("run/recipe.toml")).expect("removed");
    place.refused(&["eval", "run"], 2, &["run/recipe.toml", "cannot be read"]);
}

#[test]
fn empty_files() {
    let place = Place::new();
    place.good(iris("run"));
    table(&place, "");
    place.refused(&["train", "flowers.toml"], 2, &["flowers.csv", "empty"]);
    place.file("empty.npy", "");
    place.refused(&["predict", "run", "empty.npy"], 2, &["empty.npy", "empty"]);
    place.file("empty.csv", "");
    place.refused(&["predict", "run", "empty.csv"], 2, &["empty.csv", "empty"]);
    place.file("empty.safetensors", "");
    place.refused(
        &["inspect", "empty.safetensors"],
        2,
        &["empty.safetensors", "empty"],
    );
    place.file("empty.toml", "");
    place.refused(
        &["train", "empty.toml"],
        2,
        &["empty.toml", "\"data\" is missing"],
    );
    bars(&place, "bars", 20, 4);
    place.file("bars/train-images-idx3-ubyte", "");
    place.refused(
        &["train", "--data", "bars"],
        2,
        &["train-images-idx3-ubyte", "empty"],
    );
    place.file("run/model.nn", "");
    place.refused(&["eval", "run"], 2, &["run/model.nn", "empty"]);
}

#[test]
fn truncated_and_corrupt_idx_files() {
    let place = Place::new();
    let images = idx(&[20, 8, 8], &[7; 20 * 64]);
    let train = |name: &str, bytes: &[u8], parts: &[&str]| {
        bars(&place, "bars", 20, 4);
        let _ = std::fs::remove_file(place.path("bars/train-images-idx3-ubyte"));
        place.file(&format!("bars/{name}"), bytes);
        place.refused(
            &["train", "--data", "bars", "--out", "out"],
            2,
            &[&[name], parts].concat(),
        );
        std::fs::remove_file(place.path(&format!("bars/{name}"))).expect("removed");
        assert!(
            !place.path("out").exists(),
            "no run folder for data that cannot be read"
        );
    };
    train("train-images-idx3-ubyte", &images[..500], &["1280", "500"]);
    train("train-images-idx3-ubyte", b"certainly not IDX", &["IDX"]);
    train(
        "train-images-idx3-ubyte",
        &idx(&[1_000_000, 1_000, 1_000], &[0; 100]),
        &["bytes"],
    );
    train(
        "train-images-idx3-ubyte.gz",
        &GZ[..GZ.len() / 2],
        &["ends in the middle"],
    );
    let mut damaged = GZ.to_vec();
    damaged[GZ.len() / 2] ^= 0x55;
    train("train-images-idx3-ubyte.gz", &damaged, &["copy it again"]);
    // Fewer labels than images.
    bars(&place, "bars", 20, 4);
    place.file("bars/train-labels-idx1-ubyte", idx(&[10], &[1; 10]));
    place.refused(&["train", "--data", "bars"], 2, &["20", "10"]);
}

#[test]
fn corrupt_tables() {
    let place = Place::new();
    let train = |csv: &str, parts: &[&str]| {
        table(&place, csv);
        place.refused(
            &["train", "flowers.toml"],
            2,
            &[&["flowers.csv"], parts].concat(),
        );
    };
    train("length,width,kind\n1,2,rose\n1,2\n", &["line 3"]);
    train(
        "length,width,kind\n1,2,rose\n1,NaN,lily\n2,3,lily\n",
        &["line 3", "width", "NaN"],
    );
    train(
        "length,width,kind\n1,2,rose\n1,inf,lily\n2,3,lily\n",
        &["line 3", "width", "inf"],
    );
    train(
        "length,width,kind\n1,2,rose\n1,,lily\n2,3,lily\n",
        &["line 3", "width", "missing"],
    );
    train("length,width,kind\n", &["rows"]);
    train("length,width,color\n1,2,red\n2,3,blue\n", &["kind"]);
    train(&flowers(40).replace("lily", "rose"), &["one class"]);
    place.file(
        "flowers.csv",
        [b"length,width,kind\n1,2,\x81\n".as_slice(), b"2,3,rose\n"].concat(),
    );
    place.refused(&["train", "flowers.toml"], 2, &["flowers.csv: byte 22"]);
    // Text where the recipe says there are numbers.
    table(&place, &flowers(40).replace("1.00,3.00", "long,3.00"));
    place.refused(
        &[
            "train",
            "flowers.toml",
            "--set",
            "data.numeric=[\"length\"]",
        ],
        2,
        &[
            "flowers.csv",
            "line 2",
            "length",
            "\"long\" is not a number",
        ],
    );
    // Too few rows to divide.
    table(&place, &flowers(3));
    place.refused(
        &["train", "flowers.toml"],
        2,
        &["flowers.csv", "data.validation"],
    );
    // In prediction and judgement.
    table(&place, &flowers(60));
    place.good(["train", "flowers.toml", "--quiet", "--out", "run"]);
    place.file("new.csv", "length,width,color\n1,2,green\n");
    place.refused(
        &["predict", "run", "new.csv"],
        2,
        &["new.csv", "line 2", "color", "green", "known are"],
    );
    place.file("new.csv", "length,color\n1,red\n");
    place.refused(&["predict", "run", "new.csv"], 2, &["new.csv", "\"width\""]);
    place.file("new.csv", "length,width,color,kind\n1,2,red,tulip\n");
    place.refused(
        &["eval", "run", "--data", "new.csv"],
        2,
        &["new.csv", "line 2", "kind", "tulip"],
    );
}

#[test]
fn corrupt_arrays() {
    let place = Place::new();
    place.good(iris("run"));
    let predict = |bytes: &[u8], parts: &[&str]| {
        place.file("x.npy", bytes);
        place.refused(
            &["predict", "run", "x.npy"],
            2,
            &[&["x.npy"], parts].concat(),
        );
    };
    let whole = npy("<f4", "(2, 4)", &floats([1.0; 8]));
    predict(&whole[..whole.len() - 5], &[]);
    predict(b"\x93NUMPY\x01\x00", &[]);
    predict(b"something else", &["npy"]);
    predict(&npy("<f4", "(1000000, 1000000)", &[0; 64]), &["bytes"]);
    predict(
        &npy("<f4", "(2, 5)", &floats([1.0; 10])),
        &["[2, 5]", "[4]"],
    );
    predict(&npy("<f4", "(0, 4)", &[]), &["[0, 4]"]);
    predict(
        &npy("<f4", "(1, 4)", &floats([1.0, 2.0, f32::NAN, 4.0])),
        &["NaN", "remove"],
    );
    predict(
        &npy("<f4", "(1, 4)", &floats([1.0, f32::INFINITY, 3.0, 4.0])),
        &["inf"],
    );
    // Training on arrays: labels that are no classes.
    place.file("x.npy", npy("<f4", "(4, 2)", &floats([1.0; 8])));
    let recipe =
        "[data]\nsource = \"x.npy\"\nlabels = \"y.npy\"\n[network]\nlayers = [\"linear 2\"]\n";
    place.file("r.toml", recipe);
    place.file("y.npy", npy("<i8", "(4,)", &longs([0, 1, -1, 0])));
    place.refused(&["train", "r.toml"], 2, &["y.npy", "-1"]);
    place.file("y.npy", npy("<i8", "(3,)", &longs([0, 1, 1])));
    place.refused(&["train", "r.toml"], 2, &["x.npy", "4 inputs but 3"]);
    place.file("y.npy", npy("<i8", "(4,)", &longs([0, 1, 5, 0])));
    place.refused(
        &["train", "r.toml", "--set", "data.classes=[\"a\",\"b\"]"],
        2,
        &["label 5", "2 classes"],
    );
    place.file(
        "y.npy",
        npy("<f4", "(4,)", &floats([0.5, 1.5, f32::NAN, 2.0])),
    );
    place.refused(
        &[
            "train",
            "r.toml",
            "--set",
            "loss.type=mse",
            "--set",
            "network.layers=[\"linear 1\"]",
        ],
        2,
        &["NaN"],
    );
    place.file("r.toml", recipe.replace("labels = \"y.npy\"\n", ""));
    place.refused(&["train", "r.toml"], 2, &["x.npy", "no targets"]);
}

#[test]
fn labels_out_of_range_in_idx_files() {
    let place = Place::new();
    bars(&place, "bars", 20, 4);
    place.file("bars/t10k-labels-idx1-ubyte", idx(&[4], &[0, 1, 9, 0]));
    place.refused(&["train", "--data", "bars"], 2, &["label 9"]);
}

#[test]
fn corrupt_models_and_weights() {
    let place = Place::new();
    place.good(iris("run"));
    place.good(["export", "run", "--safetensors", "w.safetensors"]);
    let model = std::fs::read(place.path("run/model.nn")).expect("a model");
    let mut flipped = model.clone();
    let middle = model.len() / 2;
    flipped[middle] ^= 1;
    let mut huge = model.clone();
    huge[16..24].copy_from_slice(&(1u64 << 40).to_le_bytes());
    for (bytes, what) in [
        (&model[..model.len() - 9], "cut short"),
        (&flipped, "damaged"),
        (&huge, "length"),
        (&b"not a model, far from it, really not"[..], "foreign"),
    ] {
        place.file("bad.nn", bytes);
        for verb in ["eval", "inspect"] {
            place.refused(&[verb, "bad.nn"], 2, &["bad.nn"]);
        }
        place.file("x.csv", "a,b,c,d\n5,3,1,0\n");
        let line = place.refused(&["predict", "bad.nn", "x.csv"], 2, &["bad.nn"]);
        assert!(line.len() > 30, "{what}: {line}");
    }
    let weights = std::fs::read(place.path("w.safetensors")).expect("weights");
    let mut promise = weights.clone();
    promise[..8].copy_from_slice(&(1u64 << 40).to_le_bytes());
    for bytes in [
        &weights[..weights.len() - 4],
        &promise,
        &weights[..6],
        &b"{\"a\": 1}, or so"[..],
    ] {
        place.file("bad.safetensors", bytes);
        place.refused(&["inspect", "bad.safetensors"], 2, &["bad.safetensors"]);
        place.refused(
            &["train", "iris", "--set", "network.init=bad.safetensors"],
            2,
            &["bad.safetensors"],
        );
    }
    // Weights of another network.
    place.refused(
        &["train", "wine", "--set", "network.init=w.safetensors"],
        2,
        &["w.safetensors", "do not fit", "0.weight"],
    );
    assert!(
        !place.path("runs").exists(),
        "no run folder was made for any of these"
    );
}

#[test]
fn pictures_that_are_none() {
    let place = Place::new();
    place.good([
        "train",
        "--set",
        "data.limit=400",
        "--set",
        "train.epochs=1",
        "--quiet",
        "--out",
        "run",
    ]);
    for (name, bytes) in [
        ("text.png", &b"hello"[..]),
        ("empty.jpg", b""),
        ("cut.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0"),
        ("x.gif", b"GIF89a\x01\0\x01\0"),
    ] {
        place.file(name, bytes);
        place.refused(&["predict", "run", name], 2, &[name]);
    }
    place.refused(
        &["predict", "run", "nowhere.png"],
        2,
        &["nowhere.png", "no such file"],
    );
    place.refused(&["predict", "run", "."], 2, &["folder"]);
}

#[test]
fn a_network_that_does_not_fit_the_data() {
    let place = Place::new();
    let layers = |layers: &str, parts: &[&str]| {
        let set = format!("network.layers={layers}");
        place.refused(
            &["train", "--set", &set],
            2,
            &[&["recipes/digits.toml: [network]"], parts].concat(),
        );
    };
    layers(r#"["flatten", "linear 9"]"#, &["[9]", "10 classes"]);
    layers(r#"["linear 10"]"#, &["\"flatten\" before the first layer"]);
    layers(
        r#"["flatten", "linear 10", "softmax"]"#,
        &["softmax", "take the last layer out"],
    );
    layers(r#"["flatten", "linear 1000000000000"]"#, &[]);
    layers(r#"["flatten", "linear 0", "linear 10"]"#, &[]);
    place.refused(
        &["train", "--set", "loss.type=mse"],
        2,
        &["[loss]", "mse is for numbers"],
    );
    place.refused(
        &[
            "train",
            "diabetes",
            "--set",
            "loss={type=\"cross_entropy\"}",
        ],
        2,
        &["[loss]", "use mse"],
    );
    place.refused(
        &["train", "iris", "--set", "loss={type=\"hinge\"}"],
        2,
        &["[loss]", "two classes"],
    );
    place.refused(
        &["train", "iris", "--set", "augment.steps=[\"flip\"]"],
        2,
        &["[augment] it changes pictures", "[4]"],
    );
    place.refused(
        &["train", "--set", "augment.steps=[\"hue 0.1\"]"],
        2,
        &["[augment] hue", "the pictures have 1"],
    );
    place.refused(
        &[
            "train",
            "--set",
            "augment.steps=[\"mixup\"]",
            "--set",
            "loss={type=\"multi_class_hinge\"}",
        ],
        2,
        &["[augment] mixup mixes classes", "use cross_entropy"],
    );
    place.refused(
        &["train", "--set", "augment.steps=[\"mixup\", \"flip\"]"],
        2,
        &["[augment] mixup stands before flip"],
    );
    place.refused(
        &["train", "iris", "--set", "data.validation=0"],
        2,
        &["[stop] patience", "validation"],
    );
}

#[test]
fn recipes_with_wrong_keys_types_and_values() {
    let place = Place::new();
    let wrong = |find: &str, replace: &str, parts: &[&str]| {
        assert!(FLOWERS.contains(find), "{find}");
        place.file("r.toml", FLOWERS.replace(find, replace));
        place.refused(&["train", "r.toml"], 2, parts);
    };
    wrong(
        "learning_rate",
        "learning_rat",
        &[
            "r.toml:12: unknown key \"learning_rat\" in [optimizer]; did you mean \"learning_rate\"?",
        ],
    );
    wrong(
        "epochs = 10",
        "epochs = \"ten\"",
        &["r.toml:15: \"epochs\" in [train] must be a whole number"],
    );
    wrong("epochs = 10", "epochs = -1", &["r.toml:15:", "-1"]);
    wrong(
        "\"adam\"",
        "\"adm\"",
        &["r.toml:11:", "did you mean \"adam\"?"],
    );
    wrong(
        "learning_rate = 0.05",
        "learning_rate = -1.0",
        &["r.toml:12:", "[optimizer]", "-1"],
    );
    wrong(
        "\"tanh\"",
        "\"tan\"",
        &["r.toml:8:", "did you mean \"tanh\"?"],
    );
    wrong("[train]", "[train", &["r.toml:14: not valid TOML"]);
    wrong(
        "test = 0.2",
        "test = 1.2",
        &["r.toml:5: \"test\" in [data]"],
    );
    place.file("r.toml", [0xff, 0xfe, 0x00]);
    place.refused(&["train", "r.toml"], 2, &["r.toml", "UTF-8"]);
    place.refused(
        &["train", "iris", "--set", "train.epoch=3"],
        2,
        &["--set train.epoch=3", "did you mean \"epochs\"?"],
    );
    place.refused(
        &["train", "iris", "--set", "train.epochs"],
        2,
        &["KEY=VALUE"],
    );
    place.refused(
        &["train", "iris", "--set", "seed=-1"],
        2,
        &["--set seed=-1"],
    );
    place.refused(
        &["train", "iris", "--set", "optimizer.learning_rate=-1"],
        2,
        &["--set optimizer.learning_rate=-1", "[optimizer]"],
    );
    place.file(
        "r.toml",
        concat!(
            "[data]\nsource = \"iris\"\n[network]\nlayers = [\"linear 3\"]\n",
            "[schedule]\ntype = \"warmup\"\nsteps = 1000000\nthen = { type = \"cosine\", per = \"step\" }\n"
        ),
    );
    place.refused(
        &["train", "r.toml", "--out", "late"],
        2,
        &["r.toml:5: [schedule]", "t_max"],
    );
    assert!(!place.path("late").exists(), "found before the run begins");
    place.refused(&["recipes", "irs"], 2, &["did you mean \"iris\"?"]);
}

#[test]
fn a_run_folder_that_cannot_be_used() {
    let place = Place::new();
    place.file("file", "in the way");
    for out in ["file", "file/run"] {
        let mut args = iris(out);
        args.retain(|arg| arg != "--quiet");
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let call = place.call(&args);
        assert_eq!(call.code, 2, "{}", call.err);
        call.is_one_error(&[out, "--out"]);
        assert!(
            !call.err.contains("epoch 1/"),
            "found before training begins: {}",
            call.err
        );
    }
    if cfg!(target_os = "linux") {
        place.refused(
            &["train", "iris", "--out", "/proc/run"],
            2,
            &["/proc/run", "cannot be written"],
        );
    }
    place.good(iris("run"));
    let before = std::fs::read(place.path("run/model.nn")).expect("a model");
    place.refused(
        &["train", "iris", "--out", "run"],
        2,
        &["run: holds a run already"],
    );
    assert!(std::fs::read(place.path("run/model.nn")).expect("a model") == before);
    place.file("x.csv", "a,b,c,d\n5,3,1,0\n");
    place.refused(
        &["predict", "run", "x.csv", "--out", "nowhere/p.npy"],
        2,
        &["nowhere/p.npy", "make it first"],
    );
    place.refused(
        &["export", "run", "--safetensors", "nowhere/w.safetensors"],
        1,
        &["nowhere/w.safetensors"],
    );
}

#[test]
fn training_that_diverges_says_where_and_why() {
    let place = Place::new();
    let args = [
        "train",
        "linear-diabetes",
        "--set",
        "optimizer.lr=1e6",
        "--quiet",
    ];
    let line = place.refused(&args, 1, &["validation after epoch 3", "learning rate"]);
    assert!(line.contains("inf") || line.contains("NaN"), "{line}");
    let args = [&args[..], &["--set", "data.validation=0"]].concat();
    let line = place.refused(&args, 1, &["epoch 4, step 4", "learning rate"]);
    assert!(line.contains("inf") || line.contains("NaN"), "{line}");
}
