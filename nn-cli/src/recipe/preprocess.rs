//! `[preprocess]`.

use nn_data::transform::Preparation;
use serde::{Deserialize, Serialize};

use super::network::write_out_words;
use super::node::Node;
use super::problem::{Problem, What};
use super::steps;

/// What is done to the samples before the network sees them. Whatever it needs to know is measured on the training part alone and
/// stored in the model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocess {
    /// How inputs are scaled, where no steps are given.
    #[serde(default)]
    pub scale: Scale,
    /// What is done to the inputs, one after the other, instead of `scale`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Preparation>,
    /// In regression: bring the targets to mean 0 and deviation 1 for training; predictions are brought back.
    #[serde(default)]
    pub scale_targets: bool,
}

/// How inputs are scaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Tables: `standard`. Pictures: `pixels`.
    #[default]
    Auto,
    /// Taken as they are.
    None,
    /// Bytes 0…255 to 0…1.
    Pixels,
    /// Each feature to mean 0.
    Mean,
    /// Each feature to mean 0 and deviation 1.
    Standard,
    /// All values together to mean 0 and deviation 1.
    StandardGlobal,
    /// Each feature to 0…1.
    MinMax,
}

impl Preprocess {
    /// Whether missing values are filled in before anything else is done.
    pub fn fills_missing(&self) -> bool {
        self.steps.first().is_some_and(Preparation::fills_missing)
    }

    /// Refuses settings out of range, with the line of the step, and two ways to say how inputs are scaled.
    pub(super) fn check(&self, recipe: &Node) -> Result<(), Problem> {
        if self.scale != Scale::Auto && !self.steps.is_empty() {
            let scale = recipe
                .get("preprocess")
                .and_then(|table| table.get("scale"));
            let text = "[preprocess] scale and steps both say what is done to the inputs; make scale one of the steps, for example steps = [\"standard\", \"pca 50\"]";
            return Err(
                Problem::new(What::Other(text.into())).at(scale.map(|node| node.origin.clone()))
            );
        }
        steps::check(
            recipe,
            "preprocess",
            self.steps.iter().map(Preparation::check),
        )
    }
}

/// Steps may be written as words, as layers may: `"standard"`, `"pca 50 whiten"`; this writes them out as tables.
pub(super) fn write_out_steps(recipe: &mut Node) -> Result<(), Problem> {
    let empty =
        "a step of [preprocess] is empty; write for example \"standard\" or \"pca 50 whiten\"";
    steps::each(recipe, "preprocess", &|step| {
        write_out_words(step, Preparation::main_key, Preparation::switches, empty)
    })
}
