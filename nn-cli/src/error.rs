//! What can go wrong, and the exit code it leads to.

use std::path::{Path, PathBuf};

use crate::recipe::Problem;

/// Result with this program's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Exit codes of the command.
pub mod exit {
    /// Something failed though the input was right.
    pub const FAILED: u8 = 1;
    /// Wrong use or bad input.
    pub const BAD_INPUT: u8 = 2;
    /// Stopped with Ctrl-C; what a shell would say of a program that SIGINT ended.
    pub const INTERRUPTED: u8 = 130;
}

/// Anything that ends the command early. Each message is one line: where, what, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something in a recipe.
    #[error(transparent)]
    Recipe(#[from] Problem),
    /// Something the user gave cannot be used.
    #[error("{0}")]
    Input(String),
    /// Something went wrong while working.
    #[error("{0}")]
    Failed(String),
    /// Training was stopped with Ctrl-C; the run is saved and usable.
    #[error("stopped by Ctrl-C after epoch {epochs:.2}; the run is saved in {}", run.display())]
    Interrupted {
        /// The run folder.
        run: PathBuf,
        /// How much was trained.
        epochs: f64,
    },
    /// Of the data crate.
    #[error(transparent)]
    Data(#[from] nn_data::Error),
    /// Of the layers crate.
    #[error(transparent)]
    Layers(#[from] nn_layers::Error),
    /// Of the optimizer crate.
    #[error(transparent)]
    Optim(#[from] nn_optim::Error),
    /// Of the tensor crate.
    #[error(transparent)]
    Core(#[from] nn_core::Error),
}

impl Error {
    /// Bad input, as a sentence.
    pub fn input(message: impl Into<String>) -> Self {
        Error::Input(message.into())
    }

    /// A failure, as a sentence.
    pub fn failed(message: impl Into<String>) -> Self {
        Error::Failed(message.into())
    }

    /// A file that could not be written.
    pub fn write(path: &Path, error: &std::io::Error) -> Self {
        Error::Failed(write_sentence(path, error))
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Error::Recipe(_) | Error::Input(_) => exit::BAD_INPUT,
            Error::Failed(_) => exit::FAILED,
            Error::Interrupted { .. } => exit::INTERRUPTED,
            Error::Data(error) => {
                if error.is_bad_input() {
                    exit::BAD_INPUT
                } else {
                    exit::FAILED
                }
            }
            Error::Core(nn_core::Error::Io { .. } | nn_core::Error::Format { .. }) => {
                exit::BAD_INPUT
            }
            Error::Layers(_) | Error::Optim(_) | Error::Core(_) => exit::FAILED,
        }
    }

    /// The message on one line.
    pub fn line(&self) -> String {
        self.to_string()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What to say of a file that could not be written.
pub fn write_sentence(path: &Path, error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    let remedy = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "the disk is full; free some space or choose another folder with --out"
        }
        ErrorKind::FileTooLarge => {
            "the system allows no larger file here; raise the limit (ulimit -f) or choose another folder with --out"
        }
        ErrorKind::PermissionDenied => "it may not be written; choose another folder with --out",
        ErrorKind::ReadOnlyFilesystem => {
            "the file system is read-only; choose another folder with --out"
        }
        ErrorKind::NotFound => "its folder is not there; make it first",
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            "a file stands where a folder is needed; choose another folder with --out"
        }
        ErrorKind::IsADirectory => "a folder stands where a file is needed; choose another name",
        _ => return format!("{}: cannot be written: {error}", path.display()),
    };
    format!("{}: cannot be written: {remedy}", path.display())
}
