//! Networks by name: the one-layer classics, the multi-layer perceptron, and networks that see.
//!
//! | model | network | loss |
//! |---|---|---|
//! | [`Perceptron`] | `sign(w·x + b)` | none: Rosenblatt's rule |
//! | [`linear_regression`] | `W·x + b` | [`Mse`](crate::loss::Mse) |
//! | [`logistic_regression`] | `w·x + b`, a logit | [`BinaryCrossEntropy`](crate::loss::BinaryCrossEntropy) |
//! | [`softmax_regression`] | `W·x + b`, logits | [`CrossEntropy`](crate::loss::CrossEntropy) |
//! | [`mlp`] | linear layers with activations between | any |
//!
//! Each of these is shown on real data in `examples/`. Those for pictures are descriptions, a [`NetworkSpec`](crate::NetworkSpec) to build or
//! to change; [`Preset`] calls them by name, as recipes do.
//!
//! | model | network | parameters |
//! |---|---|---|
//! | [`lenet5`] | two convolutions, average pooling, tanh | 62 k |
//! | [`mnist_cnn`] | two convolutions, max pooling, dropout | 1.2 M |
//! | [`vgg_small`] | six convolutions, batch normalisation | 0.8 M |
//! | [`resnet_cifar`] | residual network for 32×32: ResNet-20, 32, 56 | 0.27, 0.46, 0.85 M |
//! | [`resnet18`] | residual network for photographs | 11.7 M |
//! | [`densenet_bc`] | densely connected network: depth 40, 100 | 0.18, 0.77 M |
//! | [`mobilenet`], [`mobilenet_small`] | depthwise convolutions | 4.2, 0.54 M |
//! | [`autoencoder`] | to a quarter of the size and back | 7 k |

mod autoencoder;
mod densenet;
mod lenet;
mod mlp;
mod mnist_cnn;
mod mobilenet;
mod parts;
mod perceptron;
mod preset;
mod regression;
mod resnet;
#[cfg(test)]
mod tests;
mod vgg;

pub use autoencoder::autoencoder;
pub use densenet::densenet_bc;
pub use lenet::lenet5;
pub use mlp::mlp;
pub use mnist_cnn::mnist_cnn;
pub use mobilenet::{mobilenet, mobilenet_small};
pub use perceptron::Perceptron;
pub use preset::Preset;
pub use regression::{linear_regression, logistic_regression, softmax_regression};
pub use resnet::{resnet_cifar, resnet18};
pub use vgg::vgg_small;
