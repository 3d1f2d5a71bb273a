//! What the benchmarks measure: shared by the criterion benches and by the binaries that are compared with the same
//! work in other libraries (`peers/`).

pub mod matmul;
pub mod training;
