//! Augmentation in training, and its preview.

use crate::support::{Place, metrics};

const STEPS: &str = "augment.steps=[\"crop 2\", \"rotate 10\", \"elastic\", \"noise\", \"erase\", \"mixup\", \"cutmix p=0.5\"]";

fn train<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let fixed = [
        "train",
        "--quiet",
        "--set",
        "data.limit=600",
        "--set",
        "train.epochs=2",
        "--set",
        STEPS,
    ];
    [&fixed, more].concat()
}

#[test]
fn threads_and_the_stored_recipe_change_nothing() {
    let place = Place::new();
    place.good(train(&["--out", "one", "--threads", "1"]));
    place.good(train(&["--out", "three", "--threads", "3"]));
    place.good(["train", "one/recipe.toml", "--quiet", "--out", "again"]);
    let bytes = |run: &str| std::fs::read(place.path(&format!("{run}/model.nn"))).expect("a model");
    assert_eq!(bytes("one"), bytes("three"));
    assert_eq!(
        metrics(&place.path("one"))[1]["loss"],
        metrics(&place.path("again"))[1]["loss"]
    );
    let stored = place.read("one/recipe.toml");
    for part in ["type = \"crop\"", "padding = 2", "alpha = 34.0", "p = 0.5"] {
        assert!(stored.contains(part), "{part:?} is not in:\n{stored}");
    }
}

#[test]
fn only_what_is_learnt_from_is_changed() {
    // With a learning rate of 0 the network stays: what is judged on stays, what is learnt from does not.
    let place = Place::new();
    place.good(train(&[
        "--out",
        "still",
        "--set",
        "optimizer={type=\"sgd\", learning_rate=0.0}",
        "--set",
        "schedule={type=\"constant\"}",
        "--set",
        "network.layers=[\"flatten\", \"linear 10\"]",
    ]));
    let log = metrics(&place.path("still"));
    assert_eq!(log[0]["validation_loss"], log[1]["validation_loss"]);
    assert!(log[0]["validation_loss"].is_number(), "{}", log[0]);
    assert_ne!(log[0]["loss"], log[1]["loss"]);
}

#[test]
fn mixed_classes_are_learnt() {
    let place = Place::new();
    place.good([
        "train",
        "--quiet",
        "--set",
        "data.limit=2000",
        "--set",
        "train.epochs=4",
        "--set",
        "augment.steps=[\"translate 1\", \"mixup 0.2\"]",
        "--out",
        "run",
    ]);
    let log = metrics(&place.path("run"));
    let accuracy = |at: usize| log[at]["accuracy"].as_f64().expect("a share");
    assert!(accuracy(3) > accuracy(0) && accuracy(3) > 0.7, "{}", log[3]);
    let test = log[4]["test"]["accuracy"].as_f64().expect("a share");
    assert!(test > 0.85, "{test}");
}

#[test]
fn a_preview_shows_originals_and_changes() {
    let place = Place::new();
    let call = place.good(["data", "preview"]);
    assert!(
        call.out.contains(
            "wrote preview.png: 8 samples of digits, the originals and 7 versions of each"
        ),
        "{}",
        call.out
    );
    let sheet = image::open(place.path("preview.png")).expect("a picture");
    // Eight rows and columns of 28 pixels, three times as large.
    assert!(sheet.width() > 8 * 84 && sheet.height() > 8 * 84);
    let again = place.good(["data", "preview", "digits", "--out", "again.png"]);
    assert!(again.out.contains("translate 1"), "{}", again.out);
    let bytes = |name: &str| std::fs::read(place.path(name)).expect("a file");
    assert_eq!(bytes("preview.png"), bytes("again.png"));
    place.good(["data", "preview", "--seed", "2", "--out", "again.png"]);
    assert_ne!(bytes("preview.png"), bytes("again.png"));
    // No augmentation in the recipe: a column for every step.
    let call = place.good([
        "data",
        "preview",
        "softmax-digits",
        "--count",
        "2",
        "--out",
        "all.png",
    ]);
    assert!(
        call.out
            .contains("2 samples of softmax-digits, the originals and 15 versions"),
        "{}",
        call.out
    );
    let sheet = image::open(place.path("all.png")).expect("a picture");
    assert!(sheet.width() > 16 * 84 && sheet.height() < 500);
}

#[test]
fn previews_that_cannot_be_are_refused() {
    let place = Place::new();
    place.file("folder.png/x", "");
    for (args, parts) in [
        (
            &["data", "preview", "iris"][..],
            &["iris", "[4]", "only pictures can be shown"][..],
        ),
        (&["data", "preview", "digit"], &["did you mean \"digits\"?"]),
        (
            &["data", "preview", "--out", "sheet.jpg"],
            &["sheet.jpg", "ends in .png"],
        ),
        (
            &["data", "preview", "--out", "none/sheet.png"],
            &["none/sheet.png", "make it first"],
        ),
        (
            &["data", "preview", "--out", "folder.png"],
            &["folder.png", "a folder stands where"],
        ),
        (&["data", "preview", "folder.png"], &["folder.png"]),
        (
            &["data", "preview", "folder.png", "--set", "sed=2"],
            &["--set sed=2", "did you mean \"seed\"?"],
        ),
        (
            &["data", "preview", "--set", "augment.steps=[\"rotat\"]"],
            &["did you mean \"rotate\"?"],
        ),
        (
            &["data", "preview", "--set", "augment.steps=[\"hue 0.1\"]"],
            &["[augment] hue"],
        ),
    ] {
        place.refused(args, 2, parts);
    }
    assert_eq!(place.call(["data", "preview", "--count", "0"]).code, 2);
}

#[test]
fn a_folder_of_photographs_shows_what_each_step_does() {
    let place = Place::new();
    for (class, red) in [("apple", 200), ("leaf", 20)] {
        for at in 0..3u8 {
            let path = place.file(&format!("photos/{class}/{at}.png"), "");
            let picture = image::RgbImage::from_fn(12, 10, |x, y| {
                image::Rgb([red, (20 * x) as u8, (20 * y) as u8 + at])
            });
            picture.save(path).expect("written");
        }
    }
    let call = place.good(["data", "preview", "photos", "--count", "4"]);
    assert!(
        call.out
            .contains("4 samples of photos, the originals and 17 versions of each"),
        "{}",
        call.out
    );
    let steps = "augment.steps=[\"hue 0.1\", \"cutmix\"]";
    let call = place.good(["data", "preview", "photos", "--set", steps]);
    assert!(
        call.out.contains("6 samples of photos") && call.out.contains("hue 0.1, cutmix 1"),
        "{}",
        call.out
    );
}
