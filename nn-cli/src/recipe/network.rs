//! `[network]` and `[loss]`.

use serde::{Deserialize, Serialize};

use super::node::{Entry, Node, Value};
use super::problem::{Problem, What};

/// The layers, from the input on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Weights to start from: a `.safetensors` file with this network's names and shapes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init: Option<String>,
    /// The layers in order; the input size of each follows from the one before.
    pub layers: Vec<LayerSpec>,
}

/// Placeholder until the layers crate is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum LayerSpec {
    Linear { units: usize },
    Relu,
    Dropout { p: f64 },
}

/// What is minimised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Loss {
    /// Softmax and the negative logarithm of the true class's probability; for classes.
    CrossEntropy {
        /// Share of the probability spread over all classes.
        #[serde(default)]
        label_smoothing: f64,
        /// Weight of each class; none means all alike.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        class_weights: Vec<f64>,
    },
    /// Logistic loss of one output for two classes.
    BinaryCrossEntropy {
        /// Weight of the second class.
        #[serde(default = "one")]
        positive_weight: f64,
    },
    /// Negative log-likelihood, for a network that ends in `log_softmax`.
    Nll,
    /// Margin loss for two classes with one output (the perceptron's with margin 0).
    Hinge {
        /// By how much the right side of the border must be reached.
        #[serde(default = "one")]
        margin: f64,
    },
    /// Mean squared error; for real numbers.
    Mse,
    /// Mean absolute error; for real numbers.
    Mae,
    /// Squared near zero, absolute beyond `delta`; for real numbers.
    Huber {
        /// Where it changes over.
        #[serde(default = "one")]
        delta: f64,
    },
}

impl Default for Loss {
    fn default() -> Self {
        Loss::CrossEntropy {
            label_smoothing: 0.0,
            class_weights: Vec::new(),
        }
    }
}

impl Loss {
    /// Whether it is for real numbers rather than classes.
    pub fn is_regression(&self) -> bool {
        matches!(self, Loss::Mse | Loss::Mae | Loss::Huber { .. })
    }

    /// Whether it takes a single output for two classes.
    pub fn is_binary(&self) -> bool {
        matches!(self, Loss::BinaryCrossEntropy { .. } | Loss::Hinge { .. })
    }

    /// Its name in a recipe.
    pub fn name(&self) -> &'static str {
        match self {
            Loss::CrossEntropy { .. } => "cross_entropy",
            Loss::BinaryCrossEntropy { .. } => "binary_cross_entropy",
            Loss::Nll => "nll",
            Loss::Hinge { .. } => "hinge",
            Loss::Mse => "mse",
            Loss::Mae => "mae",
            Loss::Huber { .. } => "huber",
        }
    }
}

fn one() -> f64 {
    1.0
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
    let Some(Value::Array(layers)) = layers else {
        return Ok(());
    };
    layers.iter_mut().try_for_each(write_out)
}

/// The key that a word without `=` belongs to.
fn main_key(layer: &str) -> Option<&'static str> {
    match layer {
        "linear" => Some("units"),
        "dropout" => Some("p"),
        "leaky_relu" => Some("negative_slope"),
        "elu" => Some("alpha"),
        _ => None,
    }
}

fn write_out(layer: &mut Node) -> Result<(), Problem> {
    let Value::String(text) = &layer.value else {
        return Ok(());
    };
    let origin = layer.origin.clone();
    let wrong = |what: String| Problem::new(What::Other(what)).at(Some(origin.clone()));
    let mut words = text.split_whitespace();
    let kind = words.next().ok_or_else(|| {
        wrong("a layer is empty; write for example \"linear 128\" or \"relu\"".into())
    })?;
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
    layer.value = Value::Table(entries);
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
