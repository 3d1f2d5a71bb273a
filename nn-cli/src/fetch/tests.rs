//! Transfers from a server on loopback that misbehaves in every way.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::catalogue::File;
use super::{Client, Outcome, Transfer};
use crate::error::{Error, Result, exit};

#[path = "../../tests/cli/server.rs"]
mod server;

use server::Server;

/// 300 kB that do not repeat.
fn content() -> Vec<u8> {
    let mut state = 1u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..300_000).map(next).collect()
}

struct Place {
    folder: TempDir,
    server: Server,
    file: File,
}

impl Place {
    fn new() -> Place {
        let content = content();
        let sum: String = (Sha256::digest(&content).iter())
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Place {
            folder: tempfile::tempdir().expect("a folder"),
            file: File {
                name: "file",
                bytes: content.len() as u64,
                sha256: sum.leak(),
            },
            server: Server::start(content),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("file")
    }

    fn part(&self) -> PathBuf {
        self.folder.path().join(".file.part")
    }

    fn fetch(&self, behaviours: &[&str], tries: u16, force: bool) -> Result<Outcome> {
        let mirrors: Vec<String> = behaviours.iter().map(|b| self.server.mirror(b)).collect();
        let client = Client::new(Duration::from_secs(1), false)?;
        Transfer {
            file: self.file,
            mirrors: &mirrors,
            folder: self.folder.path(),
            force,
            tries,
            bar: &ProgressBar::hidden(),
        }
        .run(&client)
    }

    /// From a bad mirror alone, which must fail with these words, and then with a good one behind it.
    #[track_caller]
    fn survives(behaviour: &str, words: &[&str]) -> Place {
        let place = Place::new();
        let error = place.fetch(&[behaviour], 1, false).expect_err(behaviour);
        assert_eq!(error.code(), exit::FAILED);
        for word in words {
            assert!(
                error.to_string().contains(word),
                "{word:?} is not in: {error}"
            );
        }
        assert!(
            !place.path().exists(),
            "{behaviour}: nothing unproved in its place"
        );
        let place = Place::new();
        place.arrives(&[behaviour, "good"], 1);
        place
    }

    #[track_caller]
    fn arrives(&self, behaviours: &[&str], tries: u16) {
        let outcome = self
            .fetch(behaviours, tries, false)
            .unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(outcome, Outcome::Fetched);
        assert!(std::fs::read(self.path()).expect("a file") == content());
        assert!(!self.part().exists());
    }
}

#[test]
fn a_file_is_fetched_once() {
    for behaviour in ["good", "no-range", "no-length", "redirects"] {
        let place = Place::new();
        place.arrives(&[behaviour], 1);
        let asked = place.server.requests().len();
        assert_eq!(
            place.fetch(&[behaviour], 1, false).expect("there"),
            Outcome::There
        );
        assert_eq!(
            place.server.requests().len(),
            asked,
            "nothing is asked twice"
        );
    }
}

#[test]
fn a_transfer_that_breaks_off_is_gone_on_with() {
    let place = Place::survives(
        "truncates",
        &["ended early", "of 300000 bytes", "150000 bytes are kept"],
    );
    assert_eq!(
        place.server.requests(),
        ["GET /truncates/file all", "GET /good/file bytes=150000-"]
    );
    let place = Place::survives("no-length-truncates", &["after 150000 of 300000 bytes"]);
    assert_eq!(place.server.requests()[1], "GET /good/file bytes=150000-");
    // A server that knows no ranges sends it all again.
    Place::new().arrives(&["truncates", "no-range"], 1);

    // Over two calls, too.
    let place = Place::new();
    place.fetch(&["truncates"], 1, false).expect_err("cut off");
    assert_eq!(std::fs::read(place.part()).expect("kept").len(), 150_000);
    place.arrives(&["good"], 1);
    assert_eq!(place.server.requests()[1], "GET /good/file bytes=150000-");
}

#[test]
fn a_server_that_stalls_is_given_up() {
    let started = Instant::now();
    Place::survives("stalls", &["1 s", "150000 bytes are kept"]);
    Place::survives("silent", &["no answer for 1 s"]);
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn lies_about_length_are_seen() {
    Place::survives("says-less", &["its file has 150000 bytes and not 300000"]);
    Place::survives("says-more", &["its file has 300005 bytes and not 300000"]);
    Place::survives("sends-more", &["sends more than 300000 bytes"]);
    Place::survives("page", &["its file has 17 bytes"]);
}

#[test]
fn a_wrong_file_is_never_put_in_place() {
    let place = Place::survives("wrong", &["it sends another file"]);
    assert_eq!(place.server.requests().len(), 2);
    // What was kept is not trusted either: a wrong beginning is fetched again.
    for (kept, requests) in [(150_000, 2), (300_000, 1), (400_000, 1)] {
        let place = Place::new();
        std::fs::write(place.part(), vec![7; kept]).expect("written");
        place.arrives(&["good"], 1);
        assert_eq!(place.server.requests().len(), requests, "{kept}");
    }
    // The right beginning and a wrong end.
    let place = Place::new();
    let error = place
        .fetch(&["truncates", "wrong"], 1, false)
        .expect_err("wrong");
    assert!(
        error.to_string().contains("it sends another file"),
        "{error}"
    );
    assert!(!place.path().exists());
}

#[test]
fn other_answers_lead_to_the_next_mirror() {
    Place::survives("404", &["it answers 404"]);
    Place::survives("503", &["it answers 503"]);
    Place::survives("hangs-up", &["cannot be fetched from http://127.0.0.1"]);
    Place::survives("garbage", &["cannot be fetched"]);
    Place::survives("loops", &["redirects"]);
    let place = Place::new();
    place.fetch(&["truncates"], 1, false).expect_err("cut off");
    let error = place
        .fetch(&["wrong-range"], 1, false)
        .expect_err("another range");
    assert!(error.to_string().contains("bytes 0-9/10"), "{error}");
    assert!(place.part().exists(), "what was received is kept");
    place.arrives(&["wrong-range", "404", "good"], 1);
}

#[test]
fn what_may_pass_is_tried_again_and_what_may_not_is_not() {
    let place = Place::new();
    place.arrives(&["404", "flaky"], 2);
    let asked = place.server.requests();
    assert_eq!(
        asked.iter().filter(|line| line.contains("404")).count(),
        1,
        "{asked:?}"
    );
    let place = Place::new();
    place.fetch(&["404"], 5, false).expect_err("gone");
    assert_eq!(place.server.requests().len(), 1);
}

#[test]
fn what_is_there_is_not_lost() {
    let place = Place::new();
    std::fs::write(place.path(), "my own notes").expect("written");
    let error = place.fetch(&["good"], 1, false).expect_err("in the way");
    assert!(
        matches!(error, Error::Input(_)) && error.to_string().contains("--force"),
        "{error}"
    );
    assert!(place.server.requests().is_empty());
    // Not even with force, before the new file is proved.
    for behaviour in ["wrong", "truncates", "404"] {
        place.fetch(&[behaviour], 1, true).expect_err(behaviour);
        assert_eq!(std::fs::read(place.path()).expect("there"), b"my own notes");
    }
    assert_eq!(
        place.fetch(&["good"], 1, true).expect("replaced"),
        Outcome::Fetched
    );
    assert!(std::fs::read(place.path()).expect("a file") == content());
}

#[test]
fn two_calls_do_not_write_one_file() {
    let place = Place::new();
    let held = std::fs::File::create(place.part()).expect("made");
    held.lock().expect("locked");
    let error = place.fetch(&["good"], 1, false).expect_err("locked");
    assert!(error.to_string().contains("another nn"), "{error}");
    drop(held);
    place.arrives(&["good"], 1);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let mut place = Place::new();
    place.file.name = "no/such/folder";
    let error = place.fetch(&["good"], 1, false).expect_err("no folder");
    assert!(error.to_string().contains("cannot be written"), "{error}");
}
