//! `nn inspect`: the layers and the parameters of a run, a model or a safetensors file.

mod activations;
mod filters;

use std::path::Path;

use nn_core::store::safetensors;
use nn_core::{DType, Parameters, Shape, Tensor};
use serde::Serialize;

use crate::args;
use crate::error::{Error, Result};
use crate::model::{Model, read_sentence};
use crate::output::{check_png, print, print_json};
use crate::run::Run;
use crate::view::network::network_table;
use crate::view::number::{grouped, plain, short};
use crate::view::style::Style;
use crate::view::table::{Align, Table};

/// What one tensor looks like in numbers.
#[derive(Debug, Serialize)]
struct Statistics {
    name: String,
    shape: Vec<usize>,
    dtype: String,
    count: usize,
    mean: Option<f64>,
    /// Standard deviation over all elements (not corrected).
    std: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    /// Euclidean norm.
    norm: Option<f64>,
    /// Elements that are exactly 0.
    zeros: usize,
    /// Elements that are NaN or infinite; they do not count in the numbers above.
    not_finite: usize,
}

impl Statistics {
    fn of(name: &str, tensor: &Tensor) -> Result<Statistics> {
        let values = tensor.to_dtype(DType::F64)?.to_vec::<f64>()?;
        let finite: Vec<f64> = values
            .iter()
            .copied()
            .filter(|value| value.is_finite())
            .collect();
        let some = |value: f64| (!finite.is_empty()).then_some(value);
        let count = finite.len().max(1) as f64;
        let mean = finite.iter().sum::<f64>() / count;
        let variance = finite
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / count;
        Ok(Statistics {
            name: name.to_string(),
            shape: tensor.dims().to_vec(),
            dtype: tensor.dtype().to_string(),
            count: values.len(),
            mean: some(mean),
            std: some(variance.sqrt()),
            min: some(finite.iter().copied().fold(f64::INFINITY, f64::min)),
            max: some(finite.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
            norm: some(finite.iter().map(|value| value * value).sum::<f64>().sqrt()),
            zeros: values.iter().filter(|&&value| value == 0.0).count(),
            not_finite: values.len() - finite.len(),
        })
    }
}

/// Prints what is known about a model.
///
/// # Errors
/// If it cannot be read.
pub fn inspect(args: &args::Inspect) -> Result<()> {
    if let Some(out) = &args.filters {
        check_png(out, &args.model)?;
    }
    if let Some([image, out]) = args.activations.as_deref() {
        check_png(out, image)?;
    }
    if args.model.is_file() && is_safetensors(&args.model) {
        return inspect_tensors(args);
    }
    let run = Run::open(&args.model)?;
    let path = run.model_of(&args.model);
    let model = Model::load(&path)?;
    if args.filters.is_some() || args.activations.is_some() {
        return draw(args, &model);
    }
    let statistics = statistics(&model.network.state())?;
    let header = &model.plan.header;
    if args.json {
        #[derive(Serialize)]
        struct Report<'a> {
            model: String,
            header: &'a crate::model::Header,
            preprocessing: Vec<String>,
            parameters: usize,
            tensors: &'a [Statistics],
        }
        return print_json(&Report {
            model: path.display().to_string(),
            header,
            preprocessing: model.plan.preprocessing(),
            parameters: model.network.parameter_count(),
            tensors: &statistics,
        });
    }
    let style = Style::stdout();
    let mut text = format!(
        "{}\n",
        style.bold(&format!("{} · {}", header.name, path.display()))
    );
    let line = |key: &str, value: String| format!("  {key:<14} {value}\n");
    text.push_str(&line(
        "sample",
        format!("{}", Shape::from(header.sample.clone())),
    ));
    text.push_str(&line("predicts", model.plan.predicts()));
    let preprocessing = model.plan.preprocessing();
    text.push_str(&line(
        "preprocessing",
        if preprocessing.is_empty() {
            "none".into()
        } else {
            preprocessing.join(", ")
        },
    ));
    text.push_str(&line(
        "trained",
        format!(
            "{} epochs, {} steps, seed {}",
            plain(header.epochs),
            grouped(header.steps),
            header.seed
        ),
    ));
    text.push('\n');
    text.push_str(&network_table(
        &model.network,
        &model.plan.network_input()?,
    )?);
    text.push('\n');
    text.push_str(&statistics_table(&statistics, style));
    print(&text)
}

/// Draws what was asked for.
fn draw(args: &args::Inspect, model: &Model) -> Result<()> {
    let mut text = String::new();
    if let Some(out) = &args.filters {
        text.push_str(&filters::of_model(model, &args.model, out)?);
    }
    if let Some([image, out]) = args.activations.as_deref() {
        text.push_str(&activations::activations(model, image, out)?);
    }
    print(&text)
}

fn is_safetensors(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("safetensors"))
}

fn inspect_tensors(args: &args::Inspect) -> Result<()> {
    let path = &args.model;
    let (tensors, metadata) =
        safetensors::load(path).map_err(|e| Error::input(read_sentence(path, &e)))?;
    if args.activations.is_some() {
        return Err(Error::input(format!(
            "{}: holds weights and not the network; give the run for --activations",
            path.display()
        )));
    }
    if let Some(out) = &args.filters {
        return print(&filters::of_tensors(&tensors, path, out)?);
    }
    let statistics = statistics(&tensors)?;
    let parameters: usize = tensors.iter().map(|(_, tensor)| tensor.len()).sum();
    if args.json {
        #[derive(Serialize)]
        struct Report<'a> {
            file: String,
            metadata: &'a safetensors::Metadata,
            parameters: usize,
            tensors: &'a [Statistics],
        }
        return print_json(&Report {
            file: path.display().to_string(),
            metadata: &metadata,
            parameters,
            tensors: &statistics,
        });
    }
    let style = Style::stdout();
    let mut text = format!("{}\n", style.bold(&path.display().to_string()));
    for (key, value) in &metadata {
        text.push_str(&format!("  {key:<14} {value}\n"));
    }
    text.push_str(&format!(
        "  {:<14} {}\n\n",
        "numbers",
        grouped(parameters as u64)
    ));
    text.push_str(&statistics_table(&statistics, style));
    print(&text)
}

fn statistics(tensors: &[(String, Tensor)]) -> Result<Vec<Statistics>> {
    tensors
        .iter()
        .map(|(name, tensor)| Statistics::of(name, tensor))
        .collect()
}

fn statistics_table(statistics: &[Statistics], style: Style) -> String {
    let mut table = Table::new([
        ("parameter", Align::Left),
        ("shape", Align::Left),
        ("count", Align::Right),
        ("mean", Align::Right),
        ("std", Align::Right),
        ("min", Align::Right),
        ("max", Align::Right),
        ("norm", Align::Right),
        ("zeros", Align::Right),
    ]);
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_string(), short);
    for row in statistics {
        let share = 100.0 * row.zeros as f64 / row.count.max(1) as f64;
        let zeros = if row.zeros == 0 {
            "0".to_string()
        } else {
            format!("{} ({share:.1} %)", grouped(row.zeros as u64))
        };
        let name = if row.not_finite > 0 {
            style.bad(&format!("{} ({} not finite)", row.name, row.not_finite))
        } else {
            row.name.clone()
        };
        table.row([
            name,
            format!("{:?}", row.shape),
            grouped(row.count as u64),
            number(row.mean),
            number(row.std),
            number(row.min),
            number(row.max),
            number(row.norm),
            zeros,
        ]);
    }
    table.render()
}
