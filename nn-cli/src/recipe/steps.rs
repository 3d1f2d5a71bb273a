//! Tables with a list of steps: `[preprocess]` and `[augment]`.

use super::node::{Node, Value};
use super::problem::{Problem, What};

/// Calls `f` with every item of `steps` in `[table]`.
pub(super) fn each(
    recipe: &mut Node,
    table: &str,
    f: &dyn Fn(&mut Node) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let Value::Table(tables) = &mut recipe.value else {
        return Ok(());
    };
    for entry in tables.iter_mut().filter(|entry| entry.key == table) {
        let Value::Table(entries) = &mut entry.node.value else {
            continue;
        };
        for entry in entries.iter_mut().filter(|entry| entry.key == "steps") {
            if let Value::Array(steps) = &mut entry.node.value {
                steps.iter_mut().try_for_each(f)?;
            }
        }
    }
    Ok(())
}

/// The first thing wrong with the settings of a step, with its line.
pub(super) fn check(
    recipe: &Node,
    table: &str,
    found: impl Iterator<Item = nn_data::Result<()>>,
) -> Result<(), Problem> {
    for (at, found) in found.enumerate() {
        if let Err(e) = found {
            let steps = recipe.get(table).and_then(|table| table.get("steps"));
            let origin = steps.and_then(|steps| match &steps.value {
                Value::Array(items) => items.get(at).map(|item| item.origin.clone()),
                _ => None,
            });
            return Err(Problem::new(What::Other(format!("[{table}] {e}"))).at(origin));
        }
    }
    Ok(())
}
