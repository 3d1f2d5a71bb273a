//! The verbs, one file each.

pub mod data;
pub mod diagnose;
pub mod eval;
pub mod explain;
pub mod export;
pub mod filter;
pub mod inspect;
pub mod predict;
pub mod recipes;
pub mod report;
pub mod train;
