//! Calling the binary, and files to call it with.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// The binary under test.
pub const NN: &str = env!("CARGO_BIN_EXE_nn");

/// A temporary folder in which the binary is called.
pub struct Place {
    folder: TempDir,
}

/// What a call came to.
pub struct Call {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    pub fn new() -> Place {
        Place {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, making its folders.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, bytes).expect("written");
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// The binary, to be called here.
    pub fn command(&self) -> Command {
        let mut command = Command::new(NN);
        command
            .current_dir(self.folder.path())
            .env_remove("NN_THREADS")
            .env("NO_COLOR", "1");
        command
    }

    pub fn call<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Call {
        Call::of(self.command().args(args).output().expect("the binary runs"))
    }

    /// A call that must succeed.
    pub fn good<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Call {
        let call = self.call(args);
        assert_eq!(call.code, 0, "stderr: {}\nstdout: {}", call.err, call.out);
        call
    }

    /// A call that must be refused: exit code, one line on stderr with all of `parts`, nothing of a panic. Gives that line.
    #[track_caller]
    pub fn refused(&self, args: &[&str], code: i32, parts: &[&str]) -> String {
        let call = self.call(args);
        assert_eq!(
            call.code, code,
            "{args:?}\nstderr: {}\nstdout: {}",
            call.err, call.out
        );
        call.is_one_error(parts)
    }
}

impl Call {
    pub fn of(output: Output) -> Call {
        Call {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("UTF-8"),
            err: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// The last line of stderr must be the one error.
    #[track_caller]
    pub fn is_one_error(&self, parts: &[&str]) -> String {
        for word in [
            "panicked",
            "RUST_BACKTRACE",
            "stack backtrace",
            "a mistake in nn",
        ] {
            assert!(!self.err.contains(word), "{}", self.err);
        }
        let errors: Vec<&str> = self
            .err
            .lines()
            .filter(|line| line.starts_with("error:"))
            .collect();
        assert_eq!(errors.len(), 1, "one line, not: {}", self.err);
        assert_eq!(
            self.err.lines().last(),
            Some(errors[0]),
            "the error comes last: {}",
            self.err
        );
        for part in parts {
            assert!(
                errors[0].contains(part),
                "{part:?} is not in: {}",
                errors[0]
            );
        }
        errors[0].to_string()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.out))
    }
}

/// The lines of a run's log after the first, which says with what it was trained.
pub fn metrics(run: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(run.join("metrics.jsonl")).expect("a log");
    let mut lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect();
    let start = lines.remove(0);
    assert_eq!(start["kind"], "start", "{start}");
    assert!(
        start["threads"].is_u64() && start["version"].is_string() && start["date"].is_string(),
        "{start}"
    );
    lines
}

/// A small table of two classes that are easy to tell apart.
pub fn flowers(rows: usize) -> String {
    let mut text = String::from("length,width,color,kind\n");
    for row in 0..rows {
        let wobble = (row * 37 % 10) as f64 / 50.0;
        let color = ["red", "white", "blue"][row % 3];
        if row % 2 == 0 {
            text.push_str(&format!(
                "{:.2},{:.2},{color},rose\n",
                1.0 + wobble,
                3.0 - wobble
            ));
        } else {
            text.push_str(&format!(
                "{:.2},{:.2},{color},lily\n",
                2.5 - wobble,
                0.5 + wobble
            ));
        }
    }
    text
}

/// A recipe for [`flowers`] in `flowers.csv` beside it.
pub const FLOWERS: &str = r#"
[data]
source = "flowers.csv"
target = "kind"
test = 0.2

[network]
layers = ["linear 8", "tanh", "linear 2"]

[optimizer]
type = "adam"
learning_rate = 0.05

[train]
epochs = 10
batch_size = 8
"#;

/// A `.npy` file, version 1.0, little-endian.
pub fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

pub fn floats(values: impl IntoIterator<Item = f32>) -> Vec<u8> {
    values.into_iter().flat_map(f32::to_le_bytes).collect()
}

pub fn longs(values: impl IntoIterator<Item = i64>) -> Vec<u8> {
    values.into_iter().flat_map(i64::to_le_bytes).collect()
}

/// An IDX file of bytes.
pub fn idx(shape: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, shape.len() as u8];
    shape
        .iter()
        .for_each(|size| bytes.extend(size.to_be_bytes()));
    bytes.extend(data);
    bytes
}

/// A folder of IDX files: 8×8 pictures of a bar, standing (0) or lying (1).
pub fn bars(place: &Place, folder: &str, train: u32, test: u32) {
    for (part, count) in [("train", train), ("t10k", test)] {
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        for at in 0..count {
            let (label, line) = (at % 2, at / 2 % 6 + 1);
            labels.push(label as u8);
            for y in 0..8 {
                for x in 0..8 {
                    let on = if label == 0 { x == line } else { y == line };
                    pixels.push(if on { 255 } else { (x * y % 7) as u8 });
                }
            }
        }
        place.file(
            &format!("{folder}/{part}-images-idx3-ubyte"),
            idx(&[count, 8, 8], &pixels),
        );
        place.file(
            &format!("{folder}/{part}-labels-idx1-ubyte"),
            idx(&[count], &labels),
        );
    }
}

/// Arguments of a quick run on the embedded irises into `out`.
pub fn iris(out: &str) -> Vec<String> {
    [
        "train",
        "iris",
        "--set",
        "train.epochs=5",
        "--quiet",
        "--out",
        out,
    ]
    .map(String::from)
    .to_vec()
}
