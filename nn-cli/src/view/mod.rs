//! What a person sees: tables, progress, small pictures in the terminal and the curve as a picture file.

pub mod confusion;
pub mod contact;
pub mod digit;
pub mod network;
pub mod number;
pub mod plot;
pub mod progress;
pub mod report;
pub mod spark;
pub mod style;
pub mod table;
