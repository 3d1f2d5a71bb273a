//! The table of a network.

use std::fmt;

use nn_core::{Parameters, Path, Result, Shape};
use serde::Serialize;

use crate::{Layer, Sequential};

/// One layer of a [`Summary`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The layer's place or name, such as `0` or `encoder.2`.
    pub name: String,
    /// The layer in words, such as `Linear 784→128`.
    pub layer: String,
    /// The output's shape for a batch of one.
    pub output: Shape,
    /// The number of learned and frozen numbers.
    pub parameters: usize,
    /// Those of them that learn.
    pub trainable: usize,
    /// Multiply-adds of one sample's forward pass.
    pub multiply_adds: u64,
}

/// A network layer by layer, for people (printed) and programs (its fields, serde).
///
/// ```
/// use nn_core::{Activation, Shape};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let network = nn_layers::models::mlp(&[784, 128, 10], Activation::Relu, 42)?;
/// let summary = network.summary(&Shape::from([784]))?;
/// assert_eq!(summary.parameters, 101_770);
/// assert_eq!(
///     summary.to_string(),
///     "\
/// layer              output    parameters  multiply-adds
/// ─────────────────  ────────  ──────────  ─────────────
///    input           [N, 784]
/// 0  Linear 784→128  [N, 128]     100 480        100 352
/// 1  ReLU            [N, 128]           0              0
/// 2  Linear 128→10   [N, 10]        1 290          1 280
/// ─────────────────  ────────  ──────────  ─────────────
///    total                        101 770        101 632
/// "
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The shape of one sample.
    pub sample: Shape,
    /// The layers in order; those of nested networks stand in their place.
    pub rows: Vec<Row>,
    /// The number of learned and frozen numbers.
    pub parameters: usize,
    /// Those of them that learn.
    pub trainable: usize,
    /// Multiply-adds of one sample's forward pass.
    pub multiply_adds: u64,
}

impl Row {
    /// The line of a container, where the outputs of its layers meet; the layers have lines of their own.
    pub(crate) fn joint(path: &Path, layer: String, output: Shape) -> Row {
        Row {
            name: path.to_string(),
            layer,
            output,
            parameters: 0,
            trainable: 0,
            multiply_adds: 0,
        }
    }
}

impl Summary {
    /// The table of `network` for samples of shape `sample`, which has no batch axis.
    ///
    /// # Errors
    /// [`nn_core::Error::Layer`] names the first layer that such samples do not fit.
    pub fn of(network: &Sequential, sample: &Shape) -> Result<Summary> {
        let input: Shape = [1].into_iter().chain(sample.iter().copied()).collect();
        let mut rows = Vec::new();
        network.summarize(&mut Path::root(), &input, &mut rows)?;
        let trained = network
            .parameters()
            .into_iter()
            .filter(|p| p.requires_grad());
        Ok(Summary {
            sample: sample.clone(),
            parameters: network.parameter_count(),
            trainable: trained.map(|p| p.value().len()).sum(),
            multiply_adds: rows
                .iter()
                .fold(0, |sum, row| sum.saturating_add(row.multiply_adds)),
            rows,
        })
    }
}

/// `12345` as `12 345`.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

/// `[1, 28, 28]` as `[N, 28, 28]`.
fn batched(sizes: &[usize]) -> String {
    let sizes = sizes.iter().map(|size| format!(", {size}"));
    format!("[N{}]", sizes.collect::<String>())
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |texts: &mut dyn Iterator<Item = &str>| {
            texts.map(|text| text.chars().count()).max().unwrap_or(0)
        };
        let name_width = width(&mut self.rows.iter().map(|row| row.name.as_str()));
        let cell = |name: &str, layer: &str| format!("{name:<name_width$}  {layer}");
        let mut lines = vec![[
            "layer".into(),
            "output".into(),
            "parameters".into(),
            "multiply-adds".into(),
        ]];
        lines.push([
            cell("", "input"),
            batched(&self.sample),
            String::new(),
            String::new(),
        ]);
        for row in &self.rows {
            lines.push([
                cell(&row.name, &row.layer),
                // A layer may have merged the batch axis away; the others show it as N.
                match row.output.first() {
                    Some(1) => batched(&row.output[1..]),
                    _ => row.output.to_string(),
                },
                grouped(row.parameters as u64),
                grouped(row.multiply_adds),
            ]);
        }
        lines.push([
            cell("", "total"),
            String::new(),
            grouped(self.parameters as u64),
            grouped(self.multiply_adds),
        ]);
        let widths: [usize; 4] = std::array::from_fn(|column| {
            width(&mut lines.iter().map(|line| line[column].as_str()))
        });
        let rule = widths.map(|width| "─".repeat(width)).join("  ");
        for (i, [layer, output, parameters, multiply_adds]) in lines.iter().enumerate() {
            if i == 1 || i + 1 == lines.len() {
                writeln!(f, "{rule}")?;
            }
            let line = format!(
                "{layer:<0$}  {output:<1$}  {parameters:>2$}  {multiply_adds:>3$}",
                widths[0], widths[1], widths[2], widths[3]
            );
            writeln!(f, "{}", line.trim_end())?;
        }
        if self.trainable != self.parameters {
            let frozen = grouped((self.parameters - self.trainable) as u64);
            writeln!(f, "{frozen} of the parameters are frozen")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use nn_core::{Activation, Rng};

    use super::*;
    use crate::{ActivationLayer, Dropout, Flatten, Linear};

    #[test]
    fn nested_networks_are_listed_in_place() {
        let mut rng = Rng::new(0);
        let mut encoder = Sequential::new().with(Linear::new(6, 4, &mut rng).unwrap());
        encoder.push(ActivationLayer::new(Activation::Relu));
        let mut network = Sequential::new().with(Flatten::default());
        network.push_named("encoder", encoder).unwrap();
        network.push(Dropout::new(0.5).unwrap());
        network.push(Linear::new(4, 1, &mut rng).unwrap());
        for parameter in network.get_mut("encoder").unwrap().parameters_mut() {
            parameter.set_requires_grad(false);
        }

        let summary = network.summary(&Shape::from([2, 3])).unwrap();
        assert_eq!(
            (summary.parameters, summary.trainable, summary.multiply_adds),
            (33, 5, 28)
        );
        assert_eq!(
            summary.to_string(),
            "\
layer                   output     parameters  multiply-adds
──────────────────────  ─────────  ──────────  ─────────────
           input        [N, 2, 3]
0          Flatten      [N, 6]              0              0
encoder.0  Linear 6→4   [N, 4]             28             24
encoder.1  ReLU         [N, 4]              0              0
2          Dropout 0.5  [N, 4]              0              0
3          Linear 4→1   [N, 1]              5              4
──────────────────────  ─────────  ──────────  ─────────────
           total                           33             28
28 of the parameters are frozen
"
        );
        let json = serde_json::to_value(&summary).unwrap();
        assert_eq!(json["rows"][1]["layer"], "Linear 6→4");
        assert_eq!(json["rows"][1]["output"], serde_json::json!([1, 4]));
    }

    #[test]
    fn digits_are_grouped_in_threes() {
        assert_eq!(
            [0, 999, 1000, 1234567].map(grouped),
            ["0", "999", "1 000", "1 234 567"]
        );
    }
}
