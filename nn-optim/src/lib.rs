//! nn-optim
