//! The one error type of this crate.

use std::fmt;
use std::path::PathBuf;

use crate::DType;

/// What can go wrong, with `E` open so that other crates can reuse the alias.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong in `nn-core`.
///
/// Each message is one sentence: what was being done, what came, what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The shapes of the operands do not fit the operation.
    #[error("{op}: {problem}")]
    Shape {
        /// The operation.
        op: &'static str,
        /// Which shapes, and what would fit.
        problem: String,
    },
    /// The element type is not one the operation accepts.
    #[error("{op}: expected {expected} elements, got {got}")]
    DType {
        /// The operation.
        op: &'static str,
        /// The accepted element types.
        expected: String,
        /// The element type that came.
        got: DType,
    },
    /// An index or axis is outside the tensor.
    #[error("{op}: {problem}")]
    Index {
        /// The operation.
        op: &'static str,
        /// Which index, and the valid range.
        problem: String,
    },
    /// An argument is outside its domain.
    #[error("{op}: {problem}")]
    Value {
        /// The operation.
        op: &'static str,
        /// Which argument, and its domain.
        problem: String,
    },
    /// The tensor would not fit into memory.
    #[error("{problem}")]
    TooLarge {
        /// How large, and for which shape.
        problem: String,
    },
    /// Differentiation was asked of something that was not recorded.
    #[error("backward: {problem}")]
    Autograd {
        /// What is missing, and how to record it.
        problem: String,
    },
    /// An error inside a layer, with the path of the layer in the network.
    #[error("{path}: {source}")]
    Layer {
        /// The path, such as `encoder.2 (Linear 784→128)`.
        path: String,
        /// What went wrong there.
        source: Box<Error>,
    },
    /// A computation gave NaN or infinity where neither is meaningful.
    #[error("{problem}")]
    NonFinite {
        /// Where, and what is likely to have caused it.
        problem: String,
    },
    /// The operating system refused to read or write.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The refusal.
        source: std::io::Error,
    },
    /// A file is damaged, or is not what its name says.
    #[error("{}{}: {problem}", path.display(), offset.map(|o| format!(": byte {o}")).unwrap_or_default())]
    Format {
        /// The file.
        path: PathBuf,
        /// Where in the file, in bytes from its start, if a place can be named.
        offset: Option<u64>,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A named tensor or parameter is not where it was looked for.
    #[error("{problem}")]
    Missing {
        /// Which name, where, and what was there instead.
        problem: String,
    },
}

impl Error {
    /// A [`Error::Shape`].
    pub fn shape(op: &'static str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Error::Shape { op, problem }
    }

    /// A [`Error::DType`].
    pub fn dtype(op: &'static str, expected: impl Into<String>, got: DType) -> Self {
        let expected = expected.into();
        Error::DType { op, expected, got }
    }

    /// A [`Error::Index`].
    pub fn index(op: &'static str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Error::Index { op, problem }
    }

    /// A [`Error::Value`].
    pub fn value(op: &'static str, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Error::Value { op, problem }
    }

    /// A [`Error::Autograd`].
    pub fn autograd(problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Error::Autograd { problem }
    }

    /// A [`Error::Missing`].
    pub fn missing(problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Error::Missing { problem }
    }

    /// A [`Error::Io`].
    pub fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        let path = path.into();
        Error::Io { path, source }
    }

    /// A [`Error::Format`].
    pub fn format(
        path: impl Into<PathBuf>,
        offset: impl Into<Option<u64>>,
        problem: impl Into<String>,
    ) -> Self {
        let (path, offset, problem) = (path.into(), offset.into(), problem.into());
        Error::Format {
            path,
            offset,
            problem,
        }
    }

    /// The same error, said to have happened in the layer or parameter called `name`. The innermost layer is
    /// described once; the containers around it only extend the path: `encoder.2 (Linear 784→128)`.
    pub fn in_layer(self, name: impl fmt::Display, description: impl fmt::Display) -> Self {
        let (path, source) = match self {
            Error::Layer { path, source } => (format!("{name}.{path}"), source),
            other => {
                let description = description.to_string();
                let path = match description.as_str() {
                    "" => name.to_string(),
                    _ => format!("{name} ({description})"),
                };
                (path, Box::new(other))
            }
        };
        Error::Layer { path, source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_nest_into_one_path() {
        let error = Error::shape(
            "linear",
            "input is [64, 100], its last dimension must be 784",
        )
        .in_layer(2, "Linear 784→128")
        .in_layer("encoder", "Sequential");
        assert_eq!(
            error.to_string(),
            "encoder.2 (Linear 784→128): linear: input is [64, 100], its last dimension must be 784"
        );
    }
}
