//! `nn report`: a page for every kind of run, and what it says of one that is damaged.

use std::fs;

use crate::support::{FLOWERS, Place, bars, floats, flowers, iris, longs, npy};
use crate::well_formed::well_formed;

/// Names that would do harm if they were taken for markup.
pub const HOSTILE: [&str; 4] = [
    "<script>alert(1)</script>",
    "a\"' onload='x' & b",
    "שלום \u{202e}dlrow",
    "🦊</title><img src=x>",
];

/// Checks a page as far as that goes without a browser.
pub fn sound(html: &str) {
    well_formed(html);
    for wrong in [
        "<script",
        "<img",
        "<iframe",
        " onload='",
        "https://",
        "url(http",
        "@import",
        "NaN\"",
        "{}",
    ] {
        assert!(!html.contains(wrong), "{wrong} is in the page");
    }
    assert!(
        !html
            .replace("http://www.w3.org/2000/svg", "")
            .contains("http://")
    );
    assert!(html.contains("default-src 'none'"), "nothing may be loaded");
}

fn has(html: &str, parts: &[&str]) {
    for part in parts {
        assert!(html.contains(part), "{part:?} is not in the page");
    }
}

#[test]
fn two_classes_with_hostile_names() {
    let place = Place::new();
    let table = flowers(120)
        .replace("rose", HOSTILE[0])
        .replace("lily", &format!("\"{}\"", HOSTILE[1].replace('"', "\"\"")))
        .replace("color", "שלום <b>")
        .replace("red", "🦊<i>");
    place.file("flowers.csv", table);
    let recipe = FLOWERS
        .replace("\"kind\"", "3")
        .replace("epochs = 10", "epochs = 2");
    place.file(
        "flowers.toml",
        recipe.replace("[data]", "description = \"<b>bold</b>\"\n[data]"),
    );
    place.good(["train", "flowers.toml", "--quiet", "--out", "run"]);
    let call = place.good(["report", "run", "--figures", "figures"]);
    assert!(
        call.out.starts_with("wrote run/report.html: "),
        "{}",
        call.out
    );
    let html = place.read("run/report.html");
    sound(&html);
    has(
        &html,
        &[
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "id=\"figure-loss\"",
            "id=\"figure-gradient-norm\"",
            "id=\"figure-confusion\"",
            "id=\"figure-precision-recall\"",
            "id=\"figure-roc\"",
            "id=\"figure-calibration\"",
            "id=\"figure-balance\"",
            "threshold 0.5",
            "Always answering",
            "The recipe, with everything filled in",
            "seed",
            "threads",
        ],
    );
    // Each figure is there by itself, and says what it shows.
    let mut names: Vec<String> = fs::read_dir(place.path("figures"))
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    assert!(
        names.len() >= 18 && names.len().is_multiple_of(2),
        "{names:?}"
    );
    for name in names.iter().filter(|name| name.ends_with(".svg")) {
        well_formed(&place.read(&format!("figures/{name}")));
        let png = place.path(&format!("figures/{}", name.replace(".svg", ".png")));
        assert!(image::open(png).expect("a picture").width() > 300);
    }
}

#[test]
fn values_and_pictures_and_other_data() {
    let place = Place::new();
    place.good([
        "train",
        "diabetes",
        "--set",
        "train.epochs=5",
        "--quiet",
        "--out",
        "values",
    ]);
    place.good(["report", "values", "--out", "values.html"]);
    let html = place.read("values.html");
    sound(&html);
    has(
        &html,
        &[
            "R²",
            "id=\"figure-predicted\"",
            "id=\"figure-errors\"",
            "The largest errors",
            "id=\"figure-targets\"",
            "Always saying the mean",
        ],
    );

    bars(&place, "bars", 60, 40);
    let recipe = "name = \"bars\"\n[data]\nsource = \"bars\"\n[network]\nlayers = [\"flatten\", \"linear 2\"]\n[optimizer]\ntype = \"sgd\"\nlearning_rate = 1e-6\n[train]\nepochs = 1\n";
    place.file("bars.toml", recipe);
    place.good(["train", "bars.toml", "--quiet", "--out", "run"]);
    place.good(["report", "run"]);
    let html = place.read("run/report.html");
    sound(&html);
    // What has hardly learned makes mistakes, and they are shown.
    has(
        &html,
        &[
            "Its worst mistakes",
            "data:image/png;base64,",
            "role=\"img\" aria-label=\"Sample ",
        ],
    );
    // Other data than its own, and nothing but a part to watch.
    bars(&place, "others", 4, 20);
    place.good(["report", "run", "--data", "others", "--out", "others.html"]);
    has(&place.read("others.html"), &["Of 20 samples of others"]);
    let mut quick = iris("watched");
    quick.extend(["--set".into(), "data.test=0".into()]);
    place.good(quick);
    let call = place.good(["report", "watched"]);
    assert!(call.err.contains("kept no test part"), "{}", call.err);
    has(
        &place.read("watched/report.html"),
        &["of the validation part"],
    );
}

