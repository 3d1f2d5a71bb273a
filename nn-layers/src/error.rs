//! What can go wrong between a network and its description.

/// This crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong in building a network or writing it back.
///
/// Running a network only ever gives [`nn_core::Error`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A layer cannot be built or does not fit its input; the path says which.
    #[error(transparent)]
    Core(#[from] nn_core::Error),
    /// A layer's name is not usable.
    #[error("{name:?} cannot name a layer: {problem}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The network holds a layer that no description stands for.
    #[error("layer {path} ({layer}) has no description: its type is not one of this crate's")]
    Undescribed {
        /// The layer's place.
        path: String,
        /// The layer, for people.
        layer: String,
    },
}

impl Error {
    /// The same error, said to have happened in the layer `name`; see [`nn_core::Error::in_layer`].
    pub(crate) fn in_layer(self, name: &str, description: String) -> Error {
        match self {
            Error::Core(e) => e.in_layer(name, description).into(),
            other => other,
        }
    }
}
