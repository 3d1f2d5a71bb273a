//! `[augment]`.

use nn_data::transform::augment::Augment as Step;
use serde::{Deserialize, Serialize};

use super::network::write_out_words;
use super::node::{Node, Origin, Value};
use super::problem::{Problem, What};
use super::read::read;

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
        for (at, step) in self.steps.iter().enumerate() {
            if let Err(e) = step.check() {
                let steps = recipe.get("augment").and_then(|table| table.get("steps"));
                let origin = steps.and_then(|steps| match &steps.value {
                    Value::Array(items) => items.get(at).map(|item| item.origin.clone()),
                    _ => None,
                });
                return Err(Problem::new(What::Other(format!("[augment] {e}"))).at(origin));
            }
        }
        Ok(())
    }
}

const EMPTY: &str =
    "a step of [augment] is empty; write for example \"crop padding=4\" or \"flip\"";

/// Steps may be written as words, as layers may: `"rotate 15"`, `"crop padding=4"`; this writes them out as tables.
pub(super) fn write_out_steps(recipe: &mut Node) -> Result<(), Problem> {
    let Value::Table(tables) = &mut recipe.value else {
        return Ok(());
    };
    for table in tables.iter_mut().filter(|table| table.key == "augment") {
        let Value::Table(entries) = &mut table.node.value else {
            continue;
        };
        for entry in entries.iter_mut().filter(|entry| entry.key == "steps") {
            if let Value::Array(steps) = &mut entry.node.value {
                for step in steps {
                    write_out_words(step, Step::main_key, EMPTY)?;
                }
            }
        }
    }
    Ok(())
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
    write_out_words(&mut node, Step::main_key, EMPTY)?;
    read(&node)
}