#[test]
fn a_hundred_classes_can_be_read() {
    let place = Place::new();
    let classes = 100;
    let count = 3000;
    let inputs = (0..count).flat_map(|at| {
        let class = at % classes;
        let wobble = (at * 37 % 11) as f32 / 30.0;
        [(class / 10) as f32 + wobble, (class % 10) as f32 - wobble]
    });
    place.file(
        "x.npy",
        npy("<f4", &format!("({count}, 2)"), &floats(inputs)),
    );
    place.file(
        "y.npy",
        npy(
            "<i8",
            &format!("({count},)"),
            &longs((0..count).map(|at| at % classes)),
        ),
    );
    place.file("many.toml", "[data]\nsource = \"x.npy\"\nlabels = \"y.npy\"\ntest = 0.5\n[network]\nlayers = [\"linear 32\", \"relu\", \"linear 100\"]\n[train]\nepochs = 3\n");
    place.good(["train", "many.toml", "--quiet", "--out", "run"]);
    place.good(["report", "run"]);
    let html = place.read("run/report.html");
    sound(&html);
    has(
        &html,
        &[
            "class=\"full\"",
            "one against the rest",
            "Precision and recall of 100 classes",
            "Samples of the 40 largest classes",
        ],
    );
    assert!(html.len() < 1_500_000, "{}", html.len());
}

#[test]
fn a_damaged_run_is_shown_as_far_as_it_goes() {
    let place = Place::new();
    place.file("flowers.csv", flowers(60));
    place.file("flowers.toml", FLOWERS);
    place.good(["train", "flowers.toml", "--quiet", "--out", "run"]);
    let log = fs::read(place.path("run/metrics.jsonl")).expect("a log");
    // Cut off in the middle of a line.
    fs::write(place.path("run/metrics.jsonl"), &log[..log.len() / 2]).expect("written");
    let call = place.good(["report", "run"]);
    assert!(
        call.err.contains("is damaged and was left out"),
        "{}",
        call.err
    );
    let html = place.read("run/report.html");
    sound(&html);
    has(
        &html,
        &[
            "is damaged and was left out",
            "id=\"figure-loss\"",
            "not by itself",
        ],
    );
    fs::remove_file(place.path("run/metrics.jsonl")).expect("removed");
    place.good(["report", "run"]);
    let html = place.read("run/report.html");
    sound(&html);
    has(
        &html,
        &[
            "metrics.jsonl is missing: there are no learning curves",
            "id=\"figure-confusion\"",
        ],
    );
    assert!(!html.contains("id=\"figure-loss\""));
    // Neither data nor log: the network and how it was made.
    fs::remove_file(place.path("flowers.csv")).expect("removed");
    let call = place.good(["report", "run"]);
    assert!(
        call.err.contains("The data of the run cannot be read"),
        "{}",
        call.err
    );
    let html = place.read("run/report.html");
    sound(&html);
    has(&html, &["no data to judge it on", "Layer by layer"]);
    // Not even a recipe.
    fs::remove_file(place.path("run/recipe.toml")).expect("removed");
    place.good(["report", "run"]);
    has(
        &place.read("run/report.html"),
        &["The recipe cannot be read", "Layer by layer"],
    );
}

#[test]
fn what_cannot_be_reported_is_one_clear_error() {
    let place = Place::new();
    place.good(iris("run"));
    place.refused(&["report", "nowhere"], 2, &["nowhere", "no such run"]);
    place.refused(
        &["report", "run", "--out", "deep/page.html"],
        2,
        &["deep/page.html", "folder is not there"],
    );
    place.refused(
        &["report", "run", "--out", "run"],
        2,
        &["run", "a folder stands"],
    );
    place.refused(
        &["report", "run", "--data", "nowhere.csv"],
        2,
        &["nowhere.csv"],
    );
    place.file("file", "");
    place.refused(&["report", "run", "--figures", "file"], 2, &["file"]);
    fs::write(place.path("run/model.nn"), "rubbish").expect("written");
    place.refused(&["report", "run"], 2, &["run/model.nn"]);
}
