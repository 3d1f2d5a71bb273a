//! Operations: methods of [`Tensor`](crate::Tensor), one file per family, forward and backward side by side.
//!
//! An operation checks shapes and types, calls kernels, and tells the tape how to go back. A backward is
//! itself written in operations and kernels, on tensors that stand on no tape.

mod activation;
mod binary;
mod cast;
mod compare;
mod concat;
mod conv;
mod cross_entropy;
mod dropout;
mod feature_stack;
mod image;
mod index;
mod linear;
mod matmul;
mod norm;
mod pad;
mod pool;
mod reduce;
mod softmax;
mod subsample;
mod unary;
mod upsample;

pub use conv::{ConvAxis, ConvFinish, Convolution, PreparedConvolution};
pub use cross_entropy::{CrossEntropy, Reduction};
pub use feature_stack::{FeatureStack, Projected};
pub use image::EachAxis;
pub use norm::{BatchStatistics, Moments};
pub use pad::PadMode;
pub use pool::Pooling;
pub use reduce::Axes;
pub use subsample::subsampled;
pub use upsample::{Interpolation, Resize};
