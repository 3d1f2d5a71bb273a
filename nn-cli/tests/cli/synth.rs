//! `nn data synth`: pictures of characters from fonts.

use crate::support::Place;

#[test]
fn made_up_pictures_are_a_data_set_to_train_on() {
    let place = Place::new();
    let call = place.call([
        "data",
        "synth",
        "--out",
        "made",
        "--characters",
        "7Oo/",
        "--count",
        "6",
        "--test",
        "2",
        "--size",
        "20x16",
        "--color",
        "--sheet",
        "sheet.png",
    ]);
    if call.code == 2 && call.err.contains("font") {
        eprintln!(
            "SKIPPED: this machine has no font for these characters: {}",
            call.err
        );
        return;
    }
    assert_eq!(call.code, 0, "{}", call.err);
    assert!(
        call.out.contains("4 classes, 24 pictures to learn from"),
        "{}",
        call.out
    );
    for class in ["7", "O", "lower_o", "U+002F"] {
        for (part, count) in [("train", 6), ("test", 2)] {
            let folder = place.path(&format!("made/{part}/{class}"));
            assert_eq!(std::fs::read_dir(folder).expect("there").count(), count);
        }
    }
    let picture = image::open(place.path("made/train/7/000001.png")).expect("a picture");
    assert_eq!((picture.height(), picture.width()), (20, 16));
    assert!(place.path("sheet.png").is_file());
    let list = std::fs::read_to_string(place.path("made/labels.csv")).expect("there");
    assert_eq!(list.lines().count(), 1 + 4 * 8);
    assert!(
        list.contains("\ntrain/lower_o/000001.png,lower_o,"),
        "{list}"
    );

    // The same command makes the same pictures, and never on top of something.
    let again = [
        "data",
        "synth",
        "--out",
        "again",
        "--characters",
        "7Oo/",
        "--count",
        "6",
        "--test",
        "2",
        "--size",
        "20x16",
        "--color",
    ];
    place.good(again);
    let bytes = |folder: &str| std::fs::read(place.path(&format!("{folder}/train/O/000003.png")));
    assert_eq!(
        bytes("made").expect("there"),
        bytes("again").expect("there")
    );
    place.refused(&again, 2, &["something is there already", "--out"]);

    place.file(
        "made.toml",
        "[data]\nsource = \"made\"\nvalidation = 0.25\n[network]\nlayers = [\"flatten\", \"linear 4\"]\n[train]\nepochs = 1\n",
    );
    let call = place.good(["train", "made.toml"]);
    assert!(call.err.contains("for the test"), "{}", call.err);
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let place = Place::new();
    place.file("no.ttf", "no font");
    place.refused(
        &["data", "synth", "--out", "x", "--fonts", "no.ttf"],
        2,
        &["no.ttf", "no font can be read"],
    );
    place.refused(
        &["data", "synth", "--out", "x", "--size", "big"],
        2,
        &["--size big", "32x48"],
    );
    let call = place.call(["data", "synth", "--out", "x", "--count", "0"]);
    assert_eq!(call.code, 2);
    assert!(call.err.contains("from 1 to 1000000"), "{}", call.err);
    assert!(!place.path("x").exists());
}
