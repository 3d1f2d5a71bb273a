//! `nn export`: the weights for other programs.

use std::collections::BTreeMap;

use nn_core::Parameters;
use nn_core::store::safetensors;

use crate::args;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::output::print;
use crate::run::{Run, saving};
use crate::view::number::{bytes, grouped};

/// Writes the weights of a run as safetensors, under PyTorch's names.
///
/// # Errors
/// If the run cannot be read, or the file is there already or cannot be written.
pub fn export(args: &args::Export) -> Result<()> {
    let model = Model::load(&Run::open(&args.run)?.model_of(&args.run))?;
    let path = &args.safetensors;
    if path.exists() && !args.force {
        return Err(Error::input(format!(
            "{}: is there already; choose another name, or replace it with --force",
            path.display()
        )));
    }
    let tensors = model.network.state();
    let mut metadata = BTreeMap::from([
        ("format".to_string(), "pt".to_string()),
        ("name".to_string(), model.plan.header.name.clone()),
    ]);
    if let Some(classes) = model.plan.classes() {
        metadata.insert("classes".into(), classes.join(","));
    }
    safetensors::save(path, &tensors, &metadata).map_err(saving)?;
    let size = std::fs::metadata(path).map_or(0, |about| about.len());
    let count: usize = tensors.iter().map(|(_, tensor)| tensor.len()).sum();
    let mut text = format!(
        "{} tensors, {} numbers, {} → {}\n",
        tensors.len(),
        grouped(count as u64),
        bytes(size),
        path.display()
    );
    for (name, tensor) in &tensors {
        text.push_str(&format!("  {name:<24} {}\n", tensor.shape()));
    }
    print(&text)
}
