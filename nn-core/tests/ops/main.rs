//! Operations: values against naive forms, gradients against differences, over odd shapes and every layout.

mod bad_input;
mod binary;
mod check;
mod cross_entropy;
mod golden;
mod index;
mod naive;
mod products;
mod random_views;
mod reductions;
mod softmax;
mod threads;
mod unary;
mod views;
