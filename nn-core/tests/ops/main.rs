//! Operations: values against naive forms, gradients against differences, over odd shapes and every layout.

// Tables of functions are what these tests are made of, and inputs always come as lists.
#![allow(clippy::type_complexity, clippy::cloned_ref_to_slice_refs)]

mod bad_input;
mod binary;
mod check;
mod cross_entropy;
mod golden;
mod image;
mod index;
mod naive;
mod norm;
mod products;
mod random_views;
mod reductions;
mod softmax;
mod threads;
mod unary;
mod views;
