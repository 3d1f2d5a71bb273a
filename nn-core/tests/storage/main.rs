//! Storage: what is written comes back, what is damaged is refused, what was saved stays good.

mod full_disk;
mod golden;
mod hostile;
mod round_trip;
mod support;
