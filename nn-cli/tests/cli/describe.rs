//! `nn data describe`: in the terminal, as JSON and as a page, of every kind of source.

use crate::report::{HOSTILE, sound};
use crate::support::{Place, bars, floats, flowers, longs, npy};

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(
            text.contains(part),
            "{part:?} is not in: {}",
            &text[..text.len().min(3000)]
        );
    }
}

#[test]
fn a_table_with_gaps_and_hostile_names() {
    let place = Place::new();
    let mut table = format!("id,\"{}\",empty,size,kind\n", HOSTILE[0]);
    for row in 0..40 {
        let size = if row % 9 == 0 {
            String::new()
        } else {
            format!("{}", row * 7 % 13)
        };
        let name = HOSTILE[1 + row % 3].replace('"', "\"\"");
        table.push_str(&format!(
            "{},\"{name}\",,{size},{}\n",
            row + 100,
            if row % 3 == 0 { "<b>yes" } else { "no" }
        ));
    }
    place.file("table.csv", &table);
    let call = place.good(["data", "describe", "table.csv"]);
    has(
        &call.out,
        &[
            "table.csv: 40 samples of 4",
            "classes  2",
            "id has no value twice",
            "empty has no value at all",
        ],
    );
    let call = place.good([
        "data",
        "describe",
        "table.csv",
        "--out",
        "page.html",
        "--figures",
        "figures",
    ]);
    has(
        &call.out,
        &["wrote page.html: ", "wrote the figures into figures"],
    );
    let html = place.read("page.html");
    sound(&html);
    has(
        &html,
        &[
            "things to look at before training",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "id=\"figure-balance\"",
            "What is in each column",
            "a row number or name?",
        ],
    );
    let json = place
        .good([
            "data",
            "describe",
            "table.csv",
            "--target",
            "size",
            "--json",
        ])
        .json();
    assert_eq!(json["samples"], 40);
    assert_eq!(json["columns"][0]["kind"], "whole");
    assert_eq!(json["target"]["classes"].as_array().map(Vec::len), Some(13));
    let json = place
        .good(["data", "describe", "table.csv", "--no-target", "--json"])
        .json();
    assert_eq!(json["columns"].as_array().map(Vec::len), Some(5));
    assert_eq!(json["target"], "none");
    // Without columns of numbers, without rows but one, without anything to say.
    place.file("words.csv", "a,b\nx,y\n");
    place.good(["data", "describe", "words.csv", "--out", "words.html"]);
    sound(&place.read("words.html"));
}

#[test]
fn sets_arrays_and_pictures() {
    let place = Place::new();
    let call = place.good(["data", "describe", "diabetes", "--out", "diabetes.html"]);
    has(
        &call.out,
        &[
            "442 samples of 10",
            "target   progression",
            "correlated with the target: bmi 0.59",
        ],
    );
    let html = place.read("diabetes.html");
    sound(&html);
    has(
        &html,
        &[
            "progression to predict",
            "id=\"figure-correlations\"",
            "id=\"figure-column-0\"",
        ],
    );

    bars(&place, "bars", 30, 10);
    let call = place.good(["data", "describe", "bars", "--out", "bars.html"]);
    has(&call.out, &["30 samples of 1×8×8", "channel  0"]);
    assert!(
        call.err.contains("the test part has 10 samples"),
        "{}",
        call.err
    );
    let html = place.read("bars.html");
    sound(&html);
    has(
        &html,
        &[
            "30 pictures of 8 × 8 in 2 classes",
            "The mean of 0",
            "id=\"figure-brightness\"",
            "data:image/png;base64,",
        ],
    );

    for at in 0..6_u8 {
        for class in ["cat", "dog"] {
            let path = place.file(&format!("pets/{class}/{at}.png"), "");
            let shade = if class == "cat" { 30 * at } else { 200 };
            image::RgbImage::from_pixel(6, 5, image::Rgb([shade, 9, at]))
                .save(path)
                .expect("written");
        }
    }
    let call = place.good(["data", "describe", "pets", "--out", "pets.html"]);
    has(&call.out, &["12 samples of 3×5×6", "cat", "channel  2"]);
    has(
        &place.read("pets.html"),
        &["12 pictures of 5 × 6 in colour in 2 classes"],
    );

    place.file(
        "x.npy",
        npy(
            "<f4",
            "(8, 3)",
            &floats((0..24).map(|at| if at == 5 { f32::NAN } else { at as f32 })),
        ),
    );
    place.file("y.npy", npy("<i8", "(8,)", &longs((0..8).map(|at| at % 2))));
    let call = place.good(["data", "describe", "x.npy", "--labels", "y.npy"]);
    has(
        &call.out,
        &["8 samples of 3", "1 inputs are NaN or infinite"],
    );
    place.good(["data", "describe", "x.npy"]);
}

#[test]
fn what_cannot_be_described_is_one_clear_error() {
    let place = Place::new();
    place.file("flowers.csv", flowers(20));
    place.file("ragged.csv", "a,b\n1,2\n3\n");
    place.file("photo.jpg", "no picture");
    let refused = |args: &[&str], parts: &[&str]| {
        let all: Vec<&str> = ["data", "describe"].iter().chain(args).copied().collect();
        place.refused(&all, 2, parts);
    };
    refused(&["nowhere.csv"], &["nowhere.csv"]);
    refused(&["digitz"], &["digitz", "did you mean", "digits"]);
    refused(
        &["flowers.csv", "--target", "height"],
        &["no column \"height\"", "length, width, color, kind"],
    );
    refused(&["flowers.csv", "--target", "9"], &["no column 9"]);
    refused(&["ragged.csv"], &["ragged.csv", "line 3"]);
    refused(&["photo.jpg"], &["photo.jpg"]);
    refused(&["digits", "--target", "3"], &["--target", "tables"]);
    refused(
        &["flowers.csv", "--out", "deep/page.html"],
        &["deep/page.html"],
    );
}
