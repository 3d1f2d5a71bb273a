//! `nn data`: getting data sets and looking at them, one file for each verb.

pub mod describe;
pub mod fetch;
pub mod preview;
pub mod project;
#[cfg(feature = "synth")]
pub mod synth;

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
        #[cfg(feature = "synth")]
        DataCommand::Synth(args) => synth::synth(args),
        DataCommand::Project(args) => project::project(args),
    }
}
