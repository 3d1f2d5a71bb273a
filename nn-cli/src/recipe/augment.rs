//! `[augment]`.

use nn_data::transform::augment::Augment as Step;
use serde::{Deserialize, Serialize};

use super::network::write_out_words;
use super::node::{Node, Origin, Value};
use super::problem::Problem;
use super::read::read;
use super::steps;

/// Changes to training pictures that leave their meaning as it is, drawn anew in each epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augment {
    /// One after the other.
    pub steps: Vec<Step>,
}

impl Augment {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Refuses settings out of range, with the line of the step.
    pub(super) fn check(&self, recipe: &Node) -> Result<(), Problem> {
        steps::check(recipe, "augment", self.steps.iter().map(Step::check))
    }
}

const EMPTY: &str =
    "a step of [augment] is empty; write for example \"crop padding=4\" or \"flip\"";

/// Steps may be written as words, as layers may: `"rotate 15"`, `"crop padding=4"`; this writes them out as tables.
pub(super) fn write_out_steps(recipe: &mut Node) -> Result<(), Problem> {
    steps::each(recipe, "augment", &|step| {
        write_out_words(step, Step::main_key, |_| &[], EMPTY)
    })
}

/// A step from its words.
///
/// # Errors
/// If there is no such step.
pub fn step(words: &str) -> Result<Step, Problem> {
    let mut node = Node {
        value: Value::String(words.into()),
        origin: Origin::Option(words.into()),
    };
    write_out_words(&mut node, Step::main_key, |_| &[], EMPTY)?;
    read(&node)
}
