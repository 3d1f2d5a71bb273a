//! What a person sees: tables, progress, small pictures in the terminal, and picture files.

pub mod baseline;
pub mod confusion;
pub mod contact;
pub mod diagnosis;
pub mod digit;
pub mod figure;
pub mod heat;
pub mod network;
pub mod number;
pub mod page;
pub mod progress;
pub mod report;
pub mod scatter;
pub mod sheet;
pub mod spark;
pub mod style;
pub mod table;
