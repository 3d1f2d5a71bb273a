//! The network as a table.

use nn_core::Shape;
use nn_layers::Sequential;

use super::number::grouped;
use super::table::{Align, Table};
use crate::error::Result;

/// Where the sizes of convolutions and pools come from.
const SIZE_RULE: &str = "sizes: O = ⌊(W − K + 2P)/S⌋ + 1 for input W, kernel K, padding P, stride S; K = D·(taps − 1) + 1 if dilated by D";

/// The shape of a batch of N samples.
pub fn batched(dims: &[usize]) -> String {
    let rest: String = dims.iter().map(|size| format!(", {size}")).collect();
    format!("[N{rest}]")
}

/// A line for each layer: its output for a batch of N samples, its parameters and its work.
///
/// # Errors
/// If such samples do not fit the network.
pub fn network_table(network: &Sequential, sample: &Shape) -> Result<String> {
    let summary = network.summary(sample)?;
    let mut table = Table::new([
        ("", Align::Left),
        ("layer", Align::Left),
        ("output", Align::Left),
        ("parameters", Align::Right),
        ("multiply-adds", Align::Right),
    ]);
    table.row([
        String::new(),
        "input".into(),
        batched(sample),
        String::new(),
        String::new(),
    ]);
    for row in &summary.rows {
        let quiet = |number: u64| {
            if number == 0 {
                "·".to_string()
            } else {
                grouped(number)
            }
        };
        let output = row
            .output
            .dims()
            .get(1..)
            .map_or_else(|| row.output.to_string(), batched);
        table.row([
            row.name.clone(),
            row.layer.clone(),
            output,
            quiet(row.parameters as u64),
            quiet(row.multiply_adds),
        ]);
    }
    let frozen = summary.parameters - summary.trainable.min(summary.parameters);
    let total = if frozen > 0 {
        format!("total, {} of them frozen", grouped(frozen as u64))
    } else {
        "total".into()
    };
    table.foot([
        String::new(),
        total,
        String::new(),
        grouped(summary.parameters as u64),
        grouped(summary.multiply_adds),
    ]);
    let mut text = table.render();
    let slides = |layer: &str| layer.contains("Conv") || layer.contains("Pool");
    if summary.rows.iter().any(|row| slides(&row.layer)) {
        text += SIZE_RULE;
        text.push('\n');
    }
    Ok(text)
}
