//! The run folder: `recipe.toml` as resolved, `metrics.jsonl`, `model.nn` and `curve.png`.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use nn_core::store::atomic_write;
use serde::Serialize;

use crate::error::{Error, Result, write_sentence};
use crate::recipe::Recipe;

const RECIPE: &str = "recipe.toml";
const METRICS: &str = "metrics.jsonl";
const MODEL: &str = "model.nn";
const CURVE: &str = "curve.png";

/// A folder that holds, or is to hold, one run.
#[derive(Clone, Debug)]
pub struct Run {
    folder: PathBuf,
}

impl Run {
    /// Makes the folder for a new run: `out`, or else the next free `runs/NAME-1`, `-2`, … Nothing that is there is overwritten, and
    /// whether it can be written shows here, before training begins.
    ///
    /// # Errors
    /// If the folder holds a run already or cannot be written.
    pub fn create(out: Option<&Path>, name: &str) -> Result<Run> {
        let run = match out {
            Some(folder) => {
                let run = Run {
                    folder: folder.to_path_buf(),
                };
                for file in [RECIPE, METRICS, MODEL] {
                    if run.folder.join(file).exists() {
                        let folder = folder.display();
                        return Err(Error::input(format!(
                            "{folder}: holds a run already ({file}); choose another folder with --out"
                        )));
                    }
                }
                fs::create_dir_all(folder).map_err(|e| unwritable(folder, &e))?;
                run
            }
            None => Run {
                folder: next_free(Path::new("runs"), name)?,
            },
        };
        // Tells a read-only folder from a good one, which permissions alone do not.
        let probe = run.folder.join(".probe");
        File::create(&probe)
            .and_then(|mut file| file.write_all(b"nn"))
            .map_err(|e| unwritable(&run.folder, &e))?;
        fs::remove_file(&probe).map_err(|e| unwritable(&run.folder, &e))?;
        Ok(run)
    }

    /// The run that `path` names: its folder, or the model in it.
    ///
    /// # Errors
    /// If there is none.
    pub fn open(path: &Path) -> Result<Run> {
        let problem = |what: &str| Err(Error::input(format!("{}: {what}", path.display())));
        if path.is_file() {
            return Ok(Run {
                folder: path.parent().map(Path::to_path_buf).unwrap_or_default(),
            });
        }
        if !path.exists() {
            return problem("there is no such run; give the folder that `nn train` named");
        }
        if !path.join(MODEL).is_file() {
            return problem("this folder holds no model.nn; give the folder that `nn train` named");
        }
        Ok(Run {
            folder: path.to_path_buf(),
        })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The model's file.
    pub fn model(&self) -> PathBuf {
        self.folder.join(MODEL)
    }

    /// The model's file, when `named` may be that file itself under any name.
    pub fn model_of(&self, named: &Path) -> PathBuf {
        if named.is_file() {
            named.to_path_buf()
        } else {
            self.model()
        }
    }

    /// The recipe's file.
    pub fn recipe(&self) -> PathBuf {
        self.folder.join(RECIPE)
    }

    /// The file of the log.
    pub fn metrics(&self) -> PathBuf {
        self.folder.join(METRICS)
    }

    /// The picture of the learning curve.
    pub fn curve(&self) -> PathBuf {
        self.folder.join(CURVE)
    }

    /// Writes the recipe with everything filled in.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_recipe(&self, recipe: &Recipe) -> Result<()> {
        let text = toml::to_string(recipe)
            .map_err(|e| Error::failed(format!("the recipe cannot be written as TOML: {e}")))?;
        atomic_write(self.recipe(), |file| file.write_all(text.as_bytes())).map_err(saving)
    }

    /// The training loss after each complete epoch, as far as the log can be read.
    pub fn losses(&self) -> Vec<f64> {
        let text = fs::read_to_string(self.folder.join(METRICS)).unwrap_or_default();
        let lines = text.lines().filter_map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            let epoch = line["kind"] == "epoch" && line["complete"] == true;
            line["loss"].as_f64().filter(|_| epoch)
        });
        lines.collect()
    }

    /// Opens the log for a new run.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn log(&self) -> Result<Log> {
        let path = self.folder.join(METRICS);
        let file = File::options()
            .create_new(true)
            .append(true)
            .open(&path)
            .map_err(|e| unwritable(&path, &e))?;
        Ok(Log { path, file })
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::input(write_sentence(path, error))
}

/// A file of the run that could not be saved: a failure, not bad input.
pub fn saving(error: nn_core::Error) -> Error {
    match &error {
        nn_core::Error::Io { path, source } => Error::failed(write_sentence(path, source)),
        _ => Error::failed(error.to_string()),
    }
}

/// Makes the first `folder/name-N` that is not there yet.
fn next_free(folder: &Path, name: &str) -> Result<PathBuf> {
    fs::create_dir_all(folder).map_err(|e| unwritable(folder, &e))?;
    let taken = |entry: fs::DirEntry| -> Option<u64> {
        entry
            .file_name()
            .to_str()?
            .strip_prefix(name)?
            .strip_prefix('-')?
            .parse()
            .ok()
    };
    let entries = fs::read_dir(folder).map_err(|e| unwritable(folder, &e))?;
    let last = entries.flatten().filter_map(taken).max().unwrap_or(0);
    // Another run may take a number at the same moment: making the folder decides.
    for number in last.saturating_add(1).. {
        let path = folder.join(format!("{name}-{number}"));
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
            Err(e) => return Err(unwritable(&path, &e)),
        }
    }
    Err(Error::input(format!(
        "{}: no number is left for another run of this name; choose a folder with --out",
        folder.display()
    )))
}

/// `metrics.jsonl`: one JSON object a line, each complete on disk as soon as it is written.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// Adds a line.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn line(&mut self, value: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(value)
            .map_err(|e| Error::failed(format!("a metric cannot be written as JSON: {e}")))?;
        line.push(b'\n');
        self.file
            .write_all(&line)
            .map_err(|e| Error::write(&self.path, &e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let runs = folder.path().join("runs");
        fs::create_dir_all(runs.join("iris-7")).expect("made");
        fs::create_dir_all(runs.join("iris-mlp-9")).expect("made");
        assert_eq!(next_free(&runs, "iris").expect("free"), runs.join("iris-8"));
        assert_eq!(next_free(&runs, "wine").expect("free"), runs.join("wine-1"));

        let out = folder.path().join("deep/run");
        let run = Run::create(Some(&out), "x").expect("made");
        run.log().expect("made").line(&1).expect("written");
        let error = Run::create(Some(&out), "x").expect_err("holds a run");
        assert!(
            error
                .to_string()
                .contains("holds a run already (metrics.jsonl)"),
            "{error}"
        );
        assert_eq!(error.code(), 2);
    }
}
