//! The one error type of this crate: every message is a sentence that says where, what is wrong and what to do.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Where in a file something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The file as a whole.
    Whole,
    /// A byte, counted from 0 in the uncompressed content.
    Byte(u64),
    /// A line, counted from 1 as an editor does.
    Line(u64),
    /// A cell of a table.
    Cell {
        /// Line, counted from 1.
        line: u64,
        /// The column's name, or its number counted from 1 where there is no header.
        column: String,
    },
    /// A column of a table.
    Column(String),
    /// A sample, counted from 0.
    Sample(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Whole => Ok(()),
            Place::Byte(byte) => write!(f, "byte {byte}: "),
            Place::Line(line) => write!(f, "line {line}: "),
            Place::Cell { line, column } => write!(f, "line {line}, column {column}: "),
            Place::Column(column) => write!(f, "column {column}: "),
            Place::Sample(sample) => write!(f, "sample {sample}: "),
        }
    }
}

/// What can go wrong between a file and a batch.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused to open or read a file.
    #[error("{}: {}", path.display(), io_sentence(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The content of a file is not what it should be.
    #[error("{}: {place}{problem}; {remedy}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Where in the file.
        place: Place,
        /// What is wrong.
        problem: String,
        /// What to do about it.
        remedy: Cow<'static, str>,
    },
    /// The samples themselves cannot be used: no rows, one class only, NaN, a label out of range.
    #[error("{what}: {problem}; {remedy}")]
    Data {
        /// The data set or the part of it.
        what: String,
        /// What is wrong.
        problem: String,
        /// What to do about it.
        remedy: Cow<'static, str>,
    },
    /// An option or argument outside its domain.
    #[error("{what}: {problem}")]
    Argument {
        /// The function or option.
        what: &'static str,
        /// What was expected and what came.
        problem: String,
    },
    /// The background thread that prepares batches ended before its work was done.
    #[error("the thread that prepares batches stopped: {problem}")]
    Worker {
        /// What is known about the reason.
        problem: String,
    },
    /// An error of the tensor library.
    #[error(transparent)]
    Core(#[from] nn_core::Error),
}

impl Error {
    /// An [`Error::Io`] for `path`.
    pub fn io(path: impl AsRef<Path>, source: io::Error) -> Self {
        Error::Io {
            path: path.as_ref().to_path_buf(),
            source,
        }
    }

    /// An [`Error::File`] from its parts.
    pub fn file(
        path: impl AsRef<Path>,
        place: Place,
        problem: impl Into<String>,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Self {
        Error::File {
            path: path.as_ref().to_path_buf(),
            place,
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// An [`Error::Data`] from its parts.
    pub fn data(
        what: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<Cow<'static, str>>,
    ) -> Self {
        Error::Data {
            what: what.into(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// An [`Error::Argument`] from its parts.
    pub fn argument(what: &'static str, problem: impl Into<String>) -> Self {
        Error::Argument {
            what,
            problem: problem.into(),
        }
    }

    /// Whether the cause is what the caller handed in (a file, its content, an option) rather than
    /// a failure while working. A command exits with 2 for the former and with 1 for the latter.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Error::Io { .. } | Error::File { .. } | Error::Data { .. } | Error::Argument { .. } => {
                true
            }
            Error::Worker { .. } => false,
            Error::Core(core) => matches!(
                core,
                nn_core::Error::Io { .. }
                    | nn_core::Error::Format { .. }
                    | nn_core::Error::TooLarge { .. }
            ),
        }
    }
}

fn io_sentence(source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::NotFound => "there is no such file; check the path".to_string(),
        io::ErrorKind::PermissionDenied => "it may not be read; check its permissions".to_string(),
        io::ErrorKind::IsADirectory => {
            "this is a directory, a file is needed; name a file inside it".to_string()
        }
        _ => format!("it cannot be read: {source}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_one_sentence_with_place_and_remedy() {
        let error = Error::file(
            "data.csv",
            Place::Cell {
                line: 7,
                column: "\"age\"".into(),
            },
            "\"abc\" is not a number",
            "correct the cell",
        );
        assert_eq!(
            error.to_string(),
            "data.csv: line 7, column \"age\": \"abc\" is not a number; correct the cell"
        );
        let error = Error::io("x.gz", io::Error::from(io::ErrorKind::NotFound));
        assert_eq!(
            error.to_string(),
            "x.gz: there is no such file; check the path"
        );
        assert!(error.is_bad_input());
        assert!(
            !Error::Worker {
                problem: "panic".into()
            }
            .is_bad_input()
        );
    }

    #[test]
    fn stays_small_enough_to_return_by_value() {
        assert!(
            std::mem::size_of::<Error>() <= 128,
            "{}",
            std::mem::size_of::<Error>()
        );
    }
}
