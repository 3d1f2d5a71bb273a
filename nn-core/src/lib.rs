//! The ground of the toolkit: tensors, differentiation, kernels, randomness and storage.
//!
//! ```
//! use nn_core::{Tape, Tensor};
//!
//! # fn main() -> nn_core::Result<()> {
//! let x = Tensor::from_vec(vec![1.0f32, 2.0, 3.0], [3])?;
//!
//! // Without a tape, operations only compute.
//! assert_eq!(x.square()?.sum(..)?.item()?, 14.0);
//!
//! // On a tape they are remembered, and can be differentiated: d(Σx²)/dx = 2x.
//! let tape = Tape::new();
//! let x = tape.watch(&x);
//! let loss = x.square()?.sum(..)?;
//! let gradients = tape.backward(&loss)?;
//! assert_eq!(gradients.get(&x).unwrap().to_vec::<f32>()?, [2.0, 4.0, 6.0]);
//! # Ok(())
//! # }
//! ```
//!
//! | module | what lives there |
//! |---|---|
//! | [`tensor`](Tensor), [`Shape`], [`DType`] | the array type: creation, views, printing |
//! | `ops` | methods of [`Tensor`]: one file per family, forward and backward side by side |
//! | [`autograd`] | [`Tape`], [`Gradients`], [`Parameter`], [`Context`], gradient checks |
//! | [`kernels`] | all loops over raw memory: dispatch, threads, products, vector maths |
//! | [`linalg`] | decompositions, through nalgebra |
//! | [`random`] | seeded, portable, addressed randomness |
//! | [`store`] | safetensors, native checkpoints, `.npy`; atomic writing |

pub mod autograd;
mod dtype;
mod error;
pub mod kernels;
pub mod linalg;
mod ops;
pub mod random;
mod shape;
pub mod store;
mod tensor;

pub use autograd::{Context, Gradients, Mode, ParamId, Parameter, Parameters, Path, Tape};
pub use dtype::{DType, Element, FloatElement};
pub use error::{Error, Result};
pub use kernels::activation::Activation;
pub use ops::{
    Axes, BatchStatistics, ConvAxis, ConvFinish, Convolution, CrossEntropy, EachAxis, FeatureStack,
    Interpolation, Moments, PadMode, Pooling, PreparedConvolution, Projected, Reduction, Resize,
    subsampled,
};
pub use random::{Purpose, Rng};
pub use shape::Shape;
pub use tensor::Tensor;
