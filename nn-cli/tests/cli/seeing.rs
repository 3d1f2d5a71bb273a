//! Looking inside: `nn inspect --filters`, `--activations` and `nn explain`, on networks with and without convolutions.

use image::{GrayImage, Luma, RgbImage};
use serde_json::Value;

use crate::support::{Place, bars, iris};

const CONVOLUTIONS: &str = r#"
name = "bars"
[data]
source = "bars"
[network]
layers = [
    { type = "conv2d", out_channels = 40, kernel_size = 3 }, "relu",
    { type = "conv2d", out_channels = 6, kernel_size = 3 }, "relu",
    "flatten", "linear 2",
]
[optimizer]
type = "adam"
learning_rate = 0.01
[train]
epochs = 6
batch_size = 20
"#;

const LINEAR: &str = r#"
name = "flat"
[data]
source = "bars"
[network]
layers = ["flatten", "linear 12", "tanh", "linear 2"]
[optimizer]
type = "adam"
learning_rate = 0.01
[train]
epochs = 2
batch_size = 20
"#;

/// Runs with convolutions (`conv`) and without (`flat`), and a picture of a standing bar (class 0).
fn trained() -> Place {
    let place = Place::new();
    bars(&place, "bars", 240, 40);
    place.file("bars.toml", CONVOLUTIONS);
    place.file("flat.toml", LINEAR);
    place.good(["train", "bars.toml", "--quiet", "--out", "conv"]);
    place.good(["train", "flat.toml", "--quiet", "--out", "flat"]);
    GrayImage::from_fn(8, 8, |x, _| Luma([if x == 3 { 255 } else { 0 }]))
        .save(place.path("bar.png"))
        .expect("written");
    place
}

fn open(place: &Place, name: &str) -> RgbImage {
    image::open(place.path(name)).expect("a picture").to_rgb8()
}

fn colours(picture: &RgbImage) -> usize {
    let mut all: Vec<[u8; 3]> = picture.pixels().map(|pixel| pixel.0).collect();
    all.sort_unstable();
    all.dedup();
    all.len()
}

#[test]
fn filters_and_layers_are_drawn() {
    let place = trained();
    let call = place.good(["inspect", "conv", "--filters", "filters.png"]);
    assert_eq!(call.out, "40 filters of Conv2d 1→40, 3×3 → filters.png\n");
    assert!(colours(&open(&place, "filters.png")) > 20);
    let call = place.good(["inspect", "flat/model.nn", "--filters", "flat.png"]);
    assert_eq!(call.out, "12 filters of Linear 64→12 → flat.png\n");
    let both = [
        "inspect",
        "conv",
        "--filters",
        "f.png",
        "--activations",
        "bar.png",
        "layers.png",
    ];
    let call = place.good(both);
    for part in ["→ f.png", "5 layers at work on bar.png → layers.png"] {
        assert!(call.out.contains(part), "{part:?} is not in: {}", call.out);
    }
    // A section for each layer, of 40 and of 6 channels: the picture is high.
    let layers = open(&place, "layers.png");
    assert!(
        layers.height() > 700 && layers.width() > 1000,
        "{:?}",
        layers.dimensions()
    );
    place.good([
        "inspect",
        "flat",
        "--activations",
        "bar.png",
        "flat-layers.png",
    ]);

    // The weights alone are enough for the filters of a convolution.
    place.good(["export", "conv", "--safetensors", "conv.safetensors"]);
    let call = place.good(["inspect", "conv.safetensors", "--filters", "again.png"]);
    assert!(call.out.contains("40 filters of 0.weight"), "{}", call.out);
    let bytes = |name: &str| std::fs::read(place.path(name)).expect("a picture");
    assert_eq!(bytes("filters.png"), bytes("f.png"));
}

#[test]
fn an_answer_is_explained() {
    let place = trained();
    let call = place.good(["explain", "conv", "bar.png"]);
    for part in [
        "bar.png: 0 (",
        "saliency and Grad-CAM (at 3, ReLU) for 0 → bar-explained.png",
        "next: nn inspect conv --activations bar.png layers.png",
    ] {
        assert!(call.out.contains(part), "{part:?} is not in: {}", call.out);
    }
    let picture = open(&place, "bar-explained.png");
    assert!(colours(&picture) > 100);
    let three = picture.width();
    let call = place.good([
        "explain", "conv", "bar.png", "--method", "grad-cam", "--json",
    ]);
    let report: Value = call.json();
    assert_eq!(report["explained"], "0");
    assert_eq!(report["grad_cam_layer"], "3, ReLU");
    assert_eq!(report["out"], "bar-explained.png");
    assert_eq!(report["said"].as_array().map(Vec::len), Some(2));
    assert!(open(&place, "bar-explained.png").width() < three);
    let other = [
        "explain",
        "conv",
        "bar.png",
        "--class",
        "1",
        "--method",
        "saliency",
        "--smooth",
        "20",
        "--out",
        "other.png",
    ];
    let call = place.good(other);
    assert!(
        call.out.contains("saliency for 1 → other.png"),
        "{}",
        call.out
    );
    let first = std::fs::read(place.path("other.png")).expect("a picture");
    place.good(other);
    assert_eq!(
        first,
        std::fs::read(place.path("other.png")).expect("a picture")
    );

    // Without convolutions there is no Grad-CAM, and that is said.
    let call = place.good(["explain", "flat", "bar.png"]);
    assert!(
        call.out.contains("saliency for")
            && call.out.contains("this network has none: saliency only"),
        "{}",
        call.out
    );
    place.refused(
        &["explain", "flat", "bar.png", "--method", "grad-cam"],
        2,
        &["flat", "needs a convolution", "--method saliency"],
    );
}

