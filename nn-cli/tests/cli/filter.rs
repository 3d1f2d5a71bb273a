//! `nn filter`: every kind on picture files, and everything that can be wrong with the options.

use image::{DynamicImage, GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};

use crate::support::Place;

/// A red disc on a slope of blue.
fn photo(place: &Place, name: &str) -> RgbImage {
    let picture = RgbImage::from_fn(40, 24, |x, y| {
        let inside = (x as i32 - 20).pow(2) + (y as i32 - 12).pow(2) < 60;
        if inside {
            Rgb([220, 30, 20])
        } else {
            Rgb([20, 60, 2 * x as u8 + 100])
        }
    });
    picture.save(place.path(name)).expect("written");
    picture
}

fn open(place: &Place, name: &str) -> DynamicImage {
    image::open(place.path(name)).expect("a picture")
}

#[test]
fn every_kind_writes_a_picture_and_says_so() {
    let place = Place::new();
    photo(&place, "photo.png");
    photo(&place, "photo.jpg");
    for (kind, more, colour) in [
        ("mean", &["--size", "5"][..], true),
        ("gaussian", &["--sigma", "1.5"], true),
        ("gaussian", &["--size", "5"], true),
        ("median", &[], true),
        ("sharpen", &["--amount", "0.5"], true),
        ("unsharp", &["--sigma", "2", "--amount", "-0.5"], true),
        ("emboss", &[], true),
        ("matrix", &["--matrix", "-1 0 1"], true),
        ("laplacian", &["--neighbours", "8"], false),
        ("sobel", &["--gradient", "x"], false),
        ("prewitt", &[], false),
        ("scharr", &["--gradient", "y"], false),
        ("canny", &["--sigma", "0", "--low", "100"], false),
    ] {
        for border in ["zero", "replicate", "reflect"] {
            let base = ["filter", "photo.jpg", "--kind", kind, "--border", border];
            let call = place.good([&base[..], more].concat());
            let out = format!("photo-{kind}.png");
            for part in [
                &out,
                "photo.jpg (40×24",
                "border ",
                "next: nn filter photo.jpg",
            ] {
                assert!(call.out.contains(part), "{part:?} is not in: {}", call.out);
            }
            assert_eq!(call.out.lines().count(), 2, "{}", call.out);
            let picture = open(&place, &out);
            assert_eq!((picture.width(), picture.height()), (40, 24));
            assert_eq!(picture.color().has_color(), colour, "{kind}");
        }
    }
}

#[test]
fn values_are_right_and_colours_stay_where_they_are() {
    let place = Place::new();
    let photo = photo(&place, "photo.png");
    let run = |more: &[&str]| {
        let base = ["filter", "photo.png", "--out", "out.png"];
        place.good([&base[..], more].concat());
        open(&place, "out.png").to_rgb8()
    };
    assert_eq!(
        run(&["--matrix", "1"]),
        photo,
        "the matrix 1 changes nothing"
    );
    let shifted = run(&["--matrix", "0 0 1", "--border", "replicate"]);
    assert_eq!(shifted.get_pixel(3, 3), photo.get_pixel(4, 3));
    assert_eq!(shifted.get_pixel(39, 3), photo.get_pixel(39, 3));
    let normalized = run(&["--matrix", "1 1 1; 1 1 1; 1 1 1", "--normalize"]);
    assert_eq!(normalized, run(&["--kind", "mean"]));
    let bright = run(&["--matrix", "9"]);
    assert_eq!(
        bright.get_pixel(20, 12).0,
        [255, 255, 180],
        "cut off at white"
    );
    let edges = run(&[
        "--kind", "canny", "--sigma", "0.8", "--low", "10", "--high", "20",
    ]);
    assert!(edges.pixels().all(|pixel| [0, 255].contains(&pixel.0[0])));
    let white = edges.pixels().filter(|pixel| pixel.0[0] == 255).count();
    assert!((10..200).contains(&white), "{white}");
    // Around mid grey: even areas of a derivative.
    let slope = run(&["--kind", "sobel", "--gradient", "y"]);
    assert_eq!(slope.get_pixel(2, 2).0, [128; 3]);

    // Grey stays grey; transparency stands on white.
    GrayImage::from_pixel(9, 9, Luma([77]))
        .save(place.path("grey.png"))
        .expect("written");
    place.good(["filter", "grey.png", "--kind", "gaussian"]);
    let grey = open(&place, "grey-gaussian.png");
    assert!(!grey.color().has_color() && grey.to_luma8().pixels().all(|pixel| pixel.0 == [77]));
    RgbaImage::from_pixel(9, 9, Rgba([0, 100, 0, 0]))
        .save(place.path("clear.png"))
        .expect("written");
    place.good(["filter", "clear.png", "--kind", "median"]);
    let clear = open(&place, "clear-median.png").to_rgb8();
    assert_eq!(clear.get_pixel(4, 4).0, [255; 3]);
}

