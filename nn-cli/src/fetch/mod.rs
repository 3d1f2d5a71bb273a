//! Getting known data sets from the internet.

pub mod catalogue;
