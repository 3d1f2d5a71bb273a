//! Groups among samples, found without labels.

mod assign;
mod kmeans;
mod seeding;

pub use kmeans::{KMeans, KMeansOptions, Start};
