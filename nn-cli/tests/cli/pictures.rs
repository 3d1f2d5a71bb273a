//! Folders of pictures, from the recipe to the prediction.

use image::{DynamicImage, Rgb, RgbImage};

use crate::support::Place;

const RECIPE: &str = r#"
[data]
source = "pets"

[network]
layers = ["flatten", "linear 2"]

[optimizer]
type = "adam"
learning_rate = 0.02

[train]
epochs = 12
batch_size = 8
"#;

/// A picture that is mostly red or mostly blue.
fn picture(red: bool, at: u32, height: u32, width: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (strong, weak) = (200 + (x * y + at) as u8 % 40, (x + at) as u8 % 60);
        Rgb(if red {
            [strong, 30, weak]
        } else {
            [weak, 30, strong]
        })
    })
    .into()
}

fn save(place: &Place, name: &str, picture: &DynamicImage) {
    let path = place.path(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    picture.save(path).expect("written");
}

fn pets(place: &Place) {
    for (class, red) in [("blue", false), ("red", true)] {
        for (part, count) in [("train", 20), ("test", 6)] {
            for at in 0..count {
                let end = if at % 2 == 0 { "png" } else { "jpg" };
                let name = format!("pets/{part}/{class}/{at}.{end}");
                save(place, &name, &picture(red, at, 8, 6));
            }
        }
    }
    place.file("pets.toml", RECIPE);
}

#[test]
fn a_folder_of_pictures_from_training_to_prediction() {
    let place = Place::new();
    pets(&place);
    let train = place.good(["train", "pets.toml", "--out", "run", "--json"]);
    assert_eq!(train.json()["test"]["accuracy"], 1.0, "{}", train.out);
    assert_eq!(train.json()["test"]["samples"], 12);
    assert!(
        train
            .err
            .contains("36 to learn from, 4 for validation, 12 for the test"),
        "{}",
        train.err
    );
    assert!(train.err.contains("2 classes: blue, red"), "{}", train.err);
    // The same test part again, and another folder, whose pictures have another size.
    let own = place.good(["eval", "run", "--json"]).json();
    let named = place
        .good(["eval", "run", "--data", "pets", "--json"])
        .json();
    assert_eq!(own["loss"], named["loss"]);
    for at in 0..3 {
        save(
            &place,
            &format!("more/red/{at}.png"),
            &picture(true, at, 16, 20),
        );
    }
    let more = place
        .good(["eval", "run", "--data", "more", "--json"])
        .json();
    assert_eq!(
        (&more["samples"], &more["accuracy"]),
        (&3.into(), &1.0.into())
    );
    save(&place, "more/green/1.png", &picture(true, 1, 8, 6));
    place.refused(
        &["eval", "run", "--data", "more"],
        2,
        &["more/green", "no class of this name", "blue, red"],
    );
    let said = place.good(["predict", "run", "more/red/0.png", "pets/test/blue/1.jpg"]);
    assert!(said.out.contains("resized from 20×16"), "{}", said.out);
    let lines: Vec<&str> = said
        .out
        .lines()
        .filter(|line| line.contains("more/red/0") || line.contains("blue/1"))
        .collect();
    assert!(
        lines[0].contains("red") && lines[1].contains("blue"),
        "{}",
        said.out
    );
    // The recipe of the run is whole: training from it gives the same.
    let again = place.good(["train", "run/recipe.toml", "--out", "again", "--json", "-q"]);
    assert_eq!(again.json()["test"], train.json()["test"]);
}

#[test]
fn the_keys_of_a_recipe_decide() {
    let place = Place::new();
    pets(&place);
    let train = |set: &[&str]| {
        let mut args = vec![
            "train",
            "pets.toml",
            "--set",
            "train.epochs=1",
            "--out",
            "run",
        ];
        for set in set {
            args.extend(["--set", set]);
        }
        let _ = std::fs::remove_dir_all(place.path("run"));
        place.good(args)
    };
    let parameters = |set: &[&str]| {
        let err = train(set).err;
        let find = |shape: &str| err.contains(shape);
        (find("3, 8, 6") || find("3×8×6") || find("[3, 8, 6]"), err)
    };
    let (shape, err) = parameters(&[]);
    assert!(shape, "{err}");
    let inspect = |set: &[&str]| {
        train(set);
        let json = place.good(["inspect", "run", "--json"]).out;
        assert!(json.contains("linear"), "{json}");
        json
    };
    let weights =
        |json: &str, inputs: usize| json.replace(' ', "").contains(&format!("[2,{inputs}]"));
    for (set, inputs) in [
        (&["data.cache=false"][..], 144),
        (&["data.size=[4, 4]"], 48),
        (
            &["data.size=[4, 4]", "data.fit=crop", "data.color=grey"],
            16,
        ),
        (
            &[
                "data.color=grey",
                "data.decode_first=false",
                "data.cache=false",
            ],
            48,
        ),
    ] {
        let json = inspect(set);
        assert!(weights(&json, inputs), "{set:?}: {json}");
    }
    for (set, part) in [
        ("data.size=[0, 4]", "height and width from 1 to 8192"),
        ("data.size=[4]", "data.size"),
        ("data.on_bad_image=skp", "did you mean \"skip\"?"),
        ("data.max_megapixels=0", "above 0"),
        ("data.color=green", "grey"),
    ] {
        place.refused(&["train", "pets.toml", "--set", set], 2, &[part]);
    }
    place.refused(
        &["train", "pets.toml", "--set", "data.max_megapixels=0.00001"],
        2,
        &["pets/", "6×8 pixels", "max_megapixels"],
    );
}

#[test]
fn bad_pictures_stop_training_or_are_left_out() {
    let place = Place::new();
    pets(&place);
    let whole = std::fs::read(place.path("pets/train/red/1.jpg")).expect("a picture");
    place.file("pets/train/red/cut.jpg", &whole[..whole.len() / 2]);
    place.file("pets/train/red/notes.txt", "remember the milk");
    place.file("pets/test/blue/empty.png", "");
    std::fs::create_dir(place.path("pets/train/none")).expect("made");
    place.refused(
        &["train", "pets.toml", "--out", "run"],
        2,
        &[
            "pets/train/none",
            "no picture of this class",
            "on_bad_image",
        ],
    );
    std::fs::remove_dir(place.path("pets/train/none")).expect("removed");
    place.refused(
        &["train", "pets.toml", "--out", "run"],
        2,
        &["on_bad_image", "(and 1 more cannot be used)"],
    );
    assert!(!place.path("run").exists());
    std::fs::create_dir(place.path("pets/train/none")).expect("made");
    let skip = [
        "train",
        "pets.toml",
        "--out",
        "run",
        "--set",
        "data.on_bad_image=skip",
        "--json",
    ];
    let call = place.good(skip);
    for part in [
        "4 left out, as they cannot be used:",
        "cut.jpg: the file ends in the middle",
        "notes.txt: not a picture",
        "empty.png: the file is empty",
        "train/none: there is no picture of this class",
    ] {
        assert!(call.err.contains(part), "{part:?} is not in {}", call.err);
    }
    assert_eq!(call.json()["test"]["accuracy"], 1.0);
    // Nothing is said where nothing may be.
    let quiet = place.good([
        "train",
        "pets.toml",
        "--out",
        "quiet",
        "--set",
        "data.on_bad_image=skip",
        "-q",
    ]);
    assert_eq!(quiet.err, "");
}

#[test]
fn network_and_pictures_must_fit_before_training() {
    let place = Place::new();
    pets(&place);
    let refused = |layers: &str, parts: &[&str]| {
        let set = format!("network.layers={layers}");
        place.refused(
            &["train", "pets.toml", "--set", &set, "--out", "run"],
            2,
            parts,
        );
        assert!(!place.path("run").exists());
    };
    refused("[\"linear 2\"]", &["[network]", "flatten"]);
    // A kernel larger than the pictures, and channels that cannot be divided.
    refused(
        "[{ type = \"conv2d\", filters = 4, kernel = 9 }, \"flatten\", \"linear 2\"]",
        &["[network]", "0 (Conv2d", "input of 8 places"],
    );
    refused(
        "[{ type = \"conv2d\", filters = 4, kernel = 3, groups = 2 }, \"flatten\", \"linear 2\"]",
        &["[network]", "0", "3", "groups"],
    );
    // Weights for one channel, pictures with three.
    place.good([
        "train",
        "pets.toml",
        "--set",
        "data.color=grey",
        "--out",
        "grey",
        "-q",
    ]);
    place.good(["export", "grey", "--safetensors", "grey.safetensors"]);
    place.refused(
        &[
            "train",
            "pets.toml",
            "--set",
            "network.init=grey.safetensors",
            "--out",
            "run",
        ],
        2,
        &["grey.safetensors", "do not fit the network", "48", "144"],
    );
    // Sizes that differ are found before the network is built.
    save(&place, "pets/train/red/large.png", &picture(true, 1, 9, 9));
    place.refused(
        &["train", "pets.toml", "--out", "run"],
        2,
        &["differ in size", "large.png is 9×9", "is 6×8", "size ="],
    );
    // Data of another kind than the model's.
    place.refused(&["eval", "grey", "--data", "iris"], 2, &["iris"]);
    place.good([
        "train",
        "iris",
        "--set",
        "train.epochs=1",
        "--out",
        "iris",
        "-q",
    ]);
    place.refused(
        &["eval", "iris", "--data", "pets"],
        2,
        &["folder of pictures", "does not tell pictures apart"],
    );
}

#[test]
fn cifar_in_its_binary_form() {
    let place = Place::new();
    let batch = |count: usize, seed: usize| -> Vec<u8> {
        (0..count)
            .flat_map(|at| {
                let class = ((at + seed) % 10) as u8;
                std::iter::once(class).chain((0..3072).map(move |i| class * 20 + (i % 7) as u8))
            })
            .collect()
    };
    for n in 1..=5 {
        place.file(
            &format!("c/cifar-10-batches-bin/data_batch_{n}.bin"),
            batch(20, n),
        );
    }
    place.file("c/cifar-10-batches-bin/test_batch.bin", batch(10, 0));
    place.file(
        "c.toml",
        RECIPE.replace("pets", "c").replace("linear 2", "linear 10"),
    );
    let call = place.good([
        "train",
        "c.toml",
        "--set",
        "train.epochs=2",
        "--out",
        "run",
        "--json",
    ]);
    assert!(call.err.contains("airplane"), "{}", call.err);
    assert_eq!(call.json()["test"]["samples"], 10);
    place.good(["eval", "run", "--data", "c", "--json"]);
    place.refused(
        &["train", "c.toml", "--set", "data.coarse_labels=true"],
        2,
        &["CIFAR-10 has none"],
    );
    place.file(
        "c/cifar-10-batches-bin/data_batch_4.bin",
        &batch(3, 1)[..5000],
    );
    place.refused(
        &["train", "c.toml"],
        2,
        &["data_batch_4.bin", "5000 bytes", "3073"],
    );
    place.file("foreign.tar.gz", "nothing packed");
    place.refused(
        &["train", "c.toml", "--data", "foreign.tar.gz"],
        2,
        &["foreign.tar.gz", "damaged"],
    );
}
