//! `[network]`.

use nn_core::Shape;
use nn_layers::models::Preset;
use nn_layers::{LayerSpec, NetworkSpec};
use serde::{Deserialize, Serialize};

use super::node::{Entry, Node, Value};
use super::problem::{Problem, What};

/// The layers, from the input on: written out, or those of a ready network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Weights to start from: a `.safetensors` file with this network's names and shapes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<String>,
    /// A ready network, instead of layers; how many numbers it puts out follows from the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    /// The layers in order; the input size of each follows from the one before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LayerSpec>,
}

impl Network {
    /// The layers as the layers crate builds them, for samples of shape `sample` and so many numbers to put out.
    ///
    /// # Errors
    /// If a preset is not for such samples.
    pub fn spec(&self, sample: &Shape, outputs: usize) -> nn_layers::Result<NetworkSpec> {
        match self.preset {
            Some(preset) => preset.spec(sample, outputs),
            None => Ok(NetworkSpec {
                layers: self.layers.clone(),
            }),
        }
    }
}

/// Layers may be written as words, `"linear 128"` or `"dropout p=0.2"`; this writes them out as tables. The first word is the type; a
/// word without `=` is the value of the type's main key.
pub(super) fn write_out_layers(recipe: &mut Node) -> Result<(), Problem> {
    let Value::Table(tables) = &mut recipe.value else {
        return Ok(());
    };
    let network = tables
        .iter_mut()
        .find(|entry| entry.key == "network")
        .map(|entry| &mut entry.node.value);
    let Some(Value::Table(entries)) = network else {
        return Ok(());
    };
    let layers = entries
        .iter_mut()
        .find(|entry| entry.key == "layers")
        .map(|entry| &mut entry.node.value);
    layers.map_or(Ok(()), write_out_list)
}

/// The keys of layers under which other layers stand.
const NESTED: [&str; 4] = ["layers", "branch", "shortcut", "branches"];

/// A list of layers, or of such lists.
fn write_out_list(list: &mut Value) -> Result<(), Problem> {
    let Value::Array(items) = list else {
        return Ok(());
    };
    for item in items {
        match &mut item.value {
            Value::Array(_) => write_out_list(&mut item.value)?,
            Value::Table(entries) => {
                let inner = entries
                    .iter_mut()
                    .filter(|entry| NESTED.contains(&entry.key.as_str()));
                inner
                    .map(|entry| &mut entry.node.value)
                    .try_for_each(write_out_list)?;
            }
            _ => write_out(item)?,
        }
    }
    Ok(())
}

/// The key that a word without `=` belongs to.
fn main_key(layer: &str) -> Option<&'static str> {
    match layer {
        "linear" => Some("units"),
        "conv1d" | "conv2d" | "conv3d" | "conv_transpose1d" | "conv_transpose2d" => Some("filters"),
        "max_pool" | "max_pool1d" | "max_pool2d" | "max_pool3d" => Some("kernel"),
        "avg_pool" | "avg_pool1d" | "avg_pool2d" | "avg_pool3d" => Some("kernel"),
        "pad_shortcut" => Some("channels"),
        "dropout" => Some("p"),
        "leaky_relu" => Some("slope"),
        "elu" => Some("alpha"),
        _ => None,
    }
}

fn write_out(layer: &mut Node) -> Result<(), Problem> {
    let empty = "a layer is empty; write for example \"linear 128\" or \"relu\"";
    write_out_words(layer, main_key, |_| &[], empty)
}

/// Writes words out as a table. `main_key` of a type takes a word without `=`, unless it is one of the type's `switches`, which
/// it sets to true; `empty` is what to say where there are no words.
pub(super) fn write_out_words(
    node: &mut Node,
    main_key: impl Fn(&str) -> Option<&'static str>,
    switches: impl Fn(&str) -> &'static [&'static str],
    empty: &str,
) -> Result<(), Problem> {
    let Value::String(text) = &node.value else {
        return Ok(());
    };
    let origin = node.origin.clone();
    let wrong = |what: String| Problem::new(What::Other(what)).at(Some(origin.clone()));
    let mut words = text.split_whitespace();
    let kind = words.next().ok_or_else(|| wrong(empty.into()))?;
    let entry = |key: &str, value: Value| Entry {
        key: key.into(),
        origin: origin.clone(),
        node: Node {
            value,
            origin: origin.clone(),
        },
    };
    let mut entries = vec![entry("type", Value::String(kind.into()))];
    for word in words {
        let (key, value) = match word.split_once('=') {
            Some((key, value)) => (key, value),
            None if switches(kind).contains(&word) => (word, "true"),
            // A word that no key takes is refused as an unknown key, after the type itself was found to be right.
            None => (
                main_key(kind)
                    .filter(|key| !entries.iter().any(|entry| entry.key == *key))
                    .unwrap_or(word),
                word,
            ),
        };
        entries.push(entry(key, plain_value(value)));
    }
    node.value = Value::Table(entries);
    Ok(())
}

fn plain_value(text: &str) -> Value {
    if let Ok(number) = text.parse() {
        Value::Integer(number)
    } else if let Ok(number) = text.parse() {
        Value::Float(number)
    } else if let Ok(truth) = text.parse() {
        Value::Boolean(truth)
    } else {
        Value::String(text.into())
    }
}
