//! Many values as two, to be looked at: t-SNE. (The other way is [`Pca`](crate::transform::Pca) with two components.)

mod affinity;
mod quadtree;
mod tsne;

pub use tsne::{Begin, Tsne, TsneOptions};
