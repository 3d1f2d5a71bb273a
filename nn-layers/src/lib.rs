//! Layers, activations, initialisers, losses, and networks described in words.
//!
//! ```
//! use nn_core::{Activation, Context, DType, Rng, Tensor};
//! use nn_layers::{ActivationLayer, Layer, Linear, Sequential, loss::CrossEntropy};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut rng = Rng::new(42);
//! let network = Sequential::new()
//!     .with(Linear::new(4, 16, &mut rng)?)
//!     .with(ActivationLayer::new(Activation::Relu))
//!     .with(Linear::new(16, 3, &mut rng)?);
//!
//! let x = Tensor::rand_normal([8, 4], 0.0, 1.0, DType::F32, &mut rng)?;
//! let labels = Tensor::from_vec(vec![0u32, 1, 2, 0, 1, 2, 0, 1], [8])?;
//!
//! // A training pass records on the tape in its context, and is differentiated.
//! let mut cx = Context::train(42, 0);
//! let logits = network.forward(&x, &mut cx)?;
//! let loss = CrossEntropy::default().forward(&logits, &labels)?;
//! let gradients = cx.backward(&loss)?;
//! assert_eq!(gradients.params().count(), 4);
//! # Ok(())
//! # }
//! ```
//!
//! The same network in words, as a recipe or a saved model holds it: [`NetworkSpec`].
//!
//! | module | what lives there |
//! |---|---|
//! | [`layer`] | the trait every layer implements |
//! | [`linear`], [`conv`], [`activation`], [`prelu`], [`softmax`], [`dropout`], [`flatten`] | one file per layer |
//! | [`norm`], [`pool`], [`upsample`], [`pad`], [`spatial_dropout`] | what images pass beside convolution |
//! | [`sequential`] | layers in a row |
//! | [`residual`], [`pad_shortcut`], [`dense_block`], [`parallel`] | layers around, after and beside each other |
//! | [`init`] | first values of weights |
//! | [`loss`] | one file per loss |
//! | [`spec`] | the description of a network, and the network from its description |
//! | [`summary`] | the table of a network |
//! | [`explain`] | what layers see, and what an answer depends on |
//! | [`models`] | small networks by name: perceptron, regressions, multi-layer perceptron |

#![forbid(unsafe_code)]

pub mod activation;
pub mod conv;
pub mod dense_block;
pub mod dropout;
mod error;
pub mod explain;
pub mod flatten;
pub mod init;
pub mod layer;
pub mod linear;
pub mod loss;
mod memo;
pub mod models;
pub mod norm;
pub mod pad;
pub mod pad_shortcut;
pub mod parallel;
pub mod pool;
pub mod prelu;
pub mod residual;
pub mod sequential;
pub mod softmax;
pub mod spatial_dropout;
pub mod spec;
pub mod summary;
#[cfg(test)]
mod testing;
pub mod upsample;

pub use activation::ActivationLayer;
pub use conv::{Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d};
pub use dense_block::DenseBlock;
pub use dropout::Dropout;
pub use error::{Error, Result};
pub use flatten::Flatten;
pub use init::Init;
pub use layer::{Affine, Finish, Layer};
pub use linear::Linear;
pub use loss::Loss;
pub use norm::{BatchNorm, GroupNorm, InstanceNorm, LayerNorm, LocalResponseNorm, RmsNorm};
pub use pad::Pad;
pub use pad_shortcut::PadShortcut;
pub use parallel::Parallel;
pub use pool::{AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool};
pub use prelu::Prelu;
pub use residual::Residual;
pub use sequential::Sequential;
pub use softmax::{LogSoftmax, Softmax};
pub use spatial_dropout::SpatialDropout;
pub use spec::{LayerKind, LayerSpec, NetworkSpec};
pub use summary::Summary;
pub use upsample::Upsample;

#[doc(hidden)]
pub use nn_core;
