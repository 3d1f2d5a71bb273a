//! The network, layer by layer.

use crate::commands::report::material::Material;
use crate::error::Result;
use crate::view::network::batched;
use crate::view::number::grouped;
use crate::view::page::{Block, Cell, Section, Table};
use crate::view::table::Align;

/// More rows than this are shown on demand.
const FOLD_FROM: usize = 24;

/// The table of layers.
///
/// # Errors
/// If the samples do not fit the network.
pub fn section(material: &Material) -> Result<Section> {
    let shape = material.model.plan.network_input()?;
    let summary = material.model.network.summary(&shape)?;
    let mut table = Table::new(
        "Layer by layer, for a batch of N samples",
        [
            ("place", Align::Left),
            ("layer", Align::Left),
            ("output", Align::Left),
            ("parameters", Align::Right),
            ("multiply-adds", Align::Right),
        ],
    );
    let quiet = |number: u64| {
        if number == 0 {
            "·".to_string()
        } else {
            grouped(number)
        }
    };
    table.row(["in", "input", &batched(&shape), "·", "·"].map(Cell::text));
    for row in &summary.rows {
        let output = row
            .output
            .dims()
            .get(1..)
            .map_or_else(|| row.output.to_string(), batched);
        let (parameters, work) = (quiet(row.parameters as u64), quiet(row.multiply_adds));
        table.row([&row.name, &row.layer, &output, &parameters, &work].map(Cell::text));
    }
    let (parameters, work) = (
        grouped(summary.parameters as u64),
        grouped(summary.multiply_adds),
    );
    table.foot.push(
        ["all", "total", "·", &parameters, &work]
            .map(Cell::text)
            .to_vec(),
    );
    let words = Block::Text(format!(
        "{} numbers were learned. One prediction takes {} multiplications, which says how fast it can be.",
        grouped(summary.trainable as u64),
        grouped(summary.multiply_adds),
    ));
    let blocks = match table.rows.len() > FOLD_FROM {
        true => vec![
            words,
            Block::Fold(
                format!("All {} layers", summary.rows.len()),
                vec![Block::Table(table)],
            ),
        ],
        false => vec![words, Block::Table(table)],
    };
    Ok(Section {
        id: "network",
        title: "The network".into(),
        blocks,
    })
}
