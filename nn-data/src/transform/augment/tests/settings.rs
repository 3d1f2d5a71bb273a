//! Settings out of range are refused, and what was read is written the same.

use super::*;

#[track_caller]
fn refused(json: &str, shape: &[usize], part: &str) {
    let error = Augmenter::new(steps(&[json]), shape, 1)
        .expect_err(json)
        .to_string();
    assert!(error.contains(part), "{json}: {error}");
}

#[test]
fn settings_out_of_range_say_what_they_must_be() {
    let colour = &[3, 8, 8];
    for (json, part) in [
        (
            r#"{"type": "flip", "p": 1.5}"#,
            "flip: p must be from 0 to 1, not 1.5",
        ),
        (
            r#"{"type": "vertical_flip", "p": -0.1}"#,
            "vertical_flip: p must be",
        ),
        (
            r#"{"type": "crop", "padding": 0}"#,
            "crop: padding must be at least 1, not 0",
        ),
        (
            r#"{"type": "crop", "padding": 8}"#,
            "moves pictures of 8×8 out of sight",
        ),
        (
            r#"{"type": "crop", "padding": 1, "fill": 128}"#,
            "fill must be from 0 (black) to 1 (white), not 128",
        ),
        (
            r#"{"type": "crop", "padding": 1, "fill": [0, 1]}"#,
            "fill has 2 values, the pictures have 3",
        ),
        (r#"{"type": "translate"}"#, "give either pixels or fraction"),
        (
            r#"{"type": "translate", "pixels": 1, "fraction": 0.1}"#,
            "give either pixels or fraction",
        ),
        (
            r#"{"type": "translate", "fraction": 1}"#,
            "fraction must be from 0 to below 1",
        ),
        (r#"{"type": "translate", "pixels": [1, 9]}"#, "out of sight"),
        (
            r#"{"type": "rotate", "degrees": -5}"#,
            "rotate: degrees must be from 0 to 360, or a pair",
        ),
        (r#"{"type": "rotate", "degrees": [10, 5]}"#, "not [10, 5]"),
        (
            r#"{"type": "rotate", "degrees": [0, 1e9]}"#,
            "degrees must be",
        ),
        (r#"{"type": "zoom", "scale": 1}"#, "zoom: scale must be"),
        (
            r#"{"type": "zoom", "scale": [0, 1]}"#,
            "zoom: scale must be",
        ),
        (
            r#"{"type": "shear", "degrees": 90}"#,
            "shear: degrees must be",
        ),
        (
            r#"{"type": "shear", "degrees": 1, "vertical": 90}"#,
            "shear: vertical must be",
        ),
        (
            r#"{"type": "resized_crop", "scale": 0}"#,
            "resized_crop: scale must be above 0",
        ),
        (
            r#"{"type": "resized_crop", "ratio": [2, 1]}"#,
            "resized_crop: ratio must be",
        ),
        (
            r#"{"type": "elastic", "sigma": 0}"#,
            "elastic: sigma must be from 0.1 to 100",
        ),
        (
            r#"{"type": "elastic", "alpha": -1}"#,
            "elastic: alpha must be",
        ),
        (
            r#"{"type": "brightness", "factor": -0.1}"#,
            "brightness: factor must be",
        ),
        (
            r#"{"type": "contrast", "factor": [-1, 1]}"#,
            "contrast: factor must be",
        ),
        (
            r#"{"type": "saturation", "factor": [1, 1000]}"#,
            "saturation: factor must be",
        ),
        (
            r#"{"type": "hue", "shift": 0.6}"#,
            "hue: shift must be from 0 to 0.5",
        ),
        (
            r#"{"type": "noise", "std": 25}"#,
            "gaussian_noise: std must be from 0 to 10",
        ),
        (
            r#"{"type": "salt_and_pepper", "amount": 2}"#,
            "salt_and_pepper: amount must be",
        ),
        (r#"{"type": "blur", "sigma": 0}"#, "blur: sigma must be"),
        (
            r#"{"type": "blur", "kernel_size": 4}"#,
            "kernel_size must be odd",
        ),
        (
            r#"{"type": "cutout", "size": 0}"#,
            "cutout: size must be from 1",
        ),
        (
            r#"{"type": "cutout", "size": 2, "count": 0}"#,
            "cutout: count must be from 1",
        ),
        (
            r#"{"type": "erase", "scale": [0.5, 0.1]}"#,
            "erase: scale must be a pair",
        ),
        (
            r#"{"type": "erase", "ratio": [0, 1]}"#,
            "erase: ratio must be",
        ),
        (
            r#"{"type": "mixup", "alpha": 0}"#,
            "mixup: alpha must be from 0.001",
        ),
        (r#"{"type": "cutmix", "p": 2}"#, "cutmix: p must be"),
    ] {
        refused(json, colour, part);
    }
    refused(
        r#"{"type": "hue", "shift": 0.1}"#,
        &[1, 8, 8],
        "hue: it needs the channels red, green and blue, the pictures have 1",
    );
    refused(
        r#"{"type": "saturation", "factor": 0.1}"#,
        &[4, 8, 8],
        "the pictures have 4",
    );
    refused(
        r#"{"type": "flip"}"#,
        &[64],
        "the samples have the shape [64]",
    );
    refused(
        r#"{"type": "flip"}"#,
        &[1, 0, 3],
        "the samples have the shape [1, 0, 3]",
    );
    refused(
        r#"{"type": "flip"}"#,
        &[1, 2, 1 << 21],
        "the samples have the shape",
    );
    refused(
        r#"{"type": "flip"}"#,
        &[1, usize::MAX, 3],
        "the samples have the shape",
    );
    let late = steps(&[r#"{"type": "mixup"}"#, r#"{"type": "flip"}"#]);
    let error = Augmenter::new(late, colour, 1).unwrap_err().to_string();
    assert!(
        error.contains("mixup stands before flip; what mixes samples must come last"),
        "{error}"
    );
}

#[test]
fn unknown_keys_and_values_of_another_kind_are_refused() {
    for (json, part) in [
        (
            r#"{"type": "rotat", "degrees": 3}"#,
            "unknown variant `rotat`",
        ),
        (
            r#"{"type": "rotate", "degres": 3}"#,
            "unknown field `degres`",
        ),
        (r#"{"type": "rotate"}"#, "missing field `degrees`"),
        (
            r#"{"type": "rotate", "degrees": "much"}"#,
            "a range must be a number or a pair",
        ),
        (
            r#"{"type": "rotate", "degrees": 3, "fill": "green"}"#,
            "fill must be a number from 0",
        ),
        (
            r#"{"type": "cutout", "size": 3, "fill": "edge"}"#,
            "\"mean\" or \"noise\"",
        ),
        (
            r#"{"type": "cutout", "size": 3, "siez": 3}"#,
            "unknown field `siez`",
        ),
    ] {
        let error = serde_json::from_str::<Augment>(json)
            .expect_err(json)
            .to_string();
        assert!(error.contains(part), "{json}: {error}");
    }
}

#[test]
fn steps_are_written_as_they_are_read() {
    let all = one_of_each().into_iter().chain(steps(&[
        r#"{"type": "translate", "pixels": 2}"#,
        r#"{"type": "cutout", "size": [2, 3], "fill": [0, 0.5, 1], "count": 3}"#,
        r#"{"type": "mixup"}"#,
        r#"{"type": "cutmix"}"#,
    ]));
    for step in all {
        let text = serde_json::to_string(&step).unwrap();
        assert!(
            text.contains(&format!("\"type\":\"{}\"", step.name())),
            "{text}"
        );
        assert_eq!(
            serde_json::from_str::<Augment>(&text).unwrap(),
            step,
            "{text}"
        );
        let words = format!("{{\"type\": \"{}\"", step.name());
        if let Some(key) = Augment::main_key(step.name()) {
            // Every type's main key is one of its keys.
            let other = serde_json::from_str::<Augment>(&format!("{words}, \"{key}\": {{}}}}"));
            assert!(
                !other.unwrap_err().to_string().contains("unknown field"),
                "{words} {key}"
            );
        }
    }
}