#[test]
fn colours_are_seen_and_drawn() {
    let place = Place::new();
    for at in 0..40_u8 {
        for (class, channel) in [("red", 0), ("blue", 2)] {
            let picture = RgbImage::from_fn(10, 8, |x, y| {
                let mut pixel = [at, 2 * at, at];
                if (x as u8 + y as u8 + at) % 5 < 2 {
                    pixel[channel] = 200 + at;
                }
                image::Rgb(pixel)
            });
            let path = place.file(&format!("colours/{class}/{at}.png"), "");
            picture.save(path).expect("written");
        }
    }
    let recipe = CONVOLUTIONS.replace("\"bars\"", "\"colours\"");
    place.file("colours.toml", recipe);
    place.good(["train", "colours.toml", "--quiet", "--out", "run"]);
    place.good(["inspect", "run", "--filters", "filters.png"]);
    // Filters over three channels are drawn in colour.
    let filters = open(&place, "filters.png");
    let coloured = filters.pixels().filter(|p| p.0[0].abs_diff(p.0[2]) > 40);
    assert!(coloured.count() > 1000);
    place.good([
        "inspect",
        "run",
        "--activations",
        "colours/red/3.png",
        "layers.png",
    ]);
    let call = place.good(["explain", "run", "colours/blue/7.png", "--class", "blue"]);
    assert!(
        call.out
            .contains("saliency and Grad-CAM (at 3, ReLU) for blue → 7-explained.png"),
        "{}",
        call.out
    );
    let input = open(&place, "7-explained.png");
    assert!(
        input.pixels().any(|pixel| pixel.0 == [7, 14, 207]),
        "in its colours"
    );
}

#[test]
fn what_cannot_be_drawn_is_one_clear_error() {
    let place = trained();
    place.good(iris("irises"));
    place.file("text.png", "not a picture");
    let refused = |args: &[&str], parts: &[&str]| {
        place.refused(args, 2, parts);
    };
    refused(
        &["explain", "nowhere", "bar.png"],
        &["nowhere", "no such run"],
    );
    refused(
        &["explain", "conv", "nowhere.png"],
        &["nowhere.png", "no such file"],
    );
    refused(&["explain", "conv", "text.png"], &["text.png"]);
    refused(&["explain", "conv", "bars"], &["bars", "directory"]);
    refused(
        &["explain", "conv", "bar.png", "--class", "seven"],
        &["--class seven", "it knows 0, 1"],
    );
    refused(
        &["explain", "irises", "bar.png"],
        &["bar.png", "does not work on pictures"],
    );
    refused(
        &["explain", "conv", "bar.png", "--out", "x.jpg"],
        &["x.jpg", "ends in .png"],
    );
    refused(
        &["explain", "conv", "bar.png", "--out", "bar.png"],
        &["bar.png", "would replace"],
    );
    refused(
        &["inspect", "irises", "--filters", "x.png"],
        &["irises", "Linear 4→16", "does not look at a picture"],
    );
    refused(
        &["inspect", "conv", "--filters", "no/x.png"],
        &["no/x.png", "folder is not there"],
    );
    refused(
        &["inspect", "conv", "--activations", "nowhere.png", "x.png"],
        &["nowhere.png", "no such file"],
    );
    refused(
        &["inspect", "irises", "--activations", "bar.png", "x.png"],
        &["does not work on pictures"],
    );
    place.good(["export", "flat", "--safetensors", "flat.safetensors"]);
    refused(
        &["inspect", "flat.safetensors", "--filters", "x.png"],
        &["flat.safetensors", "no convolution"],
    );
    refused(
        &[
            "inspect",
            "flat.safetensors",
            "--activations",
            "bar.png",
            "x.png",
        ],
        &["give the run"],
    );
    for args in [
        &["inspect", "conv", "--activations", "bar.png"][..],
        &["inspect", "conv", "--filters", "x.png", "--json"],
        &["explain", "conv"],
        &["explain", "conv", "bar.png", "--method", "lime"],
    ] {
        assert_eq!(place.call(args.iter().copied()).code, 2, "{args:?}");
    }
    assert!(!place.path("x.png").exists());
}
