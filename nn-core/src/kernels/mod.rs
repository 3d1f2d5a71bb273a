//! All loops over raw memory, and the only `unsafe` code beside the storage reader.
//!
//! Safe functions over slices; they know nothing of tensors. Every kernel exists once, as plain code, and is
//! compiled for several instruction sets, of which the best is chosen at run time ([`cpu`]). Work is split
//! over [`threads`] by output, never within a sum: results have the same bits for any number of threads.

// Loops over fixed-size arrays of registers read best with their indices.
#![allow(clippy::needless_range_loop)]

pub mod activation;
pub mod buffer;
pub mod columns;
pub mod conv;
pub mod copy;
pub mod cpu;
pub mod cross_entropy;
pub mod dropout;
pub mod elementwise;
pub mod float;
pub mod gemm;
pub mod lines;
pub(crate) mod math;
pub mod norm;
pub mod optim;
pub mod reduce;
mod scratch;
mod simd;
pub mod softmax;
pub mod sparse;
pub mod spatial;
pub mod stack;
pub mod threads;