#[test]
fn the_smallest_picture_is_a_picture() {
    let place = Place::new();
    RgbImage::from_pixel(1, 1, Rgb([5, 6, 7]))
        .save(place.path("dot.png"))
        .expect("written");
    for kind in [
        "mean",
        "gaussian",
        "median",
        "unsharp",
        "laplacian",
        "sobel",
        "canny",
        "emboss",
    ] {
        place.good(["filter", "dot.png", "--kind", kind]);
    }
    let dot = open(&place, "dot-median.png").to_rgb8();
    assert_eq!(dot.get_pixel(0, 0).0, [5, 6, 7]);
}

#[test]
fn wrong_filters_are_one_clear_error() {
    let place = Place::new();
    photo(&place, "photo.png");
    let refused = |args: &[&str], parts: &[&str]| {
        let base = ["filter", "photo.png"];
        place.refused(&[&base[..], args].concat(), 2, parts);
    };
    refused(&[], &["--kind is missing", "gaussian", "canny"]);
    refused(
        &["--kind", "gausian"],
        &["gausian", "did you mean \"gaussian\"?"],
    );
    refused(&["--kind", "Sobel-x"], &["Sobel-x", "sobel"]);
    refused(&["--kind", "zzz"], &["zzz", "the kinds are mean"]);
    refused(&["--kind", "matrix"], &["--kind matrix needs the matrix"]);
    refused(
        &["--kind", "mean", "--size", "4"],
        &["mean", "size is 4", "must be odd"],
    );
    refused(
        &["--kind", "median", "--size", "0"],
        &["median", "must be odd"],
    );
    refused(&["--kind", "mean", "--size", "99999"], &["99999", "4095"]);
    refused(
        &["--kind", "gaussian", "--sigma", "0"],
        &["sigma is 0", "above 0"],
    );
    refused(
        &["--kind", "gaussian", "--sigma", "1e9"],
        &["sigma", "4095"],
    );
    refused(&["--kind", "gaussian", "--sigma", "nan"], &["sigma is NaN"]);
    refused(
        &["--kind", "canny", "--low", "9", "--high", "3"],
        &["thresholds are 9 and 3"],
    );
    refused(
        &["--kind", "sobel", "--sigma", "2"],
        &["--sigma says nothing to sobel", "--gradient"],
    );
    refused(
        &["--kind", "mean", "--matrix", "1"],
        &["--matrix says nothing to mean"],
    );
    refused(&["--matrix", "1 2; 3 4"], &["--matrix", "2×2", "odd"]);
    refused(&["--matrix", "1 2 3; 4"], &["--matrix", "row 2 has 1"]);
    refused(
        &["--matrix", "1 two 3"],
        &["--matrix", "\"two\"", "not a number"],
    );
    refused(&["--matrix", ""], &["--matrix", "empty"]);
    refused(
        &["--matrix", "-1 0 1", "--normalize"],
        &["--matrix", "sum to 0"],
    );
    refused(
        &["--kind", "mean", "--out", "photo.png"],
        &["photo.png", "would replace"],
    );
    refused(
        &["--kind", "mean", "--out", "out.jpg"],
        &["out.jpg", "ends in .png"],
    );
    refused(
        &["--kind", "mean", "--out", "no/out.png"],
        &["no/out.png", "folder is not there"],
    );
    let call = place.call([
        "filter",
        "photo.png",
        "--kind",
        "mean",
        "--border",
        "mirror",
    ]);
    assert_eq!(call.code, 2);
    assert!(call.err.contains("reflect"), "{}", call.err);
}

#[test]
fn pictures_that_cannot_be_read_are_one_clear_error() {
    let place = Place::new();
    let photo = photo(&place, "photo.png");
    let bytes = std::fs::read(place.path("photo.png")).expect("a picture");
    place.file("cut.png", &bytes[..bytes.len() / 2]);
    place.file("text.png", "not a picture");
    place.file("empty.png", "");
    place.file("folder/photo.png", &bytes);
    let refused = |file: &str, parts: &[&str]| {
        place.refused(
            &["filter", file, "--kind", "mean"],
            2,
            &[&[file], parts].concat(),
        );
    };
    refused("nowhere.png", &["no such file"]);
    refused("cut.png", &[]);
    refused("text.png", &[]);
    refused("empty.png", &[]);
    refused("folder", &["folder"]);
    assert_eq!(photo.dimensions(), (40, 24));
    assert!(!place.path("cut-mean.png").exists());
}
