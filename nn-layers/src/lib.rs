//! nn-layers
