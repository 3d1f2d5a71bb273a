//! Files: whole or not at all when writing, suspicious when reading.
//!
//! | module | format | for |
//! |---|---|---|
//! | [`checkpoint`] | this project's own | models and training states, exact and checked |
//! | [`safetensors`] | named tensors | exchange with PyTorch and others |
//! | [`npy`] | one array | exchange with NumPy |
//!
//! Everything is written through [`atomic_write`], so a crash or a full disk never costs the earlier file.
//! Everything read is treated as possibly damaged or hostile: sizes are compared with the length of the file
//! before memory is taken, and errors say which file, which byte and what to do.
//!
//! [`Tensor`](crate::Tensor) implements serde's `Serialize` and `Deserialize` (type, shape, bytes), so whatever
//! holds tensors can derive them and be kept in a [`checkpoint`].

mod atomic;
pub mod checkpoint;
mod elements;
pub mod npy;
mod npy_header;
pub mod safetensors;
mod serialize;
mod source;

pub use atomic::atomic_write;
