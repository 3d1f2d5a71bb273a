//! The parts of the page, one file each.

mod calibration;
mod classes;
mod data;
mod learning;
mod mistakes;
mod network;
mod opening;
mod origin;
mod ranking;
mod values;

use super::material::Material;
use crate::error::Result;
use crate::view::page::{Page, Section};

/// The whole page.
///
/// # Errors
/// If samples to be shown cannot be read.
pub fn page(material: &Material) -> Result<Page> {
    let mut page = opening::page(material);
    let sections: [Option<Section>; 8] = [
        learning::section(material),
        classes::section(material),
        ranking::section(material),
        values::section(material),
        mistakes::section(material)?,
        data::section(material)?,
        Some(network::section(material)?),
        Some(origin::section(material)),
    ];
    page.sections.extend(sections.into_iter().flatten());
    Ok(page)
}
