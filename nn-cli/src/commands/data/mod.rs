//! `nn data`: getting data sets and looking at them, one file for each verb.

pub mod describe;
pub mod fetch;
pub mod preview;

use crate::args::{self, DataCommand};
use crate::error::Result;

/// Does what the verb after `nn data` says.
///
/// # Errors
/// Those of the verb.
pub fn data(args: &args::Data) -> Result<()> {
    match &args.command {
        DataCommand::Fetch(args) => fetch::fetch(args),
        DataCommand::Describe(args) => describe::describe(args),
        DataCommand::Preview(args) => preview::preview(args),
    }
}
