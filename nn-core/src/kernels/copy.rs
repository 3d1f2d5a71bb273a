//! Copies between layouts and element types, and copies by index.

mod convert;
mod index;
mod strided;

pub use convert::{Cast, convert};
pub use index::{RowIndex, gather, gather_backward, index_select_rows, scatter_add_rows};
pub use strided::copy_strided;

#[cfg(test)]
mod tests;
