//! Ctrl-C, kill −9 and a disk that fills up: what was saved stays usable.

#![cfg(unix)]

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Call, NN, Place, iris, metrics};

/// Starts a run that would take for ever, and waits until its folder satisfies `ready`.
fn endless(place: &Place, ready: impl Fn(&Place) -> bool) -> Child {
    let args = [
        "train",
        "--set",
        "train.epochs=100000",
        "--set",
        "data.limit=2000",
        "--set",
        "train.log_every_step=true",
        "--out",
        "run",
    ];
    let mut child = place
        .command()
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let start = Instant::now();
    while !ready(place) {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "training does not get going"
        );
        assert!(
            child.try_wait().expect("a state").is_none(),
            "training ended by itself"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(status.success());
}

#[test]
fn ctrl_c_in_mid_epoch_saves_a_usable_run() {
    let place = Place::new();
    // In the first epoch: nothing was saved before.
    let child = endless(&place, |place| {
        place
            .path("run/metrics.jsonl")
            .metadata()
            .is_ok_and(|about| about.len() > 200)
    });
    signal(&child, "-INT");
    let start = Instant::now();
    let call = Call::of(child.wait_with_output().expect("it ends"));
    assert!(start.elapsed() < Duration::from_secs(20), "it ends soon");
    assert_eq!(call.code, 130, "{}", call.err);
    assert!(
        call.err.contains("stopped by Ctrl-C")
            && call.err.contains("nn eval run")
            && !call.err.contains("panicked"),
        "{}",
        call.err
    );
    for file in ["model.nn", "recipe.toml", "curve.png"] {
        assert!(place.path("run").join(file).is_file(), "{file}");
    }
    assert!(
        metrics(&place.path("run"))
            .iter()
            .any(|line| line["kind"] == "step")
    );
    place.good(["eval", "run"]);
}

#[test]
fn kill_minus_nine_leaves_the_last_saved_model() {
    let place = Place::new();
    let mut child = endless(&place, |place| place.path("run/model.nn").is_file());
    signal(&child, "-KILL");
    child.wait().expect("it ends");
    place.good(["eval", "run"]);
    let names: Vec<String> = std::fs::read_dir(place.path("run"))
        .expect("a folder")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(names.contains(&"recipe.toml".to_string()), "{names:?}");
}

/// Runs a command in a shell that allows files of `blocks` × 512 bytes (some shells: × 1024).
fn with_small_files(place: &Place, blocks: usize, args: &str) -> Call {
    let script = format!("trap '' XFSZ; ulimit -f {blocks} && exec {NN} {args}");
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(place.path("."))
        .env("NO_COLOR", "1")
        .output();
    Call::of(output.expect("sh runs"))
}

#[test]
fn a_disk_that_fills_while_training_keeps_the_saved_model() {
    let place = Place::new();
    // The model fits, the log of single steps soon does not.
    let call = with_small_files(
        &place,
        64,
        "train iris --out run --set train.log_every_step=true --set train.epochs=100000 --set stop.patience=100000",
    );
    assert_eq!(call.code, 1, "{}", call.err);
    call.is_one_error(&["run/metrics.jsonl", "cannot be written"]);
    place.good(["eval", "run"]);
}

#[test]
fn a_disk_that_is_full_leaves_the_earlier_file() {
    let place = Place::new();
    place.good([
        "train",
        "--set",
        "data.limit=600",
        "--set",
        "train.epochs=1",
        "--quiet",
        "--out",
        "run",
    ]);
    place.good(["export", "run", "--safetensors", "w.safetensors"]);
    let before = std::fs::read(place.path("w.safetensors")).expect("weights");
    let call = with_small_files(&place, 64, "export run --safetensors w.safetensors --force");
    assert_eq!(call.code, 1, "{}", call.err);
    call.is_one_error(&["w.safetensors", "cannot be written"]);
    assert!(std::fs::read(place.path("w.safetensors")).expect("still there") == before);
    let left: Vec<String> = std::fs::read_dir(place.path("."))
        .expect("a folder")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(
        left.iter().all(|name| !name.contains(".tmp")),
        "no half-written file stays: {left:?}"
    );
    // The model itself cannot be saved.
    let call = with_small_files(
        &place,
        64,
        "train --set data.limit=600 --set train.epochs=1 --out full",
    );
    assert_eq!(call.code, 1, "{}", call.err);
    call.is_one_error(&["full/model.nn", "cannot be written"]);
    assert!(!place.path("full/model.nn").exists());
}

#[test]
fn a_full_device_is_named() {
    if !std::path::Path::new("/dev/full").exists() {
        eprintln!("skipped: there is no /dev/full here");
        return;
    }
    let place = Place::new();
    place.good(iris("run"));
    place.refused(
        &["export", "run", "--safetensors", "/dev/full", "--force"],
        1,
        &["/dev/full", "disk is full"],
    );
    place.file("x.csv", "a,b,c,d\n5,3,1,0\n");
    place.refused(
        &["predict", "run", "x.csv", "--out", "/dev/full"],
        1,
        &["/dev/full", "disk is full"],
    );
}
